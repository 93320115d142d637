"""Copies of the library that are whole while it is in use, and a library put back from one."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

from index.files.home import private_folder
from index.model.errors import LibraryError, NewerLibrary
from index.store import database
from index.store.database import copy_database, keep_copy
from index.store.library import SCRATCH, Library, writing
from index.store.migrations import MIGRATIONS
from index.store.vectors import VectorIndex, sync_vectors

BACKUP_FACT = "backup_at"  # when `back_up` last ended, UTC in ISO 8601
_BEFORE_RESTORE = "before-restore"
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


@dataclass(frozen=True)
class Contents:
    """How much is in a library."""

    papers: int
    conversations: int
    reports: int

    def __bool__(self) -> bool:
        return any((self.papers, self.conversations, self.reports))


@dataclass(frozen=True)
class Restored:
    """What was put back, the copy of what was there before, and how many vectors were made again from the library."""

    contents: Contents
    before: Path | None
    vectors: int


def back_up(library: Library, target: Path) -> Contents:
    """Copies the library to a file, whole, while others use it; an older copy there is replaced.

    Raises LibraryError if the file cannot be written, or is there and is no library.
    """
    if target.resolve().parent == library.home.resolve() and target.name.startswith("library.db"):
        raise LibraryError(f"{target} is a name of the library itself. Name another file.")
    if target.exists():
        try:
            with _opened(target):
                pass
        except LibraryError as error:
            raise LibraryError(f"{target} is there and is no copy of a library. Name another file.") from error
    try:
        with library.read() as connection:
            copy_database(connection, target)
    except OSError as error:
        raise LibraryError(f"{target} cannot be written: {error.strerror}. Name another file.") from error
    with library.transaction() as connection:
        moment = datetime.now(UTC).isoformat(timespec="seconds")
        connection.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (BACKUP_FACT, moment))
    with _opened(target) as copy:
        return _contents(copy)


def contents_of_home(home: Path) -> Contents | None:
    """What the library of a home has; None if there is none, or it cannot be read."""
    if not (home / "library.db").exists():
        return None
    try:
        with Library.open(home) as library, library.read() as connection:
            return _contents(connection)
    except (LibraryError, sqlite3.DatabaseError) as error:
        if _is_damaged(error):
            return None
        raise


def check_backup(source: Path) -> Contents:
    """What a copy has.

    Raises LibraryError if it is no library or is damaged, NewerLibrary if a newer program made it.
    """
    with _opened(source) as copy:
        return _contents(copy)


def restore(home: Path, source: Path) -> Restored:
    """Puts a copy in place of the library of a home, in one transaction, while others may read it.

    What was there is kept beside library.db. The vector index is derived: it is emptied before and made again after,
    and if this is stopped in between, the next ingestion does it. Raises what `check_backup` raises, and LibraryBusy.
    """
    private_folder(home)
    with _opened(source) as copy, writing(home), TemporaryDirectory(dir=home, prefix=SCRATCH) as folder:
        had = contents_of_home(home)
        before = _set_aside(home) if had is None and (home / "library.db").exists() else None
        with Library.open(home) as library:
            if had:
                before = keep_copy(home / "library.db", _BEFORE_RESTORE)
            # A reader knows by the generation that all is new: it must be one that was never here.
            ready = _prepared(copy, Path(folder) / "library.db", library.generation)
            index = VectorIndex(home / "vectors", library.dimension or 1)
            index.clear()
            with closing(sqlite3.connect(ready)) as prepared:
                library.overwrite(prepared)
                contents = _contents(prepared)
            library.checkpoint()
            return Restored(contents, before, _remake_vectors(library))


def _remake_vectors(library: Library) -> int:
    if not (dimension := library.dimension):
        return 0
    with closing(VectorIndex(library.home / "vectors", dimension)) as index:
        return sync_vectors(library, index).added


def _prepared(copy: sqlite3.Connection, target: Path, generation: int) -> Path:
    """A copy of a copy, in today's schema and with a new generation."""
    copy_database(copy, target)
    with closing(sqlite3.connect(target, isolation_level=None)) as connection:
        database.migrate(connection)
        query = "UPDATE facts SET value = MAX(CAST(value AS INTEGER), ?) + 1 WHERE name = 'generation'"
        connection.execute(query, (generation,))
        # A paper that another process keeps in memory by id and revision may have other words in the copy.
        connection.execute("UPDATE papers SET revision = (SELECT value FROM facts WHERE name = 'generation')")
    return target


def _set_aside(home: Path) -> Path:
    """Moves a library that cannot be opened out of the way, with its log; where it is now."""
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    for suffix in ("-wal", "-shm", ""):
        file = home / f"library.db{suffix}"
        if file.exists():
            file.rename(home / f"library.db.damaged.{moment}{suffix}")
    return home / f"library.db.damaged.{moment}"


@contextmanager
def _opened(source: Path) -> Iterator[sqlite3.Connection]:
    """A connection to a copy that was checked: it may have been damaged, or made by anybody."""
    if not source.is_file():
        raise LibraryError(f"There is no file {source}. Check the path; copies are made with: papers backup FILE")
    try:
        with closing(sqlite3.connect(f"file:{quote(str(source.absolute()))}?mode=ro", uri=True)) as connection:
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.execute("PRAGMA cell_size_check = ON")
            _check(connection, source)
            yield connection
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL:
            raise LibraryError("The disk is full. Free some space and run the command again.") from error
        raise LibraryError(f"{source} cannot be read as a library ({error}). Choose another copy.") from error


def _check(connection: sqlite3.Connection, source: Path) -> None:
    known, version = len(MIGRATIONS), database.schema_version(connection)
    if version > known:
        raise NewerLibrary(
            f"{source} was written by a newer version of this program (format {version}, this program knows {known}). "
            "Update the program, or choose another copy."
        )
    if version < 1 or _schema(connection) != _schema_of(version):
        raise LibraryError(f"{source} is not a library of this program. Choose another file.")
    faults = [row[0] for row in connection.execute("PRAGMA integrity_check(1)")]
    if faults != ["ok"] or connection.execute("PRAGMA foreign_key_check").fetchone():
        raise LibraryError(f"{source} is damaged: {faults[0]}. Choose another copy.")


def _schema(connection: sqlite3.Connection) -> set[tuple[str, str]]:
    """Tables, indexes, and whatever else runs when they are used: a trigger in a copy would be somebody's program.

    SQLite's own tables of statistics may be there or not.
    """
    rows = connection.execute("SELECT type, name FROM sqlite_master WHERE name NOT LIKE 'sqlite_stat%'")
    return {(str(kind), str(name)) for kind, name in rows}


def _schema_of(version: int) -> set[tuple[str, str]]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        for step in MIGRATIONS[:version]:
            step(connection)
        return _schema(connection)


def _contents(connection: sqlite3.Connection) -> Contents:
    tables = {name for kind, name in _schema(connection) if kind == "table"}
    counts = [
        int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]) if table in tables else 0
        for table in ("papers", "conversations", "reports")
    ]
    return Contents(*counts)


def _is_damaged(error: Exception) -> bool:
    cause = error if isinstance(error, sqlite3.DatabaseError) else error.__cause__
    return getattr(cause, "sqlite_errorcode", 0) & 0xFF in _DAMAGED
