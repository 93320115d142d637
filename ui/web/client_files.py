"""Which files a request may name: uploads of this server, and nothing that Gradio would read or fetch beyond them.

Gradio takes any object with a `path` for a file, in the value of every component: it copies that file, or what a URL
gives, to where anybody may get it. What a request names is therefore checked before Gradio sees it.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit


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
    """Whether an absolute path leads below `uploads`, whatever links and dots it goes by."""
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
