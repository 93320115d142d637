"""Uploads: the private folder that they are kept in, and the check that a request names no other file.

Gradio takes any object with a `path` for a file, in the value of every component: it copies that file, or what a URL
gives, to where anybody may get it. What a request names is therefore checked before Gradio sees it.
"""

import fcntl
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from index.files.home import private_folder
from index.model.errors import PaperAssistantError

FOLDER, LOCK = "uploads", "uploads.lock"
# The mark of https://bford.info/cachedir/, which also keeps the folder out of backups.
TAG = "CACHEDIR.TAG"
SIGNATURE = "Signature: 8a477f597d28d172789f06886806bc55\n# Uploads to papers serve, deleted at its next start.\n"


class ForeignUploads(PaperAssistantError):
    """The folder for uploads holds what somebody else put there."""


@contextmanager
def upload_folder(home: Path) -> Iterator[Path]:
    """The folder for uploads, emptied unless another server of the same home is using it.

    Raises ForeignUploads for files that no server left there: they are not deleted.
    """
    private_folder(home)
    folder = home.resolve() / FOLDER
    with (home / LOCK).open("a") as users:
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pass  # somebody's uploads are on their way into the library
        else:
            _empty(folder)
        fcntl.flock(users, fcntl.LOCK_SH)
        yield folder


def _empty(folder: Path) -> None:
    """Delete the folder and make it again."""
    if folder.is_symlink() or (folder.exists() and not (folder / TAG).is_file()):
        raise ForeignUploads(f"{folder} is emptied at each start, but this program did not make it. Move it away.")
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(mode=0o700)
    (folder / TAG).write_text(SIGNATURE, "utf-8")


class NoJson(ValueError):
    """A body that is no JSON, or nested too deeply to be read."""


def names_foreign_file(body: bytes, host: str, uploads: Path) -> bool:
    """Whether a JSON body names a file that is not below `uploads`, or a URL that is not of `host`.

    It is read as Gradio reads it, so that both see the same. Raises NoJson.
    """
    try:
        content = json.loads(body) if body else None
    except (ValueError, RecursionError) as error:
        raise NoJson from error
    return any(
        ("path" in each and not _is_harmless_path(each["path"], uploads))
        or ("url" in each and not _is_own_url(each["url"], host))
        for each in _objects(content)
    )


def is_upload(path: str, uploads: Path) -> bool:
    """Whether an absolute path leads below `uploads`, resolving links and dots."""
    try:
        return Path(path).is_absolute() and uploads.resolve() in Path(path).resolve().parents
    except (OSError, RuntimeError, ValueError):  # too long, a loop of links, a NUL
        return False


def _objects(content: object) -> Iterator[dict[str, object]]:
    """Every JSON object in a value, at any depth."""
    waiting = [content]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            yield each
            waiting.extend(each.values())
        elif isinstance(each, list):
            waiting.extend(each)


def _is_harmless_path(path: object, uploads: Path) -> bool:
    return path is None or (isinstance(path, str) and is_upload(path, uploads))


def _is_own_url(url: object, host: str) -> bool:
    """Whether nothing of another server is named: the address of an upload is relative, or begins with this server."""
    if url is None:
        return True
    try:
        parts = urlsplit(url) if isinstance(url, str) else None
    except ValueError:
        return False
    return parts is not None and parts.scheme in ("", "http", "https") and parts.netloc.lower() in ("", host.lower())
