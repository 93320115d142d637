"""What is searched: a folder of PDFs, or papers that come as text; each under the name that its questions use."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from index.model.paper import Page, Paper, Section, Span, Words, Zone, ZonedSpan

if TYPE_CHECKING:
    from collections.abc import Callable

PAGE_SIZE = (612.0, 792.0)  # points; text has no page of its own
PDF_SECONDS = 1800.0  # a paper that a busy machine reads slowly must not be missing from the corpus


@dataclass(frozen=True)
class PdfCorpus:
    """PDF files, named by their file names."""

    name: str
    files: tuple[Path, ...]

    @cached_property
    def digest(self) -> str:
        """Of the names and bytes of all files."""
        digest = hashlib.sha256()
        for file in self.files:
            digest.update(f"{file.name}\0{hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
        return digest.hexdigest()


@dataclass(frozen=True)
class TextCorpus:
    """Papers as text, named by their ids."""

    name: str
    papers: tuple[Paper, ...]

    @cached_property
    def digest(self) -> str:
        """Of the names, titles and texts of all papers."""
        digest = hashlib.sha256()
        for paper in self.papers:
            digest.update(f"{paper.id}\0{paper.title}\0{paper.text}\0".encode("utf-8", "surrogatepass"))
        return digest.hexdigest()


Corpus = PdfCorpus | TextCorpus


def named_papers(corpus: Corpus, known: set[str], say: "Callable[[str], None]") -> Iterator[tuple[str, Paper]]:
    """The papers of a corpus by name, but those in `known`; a PDF that cannot be read is said and left out."""
    from index.model.errors import PdfError
    from index.reading.read_pdf import PdfLimits
    from index.reading.worker import PdfReader

    if isinstance(corpus, TextCorpus):
        yield from ((paper.id, paper) for paper in corpus.papers if paper.id not in known)
        return
    files = [file for file in corpus.files if file.name not in known]
    if not files:
        return
    with PdfReader(PdfLimits(seconds=PDF_SECONDS), workers=1) as reader:
        for file, reading in [(file, reader.submit(file)) for file in files]:
            try:
                yield file.name, reading.result()
            except PdfError as error:
                say(f"left out: {file.name} ({error.reason})")


def paged_paper(name: str, title: str, pages: Sequence[str]) -> Paper:
    """A paper of pages of text, without sections."""
    text, spans = "", []
    for page in pages:
        spans.append(Span(len(text), len(text) + len(page) + 2))
        text += f"{page}\n\n"
    numbered = tuple(Page(number, span, *PAGE_SIZE) for number, span in enumerate(spans, start=1))
    return _paper(name, title, text, numbered, ())


def sectioned_paper(
    name: str, title: str, sections: Sequence[tuple[str, int, Sequence[str]]]
) -> tuple[Paper, list[Span]]:
    """A paper of one page from (heading, level, paragraphs), and the spans of all paragraphs in order."""
    text, starts, paragraphs = "", [], []
    for heading, level, parts in sections:
        starts.append((len(text), heading, level))
        text += f"{heading}\n\n" if heading else ""
        for part in parts:
            paragraphs.append(Span(len(text), len(text) + len(part)))
            text += f"{part}\n\n"
    found = []
    for row, (start, heading, level) in enumerate(starts):
        end = next((other for other, _, depth in starts[row + 1 :] if depth <= level), len(text))
        if heading and end > start:
            found.append(Section(Span(start, end), heading, level))
    page = Page(1, Span(0, len(text)), *PAGE_SIZE)
    return _paper(name, title, text, (page,), tuple(found)), paragraphs


def _paper(name: str, title: str, text: str, pages: tuple[Page, ...], sections: tuple[Section, ...]) -> Paper:
    import numpy as np

    none = np.zeros(0, dtype=np.int32)
    words = Words(none, none, none, np.zeros((0, 4), dtype=np.float32))
    zones = (ZonedSpan(Span(0, len(text)), Zone.BODY),)
    return Paper(name, title, (), None, None, text, pages, sections, zones, words)
