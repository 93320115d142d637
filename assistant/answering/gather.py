"""The evidence for a question: passages of the papers that it is about, before anything is drafted."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, zip_longest

from assistant.answering.cross_encoder import CrossEncoder
from assistant.answering.evidence import SENTENCE_TOKENS, Count, Numbered, numbered_sentences
from assistant.question.question import Kind, Question, SubQuestion
from assistant.question.whole_paper import Aspect, aspect_of, parts_asked_for, stretches
from assistant.verify.claim import Citation
from index.embedding.embed import Embedder
from index.model.paper import Passage
from index.model.records import Filters
from index.search.searcher import Question as Wordings
from index.search.searcher import Search, Searcher

MAX_PAPERS = 8  # that are read for a question to many papers
PER_PAPER_SENTENCES = 2  # of each paper that a question to many papers is asked of
PER_SUBJECT = 4  # sentences of each of several papers that a question names


@dataclass(frozen=True)
class Gathered:
    """What was found for a question. `listed` are parts of a paper that answer by being listed: figures, sections."""

    question: Question
    filters: Filters | None
    found: Search
    passages: tuple[Passage, ...]
    aspect: Aspect | None = None
    listed: tuple[Citation, ...] = ()

    @property
    def wordings(self) -> Wordings:
        """The question as it was searched."""
        return self.question.wordings

    @property
    def papers(self) -> list[str]:
        """The ids of the papers that the passages are of, the best first."""
        return list(dict.fromkeys(passage.paper.id for passage in self.passages))


def gather(searcher: Searcher, question: Question, filters: Filters | None, limit: int) -> Gathered:
    """Search for a question as its kind needs it: once, in each paper that it names, or in one paper after another."""
    if question.kind is Kind.EACH_PAPER:
        found = searcher.search(question.wordings, MAX_PAPERS, filters, per_paper=1)
        return Gathered(question, filters, found, tuple(found.passages))
    found = searcher.search(question.wordings, limit, filters)
    passages: Sequence[Passage] = found.passages
    if question.kind is Kind.CONTENT and len(question.subquestions) > 1:
        parts = [_part(searcher, part, question, filters, limit // 2) for part in question.subquestions]
        passages = _distinct(chain(found.passages[: limit // 2], _in_turn(parts), found.passages))[:limit]
    listed = parts_asked_for(question.wordings.text, found.paper) if found.paper else []
    aspect = aspect_of(question.wordings.forms[-1], found.passages)
    return Gathered(
        question,
        filters,
        replace(found, passages=list(passages)),
        tuple(stretches(aspect)) if aspect else tuple(passages),
        aspect,
        tuple(Citation(found.paper, span) for span in listed) if found.paper else (),
    )


def candidates(gathered: Gathered, embedder: Embedder, encoder: CrossEncoder, count: Count) -> list[Numbered]:
    """The numbered sentences that a model picks from; of a question to several papers, some of each.

    Where the question names a paper, that paper answers: others use the thing, and say how they did.
    """
    asked, passages = gathered.wordings, gathered.passages
    of_each = gathered.question.kind is Kind.EACH_PAPER
    if of_each or gathered.question.kind is Kind.COMPARE:
        first = PER_PAPER_SENTENCES if of_each else PER_SUBJECT
        tokens = SENTENCE_TOKENS // max(1, len(gathered.papers))
        own = [[each for each in passages if each.paper.id == paper] for paper in gathered.papers]
        groups = (numbered_sentences(asked, each, embedder, encoder, count, first=first, tokens=tokens) for each in own)
        return list(chain.from_iterable(groups))
    named = gathered.question.subjects.named
    passages = tuple(each for each in passages if each.paper.id in named) or passages
    aspect = gathered.aspect
    about = aspect.cues if aspect else ""
    return numbered_sentences(
        asked, passages, embedder, encoder, count, keep=lambda cited: not about or is_about(about, cited)
    )


def is_about(cues: str, citation: Citation) -> bool:
    """Whether a citation, or a heading above it, has one of the words that tell an aspect of a paper."""
    return bool(re.search(cues, " ".join([*citation.heading, citation.quote]), re.IGNORECASE))


def _part(
    searcher: Searcher, part: SubQuestion, question: Question, filters: Filters | None, limit: int
) -> list[Passage]:
    wordings = Wordings(part.text, subjects=question.subjects)
    return searcher.search(wordings, limit, filters).passages


def _in_turn(groups: Sequence[Sequence[Passage]]) -> Iterator[Passage]:
    """The first of each group, then the second of each."""
    return (each for row in zip_longest(*groups) for each in row if each is not None)


def _distinct(passages: Iterator[Passage]) -> list[Passage]:
    return list({(each.paper.id, each.span): each for each in passages}.values())
