"""One note of a vault. What stands between our two marks is ours and made again; everything else is the user's.

The first mark holds a hash of what was written between them: a note whose part the user has changed, or in which a mark
is missing, is left as it is.
"""

import hashlib
import re
from enum import StrEnum
from pathlib import Path

from index.files.home import private_folder
from index.files.regular_file import read_regular
from index.files.whole_file import write_whole

MAX_NOTE = 8 << 20  # bytes
_BEGIN = "<!-- papers: begin {digest} (this part is made again; write above or below it) -->"
_END = "<!-- papers: end -->"
_PART = re.compile(
    r"^<!-- papers: begin (?P<digest>[0-9a-f]{16})\b[^\n]*-->\n(?P<text>.*?)^<!-- papers: end -->[ \t]*$",
    re.MULTILINE | re.DOTALL,
)
_MARK = re.compile(r"^<!-- papers: (?:begin\b|end -->)", re.MULTILINE)


class Fate(StrEnum):
    """What became of a note."""

    WRITTEN = "written"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    KEPT = "kept"  # the user has changed our part, or taken a mark away


def put_note(file: Path, front: str, part: str) -> Fate:
    """Write our part of a note; a new note begins with `front`, which is the user's from then on.

    Raises OSError.
    """
    ours = _marked(part)
    if not file.exists():
        private_folder(file.parent)
        write_whole(file, f"{front}{ours}\n")
        return Fate.WRITTEN
    text = read_regular(file, MAX_NOTE).decode("utf-8", "surrogateescape").replace("\r\n", "\n")
    found = list(_PART.finditer(text))
    if len(found) != 1 or len(_MARK.findall(text)) != 2 or _digest(found[0]["text"]) != found[0]["digest"]:
        return Fate.KEPT
    if found[0][0].rstrip() == ours:
        return Fate.UNCHANGED
    new = text[: found[0].start()] + ours + text[found[0].end() :]
    write_whole(file, new.encode("utf-8", "surrogateescape"))
    return Fate.UPDATED


def _marked(part: str) -> str:
    # A mark in a paper's text would end our part early; no title needs one.
    text = part.replace("<!--", "<\\!--").encode("utf-8", "replace").decode().strip("\n") + "\n"
    return f"{_BEGIN.format(digest=_digest(text))}\n{text}{_END}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:16]
