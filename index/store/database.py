"""SQLite connections: opened once, lent out, and every failure of the disk said as a sentence."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock

from index.files.home import private_file
from index.model.errors import LibraryError
from index.store.migrations import migrate

_WAIT_SECONDS = 30.0  # for another process's transaction; ours take milliseconds

_REMEDIES = {
    sqlite3.SQLITE_FULL: "The disk is full. Free some space and run the command again; nothing was lost.",
    sqlite3.SQLITE_READONLY: "It cannot be written. Check the rights of the folder.",
    sqlite3.SQLITE_CANTOPEN: "It cannot be opened. Check the rights of the folder.",
    sqlite3.SQLITE_BUSY: "Another process keeps it locked. Wait for it to end and run the command again.",
    sqlite3.SQLITE_IOERR: "The disk does not answer. Check it and run the command again.",
    sqlite3.SQLITE_CORRUPT: "It is damaged. Restore a copy, or move it away and run: papers ingest FOLDER",
    sqlite3.SQLITE_NOTADB: "It is not a library. Move it away, or set PAPERS_HOME to another folder.",
}


class Database:
    """One SQLite file in WAL mode, for any number of threads and processes. Idle connections are kept and lent again.

    A transaction inside another one of the same thread waits for itself: pass the connection on instead.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._idle: list[sqlite3.Connection] = []
        self._lock = Lock()
        self._closed = False
        with self._translated(), self._lent() as connection:
            migrate(connection, path)

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection inside one read transaction: everything read in it belongs to one moment."""
        with self._translated(), self._lent() as connection:
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                with suppress(sqlite3.Error):  # nothing was written; the first error is the one to tell
                    connection.execute("ROLLBACK")

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection inside one write transaction: committed at the end, rolled back by any exception."""
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

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            code = getattr(error, "sqlite_errorcode", None)
            remedy = _REMEDIES.get(code & 0xFF) if code is not None else None  # the low byte is the family
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
