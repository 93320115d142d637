"""One process at a time: a lock that ends with its process, and the id of the process that holds it."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def one_process(lock: Path, owner: Path, wait_seconds: float, busy: Callable[[str], Exception]) -> Iterator[None]:
    """Hold the file `lock` and keep this process's id in the file `owner`.

    Raises `busy(pid)` if another process still holds the lock after `wait_seconds`. The lock of a killed process is
    free. It belongs to no thread: a generator that holds it may be closed by another one.
    """
    from filelock import FileLock, Timeout

    held = FileLock(lock, thread_local=False)
    try:
        held.acquire(timeout=wait_seconds)
    except Timeout as error:
        raise busy(owner.read_text().strip() if owner.exists() else "unknown") from error
    try:
        owner.write_text(str(os.getpid()))
        yield
    finally:
        held.release()
