"""What a reader adds to the library: uploaded files, kept under names that are safe, and pasted ids, links, folders."""

import hashlib
import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from index.arxiv.ids import parse_arxiv_id

LONGEST_NAME = 100  # characters; file systems allow 255 bytes
MOST_PASTED = 500  # lines and ids of one paste
_UNSAFE = re.compile(r"[^\w.()\[\] -]+")


@dataclass(frozen=True)
class Pasted:
    """What was read of a pasted text: sources for an ingestion, and lines that are none."""

    sources: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


def keep_upload(upload: Path, papers: Path) -> Path:
    """Moves an uploaded file below the folder `papers`, to a place that its bytes name; the place.

    Its own name, made safe, stays its last part, as that may hold an arXiv id. A file that is there stays.
    """
    with upload.open("rb") as opened:
        sha256 = hashlib.file_digest(opened, "sha256").hexdigest()
    kept = papers / sha256[:16] / safe_name(upload.name)
    if kept.is_file():
        upload.unlink()
        return kept
    kept.parent.mkdir(parents=True, exist_ok=True)
    partial = kept.with_suffix(".partial")
    shutil.move(upload, partial)
    partial.rename(kept)
    return kept


def drop_kept(kept: Path) -> None:
    """Deletes a kept upload that became no paper, and its folder."""
    kept.unlink(missing_ok=True)
    if kept.parent.is_dir() and not any(kept.parent.iterdir()):
        kept.parent.rmdir()


def safe_name(name: str) -> str:
    r"""A file name without anything that a file system, a shell or a page could read otherwise; ends in .pdf.

    >>> safe_name("../../a<img src=x>.PDF"), safe_name("論文 2401.18059v2.pdf"), safe_name("\0.pdf")
    ('a_img src_x.pdf', '論文 2401.18059v2.pdf', 'paper.pdf')
    """
    last = re.split(r"[/\\]", name)[-1]
    stem = last[:-4] if last.lower().endswith(".pdf") else last
    clean = _UNSAFE.sub("_", stem.encode("utf-8", "replace").decode("utf-8")).strip("._ -")
    return f"{clean[:LONGEST_NAME] or 'paper'}.pdf"


def is_pdf_name(name: str) -> bool:
    """Whether a file calls itself a PDF; whether it is one, its reader finds out."""
    return name.lower().endswith(".pdf")


def read_pasted(text: str, *, folders: bool) -> Pasted:
    """arXiv ids and links, one or several a line; with `folders` also files and folders of this machine, one a line.

    >>> read_pasted("arXiv:2401.18059v2 [cs.CL]\\n1706.03762, https://arxiv.org/abs/2005.11401", folders=False).sources
    ('2401.18059v2', '1706.03762', '2005.11401')
    >>> read_pasted("/etc\\n1706.03762", folders=False)
    Pasted(sources=('1706.03762',), refused=('/etc',))
    """
    sources: list[str] = []
    refused: list[str] = []
    for line in [each for each in map(str.strip, text.splitlines()) if each][:MOST_PASTED]:
        if folders and _is_there(line):
            sources.append(line)
            continue
        names = [line] if parse_arxiv_id(line) else [part for part in re.split(r"[\s,;，；、]+", line) if part]
        known = [identifier.text for identifier in map(parse_arxiv_id, names) if identifier]
        if len(known) == len(names):
            sources += known
        else:
            refused.append(line)
    return Pasted(_unique(sources), _unique(refused))


def _is_there(line: str) -> bool:
    try:
        return Path(line).expanduser().exists()
    except (OSError, RuntimeError, ValueError):  # too long a name, "~nobody", a NUL
        return False


def _unique(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))
