"""What is broken down: a paper of the library, a PDF, or the abstract that a listing holds."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from assistant.breakdown_record import Basis, Subject
from index.announcements import Announcement
from index.arxiv_id import parse_arxiv_id
from index.errors import PaperNotFound, UnreadablePdf
from index.paper import Page, Paper, Section, Span, Words, Zone, ZonedSpan
from index.records import PaperRecord

if TYPE_CHECKING:
    from assistant.workbench import Workbench

_HEADING = "Abstract"


def library_subject(record: PaperRecord, paper: Paper) -> Subject:
    """A paper of the library."""
    return Subject(
        key=_key(paper.text),
        title=paper.title,
        authors=paper.authors,
        year=paper.year,
        arxiv_id=paper.arxiv_id,
        paper=record.id,
        file=record.file,
        pages=len(paper.pages),
    )


def pdf_subject(announcement: Announcement | None, path: Path, paper: Paper) -> tuple[Subject, Paper]:
    """A PDF that is not in the library; an announcement knows title and authors better than its pages do."""
    subject = Subject(
        key=_key(paper.text),
        title=announcement.title if announcement else paper.title,
        authors=announcement.authors if announcement else paper.authors,
        year=paper.year,
        arxiv_id=announcement.id.text if announcement else paper.arxiv_id,
        file=str(path),
        pages=len(paper.pages),
    )
    return subject, paper


def abstract_subject(announcement: Announcement, reason: str) -> tuple[Subject, Paper]:
    """The abstract alone as a paper of one section without pages' positions, and why it is no more."""
    text = f"{_HEADING}\n{announcement.abstract}"
    whole = Span(0, len(text))
    nothing = np.zeros(0, np.int32)
    paper = Paper(
        id=_key(text),
        title=announcement.title,
        authors=announcement.authors,
        year=announcement.announced_on.year if announcement.announced_on else None,
        arxiv_id=announcement.id.text,
        text=text,
        pages=(Page(1, whole, 0.0, 0.0),),
        sections=(Section(whole, _HEADING, 1),),
        zones=(ZonedSpan(whole, Zone.ABSTRACT),),
        words=Words(nothing, nothing, nothing, np.zeros((0, 4), np.float32)),
    )
    subject = Subject(
        key=paper.id,
        title=paper.title,
        authors=paper.authors,
        year=paper.year,
        arxiv_id=paper.arxiv_id,
        basis=Basis.ABSTRACT,
        reason=reason,
    )
    return subject, paper


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
    from assistant.full_text import FullTexts

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


def _key(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
