"""Type 3 fonts whose size says nothing: TeX's bitmaps, as dvips and Distiller put them into a PDF.

Such a font counts in pixels of the printer it was made for, so its size is a fraction of a point, its boxes are a page
high, and MuPDF takes each kern for a gap between words. The width of the letters tells their true size.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import Any

from index.layout.lines import ACCENTS

RawWord = tuple[Any, ...]  # (x0, y0, x1, y1, text, block, line, number), as MuPDF gives it
Piece = tuple[RawWord, dict[str, Any]]  # a word and the span that it begins in
_TYPE3 = "Type3 ("  # the beginning of the name that MuPDF gives to a font without one
_WRONG = 2.0  # times too large or too small: no text face is twice as wide as Times
_KERN = 0.15  # of the size: a wider gap is a space; TeX sets at least 0.22
_COLUMN = 1.5  # of the size: a wider gap parts columns
_ASCENT, _DESCENT = 0.75, 0.22  # of the size
_LEVEL = 0.12  # of the size: letters of one word stand on one base line
_MARK, _RAISED = 0.85, 0.6  # of the size of the line: marks are smaller, and not further off


def true_sizes(blocks: Iterable[dict[str, Any]], width: Callable[[str], float]) -> dict[tuple[str, float], float]:
    """Size in points of each Type 3 font, as (name, size that it claims), that claims a wrong one.

    `width` is that of a text set in Times at one point.
    """
    seen: dict[tuple[str, float], list[float]] = defaultdict(lambda: [0.0, 0.0])
    for block in blocks:
        for line in block.get("lines", ()):
            for span in line["spans"]:
                if span["font"].startswith(_TYPE3) and line["dir"] == (1.0, 0.0):
                    total = seen[span["font"], span["size"]]
                    total[0] += span["bbox"][2] - span["bbox"][0]
                    total[1] += width(span["text"])
    sizes = {font: drawn / usual for font, (drawn, usual) in seen.items() if usual}
    return {font: size for font, size in sizes.items() if not 1 / _WRONG < size / max(font[1], 1e-6) < _WRONG}


def mended(piece: Piece, sizes: dict[tuple[str, float], float]) -> Piece | None:
    """A word of such a font with its true size and box; None for one of another font."""
    word, span = piece
    size = sizes.get((span["font"], span["size"]))
    if size is None:
        return None
    base = span["origin"][1]
    box = word[0], base - _ASCENT * size, word[2], base + _DESCENT * size
    return (*box, *word[4:]), {**span, "size": size, "bitmap": True}


def rejoined(pieces: list[Piece]) -> Iterator[list[Piece]]:
    """Mended pieces of words, from a whole page, as lines of whole words, with the marks raised or hung beside them."""
    levels: list[list[Piece]] = []
    for piece in sorted(pieces, key=_base):
        if levels and _base(piece) - _base(levels[-1][-1]) < _LEVEL * piece[1]["size"]:
            levels[-1].append(piece)
        else:
            levels.append([piece])
    lines: list[list[Piece]] = []
    for level in levels:
        if lines and _has_marks(lines[-1], level):
            lines[-1] += level
        else:
            lines.append(level)
    for line in lines:
        yield from _columns(line)


def _base(piece: Piece) -> float:
    return float(piece[1]["origin"][1])


def _left(piece: Piece) -> float:
    """Where a piece begins; an accent goes before the letter that it stands above."""
    (x0, _, x1, _, text, *_), _ = piece
    return float(x0) - 0.5 * (x1 - x0) if text in ACCENTS else float(x0)


def _has_marks(above: list[Piece], below: list[Piece]) -> bool:
    """Whether one of two levels is the superscripts or subscripts of the other."""
    first, second = (max(level, key=lambda piece: piece[1]["size"]) for level in (above, below))
    small, large = sorted((first[1]["size"], second[1]["size"]))
    return bool(small < _MARK * large and _base(second) - _base(first) < _RAISED * large)


def _columns(line: list[Piece]) -> Iterator[list[Piece]]:
    """The pieces on one base line, cut where a column ends, joined where there is no more than a kern between them."""
    line.sort(key=_left)
    words = line[:1]
    for before, piece in pairwise(line):
        gap, size = piece[0][0] - before[0][2], max(piece[1]["size"], before[1]["size"])
        if gap > _COLUMN * size:
            yield words
            words = [piece]
        elif gap > _KERN * size or abs(_base(piece) - _base(before)) > _LEVEL * size:
            words.append(piece)
        else:
            words[-1] = _one(words[-1], piece)
    if words:
        yield words


def _one(first: Piece, second: Piece) -> Piece:
    (word, span), (other, _) = first, second
    box = min(word[0], other[0]), min(word[1], other[1]), max(word[2], other[2]), max(word[3], other[3])
    return (*box, word[4] + other[4], *word[5:]), span
