"""Leaves out the numbers that count the lines of a manuscript: in a margin, in the gutter, at each line or each fifth.

One number more in a sentence makes it a false sentence, so numbers that stand in one column, rise evenly at an even
distance and have no text above or below them are taken out, on every page of a paper that has them on most pages.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from index.layout.lines import Line, PageLines, Word, union

_MIN_CHAIN = 5  # numbers on a page that prove a numbering; where other pages have proved it, none are needed
_MAX_DIGITS = 5
_ALIGNED = 2.5  # points between the right (or left) edges of the numbers of one column
_STEPS = (1, 2, 5, 10)
_MAX_CROSSED = 0.12  # of a page's lines may cross the column of numbers: the title, the running head
_MIN_EVEN = 0.5  # of the distances between two numbers are those of lines; headings and formulas stand between others
_EVEN = 0.12  # by which a distance may differ from the usual one
_MIN_PAGES = 0.5  # of the pages with text: a table that counts its rows fills fewer
_MIN_LINES = 8  # of a page with text
_PROSE = 4  # words of the median line
_GAP = 3.5  # points between such a number and the words beside it; a blank of a sentence has 2.5 to 3
_MIN_APART = 0.8  # of the numbers


@dataclass(frozen=True, slots=True)
class _Band:
    """Where a column of numbers stands on a page."""

    x0: float
    x1: float


def strip_line_numbers(pages: list[PageLines]) -> list[PageLines]:
    """The pages of a paper without the numbers of its lines."""
    bands = {page.number: list(_bands(page)) for page in pages}
    texts = sum(len(page.lines) >= _MIN_LINES for page in pages)
    if not any(bands.values()) or sum(map(bool, bands.values())) < _MIN_PAGES * texts:
        return pages
    known = [band for found in bands.values() for band in found]
    return [_without(page, bands[page.number] or _uncrossed(page, known)) for page in pages]


def _numbers(page: PageLines) -> Iterator[Word]:
    for line in page.lines:
        for word in line.words:
            if _is_number(word):
                yield word


def _is_number(word: Word) -> bool:
    return word.text.isdecimal() and len(word.text) <= _MAX_DIGITS


def _bands(page: PageLines) -> Iterator[_Band]:
    """The columns of numbers that count lines."""
    numbers = list(_numbers(page))
    if len(numbers) < _MIN_CHAIN or not _is_prose(page):
        return
    found: list[_Band] = []
    for edge in (2, 0):  # aligned to the right, to the left
        columns: dict[int, list[Word]] = defaultdict(list)
        for word in numbers:
            columns[round(word.box[edge] / _ALIGNED)].append(word)
        for place in sorted(columns, key=lambda place: -len(columns[place])):
            column = columns[place] + columns.get(place - 1, []) + columns.get(place + 1, [])
            if len(column) < _MIN_CHAIN:
                continue
            column.sort(key=lambda word: word.box[1])
            rising = sum(int(above.text) < int(below.text) for above, below in pairwise(column))
            if rising < len(column) / 2:
                continue
            chain = _chain(column)
            if len(chain) < _MIN_CHAIN or not _is_even(chain) or not _is_apart(page, chain):
                continue
            box = union([word.box for word in chain])
            band = _Band(box[0], box[2])
            if not _is_crossed(page, band) and not any(band.x0 < other.x1 and other.x0 < band.x1 for other in found):
                found.append(band)
                yield band


def _is_prose(page: PageLines) -> bool:
    """Whether lines have several words each, unlike cells of a table whose rows are counted."""
    counts = [len(line.words) for line in page.lines if not line.text.isdecimal()]
    return bool(counts) and median(counts) >= _PROSE


def _chain(column: list[Word]) -> list[Word]:
    """The most numbers from top to bottom that rise by one step each, or by a few where some were not read."""
    values = [int(word.text) for word in column]
    best: list[int] = []
    for step in _STEPS:
        ends: list[list[int]] = []  # the longest chain that ends with each number
        for row, value in enumerate(values):
            before = [ends[other] for other in range(row) if 0 < value - values[other] <= 3 * step
                      and (value - values[other]) % step == 0]  # fmt: skip
            ends.append([*max(before, key=len, default=[]), row])
        longest = max(ends, key=len)
        best = longest if len(longest) > len(best) else best
    return [column[row] for row in best]


def _is_even(chain: list[Word]) -> bool:
    """Whether most numbers stand as far from each other as lines do."""
    distances = [
        (below.box[1] - above.box[1]) / (int(below.text) - int(above.text)) for above, below in pairwise(chain)
    ]
    usual = median(distances)
    return usual > 3 and sum(abs(each - usual) <= _EVEN * usual for each in distances) >= _MIN_EVEN * len(distances)


def _is_apart(page: PageLines, chain: list[Word]) -> bool:
    """Whether the numbers have space around them, unlike those of a list ("Step 1 is", "Step 2 is")."""
    gaps: dict[int, float] = {}
    for line in page.lines:
        for before, after in pairwise(line.words):
            gap = after.box[0] - before.box[2]
            for word in (before, after):
                gaps[id(word)] = min(gap, gaps.get(id(word), gap))
    return sum(gaps.get(id(word), _GAP) >= _GAP for word in chain) >= _MIN_APART * len(chain)


def _is_crossed(page: PageLines, band: _Band) -> bool:
    crossing = sum(
        any(word.box[0] < band.x1 and band.x0 < word.box[2] and not _is_number(word) for word in line.words)
        for line in page.lines
    )
    return crossing > _MAX_CROSSED * len(page.lines)


def _uncrossed(page: PageLines, known: list[_Band]) -> list[_Band]:
    """On a page with too few numbers to prove anything, those of the bands of other pages that hold numbers alone."""
    return [band for band in dict.fromkeys(known) if not _is_crossed(page, band)]


def _without(page: PageLines, bands: list[_Band]) -> PageLines:
    lines = [piece for line in page.lines for piece in _pieces(line, bands)]
    return page if len(lines) == len(page.lines) and tuple(lines) == page.lines else replace(page, lines=tuple(lines))


def _pieces(line: Line, bands: list[_Band]) -> Iterator[Line]:
    """What is left of a line: nothing, itself, or what stood on both sides of a number in the gutter."""
    pieces: list[list[Word]] = [[]]
    for word in line.words:
        if _is_number(word) and any(band.x0 - 1 <= word.box[0] and word.box[2] <= band.x1 + 1 for band in bands):
            pieces.append([])
        else:
            pieces[-1].append(word)
    if len(pieces) == 1:
        yield line
        return
    for words in pieces:
        if words:
            x0, y0, x1, y1 = union([word.box for word in words])
            yield replace(line, words=tuple(words), x0=x0, y0=y0, x1=x1, y1=y1)
