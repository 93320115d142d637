"""Answers as they were checked: the nouns, and the step from a model's statement to a sentence that may be shown."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from assistant.chat_model import Usage
from assistant.citations import Citation, Verdict, verify
from assistant.draft import Statement
from assistant.evidence import Evidence
from assistant.terms import content_stems
from index.paper import Passage
from index.sentences import sentence_spans

LEAST_RELATED = 0.34  # share of a failed sentence's content words that the quote in its place must hold


class Grounding(StrEnum):
    """How far an answer rests on the papers."""

    GROUNDED = "grounded"  # every sentence that is shown has a verified citation
    PARTLY = "partly"  # some that were drafted had none, and the paper's own words stand in their place
    UNGROUNDED = "ungrounded"  # no sentence has one
    REFUSED = "refused"  # the papers do not answer the question


@dataclass(frozen=True)
class AnswerSentence:
    """A sentence of an answer, the spans that carry it, and why it has none or is a quote where that is so."""

    text: str
    citations: tuple[Citation, ...]
    reason: str = ""

    @property
    def supported(self) -> bool:
        """Whether code found a span that carries it."""
        return bool(self.citations)


@dataclass(frozen=True)
class Answer:
    """An answer as it was checked. `text` is what the deltas add up to; a refusal's text says what was searched."""

    question: str
    searched_as: tuple[str, ...]
    language: str
    grounding: Grounding
    text: str
    sentences: tuple[AnswerSentence, ...] = ()
    passages: tuple[Passage, ...] = ()
    invented_citations: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    usage: Usage | None = None

    @property
    def citations(self) -> list[Citation]:
        """The distinct citations in order of appearance; their numbers are their places, from 1."""
        return list(dict.fromkeys(citation for sentence in self.sentences for citation in sentence.citations))


@dataclass
class Checked:
    """What became of the statements so far."""

    question: str
    sentences: list[AnswerSentence] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    invented: int = 0

    @property
    def grounding(self) -> Grounding:
        """How far all of it together rests on the papers."""
        if not any(sentence.supported for sentence in self.sentences):
            return Grounding.UNGROUNDED
        whole = not any(sentence.reason for sentence in self.sentences)
        return Grounding.GROUNDED if whole else Grounding.PARTLY

    def check(self, statement: Statement, evidence: Evidence) -> Iterator[AnswerSentence]:
        """The sentences of a statement that may be shown, new ones only.

        A sentence that does not verify degrades to the words that it was drafted from where these stand in the
        evidence; else it is left out, and counted as an invented citation.
        """
        claim = statement.statement.strip()
        for span in sentence_spans(claim):
            sentence = claim[span.start : span.end]
            verdict = verify(sentence, statement.quote, evidence, self.question)
            shown = _shown(sentence, verdict)
            if shown is None:
                self.left_out.append(sentence)
                self.invented += 1
            elif shown.text not in {each.text for each in self.sentences}:
                self.sentences.append(shown)
                yield shown


def quoted(citation: Citation, reason: str = "") -> AnswerSentence:
    """The paper's own words as a sentence of an answer."""
    return AnswerSentence(f"“{' '.join(citation.quote.split())}”", (citation,), reason)


def _shown(sentence: str, verdict: Verdict) -> AnswerSentence | None:
    if verdict.citation is not None:
        return AnswerSentence(sentence, (verdict.citation,))
    if verdict.located is None or not _related(sentence, verdict.located.quote):
        return None
    return quoted(verdict.located, verdict.reason)


def _related(sentence: str, quote: str) -> bool:
    """Whether a quote speaks of what the sentence speaks of, so that it may stand in its place."""
    wanted = set(content_stems(sentence))
    return len(wanted & set(content_stems(quote))) >= LEAST_RELATED * len(wanted)
