"""What MuPDF extracted from a page -> `PageLines`: cleaned words, lines with their look, hidden text left out.

Pure functions over MuPDF's dictionaries and tuples; the coordinates that come in are those of the page before it is
turned, those that go out are those of the page as it is shown.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from index.layout.bitmap_fonts import Piece, mended, rejoined
from index.layout.lines import ACCENTS, Box, Line, PageLines, Word, clean_word, split_word, union

Contrast = Callable[[Box], int]
_SMALLEST = 2.0  # points; nobody reads smaller text, only machines do
_NEARLY_WHITE = 0xE0  # each channel above: the page is rendered to see whether the text shows
_LEAST_CONTRAST = 16  # grey levels of 255 between the darkest and the lightest pixel of text that shows
_FRONT = 2  # pages on which names of authors have marks: the first one may be an archive's
_SUPERSCRIPT = 1  # of MuPDF's flags of a span
_PAINTED = 16 | 32 | 64  # MuPDF's char_flags: filled, stroked, clipped; none of them is render mode 3
_LEAST_ALPHA = 13  # of 255
_SCAN_COVER = 0.6  # share of the page that pictures cover behind an invisible text layer
_PICTURES = ("fill-image", "fill-shade")
_DRAWN = ("fill-path", "stroke-path", *_PICTURES)
_HIDING_WIDTH = 8.0  # points
_FILLS = ("fill-path", *_PICTURES)
_RULE_HEIGHT, _RULE_LENGTH = 2.5, 18.0  # points: thinner and longer than that is a rule of a table or a footnote
_BOLD_NAMES = (
    "bold",
    "medi",
    "black",
    "heavy",
    "semibold",
    "demi",
    "cmbx",
    "cmb10",
    "sfbx",
    "-bd",
    "-bx",
    "sfss-b",
    "simhei",
    "heiti",
    "fzht",
    "fzhei",
    "fzdb",
    "fzxb",
    "黑体",
)
_ITALIC_NAMES = ("ital", "obliq", "cmti", "slanted", "sfti", "-it")
_LAM, _ALEFS = "\u0644", "\u0622\u0623\u0625\u0627"
_GRAVE = "\u02cb"
_MAY_BE_SWAPPED = re.compile(  # an accent before a letter is right as it is
    f"[^\\W\\d_](?:[{''.join(sorted(ACCENTS))}]|`(?=[^\\W\\d_]))|[{_ALEFS}]{_LAM}"
)
_NO_WIDTH = 0.1  # points: the second letter of a ligature has no box of its own
_CAPS_NAMES = ("csc", "smallcap", "-sc", "caps")


@dataclass(frozen=True, slots=True)
class RawPage:
    """A page as MuPDF gave it: blocks of `extractDICT`, rows of `extractWORDS`, the log of drawing calls."""

    number: int
    width: float  # of the page as it is shown
    height: float
    matrix: tuple[float, ...]  # from MuPDF's coordinates to the page as it is shown
    blocks: list[dict[str, Any]]
    words: list[tuple[Any, ...]]
    graphics: list[tuple[str, Box]]
    swapped: dict[tuple[int, int, int], str] = field(default_factory=dict)  # of `swapped_letters`
    bitmap_sizes: dict[tuple[str, float], float] = field(default_factory=dict)  # of `bitmap_fonts.true_sizes`


def build_page(raw: RawPage, contrast: Contrast) -> PageLines:
    """Clean words, lines and graphics of a page; `contrast` says what a box of the rendered page shows."""
    drawn = [(kind, _placed(box, raw.matrix)) for kind, box in raw.graphics if kind in _DRAWN]
    pictures = sum(_area(_clipped(box, raw)) for kind, box in drawn if kind in _PICTURES)
    behind = pictures > _SCAN_COVER * raw.width * raw.height
    last = next((kind for kind, _ in reversed(raw.graphics) if kind in _PICTURES or kind.endswith("-text")), "")
    under = behind and last in _PICTURES  # the picture is painted over the text
    stroked = [_placed(box, raw.matrix) for kind, box in raw.graphics if kind == "stroke-text"]
    fills = [box for kind, box in drawn if kind in _FILLS and _may_hide(box)]
    lines: list[Line] = []
    sideways: list[tuple[Line, Box]] = []
    hidden = layer = 0
    for row_words, direction in _rows(raw):
        near = _beside(row_words, fills) if fills and row_words else []
        seen = [pair for pair in row_words if _shows(pair[1], pair[0], raw, contrast, behind, near)]
        hidden += sum(len(word.text) for word, _ in row_words) - sum(len(word.text) for word, _ in seen)
        layer += sum(len(word.text) for word, span in seen if not span["char_flags"] & _PAINTED)
        if not seen:
            continue
        line = _line(seen, raw.matrix, stroked)
        x, y = _turned(direction, raw.matrix)
        if abs(x) >= abs(y):
            lines.append(line)
        else:
            sideways.append((line, (x, y, 0.0, 0.0)))
    boxes = [box for _, box in drawn]
    return _oriented(raw, lines, sideways, boxes, bool(lines) and (layer > 0 or under), hidden)


def _rows(raw: RawPage) -> Iterator[tuple[list[tuple[Word, dict[str, Any]]], tuple[float, float]]]:
    """Each line of MuPDF: its words each with the span that it begins in, its direction."""
    bitmaps: list[Piece] = []
    for pieces, direction in _raw_rows(raw):
        if raw.bitmap_sizes and direction == (1.0, 0.0):
            found = [mended(piece, raw.bitmap_sizes) for piece in pieces]
            bitmaps += [piece for piece in found if piece]
            pieces = [piece for piece, other in zip(pieces, found, strict=True) if not other]
        yield _cleaned(pieces, raw), direction
    for pieces in rejoined(bitmaps):
        yield _cleaned(pieces, raw), (1.0, 0.0)


def _raw_rows(raw: RawPage) -> Iterator[tuple[list[Piece], tuple[float, float]]]:
    by_line: dict[tuple[int, int], list[tuple[Any, ...]]] = {}
    for word in raw.words:
        by_line.setdefault((word[5], word[6]), []).append(word)
    for block in raw.blocks:
        for number, line in enumerate(block.get("lines", ())):
            spans = line["spans"]
            text, starts = "", []
            for span in spans:
                starts.append(len(text))
                text += span["text"]
            pieces: list[Piece] = []
            position, row = 0, 0
            marked = raw.number <= _FRONT and any(span["flags"] & _SUPERSCRIPT for span in spans)
            for word in by_line.get((block["number"], number), ()):
                position = max(text.find(word[4], position), position)
                while row + 1 < len(spans) and starts[row + 1] <= position:
                    row += 1
                if raw.swapped:
                    word = _put_right(word, position, raw.swapped)
                raised = (_raised(word[4], position, row, spans, starts),) if marked else ()
                position += len(word[4])
                pieces.append(((*word, *raised) if raised else word, spans[row]))
            yield pieces, line["dir"]


def _raised(word: str, start: int, row: int, spans: list[dict[str, Any]], starts: list[int]) -> tuple[int, int]:
    """Which characters of a word are its first superscript; an empty range where it has none."""
    end = start + len(word)
    bounds = [*starts[row + 1 :], end]
    parts = [
        (max(begin, start) - start, min(stop, end) - start)
        for span, begin, stop in zip(spans[row:], starts[row:], bounds, strict=True)
        if span["flags"] & _SUPERSCRIPT and begin < end
    ]
    return parts[0] if parts else (0, 0)


def swapped_letters(blocks: list[dict[str, Any]], lines: set[tuple[int, int]]) -> dict[tuple[int, int, int], str]:
    """Characters that belong before the one before them, as (block, line, character): the character.

    Accents drawn apart and after their letter (cedillas of TeX, all of some publishers), and the lam of Arabic's
    ligature with alef, whose letters MuPDF gives in the order of the page. A grave accent of TeX comes as a quotation
    mark, so it is here wherever it stands. `blocks` are those of `extractRAWDICT`.
    """
    found = {}
    for block in blocks:
        for number, line in enumerate(block.get("lines", ())):
            if (block["number"], number) not in lines:
                continue
            letters = [character for span in line["spans"] for character in span["chars"]]
            for place, letter in enumerate(letters):
                before, after = letters[place - 1] if place else None, letters[place + 1 : place + 2]
                where = block["number"], number, place
                if letter["c"] == "`" and any(_is_above(letter, other) for other in after):
                    found[where] = "`"
                elif before is None:
                    continue
                elif letter["c"] in ACCENTS or letter["c"] == "`":
                    if _is_above(letter, before):
                        found[where] = letter["c"].replace("`", _GRAVE)
                elif letter["c"] == _LAM and before["c"] in _ALEFS and _has_no_width(before):
                    found[where] = _LAM
    return found


def _has_no_width(letter: dict[str, Any]) -> bool:
    return bool(letter["bbox"][2] - letter["bbox"][0] < _NO_WIDTH)


def _is_above(accent: dict[str, Any], letter: dict[str, Any]) -> bool:
    x0, _, x1, _ = letter["bbox"]
    return letter["c"].isalpha() and bool(x0 < (accent["bbox"][0] + accent["bbox"][2]) / 2 < x1)


def may_be_swapped(blocks: list[dict[str, Any]]) -> set[tuple[int, int]]:
    """Lines, as (block, line), with letters that `swapped_letters` looks for; `blocks` are those of `extractDICT`."""
    return {
        (block["number"], number)
        for block in blocks
        for number, line in enumerate(block.get("lines", ()))
        if _MAY_BE_SWAPPED.search("".join(span["text"] for span in line["spans"]))
    }


def _put_right(word: tuple[Any, ...], start: int, swapped: dict[tuple[int, int, int], str]) -> tuple[Any, ...]:
    """A word with its letters in the order of reading, and accents before their letters, as `clean_word` takes them."""
    text = list(word[4])
    for place in range(len(text)):
        letter = swapped.get((word[5], word[6], start + place))
        if letter == "`":
            text[place] = _GRAVE
        elif letter and place:
            text[place - 1], text[place] = letter, text[place - 1]
    return (*word[:4], "".join(text), *word[5:])


def _cleaned(pieces: list[Piece], raw: RawPage) -> list[tuple[Word, dict[str, Any]]]:
    pairs: list[tuple[Word, dict[str, Any]]] = []
    for word, span in pieces:
        cleaned = clean_word(word[4])
        if cleaned:
            parts = split_word(cleaned, _placed(word[:4], raw.matrix))
            if len(parts) == 1 and word[8:] and word[8][1]:
                begin, end = (len(clean_word(word[4][:place])) for place in word[8])
                parts[0] = replace(parts[0], raised=(begin, end))
            if word[4].endswith("\xad"):  # shown at the end of a line only (The Unicode Standard, 23.2)
                parts[-1] = replace(parts[-1], text=parts[-1].text + "-", broken=True)
            pairs += [(part, span) for part in parts]
    return pairs


def _shows(span: dict[str, Any], word: Word, raw: RawPage, contrast: Contrast, behind: bool, fills: list[Box]) -> bool:
    """Whether a reader of the page sees the word; the text layer of a scanned page counts as seen.

    What is on or below a filled shape may have its colour, or be covered by it: the drawn page tells.
    """
    x0, y0, x1, y1 = word.box
    if span["size"] < _SMALLEST or x1 <= 0 or y1 <= 0 or x0 >= raw.width or y0 >= raw.height:
        return False
    if span["alpha"] < _LEAST_ALPHA or not span["char_flags"] & _PAINTED:
        return behind
    color = span["color"]
    if "bitmap" in span or min(color >> 16 & 255, color >> 8 & 255, color & 255) >= _NEARLY_WHITE:
        return contrast(word.box) >= _LEAST_CONTRAST
    return behind or not _is_filled(word.box, fills) or contrast(word.box) >= _LEAST_CONTRAST


def _beside(row: list[tuple[Word, dict[str, Any]]], fills: list[Box]) -> list[Box]:
    """The filled shapes at the height of a row."""
    top, bottom = min(word.box[1] for word, _ in row), max(word.box[3] for word, _ in row)
    return [box for box in fills if box[1] <= bottom and top <= box[3]]


def _may_hide(box: Box) -> bool:
    """Whether a filled shape can hide a word, and is no mark of a plot."""
    return box[2] - box[0] >= _HIDING_WIDTH and box[3] - box[1] >= _SMALLEST


def _is_filled(box: Box, fills: list[Box]) -> bool:
    """Whether the middle of a box lies within one of the filled shapes' boxes."""
    if not fills:
        return False
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return any(x0 <= x <= x1 and y0 <= y <= y1 for x0, y0, x1, y1 in fills)


