"""Which rows are headings, and of which level: by numbering, by names that every paper uses, by fonts.

The look of the numbered headings is learned first and then finds the unnumbered ones of the same look.
"""

import re
from collections import Counter
from dataclasses import dataclass

from index.page_layout import Body, Row
from index.page_lines import CJK

_LONGEST = 130  # characters of a row of a heading
_NUMBERED = re.compile(
    r"^(?:(?P<digits>\d{1,2}(?:\s?\.\s?\d{1,2}){0,3})(?P<dot>[.．:、])?|(?P<roman>[IVX]{1,5})\.|(?P<letter>[A-Z](?:\.\d{1,2}){0,3})(?:[.:]|(?=\s))"
    r"|(?P<appendix>(?:Appendix|APPENDIX|附录)\s*(?:[A-Z]\b|\d{1,2})?(?:\.\d{1,2})*)(?:[.:]|(?=\s))|(?P<chinese>[一二三四五六七八九十]{1,3})[、.．]"
    r"|第\s*(?P<chapter>[一二三四五六七八九十\d]{1,3})\s*[章节部])\s*(?P<title>\S.*)$"
)
_CHINESE_SUB = re.compile(r"^[（(][一二三四五六七八九十]{1,3}[）)]\s*\S")
NAMES = frozenset(
    """abstract introduction background references bibliography conclusion conclusions discussion acknowledgments acknowledgements
    acknowledgment acknowledgement appendix appendices method methods methodology results experiments limitations
    preliminaries notation summary evaluation keywords contents 摘要 引言 前言 绪论 参考文献 致谢 结论 结语 附录 讨论 方法 结果 导读""".split()
) | {
    "related work", "related works", "prior work", "literature review", "works cited", "literature cited", "ethics statement",
    "broader impact", "broader impacts", "impact statement", "supplementary material", "supplementary materials",
    "supplemental material", "materials and methods", "conclusion and future work", "conclusions and future work",
    "future work", "reproducibility statement", "author contributions", "index terms", "data availability", "a b s t r a c t",
    "ethical considerations", "code availability", "competing interests", "executive summary", "table of contents",
}  # fmt: skip
_RUN_IN = re.compile(
    r"^(?P<name>Abstract|ABSTRACT|Summary|SUMMARY|摘\s*要|\[摘要\]|【\s*摘\s*要\s*】|［摘要］|内容提要)\s*(?P<sep>[-—–.:：]|(?<=[】］\]]))\s*\S"
)
_LEADING = re.compile(r"^[\d.\sIVXA-Z]{1,8}[.:]?\s")
_ROMAN = {"I": 1, "V": 5, "X": 10}


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading over rows [first, last] of the flow; one that runs in has its text on the same row."""

    first: int
    last: int
    text: str
    level: int
    runs_in: bool = False


@dataclass(frozen=True, slots=True)
class _Candidate:
    first: int
    last: int
    text: str
    depth: int  # of its number; 0 without one
    number: tuple[str, ...]
    style: tuple[float, bool, bool]  # size, bold, capitals
    strength: float


def plain_name(text: str) -> str:
    """A heading without its number, in lower case, to compare it with names.

    >>> plain_name("5. Related Work"), plain_name("VI. CONCLUSION"), plain_name("A B S T R A C T")
    ('related work', 'conclusion', 'abstract')
    """
    match = _NUMBERED.match(text)
    title = match["title"] if match and len(match["title"]) > 2 else text
    title = re.sub(r"\s+", " ", title).strip(" .:：—–-[]【】").lower()
    return title.replace(" ", "") if re.fullmatch(r"(?:\w )+\w", title) else title


def find_headings(rows: list[Row], body: Body) -> list[Heading]:
    """The headings among the rows of a paper in reading order."""
    candidates = _candidates(rows, body)
    numbered = _in_sequence([candidate for candidate in candidates if candidate.depth])
    styles = _level_styles(numbered)
    chosen: dict[int, Heading] = {
        candidate.first: Heading(candidate.first, candidate.last, candidate.text, candidate.depth)
        for candidate in numbered
    }
    ranks = _ranks([candidate for candidate in candidates if not candidate.depth and candidate.strength >= 1.0])
    for candidate in candidates:
        if candidate.depth or candidate.first in chosen:
            continue
        level = _unnumbered_level(candidate, styles, ranks, len(numbered))
        if level:
            chosen[candidate.first] = Heading(candidate.first, candidate.last, candidate.text, level)
    for index, row in enumerate(rows):
        match = _RUN_IN.match(row.text)
        if match and index not in chosen and row.page <= 3:
            chosen[index] = Heading(index, index, match["name"].strip("[]【】［］ "), 1, runs_in=True)
    return [chosen[first] for first in sorted(chosen)]


def _candidates(rows: list[Row], body: Body) -> list[_Candidate]:
    found, skip = [], -1
    for index, row in enumerate(rows):
        if index <= skip or len(row.text) > _LONGEST or not _may_be_heading(row):
            continue
        strength = _strength(rows, index, body)
        if strength <= 0:
            continue
        last = _last_row(rows, index)
        text = " ".join(rows[i].text for i in range(index, last + 1))
        text = re.sub(r"(\w)- (?=[a-z])", r"\1", text)
        number, depth = _number(text)
        if len(text) > 220 or (not depth and text.rstrip().endswith((".", ",", ";")) and plain_name(text) not in NAMES):
            continue
        main = row.main
        style = (round(main.size * 2) / 2, main.bold, main.small_caps or _capitals(row.text))
        found.append(_Candidate(index, last, text, depth, number, style, strength))
        skip = last
    return found


def _may_be_heading(row: Row) -> bool:
    text = row.text
    letters = sum(character.isalpha() for character in text)
    return letters >= 2 and letters > 0.5 * len(text.replace(" ", "")) and not text[0].islower()


def _capitals(text: str) -> bool:
    letters = [character for character in text if character.isalpha() and character.isascii()]
    return len(letters) > 3 and all(letter.isupper() for letter in letters)


def _strength(rows: list[Row], index: int, body: Body) -> float:
    """How much a row looks like a heading; 0 is not at all, 1 is enough without a number."""
    row, main = rows[index], rows[index].main
    looks = {(line.bold, round(line.size)) for line in row.lines if len(line.text) > 3}
    if len(looks) > 1 or (main.lead and not main.bold and not main.small_caps):
        return 0.0
    larger = main.size - body.size
    score = 0.0
    if larger > 0.4:
        score += min(1.0, 0.5 + larger / 4)
    if main.bold and not body.bold:
        score += 0.8
    if main.small_caps or _capitals(row.text):
        score += 0.5
    if main.font != body.font and (main.italic or CJK.search(row.text)):
        score += 0.4
    if plain_name(row.text) in NAMES and larger > -0.6:
        score += 0.8
    if larger < -0.6:
        score -= 0.8
    return score * (1.0 if _isolated(rows, index, body) else 0.4)


def _isolated(rows: list[Row], index: int, body: Body) -> bool:
    """Whether there is more room above the row than between lines, or the column begins with it."""
    row = rows[index]
    if index == 0 or rows[index - 1].page != row.page:
        return True
    above = rows[index - 1]
    step = row.baseline - above.baseline
    return step < 0 or step > 1.2 * max(body.leading, row.main.size) or abs(above.left - row.left) > 60


def _last_row(rows: list[Row], first: int) -> int:
    """The last row of a heading that goes over several lines."""
    last, row = first, rows[first]
    while last + 1 < len(rows) and last - first < 3:
        below = rows[last + 1]
        step = below.baseline - rows[last].baseline
        same = abs(below.main.size - row.main.size) < 0.3 and below.main.bold == row.main.bold
        alike = below.main.font == row.main.font or below.main.small_caps == row.main.small_caps
        if below.page != row.page or not 0 < step < 1.5 * row.main.size or not same or not alike:
            break
        number, depth = _number(below.text)
        filled = rows[last].box[2] > row.right - 0.25 * (row.right - row.left)
        centred = abs((below.box[0] + below.box[2]) - (row.box[0] + row.box[2])) < 12
        if depth and not below.text[:1].islower() and number != () or not (filled or centred):
            break
        last += 1
    return last


def _number(text: str) -> tuple[tuple[str, ...], int]:
    """The parts of a heading's number and its depth: "3.1 Attention" -> (("3", "1"), 2)."""
    match = _NUMBERED.match(text)
    if _CHINESE_SUB.match(text):
        return ("zh-sub",), 2
    if not match:
        return (), 0
    title = match["title"]
    if not (title[0].isupper() or CJK.match(title) or title[0] in "“\"'‘(" or match["digits"] and title[0].isalpha()):
        return (), 0
    if match["digits"]:
        parts = tuple(re.sub(r"\s", "", match["digits"]).split("."))
        glued = text[len(match["digits"]) :][:1]
        if glued.isalpha() and not CJK.match(glued) or len(parts) == 1 and int(parts[0]) > 40:
            return (), 0
        return parts, len(parts)
    if match["roman"]:
        return ("roman", match["roman"]), 1
    if match["letter"]:
        if not re.match(r"[A-Z](?:\.\d|[.:]|\s)", text):
            return (), 0
        parts = tuple(match["letter"].split("."))
        return parts, len(parts)
    if match["appendix"]:
        return ("appendix", match["appendix"]), 1 + match["appendix"].count(".")
    return ("zh", match["chinese"] or match["chapter"]), 1


