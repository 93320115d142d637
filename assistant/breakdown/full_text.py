"""What is read of an announced paper: its text in the library, else its PDF from arXiv, else its abstract alone."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.breakdown.record import Subject
from assistant.breakdown.subjects import abstract_subject, library_subject, pdf_subject
from assistant.language.phrases import say
from assistant.llm.prompts import Language
from index.arxiv.announcements import Announcement
from index.arxiv.ids import parse_arxiv_id
from index.model.errors import ArxivError, ArxivUnreachable, PdfError
from index.model.paper import Paper
from index.reading.worker import PdfReader
from index.store.library import Library

if TYPE_CHECKING:
    from index.arxiv.client import ArxivClient

_FRESH = 3 * 86400.0  # seconds that a PDF of an unsaid version is taken for the newest


class FullTexts:
    """Reads announced papers. After arXiv has not answered once, nothing more is fetched in this run.

    PDFs are kept in `folder`, so that a run that goes on does not fetch them again; they do not enter the library.
    Without `arxiv` nothing is fetched.
    """

    def __init__(self, library: Library, reader: PdfReader, arxiv: "ArxivClient | None", folder: Path) -> None:
        self._library = library
        self._reader = reader
        self._arxiv = arxiv
        self._folder = folder
        self._unreachable = False

    def of(self, announcement: Announcement, language: Language) -> tuple[Subject, Paper]:
        """The subject of a breakdown and its text; a subject of the abstract says why it is no more."""
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
        """The PDF, fetched where it is not here; None where nothing may be fetched."""
        path = self._folder / f"{announcement.id.file_name}.pdf"
        if path.exists() and (announcement.id.version or time.time() - path.stat().st_mtime < _FRESH):
            return path
        if self._arxiv is None or self._unreachable:
            return None
        return self._arxiv.download(announcement.id, self._folder)

    def _why_not(self) -> str:
        return "unreachable" if self._unreachable else "downloading"
