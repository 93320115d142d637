"""The tables of the library, as steps from one format to the next; a step that was released is never changed."""

import sqlite3
from collections.abc import Callable
from pathlib import Path


def _papers_and_chunks(connection: sqlite3.Connection) -> None:
    _papers(connection)
    _chunks(connection)


def _papers(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID")
    connection.execute("INSERT INTO facts VALUES ('generation', '0')")
    connection.execute(
        """CREATE TABLE papers (
            id TEXT PRIMARY KEY,
            file BLOB NOT NULL,       -- UTF-8 with surrogates: file names are bytes
            file_name BLOB NOT NULL,  -- the last part of `file`, case folded
            sha256 TEXT NOT NULL,
            title TEXT NOT NULL,
            authors TEXT NOT NULL,    -- JSON
            year INTEGER,
            arxiv_id TEXT,
            arxiv_base TEXT,          -- without its version
            pages INTEGER NOT NULL,
            chunks INTEGER NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('pending', 'ready')),
            embedder TEXT NOT NULL,
            added_at TEXT NOT NULL,
            warnings TEXT NOT NULL,   -- JSON
            revision INTEGER NOT NULL -- the generation that wrote it
        )"""
    )
    for column in ("sha256", "arxiv_base", "file", "file_name"):
        connection.execute(f"CREATE INDEX papers_{column} ON papers ({column})")
    connection.execute(
        """CREATE TABLE texts (
            paper_id TEXT PRIMARY KEY REFERENCES papers ON DELETE CASCADE,
            body BLOB NOT NULL,    -- each of the three as index/paper_blobs.py packs it
            outline BLOB NOT NULL,
            words BLOB NOT NULL
        )"""
    )


def _chunks(connection: sqlite3.Connection) -> None:
    connection.execute(
        """CREATE TABLE chunks (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            paper_id TEXT NOT NULL REFERENCES papers ON DELETE CASCADE,
            start INTEGER NOT NULL,
            stop INTEGER NOT NULL,
            zone TEXT NOT NULL
        )"""
    )
    connection.execute("CREATE INDEX chunks_paper ON chunks (paper_id)")
    # Apart from `chunks`, whose rows are read by the thousand to filter a search.
    connection.execute(
        "CREATE TABLE vectors (chunk_id INTEGER PRIMARY KEY REFERENCES chunks ON DELETE CASCADE, vector BLOB NOT NULL)"
    )
    # Not contentless: SQLite before 3.43 cannot delete from a contentless index without the words that it indexed.
    connection.execute(
        """CREATE VIRTUAL TABLE chunk_words USING fts5 (
            body, joined, heading, title, tokenize = 'porter unicode61 remove_diacritics 2'
        )"""
    )


def _conversations(connection: sqlite3.Connection) -> None:
    connection.execute(
        """CREATE TABLE conversations (
            id TEXT PRIMARY KEY,
            title TEXT NOT NULL,
            created_at TEXT NOT NULL,
            updated_at TEXT NOT NULL
        )"""
    )
    connection.execute(
        """CREATE TABLE turns (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            conversation_id TEXT NOT NULL REFERENCES conversations ON DELETE CASCADE,
            position INTEGER NOT NULL,
            question TEXT NOT NULL,
            standalone_question TEXT NOT NULL,
            answer_json TEXT NOT NULL,
            created_at TEXT NOT NULL,
            UNIQUE (conversation_id, position)
        )"""
    )


def _ledger_and_reports(connection: sqlite3.Connection) -> None:
    _ledger(connection)
    _reports(connection)


def _ledger(connection: sqlite3.Connection) -> None:
    connection.execute(
        """CREATE TABLE announcements (
            arxiv_base TEXT NOT NULL,
            version INTEGER NOT NULL,     -- 0 where the listing does not say it
            announce_type TEXT NOT NULL,
            announced_on TEXT,            -- a day; NULL where the listing does not say it
            categories TEXT NOT NULL,     -- JSON
            title TEXT NOT NULL,
            first_seen TEXT NOT NULL,
            PRIMARY KEY (arxiv_base, version)
        ) WITHOUT ROWID"""
    )
    connection.execute(
        """CREATE TABLE reported (  -- what was done with an announcement, in which report
            kind TEXT NOT NULL,
            profile TEXT NOT NULL,
            arxiv_base TEXT NOT NULL,
            version INTEGER NOT NULL,
            day TEXT NOT NULL,
            treatment TEXT NOT NULL,
            PRIMARY KEY (kind, profile, arxiv_base, version)
        ) WITHOUT ROWID"""
    )


def _reports(connection: sqlite3.Connection) -> None:
    connection.execute(
        """CREATE TABLE reports (
            kind TEXT NOT NULL,
            profile TEXT NOT NULL,
            day TEXT NOT NULL,
            language TEXT NOT NULL,
            record TEXT NOT NULL,  -- JSON: assistant/digest_record.py
            made_at TEXT NOT NULL,
            PRIMARY KEY (kind, profile, day, language)
        )"""
    )
    connection.execute(
        """CREATE TABLE breakdown_fields (
            subject TEXT NOT NULL,
            language TEXT NOT NULL,
            model TEXT NOT NULL,
            prompts TEXT NOT NULL,
            field TEXT NOT NULL,
            record TEXT NOT NULL,  -- JSON: assistant/breakdown_record.py
            made_at TEXT NOT NULL,
            PRIMARY KEY (subject, language, model, prompts, field)
        )"""
    )


def _tags(connection: sqlite3.Connection) -> None:
    # No reference to `papers`: a newer version of a paper takes the place of its row, and keeps its tags.
    connection.execute(
        "CREATE TABLE paper_tags (paper_id TEXT NOT NULL, tag TEXT NOT NULL, PRIMARY KEY (paper_id, tag)) WITHOUT ROWID"
    )


def _places_of_files(connection: sqlite3.Connection) -> None:
    # 1: `file` is below the library's own folder and relative to it, so that the folder can be moved.
    connection.execute("ALTER TABLE papers ADD COLUMN in_home INTEGER NOT NULL DEFAULT 0")
    # 1: another paper was found under `file` since.
    connection.execute("ALTER TABLE papers ADD COLUMN file_lost INTEGER NOT NULL DEFAULT 0")
    home = Path(connection.execute("PRAGMA database_list").fetchone()[2]).parent
    for paper_id, file in connection.execute("SELECT id, file FROM papers").fetchall():
        path = Path(file.decode("utf-8", "surrogatepass"))
        if path.is_absolute() and ".." not in path.parts and path.is_relative_to(home):
            below = str(path.relative_to(home)).encode("utf-8", "surrogatepass")
            connection.execute("UPDATE papers SET file = ?, in_home = 1 WHERE id = ?", (below, paper_id))


def _cards(connection: sqlite3.Connection) -> None:
    connection.execute(
        """CREATE TABLE cards (
            id INTEGER PRIMARY KEY,
            paper_id TEXT NOT NULL UNIQUE REFERENCES papers ON DELETE CASCADE
        )"""
    )
    connection.execute(
        """CREATE TABLE paper_names (
            name TEXT NOT NULL,  -- as index/structure/paper_card.py spells the key of a name
            paper_id TEXT NOT NULL REFERENCES papers ON DELETE CASCADE,
            weight REAL NOT NULL,
            PRIMARY KEY (name, paper_id)
        ) WITHOUT ROWID"""
    )
    connection.execute("CREATE INDEX paper_names_paper ON paper_names (paper_id)")
    connection.execute(
        """CREATE VIRTUAL TABLE card_words USING fts5 (
            title, authors, front, tokenize = 'porter unicode61 remove_diacritics 2'
        )"""
    )


def _facts_of_papers(connection: sqlite3.Connection) -> None:
    # No reference to `papers`: a newer version of a paper takes the place of its row, and keeps its facts.
    connection.execute(
        "CREATE TABLE paper_facts (paper_id TEXT PRIMARY KEY, record TEXT NOT NULL) WITHOUT ROWID"  # JSON
    )


MIGRATIONS: list[Callable[[sqlite3.Connection], None]] = [
    _papers_and_chunks,
    _conversations,
    _ledger_and_reports,
    _tags,
    _places_of_files,
    _cards,
    _facts_of_papers,
]
