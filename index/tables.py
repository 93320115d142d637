"""What tells what a row of a table means: the caption and the header rows, which the row by itself does not have."""

from dataclasses import dataclass

from index.floats import read_label
from index.paper import Paper, Span, Zone

LONGEST_CAPTION = 300  # characters, in whole sentences where there is more than one
_HEADER_ROWS = 3  # at most: those above the first row with a figure in its cells
_BETWEEN_CELLS = " | "  # as index/assemble.py joins them


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a paper: all its rows, the header rows among them, and its caption; None for what was not found."""

    rows: Span
    header: Span
    caption: Span | None


def table_at(paper: Paper, offset: int) -> Table | None:
    """The table whose rows hold an offset; None outside of tables, and in the words inside a figure."""
    zones = paper.zones
    row = next((row for row, zoned in enumerate(zones) if zoned.span.start <= offset < zoned.span.end), None)
    if row is None or zones[row].zone is not Zone.TABLE:
        return None
    above = _captions_stand_above(paper)
    for other in (row - 1, row + 1) if above else (row + 1, row - 1):
        if 0 <= other < len(zones) and zones[other].zone is Zone.CAPTION and _one_page(paper, row, other):
            label = read_label(paper.text[zones[other].span.start :][:80])
            if label is not None:
                return _table(paper, zones[row].span, zones[other].span) if label[0] == "table" else None
    return _table(paper, zones[row].span, None)


def table_head(paper: Paper, span: Span) -> tuple[str, ...]:
    """The caption and the header rows of the table that a span begins in, as far as they are not inside the span.

    Empty for a span outside of tables.
    """
    table = table_at(paper, span.start)
    if table is None:
        return ()
    parts = [table.caption] if table.caption else []
    parts += [table.header] if table.header.length and not span.overlaps(table.header) else []
    return tuple(_shortened(paper.quote(part)) for part in parts if not span.contains(part))


def is_header(paper: Paper, span: Span) -> bool:
    """Whether a span is nothing but a header row of a table that has other rows, too: it says nothing by itself."""
    if paper.zone(span.start) is not Zone.TABLE:
        return False
    table = table_at(paper, span.start)
    return table is not None and span.end <= table.header.end < len(paper.quote(table.rows).rstrip()) + table.rows.start


def cells(row: str) -> list[str]:
    """The cells of a row, without the white space around them.

    >>> cells("BM25 + BERT | 15.5 | 1.4")
    ['BM25 + BERT', '15.5', '1.4']
    """
    return [cell.strip() for cell in row.split(_BETWEEN_CELLS)]


def _table(paper: Paper, rows: Span, caption: Span | None) -> Table:
    text = paper.quote(rows)
    begin = rows.start + len(text) - len(text.lstrip())
    end = begin
    for line in paper.text[begin : rows.end].split("\n")[: _HEADER_ROWS + 1]:
        if _has_figures(line):
            break
        end += len(line) + 1
    else:  # a table of words: its first row names the columns
        end = begin + len(paper.text[begin : rows.end].split("\n", 1)[0]) + 1
    header = Span(begin, min(max(begin, end - 1), rows.end))
    return Table(rows, header, caption)


def _has_figures(row: str) -> bool:
    """Whether a cell behind the first begins with a digit or a sign before one."""
    return any(cell.lstrip("+-−–~<>≤≥$(. ")[:1].isdigit() for cell in cells(row)[1:])


def _shortened(text: str) -> str:
    """A caption up to its last sentence that ends within `LONGEST_CAPTION`, or up to the last word."""
    text = text.strip()
    if len(text) <= LONGEST_CAPTION:
        return text
    end = text.rfind(". ", len("Table 12. "), LONGEST_CAPTION)
    return text[: end + 1] if end > 0 else text[: text.rfind(" ", 0, LONGEST_CAPTION) + 1].rstrip()


def _captions_stand_above(paper: Paper) -> bool:
    """On which side of its tables a paper has the captions, by the greater number; above where both are as many."""
    above = below = 0
    for row, zoned in enumerate(paper.zones):
        label = read_label(paper.text[zoned.span.start :][:80]) if zoned.zone is Zone.CAPTION else None
        if label is not None and label[0] == "table":
            above += _is_table(paper, row, row + 1)
            below += _is_table(paper, row, row - 1)
    return above >= below


def _is_table(paper: Paper, row: int, other: int) -> bool:
    return 0 <= other < len(paper.zones) and paper.zones[other].zone is Zone.TABLE and _one_page(paper, row, other)


def _one_page(paper: Paper, row: int, other: int) -> bool:
    return paper.page_range(paper.zones[row].span)[0] == paper.page_range(paper.zones[other].span)[0]
