"""The one judge of a sentence: stated by its sources, backed by them, or not backed.

*Stated*: a span says it in nearly these words. *Backed*: quotes are located that carry it, numbers, names, negation and
direction agree, the wording is the model's. Everything else is *not backed* and is never shown as an answer.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from assistant.verify.alignment import align, read_words
from assistant.verify.claim import Citation, Evidence, Verdict, locate, verify
from assistant.verify.evidence_model import Findings, examine, likelihood
from assistant.verify.orders import is_order
from assistant.verify.terms import is_chinese
from index.model.paper import Passage, Span
from index.structure.method_names import own_names
from index.structure.sentences import prose_spans

Judge = Callable[[str, str], float]  # (text of the sources, sentence) -> probability that they support it


@dataclass(frozen=True)
class Thresholds:
    """Where the outcomes begin; the measurements are on the dev claims, cross-validated by passage."""

    # Likelihood from which a sentence is backed. English, near / free wording: .90 / .82 of the faithful and .31 / .08
    # of the wrong ones are shown. With the embedder's token vectors, too, .92 / .81 and .33 / .09: words are enough.
    backed: float = 0.58
    # What a stated sentence may not fall below: nine in ten of its content words are the source's own.
    stated_words: float = 0.90
    # Content words in the source's order: roles exchanged leave 0.6 to 0.85 of them in order.
    stated_order: float = 0.90
    # Share of the content words that the sources must hold, whatever the likelihood: the claims that it was learnt from
    # are all on the topic of their passage. At 0.25 no style loses more than .01 of the faithful ones.
    shared: float = 0.25
    shared_of_few: float = 0.6  # of a sentence with few content words, which says nothing but these
    # A judge's probability from which a likely sentence is shown, and below which no backed one is.
    judge_yes: float = 0.5
    judged: float = 0.40  # the likelihood from which a judge is asked: .97 / .90 of the faithful ones lie above


THRESHOLDS = Thresholds()
_NUMBERING = re.compile(r"^[\dA-Z]+(?:\.\d+)*\.?\s+")  # the number of a heading is no evidence
MAX_FEW = 4  # content words: "I cannot answer this question" has three
MAX_SENTENCES = 400  # of the sources that a sentence is compared with; eight passages have about 80


class Outcome(StrEnum):
    """What the sources do for a sentence."""

    STATED = "stated"
    BACKED = "backed"
    NOT_BACKED = "not_backed"


@dataclass(frozen=True)
class Support:
    """The outcome, the spans that carry the sentence (none unless it may be shown), and why it is not backed.

    `held` is the share of the sentence's content words that the sources of a backed one hold.
    """

    outcome: Outcome
    citations: tuple[Citation, ...] = ()
    reason: str = ""
    held: float = 0.0

    @property
    def shown(self) -> bool:
        """Whether the sentence may stand in an answer."""
        return self.outcome is not Outcome.NOT_BACKED


@dataclass(frozen=True)
class _Source:
    """A sentence of a passage that may carry the sentence that is judged."""

    passage: Passage
    span: Span

    @property
    def text(self) -> str:
        return self.passage.paper.quote(self.span)


def support(
    sentence: str,
    sources: Sequence[Passage],
    *,
    quote: str = "",
    question: str = "",
    judge: Judge | None = None,
    thresholds: Thresholds = THRESHOLDS,
) -> Support:
    """What passages do for a sentence; `quote`: words of theirs that its writer relied on, `question`: what it answers.

    A judge decides between backed and not backed where the likelihood leaves room, never about what is stated, nor
    against a number, a name or a direction that the sources contradict.
    """
    held = [_Source(passage, span) for passage in sources for span in prose_spans(passage.paper, passage.span)]
    held = [source for source in held[:MAX_SENTENCES] if not is_order(source.text)]
    if not held or not any(word.weight for word in read_words(sentence)):
        return Support(Outcome.NOT_BACKED, reason="there is no source" if not held else "it says nothing to check")
    crossing = is_chinese(sentence) and not any(is_chinese(source.text) for source in held)
    verdict = verify(sentence, quote, Evidence(tuple(sources)), question)
    if verdict.citation is not None and is_order(verdict.citation.quote):
        return Support(Outcome.NOT_BACKED, reason="its source is an order to the reader, not a statement")
    if crossing:
        return _across_languages(verdict)
    findings, home = _examined(sentence, held)
    if verdict.citation is not None and _is_stated(sentence, verdict.citation, findings, thresholds):
        return Support(Outcome.STATED, (verdict.citation,))
    if findings.faults:
        return Support(Outcome.NOT_BACKED, reason=findings.faults[0])
    quoted = {row for row, source in enumerate(home) if quote and _quotes(source, quote)}
    chosen = sorted({*findings.alignment.union, *quoted})
    few = sum(word.weight > 0 for word in read_words(sentence)) <= MAX_FEW
    if findings.figures["lexU"] < (thresholds.shared_of_few if few else thresholds.shared):
        return Support(Outcome.NOT_BACKED, reason="the sources have few of its words")
    likely = likelihood(findings.figures)
    if judge is not None and likely >= thresholds.judged:
        text = "\n".join(home[row].text for row in chosen)
        backed = judge(text, sentence) >= thresholds.judge_yes
    else:
        backed = likely >= thresholds.backed
    if not backed:
        return Support(Outcome.NOT_BACKED, reason=verdict.reason or "the sources say something else")
    return Support(Outcome.BACKED, _citations([home[row] for row in chosen]), held=findings.figures["lexU"])


def _examined(sentence: str, held: Sequence[_Source]) -> tuple[Findings, list[_Source]]:
    """Findings beside the passages that carry the sentence best, and their sentences: a name or a number elsewhere
    among eight passages says nothing."""
    home = list(held)
    if len({id(source.passage) for source in held}) > 1:
        union = align(sentence, [source.text for source in held]).union
        passages = {id(held[row].passage) for row in union}
        home = [source for source in held if id(source.passage) in passages]
    return _findings(sentence, home), home


def _findings(sentence: str, held: Sequence[_Source]) -> Findings:
    context = {
        " ".join([paper.title, *own_names(paper)])
        for paper in {source.passage.paper.id: source.passage.paper for source in held}.values()
    }
    context |= {_NUMBERING.sub("", heading) for source in held for heading in source.passage.heading}
    return examine(sentence, [source.text for source in held], " ".join(sorted(context)))


def _is_stated(sentence: str, citation: Citation, findings: Findings, thresholds: Thresholds) -> bool:
    """Whether a verified span says it in nearly these words: the same ones, in the same order, as strongly."""
    figures = findings.figures
    own = examine(sentence, [citation.quote], citation.context).figures
    return (
        not findings.faults
        and own["lexU"] >= thresholds.stated_words
        and own["order"] >= thresholds.stated_order
        and own["exch"] <= 0.05
        and not any(own[name] for name in STATED_FLAGS)
        and not figures["oppnear"]
        and figures["misbound"] <= 0.12
    )


# Any of these keeps a verified sentence from being called stated.
STATED_FLAGS = (
    "missing", "nameU", "negh", "negt", "opp", "oppnear", "universal", "certain", "unhedged", "causal", "future",
)  # fmt: skip


def _across_languages(verdict: Verdict) -> Support:
    """Of a Chinese sentence about English sources: stated if names and numbers verify it, as before; words cannot."""
    if verdict.citation is not None:
        return Support(Outcome.STATED, (verdict.citation,))
    return Support(Outcome.NOT_BACKED, reason="the sources are in another language")


def _quotes(source: _Source, quote: str) -> bool:
    span = locate(quote, source.passage)
    return span is not None and span.overlaps(source.span)


def _citations(chosen: Sequence[_Source]) -> tuple[Citation, ...]:
    """The spans of sentences, those that follow each other in one paper joined."""
    joined: list[Citation] = []
    for source in chosen:
        paper, span = source.passage.paper, source.span
        last = joined[-1] if joined else None
        if last and last.paper.id == paper.id and 0 <= span.start - last.span.end <= 2:
            joined[-1] = Citation(paper, Span(last.span.start, span.end))
        else:
            joined.append(Citation(paper, span))
    return tuple(dict.fromkeys(joined))
