"""The figures, tables, algorithms, sections and pages that a question gives by number, and where a paper has them.

Search by words cannot know that "Figure 9" asks for the caption of that number, so it is looked up.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from index.layout.regions import read_label
from index.model.paper import Paper, Span, Zone
from index.structure.tables import captions_stand_above

Kind = Literal["figure", "table", "algorithm", "section", "page"]

LONGEST = 2000  # characters of a place that are read: a caption, and of a long table its first rows
MOST = 3  # places of one question
_LONGEST_RANGE = 4  # "figures 1-4": more are a question about the whole paper

_NUMBER = r"(?:[A-Z]?\.?\d{1,3}(?:\.\d{1,2})*(?=[a-z]?(?!\w))|(?:[IVXL]{1,6}|[A-Z])(?!\w))"
_WORDS: dict[Kind, str] = {
    "figure": r"fig(?:ure)?s?\b\.?|(?<![意试企地])图|圖",
    "table": r"tab(?:le)?s?\b\.?|(?<![代发外])表",
    "algorithm": r"alg(?:orithm)?s?\b\.?|算法",
    "section": r"sec(?:tion)?s?\b\.?|§|appendix|附录|章节",
    "page": r"pages?\b|pp?\.",
}
_CHINESE_BEHIND: dict[Kind, str] = {"section": r"第\s*(\d+(?:\.\d+)*)\s*[节章]", "page": r"第\s*(\d+)\s*页"}
_ORDINALS = {"first": "1", "second": "2", "third": "3", "一": "1", "二": "2", "三": "3"}
_ORDINAL = re.compile(
    r"\b(?P<en>first|second|third)\s+(?P<float>figure|table|algorithm)\b|第(?P<zh>[一二三])[幅张个]?(?P<named>[图圖表]|算法)",
    re.IGNORECASE,
)
_FLOAT_WORDS: dict[Kind, str] = {
    "figure": r"\b(?:figures?|fig\.|charts?|plots?|diagrams?)|图(?!像|片|灵|谱)",
    "table": r"\btables?\b|表(?!示|达|征|明|现|述|面)",
    "algorithm": r"\balgorithms?\b|\bpseudo[- ]?code|算法|伪代码",
}
_ROMAN = {"I": 1, "V": 5, "X": 10, "L": 50}
_SECTION_NUMBER = re.compile(r"^(?:appendix\s+)?([A-Z]?\.?\d+(?:\.\d+)*|[IVXL]+|[A-Z])\b[.:]?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class NamedPlace:
    """A place as a question names it: its number without a point behind, Roman numerals in Arabic digits."""

    kind: Kind
    number: str


def named_places(question: str) -> tuple[NamedPlace, ...]:
    """The places that a question gives by number, in its order; of a wide range none.

    >>> [f"{place.kind} {place.number}" for place in named_places("Do Table II and figures 1-2 agree with §3.4?")]
    ['table 2', 'figure 1', 'figure 2', 'section 3.4']
    >>> [f"{place.kind} {place.number}" for place in named_places("第 5 页的图 3 表示什么？")]
    ['page 5', 'figure 3']
    """
    found: list[tuple[int, NamedPlace]] = []
    for kind, words in _WORDS.items():
        several = rf"({_NUMBER})(?:\s*(-|–|to|through|到|至)\s*(?:{words})?\s*({_NUMBER}))?"
        pattern = rf"(?:(?<![A-Za-z])(?:{words}))\s*{several}(?:\s*(?:and|&|,|和|与|、)\s*(?!{words})({_NUMBER}))?"
        for match in re.finditer(pattern, question, re.IGNORECASE):
            first, to, last, other = match.groups()
            if not _is_number(first) or (first == "I" and match.group()[0].islower()):
                continue
            numbers = _range(first, last) if to else [first]
            numbers += [other] if other and _is_number(other) else []
            found += [(match.start(), NamedPlace(kind, _arabic(number))) for number in numbers]
    for kind, pattern in _CHINESE_BEHIND.items():
        found += [(match.start(), NamedPlace(kind, match.group(1))) for match in re.finditer(pattern, question)]
    for match in _ORDINAL.finditer(question):
        (kind,) = asked_floats(match.group())
        found.append((match.start(), NamedPlace(kind, _ORDINALS[(match["en"] or match["zh"]).lower()])))
    return tuple(dict.fromkeys(place for _, place in sorted(found, key=lambda pair: pair[0])))


def find_place(paper: Paper, place: NamedPlace) -> Span | None:
    """Where a paper has it, or None: a caption with its table or the words in its figure, a section, a page."""
    if place.kind == "page":
        return next((page.span for page in paper.pages if str(page.number) == place.number), None)
    if place.kind == "section":
        for section in paper.sections:
            number = _SECTION_NUMBER.match(section.heading)
            if number and _arabic(number.group(1)) == place.number:
                return section.span
        return None
    return next((span for found, span in floats(paper) if found == place), None)


def asked_floats(question: str) -> tuple[Kind, ...]:
    """Which kinds of floats a question speaks of, by number or not.

    >>> asked_floats("In the figure that has a tree shape, ..."), asked_floats("Which optimizer?")
    (('figure',), ())
    """
    return tuple(kind for kind, words in _FLOAT_WORDS.items() if re.search(words, question, re.IGNORECASE))


def caption_in(paper: Paper, span: Span) -> Span | None:
    """The caption inside the span of a float, or None."""
    for zoned in paper.zones:
        if zoned.zone is Zone.CAPTION and zoned.span.overlaps(span):
            return Span(max(zoned.span.start, span.start), min(zoned.span.end, span.end))
    return None


def mentions(text: str, place: NamedPlace) -> bool:
    """Whether a text speaks of the place by its number."""
    return place in named_places(text)


def floats(paper: Paper) -> Iterator[tuple[NamedPlace, Span]]:
    """Each figure, table and algorithm that has a caption; a stretch of captions may hold several."""
    zones = paper.zones
    for row, zoned in enumerate(zones):
        if zoned.zone is not Zone.CAPTION:
            continue
        starts = [zoned.span.start]
        starts += [zoned.span.start + match.end() for match in re.finditer(r"\n\n(?=\S)", paper.quote(zoned.span))]
        labelled = [(start, label) for start in starts if (label := read_label(paper.text[start : start + 80]))]
        ends = [start for start, _ in labelled[1:]] + [zoned.span.end]
        for (start, (kind, number)), end in zip(labelled, ends, strict=True):
            own = Span(start, start + len(paper.text[start:end].rstrip()))
            beside = _beside(paper, row, kind) if len(labelled) == 1 else None
            yield NamedPlace(kind, _arabic(number)), _cut(paper, own, beside)


def _beside(paper: Paper, row: int, kind: str) -> Span | None:
    """The cells on the side of its tables where the paper has no captions, the words in the figure above a figure's.

    Else what is on the other side.
    """
    zones = paper.zones
    order = (row + 1, row - 1) if kind == "table" and captions_stand_above(paper) else (row - 1, row + 1)
    page = paper.page_range(zones[row].span)
    for other in order:
        if 0 <= other < len(zones) and zones[other].zone is Zone.TABLE and paper.page_range(zones[other].span) == page:
            return zones[other].span
    return None


def _cut(paper: Paper, caption: Span, beside: Span | None) -> Span:
    """The caption with what stands beside it, whole lines, the caption always whole."""
    if beside is None:
        return caption
    if beside.start >= caption.end:
        end = min(beside.end, max(caption.end, caption.start + LONGEST))
        cut = paper.text.rfind("\n", caption.end, end) if end < beside.end else end
        return Span(caption.start, max(cut, caption.end))
    start = max(beside.start, caption.end - LONGEST)
    if start > beside.start:
        line = paper.text.find("\n", start, caption.start)
        start = line + 1 if line >= 0 else caption.start
    return Span(min(start, caption.start), caption.end)


def _is_number(text: str) -> bool:
    """Whether it is one as it is written: "a" of "figure a" is none, "A" of "Appendix A" and "II" are."""
    return text[0].isdigit() or text.upper() == text


def _range(first: str, last: str) -> list[str]:
    if not (first.isdecimal() and last.isdecimal()) or not 0 < int(last) - int(first) < _LONGEST_RANGE:
        return []
    return [str(number) for number in range(int(first), int(last) + 1)]


def _arabic(number: str) -> str:
    """A number in Arabic digits where it is Roman.

    >>> _arabic("IV"), _arabic("B.2"), _arabic("C")
    ('4', 'B.2', 'C')
    """
    number = number.strip(".").upper()
    if not re.fullmatch("[IVXL]+", number):
        return number
    values = [_ROMAN[letter] for letter in number]
    return str(sum(-one if one < after else one for one, after in pairwise([*values, 0])))
