"""Questions about what a paper consists of: its figures, tables and sections are counted and listed by code."""

import re
from collections.abc import Sequence

from assistant.terms import content_stems
from index.named_places import asked_floats, caption_in, floats, named_places
from index.paper import Paper, Span
from index.search import own_name
from index.sentences import sentence_spans

MOST = 40  # parts that are listed

_ASKS = re.compile(r"\b(?:how many|which|what|list|name|number of)\b|多少|几[张个幅节]|哪些|列出", re.IGNORECASE)
_SECTIONS = re.compile(r"\b(sub-?)?sections?\b|小?章节|小节", re.IGNORECASE)
_PAGES = re.compile(
    r"\bpages?\s+(\d{1,4})\s*(?:-|–|to|through|until)\s*(?:page\s+)?(\d{1,4})|\bpage\s+(\d{1,4})\b"
    r"|第\s*(\d{1,4})\s*(?:页)?\s*[-–到至]\s*第?\s*(\d{1,4})\s*页|第\s*(\d{1,4})\s*页",
    re.IGNORECASE,
)
# What such a question may say beside the parts that it asks for; any other word asks for something in them.
_BESIDE = frozenset(
    content_stems(
        """figure figures fig table tables chart charts plot plots diagram diagrams algorithm algorithms section
        sections subsection subsections many number count list name title titles article document report work study
        manuscript total altogether overall there include included contain contained have present presented shown
        appear appearing page pages main consist divided from to until through first last called"""
    )
)
_CHINESE_BESIDE = re.compile(
    r"请|列出|这|篇|本|该|论文|文章|报告|文|中|里|的|一|共|总|计|有|包含|包括|含|多少|几|哪些|张|个|幅|节|图|表|格|片"
    r"|算法|小|章|标题|各|所|第|页|从|到|至|是|什么|呢|吗"
)


def parts_asked_for(question: str, paper: Paper) -> list[Span]:
    """The captions or headings that a question asks for, where it asks for nothing else; at most `MOST`.

    "How many figures are there from page 3 to page 10?", "Which subsections does the section “Method” include?"
    """
    question = re.sub(re.escape(own_name(paper.title) or paper.title), " ", question.replace(paper.title, " "))
    if not _ASKS.search(question) or any(place.kind != "page" for place in named_places(question)):
        return []
    if _SECTIONS.search(question):
        return _sections(question, paper)[:MOST]
    kinds = asked_floats(question)
    if len(kinds) != 1 or _left(question):
        return []
    pages = _pages(question)
    captions = [caption_in(paper, span) for place, span in floats(paper) if place.kind == kinds[0]]
    spans = [_first_sentence(paper, caption) for caption in captions if caption]
    return [span for span in spans if pages is None or pages[0] <= paper.page_range(span)[0] <= pages[1]][:MOST]


def _sections(question: str, paper: Paper) -> list[Span]:
    named = [section for section in paper.sections if len(_bare(section.heading)) > 3]
    named = [section for section in named if _bare(section.heading) in _bare(question)]
    whole = max(named, key=lambda section: len(section.heading), default=None)
    if _left(question, whole.heading if whole else ""):
        return []
    inside = [each for each in paper.sections if whole is None or (each != whole and whole.span.contains(each.span))]
    highest = min((section.level for section in inside), default=0)
    return [
        Span(section.span.start, section.span.start + len(section.heading))
        for section in inside
        if section.level == highest and paper.quote(section.span).startswith(section.heading)
    ]


def _left(question: str, named: str = "") -> bool:
    """Whether a question has words beside those that ask for parts of a paper and those of a heading in it."""
    latin = set(content_stems(re.sub(r"[\u4e00-\u9fff]+", " ", question)))
    chinese = "".join(re.findall(r"[\u4e00-\u9fff]", question))
    for part in named.split():
        chinese = chinese.replace(part, "")
    return bool(latin - set(content_stems(named)) - _BESIDE or _CHINESE_BESIDE.sub("", chinese))


def _pages(question: str) -> tuple[int, int] | None:
    match = _PAGES.search(question)
    given = [int(page) for page in match.groups() if page] if match else []
    return (given[0], given[-1]) if given else None


def _first_sentence(paper: Paper, caption: Span) -> Span:
    spans: Sequence[Span] = sentence_spans(paper.quote(caption), caption.start)
    long = [span.end for span in spans if span.end - caption.start > len("Supplementary Table S12.")]
    return Span(spans[0].start, long[0]) if long else caption


def _bare(heading: str) -> str:
    """A heading without its number, as a question would name it."""
    words = re.sub(r"^\s*(?:[A-Z]?\.?\d+(?:\.\d+)*|[IVXL]+|[A-Z])[.:]?\s+", "", heading)
    return re.sub(r"[\W_]+", "", words.casefold())
