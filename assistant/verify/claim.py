"""A sentence and the words it relies on to a verified span, or the reason why there is none.

The quote is looked for in the evidence, and what is shown is the paper's own text at that span, never the model's copy
of it. A passage number would not be believed: with real chunks a 1.5B model names the right one in 5 of 10 cases.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from assistant.verify.table_check import misread
from assistant.verify.terms import COMMON_VERBS, content_stems, counted, names, negations, numbers, words
from index.model.paper import Paper, Passage, Rectangle, Span, Zone
from index.structure.method_names import own_names
from index.structure.sentences import prose_spans, sentence_spans
from index.structure.tables import table_head

# Both ends of each axis, all forms written out: stems would mix the ends up, and a noun may lie on no axis.
_AXES = [
    tuple(frozenset(end.split()) for end in axis)
    for axis in (
        (
            "large larger largest big bigger biggest high higher highest great greater greatest long longer longest "
            "更大 较大 更高 较高 最高 更长",
            "small smaller smallest low lower lowest short shorter shortest 更小 较小 更低 较低 最低 更短",
        ),
        (
            "increase increases increased increasing rise rises rose rising grow grows grew growing 增加 上升 增长",
            "decrease decreases decreased decreasing drop drops dropped fall falls fell decline declines declined "
            "reduce reduces reduced reducing reduction shrink shrinks 减少 下降 降低",
        ),
        (
            "improve improves improved improving improvement improvements enhance enhances enhanced 提升 改善",
            "degrade degrades degraded degradation worsen worsens worsened hurt hurts deteriorates 恶化 变差",
        ),
        (
            "better best outperform outperforms outperformed superior surpass surpasses surpassed 优于 更好 最好",
            "worse worst underperform underperforms underperformed inferior 劣于 更差 最差",
        ),
        ("more most 更多 多于", "less least fewer fewest 更少 少于"),
        ("fast faster fastest quick quicker quickly 更快 较快", "slow slower slowest slowly 更慢 较慢"),
        ("before precedes preceding prior 之前", "after follows following 之后"),
        ("maximum maximal maximise maximize maximizing 最大", "minimum minimal minimise minimize minimizing 最小"),
        ("above exceeds 以上 高于", "below under 以下 低于"),
        ("positive positively 正面", "negative negatively 负面"),
        ("easy easier easiest 容易 更易", "hard harder hardest difficult 困难 更难"),
        ("strong stronger strongest 更强", "weak weaker weakest 更弱"),
        ("encourage encourages", "discourage discourages penalize penalizes"),
        ("supervised", "unsupervised"),
    )
]
_CHINESE = re.compile(r"[\u4e00-\u9fff]")


def opposed(sentence: str, quote: str) -> str:
    """The word of a sentence whose opposite stands in a quote, while nothing of its own end does; empty for none.

    Where a text has both ends of an axis, which of them belongs to what cannot be told by words.

    >>> opposed("A larger batch is better.", "A smaller batch is better."), opposed("It is fast.", "Fast, not slow.")
    ('larger', '')
    """
    said, held = _words(sentence), _words(quote)
    for one, other in _AXES:
        for end, opposite in ((one, other), (other, one)):
            own, only_own = _among(end, said, sentence), not _among(opposite, said, sentence)
            if own and only_own and _among(opposite, held, quote) and not _among(end, held, quote):
                return min(own)
    return ""


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[a-z]+", text.casefold()))


def _among(end: frozenset[str], words: frozenset[str], text: str) -> set[str]:
    return {word for word in end if word in words or (_CHINESE.match(word) and word in text)}


LEAST_LEFT = 100  # characters of a passage that are worth reading by themselves


@dataclass(frozen=True)
class Evidence:
    """Whole passages, best first."""

    passages: tuple[Passage, ...]


def fitting_evidence(passages: Sequence[Passage], room: int, count: Callable[[str], int]) -> Evidence:
    """The passages of which each fits `room` tokens of the model, in their order; the others are left out whole."""
    return Evidence(tuple(passage for passage in passages if count(as_read(passage)) <= room))


def as_read(passage: Passage) -> str:
    """The text of a passage as the model reads it; where it begins inside a table, behind its caption and header."""
    return "\n".join([*table_head(passage.paper, passage.span), passage.text])


def behind(passage: Passage, cited: Sequence[Span]) -> Passage | None:
    """What is left of a passage behind the last span of it that is cited; None where that is nothing to read."""
    end = max((span.end for span in cited), default=passage.span.end)
    if passage.span.end - end < LEAST_LEFT:
        return None
    return Passage(passage.paper, Span(end, passage.span.end), passage.score)


FUZZY_SCORE = 90.0  # of 100, rapidfuzz partial ratio: a slip or two in a copied sentence
FUZZY_LENGTH = 25  # characters; shorter quotes must stand there to the letter
COVERAGE = 0.6  # share of the sentence's content words that its quote must hold
NEW_COVERAGE = 0.8  # the same of those that the question does not have: they are what the sentence answers
LONGEST_QUOTE = 600  # characters
# "The model uses X" is carried by "We use X": verbs that say nothing, and how a paper is spoken of.
_SELF = COMMON_VERBS | {"model", "method", "approach", "system", "paper", "author", "作者", "模型", "方法"}
_WIDER = ((-1, 0), (0, 1), (-1, 1))  # sentences before and behind a quoted one that are tried with it


@dataclass(frozen=True, eq=False)
class Citation:
    """A span of a paper that carries a sentence; everything else is derived from the span."""

    paper: Paper
    span: Span

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Citation) and (self.paper.id, self.span) == (other.paper.id, other.span)

    def __hash__(self) -> int:
        return hash((self.paper.id, self.span))

    @property
    def quote(self) -> str:
        """The paper's own words."""
        return self.paper.quote(self.span)

    @property
    def pages(self) -> tuple[int, int]:
        """First and last page, 1-based."""
        return self.paper.page_range(self.span)

    @property
    def heading(self) -> tuple[str, ...]:
        """The headings above it, outermost first."""
        return self.paper.headings(self.span.start)

    @property
    def table(self) -> tuple[str, ...]:
        """Of rows of a table: its caption and header rows, which say what the cells mean."""
        return table_head(self.paper, self.span)

    @property
    def context(self) -> str:
        """All that says what its words are about: title, names, headings, a table's caption and header; the words."""
        names = own_names(self.paper)
        return " ".join([self.paper.title, *names, *self.heading, *self.table, self.quote])

    @property
    def rectangles(self) -> list[Rectangle]:
        """Where its words stand on their pages."""
        return self.paper.rectangles(self.span)


