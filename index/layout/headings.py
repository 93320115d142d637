"""Which rows are headings, and of which level: by numbering, by names that every paper uses, by fonts.

The look of the numbered headings is learned first and then finds the unnumbered ones of the same look.
"""

import re
from collections import Counter
from dataclasses import dataclass, replace

from index.layout.lines import CJK
from index.layout.page_layout import Body, Row

NUMBERED = re.compile(
    r"""^(?:
      (?P<digits>\d{1,2}(?:\s?\.\s?\d{1,2}){0,3})(?P<dot>[.．:、])?
    | (?P<roman>[IVX]{1,5})\.(?=\s)
    | (?P<letter>[A-Z](?:\.\d{1,2}){0,3})(?:[.:]|(?=\s))
    | (?P<appendix>(?:Appendix|APPENDIX|附录)\s*(?:[A-Z]\b|\d{1,2})?(?:\.\d{1,2})*)(?:[.:]|(?=\s))
    | (?P<chinese>[一二三四五六七八九十]{1,3})[、.．]
    | 第\s*(?P<chapter>[一二三四五六七八九十\d]{1,3})\s*[章节部]
    )\s*(?P<title>\S.*)$""",
    re.VERBOSE,
)
_CHINESE_SUB = re.compile(r"^[（(][一二三四五六七八九十]{1,3}[）)]\s*\S")
_NAMES = """
abstract, introduction, background, preliminaries, notation, method, methods, methodology, materials and methods,
results, experiments, evaluation, discussion, limitations, conclusion, conclusions, conclusion and future work,
conclusions and future work, future work, summary, executive summary, related work, related works, prior work,
literature review, references, bibliography, works cited, literature cited, acknowledgments, acknowledgements,
acknowledgment, acknowledgement, appendix, appendices, supplementary material, supplementary materials,
supplemental material, ethics statement, ethical considerations, broader impact, broader impacts, impact statement,
reproducibility statement, author contributions, data availability, code availability, competing interests, keywords,
index terms, contents, table of contents,
摘要, 引言, 前言, 绪论, 导读, 方法, 结果, 讨论, 结论, 结语, 致谢, 附录, 参考文献
"""
NAMES = frozenset(name.strip() for name in _NAMES.split(","))


def plain_name(text: str) -> str:
    """A heading without its number, in lower case, to compare it with names.

    >>> plain_name("5. Related Work"), plain_name("VI. CONCLUSION"), plain_name("A B S T R A C T")
    ('related work', 'conclusion', 'abstract')
    """
    spaced = re.fullmatch(r"(?:\w )+\w", text.strip())
    match = None if spaced else NUMBERED.match(text)
    title = match["title"] if match and len(match["title"]) > 2 else text
    title = re.sub(r"\s+", "" if spaced else " ", title)
    return title.strip(" .:：—–-[]【】").lower()


def number_of(text: str) -> tuple[tuple[str, ...], int]:
    """The parts of a heading's number and its depth: "3.1 Attention" -> (("3", "1"), 2)."""
    match = NUMBERED.match(text)
    if _CHINESE_SUB.match(text):
        return ("zh-sub",), 2
    if not match:
        return (), 0
    title = match["title"]
    if not (title[0].isupper() or CJK.match(title) or title[0] in "“\"'‘(" or (match["digits"] and title[0].isalpha())):
        return (), 0
    if match["digits"]:
        parts = tuple(re.sub(r"\s", "", match["digits"]).split("."))
        glued = text[len(match["digits"]) :][:1]
        if (glued.isalpha() and not CJK.match(glued)) or (len(parts) == 1 and int(parts[0]) > 40):
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


_LONGEST = 130  # characters of a row of a heading
_PAGE_AT_END = re.compile(r"(?:\D|^)\d{1,3}$")
_LISTED = re.compile(r"^(?P<heading>(?:(?P<depth>\d{1,2}(?:\.\d{1,2}){1,3})\.?|\d{1,2}\))\s+[A-Z][^:.]{2,80})[:.]\s+\S")
_RUN_IN = re.compile(
    r"^(?P<name>Abstract|ABSTRACT|Summary|SUMMARY|摘\s*要|\[摘要\]|【\s*摘\s*要\s*】|［摘要］|内容提要)\s*(?P<sep>[-—–.:：]|(?<=[】］\]]))\s*\S"
)


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