def _line(seen: list[tuple[Word, dict[str, Any]]], matrix: tuple[float, ...], stroked: list[Box]) -> Line:
    looks: Counter[tuple[str, float, int]] = Counter()
    for word, span in seen:
        looks[span["font"], round(span["size"], 1), span["flags"]] += len(word.text)
    (font, size, flags), _ = looks.most_common(1)[0]
    first = seen[0][1]
    letters = sum(looks.values())
    biggest = max(count_size for (_, count_size, _) in looks)
    bold_share = sum(count for (name, _, flag), count in looks.items() if _is_bold(name, flag)) / letters
    faked_caps = _is_small_caps(seen, biggest)
    main = next((span for _, span in seen if (span["font"], round(span["size"], 1)) == (font, size)), first)
    return Line(
        words=tuple(word for word, _ in seen),
        **dict(zip(("x0", "y0", "x1", "y1"), union([word.box for word, _ in seen]), strict=True)),
        baseline=_turned_point(main["origin"], matrix)[1],
        size=biggest if faked_caps else size,
        font=font,
        bold=bold_share > 0.6 or bool(stroked and _is_stroked(seen, stroked)),
        italic=bool(flags & 2) or any(name in font.lower() for name in _ITALIC_NAMES),
        lead=_look(first) if _look(first) != _look(main) else "",
        small_caps=faked_caps or any(name in font.lower() for name in _CAPS_NAMES),
    )


