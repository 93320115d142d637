"""The reading order of a page: columns, and the rows of each column from top to bottom.

A page is cut at the gutter into a left and a right column; whatever crosses the gutter (a title, a wide figure, a
one-column appendix) ends both columns above it. This is the recursive XY-cut of Nagy and Seth (1984) with one
vertical cut, which is what one- and two-column papers need.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from itertools import pairwise
from statistics import median

from index.layout.lines import Box, Line, PageLines, Word, needs_space

_GUTTER_FROM, _GUTTER_TO = 0.35, 0.65  # of the page's width: where a gutter may lie
_OVERSHOOT = 9.0  # points that an overfull line may reach over the gutter
_MAIN_PART = 0.75  # of the pages: references and appendices behind it may have another size
_COLUMN_LINES = 5  # fewer long lines beside others are no columns


class Kind(StrEnum):
    """What a block is, as far as its place and its look tell."""

    TEXT = "text"
    HEADING = "heading"
    CAPTION = "caption"
    TABLE = "table"  # cells of a table, or labels inside a figure
    FOOTNOTE = "footnote"


@dataclass(frozen=True)
class Row:
    """Lines on one base line of one column, from left to right, and the edges of that column."""

    page: int
    lines: tuple[Line, ...]
    left: float
    right: float

    @cached_property
    def box(self) -> Box:
        """The smallest box around its lines, in layout coordinates."""
        return (
            min(line.x0 for line in self.lines),
            min(line.y0 for line in self.lines),
            max(line.x1 for line in self.lines),
            max(line.y1 for line in self.lines),
        )

    @cached_property
    def main(self) -> Line:
        """The line with the most characters: its look is the row's."""
        return max(self.lines, key=lambda line: len(line.text))

    @cached_property
    def text(self) -> str:
        """All words in one string."""
        parts = [self.lines[0].text]
        for line in self.lines[1:]:
            parts.append((" " if needs_space(parts[-1], line.text) else "") + line.text)
        return "".join(parts)

    @cached_property
    def words(self) -> list[Word]:
        """The words from left to right; in vertical writing each character is a line of MuPDF's."""
        words: list[Word] = []
        for number, line in enumerate(self.lines):
            first, *others = line.words
            before = self.lines[number - 1]
            if number and line.x0 - before.x1 < 0.25 * line.size and not needs_space(words[-1].text, first.text):
                first = replace(first, glued=True)
            words += [first, *others]
        return words

    @property
    def baseline(self) -> float:
        """Of its main line."""
        return self.main.baseline


@dataclass(frozen=True)
class Block:
    """Rows of one kind that belong together, in reading order."""

    kind: Kind
    page: int
    rows: tuple[Row, ...]
    level: int = 0  # of a heading


@dataclass(frozen=True, slots=True)
class Body:
    """The look of running text: found once for a paper, everything else is measured against it."""

    size: float
    font: str
    bold: bool
    leading: float
    gutter: float | None  # as a share of the page's width, where the paper has two columns


def find_body(pages: list[PageLines]) -> Body:
    """The commonest size, font and distance of lines, weighted by the area that they cover."""
    sizes: dict[float, float] = defaultdict(float)
    fonts: dict[tuple[str, bool], float] = defaultdict(float)
    for page in pages[: max(1, round(_MAIN_PART * len(pages)))]:
        for line in page.lines:
            sizes[round(line.size * 2) / 2] += line.width * line.size
            fonts[line.font, line.bold] += line.width * line.size
    size = max(sizes, key=lambda size: sizes[size], default=10.0)
    font, bold = max(fonts, key=lambda look: fonts[look], default=("", False))
    steps: Counter[float] = Counter()
    gutters: list[float] = []
    for page in pages:
        near = [line for line in page.lines if abs(line.size - size) < 0.6 and len(line.text) > 20]
        for above, below in pairwise(near):
            step = below.baseline - above.baseline
            if abs(above.x0 - below.x0) < 30 and 0.9 * size < step < 2.6 * size:
                steps[round(step * 2) / 2] += 1
        gutter = _gutter(page, size)
        if gutter is not None:
            gutters.append(gutter / page.layout_width)
    leading = steps.most_common(1)[0][0] if steps else 1.2 * size
    return Body(size, font, bold, leading, median(gutters) if len(gutters) * 4 >= len(pages) else None)


def _gutter(page: PageLines, size: float) -> float | None:
    """The x that cuts the page's running text into two columns, or None."""
    width = page.layout_width
    lines = [line for line in page.lines if line.size > 0.75 * size and line.width > 0.2 * width]
    if len(lines) < 2 * _COLUMN_LINES:
        return None
    best: tuple[float, float] | None = None
    for step in range(round(_GUTTER_FROM * width), round(_GUTTER_TO * width), 3):
        crossing = sum(line.width for line in lines if line.x0 < step < line.x1)
        left = sum(line.x1 <= step for line in lines)
        right = sum(line.x0 >= step for line in lines)
        if min(left, right) >= _COLUMN_LINES:
            margin = min(
                min((step - line.x1 for line in lines if line.x1 <= step), default=0.0),
                min((line.x0 - step for line in lines if line.x0 >= step), default=0.0),
            )
            if best is None or (crossing, -margin) < best:
                best = crossing, -margin
                found = float(step)
    total = sum(line.width for line in lines)
    return found if best is not None and best[0] < 0.45 * total else None


