"""Files that somebody else named or left: opened only if they are regular files, and read only up to a size.

A named pipe blocks whoever opens it until somebody writes to it, a device may never end, and both may have any name.
"""

import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

_BLOCK = 1 << 20
_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


class NotARegularFile(OSError):
    """A folder, a named pipe, a socket or a device; `strerror` says which."""


class FileTooLarge(OSError):
    """More bytes than allowed; `strerror` says how many."""

    def __init__(self, path: Path, size: int, max_bytes: int) -> None:
        super().__init__(errno.EFBIG, f"it has {size:,} bytes, more than the {max_bytes:,} allowed", str(path))
        self.size = size


@contextmanager
def open_regular(path: Path, max_bytes: int) -> Iterator[BinaryIO]:
    """Open a regular file of at most `max_bytes` bytes for reading, without ever waiting for it.

    Raises NotARegularFile, FileTooLarge, or any other OSError of opening.
    """
    _check(path, path.stat(), max_bytes)  # before it is opened: that alone makes some devices act
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        _check(path, os.fstat(descriptor), max_bytes)  # it may be another file than a moment ago
        yield file


def read_regular(path: Path, max_bytes: int) -> bytes:
    """The bytes of a regular file. Raises like `open_regular`, also for a file that grows meanwhile."""
    with open_regular(path, max_bytes) as file:
        size = os.fstat(file.fileno()).st_size
        data = file.read(size + 1)
    if len(data) > size:
        raise OSError(errno.EIO, "it grows while it is read", str(path))
    return data


def sha256_of_regular(path: Path, max_bytes: int) -> str:
    """The SHA-256 of a regular file, as hexadecimal digits. Raises like `open_regular`."""
    digest, size = hashlib.sha256(), 0
    with open_regular(path, max_bytes) as file:
        while block := file.read(_BLOCK):
            size += len(block)
            if size > max_bytes:  # it grows
                raise FileTooLarge(path, size, max_bytes)
            digest.update(block)
    return digest.hexdigest()


def _check(path: Path, status: os.stat_result, max_bytes: int) -> None:
    kind = stat.S_IFMT(status.st_mode)
    if kind != stat.S_IFREG:
        raise NotARegularFile(errno.EINVAL, f"it is {_KINDS.get(kind, 'something else')}, not a file", str(path))
    if status.st_size > max_bytes:
        raise FileTooLarge(path, status.st_size, max_bytes)
