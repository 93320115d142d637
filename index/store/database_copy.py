"""A copy of an SQLite file that is whole or not there, made while others read and write the original."""

import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from index.model.errors import LibraryError

KEPT_COPIES = 2  # of those that are made without being asked for


def copy_database(connection: sqlite3.Connection, target: Path) -> None:
    """Copies what a connection sees to `target`, readable by its owner alone, with nothing left in a log beside it.

    Raises sqlite3.Error or OSError; `target` is then as it was.
    """
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    part.unlink(missing_ok=True)
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
