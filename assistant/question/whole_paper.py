"""Questions about a whole paper ("summarise…", "what are its limitations"): section by section, not through top-k."""

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from assistant.llm.prompts import PROMPTS
from index.model.paper import Paper, Passage, Section, Span, Zone
from index.structure.element_references import asked_floats, caption_in, floats
from index.structure.method_names import own_names
from index.structure.sentences import sentence_spans

MOST_SECTIONS = 8  # that are read: about ten seconds each with a 1.5B model on two cores
STRETCH = 1500  # characters of a section that the model reads: about 350 tokens

_ASPECTS = PROMPTS / "aspects.toml"


@dataclass(frozen=True)
class Aspect:
    """What is asked of every section of one paper."""

    paper: Paper
    chinese: str
    english: str
    cues: str

    def question(self, chinese: bool) -> str:
        """What the model is asked about a section."""
        return self.chinese if chinese else self.english


def aspect_of(question: str, passages: Sequence[Passage]) -> Aspect | None:
    """What a question asks of a whole paper, or None where it is an ordinary question or names no single paper."""
    asked = [each for each in _aspects().values() if re.search(each["asked"], question, re.IGNORECASE)]
    paper = _subject(question, passages) if asked else None
    if paper is None:
        return None
    cues = [each["cues"] for each in asked]
    chinese, english = ("".join(each["zh"] for each in asked), " ".join(each["en"] for each in asked))
    return Aspect(paper, chinese, english, "|".join(cues) if all(cues) else "")


def aspects_asked(question: str) -> bool:
    """Whether a question asks for an aspect of a whole paper, whichever paper it is."""
    return any(re.search(each["asked"], question, re.IGNORECASE) for each in _aspects().values())


def stretches(aspect: Aspect) -> list[Passage]:
    """What is read: a stretch of each section that is about the aspect, the richest first."""
    found = sorted(_cued(aspect), key=lambda pair: -pair[0])[:MOST_SECTIONS]
    return [passage for _, passage in found]


def _subject(question: str, passages: Sequence[Passage]) -> Paper | None:
    """The one paper that all passages come from, or the one whose name the question says."""
    papers = list({passage.paper.id: passage.paper for passage in passages}.values())
    if len(papers) == 1:
        return papers[0]
    named = [paper for paper in papers if _is_named(paper, question)]
    return named[0] if len(named) == 1 else None


def _is_named(paper: Paper, question: str) -> bool:
    titles = paper.title.split(":", 1)[0].strip(), *own_names(paper)
    names = [re.escape(name) for name in titles if name]
    return any(re.search(rf"(?<!\w){name}(?!\w)", question, re.IGNORECASE) for name in names)


def _cued(aspect: Aspect) -> Iterator[tuple[int, Passage]]:
    """Sections with the number of their sentences that speak of the aspect; a heading that does counts for ten."""
    paper = aspect.paper
    for span in _sections(paper):
        sentences = sentence_spans(paper.quote(span), span.start)
        hits = [row for row, each in enumerate(sentences) if re.search(aspect.cues, paper.quote(each), re.IGNORECASE)]
        if hits:
            first = max(hits[0] - 1, 0) if aspect.cues else 0
            fitting = [each for each in sentences[first:] if each.end - sentences[first].start <= STRETCH]
            end = fitting[-1].end if fitting else sentences[first].end
            weight = len(hits) + 9 * (hits[0] == 0) if aspect.cues else 1
            yield weight, Passage(paper, Span(sentences[first].start, end), 0.0)


def _sections(paper: Paper) -> Iterator[Span]:
    """Top-level sections of the paper's own text, or its pages where it has no headings."""
    top: list[Section] = [section for section in paper.sections if section.level == 1]
    for span in [section.span for section in top] or [page.span for page in paper.pages]:
        if paper.zone(span.start) in (Zone.ABSTRACT, Zone.BODY):
            yield span


@cache
def _aspects() -> dict[str, dict[str, str]]:
    return tomllib.loads(_ASPECTS.read_text("utf-8"))


MOST = 40  # parts that are listed
_LONGEST_LABEL = len("Supplementary Table S12.")

