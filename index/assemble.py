"""Rows, headings and floats -> the one text of a paper with its spans.

A float in the middle of a paragraph is moved to the nearest paragraph boundary of its own page, so that no sentence is
cut and the pages still tile the text.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from index.floats import NOTE_MARK, take_floats
from index.front_matter import arxiv_id, find_authors, find_title, find_year
from index.heading_names import plain_name
from index.headings import Heading, find_headings
from index.outline import OutlineEntry, follow_outline
from index.page_layout import Block, Body, Kind, Row, find_body, order_page
from index.page_lines import PageLines, Word
from index.page_margins import strip_margins
from index.paper import Page, Paper, Section, Span, Words, Zone, ZonedSpan
from index.paragraphs import begins_entry, begins_paragraph, count_words, entry_style, join

_REFERENCES = frozenset(
    {"references", "bibliography", "references and notes", "works cited", "literature cited", "参考文献"}
)
_APPENDICES = ("appendix", "appendices", "supplementary material", "supplemental material", "附录", "supplementary")
_FLOAT_ZONES = {Kind.CAPTION: Zone.CAPTION, Kind.TABLE: Zone.TABLE, Kind.FOOTNOTE: Zone.FOOTNOTE}


@dataclass
class _Unit:
    """What is written at once: rows of a paragraph or heading on one page, or a float."""

    page: int
    zone: Zone
    rows: list[Row]
    continues: bool = False  # the paragraph of the unit before it
    heading: Heading | None = None
    table: bool = False


@dataclass
class _Writer:
    """The growing text and the spans over it."""

    parts: list[str] = field(default_factory=list)
    length: int = 0
    words: list[tuple[int, int, int, tuple[float, float, float, float]]] = field(default_factory=list)
    zones: list[tuple[int, Zone]] = field(default_factory=list)
    pages: dict[int, int] = field(default_factory=dict)
    headings: list[tuple[int, Heading]] = field(default_factory=list)
    last: str = ""  # the last word that was written

    def write(self, text: str) -> None:
        self.parts.append(text)
        self.length += len(text)

    def drop_hyphen(self) -> None:
        """Take the hyphen back that ends the last word."""
        self.parts[-1] = self.parts[-1][:-1]
        self.length -= 1
        start, end, page, box = self.words[-1]
        self.words[-1] = start, end - 1, page, box

    def word(self, word: Word, page: int) -> None:
        self.words.append((self.length, self.length + len(word.text), page, word.box))
        self.write(word.text)
        self.last = word.text


def assemble_paper(
    identity: str,
    file_name: str,
    pages: list[PageLines],
    outline: list[OutlineEntry],
    metadata: dict[str, str],
    warnings: tuple[str, ...],
) -> Paper:
    """The paper of extracted pages; `outline` is the file's own, empty where it has none or shall not be used."""
    stripped = strip_margins(pages)
    body = find_body(stripped)
    rows: list[Row] = []
    floats: list[tuple[int, Block]] = []
    for page in stripped:
        blocks, lines = take_floats(page, body)
        ordered = order_page(page, lines, body)
        floats += [(len(rows) + _place(block, ordered), block) for block in blocks]
        rows += ordered
    title, title_rows = find_title(rows, body, metadata)
    headings = [heading for heading in find_headings(rows, body) if heading.first not in title_rows]
    headings = follow_outline(outline, rows, headings)
    first = min((h.first for h in headings if h.first > max(title_rows, default=-1)), default=min(len(rows), 12))
    arxiv = arxiv_id(pages, file_name)
    writer = _write(_arranged(_units(rows, headings, title_rows, body), floats, rows), rows, len(pages))
    text = "".join(writer.parts)
    return Paper(
        id=identity,
        title=title,
        authors=find_authors(rows, title_rows, first, metadata),
        year=find_year(arxiv, pages[0] if pages else None, metadata),
        arxiv_id=arxiv,
        text=text,
        pages=_pages(writer, pages),
        sections=_sections(writer.headings, len(text)),
        zones=_zones(writer.zones, len(text)),
        words=_words(writer),
        warnings=warnings,
    )


