"""What a reader calls a paper to the subject of a breakdown."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.breakdown.full_text import FullTexts
from assistant.breakdown.record import Subject
from assistant.breakdown.subjects import library_subject, pdf_subject
from index.arxiv.announcements import Announcement
from index.arxiv.ids import parse_arxiv_id
from index.model.errors import PaperNotFound, UnreadablePdf
from index.model.paper import Paper

if TYPE_CHECKING:
    from assistant.context import Workbench


def find_subject(bench: "Workbench", name: str) -> tuple[Subject, Paper]:
    """A paper by what a reader calls it: in the library by id, file or title; else a PDF; else an arXiv id or link.

    Of an arXiv paper whose PDF cannot be had the abstract is taken, with the reason. Raises PaperNotFound, PdfError,
    ArxivError.
    """
    path = _file(name)
    if path is not None:  # two files may have one name: its bytes decide whether it is in the library
        record = bench.library.by_sha256(_sha256(path))
        if record is None:
            return pdf_subject(None, path.absolute(), bench.reader().submit(path).result())
    else:
        try:
            record = bench.library.find(name)
        except PaperNotFound:
            if parse_arxiv_id(name) is None:
                raise
            return _from_arxiv(bench, name)
    paper = bench.library.paper(record.id)
    return library_subject(record, paper), paper


def _file(name: str) -> Path | None:
    try:
        path = Path(name).expanduser()
        return path if path.is_file() else None
    except (OSError, RuntimeError):  # too long for a path; a home folder of nobody
        return None


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UnreadablePdf(f"{path} cannot be read: {error.strerror}. See whether you may read it.") from error


def _from_arxiv(bench: "Workbench", name: str) -> tuple[Subject, Paper]:
    wanted = parse_arxiv_id(name)
    assert wanted is not None
    arxiv = bench.arxiv()
    (listed,) = arxiv.metadata([wanted])
    announcement = Announcement(
        id=listed.id,
        title=listed.title,
        authors=listed.authors,
        abstract=listed.abstract,
        categories=listed.categories,
        announced="unknown",
        announced_on=None,
        comment=listed.comment,
    )
    texts = FullTexts(bench.library, bench.reader(), arxiv, bench.index_settings.home / "downloads")
    return texts.of(announcement, "en")
