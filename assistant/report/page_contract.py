"""What a rendered report may never show: the check of each Markdown page before it is kept.

The faults of paragraphs come from assistant/verify/text_faults.py and assistant/verify/fact_check.py, those of a card
from assistant/report/card_contract.py; here stand those of the page: its headings, its dates, its links, what repeats.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from assistant.breakdown.record import SECTIONS, Breakdown
from assistant.digest.record import Digest
from assistant.llm.prompts import Language
from assistant.report.card_contract import faults_of_card
from assistant.report.page_parts import (
    BOLD_LINE,
    CardText,
    HeadingLine,
    PageText,
    Part,
    headings_of,
    paragraphs_of,
    parts_of,
    places_of,
    plain,
    single_part_of,
    unescaped,
    unlinked,
    unquoted,
    without_links,
)
from assistant.report.words import words_of
from assistant.verify.fact_check import contradictory_numbers, faults_of_links, links_of
from assistant.verify.text_faults import Fault, FaultKind, faults_of_passage, patterns, tokens, without_code

_LEAST_REPEATED = 60  # characters of a paragraph that may stand only once
_MOST_SHOWN = 4  # abstract, the field that asks for it, core idea, pipeline to remember
_LEAST_PROSE = 60  # characters of a code block that is a paragraph by mistake
_ANNOUNCE = re.compile(r"(?:arXiv:\S+\s+)?Announce Type:", re.IGNORECASE)
_DATE = re.compile(r"(20\d\d)[-/.年]\s?(\d{1,2})[-/.月]\s?(\d{1,2})")
_ANCHORS = re.compile(r"<a (?:id|name)=[\"']([^\"'\n]+)[\"']")
_FRAGMENT = re.compile(r"\]\(#([^()\s]+)\)")
_ITEM = re.compile(r"\n(?=[ \t]*(?:[*+-]|\d+[.)])[ \t])")


@dataclass(frozen=True, slots=True)
class PageShape:
    """What a page of ours holds: the headings around the cards and those of each analysis, by their words and in order.

    `single` is the page of one paper. Without `language` none is checked; without `day` the date of the title counts.
    """

    language: Language | None = None
    sections: tuple[str, ...] = ()
    card_sections: tuple[str, ...] = ()
    day: date | None = None
    single: bool = False


def digest_shape(digest: Digest) -> PageShape:
    """What the Markdown page of a digest or a monitor's report holds."""
    word = words_of(digest.language)
    names = ("digest.summary", "page.contents") if digest.cards else ("digest.summary",)
    analysed = tuple(word(f"section.{name}") for name in SECTIONS)
    return PageShape(digest.language, tuple(map(word, names)), analysed, digest.day)


def breakdown_shape(breakdown: Breakdown) -> PageShape:
    """What the Markdown page of one paper's breakdown holds."""
    word = words_of(breakdown.language)
    return PageShape(breakdown.language, (), tuple(word(f"section.{name}") for name in SECTIONS), single=True)


def faults_of_page(markdown: str, shape: PageShape) -> list[Fault]:
    """What is wrong with a report's page, in order of place; empty where it may be kept."""
    return faults_of_parts(single_part_of(markdown) if shape.single else parts_of(markdown), shape)


def faults_of_parts(page: PageText, shape: PageShape) -> list[Fault]:
    """The same for a page that is already in its parts."""
    found = [*_marks_left_in(page.text), *_dates(page, shape), *_sections(page, shape.sections)]
    found += [*_styles(page.cards), *_papers(page.cards), *_repeats(page), *_fragments(page.text)]
    for card in page.cards:
        found += [*faults_of_card(card, shape.card_sections), *_links(card)]
    first = page.frame[0] if page.frame else Part("", 0)
    summary = re.search(r"^##[ \t]", first.text, re.MULTILINE)  # before it stand keywords, in any language
    middle = summary.start() if summary else len(first.text)
    found += _paragraphs(Part(first.text[:middle], first.start), None)
    found += _paragraphs(Part(first.text[middle:], first.start + middle), shape.language)
    for part in page.frame[1:]:
        found += _paragraphs(part, None)
    for card in page.cards:
        found += _paragraphs(card.analysis, shape.language)
    return sorted(found, key=lambda fault: (fault.start, fault.end))


def _marks_left_in(text: str) -> Iterator[Fault]:
    from markdown_it import MarkdownIt

    for match in _ANNOUNCE.finditer(text):
        yield Fault(FaultKind.ANNOUNCE_PREFIX, f"“{match.group()}” is left in", *match.span())
    starts = [0, *(match.end() for match in re.finditer("\n", text)), len(text)]
    for token in MarkdownIt().parse(text):
        if token.type == "code_block" and token.map and len(" ".join(token.content.split())) >= _LEAST_PROSE:
            first, last = token.map
            yield Fault(
                FaultKind.INDENTED_ABSTRACT, "is indented, so that it is shown as code", starts[first], starts[last]
            )


def _dates(page: PageText, shape: PageShape) -> Iterator[Fault]:
    """Headings around the cards that name another day than the page's."""
    headings = [heading for part in page.frame for heading in _headed(part)]
    named = [(heading, found) for heading, text in headings if (found := _DATE.search(text))]
    if not named:
        return
    day = shape.day.timetuple()[:3] if shape.day else tuple(map(int, named[0][1].groups()))
    for heading, found in named:
        if tuple(map(int, found.groups())) != tuple(day):
            detail = f"says {found.group()} on a page of {'-'.join(f'{part:02d}' for part in day)}"
            yield Fault(FaultKind.DATE_MISMATCH, detail, heading.start, heading.start + len(heading.words))