def find_headings(rows: list[Row], body: Body) -> list[Heading]:
    """The headings among the rows of a paper in reading order."""
    contents = contents_rows(rows)
    candidates = [candidate for candidate in _candidates(rows, body) if candidate.first not in contents]
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
    for heading in _running_in(rows, {candidate.number for candidate in numbered}):
        chosen.setdefault(heading.first, heading)
    return _without_authors([chosen[first] for first in sorted(chosen)], rows)


def contents_rows(rows: list[Row]) -> set[int]:
    """The rows of a table of contents: after its heading, titles that end in the number of a page."""
    found: set[int] = set()
    for start, row in enumerate(rows):
        if plain_name(row.text) not in ("contents", "table of contents", "目录"):
            continue
        misses = 0
        for index in range(start + 1, len(rows)):
            misses = 0 if _PAGE_AT_END.search(rows[index].text) else misses + 1
            if misses > 3:
                break
            found.add(index)
        while found and not _PAGE_AT_END.search(rows[max(found)].text):
            found.remove(max(found))
        break
    return found


def _running_in(rows: list[Row], numbers: set[tuple[str, ...]]) -> list[Heading]:
    """Headings with their text on the same row: "Abstract—…", "1) New Modules: …", "3.2.1 Data. …"."""
    found = []
    roman = any(number[0] == "roman" for number in numbers)
    for index, row in enumerate(rows):
        look = row.lines[0]
        match = _RUN_IN.match(row.text)
        if match and row.page <= 3:
            found.append(Heading(index, index, match["name"].strip("[]【】［］ "), 1, runs_in=True))
        match = _LISTED.match(row.text) if look.lead or look.italic or look.bold else None
        if match and (match["depth"] or (roman and "italic" in (look.lead, "italic" * look.italic))):
            level = match["depth"].count(".") + 1 if match["depth"] else 3
            if not match["depth"] or tuple(match["depth"].split(".")) not in numbers:
                found.append(Heading(index, index, match["heading"].strip(), level, runs_in=True))
    return found


def _without_authors(headings: list[Heading], rows: list[Row]) -> list[Heading]:
    """Without what looks like a heading on the first page but stands before the abstract or the first section."""
    for position, heading in enumerate(headings):
        if rows[heading.first].page > 2:
            break
        if plain_name(heading.text) in NAMES or heading.runs_in:
            return headings[position:]
    return headings


def _candidates(rows: list[Row], body: Body) -> list[_Candidate]:
    found, skip = [], -1
    for index, row in enumerate(rows):
        if index <= skip or len(row.text) > _LONGEST or not _may_be_heading(row):
            continue
        strength = _strength(rows, index, body)
        if strength <= 0:
            continue
        last = _last_row(rows, index, body)
        text = " ".join(rows[i].text for i in range(index, last + 1))
        text = re.sub(r"(\w)- (?=[a-z])", r"\1", text)
        number, depth = number_of(text)
        if len(text) > 220 or (not depth and text.rstrip().endswith((".", ",", ";")) and plain_name(text) not in NAMES):
            continue
        main = row.main
        style = (round(main.size * 2) / 2, main.bold, main.small_caps or _capitals(row.text))
        found.append(_Candidate(index, last, text, depth, number, style, strength))
        skip = last
    return found


def _may_be_heading(row: Row) -> bool:
    match = NUMBERED.match(row.text)
    text = match["title"] if match else row.text
    letters = sum(character.isalpha() for character in text)
    small = row.text[0].islower() and not re.fullmatch(r"(?:\w ){3,}\w", row.text)  # Elsevier's "a b s t r a c t"
    return letters >= 2 and letters > 0.4 * len(text.replace(" ", "")) and not small


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
    if plain_name(row.text) in NAMES and larger > -1.6:
        score += 0.8
    elif larger < -0.6:
        score -= 0.8
    elif score == 0.0 and _is_plain_numbered(row):
        score = 0.4
    return score * (1.0 if _isolated(rows, index, body) else 0.4)


