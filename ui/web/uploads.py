"""Where the server keeps what it is sent: a folder of its own in the home folder, which nobody else may open."""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from index.model.errors import PaperAssistantError

FOLDER, LOCK = "uploads", "uploads.lock"
# The mark of https://bford.info/cachedir/, which also keeps the folder out of backups.
TAG = "CACHEDIR.TAG"
SIGNATURE = "Signature: 8a477f597d28d172789f06886806bc55\n# Uploads to papers serve, deleted at its next start.\n"


class ForeignUploads(PaperAssistantError):
    """The folder for uploads holds what somebody else put there."""


@contextmanager
def upload_folder(home: Path) -> Iterator[Path]:
    """The folder for uploads, empty unless another server of the same home is at work with it.

    Raises ForeignUploads for files that no server left there: they are not deleted.
    """
    home.mkdir(parents=True, exist_ok=True)
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
    """Makes the folder anew."""
    if folder.is_symlink() or (folder.exists() and not (folder / TAG).is_file()):
        raise ForeignUploads(f"{folder} is emptied at each start, but this program did not make it. Move it away.")
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(mode=0o700)
    (folder / TAG).write_text(SIGNATURE, "utf-8")
