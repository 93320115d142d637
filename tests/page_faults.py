"""What a rendered report may never show, as a test of the templates: the faults of a Markdown page.

A page is read back into what surrounds its cards and the parts of each card. A card begins with its anchor
(`<a id="arxiv-2601.11514v1"></a>`) and the heading after it; its analysis follows the line "**Analysis**". Nothing else
of a template is taken for granted. Faults of a card: where it stops, its headings, what it rests on, its key findings.
Faults of a page: its headings, its dates, its links, what is repeated. Those of a paragraph come from
assistant/verify/text_faults.py and assistant/verify/fact_check.py, which also check what a model drafts.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from markdown_it import MarkdownIt

from assistant.breakdown.record import SECTIONS, Breakdown, Origin
from assistant.digest.record import Digest
from assistant.language.phrases import phrases_of
from assistant.llm.prompts import Language
from assistant.report.render import breakdown_markdown, digest_markdown
from assistant.verify.fact_check import contradictory_numbers, faults_of_links, links_of
from assistant.verify.text_faults import (
    Fault,
    FaultKind,
    fault_of_ending,
    faults_of_passage,
    patterns,
    tokens,
    without_code,
    words,
)

BOLD_LINE = 7  # the level of a line in bold that stands for a heading

_ANCHOR = re.compile(r"^<a id=[\"']([^\"'\n]+)[\"']>\s*</a>\s*\n+(#{2,4})[ \t]+(.+)$", re.MULTILINE)
_RULE = re.compile(r"^---[ \t]*$", re.MULTILINE)
_LINK = re.compile(
    r"\[([^\[\]]*)\]\(\s*(?:<[^>\n]*>|[^\s()]*(?:\([^()\s]*\)[^\s()]*)*)(?:\s+\"(?:[^\"\\]|\\.)*\")?\s*\)"
)
_CITED_QUOTE = re.compile(r"“[^\n]*?”(?=\**[ ]?\(\[)")  # in text of others "(" before "[" is escaped
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_ARXIV_ID = re.compile(r"(\d{4}\.\d{4,5}|[a-z-]{1,20}(?:\.[A-Z]{2})?/\d{7})(?:v\d+)?$")
_HEADING = re.compile(
    r"^(?P<hashes>#{1,6})[ \t]+(?P<words>.+?)[ \t#]*$|^(?P<bold>\*\*[^*\n]+\*\*[:：]?)[ \t]*$", re.MULTILINE
)
_REMARK = re.compile(r"[（(][^）)]*[）)]")


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of the page; `start` is its offset."""

    text: str
    start: int


@dataclass(frozen=True, slots=True)
class CardText:
    """A paper's card: `head` holds what arXiv says of it, `analysis` what the report says; that may be empty.

    `paper` is the arXiv id without its version, or the anchor where that names none; `level` is its heading's.
    """

    paper: str
    title: str
    level: int
    head: Part
    analysis: Part
    findings: tuple[Part, ...] = ()

    @property
    def start(self) -> int:
        """Where it begins on the page."""
        return self.head.start

    @property
    def text(self) -> str:
        """All of it."""
        return f"{self.head.text}\n{self.analysis.text}"


@dataclass(frozen=True, slots=True)
class PageText:
    """The page, what stands around the cards, and the cards in order."""

    text: str
    frame: tuple[Part, ...]
    cards: tuple[CardText, ...]


@dataclass(frozen=True, slots=True)
class HeadingLine:
    """A heading, or a line in bold that stands for one: its words without number and remark, level 7 for bold."""

    words: str
    level: int
    style: str
    start: int


def parts_of(markdown: str) -> PageText:
    """A digest or a monitor's report in its parts; a heading above the card's level ends the card before it."""
    anchors = list(_ANCHOR.finditer(markdown))
    cards, frame, end = [], [], 0
    for match, following in zip(anchors, [*anchors[1:], None], strict=False):
        if markdown[end : match.start()].strip():
            frame.append(Part(markdown[end : match.start()], end))
        level = len(match[2])
        limit = following.start() if following else len(markdown)
        above = re.compile(rf"^#{{1,{level - 1}}}[ \t]", re.MULTILINE).search(markdown, match.end(), limit)
        end = above.start() if above else limit if following else _closing_rule(markdown, match.end())
        middle = _analysis_start(markdown, match.end(), end, level)
        head, analysis = Part(markdown[match.start() : middle], match.start()), Part(markdown[middle:end], middle)
        cards.append(CardText(paper_of(match[1]), plain(match[3]), level, head, analysis))
    frame.append(Part(markdown[end:], end))
    return PageText(markdown, tuple(frame), tuple(cards))


def single_part_of(markdown: str) -> PageText:
    """The page of one paper: all of it is its card, the analysis from the first heading of the second level on."""
    first = re.search(r"^##[ \t]", markdown, re.MULTILINE)
    middle, end = first.start() if first else len(markdown), _closing_rule(markdown, 0)
    title = re.search(r"^#[ \t]+(.+)$", markdown, re.MULTILINE)
    head, analysis = Part(markdown[:middle], 0), Part(markdown[middle : max(middle, end)], middle)
    card = CardText("", plain(title[1]) if title else "", 1, head, analysis)
    return PageText(markdown, (Part(markdown[max(middle, end) :], end),), (card,))


def _analysis_start(markdown: str, start: int, end: int, level: int) -> int:
    """Behind the line "**Analysis**", else at the first heading below the card's own."""
    for heading in headings_of(Part(markdown[start:end], start)):
        if heading.words in words("analysis") and heading.level == BOLD_LINE:
            return markdown.find("\n", heading.start, end) + 1 or end
        if level < heading.level < BOLD_LINE:
            return heading.start
    return end


