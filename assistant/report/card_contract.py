"""What is wrong with one card of a report: where it stops, its headings, what it rests on, its key findings."""

import re
from collections.abc import Iterator, Sequence

from assistant.report.page_parts import CardText, headings_of, plain
from assistant.verify.text_faults import Fault, FaultKind, fault_of_ending, patterns, tokens, words

_LONGEST_BASIS = 160  # characters of a line that says what a card rests on; longer ones are the paper's
_LIST_ITEM = re.compile(r"^([ \t]*)(?:[*+-]|\d+[.)])(?:[ \t]+|$)")
_RULES = re.compile(r"(?:\s*^(?:---|\*\*\*|___)[ \t]*$)*\s*\Z", re.MULTILINE)
_COUNT = re.compile(
    r"([一二两三四五六七八九十]|\d+)\s*(?:大|个|种|类|项|点|步|阶段|方面|部分|组)"
    r"|\b(two|three|four|five|six|seven|eight|nine|ten|\d+)\s+(?:[a-z-]+\s+){0,2}?[a-z-]+s\b",
    re.IGNORECASE,
)
_NUMERALS = dict(zip("一二三四五六七八九十", range(1, 11), strict=True)) | {"两": 2}
_WORDS = dict(zip("two three four five six seven eight nine ten".split(), range(2, 11), strict=True))


def faults_of_card(card: CardText, sections: Sequence[str]) -> list[Fault]:
    """The faults of one card; `sections` are the words of the headings that an analysis has, in order.

    A card without an analysis is a listed paper and has none of them.
    """
    if not card.analysis.text.strip():
        return []
    found = [*_headings(card, sections), *_basis(card), *_findings(card)]
    if not any(fault.kind is FaultKind.CUT for fault in found):  # once is enough
        found += _ending(card)
    return found


def _ending(card: CardText) -> Iterator[Fault]:
    """Where the analysis stops in the middle of a sentence, or of a list that was announced with its length."""
    text = _RULES.sub("", card.analysis.text)
    lines = text.split("\n")
    last = _without_place(_LIST_ITEM.sub("", lines[-1]).strip())
    bare = plain(last).strip(" *_.。")
    end = card.analysis.start + len(text)
    if last.startswith(("|", "#")) and last != "|":
        fault = Fault(FaultKind.CUT, "ends on a heading", 0, 0) if last.startswith("#") else None
    else:
        whole = bare.casefold().endswith(words("whole_endings")) or re.search(r"<https?://\S+>$|\]\([^()]*\)$", last)
        fault = None if whole else fault_of_ending(last)
    if fault:
        yield Fault(FaultKind.CUT, f"the analysis {fault.detail}: “…{last[-40:]}”", end - len(lines[-1]), end)
    elif short := _short_list(lines):
        yield Fault(FaultKind.CUT, short, end - len(lines[-1]), end)


def _without_place(line: str) -> str:
    """A line without the citations in brackets behind its last sentence."""
    depth = 0
    for offset in range(len(line) - 1, -1, -1) if line.endswith((")", "）")) else ():
        depth += (line[offset] in ")）") - (line[offset] in "(（")
        if depth == 0:
            before = line[:offset].rstrip()
            return before if before and before[-1] in '.!?。！？”"*' else line
    return line


def _short_list(lines: Sequence[str]) -> str:
    """Why the list at the end is not whole: its first line announces more items than follow."""
    item = _LIST_ITEM.match(lines[-1])
    if not item:
        return ""
    items = 0
    for line in reversed(lines):
        this = _LIST_ITEM.match(line)
        if this and this[1] == item[1]:
            items += 1
        elif line.strip() and len(line) - len(line.lstrip()) <= len(item[1]):
            break
    announced = [_count(match) for match in _COUNT.finditer(line)] if line.rstrip(" *").endswith((":", "：")) else []
    if announced and min(announced) > items:
        return f"the analysis stops in a list that announces {min(announced)} and holds {items}"
    return ""


def _count(match: re.Match[str]) -> int:
    written = match[1] or match[2].casefold()
    return _NUMERALS.get(written) or _WORDS.get(written) or int(written)


def _headings(card: CardText, sections: Sequence[str]) -> Iterator[Fault]:
    wanted = [section.casefold() for section in sections]
    present = dict.fromkeys(heading.words for heading in headings_of(card.analysis) if heading.words in wanted)
    places = [wanted.index(name) for name in present]
    missing = [row for row in range(len(wanted)) if row not in places]
    start, end = card.start, card.start + len(card.head.text)
    if places and missing and missing == list(range(max(places) + 1, len(wanted))):
        yield Fault(FaultKind.CUT, f"the analysis stops before “{sections[missing[0]]}”", start, end)
    elif missing:
        names = ", ".join(sections[row] for row in missing)
        yield Fault(
            FaultKind.MISSING_HEADING, f"{names} is missing" if places else "has none of its headings", start, end
        )
    if places != sorted(places):
        yield Fault(FaultKind.HEADING_ORDER, "headings stand in another order", start, end)
    for heading in headings_of(card.analysis):
        if heading.level <= card.level:
            detail = f"“{heading.words}” is a heading inside a card, at the level of the card's own"
            yield Fault(FaultKind.HEADING_STYLE, detail, heading.start, heading.start + len(heading.words))
            return


def _basis(card: CardText) -> Iterator[Fault]:
    lines = [line for line in card.text.splitlines() if len(line) <= _LONGEST_BASIS]
    if not any(pattern.search(line) for pattern in patterns("basis") for line in lines):
        detail = "does not say whether it rests on the full text or the abstract"
        yield Fault(FaultKind.MIXED_BASIS, detail, card.analysis.start, card.analysis.start + len(card.analysis.text))


def _findings(card: CardText) -> Iterator[Fault]:
    abstract = f" {' '.join(tokens(card.head.text))} "
    for finding in card.findings:
        said = plain(finding.text).lstrip("-*+ ").strip()
        if said.startswith(("“", '"')):  # shown as what it is
            continue
        detail = ""
        if said.rstrip("*_\"'”）) ").endswith(("?", "？")):
            detail = "is a question"
        elif f" {' '.join(tokens(said))} " in abstract:
            detail = "is a sentence of the abstract"
        if detail:
            yield Fault(FaultKind.KEY_FINDING_FAULT, detail, finding.start, finding.start + len(finding.text))
