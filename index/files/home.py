"""The folder that holds everything this program keeps, and the folders in it: for their owner alone."""

import errno
import os
import shutil
import stat
from pathlib import Path

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_LEAST_FREE = 1 << 20  # bytes below which SQLite and Chroma fail in ways that do not name the disk
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_CLOSED = {errno.EACCES, errno.EPERM, errno.EROFS}
DISK_FULL = "The disk is full. Free some space and run the command again; nothing was lost."
NOT_LOCAL = "Network folders often cannot do this: set PAPERS_HOME to a folder on a disk of this machine."


def private_folder(folder: Path) -> Path:
    """Make a folder and those above it that are missing, each with mode 0700; a folder that is there stays as it is.

    What a person reads, asks and writes lies below it, so no step that happens to run first may leave it open.
    Raises OSError.
    """
    missing = [each for each in (folder, *folder.parents) if not each.is_dir()]
    for each in reversed(missing):
        each.mkdir(mode=0o700, exist_ok=True)
    return folder


def private_file(file: Path) -> Path:
    """Make a file that is not there, empty; a file that is there is closed to others if it is ours. Raises OSError."""
    try:
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        found = file.stat()
        if found.st_mode & _OTHERS and found.st_uid == os.geteuid():
            file.chmod(stat.S_IMODE(found.st_mode) & ~_OTHERS)
    return file


def is_open_to_others(path: Path) -> bool:
    """Whether anybody but the owner may list, read or change a folder or file."""
    return bool(path.stat().st_mode & _OTHERS)


def is_full(folder: Path) -> bool:
    """Whether the disk of a folder has no room left to work with."""
    try:
        return shutil.disk_usage(folder).free < _LEAST_FREE
    except OSError:
        return False


def is_read_only(file: Path) -> bool:
    """Whether a file is there and neither it nor its folder can be written by this process."""
    return file.exists() and not (os.access(file, os.W_OK) and os.access(file.parent, os.W_OK))


def disk_remedy(error: OSError) -> str | None:
    """What to do about a disk that is full or closed, as a sentence; None for any other fault."""
    if error.errno in _FULL:
        return DISK_FULL
    if error.errno in _CLOSED:
        return "It cannot be written. Check the rights of the folder, or set PAPERS_HOME to another one."
    if error.errno in (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.ESTALE):
        return NOT_LOCAL
    return None
