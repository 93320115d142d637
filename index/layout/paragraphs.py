"""Where paragraphs begin among the rows of running text, and how two rows are joined."""

import re
from collections import Counter

from index.layout.lines import CJK, needs_space
from index.layout.page_layout import Body, Row

_ENDS = re.compile(
    r"(?:[.!?:。！？：；…][\"'”’)\]】」]*"
    r"|[^\W\d_][)\]”]?[.!?][\"'”’)\]]*\s?\d{1,2}(?:,\d{1,2})*)$"  # with a note's number behind the full stop
)
_LEADERS = re.compile(r"(?:\.\s?){4}\d{1,4}$")  # a row of a table of contents
_BULLET = re.compile(r"^[•·●○■▪◦‣–*]\s+\S")
_ITEM = re.compile(r"^\(?(?:\d{1,2}|[a-z]|[ivx]{1,4})[.)]\s+\S")
_ENTRY = re.compile(r"^(?:\[[^\]]{1,20}\]|\d{1,3}\.\s|［\d{1,3}］|\(\d{1,3}\)\s)")
_LONGEST = 80  # characters of a compound that are looked at
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_TAIL = re.compile(r"(?<![^\W\d_])(?<![^\W\d_]-)([^\W\d_]++(?:-[^\W\d_]++)*+)-$")
_FRONT = re.compile(r"^([^\W\d_]+(?:-[^\W\d_]+)*)")
_KEEPING = frozenset(  # prefixes that are written with a hyphen more often than not
    "self non multi pre post semi sub co cross high low long short well state end one two three zero few".split()
)


def begins_paragraph(above: Row, row: Row, body: Body) -> bool:
    """Whether running text begins anew with `row`; `above` is the row before it in reading order."""
    ended = bool(_ENDS.search(above.text))
    if _LEADERS.search(above.text[-_LONGEST:]):
        return True
    if _BULLET.match(row.text) or (ended and _ITEM.match(row.text)):
        return True
    if abs(row.main.size - above.main.size) > 0.12 * body.size and min(len(row.text), len(above.text)) > 12:
        return True
    capital = row.text[:1].isupper() or bool(CJK.match(row.text)) or row.text[:1] in '“"‘(['
    if row.page != above.page or row.baseline <= above.baseline:  # the next column or page
        return ended and (_is_indented(row) or (_has_room(above, row) and capital))
    step = row.baseline - above.baseline
    usual = max(body.leading, 1.15 * row.main.size)
    if _is_math(row) and step < 3 * usual:
        return False
    if step > 3 * usual:  # a figure stood between, or the parts of a title page
        return ended or _has_room(above, row)
    if step > 1.3 * usual:
        return ended or (capital and (_is_math(above) or _has_room(above, row)))
    if _is_indented(row) and not _is_indented(above) and capital:
        return ended or _has_room(above, row)
    return ended and _has_room(above, row) and capital


def begins_entry(above: Row, row: Row, labelled: bool, hanging: float | None) -> bool:
    """Whether a reference begins with `row`: by its label, else where it is not hung in, else by a gap."""
    if labelled:
        return bool(_ENTRY.match(row.text))
    if hanging is not None:
        return row.box[0] - row.left < hanging
    return row.page == above.page and row.baseline - above.baseline > 1.35 * row.main.size


def entry_style(rows: list[Row]) -> tuple[bool, float | None]:
    """How references are told apart: by labels, or by the indentation (in points) that their first rows lack."""
    if not rows:
        return False, None
    labels = sum(bool(_ENTRY.match(row.text)) for row in rows)
    if labels >= 3 and labels > 0.1 * len(rows):
        return True, None
    insets = [row.box[0] - row.left for row in rows]
    hung = [inset for inset in insets if 4 < inset < 45]
    flush = [inset for inset in insets if inset <= 4]
    if len(flush) >= 2 and len(hung) >= 0.25 * len(rows):
        return False, 4.0
    return False, None


def _is_indented(row: Row) -> bool:
    return 0.6 * row.main.size < row.box[0] - row.left < 4.5 * row.main.size


def _has_room(above: Row, row: Row) -> bool:
    """Whether the first word of `row` would have fitted into the line above: then the line was ended on purpose.

    The lines of an abstract are shorter than the column, so the longer of the two rows says how long lines are.
    """
    wide = (row.box[2] - row.box[0]) / max(len(row.text), 1) * (len(row.words[0].text) + 1.5)
    beside = abs(above.left - row.left) < 1 and row.page == above.page
    room = above.right - above.box[2]
    local = max(row.box[2], above.box[2]) - above.box[2] if beside else room
    return local > wide or room > max(wide, 0.25 * (above.right - above.left))


def _is_math(row: Row) -> bool:
    letters = sum(len(word) for word in re.findall(r"[A-Za-z]{3,}", row.text))
    return letters < 0.5 * len(row.text.replace(" ", ""))


def count_words(rows: list[Row]) -> Counter[str]:
    """How often each word, also a hyphenated compound, stands inside a row of a paper."""
    counts: Counter[str] = Counter()
    for row in rows:
        text = row.text
        for match in _WORD.finditer(text):
            if match.end() < len(text) - 1:
                counts[match[0].lower()] += 1
    return counts


def join(before: str, after: str, counts: Counter[str]) -> tuple[str, bool]:
    """What stands between two rows' words, and whether the hyphen at the end of the first goes.

    >>> join("net-", "work", Counter()), join("self-", "attention", Counter(["self-attention"]))
    (('', True), ('', False))
    """
    tail, front = _TAIL.search(before[-_LONGEST:]), _FRONT.match(after[:_LONGEST])
    if tail and front:
        return "", not _keeps_hyphen(tail[1], front[1], counts)
    if before.endswith("-") and len(before) > 1 and after[:1].isalnum():
        return "", False
    if before[-1:] in "–—" and len(before) > 1 and before[-2].isalnum() and after[:1].isalnum():
        return "", False
    return (" " if needs_space(before, after) else ""), False


def _keeps_hyphen(before: str, after: str, counts: Counter[str]) -> bool:
    """Whether the hyphen between two lines belongs to a compound: judged by the paper's other words."""
    left, right = before.lower().rsplit("-", 1)[-1], after.lower().split("-", 1)[0]
    whole, compound = counts[left + right], counts[f"{left}-{right}"] + counts[f"{before}-{after}".lower()]
    if whole or compound:
        return compound >= whole
    if not after[0].islower() or "-" in before or "-" in after or len(left) == 1:
        return True
    if left in _KEEPING:
        return counts[right] > 0
    return min(len(left), len(right)) >= 4 and counts[left] >= 2 and counts[right] >= 2
