"""Files that are whole or not there: written beside their place, flushed to disk, then moved."""

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

_STALE = 3600.0  # seconds after which an unfinished file belongs to nobody


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Open a new file that takes the place of `path` at the end, with its mode; after an error `path` is as it was.

    Several writers at the same time each write a file of their own; the last one wins. Raises OSError.
    """
    part = new_part(path)
    try:
        with part.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            shutil.copymode(path, part)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def new_part(path: Path) -> Path:
    """A name beside `path` for what is to become it; what killed writers left in the folder is removed."""
    for part in path.parent.glob(f".*.{'[0-9a-f]' * 32}.part*"):
        with suppress(FileNotFoundError):
            if time.time() - part.stat().st_mtime > _STALE:
                part.unlink()
    return path.with_name(f".{path.name}.{uuid4().hex}.part")


def write_whole(path: Path, data: bytes | str) -> None:
    """Write a file whole or not at all; text as UTF-8. Raises OSError."""
    with whole_file(path) as file:
        file.write(data.encode("utf-8") if isinstance(data, str) else data)
