"""What interrupts running text: captions, tables, figures with labels inside, footnotes.

Each is taken out of a page's lines before columns are cut, so that its words never land inside a sentence.
"""

import re
from typing import Literal

from index.layout.lines import Box, Line, PageLines, union
from index.layout.page_layout import Block, Body, Kind, Row
from index.layout.regions import column_edges, find_regions, is_prose, prose_lines

_NEAR = 14.0  # points around a figure in which its axis labels stand
_CAPTION_NEAR = 40.0  # points between a table or figure and its caption
_MOST_NOTES = 0.5  # of a column's lines: more is a page of small print, not notes
_LABEL = re.compile(
    r"^(?P<name>Fig(?:ure)?s?\b\.?|FIG(?:URE)?\b\.?|Tab(?:le)?\b\.?|TABLE|Algorithm|ALGORITHM|Listing|Scheme|Chart|Exhibit"
    r"|(?:Extended Data|Supplementary) (?:Fig(?:ure)?\.?|Table))\s*"
    r"(?P<number>[A-Z]?\.?-?\d{1,3}(?:[.\-]\d{1,3})*[a-z]?|[IVXL]{1,6}|[A-Z])\s*(?P<sep>[:.|：—–]|$|\s)"
)
_CHINESE_LABEL = re.compile(
    r"^(?P<name>图|表|圖|附图|附表)\s*(?P<number>\d{1,3}(?:[.\-]\d{1,3})*)\s*(?P<sep>[:：.．、]|$|\s)?"
)
NOTE_MARK = re.compile(r"^(?:[*∗†‡§¶‖♣♠♦♥⋆]+|\d{1,2}(?!\d|\.\d))\s?(?=[^\W\d_]|[\"“‘(])")


def is_table_label(text: str) -> bool:
    """Whether a caption is a table's, which stands above it, and not a figure's."""
    return text.lower().startswith(("tab", "表", "附表"))


def read_label(text: str) -> tuple[Literal["figure", "table", "algorithm"], str] | None:
    """The kind (figure, table, algorithm) and the number at the beginning of a caption; None where there is none.

    >>> read_label("TABLE II\\n\\n"), read_label("图 3 系统结构"), read_label("We show")
    (('table', 'II'), ('figure', '3'), None)
    """
    match = _LABEL.match(text) or _CHINESE_LABEL.match(text)
    if match is None:
        return None
    name = match["name"].lower().removeprefix("extended data ").removeprefix("supplementary ")
    if is_table_label(name):
        return "table", match["number"]
    return ("algorithm" if name.startswith(("algorithm", "listing")) else "figure"), match["number"]


def take_floats(page: PageLines, body: Body) -> tuple[list[Block], list[Line]]:
    """The page's captions, tables, figures and footnotes as blocks, and the lines that remain running text."""
    lines = list(page.lines)
    captions, lines = _take_captions(page, lines, body)
    blocks: list[Block] = []
    prose = prose_lines(page, lines, body)
    labels = [union([row.box for row in caption.rows]) for caption in captions]
    for region in find_regions(page, lines, labels, body):
        inside, rest = _inside(region, lines, prose, body)
        if inside and _is_float(region, inside, captions, body):
            blocks.append(_table(page, inside))
            lines = rest
    notes, lines = _take_footnotes(page, lines, body)
    return captions + blocks + notes, lines


def _take_captions(page: PageLines, lines: list[Line], body: Body) -> tuple[list[Block], list[Line]]:
    order = sorted(lines, key=lambda line: (line.y0, line.x0))
    taken: set[int] = set()
    blocks: list[Block] = []
    for line in order:
        if id(line) in taken or not _begins_caption(line, order, body):
            continue
        caption = _caption_lines(line, [other for other in order if id(other) not in taken], body)
        taken.update(id(other) for other in caption)
        blocks.append(Block(Kind.CAPTION, page.number, _rows(page, caption)))
    return blocks, [line for line in lines if id(line) not in taken]


def _begins_caption(line: Line, lines: list[Line], body: Body) -> bool:
    """A label such as "Figure 3:" at the beginning of a line, and not a sentence that begins with it."""
    match = _LABEL.match(line.text) or _CHINESE_LABEL.match(line.text)
    if not match:
        return False
    separator, rest = (match["sep"] or "").strip(), line.text[match.end() :].strip()
    above = [
        other
        for other in lines
        if other is not line
        and 0 < line.baseline - other.baseline < 1.35 * max(body.leading, line.size)
        and min(other.x1, line.x1) - max(other.x0, line.x0) > 0.3 * line.width
        and abs(other.size - line.size) < 0.4
        and len(other.text) > 25
    ]
    if separator in (":", "：", "|"):
        return True
    if not rest and not separator:
        return not above
    if line.lead:
        return True
    if any(not other.text.rstrip().endswith((".", "。")) for other in above):
        return False
    if separator or match["name"] in ("图", "表", "FIG.", "TABLE"):
        return not above or abs(line.size - body.size) > 0.3
    return not above and line.size < body.size - 0.4 and rest[:1].isupper()