@dataclass(frozen=True)
class Verdict:
    """Either a citation that carries the sentence, or why it is unsupported; `located` tells a weak from no quote."""

    citation: Citation | None
    reason: str = ""
    located: Citation | None = None


def verify(sentence: str, quote: str, evidence: Evidence, question: str = "") -> Verdict:
    """Finds the span behind a sentence and checks that it carries it.

    The span holds every number of the sentence, every name unless title or headings hold it, six in ten of its
    content words, eight in ten of those that are not the question's and one of those that are, and agrees with it in
    negation and in the direction of comparisons. Tried in order: the quoted sentence, it with its neighbours, then the
    sentence of the evidence that shares most words.
    """
    reason, located = "", None
    for passage, span in _candidates(sentence, quote, evidence):
        citation = Citation(passage.paper, span)
        located = located or citation
        fault = _fault(sentence, citation, set(content_stems(question)))
        if fault is None:
            return Verdict(citation, located=located)
        reason = reason or fault
    return Verdict(None, reason or "the quoted words are not in the papers", located)


def locate(quote: str, passage: Passage) -> Span | None:
    """The span of a passage that a quote was copied from: exact but for case, spaces and marks, or nearly so."""
    from rapidfuzz import fuzz

    wanted, _ = _normal(quote)
    text, offsets = _normal(passage.text)
    if len(wanted) < 3:
        return None
    start = text.find(wanted)
    end = start + len(wanted)
    if start < 0:
        if len(wanted) < FUZZY_LENGTH:
            return None
        found = fuzz.partial_ratio_alignment(wanted, text, score_cutoff=FUZZY_SCORE)
        if found is None or found.dest_end - found.dest_start < 0.8 * len(wanted):
            return None
        start, end = found.dest_start, found.dest_end
    return Span(passage.span.start + offsets[start], passage.span.start + offsets[end - 1] + 1)


