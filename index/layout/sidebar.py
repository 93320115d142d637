"""The narrow strip beside the abstract in which publishers print how to cite a paper, when it came, who owns it.

Its lines stand beside those of the abstract, so read across they would cut each of its sentences.
"""

from collections import Counter

from index.layout.lines import Line, PageLines
from index.layout.page_layout import Body

_WIDTH = 0.36  # of the page, from its left edge or to its right one
_SMALLER = 0.4  # points below the size of the text
_MIN_LINES = 4
_MAX_CROSSED = 1  # lines that may cross the gap beside it, between its first line and its last
_LONG = 6  # words


def split_sidebar(page: PageLines, lines: list[Line], body: Body) -> tuple[list[Line], list[Line]]:
    """The lines of a strip at the left or the right of the first page, and the other lines; the strip may be empty."""
    long = [line for line in lines if len(line.words) >= _LONG]
    if page.number != 1 or not long:
        return [], lines
    left = Counter(round(line.x0) for line in long).most_common(1)[0][0]  # the edges of the text
    right = Counter(round(line.x1) for line in long).most_common(1)[0][0]
    width = _WIDTH * page.layout_width
    for strip in (
        [line for line in lines if line.x1 < min(left, width)],
        [line for line in lines if line.x0 > max(right, page.layout_width - width)],
    ):
        strip = [line for line in strip if line.size < body.size - _SMALLER]
        if len(strip) < _MIN_LINES:
            continue
        top, bottom = min(line.y0 for line in strip), max(line.y1 for line in strip)
        x0, x1 = min(line.x0 for line in strip), max(line.x1 for line in strip)
        ids = {id(line) for line in strip}
        level = [line for line in lines if id(line) not in ids and top < line.middle < bottom]
        crossed = sum(line.x0 < x1 and line.x1 > x0 for line in level)
        if crossed <= _MAX_CROSSED and sum(len(line.words) >= _LONG for line in level) >= _MIN_LINES:
            return strip, [line for line in lines if id(line) not in ids]
    return [], lines
