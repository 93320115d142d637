"""Where a page holds a table or a figure: boxes between rules, boxes around drawn shapes."""

import re
from collections import Counter
from itertools import pairwise, zip_longest

import numpy as np
from numpy.typing import NDArray

from index.layout.heading_names import NUMBERED
from index.layout.lines import Box, Line, PageLines, union
from index.layout.page_layout import Body

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
