"""What is in a home, so that two can be compared; and what must be true of any home at any moment."""

import hashlib
import json
import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from soak_world import SoakContext

from index.model.errors import EmbedderMismatch

MOMENTS = ("made_at", "seconds", "added_at", "created_at", "updated_at")
# What a job leaves on purpose; anything else is rubbish that nobody would ever remove.
KNOWN_FILES = re.compile(
    r"library\.db(-wal|-shm)?|library\.db\.before-(restore|new-format)\.\d+T[\d.]+Z|vectors(\.lock|/.*)?|papers/.*"
    r"|digests/[\w-]+\.(md|html|json|xml)|[\w-]+\.(lock|pid)|arxiv\.pace|cache(/.*)?|uploads/CACHEDIR\.TAG|wanted"
)

SEARCHED = 40  # papers of a large library that are searched for
_REPORT = "kind, profile, day, language"
_ANNOUNCED = "arxiv_base, version, announce_type, announced_on, categories, title"


@dataclass(frozen=True)
class PaperState:
    """A paper in one word a part: its text, chunks, vectors and index words together are whole or are not there."""

    content: str
    vectors: str  # empty: not made yet
    file: str
    lost: bool
    ready: bool


@dataclass
class State:
    """A home by what a user can see of it."""

    papers: dict[str, PaperState] = field(default_factory=dict)
    embedder: str | None = None
    tags: frozenset[tuple[str, str]] = frozenset()
    turns: tuple[str, ...] = ()
    reports: dict[str, str] = field(default_factory=dict)
    shown: frozenset[tuple[str, ...]] = frozenset()
    announced: frozenset[tuple[str, ...]] = frozenset()
    fields: frozenset[tuple[str, ...]] = frozenset()
    files: dict[str, str] = field(default_factory=dict)  # of digests


def state_of(home: Path) -> State:
    """Read what is there, without the product's own code where that is possible; nothing is changed."""
    if not (home / "library.db").exists():
        return State()
    with closing(sqlite3.connect(home / "library.db")) as connection:
        if not connection.execute("PRAGMA user_version").fetchone()[0]:
            return State()

        def rows(query: str, *values: object) -> list[tuple[object, ...]]:
            return connection.execute(query, values).fetchall()

        facts = dict(rows("SELECT name, value FROM facts"))
        return State(
            {str(row[0]): _paper(rows, row) for row in rows("SELECT * FROM papers")},
            facts.get("embedder"),
            frozenset(rows("SELECT paper_id, tag FROM paper_tags")),
            tuple(sorted(str(row[0]) for row in rows("SELECT question FROM turns"))),
            {f"{key}": _timeless(record) for *key, record in rows(f"SELECT {_REPORT}, record FROM reports")},
            frozenset(rows("SELECT kind, profile, arxiv_base, version, day, treatment FROM reported")),
            frozenset(rows(f"SELECT {_ANNOUNCED} FROM announcements")),
            frozenset((a, b, c, d, e, _timeless(f)) for a, b, c, d, e, f in rows(
                "SELECT subject, language, model, prompts, field, record FROM breakdown_fields")),
            {path.name: _file(path) for path in sorted((home / "digests").glob("[!.]*"))},
        )  # fmt: skip


def _paper(rows, row) -> PaperState:
    id, file, _, sha256, *facts, state, embedder, _, warnings, _, in_home, lost = row
    digest = hashlib.sha256(repr((sha256, facts, warnings)).encode())
    for table, column in (("texts", "paper_id"), ("paper_names", "paper_id"), ("cards", "paper_id")):
        keys = "paper_id" if table == "cards" else "*"
        digest.update(repr(rows(f"SELECT {keys} FROM {table} WHERE {column} = ? ORDER BY 1", id)).encode())
    digest.update(repr(rows("SELECT title, authors, front FROM card_words WHERE rowid IN "
                            "(SELECT id FROM cards WHERE paper_id = ?)", id)).encode())  # fmt: skip
    chunks = rows(
        """SELECT start, stop, zone, body, joined, heading, chunk_words.title FROM chunks
           LEFT JOIN chunk_words ON chunk_words.rowid = chunks.id WHERE paper_id = ? ORDER BY chunks.id""",
        id,
    )
    digest.update(repr(chunks).encode())
    vectors = rows("SELECT vector FROM vectors JOIN chunks ON chunk_id = id WHERE paper_id = ? ORDER BY id", id)
    made = hashlib.sha256(repr((embedder, vectors)).encode()).hexdigest()[:16] if embedder else ""
    return PaperState(digest.hexdigest()[:16], made, f"{in_home} {file!r}", bool(lost), state == "ready")


