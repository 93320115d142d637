"""Pieces of paragraphs and floats -> text, written word by word, with the spans that hold over it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from index.layout.headings import Heading
from index.layout.lines import Box, PageLines, Word
from index.layout.page_layout import Row
from index.layout.paragraphs import count_words, join
from index.model.paper import Page, Section, Span, Words, Zone, ZonedSpan
from index.model.plain_text import one_line

MAX_HEADING = 300  # characters; the words of a longer one stay in the text
_FLOATS = (Zone.CAPTION, Zone.TABLE, Zone.FOOTNOTE)


@dataclass
class Unit:
    """What is written at once: rows of a paragraph or heading on one page, or a float."""

    page: int
    zone: Zone
    rows: list[Row]
    continues: bool = False  # the paragraph of the unit before it
    heading: Heading | None = None
    table: bool = False


@dataclass
class Written:
    """The growing text and the spans over it."""

    parts: list[str] = field(default_factory=list)
    length: int = 0
    words: list[tuple[int, int, int, Box]] = field(default_factory=list)
    zones: list[tuple[int, Zone]] = field(default_factory=list)
    pages: dict[int, int] = field(default_factory=dict)
    headings: list[tuple[int, Heading]] = field(default_factory=list)
    last: Word | None = None  # that was written

    def write(self, text: str) -> None:
        """Add white space or a separator."""
        self.parts.append(text)
        self.length += len(text)

    def drop_hyphen(self) -> None:
        """Take the hyphen back that ends the last word."""
        self.parts[-1] = self.parts[-1][:-1]
        self.length -= 1
        start, end, page, box = self.words[-1]
        self.words[-1] = start, end - 1, page, box

    def word(self, word: Word, page: int) -> None:
        """Add a word and its row of the map."""
        self.words.append((self.length, self.length + len(word.text), page, word.box))
        self.write(word.text)
        self.last = word


def write(units: Iterable[Unit], rows: list[Row], pages: int) -> Written:
    """Write the units in order; `rows` are those of the whole paper, whose words decide about hyphens."""
    written = Written()
    counts = count_words(rows)
    flowing = False
    for unit in units:
        if written.length and unit.continues and flowing:
            _join(written, unit.rows[0].words[0].text, counts)
        elif written.length:
            written.write("\n\n")
        flowing = unit.zone not in _FLOATS
        for number in range(1, unit.page + 1):
            written.pages.setdefault(number, written.length)
        if not written.zones or written.zones[-1][1] is not unit.zone:
            written.zones.append((written.length, unit.zone))
        if unit.heading:
            written.headings.append((written.length, unit.heading))
        if unit.table:
            _write_table(written, unit)
        else:
            _write_rows(written, unit, counts)
    for number in range(1, pages + 1):
        written.pages.setdefault(number, written.length)
    return written


def _join(written: Written, word: str, counts: Counter[str]) -> None:
    last = written.last
    assert last is not None
    gap, drop = ("", True) if last.broken else join(last.text, word, counts)
    if drop:
        written.drop_hyphen()
    written.write(gap)


def _write_rows(written: Written, unit: Unit, counts: Counter[str]) -> None:
    first = True
    for row in unit.rows:
        previous: Word | None = None
        for word in row.words:
            if previous is None and not first:
                _join(written, word.text, counts)
            elif previous is not None and not word.glued:
                written.write(" ")
            written.word(word, row.page)
            first, previous = False, word


def _write_table(written: Written, unit: Unit) -> None:
    for number, row in enumerate(unit.rows):
        for cell, line in enumerate(row.lines):
            written.write("\n" if number and not cell else " | " if cell else "")
            for position, word in enumerate(line.words):
                if position and not word.glued:
                    written.write(" ")
                written.word(word, row.page)


def spans_of(
    written: Written, pages: list[PageLines]
) -> tuple[tuple[Page, ...], tuple[Section, ...], tuple[ZonedSpan, ...], Words]:
    """Pages and zones that tile the text, nested sections, and the map of words."""
    starts = [0, *(written.pages[page.number] for page in pages[1:]), written.length]
    tiled = tuple(
        Page(page.number, Span(start, end), page.width, page.height)
        for page, (start, end) in zip(pages, pairwise(starts), strict=True)
    )
    return tiled, _sections(written), _zones(written), _words(written)


def _sections(written: Written) -> tuple[Section, ...]:
    """Each heading reaches to the next of the same or a higher level."""
    marks, found = written.headings, []
    for index, (start, heading) in enumerate(marks):
        end = next((other for other, later in marks[index + 1 :] if later.level <= heading.level), written.length)
        found.append(Section(Span(start, end), one_line(heading.text, MAX_HEADING), heading.level))
    return tuple(found)


def _zones(written: Written) -> tuple[ZonedSpan, ...]:
    marks = written.zones
    starts = [start for start, _ in marks] + [written.length]
    return tuple(
        ZonedSpan(Span(start, end), zone) for (_, zone), (start, end) in zip(marks, pairwise(starts), strict=True)
    )


def _words(written: Written) -> Words:
    rows = [row for row in written.words if row[1] > row[0]]
    return Words(
        starts=np.array([row[0] for row in rows], dtype=np.int32),
        ends=np.array([row[1] for row in rows], dtype=np.int32),
        pages=np.array([row[2] for row in rows], dtype=np.int32),
        boxes=np.array([row[3] for row in rows], dtype=np.float32).reshape(len(rows), 4),
    )