def _headed(part: Part) -> Iterator[tuple[HeadingLine, str]]:
    """Headings with their lines as written, remarks in brackets included."""
    for heading in headings_of(part):
        yield heading, part.text[heading.start - part.start :].split("\n", 1)[0]


def _sections(page: PageText, wanted: tuple[str, ...]) -> Iterator[Fault]:
    headings = [heading for part in page.frame for heading in headings_of(part) if heading.level < BOLD_LINE]
    present = [heading.words for heading in headings if heading.words in {each.casefold() for each in wanted}]
    order = [each.casefold() for each in wanted]
    for each in wanted:
        if each.casefold() not in present:
            yield Fault(FaultKind.MISSING_HEADING, f"{each} is missing", 0, 0)
    if [order.index(each) for each in present] != sorted({order.index(each) for each in present}):
        yield Fault(FaultKind.HEADING_ORDER, "sections stand in another order or twice", 0, 0)


def _styles(cards: tuple[CardText, ...]) -> Iterator[Fault]:
    """Headings of the same words that are written in several ways across cards, one fault for each."""
    styles: dict[str, dict[str, HeadingLine]] = {}
    for card in cards:
        for heading in headings_of(card.analysis):
            styles.setdefault(heading.words, {}).setdefault(heading.style, heading)
    for name, found in styles.items():
        if name and len(found) > 1:
            odd = list(found.values())[1]
            detail = f"“{name}” is written in {len(found)} ways: {'; '.join(found)}"
            yield Fault(FaultKind.HEADING_STYLE, detail, odd.start, odd.start + len(name))


def _papers(cards: tuple[CardText, ...]) -> Iterator[Fault]:
    seen: set[str] = set()
    for card in cards:
        keys = {card.paper, " ".join(tokens(card.title))} - {""}
        if keys & seen:
            yield Fault(
                FaultKind.SAME_PAPER_TWICE, f"{card.paper or card.title} has a card already", card.start, card.start
            )
        seen |= keys


def _paragraphs(part: Part, language: Language | None) -> Iterator[Fault]:
    """The faults of single paragraphs and list items, of what a model may have written: each kind once a paragraph."""
    for block in paragraphs_of(part):
        found: dict[FaultKind, str] = {}
        spoken = None if block.text.lstrip().startswith(">") else language  # quoted: warnings and reasons, by code
        for item in _ITEM.split(block.text):
            prose = unescaped(without_code(unlinked(unquoted(item))))
            if tokens(prose):
                for fault in faults_of_passage(prose.replace("**", ""), language=spoken):
                    found.setdefault(fault.kind, fault.detail)
        for fault in contradictory_numbers(plain(unquoted(block.text))):
            yield Fault(fault.kind, fault.detail, block.start, block.start + len(block.text))
        for kind, detail in found.items():
            yield Fault(kind, detail, block.start, block.start + len(block.text))


def _repeats(page: PageText) -> Iterator[Fault]:
    """Paragraphs and list items that stand twice around the cards, or twice in the analyses.

    What a paper says at one place may serve several fields: the same words with the same link stand at most
    `_MOST_SHOWN` times, each time in another paragraph.
    """
    for group in (page.frame, tuple(card.analysis for card in page.cards)):
        seen: dict[str, list[tuple[tuple[str, ...], int]]] = {}
        for part in group:
            for block in paragraphs_of(part):
                for item in _ITEM.split(block.text):
                    said = " ".join(tokens(without_links(item)))
                    if len(said) < _LEAST_REPEATED or any(each.search(item) for each in patterns("basis")):
                        continue
                    places, before = places_of(item), seen.setdefault(said, [])
                    elsewhere = places and all(each == places and at != block.start for each, at in before)
                    if before and (not elsewhere or len(before) >= _MOST_SHOWN):
                        detail = f"stands twice: “{' '.join(item.split())[:60]}”"
                        yield Fault(FaultKind.REPEATED_PARAGRAPH, detail, block.start, block.start + len(block.text))
                    before.append((places, block.start))


def _links(card: CardText) -> Iterator[Fault]:
    """Addresses of a card that are broken, or spelled otherwise than its text spells them."""
    text = card.text
    written = re.sub(r"\s+", "", without_links(text))
    for address, start in links_of(text):
        if address.startswith("file:///"):  # a citation of a paper on this machine, made by code
            continue
        spelled = address.split("://")[-1].rstrip("/.").casefold() in written.casefold()
        for fault in faults_of_links([address], written if spelled else ""):
            yield Fault(fault.kind, fault.detail, card.start + start, card.start + start + len(address))


def _fragments(text: str) -> Iterator[Fault]:
    """Links of the page to itself that lead nowhere."""
    anchors = set(_ANCHORS.findall(text))
    anchors |= {re.sub(r"[^\w\- ]", "", plain(line).casefold()).replace(" ", "-")
                for line in re.findall(r"^#{1,6}[ \t]+(.+)$", text, re.MULTILINE)}  # fmt: skip
    for match in _FRAGMENT.finditer(text):
        if match[1] not in anchors:
            yield Fault(FaultKind.BROKEN_LINK, f"leads nowhere: #{match[1]}", *match.span())