def _place(block: Block, rows: list[Row]) -> int:
    """How many rows of its page stand before a float: the end of its own column above it."""
    x0, y0, x1, _ = block.rows[0].box
    before = 0
    for index, row in enumerate(rows):
        if min(row.box[2], x1) > max(row.box[0], x0) and row.box[1] < y0:
            before = index + 1
    return before


def _units(rows: list[Row], headings: list[Heading], title: list[int], body: Body) -> list[_Unit]:
    """Running text as pieces of paragraphs, each on one page, with the zone that the headings above it give."""
    starts = {heading.first: heading for heading in headings}
    ends = {heading.last + 1 for heading in headings if not heading.runs_in} | {index + 1 for index in title[-1:]}
    zone = Zone.FRONT if headings else Zone.BODY
    labelled, hanging = False, None
    units: list[_Unit] = []
    for index, row in enumerate(rows):
        heading = starts.get(index)
        if heading:
            zone = _zone(heading, zone)
            if zone is Zone.REFERENCES:
                labelled, hanging = entry_style(rows[heading.last + 1 : _next(headings, heading, len(rows))])
        current = units[-1] if units else None
        within = current and current.heading and not current.heading.runs_in and index <= current.heading.last
        if within and current:
            current.rows.append(row)
            continue
        if current is None or heading or index in ends:
            new = True
        elif zone is Zone.REFERENCES:
            new = begins_entry(rows[index - 1], row, labelled, hanging)
        else:
            new = begins_paragraph(rows[index - 1], row, body)
        if current and not new and current.page == row.page:
            current.rows.append(row)
        else:
            units.append(_Unit(row.page, zone, [row], continues=not new, heading=heading))
    return units


def _next(headings: list[Heading], heading: Heading, end: int) -> int:
    return min((other.first for other in headings if other.first > heading.first), default=end)


def _zone(heading: Heading, zone: Zone) -> Zone:
    """The zone that begins with a heading."""
    name = plain_name(heading.text)
    if name in _REFERENCES:
        return Zone.REFERENCES
    if name in ("abstract", "summary", "摘要", "内容提要") and zone is Zone.FRONT:
        return Zone.ABSTRACT
    if heading.text.lower().startswith(_APPENDICES) or zone is Zone.APPENDIX:
        return Zone.APPENDIX
    if zone is Zone.REFERENCES:
        return Zone.APPENDIX
    return Zone.BODY


def _arranged(units: list[_Unit], floats: list[tuple[int, Block]], rows: list[Row]) -> list[_Unit]:
    """The units with each float at the paragraph boundary of its page that is nearest to its place."""
    order = {id(row): index for index, row in enumerate(rows)}
    after: dict[int, list[_Unit]] = {}
    for place, block in sorted(floats, key=lambda pair: (pair[1].page, pair[0], pair[1].rows[0].box[1])):
        zone, table = _FLOAT_ZONES[block.kind], block.kind is Kind.TABLE
        pieces = [_Unit(block.page, zone, rows, table=table) for rows in _notes(block)]
        after.setdefault(_boundary(units, place, block, order), []).extend(pieces)
    arranged = after.get(-1, [])[:]
    for index, unit in enumerate(units):
        arranged.append(unit)
        arranged += after.get(index, [])
    return arranged


def _notes(block: Block) -> list[list[Row]]:
    """Each footnote apart; other floats whole."""
    pieces: list[list[Row]] = []
    for row in block.rows:
        if not pieces or (block.kind is Kind.FOOTNOTE and NOTE_MARK.match(row.text)):
            pieces.append([])
        pieces[-1].append(row)
    return pieces