def _candidates(sentence: str, quote: str, evidence: Evidence) -> Iterator[tuple[Passage, Span]]:
    for passage in evidence.passages:
        span = locate(quote, passage) if quote else None
        if span is not None:
            sentences = prose_spans(passage.paper, passage.span)
            rows = [row for row, each in enumerate(sentences) if each.overlaps(span)]
            if rows:
                yield from _windows(passage, sentences, rows[0], rows[-1])
    best = _most_alike(sentence, evidence)
    if best is not None:
        passage, sentences, row = best
        yield from _windows(passage, sentences, row, row)


def _windows(passage: Passage, sentences: list[Span], first: int, last: int) -> Iterator[tuple[Passage, Span]]:
    """The sentences first..last, then with the one before, the one after, and both; smallest first.

    Rows of a table stand alone: what the row above says is of something else.
    """
    wider = () if passage.paper.zone(sentences[first].start) is Zone.TABLE else _WIDER
    for left, right in ((first + before, last + after) for before, after in ((0, 0), *wider)):
        if left >= 0 and right < len(sentences):
            span = Span(sentences[left].start, sentences[right].end)
            if span.length <= LONGEST_QUOTE or (left, right) == (first, last):
                yield passage, span


def _most_alike(sentence: str, evidence: Evidence) -> tuple[Passage, list[Span], int] | None:
    wanted = set(content_stems(sentence))
    best, score = None, 0.0
    for passage in evidence.passages:
        sentences = prose_spans(passage.paper, passage.span)
        for row, span in enumerate(sentences):
            stems = set(content_stems(passage.paper.quote(span)))
            shared = len(wanted & stems) / (len(wanted) or 1)
            if shared > score:
                best, score = (passage, sentences, row), shared
    return best if score >= COVERAGE else None


def _fault(sentence: str, citation: Citation, asked: set[str]) -> str | None:
    """Why a span does not carry a sentence, or None."""
    quote, context = citation.quote, citation.context
    if missing := numbers(sentence) - numbers(quote):
        return f"{', '.join(sorted(missing))} is not in the quoted words"
    counts = counted(quote)
    for number, things in counted(sentence).items():
        if number in counts and not any(one & other for one in things for other in counts[number]):
            return f"{number} counts something else in the quoted words"
    if missing := names(sentence) - words(context):
        return f"{', '.join(sorted(missing))} is not named there"
    wanted, held = set(content_stems(sentence)), set(content_stems(context))
    if len(wanted & held) < COVERAGE * len(wanted):
        return "the quoted words say something else"
    repeated = wanted & asked - _SELF
    if repeated and not repeated & held:
        return f"{', '.join(_as_written(sentence, repeated))} is only in the question"
    new = wanted - asked - _SELF if asked else set()
    if len(new & held) < NEW_COVERAGE * len(new):
        return f"{', '.join(_as_written(sentence, new - held))} is not in the quoted words"
    if contradicts(sentence, quote):
        return "one of the two is negated"
    if word := opposed(sentence, quote):
        return f"the quoted words say the opposite of “{word}”"
    return misread(sentence, citation.paper, citation.span)


def _as_written(sentence: str, stems: set[str]) -> list[str]:
    """The words of a sentence that have these stems, each once, in order."""
    found = [word for word in re.findall(r"[^\W\d_]+", sentence) if set(content_stems(word)) & stems]
    return list(dict.fromkeys(found)) or sorted(stems)


def contradicts(sentence: str, quote: str) -> bool:
    """Whether just one of the two negates what both speak of; judged against each sentence of the quote by itself."""
    wanted = set(content_stems(sentence))
    parts = [quote[span.start : span.end] for span in sentence_spans(quote)]
    alike = [part for part in parts if len(wanted & set(content_stems(part))) >= COVERAGE * len(wanted)] or [quote]
    if negations(sentence):
        return not any(negations(part) for part in alike)
    return all(_negates(part, wanted) for part in alike)


def _negates(part: str, wanted: set[str]) -> bool:
    """Whether one of the first words behind a negation is among those that the sentence speaks of."""
    return any(wanted & set(content_stems(part[end : end + 60])[:2]) for end in negations(part))


def _normal(text: str) -> tuple[str, list[int]]:
    """Case, spaces, quotation marks and dashes evened out, with the offset of each kept character."""
    kept: list[str] = []
    offsets: list[int] = []
    for offset, character in enumerate(text):
        folded = character.casefold()
        if folded.isalnum() or folded in ".%=<>+":
            kept += folded
            offsets += [offset] * len(folded)
    return "".join(kept), offsets
