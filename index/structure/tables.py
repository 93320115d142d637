"""What tells what a row of a table means: the caption and the header rows, which the row by itself does not have."""

import re
from dataclasses import dataclass

from index.layout.regions import read_label
from index.model.paper import Paper, Span, Zone

LONGEST_CAPTION = 300  # characters, in whole sentences where there is more than one
_LABEL = 80  # characters in which a caption's label stands
_HEADER_ROWS = 3  # at most: those above the first row with a figure in its cells
_BETWEEN_CELLS = " | "  # as index/reading/writer.py joins them
_NAMES_A_COLUMN = re.compile(r"(?:19|20)\d\d|\d+-shot|\d+(?:st|nd|rd|th)", re.IGNORECASE)  # figures that a header holds


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a paper: all its rows, the header rows among them, and its caption; None for what was not found."""

    rows: Span
    header: Span | None
    caption: Span | None


def table_at(paper: Paper, offset: int) -> Table | None:
    """The table whose rows hold an offset; None outside of tables, and in the words inside a figure."""
    zones = paper.zones
    row = next((row for row, zoned in enumerate(zones) if zoned.span.start <= offset < zoned.span.end), None)
    if row is None or zones[row].zone is not Zone.TABLE:
        return None
    tables = _pieces(paper, zones[row].span)
    which = max((each for each, piece in enumerate(tables) if piece.start <= offset), default=0)
    above = captions_stand_above(paper)
    proper, other = (row - 1, row + 1) if above else (row + 1, row - 1)
    captions = _captions(paper, row, proper)
    if not captions and not _is_table(paper, other, 2 * other - row):  # the caption of a table behind it is not its own
        captions = _captions(paper, row, other)
    own = [piece for piece in captions if _kind(paper, piece) == "table"]
    if captions and not own:
        return None
    return Table(tables[which], _header(paper, tables[which]), _own_caption(own, which, len(tables), above))


def table_head(paper: Paper, span: Span) -> tuple[str, ...]:
    """The caption and the header rows of the table that a span begins in, as far as they are not inside the span.

    Empty for a span outside of tables.
    """
    table = table_at(paper, span.start)
    if table is None:
        return ()
    parts = [table.caption] if table.caption else []
    parts += [table.header] if table.header and not span.overlaps(table.header) else []
    return tuple(_shortened(paper.quote(part)) for part in parts if not span.contains(part))


def captions_stand_above(paper: Paper) -> bool:
    """On which side of its tables a paper has the captions, by the greater number; above where both are as many."""
    above = below = 0
    for row, zoned in enumerate(paper.zones):
        if zoned.zone is Zone.CAPTION and _kind(paper, zoned.span) == "table":
            above += _is_table(paper, row, row + 1)
            below += _is_table(paper, row, row - 1)
    return above >= below


def is_header(paper: Paper, span: Span) -> bool:
    """Whether a span is nothing but a header row of a table with columns of values: it says nothing by itself."""
    table = table_at(paper, span.start) if paper.zone(span.start) is Zone.TABLE else None
    if table is None or table.header is None or span.end > table.header.end:
        return False
    return max(len(cells(line)) for line in paper.quote(table.rows).split("\n")) >= 3


def cells(row: str) -> list[str]:
    """The cells of a row, without the white space around them.

    >>> cells("BM25 + BERT | 15.5 | 1.4")
    ['BM25 + BERT', '15.5', '1.4']
    """
    return [cell.strip() for cell in row.split(_BETWEEN_CELLS)]


def _own_caption(captions: list[Span], which: int, tables: int, above: bool) -> Span | None:
    """The caption of one of several tables: the one in its place where there are as many, else the one it touches."""
    if len(captions) == tables:
        return captions[which]
    touches = which == 0 if above else which == tables - 1
    return captions[-1 if above else 0] if captions and touches else None


def _header(paper: Paper, rows: Span) -> Span | None:
    """The rows above the first one with figures; of a table of words its titles; None for pairs of words."""
    lines = paper.quote(rows).split("\n")
    columns = max(len(cells(line)) for line in lines)
    above = next((row for row, line in enumerate(lines[: _HEADER_ROWS + 1]) if _has_figures(line)), None)
    if columns < 2 or above == 0 or len(lines) < 2 or (columns == 2 and above != 1):
        return None
    return Span(rows.start, rows.start + len("\n".join(lines[: above or _titles(lines, columns)])))


def _titles(lines: list[str], columns: int) -> int:
    """How many rows of a table of words are its titles: the first full one, or titles of fewer cells above it.

    A line of one cell above them is what is left of the caption.
    """
    first = next(row for row, line in enumerate(lines) if len(cells(line)) == columns)
    if not 0 < first <= _HEADER_ROWS:
        return 1
    return first if any(len(cells(line)) > 1 for line in lines[:first]) else first + 1


def _has_figures(row: str) -> bool:
    """Whether a cell behind the first begins with a digit or a sign before one, and is not the name of a column."""
    values = [cell.lstrip("+-−–~<>≤≥$(. ") for cell in cells(row)[1:]]
    return any(value[:1].isdigit() and not _NAMES_A_COLUMN.fullmatch(value) for value in values)


def _pieces(paper: Paper, zoned: Span) -> list[Span]:
    """What stands between blank lines: neighbours of one zone are written behind each other."""
    found = re.finditer(r"[^\n]+(?:\n[^\n]+)*", paper.quote(zoned))
    return [Span(zoned.start + match.start(), zoned.start + match.end()) for match in found] or [zoned]


def _captions(paper: Paper, row: int, other: int) -> list[Span]:
    zones = paper.zones
    if not 0 <= other < len(zones) or zones[other].zone is not Zone.CAPTION or not _one_page(paper, row, other):
        return []
    return [piece for piece in _pieces(paper, zones[other].span) if _kind(paper, piece)]


def _kind(paper: Paper, caption: Span) -> str | None:
    """What a caption is of, by its label."""
    label = read_label(paper.quote(caption)[:_LABEL])
    return label and label[0]


def _shortened(text: str) -> str:
    """A caption up to its last sentence that ends within `LONGEST_CAPTION`, or up to there."""
    text = text.strip()
    if len(text) <= LONGEST_CAPTION:
        return text
    ends = [match.end() for match in re.finditer(r"\.(?= )|。", text[:LONGEST_CAPTION]) if match.end() > _LABEL]
    return text[: ends[-1] if ends else LONGEST_CAPTION].rstrip()


def _is_table(paper: Paper, row: int, other: int) -> bool:
    zones = paper.zones
    inside = 0 <= row < len(zones) and 0 <= other < len(zones)
    return inside and zones[other].zone is Zone.TABLE and _one_page(paper, row, other)


def _one_page(paper: Paper, row: int, other: int) -> bool:
    return paper.page_range(paper.zones[row].span)[0] == paper.page_range(paper.zones[other].span)[0]