def _is_plain_numbered(row: Row) -> bool:
    """A short numbered row in the body's own look: "3.3 模型设定", "2.1 Data" in journals that set them plain."""
    match = NUMBERED.match(row.text)
    share = 0.75 if CJK.search(row.text) else 0.6
    short = row.box[2] - row.left < share * (row.right - row.left) and not row.text.rstrip().endswith(
        (".", "。", ",", "，")
    )
    if not match or not short or re.search(r"[：，。；:;]", match["title"]):
        return False
    return bool(CJK.search(match["title"])) or bool(match["digits"] and "." in match["digits"])


def _isolated(rows: list[Row], index: int, body: Body) -> bool:
    """Whether there is more room above the row than between lines, or the column begins with it."""
    row = rows[index]
    if index == 0 or rows[index - 1].page != row.page:
        return True
    above = rows[index - 1]
    step = row.baseline - above.baseline
    return step < 0 or step > 1.2 * max(body.leading, row.main.size) or abs(above.left - row.left) > 60


def _last_row(rows: list[Row], first: int, body: Body) -> int:
    """The last row of a heading that goes over several lines."""
    last, row = first, rows[first]
    plain = (row.main.font, row.main.bold) == (body.font, body.bold) and row.main.size < body.size + 0.4
    if plain and not _capitals(row.text):
        return first  # nothing tells a second row from the text below
    while last + 1 < len(rows) and last - first < 3:
        below = rows[last + 1]
        step = below.baseline - rows[last].baseline
        capitals = _capitals(row.text) and _capitals(below.text) and 0.7 < below.main.size / row.main.size <= 1.05
        same = (abs(below.main.size - row.main.size) < 0.3 or capitals) and below.main.bold == row.main.bold
        alike = below.main.font == row.main.font and (capitals or not _capitals(row.text))
        if below.page != row.page or not 0 < step < 1.5 * row.main.size or not same or not alike:
            break
        if number_of(below.text)[1] and not below.text[:1].islower():
            break
        last += 1
    return last


def _in_sequence(candidates: list[_Candidate]) -> list[_Candidate]:
    """Those whose numbers follow on each other; strong ones may skip a number."""
    kept: list[_Candidate] = []
    seen: set[tuple[str, ...]] = set()
    best: dict[tuple[str, ...], float] = {}
    for candidate in candidates:
        best[candidate.number] = max(best.get(candidate.number, 0.0), candidate.strength)
    top = Counter(c.number[0] for c in candidates if c.number and c.number[0] in ("roman", "zh"))
    for candidate in candidates:
        number = candidate.number
        repeated = number in seen and number[0] not in ("zh-sub", "appendix")
        if candidate.strength < max(0.3, 0.6 * best[number]) or repeated:
            continue
        if not _follows(candidate, seen, roman=top["roman"] > 0):
            continue
        if len(number) == 1 and len(number[0]) == 1 and number[0].isalpha() and top["roman"] >= 2:
            alone = set(number[0]) <= set("IVX") and ("roman", number[0]) not in seen
            candidate = replace(candidate, depth=1 if alone and candidate.style[2] else 2)  # "A." below "II."
        else:
            seen.add(number)
        kept.append(candidate)
    return kept


def _follows(candidate: _Candidate, seen: set[tuple[str, ...]], roman: bool) -> bool:
    """Whether the number before it was seen, or the look is strong enough without."""
    number, parent = candidate.number, candidate.number[:-1]
    if number[0].isdecimal() and number[-1].isdecimal():
        value = int(number[-1])
        known = value in (0, 1) or (*parent, str(value - 1)) in seen
        return (known and (not parent or parent in seen)) or candidate.strength >= 0.75
    if len(number[0]) == 1 and number[0].isalpha() and number[0] != "A" and candidate.depth == 1 and not roman:
        return (chr(ord(number[0]) - 1),) in seen or candidate.strength >= 1.2
    return True


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