def _is_stroked(seen: list[tuple[Word, dict[str, Any]]], stroked: list[Box]) -> bool:
    """Whether most of a line is made bold by drawing the letters' outlines too, as word processors do for Chinese."""
    letters = thick = 0
    for word, _ in seen:
        x, y = (word.box[0] + word.box[2]) / 2, (word.box[1] + word.box[3]) / 2
        letters += len(word.text)
        thick += len(word.text) * any(box[0] < x < box[2] and box[1] < y < box[3] for box in stroked)
    return 2 * thick > letters


def _look(span: dict[str, Any]) -> str:
    name = str(span["font"]).lower()
    if _is_bold(name, span["flags"]):
        return "bold"
    if span["flags"] & 2 or any(part in name for part in _ITALIC_NAMES):
        return "italic"
    return "caps" if any(part in name for part in _CAPS_NAMES) else ""


def _is_bold(font: str, flags: int) -> bool:
    name = _decoded(font).lower()
    return bool(flags & 16) or any(part in name for part in _BOLD_NAMES)


def _decoded(font: str) -> str:
    """Chinese font names come as UTF-8 read as Latin-1, one character a byte."""
    try:
        return font if font.isascii() else font.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return font


def _is_small_caps(seen: list[tuple[Word, dict[str, Any]]], biggest: float) -> bool:
    """Capitals of two sizes in one line, as TeX fakes small capitals."""
    text = "".join(word.text for word, _ in seen)
    sizes = {round(span["size"], 1) for _, span in seen}
    return text.isupper() and len(text) > 3 and any(0.65 * biggest < size < 0.9 * biggest for size in sizes)


