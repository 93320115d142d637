"""Rows, headings and floats -> the one text of a paper with its spans.

A float in the middle of a paragraph is moved to the nearest paragraph boundary of its own page, so that no sentence is
cut and the pages still tile the text.
"""

import numpy as np

from index.layout.headings import Heading, find_headings, plain_name
from index.layout.lines import PageLines
from index.layout.margins import strip_margins
from index.layout.outline import OutlineEntry, follow_outline
from index.layout.page_layout import Block, Body, Kind, Row, find_body, order_page
from index.layout.paragraphs import begins_entry, begins_paragraph, entry_style
from index.layout.regions import NOTE_MARK, take_floats
from index.model.paper import Link, Page, Paper, Rectangle, Span, Words, Zone
from index.reading.authors import find_authors
from index.reading.front_matter import arxiv_id, cover_authors, cover_rows, find_title, find_year
from index.reading.writer import Unit, spans_of, write

_REFERENCES = frozenset(
    {"references", "bibliography", "references and notes", "works cited", "literature cited", "参考文献"}
)
_APPENDICES = ("appendix", "appendices", "supplementary material", "supplemental material", "附录", "supplementary")
_LEAST_ABSTRACT = 500  # characters: affiliations and notes of the title page are shorter
_FLOAT_ZONES = {Kind.CAPTION: Zone.CAPTION, Kind.TABLE: Zone.TABLE, Kind.FOOTNOTE: Zone.FOOTNOTE}


def assemble_paper(
    identity: str,
    file_name: str,
    pages: list[PageLines],
    outline: list[OutlineEntry],
    metadata: dict[str, str],
    warnings: tuple[str, ...],
    annotations: list[tuple[Rectangle, str]],
) -> Paper:
    """The paper of extracted pages; `outline` is the file's own, empty where it has none or shall not be used.

    `annotations` are the rectangles of its links and where they lead.
    """
    stripped = strip_margins(pages)
    body = find_body(stripped)
    rows: list[Row] = []
    floats: list[tuple[int, Block]] = []
    for page in stripped:
        blocks, lines = take_floats(page, body)
        ordered = order_page(page, lines, body)
        floats += [(len(rows) + _place(block, ordered), block) for block in blocks]
        rows += ordered
    cover = cover_rows(rows, len(pages))
    title, title_rows = find_title(rows, body, metadata, cover)
    metadata = metadata | ({"author": named} if (named := cover_authors(rows[:cover])) else {})
    headings = [heading for heading in find_headings(rows, body) if heading.first not in title_rows]
    headings = follow_outline(outline, rows, headings)
    first = min((h.first for h in headings if h.first > max(title_rows, default=-1)), default=min(len(rows), 12))
    arxiv = arxiv_id(pages, file_name)
    written = write(_arranged(_units(rows, headings, title_rows, body), floats, rows), rows, len(pages))
    tiled, sections, zones, words = spans_of(written, pages)
    return Paper(
        id=identity,
        title=title,
        authors=find_authors(rows, title_rows, title, max(first, cover), metadata, cover),
        year=find_year(arxiv, pages, metadata),
        arxiv_id=arxiv,
        text="".join(written.parts),
        pages=tiled,
        sections=sections,
        zones=zones,
        words=words,
        warnings=warnings,
        links=tuple(Link(_covered(rectangle, words, tiled), uri) for rectangle, uri in annotations),
    )


def _covered(rectangle: Rectangle, words: Words, pages: tuple[Page, ...]) -> Span:
    """The first run of words whose middle lies in a rectangle; empty at its page's start where there is none."""
    first, last = np.searchsorted(words.pages, [rectangle.page, rectangle.page + 1])
    boxes = words.boxes[first:last]
    across, down = (boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2
    inside = (rectangle.x0 <= across) & (across <= rectangle.x1) & (rectangle.y0 <= down) & (down <= rectangle.y1)
    rows = np.flatnonzero(inside)
    if not len(rows):
        start = pages[rectangle.page - 1].span.start
        return Span(start, start)
    breaks = np.flatnonzero(np.diff(rows) > 1)
    end = rows[breaks[0]] if len(breaks) else rows[-1]
    return Span(int(words.starts[first + rows[0]]), int(words.ends[first + end]))


def _place(block: Block, rows: list[Row]) -> int:
    """How many rows of its page stand before a float: the end of its own column above it."""
    x0, y0, x1, _ = block.rows[0].box
    before = 0
    for index, row in enumerate(rows):
        if min(row.box[2], x1) > max(row.box[0], x0) and row.box[1] < y0:
            before = index + 1
    return before


def _units(rows: list[Row], headings: list[Heading], title: list[int], body: Body) -> list[Unit]:
    """Running text as pieces of paragraphs, each on one page, with the zone that the headings above it give."""
    starts = {heading.first: heading for heading in headings}
    ends = {heading.last + 1 for heading in headings if not heading.runs_in} | {index + 1 for index in title[-1:]}
    named = any(plain_name(heading.text) not in _REFERENCES for heading in headings)
    zone = Zone.FRONT if named else Zone.BODY  # a letter has no heading but that of its references
    labelled, hanging = False, None
    units: list[Unit] = []
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
        if index in title[1:]:
            new = False
        elif current is None or heading or index in ends or index in title:
            new = True
        elif zone is Zone.REFERENCES:
            new = begins_entry(rows[index - 1], row, labelled, hanging)
        else:
            new = begins_paragraph(rows[index - 1], row, body)
        if current and not new and current.page == row.page:
            current.rows.append(row)
        else:
            units.append(Unit(row.page, zone, [row], continues=not new, heading=heading))
    return _with_abstract(units)


def _with_abstract(units: list[Unit]) -> list[Unit]:
    """Where no heading says so, the long paragraphs before the first section are the abstract."""
    if all(unit.zone is not Zone.ABSTRACT for unit in units):
        for unit in units:
            if unit.zone is Zone.FRONT and sum(len(row.text) for row in unit.rows) > _LEAST_ABSTRACT:
                unit.zone = Zone.ABSTRACT
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


def _arranged(units: list[Unit], floats: list[tuple[int, Block]], rows: list[Row]) -> list[Unit]:
    """The units with each float at the paragraph boundary of its page that is nearest to its place."""
    order = {id(row): index for index, row in enumerate(rows)}
    after: dict[int, list[Unit]] = {}
    for place, block in sorted(floats, key=lambda pair: (pair[1].page, pair[0], pair[1].rows[0].box[1])):
        zone, table = _FLOAT_ZONES[block.kind], block.kind is Kind.TABLE
        pieces = [Unit(block.page, zone, rows, table=table) for rows in _notes(block)]
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


def _boundary(units: list[Unit], place: int, block: Block, order: dict[int, int]) -> int:
    """The unit after which a float goes: -1 is before all."""
    begin = sum(unit.page < block.page for unit in units)
    end = sum(unit.page <= block.page for unit in units)
    best = (float("inf"), begin - 1)
    for cut in range(begin, end + 1):  # between unit cut - 1 and unit cut
        row = order[id(units[cut].rows[0])] if cut < end else (order[id(units[cut - 1].rows[-1])] + 1 if end else 0)
        cost = float(abs(row - place))
        if cut < len(units) and units[cut].continues:
            cost += 10_000
        above = units[cut - 1].heading if cut > begin else None
        if above and not above.runs_in:
            cost += 40  # not between a heading and its text
        if cost < best[0]:
            best = cost, cut - 1
    return best[1]