def _timeless(text) -> str:
    def without(value):
        if isinstance(value, dict):
            return {key: without(each) for key, each in value.items() if key not in MOMENTS}
        return [without(each) for each in value] if isinstance(value, list) else value

    return json.dumps(without(json.loads(text)), sort_keys=True)


def _file(path: Path) -> str:
    """A file's words without its moments and the place of its home."""
    text = path.read_text("utf-8")
    if path.suffix == ".json":
        return _timeless(text)
    text = re.sub(r"file://[^<\"]*/digests/", "HOME/", text)
    text = re.sub(r"<(pubDate|lastBuildDate)>[^<]*", r"<\1>", text)
    return re.sub(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?", "TIME", text)


def faults_of_database(home: Path) -> list[str]:
    """What may never be, whatever died when."""
    if not (home / "library.db").exists():
        return []
    faults = []
    with closing(sqlite3.connect(home / "library.db", isolation_level=None)) as connection:
        if not connection.execute("PRAGMA user_version").fetchone()[0]:
            return []

        def one(query: str) -> object:
            return connection.execute(query).fetchone()[0]

        if (found := connection.execute("PRAGMA integrity_check").fetchall()) != [("ok",)]:
            faults.append(f"integrity_check: {found[:3]}")
        if found := connection.execute("PRAGMA foreign_key_check").fetchall():
            faults.append(f"foreign_key_check: {found[:3]}")
        for table in ("chunk_words", "card_words"):
            try:
                connection.execute(f"INSERT INTO {table} ({table}) VALUES ('integrity-check')")
            except sqlite3.DatabaseError as error:
                faults.append(f"{table}: {error}")
        counts = {
            "chunks without vector": "SELECT count(*) FROM chunks JOIN papers ON papers.id = paper_id "
            "WHERE embedder <> '' AND zone <> 'references' AND chunks.id NOT IN (SELECT chunk_id FROM vectors)",
            "vectors of nobody": "SELECT count(*) FROM vectors JOIN chunks ON chunks.id = chunk_id "
            "JOIN papers ON papers.id = paper_id WHERE embedder = ''",
            "chunks without words": "SELECT count(*) FROM chunks WHERE id NOT IN (SELECT rowid FROM chunk_words)",
            "words without chunk": "SELECT count(*) FROM chunk_words WHERE rowid NOT IN (SELECT id FROM chunks)",
            "papers without text": "SELECT count(*) FROM papers WHERE id NOT IN (SELECT paper_id FROM texts)",
            "papers without card": "SELECT count(*) FROM papers WHERE id NOT IN (SELECT paper_id FROM cards)",
            "cards without words": "SELECT count(*) FROM cards WHERE id NOT IN (SELECT rowid FROM card_words)",
            "words without card": "SELECT count(*) FROM card_words WHERE rowid NOT IN (SELECT id FROM cards)",
            "papers with other counts of chunks": "SELECT count(*) FROM papers WHERE chunks <> "
            "(SELECT count(*) FROM chunks WHERE paper_id = papers.id)",
            "papers twice": "SELECT count(*) - count(DISTINCT sha256) FROM papers",
            "files twice": "SELECT count(*) - count(DISTINCT file) FROM papers WHERE NOT file_lost",
            "shown without report": "SELECT count(*) FROM reported WHERE NOT EXISTS (SELECT 1 FROM reports WHERE "
            "reports.kind = reported.kind AND reports.profile = reported.profile AND reports.day = reported.day)",
            "talks with a gap": "SELECT count(*) FROM conversations WHERE (SELECT count(*) FROM turns WHERE "
            "conversation_id = conversations.id) <> (SELECT coalesce(max(position) + 1, 0) FROM turns WHERE "
            "conversation_id = conversations.id)",
        }  # fmt: skip
        faults += [f"{count} {what}" for what, query in counts.items() if (count := one(query))]
        for (answer,) in connection.execute("SELECT answer_json FROM turns"):
            json.loads(answer)
    return faults


def faults_of_search(context: SoakContext) -> list[str]:
    """Whatever died: a search answers with words of papers that are there, or says that another embedder is needed."""
    library, faults = context.library, []
    records = {record.id: record for record in library.papers()}
    try:
        found = context.searcher.search("How many percent of every river are measured?", 8).passages
    except EmbedderMismatch:
        return []
    for passage in found:
        if passage.paper.id not in records:
            faults.append(f"found in a paper that is gone: {passage.paper.id}")
        elif library.paper(passage.paper.id).quote(passage.span) != passage.text:
            faults.append(f"found other words than the paper has: {passage.paper.id}")
    return faults


def faults_when_mended(context: SoakContext) -> list[str]:
    """After the job was run again: vectors and words are those of the library, and nothing is left lying about."""
    library, index, home = context.library, context.vectors, context.index_settings.home
    faults = [f"{each.id} is still pending" for each in library.papers() if each.state != "ready"]
    faults += [f"{each.id} has no vectors" for each in library.without_vectors()]
    wanted = library.ids().tolist()
    index.reopen()
    held: dict[int, tuple[np.ndarray, dict[str, object]]] = {}
    index.count()
    for collection in index._open.collections:
        got = collection.get(include=["embeddings", "metadatas"])
        for id, vector, metadata in zip(got["ids"], got["embeddings"], got["metadatas"], strict=True):
            held[int(id)] = (vector, metadata)
    if sorted(held) != wanted:
        faults.append(f"vectors: {len(held)} are held, {len(wanted)} are wanted")
    for ids, vectors, metadatas in library.vectors():
        for id, vector, metadata in zip(ids.tolist(), vectors, metadatas, strict=True):
            if id in held and not (np.allclose(held[id][0], vector, atol=1e-6) and held[id][1] == metadata):
                faults.append(f"vector {id} is not the library's")
    for record in library.papers()[:SEARCHED]:
        title = record.title.removeprefix("A ")
        if record.id not in {each.paper.id for each in context.searcher.search(title, 20).passages}:
            faults.append(f"{record.id} is not found by its title")
    left = [
        str(path.relative_to(home))
        for path in home.rglob("*")
        if path.is_file() and not KNOWN_FILES.fullmatch(str(path.relative_to(home)))
    ]
    return faults + [f"left lying about: {each}" for each in left]


def half_way(before: State, after: State, now: State, *, cut_again: bool = False) -> list[str]:
    """What a user may see after a kill: each thing as it was, or as it was to be."""
    faults = []
    for id in {*before.papers, *after.papers, *now.papers}:
        was, will, there = (state.papers.get(id) for state in (before, after, now))
        if (there and there.content) not in {was and was.content, will and will.content}:
            faults.append(f"paper {id} is neither as before nor as after: {was} {there} {will}")
        if there and there.vectors not in {"", *(each.vectors for each in (was, will) if each)}:
            faults.append(f"paper {id} has vectors of its own: {was} {there} {will}")
        if not cut_again and was == will and there and was and was.vectors and not there.vectors:
            faults.append(f"paper {id} had nothing to do with it, and lost its vectors")
        if there and there.file not in {each.file for each in (was, will) if each}:
            faults.append(f"paper {id} has a file of its own: {there.file}")
    if now.embedder not in (before.embedder, after.embedder):
        faults.append(f"embedder {now.embedder}")
    return faults + _half_way_rows(before, after, now)


def _half_way_rows(before: State, after: State, now: State) -> list[str]:
    faults = []
    for name in ("tags", "shown", "announced", "fields"):
        was, will, there = (getattr(state, name) for state in (before, after, now))
        if lost := (was & will) - there:
            faults.append(f"{name} lost: {sorted(map(str, lost))[:3]}")
        if more := there - (was | will):
            faults.append(f"{name} from nowhere: {sorted(map(str, more))[:3]}")
    for name in ("reports", "files"):
        was, will, there = (getattr(state, name) for state in (before, after, now))
        for key in {*was, *will, *there}:
            if there.get(key) not in (was.get(key), will.get(key)):
                faults.append(f"{name}: {key} is neither as before nor as after")
    return faults


def differences(wanted: State, now: State) -> list[str]:
    """Between the home of a job that was never killed and one that was, in the end."""
    faults = []
    for name in ("papers", "embedder", "tags", "reports", "shown", "announced", "fields", "files"):
        one, two = getattr(wanted, name), getattr(now, name)
        if one != two:
            keys = [key for key in {*one, *two} if one.get(key) != two.get(key)] if isinstance(one, dict) else []
            detail = [f"{key}: {one.get(key)!s:.300} / {two.get(key)!s:.300}" for key in keys] or [f"{one} / {two}"]
            faults.append(f"{name} differ: {'; '.join(detail)[:2000]}")
    return faults
