"""Leaves out what stands around the text of every page: running heads, page numbers, line numbers."""

import re
from dataclasses import replace

from index.layout.line_numbers import strip_line_numbers
from index.layout.lines import Line, PageLines

_BAND = 0.125  # of the page's height: heads and feet stand in the first and the last of it
_SAME_HEIGHT = 6.0  # points between the same head on two pages
_DIGITS = re.compile(r"\d+")
_PAGE_NUMBER = re.compile(
    r"^[\s\-–—·•|.\[(]*(page\s+|p\.\s*|第\s*)?(\d{1,5}|[ivxl]{1,6}|[A-Z]-?\d{1,3})(\s*(/|of|页，?共?)\s*\d*)?\s*页?[\s\-–—·•|.\])]*$",
    re.IGNORECASE,
)

_Row = list[Line]


def strip_margins(pages: list[PageLines]) -> list[PageLines]:
    """The pages without running heads, page numbers and line numbers; body text is left as it is."""
    pages = strip_line_numbers(pages)
    rows = [_rows(page) for page in pages]
    heads = _repeated(pages, [page_rows for page_rows in rows], top=True)
    feet = _repeated(pages, [page_rows[::-1] for page_rows in rows], top=False)
    return [_peeled(page, page_rows, heads, feet, len(pages)) for page, page_rows in zip(pages, rows, strict=True)]


def _rows(page: PageLines) -> list[_Row]:
    """Lines grouped by base line, from top to bottom."""
    rows: list[_Row] = []
    for line in sorted(page.lines, key=lambda line: (line.baseline, line.x0)):
        if rows and abs(rows[-1][-1].baseline - line.baseline) < 3:
            rows[-1].append(line)
        else:
            rows.append([line])
    return rows


def _key(row: _Row) -> str:
    text = " ".join(line.text for line in sorted(row, key=lambda line: line.x0))
    return _DIGITS.sub("#", text).strip("# \t|·-–—") or "#"


def _repeated(pages: list[PageLines], rows: list[list[_Row]], top: bool) -> dict[str, list[float]]:
    """Texts that stand at the same height of several pages: key -> heights."""
    seen: dict[str, list[float]] = {}
    for page, page_rows in zip(pages, rows, strict=True):
        for row in page_rows[:4]:
            if _in_band(page, row, top):
                seen.setdefault(_key(row), []).append(row[0].baseline)
    least = 2 if len(pages) <= 6 else 3
    return {key: heights for key, heights in seen.items() if len(heights) >= least}


def _in_band(page: PageLines, row: _Row, top: bool) -> bool:
    height = row[0].baseline
    return height < _BAND * page.layout_height if top else height > (1 - _BAND) * page.layout_height


def _peeled(
    page: PageLines, rows: list[_Row], heads: dict[str, list[float]], feet: dict[str, list[float]], pages: int
) -> PageLines:
    """The page without its outermost rows, from the edge inwards, as long as they are heads, feet or numbers."""
    dropped: set[int] = set()
    for order, known, top in ((rows, heads, True), (rows[::-1], feet, False)):
        edge: list[_Row] = []
        for row in order:
            if not _in_band(page, row, top) or not _is_furniture(row, known, pages):
                break
            edge.append(row)
        while edge and len(edge) < len(order) and _touches(edge[-1], order[len(edge)]):
            edge.pop()  # the first line of the text, which happens to begin pages alike
        numbers = [row for row in order if _in_band(page, row, top) and _is_numbering(row, known)]
        dropped.update(id(line) for row in edge + numbers for line in row)
    if not dropped:
        return page
    return replace(page, lines=tuple(line for line in page.lines if id(line) not in dropped))


def _touches(row: _Row, inner: _Row) -> bool:
    """Whether a row stands as close to the text as the text's own lines do."""
    if _PAGE_NUMBER.match(" ".join(line.text for line in row)):
        return False
    return abs(row[0].baseline - inner[0].baseline) < 1.45 * max(row[0].size, inner[0].size)


def _is_furniture(row: _Row, known: dict[str, list[float]], pages: int) -> bool:
    text = " ".join(line.text for line in row)
    if _PAGE_NUMBER.match(text):
        return True
    height = row[0].baseline
    near = sum(abs(other - height) < _SAME_HEIGHT for other in known.get(_key(row), ()))
    return near >= (2 if pages <= 6 else 3)


def _is_numbering(row: _Row, known: dict[str, list[float]]) -> bool:
    """A number alone where other pages have one too: also above a note of the publisher."""
    text = " ".join(line.text for line in row)
    alone = text.strip(" -–—·").isdigit() and _key(row) == "#"
    return alone and sum(abs(other - row[0].baseline) < _SAME_HEIGHT for other in known.get("#", ())) >= 3