def _closing_rule(markdown: str, start: int) -> int:
    """Where the page's last lines begin, which name its sources: behind a rule, without a heading or a list."""
    for match in reversed(list(_RULE.finditer(markdown, start))):
        rest = markdown[match.end() :].strip()
        return match.start() if rest and len(rest.splitlines()) <= 2 else len(markdown)
    return len(markdown)


def paper_of(anchor: str) -> str:
    """The arXiv id of an anchor or link without its version.

    >>> paper_of("arxiv-2601.11514v1"), paper_of("kv-cache")
    ('2601.11514', 'kv-cache')
    """
    found = _ARXIV_ID.search(anchor)
    return found[1] if found else anchor


def headings_of(part: Part) -> Iterator[HeadingLine]:
    """The headings of a part in order, and the lines in bold that stand for one."""
    for match in _HEADING.finditer(part.text):
        written = match["words"] or match["bold"]
        level = len(match["hashes"]) if match["hashes"] else BOLD_LINE
        bold = "bold" if "**" in written else "plain"
        bare = written.replace("*", "").strip()
        number = re.match(r"(?:\d+(?:\.\d+)*|[一二三四五六七八九十]+)\s*[.、．)）]\s*", bare)
        named = _REMARK.sub("", bare[number.end() if number else 0 :]).strip()
        numbered = "numbered" if number else "unnumbered"
        colon = "colon" if named[-1:] in (":", "：") else "no colon"
        style = f"{'line' if level == BOLD_LINE else '#' * level}, {bold}, {numbered}, {colon}"
        yield HeadingLine(named.rstrip(":： ").casefold(), level, style, part.start + match.start())


def paragraphs_of(part: Part) -> Iterator[Part]:
    """The blocks between blank lines that hold words; rules, tables and headings of the page are none."""
    for match in re.finditer(r"(?:^[^\n]*\S[^\n]*(?:\n|\Z))+", part.text, re.MULTILINE):
        block = match.group()
        if tokens(block) and not block.lstrip().startswith(("|", "#", "<a id")):
            yield Part(block, part.start + match.start())


def plain(text: str) -> str:
    """Words as they are read: links by their labels, without bold, code marks and escapes.

    >>> plain("[**A** title](https://arxiv.org/abs/1), 5\\\\%")
    'A title, 5%'
    """
    return _ESCAPED.sub(r"\1", re.sub(r"\*\*|`", "", _LINK.sub(r"\1", text))).strip()


def without_links(text: str) -> str:
    """The text without links, their labels included: these are titles and places, in the paper's language."""
    return unescaped(unlinked(text))


def unlinked(text: str) -> str:
    """The text without links, its escapes kept."""
    return re.sub(r"<https?://[^>\s]*>", " ", _LINK.sub(" ", text))


def unescaped(text: str) -> str:
    """Markdown's escapes as the characters that they stand for."""
    return _ESCAPED.sub(r"\1", text)


def unquoted(text: str) -> str:
    """The text with a paper's own words blanked out: those between “ and ” before the link to their page."""
    return _CITED_QUOTE.sub(lambda match: " " * len(match.group()), text)


def places_of(text: str) -> tuple[str, ...]:
    """The links of a text as written: with their labels and titles they tell which words of a paper it rests on."""
    return tuple(match.group() for match in _LINK.finditer(text))


_LONGEST_BASIS = 160  # characters of a line that says what a card rests on; longer ones are the paper's
_LIST_ITEM = re.compile(r"^([ \t]*)(?:[*+-]|\d+[.)])(?:[ \t]+|$)")
_RULES = re.compile(r"(?<!\s)(?:\s*^(?:---|\*\*\*|___)[ \t]*$)*\s*\Z", re.MULTILINE)
_COUNT = re.compile(
    r"([一二两三四五六七八九十]|(?<!\d)\d++)\s*(?:大|个|种|类|项|点|步|阶段|方面|部分|组)"
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
    word = phrases_of(digest.language)
    names = ("digest.summary", "page.contents") if digest.cards else ("digest.summary",)
    analysed = tuple(word(f"section.{name}") for name in SECTIONS)
    return PageShape(digest.language, tuple(map(word, names)), analysed, digest.day)


def breakdown_shape(breakdown: Breakdown) -> PageShape:
    """What the Markdown page of one paper's breakdown holds."""
    word = phrases_of(breakdown.language)
    return PageShape(breakdown.language, (), tuple(word(f"section.{name}") for name in SECTIONS), single=True)


def breakdown_faults(breakdown: Breakdown) -> list[Fault]:
    """The faults of a breakdown's page; empty when it may be shown.

    A fact that code took from the paper is in the paper's language: "优化器：stochastic gradient descent" is no fault.
    """
    page = breakdown_markdown(breakdown)
    facts = {each.text for field in breakdown.fields for each in field.findings if each.origin is Origin.CODE}

    def is_fact(fault: Fault) -> bool:
        shown = page[fault.start : fault.end]
        return fault.kind is FaultKind.WRONG_LANGUAGE and any(fact in shown for fact in facts)

    return [each for each in faults_of_page(page, breakdown_shape(breakdown)) if not is_fact(each)]


def digest_faults(digest: Digest) -> list[Fault]:
    """The faults of a report's page; empty when it may be kept."""
    return faults_of_page(digest_markdown(digest), digest_shape(digest))


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
