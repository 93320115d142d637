"""The files that sources of an ingestion mean, and whether a file still holds what was read."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from index.files.regular_file import sha256_of_regular

_RESOURCE_FORK = "._"  # macOS keeps one beside each file on disks of other systems
_MAX_BYTES = 4 << 30  # of a file whose bytes are compared; no PDF that was read has more


def source_files(sources: Sequence[str]) -> Iterator[str]:
    """Every file once, folders searched, in a stable order; what is no folder is handed on as it is."""
    seen: set[str] = set()
    for source in sources:
        for file in _pdfs(source):
            if file not in seen:
                seen.add(file)
                yield file


def is_there(file: str) -> bool:
    """Whether there is a file at a path, whatever is in it."""
    try:
        return Path(file).is_file()
    except (OSError, ValueError):  # a name that is too long, or with a NUL
        return False


def holds(path: Path, sha256: str) -> bool:
    """Whether there is a file at `path`, and it has these bytes."""
    try:
        return is_there(str(path)) and sha256_of_regular(path, _MAX_BYTES) == sha256
    except OSError:
        return False


def as_folder(source: str) -> Path | None:
    """The folder that a source names; None for anything else."""
    try:
        path = Path(source).expanduser()
        return path if path.is_dir() else None
    except (OSError, RuntimeError, ValueError):
        return None


def _pdfs(source: str) -> list[str]:
    """The PDFs below a folder, and the folders that cannot be read; a source that is no folder, itself."""
    path = as_folder(source)
    if path is None:
        return [source]
    closed: list[str] = []
    found = [
        str(Path(folder) / name)
        for folder, names in _folders(path, closed)
        for name in names
        if name.lower().endswith(".pdf") and not name.startswith(_RESOURCE_FORK)
    ]
    return sorted(found) + closed


def _folders(path: Path, closed: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Each folder below a path once, also behind links, with the names of its files; those that are closed to us."""
    seen: set[tuple[int, int]] = set()
    walk = os.walk(path, followlinks=True, onerror=lambda error: closed.append(str(error.filename)))
    for folder, folders, names in walk:
        status = Path(folder).stat()
        if (status.st_dev, status.st_ino) in seen:  # a link to a folder that holds it
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        yield folder, names
