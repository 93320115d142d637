"""SQLite connections: opened once, lent out, and every failure of the disk said as a sentence."""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock, local
from urllib.parse import quote

from index.files.home import DISK_FULL, NOT_LOCAL, is_full, is_read_only, private_file
from index.files.whole_file import new_part
from index.model.errors import LibraryError, NewerLibrary
from index.store.migrations import MIGRATIONS

KEPT_COPIES = 2  # of those that are made without being asked for


def copy_database(connection: sqlite3.Connection, target: Path) -> None:
    """Copies what a connection sees to `target`, readable by its owner alone, with nothing left in a log beside it.

    Raises sqlite3.Error or OSError; `target` is then as it was.
    """
    part = new_part(target)
    try:
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with closing(sqlite3.connect(part, isolation_level=None)) as copy:
            connection.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE").fetchone()
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def keep_copy(database: Path, why: str) -> Path:
    """Keeps a copy beside the database under a name with `why` and the time, and the newest two of these; its path.

    It has a connection of its own: SQLite refuses to copy over one that is inside a write transaction.
    """
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    kept = database.with_name(f"{database.name}.{why}.{moment}")
    try:
        with closing(sqlite3.connect(database)) as connection:
            copy_database(connection, kept)
    except OSError as error:
        raise LibraryError(
            f"No copy of {database} can be kept beside it ({error.strerror}), so nothing was changed. "
            "Free some space, or check the rights of the folder, and run the command again."
        ) from error
    earlier = sorted(database.parent.glob(f"{database.name}.{why}.*Z"))
    for old in earlier[:-KEPT_COPIES]:
        old.unlink(missing_ok=True)
    return kept


BEFORE_MIGRATION = "before-new-format"  # in the name of the copy that is kept


