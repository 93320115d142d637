"""One process at a time: a lock that ends with its process, and the id of the process that holds it."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from index.files.home import NOT_LOCAL, disk_remedy
from index.model.errors import LibraryError


@contextmanager
def one_process(lock: Path, owner: Path, wait_seconds: float, busy: Callable[[str], Exception]) -> Iterator[None]:
    """Hold the file `lock` and keep this process's id in the file `owner`.

    Raises `busy(pid)` if another process still holds the lock after `wait_seconds`, LibraryError if the folder lets
    nobody lock. The lock of a killed process is free. It belongs to no thread: a generator that holds it may be closed
    by another one.
    """
    from filelock import FileLock, Timeout

    held = FileLock(lock, thread_local=False)
    try:
        held.acquire(timeout=wait_seconds)
    except Timeout as error:
        raise busy(owner.read_text().strip() if owner.exists() else "unknown") from error
    except OSError as error:
        raise LibraryError(f"{lock} cannot be locked: {error.strerror}. {disk_remedy(error) or NOT_LOCAL}") from error
    try:
        with suppress(OSError):  # a full disk: who holds the lock is only for messages
            owner.write_text(str(os.getpid()))
        yield
    finally:
        held.release()
