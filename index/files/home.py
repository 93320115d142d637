"""The folder that holds everything this program keeps, and the folders in it: for their owner alone."""

import os
import stat
from pathlib import Path

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


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
