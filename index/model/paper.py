"""The nouns: one text, many spans.

A paper is one string. Pages, sections, zones, chunks, sentences and quotes are half-open spans over it, so a page
number or a heading is always derived from a span and a citation cannot drift (after papermage's `Document`).
"""

from bisect import bisect_right
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, order=True, slots=True)
class Span:
    """The half-open interval [start, end) of characters of a paper's text.

    >>> Span(2, 5).length, Span(2, 5).overlaps(Span(5, 9)), Span(0, 9).contains(Span(2, 5))
    (3, False, True)
    """

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end:
            raise ValueError(f"not a span: [{self.start}, {self.end})")

    @property
    def length(self) -> int:
        """Number of characters."""
        return self.end - self.start

    def contains(self, other: "Span") -> bool:
        """Whether `other` lies inside."""
        return self.start <= other.start and other.end <= self.end

    def overlaps(self, other: "Span") -> bool:
        """Whether the two share a character."""
        return self.start < other.end and other.start < self.end


class Zone(StrEnum):
    """What a stretch of a paper is; search leaves out `REFERENCES` unless it is asked for."""

    FRONT = "front"  # title, authors, affiliations: what stands before the abstract
    ABSTRACT = "abstract"
    BODY = "body"
    APPENDIX = "appendix"
    CAPTION = "caption"  # of a figure or a table
    TABLE = "table"  # the cells of a table, row by row
    FOOTNOTE = "footnote"
    REFERENCES = "references"


@dataclass(frozen=True, slots=True)
class ZonedSpan:
    """A stretch of one zone; a paper's zoned spans tile its text in order."""

    span: Span
    zone: Zone


@dataclass(frozen=True, slots=True)
class Page:
    """A page: its 1-based number, its span of the text, its size in points."""

    number: int
    span: Span
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and everything below it up to the next heading of the same or a higher level.

    `span` begins at the heading's first character and includes all subsections. `level` is 1 for a top-level section.
    """

    span: Span
    heading: str
    level: int


@dataclass(frozen=True, slots=True)
class Rectangle:
    """A rectangle on a page: 1-based page number; points from the top left corner of the page as it is shown."""

    page: int
    x0: float
    y0: float
    x1: float
    y1: float


@dataclass(frozen=True, eq=False)
class Words:
    """The map from text offsets to page rectangles, one row a word, sorted by start.

    starts, ends: int32 (n,), half-open offsets into the text; pages: int32 (n,), 1-based; boxes: float32 (n, 4),
    x0 y0 x1 y1 in points. A word that was hyphenated over two lines has one row for each part.
    """

    starts: "NDArray[np.int32]"
    ends: "NDArray[np.int32]"
    pages: "NDArray[np.int32]"
    boxes: "NDArray[np.float32]"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Words):
            return NotImplemented
        import numpy as np  # here, so that a list of papers does not load it

        ours = (self.starts, self.ends, self.pages, self.boxes)
        theirs = (other.starts, other.ends, other.pages, other.boxes)
        return all(np.array_equal(one, another) for one, another in zip(ours, theirs, strict=True))

    def __hash__(self) -> int:
        return hash((self.starts.tobytes(), self.ends.tobytes()))

    def rectangles(self, span: Span) -> list[Rectangle]:
        """The rectangles that cover the words of `span`, one for each stretch of a line; nearest word if none."""
        first = int(self.ends.searchsorted(span.start, side="right"))
        last = int(self.starts.searchsorted(span.end, side="left"))
        if len(self.starts) == 0:
            return []
        if first >= last:  # only white space inside: the word before it
            first = max(0, min(first, len(self.starts)) - 1)
            last = first + 1
        merged: list[Rectangle] = []
        for row in range(first, last):
            box = Rectangle(int(self.pages[row]), *(float(value) for value in self.boxes[row]))
            if merged and _same_line(merged[-1], box):
                merged[-1] = _union(merged[-1], box)
            else:
                merged.append(box)
        return merged


def _same_line(a: Rectangle, b: Rectangle) -> bool:
    height = min(a.y1 - a.y0, b.y1 - b.y0)
    shared = min(a.y1, b.y1) - max(a.y0, b.y0)
    return a.page == b.page and shared > 0.5 * height and -height < b.x0 - a.x1 < 3 * max(height, 1.0)


def _union(a: Rectangle, b: Rectangle) -> Rectangle:
    return Rectangle(a.page, min(a.x0, b.x0), min(a.y0, b.y0), max(a.x1, b.x1), max(a.y1, b.y1))


@dataclass(frozen=True, slots=True)
class Link:
    """A link annotation: the words that its rectangle covers and where it leads (http or https).

    `span` lies on the annotation's page; it is empty, at the page's start, where the rectangle covers no words.
    """

    span: Span
    uri: str


@dataclass(frozen=True)
class Paper:
    """A paper as it was read: one text and the spans over it.

    Invariants, held by tests: `pages` tile the text in order; `zones` tile the text in order; `sections` are sorted by
    start and nested; `words` are sorted and lie on the page that their offsets belong to; each of `links` lies on one
    page.
    """

    id: str
    title: str
    authors: tuple[str, ...]
    year: int | None
    arxiv_id: str | None  # with its version where it is known: 1706.03762v5
    text: str
    pages: tuple[Page, ...]
    sections: tuple[Section, ...]
    zones: tuple[ZonedSpan, ...]
    words: Words
    warnings: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()

    def quote(self, span: Span) -> str:
        """The text of a span."""
        return self.text[span.start : span.end]

    def page_range(self, span: Span) -> tuple[int, int]:
        """The 1-based numbers of the first and last page that a span touches."""
        last = max(span.start, span.end - 1)
        return self._page_at(span.start).number, self._page_at(last).number

    def headings(self, offset: int) -> tuple[str, ...]:
        """The headings above an offset, outermost first; empty before the first heading."""
        return tuple(section.heading for section in self.sections if section.span.start <= offset < section.span.end)

    def zone(self, offset: int) -> Zone:
        """The zone at an offset."""
        row = bisect_right(self._zone_starts, offset) - 1
        return self.zones[max(row, 0)].zone if self.zones else Zone.BODY

    def rectangles(self, span: Span) -> list[Rectangle]:
        """Where the words of a span stand on their pages, a rectangle for each stretch of a line."""
        return self.words.rectangles(span)

    def _page_at(self, offset: int) -> Page:
        return self.pages[max(bisect_right(self._page_starts, offset) - 1, 0)]

    @cached_property
    def _page_starts(self) -> list[int]:
        return [page.span.start for page in self.pages]

    @cached_property
    def _zone_starts(self) -> list[int]:
        return [zoned.span.start for zoned in self.zones]


@dataclass(frozen=True, slots=True)
class Chunk:
    """What is embedded and searched: a span of one zone inside one section. `text == paper.quote(span)`."""

    paper_id: str
    span: Span
    zone: Zone
    text: str


@dataclass(frozen=True)
class Passage:
    """What a search finds: a span of a paper, larger than a chunk where neighbours were merged."""

    paper: Paper
    span: Span
    score: float  # the reranker's, or the fusion's without one; sorts passages of one search only

    @property
    def text(self) -> str:
        """The passage's text."""
        return self.paper.quote(self.span)

    @property
    def heading(self) -> tuple[str, ...]:
        """The headings above the passage, outermost first."""
        return self.paper.headings(self.span.start)

    @property
    def pages(self) -> tuple[int, int]:
        """First and last page, 1-based."""
        return self.paper.page_range(self.span)

    @property
    def zone(self) -> Zone:
        """What kind of text it is."""
        return self.paper.zone(self.span.start)
