"""What the model reads: numbered sentences for a model that picks, numbered whole passages for one that writes.

Everything that is numbered fits the window whole; what does not fit is left out, never cut.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from assistant.answering.best_sentence import answer_scores, closeness, short_name, text_of
from assistant.answering.cross_encoder import CrossEncoder
from assistant.verify.claim import Citation
from index.embedding.embed import Embedder
from index.model.paper import Passage, Span, Zone
from index.search.searcher import Question as Wordings
from index.structure.sentences import prose_spans
from index.structure.tables import table_head

MAX_SENTENCES = 12  # numbered sentences in one prompt; more of them cost seconds and make a small model pick worse
# Of all numbered sentences together. Of 52 everyday questions 40 have the words that answer among units of one or two
# sentences in 480 tokens, 41 in 600, 36 in 420. Reading 100 more costs a 1.5B model about 2 s on two cores.
SENTENCE_TOKENS = 480
MAX_JOINED_CHARACTERS = 400  # of a sentence and its neighbour, which are then numbered together
MAX_SENTENCE_CHARACTERS = 700  # a longer "sentence" is a list or a table that was not recognised as one
MIN_SENTENCE_CHARACTERS = 25
# Sentences that a model reads, where the cross-encoder ordered them: the words that answer 42 everyday questions are
# among the first five for 35, among the first eight for 36. Each costs about a third of a second.
MAX_READ = 5
LINE_TOKENS = 12  # of a number and a paper's short name

Count = Callable[[str], int]


@dataclass(frozen=True)
class Numbered:
    """What one number stands for: a citation that can be shown, and the passage that it comes from."""

    citation: Citation
    passage: Passage
    label: str  # the paper's short name, for a reader that sees sentences of several papers
    score: float | None = None  # the log-odds that it answers, by the cross-encoder; None where that cannot read

    @property
    def text(self) -> str:
        """The words as the model reads them, on one line; a table row stands behind its caption and header."""
        return " ".join(" ".join([*self.citation.table, self.citation.quote]).split())


def sentences_of(passage: Passage) -> list[Span]:
    """The sentences and table rows of a passage that could answer something; headings are no evidence."""
    paper = passage.paper
    return [
        span
        for span in prose_spans(paper, passage.span)
        if span.length <= MAX_SENTENCE_CHARACTERS
        and (span.length >= MIN_SENTENCE_CHARACTERS or paper.zone(span.start) is Zone.TABLE)
    ]


def numbered_sentences(
    wordings: Wordings,
    passages: Sequence[Passage],
    embedder: Embedder,
    encoder: CrossEncoder,
    count: Count,
    *,
    first: int = MAX_SENTENCES,
    tokens: int = SENTENCE_TOKENS,
    keep: Callable[[Citation], bool] = lambda cited: True,
) -> list[Numbered]:
    """The sentences of the passages that are closest to the question, best first, within `tokens` of the model.

    `count` counts them; only what `keep` takes is looked at. The best sentence is always there, however long.
    """
    units = [each for each in _distinct_units(passages) if keep(Citation(each.passage.paper, each.span))]
    texts, places = [each.text for each in units], [each.place for each in units]
    labels = [short_name(each.passage) for each in units]
    scores = closeness(wordings, texts, places, labels, embedder, encoder)
    kept: list[Numbered] = []
    used: set[int] = set()
    for row in sorted(range(len(units)), key=lambda row: -scores[row]):
        if len(kept) == first:
            break
        if row in used:
            continue
        rows = sorted([row, *_neighbour(units, scores, row, used)])
        each = _joined([units[row] for row in rows])
        cost = count(each.text) + LINE_TOKENS
        if not kept or cost <= tokens:
            kept.append(each)
            used |= set(rows)
            tokens -= cost
    return _by_answer(wordings, kept, encoder)


def _by_answer(wordings: Wordings, numbered: Sequence[Numbered], encoder: CrossEncoder) -> list[Numbered]:
    """What joined sentences answer together is another matter than what each of them does: the best first."""
    answers = answer_scores(wordings, [each.text for each in numbered], [each.label for each in numbered], encoder)
    if answers is None:
        return list(numbered)
    best = sorted(range(len(numbered)), key=lambda row: -answers[row])[:MAX_READ]
    return [replace(numbered[row], score=answers[row]) for row in best]


@dataclass(frozen=True)
class _Unit:
    """A sentence or table row of a passage: the rank of the passage, from 0, and its own number there."""

    passage: Passage
    span: Span
    place: int
    number: int

    @property
    def is_row(self) -> bool:
        return self.passage.paper.zone(self.span.start) is Zone.TABLE

    @property
    def text(self) -> str:
        return text_of(self.passage, self.span)


def _distinct_units(passages: Sequence[Passage]) -> list[_Unit]:
    found: dict[tuple[str, Span], _Unit] = {}
    for place, passage in enumerate(passages):
        for number, span in enumerate(sentences_of(passage)):
            found.setdefault((passage.paper.id, span), _Unit(passage, span, place, number))
    return list(found.values())


def _neighbour(units: Sequence[_Unit], scores: Sequence[float], row: int, used: set[int]) -> list[int]:
    """The closer of the sentences before and behind one, if both are short: what it points at is often there."""
    own = units[row]
    near = [
        other
        for other in (row - 1, row + 1)
        if 0 <= other < len(units)
        and other not in used
        and units[other].passage is own.passage
        and abs(units[other].number - own.number) == 1
        and not (own.is_row or units[other].is_row)
        and own.span.length + units[other].span.length <= MAX_JOINED_CHARACTERS
    ]
    return sorted(near, key=lambda other: -scores[other])[:1]


def _joined(units: Sequence[_Unit]) -> Numbered:
    passage = units[0].passage
    span = Span(units[0].span.start, units[-1].span.end)
    return Numbered(Citation(passage.paper, span), passage, short_name(passage))


def numbered_passages(passages: Sequence[Passage], room: int, count: Count) -> list[Passage]:
    """The passages, best first, that fit `room` tokens together; each whole."""
    kept = []
    for row, passage in enumerate(passages, start=1):
        cost = count(passage_block(row, passage))
        if cost <= room:
            kept.append(passage)
            room -= cost
    return kept


def sentence_block(numbered: Sequence[Numbered]) -> str:
    """Numbered sentences as the model reads them."""
    return "\n".join(f"[{row}] ({each.label}) {each.text}" for row, each in enumerate(numbered, start=1))


def passage_block(number: int, passage: Passage) -> str:
    """A numbered passage as the model reads it: its paper and section, a table's head, its text."""
    heading = f", {passage.heading[-1]}" if passage.heading else ""
    head = "\n".join([*table_head(passage.paper, passage.span), ""])
    return f"[{number}] {passage.paper.title}{heading}\n{head.lstrip()}{passage.text.strip()}\n"
