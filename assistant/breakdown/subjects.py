"""What is broken down: a paper of the library, a PDF, or the abstract that a listing holds, as subjects."""

import hashlib
from pathlib import Path

import numpy as np

from assistant.breakdown.record import Basis, Subject
from index.arxiv.announcements import Announcement
from index.model.paper import Page, Paper, Section, Span, Words, Zone, ZonedSpan
from index.model.records import PaperRecord

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


def _key(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