def _in_sequence(candidates: list[_Candidate]) -> list[_Candidate]:
    """Those whose numbers follow on each other; strong ones may skip a number."""
    kept: list[_Candidate] = []
    seen: set[tuple[str, ...]] = set()
    top = Counter(c.number[0] for c in candidates if c.number and c.number[0] in ("roman", "zh"))
    for candidate in candidates:
        number, depth = candidate.number, candidate.depth
        if candidate.strength < 0.3 or number in seen and number[0] not in ("zh-sub", "appendix"):
            continue
        if number[0].isdigit():
            value = int(number[-1])
            parent = number[:-1]
            previous = (*parent, str(value - 1))
            follows = value in (0, 1) or previous in seen
            rooted = not parent or parent in seen
            if not (follows and rooted) and candidate.strength < 0.75:
                continue
        elif len(number[0]) == 1 and number[0].isalpha() and number[0] != "A" and depth == 1 and not top["roman"]:
            if (chr(ord(number[0]) - 1),) not in seen and candidate.strength < 1.2:
                continue
        if len(number[0]) == 1 and number[0].isalpha() and len(number) == 1 and top["roman"] >= 2:
            roman_alone = set(number[0]) <= set(_ROMAN) and ("roman", number[0]) not in seen
            depth = 1 if roman_alone and candidate.style[2] else 2
            candidate = _Candidate(
                candidate.first, candidate.last, candidate.text, depth, number, candidate.style, candidate.strength
            )
        else:
            seen.add(number)
        kept.append(candidate)
    return kept


