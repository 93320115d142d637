"""Plain data of one page as it was extracted: words, lines, graphics; and the cleaning of words.

Boxes are (x0, y0, x1, y1) in points from the top left corner of the page as it is shown. A `Line` also carries the box
and base line that the layout works with; they differ from the words' boxes only on a page whose text runs sideways.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property

Box = tuple[float, float, float, float]

_LIGATURES = str.maketrans(
    {
        "ﬀ": "ff",
        "ﬁ": "fi",
        "ﬂ": "fl",
        "ﬃ": "ffi",
        "ﬄ": "ffl",
        "ﬅ": "st",
        "ﬆ": "st",
        "\uf0b7": "•",
        "\uf0a7": "•",
        "\u2010": "-",
        "\u2011": "-",
        "\xa0": " ",
        "\xad": "",
        "⽤": "用",
    }
)
# TeX's old fonts draw an accent as a glyph of its own before the letter.
_ACCENTS = {
    "´": "\u0301", "ˋ": "\u0300", "¨": "\u0308", "ˆ": "\u0302", "˜": "\u0303", "ˇ": "\u030c", "˘": "\u0306",
    "˚": "\u030a", "˙": "\u0307", "˝": "\u030b", "¯": "\u0304", "˛": "\u0328", "¸": "\u0327",
}  # fmt: skip
ACCENTS = frozenset(_ACCENTS)
_ACCENTED = re.compile("([´ˋ¨ˆ˜ˇ˘˚˙˝¯˛¸])([A-Za-zıȷ])")
_DOTLESS = {"ı": "i", "ȷ": "j"}
_SHAPELESS = ("Cc", "Cf", "Co", "Cs", "Cn", "Zs")  # categories of Unicode
_CJK = "\u2e80-\u2fff\u3000-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uffef"
CJK = re.compile(f"[{_CJK}]")
MAX_WORD = 500  # characters; a longer "word" is no word, and whatever reads words may take quadratic time over it
_PIECES = re.compile(f"[{_CJK}]|[^{_CJK}]{{1,{MAX_WORD}}}")


@dataclass(frozen=True, slots=True)
class Word:
    """A cleaned word and where it stands on the page as it is shown."""

    text: str
    box: Box
    glued: bool = False  # no space before it: the next character of a Chinese line
    broken: bool = False  # it goes on in the next line: its hyphen is a soft one
    raised: tuple[int, int] = (0, 0)  # which of its characters are a superscript, the end not included


@dataclass(frozen=True)
class Line:
    """Words on one base line, with the look that most of their characters have."""

    words: tuple[Word, ...]
    x0: float
    y0: float
    x1: float
    y1: float
    baseline: float
    size: float
    font: str
    bold: bool
    italic: bool
    lead: str = ""  # the look of the first word, where it differs from the rest: a run-in heading or a caption's label
    small_caps: bool = False

    @cached_property
    def text(self) -> str:
        """The words joined by spaces, as they stand in the line."""
        return join_words(self.words)

    @property
    def width(self) -> float:
        """In points."""
        return self.x1 - self.x0

    @property
    def middle(self) -> float:
        """The height of its middle on the page."""
        return (self.y0 + self.y1) / 2

    @property
    def style(self) -> tuple[str, float, bool]:
        """Font, size to half a point, and weight: equal for headings of one level."""
        return self.font, round(self.size * 2) / 2, self.bold


@dataclass(frozen=True)
class PageLines:
    """What was extracted from a page, before anything is known of its layout."""

    number: int
    width: float
    height: float
    layout_width: float  # differs from width, height only on a page whose text runs sideways
    layout_height: float
    lines: tuple[Line, ...]
    sideways: tuple[Line, ...]  # lines that run up or down: the arXiv stamp, labels of an axis
    graphics: tuple[Box, ...]  # images and drawn shapes
    rules: tuple[Box, ...]  # thin horizontal strokes
    scanned: bool  # the text is an invisible layer over a picture of the page
    hidden: int  # characters dropped because nobody sees them


def clean_word(text: str) -> str:
    """Expand ligatures, compose accents, drop what has no shape; may be empty.

    >>> clean_word("eﬃ\\xadcient"), clean_word("Schr¨odinger"), clean_word("na\\u0308\\u200bive")
    ('efficient', 'Schrödinger', 'näive')
    """
    if text.isascii() and text.isprintable():
        return text
    shown = (c for c in text.translate(_LIGATURES) if unicodedata.category(c) not in _SHAPELESS)
    composed = _ACCENTED.sub(lambda m: _DOTLESS.get(m[2], m[2]) + _ACCENTS[m[1]], "".join(shown))
    return "".join(_radical(c) for c in unicodedata.normalize("NFC", composed))


def _radical(character: str) -> str:
    """Chinese fonts map characters to look-alike radicals, which no search would find."""
    return unicodedata.normalize("NFKC", character) if "\u2e80" <= character <= "\u2fdf" else character


def split_word(text: str, box: Box) -> list[Word]:
    """A word as rows of the map, each with its share of the box: a Chinese character, or at most `MAX_WORD` others.

    What is cut at `MAX_WORD` is written with a space, as words are, so no text is lost and each row keeps its place.

    >>> [word.text for word in split_word("用BERT模型", (0.0, 0.0, 50.0, 10.0))]
    ['用', 'BERT', '模', '型']
    """
    if len(text) <= MAX_WORD and not CJK.search(text):
        return [Word(text, box)]
    pieces = _PIECES.findall(text)
    weights = [1.0 if CJK.match(piece) else 0.5 * len(piece) for piece in pieces]
    x0, y0, x1, y1 = box
    vertical = y1 - y0 > 2 * (x1 - x0) and len(pieces) > 1
    share = ((y1 - y0) if vertical else (x1 - x0)) / sum(weights)
    words: list[Word] = []
    done = 0.0
    for piece, weight in zip(pieces, weights, strict=True):
        low, high = done * share, (done + weight) * share
        part = (x0, y0 + low, x1, y0 + high) if vertical else (x0 + low, y0, x0 + high, y1)
        cut = bool(words) and len(words[-1].text) == MAX_WORD and not CJK.match(piece)
        words.append(Word(piece, part, glued=bool(words) and not cut))
        done += weight
    return words


def needs_space(before: str, after: str) -> bool:
    """Whether two words that stand beside each other, or on two lines, are joined by a space.

    >>> needs_space("the", "cat"), needs_space("模", "型"), needs_space("用", "BERT")
    (True, False, True)
    """
    return not (CJK.match(before[-1:]) and CJK.match(after[:1]))


def join_words(words: tuple[Word, ...]) -> str:
    """The words as one line of text."""
    parts: list[str] = []
    for word in words:
        if parts and not word.glued and needs_space(parts[-1], word.text):
            parts.append(" ")
        parts.append(word.text)
    return "".join(parts)


def union(boxes: list[Box]) -> Box:
    """The smallest box around all; there must be one."""
    return (
        min(box[0] for box in boxes),
        min(box[1] for box in boxes),
        max(box[2] for box in boxes),
        max(box[3] for box in boxes),
    )
