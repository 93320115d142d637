"""A report's page in Markdown as the contract reads it: what stands before the cards, and each card's parts.

A card begins with its anchor (`<a id="arxiv-2601.11514v1"></a>`) and the heading behind it; its analysis stands behind
the line "**Analysis**". Nothing else of a template is taken for granted.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from assistant.verify.text_faults import LONGEST_TEXT, tokens, words

BOLD_LINE = 7  # the level of a line in bold that stands for a heading

_ANCHOR = re.compile(r"^<a id=[\"']([^\"'\n]+)[\"']>\s*</a>\s*\n+(#{2,4})[ \t]+(.+)$", re.MULTILINE)
_RULE = re.compile(r"^---[ \t]*$", re.MULTILINE)
_LINK = re.compile(
    r"\[([^\[\]]*)\]\(\s*(?:<[^>\n]*>|[^\s()]*(?:\([^()\s]*\)[^\s()]*)*)(?:\s+\"(?:[^\"\\]|\\.)*\")?\s*\)"
)
_CITED_QUOTE = re.compile(r"“[^\n]*?”(?=\**[ ]?\(\[)")  # in text of others "(" before "[" is escaped
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_ARXIV_ID = re.compile(r"(\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})(?:v\d+)?$")
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
            yield Part(block[:LONGEST_TEXT], part.start + match.start())


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