def _level_styles(numbered: list[_Candidate]) -> dict[tuple[float, bool, bool], int]:
    """The look of numbered headings -> their level, where one level has it."""
    votes: dict[tuple[float, bool, bool], Counter[int]] = {}
    for candidate in numbered:
        votes.setdefault(candidate.style, Counter())[candidate.depth] += 1
    return {style: counter.most_common(1)[0][0] for style, counter in votes.items()}


def _ranks(candidates: list[_Candidate]) -> dict[tuple[float, bool, bool], int]:
    """Looks of unnumbered headings by size, the largest first: level 1, 2, 3."""
    counts = Counter(candidate.style for candidate in candidates)
    order = sorted((style for style, count in counts.items() if count >= 2), reverse=True)
    return {style: min(level, 3) for level, style in enumerate(order, start=1)}


def _unnumbered_level(
    candidate: _Candidate,
    styles: dict[tuple[float, bool, bool], int],
    ranks: dict[tuple[float, bool, bool], int],
    numbered: int,
) -> int:
    """The level of an unnumbered candidate; 0 if it is no heading."""
    name = plain_name(candidate.text)
    if name in NAMES and candidate.strength >= 0.5:
        return styles.get(candidate.style, 1)
    if numbered >= 3:
        level = styles.get(candidate.style, 0)
        return level if level and candidate.strength >= 0.75 and (candidate.style[2] or candidate.strength > 1.0) else 0
    return ranks.get(candidate.style, 0) if candidate.strength >= 0.8 else 0