def migrate(connection: sqlite3.Connection, database: Path | None = None) -> None:
    """Bring a library to the newest schema; `connection` is in autocommit mode.

    With `database`, its path, a copy of an older library is kept beside it first; of such copies the newest two.
    Raises `NewerLibrary` for a library that a newer program wrote, and leaves it as it is.
    """
    if schema_version(connection) == len(MIGRATIONS):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = schema_version(connection)  # again: another process may have been first
        if version > len(MIGRATIONS):
            raise _newer(version)
        if version and version < len(MIGRATIONS) and database is not None:
            keep_copy(database, BEFORE_MIGRATION)
        for number in range(version, len(MIGRATIONS)):
            MIGRATIONS[number](connection)
            connection.execute(f"PRAGMA user_version = {number + 1}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _check_format(connection: sqlite3.Connection, path: Path) -> None:
    version = schema_version(connection)
    if version > len(MIGRATIONS):
        raise _newer(version)
    if version < len(MIGRATIONS):
        raise LibraryError(
            f"The library {path} is of an older format and can only be read here. Its owner brings it up to date with "
            "any command, such as: papers list"
        )


def _newer(version: int) -> NewerLibrary:
    return NewerLibrary(
        f"This library was written by a newer version of this program (format {version}, this program knows "
        f"{len(MIGRATIONS)}). Update the program, or set PAPERS_HOME to another folder."
    )


def schema_version(connection: sqlite3.Connection) -> int:
    """How many of the steps a library has behind it; 0 for a new one."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


_WAIT_SECONDS = 30.0  # for another process's transaction; ours take milliseconds

_REMEDIES = {
    sqlite3.SQLITE_FULL: DISK_FULL,
    sqlite3.SQLITE_READONLY: "It cannot be written. Check the rights of the folder.",
    sqlite3.SQLITE_CANTOPEN: "It cannot be opened. Check the rights of the folder.",
    sqlite3.SQLITE_PERM: "It cannot be opened. Check the rights of the folder.",
    sqlite3.SQLITE_BUSY: "Another process keeps it locked. Wait for it to end and run the command again.",
    sqlite3.SQLITE_IOERR: "The disk does not answer. Check it and run the command again.",
    sqlite3.SQLITE_PROTOCOL: NOT_LOCAL,
    sqlite3.SQLITE_NOLFS: NOT_LOCAL,
    sqlite3.SQLITE_CORRUPT: "It is damaged. Restore a copy, or move it away and run: papers ingest FOLDER",
    sqlite3.SQLITE_NOTADB: "It is not a library. Move it away, or set PAPERS_HOME to another folder.",
}
_LOCKING = {  # of SQLITE_IOERR: what network folders cannot do
    sqlite3.SQLITE_IOERR_LOCK,
    sqlite3.SQLITE_IOERR_UNLOCK,
    sqlite3.SQLITE_IOERR_RDLOCK,
    sqlite3.SQLITE_IOERR_CHECKRESERVEDLOCK,
    sqlite3.SQLITE_IOERR_SHMLOCK,
    sqlite3.SQLITE_IOERR_SHMMAP,
    sqlite3.SQLITE_IOERR_SHMOPEN,
}


def _remedy(code: int, folder: Path) -> str | None:
    """What to do about an error of SQLite; None for a mistake of ours."""
    family = code & 0xFF
    if family in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN) and is_full(folder):
        return DISK_FULL  # as the files beside it cannot grow either
    return NOT_LOCAL if code in _LOCKING else _REMEDIES.get(family)


class Database:
    """One SQLite file in WAL mode, for any number of threads and processes. Idle connections are kept and lent again.

    A transaction inside another one of the same thread waits for itself: pass the connection on instead. A file that
    may only be read is only read: `read_only`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.read_only = is_read_only(path)
        self._idle: list[sqlite3.Connection] = []
        self._lock = Lock()
        self._closed = False
        self._moment = local()
        with self._translated(), self._lent() as connection:
            if self.read_only:
                _check_format(connection, path)
            else:
                migrate(connection, path)

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection inside one read transaction: everything read in it belongs to one moment."""
        if (held := getattr(self._moment, "connection", None)) is not None:
            yield held
            return
        with self._translated(), self._lent() as connection:
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                with suppress(sqlite3.Error):  # nothing was written; the first error is the one to tell
                    connection.execute("ROLLBACK")

    @contextmanager
    def one_moment(self) -> Iterator[None]:
        """Let every `read` of this thread see the same moment, which is that of now; not what it writes itself."""
        with self.read() as connection:
            outer = getattr(self._moment, "connection", None)
            self._moment.connection = connection
            try:
                yield
            finally:
                self._moment.connection = outer

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection inside one write transaction: committed at the end, rolled back by any exception.

        Raises LibraryError if the file may only be read.
        """
        if self.read_only:
            raise LibraryError(f"The library {self.path} can only be read: {_REMEDIES[sqlite3.SQLITE_READONLY]}")
        with self._translated(), self._lent() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):  # SQLite rolled back by itself where the disk is full
                    connection.execute("ROLLBACK")
                raise

    def checkpoint(self) -> None:
        """Move what was committed from the log into the file itself, as far as that is possible without waiting."""
        with self._translated(), self._lent() as connection:
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()

    def overwrite(self, source: sqlite3.Connection) -> None:
        """Put another database in place of all that is here, in one transaction; whoever reads meanwhile reads on."""
        with self._translated(), self._lent() as connection:
            source.backup(connection)

    def close(self) -> None:
        """Close every idle connection; one that is lent closes when it comes back."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    @contextmanager
    def _lent(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            if self._closed:
                raise LibraryError("The library was closed. Open it again.")
            connection = self._idle.pop() if self._idle else None
        connection = connection or self._connect()
        try:
            yield connection
        finally:
            with self._lock:
                keep = not self._closed and not connection.in_transaction
                if keep:
                    self._idle.append(connection)
            if not keep:
                connection.close()

    def _connect(self) -> sqlite3.Connection:
        if self.read_only:
            return self._connect_to_read()
        with suppress(OSError):  # SQLite says better what is wrong; its -wal and -shm files take this file's mode
            private_file(self.path)
        connection = sqlite3.connect(self.path, timeout=_WAIT_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            _use_wal(connection)
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA synchronous = FULL")  # an acknowledged paper survives a power cut
        except BaseException:
            connection.close()
            raise
        return connection

    def _connect_to_read(self) -> sqlite3.Connection:
        """Without a log nobody writes, and SQLite need not make the files by which writers and readers meet."""
        log = self.path.with_name(f"{self.path.name}-wal")
        how = "mode=ro" if log.exists() and log.stat().st_size else "immutable=1"
        address = f"file:{quote(str(self.path.absolute()))}?{how}"
        return sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            code = getattr(error, "sqlite_errorcode", None)
            remedy = _remedy(code, self.path.parent) if code is not None else None
            if remedy is None:
                raise
            raise LibraryError(f"The library {self.path} fails: {error}. {remedy}") from error


def _use_wal(connection: sqlite3.Connection) -> None:
    """Switch to WAL mode. SQLite does not wait for this one lock by itself when several processes make a library."""
    deadline = time.monotonic() + _WAIT_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
