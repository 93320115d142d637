"""Where a page holds a table or a figure: boxes between rules, boxes around drawn shapes."""

import re
from collections import Counter
from itertools import pairwise, zip_longest
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from index.layout.headings import NUMBERED
from index.layout.lines import Box, Line, PageLines, union
from index.layout.page_layout import Block, Body, Kind, Row
from index.layout.sidebar import split_sidebar

_CELL = 6.0  # points: side of the squares in which drawn shapes are joined into figures
_LEAST_FIGURE = 24.0  # points: smaller drawings are symbols in the text
_NUMBER = re.compile(r"^(?:\d{1,2}(?:\.\d{1,2}){0,3}|[A-Z](?:\.\d{1,2}){0,2})\.?$")
_SAME_END = 5.0  # points between the ends of two rules of one table


def find_regions(page: PageLines, lines: list[Line], captions: list[Box], body: Body) -> list[Box]:
    """Boxes of a page that may be tables or figures; those that overlap are one."""
    return _merged(_table_regions(page, lines, captions, body) + _figure_regions(page))


def is_prose(box: Box, lines: list[Line], body: Body) -> bool:
    """Whether most of the text in a box is running text: long lines of the body's size."""
    inside = [line for line in lines if box[1] <= line.middle <= box[3] and box[0] - 3 <= line.x0 <= box[2]]
    letters = sum(len(line.text) for line in inside)
    prose = sum(
        len(line.text)
        for line in inside
        if line.width > 0.55 * (box[2] - box[0]) and len(line.words) > 6 and line.size > 0.93 * body.size
    )
    return prose > 0.5 * letters


def prose_lines(page: PageLines, lines: list[Line], body: Body) -> set[int]:
    """Ids of the lines of running text: long ones below each other, numbered headings, what stands between them.

    Drawings whose clipped parts reach over a column would else take its text for labels.
    """
    top = page.layout_height / 2 if page.number == 1 else 0.0  # where a title may stand between two rules
    found = {id(line) for line in lines if line.y1 < top and line.size > 1.25 * body.size}
    for left, right in column_edges(page, body):
        column = [line for line in lines if left <= (line.x0 + line.x1) / 2 < right and line.size > 0.93 * body.size]
        column.sort(key=lambda line: (round(line.baseline / 2), line.x0))
        edge = Counter(round(line.x0) for line in column).most_common(1)[0][0] if column else 0
        width = max((line.width for line in column), default=0.0)
        long = [index for index, line in enumerate(column) if _is_long(line, 0.7 * width, body)]
        for first, second in pairwise(long):
            if column[second].baseline - column[first].baseline < 2.2 * body.leading:
                found.update(id(line) for line in column[first : second + 1])
        runs = [index for index in long if id(column[index]) in found]
        runs = sorted({*runs, *(index for index in range(len(column)) if _is_heading(column, index, edge, body))})
        for index, following in zip_longest(runs, runs[1:]):
            found.add(id(column[index]))
            if following is not None and column[following].baseline - column[index].baseline < 6 * body.leading:
                found.update(id(line) for line in column[index:following])
            elif index + 1 < len(column):
                below = column[index + 1]
                if below.baseline - column[index].baseline < 2.2 * body.leading and below.x0 < column[index].x0 + 45:
                    found.add(id(below))
    return found


def _is_long(line: Line, width: float, body: Body) -> bool:
    return line.width > width and len(line.text) > 20 and line.font == body.font and len(line.words) >= 5


def _is_heading(column: list[Line], index: int, edge: float, body: Body) -> bool:
    """Whether a line at the column's edge is a numbered heading, or the number in front of one."""
    line = column[index]
    distinct = line.bold or line.small_caps or line.size > body.size + 0.4
    if abs(line.x0 - edge) > 3 or not (distinct or _NUMBER.match(line.text)):
        return False
    title = line
    if _NUMBER.match(line.text) and index + 1 < len(column):
        title = column[index + 1]
        distinct = title.bold or title.small_caps or title.size > body.size + 0.4
        beside = abs(title.baseline - line.baseline) < 2 and 0 < title.x0 - line.x1 < 3 * line.size
        return distinct and beside and title.text[:1].isupper()
    match = NUMBERED.match(line.text)
    return bool(match and distinct and match["digits"] and match["title"][0].isupper())


def column_edges(page: PageLines, body: Body) -> list[tuple[float, float]]:
    """Left and right edge of each column of the page."""
    width = page.layout_width
    return [(0.0, width)] if body.gutter is None else [(0.0, body.gutter * width), (body.gutter * width, width)]


def _table_regions(page: PageLines, lines: list[Line], captions: list[Box], body: Body) -> list[Box]:
    """Boxes between horizontal rules with the same ends, as long as no caption or running text stands between them."""
    rules = _joined_rules(page.rules)
    regions: list[Box] = []
    used: set[int] = set()
    for first, rule in enumerate(rules):
        if first in used or rule[2] - rule[0] < 60:
            continue
        same = [
            other
            for other in range(first, len(rules))
            if abs(rules[other][0] - rule[0]) < _SAME_END and abs(rules[other][2] - rule[2]) < _SAME_END
        ]
        used.update(same)
        group = [rule]
        for other in (rules[index] for index in same[1:]):
            gap = union([group[-1], other])
            if is_prose(gap, lines, body) or any(_overlap(gap, caption) for caption in captions):
                regions += [union(group)] if len(group) > 1 else []
                group = []
            group.append(other)
        regions += [union(group)] if len(group) > 1 else []
    return regions


