"""Wheels made in a test, and an index of nothing but them: uv really installs, and nothing leaves the machine."""

import hashlib
import zipfile
from pathlib import Path

from index.embedding.downloads import PinnedFile, PinnedWheel


def pin(name: str, content: bytes) -> PinnedFile:
    return PinnedFile(name, len(content), hashlib.sha256(content).hexdigest())


def make_wheel(folder: Path, name: str, files: dict[str, bytes]) -> PinnedWheel:
    """A wheel of `files` in `folder`, with its hash."""
    folder.mkdir(parents=True, exist_ok=True)
    package = name.replace("-", "_")
    info = f"{package}-1.0.dist-info"
    metadata = {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    members = {**files, **metadata}
    record = "".join(f"{member},,\n" for member in [*members, f"{info}/RECORD"]).encode()
    path = folder / f"{package}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for member, content in {**members, f"{info}/RECORD": record}.items():
            wheel.writestr(member, content)
    return PinnedWheel(name, "1.0", hashlib.sha256(path.read_bytes()).hexdigest())


def only_these_wheels(monkeypatch, folder: Path) -> None:
    """Let uv and pip know no other source than `folder`."""
    monkeypatch.setenv("UV_NO_INDEX", "1")
    monkeypatch.setenv("UV_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