def _caption_lines(first: Line, lines: list[Line], body: Body) -> list[Line]:
    """The caption from its first line down to the first wider gap or change of size."""
    caption = [first]
    step = 0.0
    for line in lines:
        if line is first or line.baseline < first.baseline - 2:
            continue
        last = max(caption, key=lambda other: other.baseline)
        gap = line.baseline - last.baseline
        x0, _, x1, _ = union([(other.x0, other.y0, other.x1, other.y1) for other in caption])
        if gap < 2 and -2 < line.x0 - x1 < 20 and abs(line.baseline - first.baseline) < 2:
            caption.append(line)
            continue
        shared = min(line.x1, x1) - max(line.x0, x0)
        if shared < 0.5 * min(line.width, x1 - x0) or abs(line.size - first.size) > 0.9:
            if shared > 0.3 * line.width and gap > 2:
                break
            continue
        if gap > (step * 1.2 + 0.5 if step else 1.55 * first.size) or _LABEL.match(line.text):
            break
        if line.x0 < first.x0 - 40 and line.width > 1.3 * (x1 - x0):
            break
        if gap > 2 and not step:
            step = gap
        caption.append(line)
    return caption


def _inside(region: Box, lines: list[Line], prose: set[int], body: Body) -> tuple[list[Line], list[Line]]:
    """The lines in a region, and labels that hang at its edge."""
    x0, y0, x1, y1 = region
    free = [line for line in lines if id(line) not in prose]
    inside = [line for line in free if x0 - 4 <= (line.x0 + line.x1) / 2 <= x1 + 4 and y0 - 2 <= line.middle <= y1 + 2]
    for line in free:
        near = x0 - _NEAR < line.x1 and line.x0 < x1 + _NEAR and y0 - _NEAR < line.y1 and line.y0 < y1 + _NEAR
        label = len(line.text) < 40 and (
            line.size < 0.93 * body.size or (line.font != body.font and line.size <= body.size and not line.bold)
        )
        if near and label and line.width < 0.7 * (x1 - x0) and not any(line is other for other in inside):
            inside.append(line)
    taken = {id(line) for line in inside}
    return inside, [line for line in lines if id(line) not in taken]


def _is_float(region: Box, inside: list[Line], captions: list[Block], body: Body) -> bool:
    """Text between rules or in a box is a float if a caption stands by it or if it is no prose."""
    for caption in captions:
        x0, y0, x1, y1 = union([row.box for row in caption.rows])
        beside = min(x1, region[2]) > max(x0, region[0])
        if (beside and -6 < y0 - region[3] < _CAPTION_NEAR) or (beside and -6 < region[1] - y1 < _CAPTION_NEAR):
            return True
    return not is_prose(region, inside, body)


def _table(page: PageLines, lines: list[Line]) -> Block:
    return Block(Kind.TABLE, page.number, _rows(page, lines))


def _rows(page: PageLines, lines: list[Line]) -> tuple[Row, ...]:
    """Lines as rows by their base lines; a table's cells share one."""
    groups: list[list[Line]] = []
    for line in sorted(lines, key=lambda line: (line.baseline, line.x0)):
        if groups and abs(groups[-1][0].baseline - line.baseline) < 0.45 * line.size:
            groups[-1].append(line)
        else:
            groups.append([line])
    left, right = min(line.x0 for line in lines), max(line.x1 for line in lines)
    return tuple(Row(page.number, tuple(sorted(group, key=lambda line: line.x0)), left, right) for group in groups)


def _take_footnotes(page: PageLines, lines: list[Line], body: Body) -> tuple[list[Block], list[Line]]:
    """Smaller lines at the foot of a column, from the first that begins with a mark or stands under a rule."""
    blocks: list[Block] = []
    rest = list(lines)
    for left, right in column_edges(page, body):
        column = [line for line in rest if left <= (line.x0 + line.x1) / 2 < right]
        foot = _foot(page, sorted(column, key=lambda line: line.baseline), body)
        if foot:
            taken = {id(line) for line in foot}
            rest = [line for line in rest if id(line) not in taken]
            blocks.append(Block(Kind.FOOTNOTE, page.number, _rows(page, foot)))
    return blocks, rest


def _foot(page: PageLines, column: list[Line], body: Body) -> list[Line]:
    """From the bottom up: smaller lines without a gap, down from the first mark or the rule above them."""
    small: list[Line] = []
    for line in reversed(column):
        tiny_mark = line.width < 8
        if line.size > 0.93 * body.size and not tiny_mark:
            break
        if small and small[-1].y0 - line.y1 > 3 * body.leading:
            break
        small.append(line)
    small.reverse()
    rules = [rule for rule in page.rules if 30 < rule[2] - rule[0] < 0.4 * page.layout_width]
    for first, line in enumerate(small):
        under = any(-4 < line.y0 - rule[1] < 14 and rule[0] <= line.x1 and rule[2] >= line.x0 for rule in rules)
        if (under or NOTE_MARK.match(line.text)) and line.y0 > 0.4 * page.layout_height:
            return small[first:] if len(small) - first < _MOST_NOTES * len(column) else []
    return []
