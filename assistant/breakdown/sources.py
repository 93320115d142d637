"""Find what a breakdown is made of: a paper of the library, a PDF, or the abstract of an announcement, with its text.

A subject describes a paper and holds the key under which the fields of its breakdown are stored.
"""

import hashlib
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from assistant.breakdown.record import Basis, Subject
from assistant.language.phrases import say
from assistant.llm.prompts import Language
from assistant.verify.terms import is_chinese
from index.arxiv.announcements import Announcement
from index.arxiv.ids import parse_arxiv_id
from index.model.errors import ArxivError, ArxivUnreachable, PaperNotFound, PdfError, UnreadablePdf
from index.model.paper import Page, Paper, Section, Span, Words, Zone, ZonedSpan
from index.model.records import PaperRecord
from index.reading.read_pdf import sha256_of_pdf
from index.reading.worker import PdfReader
from index.store.library import Library

if TYPE_CHECKING:
    from assistant.context import AppContext
    from index.arxiv.client import ArxivClient

_FRESH = 3 * 86400.0  # seconds for which a stored PDF of an unknown version counts as the newest
_HEADING = "Abstract"


def find_subject(context: "AppContext", name: str) -> tuple[Subject, Paper]:
    """Find a paper by the name that the user gives it: a PDF; a paper of the library by id, file or title; an arXiv id.

    If the PDF of an arXiv paper cannot be had, its abstract is used and the subject says why. Raises PaperNotFound,
    PdfError, ArxivError.
    """
    path = _file(name)
    if path is not None:  # names of files may repeat, so the content decides whether it is in the library
        reader = context.reader()
        sha256 = _sha256(path, reader.limits.bytes)
        record = context.library.by_sha256(sha256)
        if record is None:
            return pdf_subject(None, path.absolute(), reader.submit(path, sha256).result())
    else:
        try:
            record = context.library.find(name)
        except PaperNotFound:
            if parse_arxiv_id(name) is None:
                raise
            return _from_arxiv(context, name)
    paper = context.library.paper(record.id)
    return library_subject(record, paper), paper


def own_language(papers: Sequence[Paper]) -> Language:
    """Chinese if all papers are Chinese, else English."""
    return "zh" if all(is_chinese(paper.text[:4000]) for paper in papers) else "en"


class FullTexts:
    """Texts of announced papers: from the library, else the PDF from arXiv, else the abstract alone.

    PDFs are stored in `folder`, so that a resumed run does not fetch them again; they do not enter the library. Without
    `arxiv`, and after arXiv has failed to answer once, nothing is fetched.
    """

    def __init__(self, library: Library, reader: PdfReader, arxiv: "ArxivClient | None", folder: Path) -> None:
        self._library = library
        self._reader = reader
        self._arxiv = arxiv
        self._folder = folder
        self._unreachable = False

    def of(self, announcement: Announcement, language: Language) -> tuple[Subject, Paper]:
        """The subject of a breakdown and its text; if that is only the abstract, the subject says why."""
        record = self._library.by_arxiv(announcement.id.base)
        known = parse_arxiv_id(record.arxiv_id or "") if record else None
        if record and known and (known.version or 0) >= (announcement.id.version or 0):
            paper = self._library.paper(record.id)
            return library_subject(record, paper), paper
        try:
            path = self._pdf(announcement)
            if path is None:
                return abstract_subject(announcement, say(f"problem.{self._why_not()}", language))
            return pdf_subject(announcement, path, self._reader.submit(path).result())
        except (ArxivError, PdfError) as error:
            self._unreachable = self._unreachable or isinstance(error, ArxivUnreachable)
            return abstract_subject(announcement, str(error))

    def _pdf(self, announcement: Announcement) -> Path | None:
        """The PDF, fetched if it is not stored yet; None if nothing may be fetched."""
        path = self._folder / f"{announcement.id.file_name}.pdf"
        if path.exists() and (announcement.id.version or time.time() - path.stat().st_mtime < _FRESH):
            return path
        if self._arxiv is None or self._unreachable:
            return None
        return self._arxiv.download(announcement.id, self._folder)

    def _why_not(self) -> str:
        return "unreachable" if self._unreachable else "downloading"


def library_subject(record: PaperRecord, paper: Paper) -> Subject:
    """The subject of a paper of the library."""
    return Subject(
        key=_key(paper.text),
        title=paper.title,
        authors=paper.authors,
        year=paper.year,
        arxiv_id=paper.arxiv_id,
        paper=record.id,
        file="" if record.file_lost else record.file,  # the link would open another paper
        pages=len(paper.pages),
    )


def pdf_subject(announcement: Announcement | None, path: Path, paper: Paper) -> tuple[Subject, Paper]:
    """A PDF that is not in the library; title and authors of an announcement are preferred to those on its pages."""
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
    """The abstract alone, as a paper of one section without positions of words, and the reason why."""
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


class SubjectKeys:
    """Keys of the papers of the library; the text of a paper is read once."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._subjects: dict[tuple[str, str, str], Subject] = {}  # by `_reading`

    def subject(self, record: PaperRecord) -> Subject:
        """The subject of a paper. Raises PaperNotFound if it was removed meanwhile."""
        read = _reading(record)
        if read not in self._subjects:
            self._subjects[read] = library_subject(record, self._library.paper(record.id))
        return self._subjects[read]

    def papers(self, keys: Sequence[str], records: Sequence[PaperRecord]) -> dict[str, PaperRecord]:
        """The papers of these keys among `records`; reading stops when all are found."""
        wanted, found = set(keys), dict[str, PaperRecord]()
        known = sorted(records, key=lambda record: _reading(record) not in self._subjects)
        for record in known:
            if len(found) == len(wanted):
                break
            key = self.subject(record).key
            if key in wanted:
                found[key] = record
        return found


def _file(name: str) -> Path | None:
    try:
        path = Path(name).expanduser()
        return path if path.is_file() else None
    except (OSError, RuntimeError):  # too long for a path; the home folder of an unknown user
        return None


def _sha256(path: Path, max_bytes: int) -> str:
    try:
        return sha256_of_pdf(path, max_bytes)
    except OSError as error:
        raise UnreadablePdf(f"{path} cannot be read: {error.strerror}. See whether you may read it.") from error


def _from_arxiv(context: "AppContext", name: str) -> tuple[Subject, Paper]:
    wanted = parse_arxiv_id(name)
    assert wanted is not None
    arxiv = context.arxiv()
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
    texts = FullTexts(context.library, context.reader(), arxiv, context.index_settings.home / "downloads")
    return texts.of(announcement, "en")


def _reading(record: PaperRecord) -> tuple[str, str, str]:
    """One reading of a paper: two may happen within a second, so the file's hash is part of it."""
    return record.id, record.added_at, record.sha256


def _key(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