_COUNT = r"(?:how many|what is the (?:total )?number of|count(?: all)?(?: the)?|list(?: all)?(?: of)?(?: the)?)"
_FLOATS = r"(?:figures|tables|charts|plots|diagrams|algorithms)"
_SECTIONS = r"(?:sections?|sub-?sections?)"
_PAGES = r"(?:from |on |in )?(?:pages? (?P<first>\d{1,4})(?: ?(?:-|–|to|through|until) ?(?:page )?(?P<last>\d{1,4}))?)"
_REST = (
    r"(?:are|is|do|does|did|there|in|of|on|this|the|that|it|paper|article|document|report|study|work|have|has|contain"
    r"|contains|includes?|included|contained|total|altogether|overall|consist|section|heading|chapter|divided|into|shown|presented|given)"
)
_ASKED = [
    re.compile(rf"(?P<floats>{_COUNT} (?:different )?{_FLOATS})(?: {_REST})*(?: {_PAGES})?(?: {_REST})*"),
    re.compile(rf"(?P<sections>(?:{_COUNT}|which|what) {_SECTIONS})(?: {_REST})*"),
    re.compile(
        r"(?:这|本|该|此)?篇?(?:论文|文章|文|报告)?(?:中|里)?"
        r"(?:从?第? ?(?P<first>\d{1,4}) ?页?(?: ?[-–到至] ?第? ?(?P<last>\d{1,4}))? ?页)?"
        r"(?:上|中|里)?(?:一共|总共|共)?(?:有|包含|包括)(?P<floats>(?:多少|几|哪些)[张个幅种]?(?:图片?|表格?|算法))"
    ),
    re.compile(
        r"(?:这|本|该|此)?篇?(?:论文|文章|文|报告)?(?:一?[节章])?(?:中|里|下)?(?:一共|总共|共)?(?:分为|有|包含|包括)"
        r"(?P<sections>(?:多少|几|哪些)个?(?:小节|章节|节|章))"
    ),
]


def parts_asked_for(question: str, paper: Paper) -> list[Span]:
    """The captions or headings that a question asks for, where it asks for nothing else.

    "How many figures are there from page 3 to page 10?", "Which subsections does the section “Method” include?"
    """
    text = _without(_plain(question), paper.title)
    ways = (_parts(_without(text, name), paper) for name in ("", *own_names(paper)))  # a heading may hold a name
    return next(filter(None, ways), [])


def _parts(text: str, paper: Paper) -> list[Span]:
    if (asked := _asks(text)) is not None:
        pages = int(asked["first"] or 0), int(asked["last"] or asked["first"] or 0)
        return _captions(asked["floats"], paper, pages) if asked["floats"] else _inside(paper, None)
    named = [section for section in paper.sections if len(_name(section)) > 3 and _name(section) in text]
    for section in sorted(named, key=lambda each: -len(_name(each))):
        asked = _asks(_without(text, _name(section)))
        if asked is not None and asked["sections"]:
            return _inside(paper, section)
    return []


def _asks(text: str) -> dict[str, str | None] | None:
    for pattern in _ASKED:
        if match := pattern.fullmatch(text):
            return {"floats": None, "sections": None, "first": None, "last": None} | match.groupdict()
    return None


def _captions(kind: str, paper: Paper, pages: tuple[int, int]) -> list[Span]:
    kinds = asked_floats(kind)
    found = {place: caption_in(paper, span) for place, span in reversed(list(floats(paper))) if place.kind in kinds}
    spans = sorted(_first_sentence(paper, caption) for caption in found.values() if caption)
    return [span for span in spans if pages == (0, 0) or pages[0] <= paper.page_range(span)[0] <= pages[1]]


def _inside(paper: Paper, whole: Section | None) -> list[Span]:
    """The headings of the highest level in a section, or in the paper."""
    inside = [each for each in paper.sections if whole is None or (each != whole and whole.span.contains(each.span))]
    highest = min((section.level for section in inside), default=0)
    heads = [(section, Span(section.span.start, section.span.start + len(section.heading))) for section in inside]
    return [span for section, span in heads if section.level == highest and paper.quote(span) == section.heading]


def _plain(text: str) -> str:
    """Words with single spaces between them, in small letters and without marks."""
    return " ".join(re.sub(r"[^\w\s–-]", " ", text.casefold()).split())


def _without(text: str, name: str) -> str:
    return " ".join(text.replace(_plain(name), " ").split()) if _plain(name) else text


def _name(section: Section) -> str:
    """A heading without its number, as a question would give it."""
    number = r"^\s*(?:(?:[A-Z]?\.?\d+(?:\.\d+)*|[IVXL]+|[A-Z])[.:]?\s+|第?[一二三四五六七八九十\d]+[章节、]\s*)"
    return _plain(re.sub(number, "", section.heading))


def _first_sentence(paper: Paper, caption: Span) -> Span:
    """The label of a caption with its first sentence: a label by itself ends like one."""
    spans = sentence_spans(paper.quote(caption), caption.start)
    long = [span.end for span in spans if span.end - caption.start > _LONGEST_LABEL]
    return Span(spans[0].start, long[0]) if long else caption
