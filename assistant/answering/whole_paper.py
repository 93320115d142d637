"""Questions about a whole paper ("summarise…", "what are its limitations"): section by section, not through top-k."""

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from assistant.llm.prompts import PROMPTS
from index.model.paper import Paper, Passage, Section, Span, Zone
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
    """What is read: a stretch of each section that speaks of the aspect, the richest sections, in the paper's order."""
    found = sorted(_cued(aspect), key=lambda pair: -pair[0])[:MOST_SECTIONS]
    return sorted((passage for _, passage in found), key=lambda passage: passage.span)


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