def _joined_rules(rules: tuple[Box, ...]) -> list[Box]:
    """Rules at one height whose ends touch, as one: tables draw a piece for each column."""
    joined: list[Box] = []
    for rule in sorted(rules, key=lambda box: (round(box[1]), box[0])):
        if joined and abs(joined[-1][1] - rule[1]) < 1.5 and rule[0] - joined[-1][2] < 3:
            joined[-1] = union([joined[-1], rule])
        else:
            joined.append(rule)
    return sorted(joined, key=lambda box: box[1])


def _figure_regions(page: PageLines) -> list[Box]:
    """Boxes around drawn shapes and images that touch, found on a coarse grid."""
    columns, rows = int(page.layout_width / _CELL) + 1, int(page.layout_height / _CELL) + 1
    if columns * rows > 200_000 or not page.graphics:
        return []
    grid = np.zeros((rows, columns), dtype=bool)
    whole = 0.85 * page.layout_width, 0.85 * page.layout_height
    for x0, y0, x1, y1 in page.graphics:
        if x1 - x0 > whole[0] and y1 - y0 > whole[1]:
            continue  # a background
        grid[_cells(y0, rows) : _cells(y1, rows) + 1, _cells(x0, columns) : _cells(x1, columns) + 1] = True
    found = []
    for x0, y0, x1, y1 in _components(grid):
        box = x0 * _CELL, y0 * _CELL, (x1 + 1) * _CELL, (y1 + 1) * _CELL
        if min(box[2] - box[0], box[3] - box[1]) >= _LEAST_FIGURE:
            found.append(box)
    return found


def _cells(value: float, count: int) -> int:
    return max(0, min(count - 1, int(value / _CELL)))


def _components(grid: NDArray[np.bool_]) -> list[tuple[int, int, int, int]]:
    """Bounding boxes (x0, y0, x1, y1) of the connected parts of a grid."""
    left = {(int(row), int(column)) for row, column in np.argwhere(grid)}
    boxes = []
    while left:
        seed = left.pop()
        reached, queue = [seed], [seed]
        while queue:
            row, column = queue.pop()
            for near in (
                (row + 1, column), (row - 1, column), (row, column + 1), (row, column - 1),
                (row + 1, column + 1), (row - 1, column - 1), (row + 1, column - 1), (row - 1, column + 1),
            ):  # fmt: skip
                if near in left:
                    left.remove(near)
                    reached.append(near)
                    queue.append(near)
        rows, columns = [row for row, _ in reached], [column for _, column in reached]
        boxes.append((min(columns), min(rows), max(columns), max(rows)))
    return boxes


def _merged(regions: list[Box]) -> list[Box]:
    """Regions that overlap, as one."""
    merged: list[Box] = []
    for region in regions:
        while True:
            hit = next((other for other in merged if _overlap(other, region)), None)
            if hit is None:
                break
            merged.remove(hit)
            region = union([hit, region])
        merged.append(region)
    return merged


def _overlap(a: Box, b: Box) -> bool:
    return min(a[2], b[2]) > max(a[0], b[0]) and min(a[3], b[3]) > max(a[1], b[1])


_NEAR = 14.0  # points around a figure in which its axis labels stand
_CAPTION_NEAR = 40.0  # points between a table or figure and its caption
_WIDE = 0.55  # of the page: more than a column
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
        if inside and _is_float(page, region, inside, captions, body):
            blocks.append(_table(page, inside))
            lines = rest
    beside, lines = split_sidebar(page, lines, body)
    notes, lines = _take_footnotes(page, lines, body)
    if beside:
        notes.append(Block(Kind.FOOTNOTE, page.number, _rows(page, beside)))
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
    taken = {id(line) for line in inside}
    for line in free:
        near = x0 - _NEAR < line.x1 and line.x0 < x1 + _NEAR and y0 - _NEAR < line.y1 and line.y0 < y1 + _NEAR
        label = len(line.text) < 40 and (
            line.size < 0.93 * body.size or (line.font != body.font and line.size <= body.size and not line.bold)
        )
        if near and label and line.width < 0.7 * (x1 - x0) and id(line) not in taken:
            inside.append(line)
            taken.add(id(line))
    return inside, [line for line in lines if id(line) not in taken]


def _is_float(page: PageLines, region: Box, inside: list[Line], captions: list[Block], body: Body) -> bool:
    """Text between rules or in a box is a float if a caption stands by it or if it is no prose."""
    for caption in captions:
        x0, y0, x1, y1 = union([row.box for row in caption.rows])
        beside = min(x1, region[2]) > max(x0, region[0])
        if (beside and -6 < y0 - region[3] < _CAPTION_NEAR) or (beside and -6 < region[1] - y1 < _CAPTION_NEAR):
            return True
    wide = region[2] - region[0] > _WIDE * page.layout_width
    if page.number == 1 and wide and _has_sentences(inside):  # an abstract between two rules, or a page in a frame
        return False
    return not is_prose(region, inside, body)


def _has_sentences(lines: list[Line]) -> bool:
    """Whether most of the text is in lines of several words, whatever their width and size."""
    return 2 * sum(len(line.text) for line in lines if len(line.words) >= 6) > sum(len(line.text) for line in lines)


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