def _boundary(units: list[_Unit], place: int, block: Block, order: dict[int, int]) -> int:
    """The unit after which a float goes: -1 is before all."""
    begin = sum(unit.page < block.page for unit in units)
    end = sum(unit.page <= block.page for unit in units)
    best = (float("inf"), begin - 1)
    for cut in range(begin, end + 1):  # between unit cut - 1 and unit cut
        row = order[id(units[cut].rows[0])] if cut < end else (order[id(units[cut - 1].rows[-1])] + 1 if end else 0)
        cost = float(abs(row - place))
        if cut < len(units) and units[cut].continues:
            cost += 10_000
        if cut > begin and units[cut - 1].heading and not (units[cut - 1].heading or 0).runs_in:  # type: ignore[union-attr]
            cost += 40
        if cost < best[0]:
            best = cost, cut - 1
    return best[1]


def _write(units: Iterable[_Unit], rows: list[Row], pages: int) -> _Writer:
    writer = _Writer()
    counts = count_words(rows)
    for unit in units:
        if writer.length and not unit.continues:
            writer.write("\n\n")
        elif writer.length:
            gap, drop = join(writer.last, unit.rows[0].words[0].text, counts)
            if drop:
                writer.drop_hyphen()
            writer.write(gap)
        for number in range(1, unit.page + 1):
            writer.pages.setdefault(number, writer.length)
        if not writer.zones or writer.zones[-1][1] is not unit.zone:
            writer.zones.append((writer.length, unit.zone))
        if unit.heading:
            writer.headings.append((writer.length, unit.heading))
        if unit.table:
            _write_table(writer, unit)
        else:
            _write_rows(writer, unit, counts)
    for number in range(1, pages + 1):
        writer.pages.setdefault(number, writer.length)
    return writer


def _write_rows(writer: _Writer, unit: _Unit, counts: Counter[str]) -> None:
    first = True
    for row in unit.rows:
        previous: Word | None = None
        for word in row.words:
            if not first:
                if previous is None:
                    gap, drop = join(writer.last, word.text, counts)
                    if drop:
                        writer.drop_hyphen()
                    writer.write(gap)
                elif not word.glued:
                    writer.write(" ")
            writer.word(word, row.page)
            first, previous = False, word


def _write_table(writer: _Writer, unit: _Unit) -> None:
    for number, row in enumerate(unit.rows):
        for cell, line in enumerate(row.lines):
            writer.write("\n" if number and not cell else " | " if cell else "")
            for position, word in enumerate(line.words):
                if position and not word.glued:
                    writer.write(" ")
                writer.word(word, row.page)


def _pages(writer: _Writer, pages: list[PageLines]) -> tuple[Page, ...]:
    starts = [writer.pages[page.number] for page in pages] + [writer.length]
    starts[0] = 0
    return tuple(
        Page(page.number, Span(start, end), page.width, page.height)
        for page, (start, end) in zip(pages, pairwise(starts), strict=True)
    )


def _sections(marks: list[tuple[int, Heading]], length: int) -> tuple[Section, ...]:
    """Each heading reaches to the next of the same or a higher level."""
    found = []
    for index, (start, heading) in enumerate(marks):
        end = next((other for other, later in marks[index + 1 :] if later.level <= heading.level), length)
        found.append(Section(Span(start, end), heading.text, heading.level))
    return tuple(found)


def _zones(marks: list[tuple[int, Zone]], length: int) -> tuple[ZonedSpan, ...]:
    starts = [start for start, _ in marks] + [length]
    if marks:
        starts[0] = 0
    return tuple(
        ZonedSpan(Span(start, end), zone) for (_, zone), (start, end) in zip(marks, pairwise(starts), strict=True)
    )


def _words(writer: _Writer) -> Words:
    rows = [row for row in writer.words if row[1] > row[0]]
    return Words(
        starts=np.array([row[0] for row in rows], dtype=np.int32),
        ends=np.array([row[1] for row in rows], dtype=np.int32),
        pages=np.array([row[2] for row in rows], dtype=np.int32),
        boxes=np.array([row[3] for row in rows], dtype=np.float32).reshape(len(rows), 4),
    )