def order_page(page: PageLines, lines: list[Line], body: Body) -> list[Row]:
    """The lines as rows in reading order."""
    gutter = _page_gutter(page, lines, body)
    if gutter is None:
        return _column_rows(page, lines)
    rows: list[Row] = []
    left: list[Line] = []
    right: list[Line] = []
    front = _front_bottom(page, lines, gutter, body)
    across: list[Line] = []
    for line in sorted(lines, key=lambda line: line.middle):
        wide = line.x0 < gutter - _OVERSHOOT and line.x1 > gutter + _OVERSHOOT
        if wide or line.y1 <= front:
            rows += _column_rows(page, left) + _column_rows(page, right)
            left, right = [], []
            across.append(line)
            continue
        rows += _column_rows(page, across)
        across = []
        (left if (line.x0 + line.x1) / 2 < gutter else right).append(line)
    return rows + _column_rows(page, across) + _column_rows(page, left) + _column_rows(page, right)


def _page_gutter(page: PageLines, lines: list[Line], body: Body) -> float | None:
    width = page.layout_width
    if body.gutter is None:
        return _gutter(page, body.size)
    gutter = body.gutter * width
    long = [line for line in lines if line.size > 0.75 * body.size and line.width > 0.2 * width]
    beside = [line for line in long if line.x1 <= gutter + _OVERSHOOT or line.x0 >= gutter - _OVERSHOOT]
    if len(beside) >= 3 and len(beside) >= 0.3 * len(long):
        return gutter
    return _gutter(page, body.size)


def _front_bottom(page: PageLines, lines: list[Line], gutter: float, body: Body) -> float:
    """On the first page, the y above which everything is title and authors, also where it stands in columns."""
    if page.number != 1:
        return 0.0
    wide = [line for line in lines if line.x0 < gutter - _OVERSHOOT and line.x1 > gutter + _OVERSHOOT]
    top = [line for line in wide if line.y0 < 0.4 * page.layout_height]
    if not top:
        return 0.0
    title = max(top, key=lambda line: line.size)
    below = sorted((line for line in lines if line.y0 > title.y0), key=lambda line: line.y0)
    for line in below:
        if line.text.strip(" .:—-").lower() in ("abstract", "摘要") or line.text.lower().startswith("abstract"):
            return line.y0 - 0.1
        if _begins_column(line, lines, gutter, body):
            return line.y0 - 0.1
    return title.y1


def _begins_column(line: Line, lines: list[Line], gutter: float, body: Body) -> bool:
    """Whether a line is the first of three long ones of one width, as running text is."""
    if line.width < 0.6 * (gutter - min(other.x0 for other in lines)):
        return False
    under = [
        other
        for other in lines
        if 0 < other.baseline - line.baseline < 3.2 * body.leading
        and abs(other.x0 - line.x0) < 20
        and other.width > 0.8 * line.width
    ]
    return len(under) >= 2 and (line.x1 <= gutter + _OVERSHOOT or line.x0 >= gutter - _OVERSHOOT)


def _column_rows(page: PageLines, lines: list[Line]) -> list[Row]:
    """The lines of one column as rows; lines whose base lines are close, or that stand within another, share one."""
    if not lines:
        return []
    lines = _with_drop_caps(lines)
    left, right = min(line.x0 for line in lines), max(line.x1 for line in lines)
    groups: list[list[Line]] = []
    for line in sorted(lines, key=lambda line: (line.baseline, line.x0)):
        for group in reversed(groups[-3:]):
            if _same_row(group, line):
                group.append(line)
                break
        else:
            groups.append([line])
    return [Row(page.number, tuple(sorted(group, key=lambda line: line.x0)), left, right) for group in groups]


def _with_drop_caps(lines: list[Line]) -> list[Line]:
    """A large first letter that reaches over several lines goes in front of the word that it begins."""
    for cap in [line for line in lines if len(line.text) == 1 and line.text.isupper()]:
        beside = [
            line
            for line in lines
            if line.size < 0.6 * cap.size and -2 < line.x0 - cap.x1 < cap.size and cap.y0 - 4 < line.middle < cap.y1
        ]
        first = min(beside, key=lambda line: line.y0, default=None)
        if first is not None and len(beside) >= 2:
            words = (cap.words[0], replace(first.words[0], glued=True), *first.words[1:])
            whole = replace(first, words=words, x0=cap.x0)
            lines = [whole if line is first else line for line in lines if line is not cap]
    return lines


def _same_row(group: list[Line], line: Line) -> bool:
    anchor = max(group, key=lambda other: other.size * len(other.text))
    near = abs(anchor.baseline - line.baseline)
    small, large = sorted((anchor.size, line.size))
    lap = 0.4 * small  # points that brackets and slanted letters of two pieces may share
    apart = all(line.x0 >= other.x1 - lap or line.x1 <= other.x0 + lap for other in group)
    if not apart:
        return False
    if near < 0.3 * small:
        return True
    touching = any(-1 < gap < 0.6 * large for other in group for gap in (line.x0 - other.x1, other.x0 - line.x1))
    return touching and near < 0.6 * large and small < 0.85 * large
