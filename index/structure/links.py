"""The links of a paper: from its text and from the annotations of its PDF, told apart by what they lead to.

An annotation holds the address as its author typed it; the text holds it as it was printed, broken over lines and with
hyphens lost. Where both speak of one place the annotation is believed.
"""

import re
from dataclasses import dataclass

import numpy as np

from index.model.paper import Paper, Span, Zone
from index.structure.sentences import sentence_spans
from index.structure.web_address import LinkKind, address_spans, kind_of, same_address, split_address

_MOST = 5_000
_CONTEXT = 600  # characters on each side of a link in which its sentence is looked for
_PROJECT = re.compile(
    r"project (?:web)?(?:page|site)|home ?page|web ?site|web ?page|\bdemo\b|项目主页|项目网站|主页", re.IGNORECASE
)
_DATA = re.compile(
    r"(?:data|data ?sets?|benchmark|corpus)\b[^.]{0,60}\b(?:available|released|downloaded|found|hosted)\b[^.]{0,40}"
    r"\b(?:at|from|on|here|in)\b|数据集?[^。]{0,20}(?:公开|下载|获取|可从)",
    re.IGNORECASE,
)
_CODE = (
    r"(?:codes?|source|implementations?|software|models?|scripts|checkpoints|weights|repository|toolkit|librar(?:y"
    r"|ies))"
)
_BEGIN, _END = r"(?<![A-Za-z])", r"(?![A-Za-z])"  # not \b: the mark of a footnote is glued to words
_OWN = re.compile(
    rf"{_BEGIN}our (?:\w+ ){{0,3}}{_CODE}{_END}|{_BEGIN}our \w+ (?:is|are) (?:publicly |freely |made )*available"
    rf"|{_BEGIN}{_CODE}\b[^.]{{0,70}}\b(?:available|released?|online|found|open[- ]sourced|published|downloaded?)\b"
    rf"|{_BEGIN}codes? (?:is |are )?(?:at|on|here)\b|{_BEGIN}codes?\s*:"
    rf"|{_BEGIN}we (?:\w+ ){{0,3}}(?:releas|open-?sourc|publish|made|make|provid|creat|maintain)\w*\b[^.]{{0,90}}"
    rf"\b(?:{_CODE}|results|resources){_END}"
    rf"|\b(?:releas|open-?sourc)\w*\b[^.]{{0,60}}\b{_CODE}{_END}|\bavailable (?:for download )?(?:at|here|online)\b"
    r"|代码[^。]{0,20}(?:开源|公开|见|可在|获取)|开源[^。]{0,10}代码",
    re.IGNORECASE,
)
_OTHERS = re.compile(
    r"(?<!code )\bwe (?:use|adopt|build on|follow|employ|appl|run|compare|experiment|initiali[sz]e"
    r"|fine-?tune)\w*\b|\bet al\b"
    r"|\btaken from\b|\bprovided by\b|\bbuilt on\b|\bbased on\b|\bdownloaded from\b|\bmodels available from\b|\btheir\b"
    r"|\bexperiments use\b|\bused for\b|\baccessed via\b|\balternative\b|\bcontents lists\b",
    re.IGNORECASE,
)
_ABOUT_CODE = re.compile(rf"{_BEGIN}{_CODE}{_END}|代码", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FoundLink:
    """A link of a paper: where it leads, the words that carry it (empty at a page's start where none do), its kind.

    `in_references`: it stands in the list of references, so it belongs to other people's work.
    """

    url: str
    span: Span
    kind: LinkKind
    in_references: bool


def links_in_text(text: str) -> tuple[str, ...]:
    """The addresses of a short text, such as an abstract or arXiv's comment, in order and each once.

    >>> links_in_text("Code: https://github.com/a/B. Page (www.a.org/b) and http://github.com/a/B/")
    ('https://github.com/a/B', 'https://www.a.org/b')
    """
    found: dict[str, str] = {}
    for _, url in address_spans(text, lambda offset: False):
        found.setdefault(same_address(url), url)
    return tuple(found.values())


def found_links(paper: Paper) -> tuple[FoundLink, ...]:
    """Every place that a paper links to, each once, in the order of the text; other people's come last."""
    links = sorted(_printed_and_annotated(paper), key=lambda pair: (pair[0].start, pair[0].end))
    kept: dict[str, FoundLink] = {}
    for span, url in links:
        key = same_address(url)
        cited = paper.zone(span.start) is Zone.REFERENCES
        if key not in kept or (kept[key].in_references and not cited) or _says_more(span, kept[key], cited):
            kept[key] = FoundLink(url, span, _kind(paper, url, span), cited)
    return tuple(sorted(kept.values(), key=lambda link: (link.in_references, link.span.start)))


def _says_more(span: Span, kept: FoundLink, cited: bool) -> bool:
    """The first place is shown, unless it has no words and this one has."""
    return not kept.span.length and span.length > 0 and cited == kept.in_references


def _printed_and_annotated(paper: Paper) -> list[tuple[Span, str]]:
    annotated = _annotations(paper)
    starts = np.array([span.start for span, _ in annotated], dtype=np.int64)
    links: list[tuple[Span, str]] = []
    used: set[int] = set()
    for span, url in address_spans(paper.text, lambda offset: _breaks_line(paper, offset)):
        if len(links) >= _MOST:
            break
        low, high = np.searchsorted(starts, [span.start - 2 * _CONTEXT, span.end])
        over = [row for row in range(int(low), int(high)) if annotated[row][0].overlaps(span)]
        used.update(over)
        links.append(_believed(span, url, [annotated[row] for row in over]))
    return links + [pair for row, pair in enumerate(annotated) if row not in used]


def _believed(span: Span, url: str, over: list[tuple[Span, str]]) -> tuple[Span, str]:
    """The printed address with the annotation's spelling; the longer one where an annotation was cut short."""
    if not over:
        return span, url
    _, best = max(over, key=lambda pair: (min(pair[0].end, span.end) - max(pair[0].start, span.start), -pair[0].start))
    cut_short = same_address(url).startswith(same_address(best)) and len(url) > len(best) + 1
    return span, url if cut_short else best


def _annotations(paper: Paper) -> list[tuple[Span, str]]:
    """The annotations that hold an address; the lines of one link are joined."""
    joined: list[tuple[Span, str]] = []
    for link in sorted(paper.links, key=lambda link: (link.span.start, link.span.end)):
        if not split_address(link.uri):
            continue
        last = joined[-1] if joined else None
        if last and last[1] == link.uri and last[0].length and 0 <= link.span.start - last[0].end <= 2:
            joined[-1] = (Span(last[0].start, max(last[0].end, link.span.end)), link.uri)
        elif last is None or last != (link.span, link.uri):
            joined.append((link.span, link.uri))
    return joined


def _breaks_line(paper: Paper, offset: int) -> bool:
    """Whether the white space at an offset ends a line of the page."""
    words = paper.words
    after = int(np.searchsorted(words.starts, offset, side="left"))
    if paper.text[offset] == "\n" or not 0 < after < len(words.starts):
        return False
    (left, top, _, bottom), (next_left, next_top, _, _) = words.boxes[after - 1], words.boxes[after]
    lower = next_top > (top + bottom) / 2
    return bool(lower or next_left < left or words.pages[after] != words.pages[after - 1])


def _kind(paper: Paper, url: str, span: Span) -> LinkKind:
    kind = kind_of(url)
    if kind is not LinkKind.OTHER or not span.length or paper.zone(span.start) is Zone.REFERENCES:
        return kind
    sentence = paper.quote(sentence_at(paper, span.start))
    if _PROJECT.search(sentence):
        return LinkKind.PROJECT
    return LinkKind.DATASET if _DATA.search(sentence) else LinkKind.OTHER


def sentence_at(paper: Paper, offset: int) -> Span:
    """The sentence that an offset stands in, or the row of a table; never more than its paragraph."""
    start = max(paper.text.rfind("\n", 0, offset) + 1, offset - 4 * _CONTEXT)
    end = paper.text.find("\n", offset)
    end = min(len(paper.text) if end < 0 else end, offset + 4 * _CONTEXT)
    spans = sentence_spans(paper.text[start:end], start)
    return next((span for span in spans if offset < span.end), Span(start, max(start, end)))


def own_code_links(paper: Paper) -> tuple[FoundLink, ...]:
    """The links that are likely the paper's own code, models or project page, the likeliest first.

    Counted: what the sentence says, or the sentence whose footnote it is; the title page; a repository named after the
    paper. Against it: a sentence about what others made.
    """
    scored = []
    for link in found_links(paper):
        elsewhere = link.in_references or link.kind in (LinkKind.ARXIV, LinkKind.DOI)
        score = 0 if elsewhere else _ownership(paper, link)
        if score >= 3:
            scored.append((-score, link.span.start, link))
    return tuple(link for *_, link in sorted(scored, key=lambda entry: entry[:2]))


def _ownership(paper: Paper, link: FoundLink) -> int:
    words = paper.quote(link_sentence(paper, link))
    title_page = paper.zone(link.span.start) in (Zone.FRONT, Zone.ABSTRACT) and link.span.length > 0
    repository = link.kind in (LinkKind.CODE, LinkKind.PROJECT)
    if not (repository or title_page or _ABOUT_CODE.search(words)):
        return 0  # of an unknown host only what is said to be code
    score = 3 * bool(_OWN.search(words)) - 2 * bool(_OTHERS.search(words)) + 2 * title_page + repository
    score -= link.kind is LinkKind.DATASET and not _ABOUT_CODE.search(words)
    return score + 2 * (link.kind is LinkKind.CODE and _named_after(link.url, paper.title))


def _named_after(url: str, title: str) -> bool:
    """Whether a repository bears a name of the title: "squeezenet", "raptor"."""
    name = re.sub(r"[^a-z0-9]", "", url.rstrip("/").rsplit("/", 1)[-1].lower())
    return len(name) >= 4 and name in re.sub(r"[^a-z0-9]", "", title.lower())


def link_sentence(paper: Paper, link: FoundLink) -> Span:
    """The sentence that says what a link is: its own, or the one that its footnote belongs to."""
    sentence = sentence_at(paper, link.span.start)
    bare = len(re.sub(r"\W+", "", paper.quote(sentence))) - len(re.sub(r"\W+", "", paper.quote(link.span))) < 12
    mark = re.match(r"\d{1,2}", paper.quote(sentence))
    if paper.zone(link.span.start) is not Zone.FOOTNOTE or not bare or not mark:
        return sentence
    page = next((page for page in paper.pages if page.span.start <= link.span.start < page.span.end), None)
    if page is None:
        return sentence
    for match in re.finditer(rf"(?<=[A-Za-z.,;:)”]){mark.group()}(?!\d|\.\d|%)", paper.quote(page.span)):
        offset = page.span.start + match.start()
        if paper.zone(offset) not in (Zone.FOOTNOTE, Zone.TABLE, Zone.REFERENCES):
            return sentence_at(paper, offset - 1)
    return sentence