def _oriented(
    raw: RawPage, lines: list[Line], sideways: list[tuple[Line, Box]], boxes: list[Box], scanned: bool, hidden: int
) -> PageLines:
    """The page as plain data; a page whose text runs sideways as a whole gets a layout that is turned back."""
    upright = sum(len(line.text) for line in lines)
    aside = sum(len(line.text) for line, _ in sideways)
    width, height = raw.width, raw.height
    if aside > 2 * upright and aside > 200:
        up = sum(direction[1] < 0 for _, direction in sideways) * 2 > len(sideways)
        lines, sideways = (
            [_turned_line(line, up, width, height) for line, _ in sideways],
            [(line, (0.0, 0.0, 0.0, 0.0)) for line in lines],
        )
        boxes = [_quarter(box, up, width, height) for box in boxes]
        width, height = height, width
    rules = [box for box in boxes if box[3] - box[1] < _RULE_HEIGHT and box[2] - box[0] > _RULE_LENGTH]
    shapes = [box for box in boxes if not (box[3] - box[1] < _RULE_HEIGHT and box[2] - box[0] > _RULE_LENGTH)]
    return PageLines(
        raw.number, raw.width, raw.height, width, height, tuple(lines), tuple(line for line, _ in sideways),
        tuple(shapes), tuple(rules), scanned, hidden,
    )  # fmt: skip


def _turned_line(line: Line, up: bool, width: float, height: float) -> Line:
    x0, y0, x1, y1 = _quarter((line.x0, line.y0, line.x1, line.y1), up, width, height)
    return Line(
        line.words, x0, y0, x1, y1, y1 - 0.2 * (y1 - y0), line.size, line.font, line.bold, line.italic, line.lead,
        line.small_caps,
    )  # fmt: skip


def _quarter(box: Box, up: bool, width: float, height: float) -> Box:
    """A box after a quarter turn of the page: text that ran up (or down) runs to the right."""
    x0, y0, x1, y1 = box
    return (height - y1, x0, height - y0, x1) if up else (y0, width - x1, y1, width - x0)


def _placed(box: Sequence[float], matrix: tuple[float, ...]) -> Box:
    x0, y0 = _turned_point((box[0], box[1]), matrix)
    x1, y1 = _turned_point((box[2], box[3]), matrix)
    return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)


def _turned_point(point: tuple[float, float], matrix: tuple[float, ...]) -> tuple[float, float]:
    a, b, c, d, e, f = matrix
    return a * point[0] + c * point[1] + e, b * point[0] + d * point[1] + f


def _turned(direction: tuple[float, float], matrix: tuple[float, ...]) -> tuple[float, float]:
    a, b, c, d, _, _ = matrix
    return a * direction[0] + c * direction[1], b * direction[0] + d * direction[1]


def _clipped(box: Box, raw: RawPage) -> Box:
    return max(box[0], 0.0), max(box[1], 0.0), min(box[2], raw.width), min(box[3], raw.height)


def _area(box: Box) -> float:
    return max(0.0, box[2] - box[0]) * max(0.0, box[3] - box[1])
