"""Answers as they were checked: the nouns, and the step from a model's statement to a sentence that may be shown."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from assistant.answering.draft import Statement
from assistant.answering.question_format import gives_amount
from assistant.llm.chat_model import Usage
from assistant.verify.claim import Citation, verify
from assistant.verify.evidence import Evidence
from assistant.verify.table_check import misread
from assistant.verify.terms import COMMON_VERBS, content_stems, is_chinese, numbers
from index.model.paper import Passage
from index.search.searcher import Question
from index.structure.sentences import sentence_spans

LEAST_RELATED = 0.5  # share of the question's content words that a sentence and what it cites must hold
LEAST_COVERAGE = 0.34  # the same of all passages together, where they are read or quoted at all
LEAST_OWN = 1 / 3  # the same of a quote without its headings, where there is a sentence already


class Grounding(StrEnum):
    """How far an answer rests on the papers."""

    GROUNDED = "grounded"  # every sentence that is shown has a verified citation
    PARTLY = "partly"  # some that were drafted had none, and the paper's own words stand in their place
    UNGROUNDED = "ungrounded"  # no sentence has one
    REFUSED = "refused"  # the papers do not answer the question


@dataclass(frozen=True)
class AnswerSentence:
    """A sentence of an answer, the spans that carry it, and why it has none or is a quote where that is so.

    `about` is the title of the paper that it speaks of, where an answer goes from paper to paper.
    """

    text: str
    citations: tuple[Citation, ...]
    reason: str = ""
    about: str = ""

    @property
    def supported(self) -> bool:
        """Whether code found a span that carries it."""
        return bool(self.citations)

    @property
    def as_text(self) -> str:
        """The sentence as it stands in running text."""
        return f"{self.about}: {self.text}" if self.about else self.text


@dataclass(frozen=True)
class Answer:
    """An answer as it was checked. `text` is what the deltas add up to; a refusal's text says what was searched.

    `missing` says in the answer's language what it leaves open.
    """

    question: str
    searched_as: tuple[str, ...]
    language: str
    grounding: Grounding
    text: str
    sentences: tuple[AnswerSentence, ...] = ()
    passages: tuple[Passage, ...] = ()
    missing: tuple[str, ...] = ()
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

    sentences: list[AnswerSentence] = field(default_factory=list)
    invented: int = 0
    about: str = ""  # a pattern of words, one of which each citation or its headings must have
    quoting: bool = True  # whether the words that a failed statement was drafted from are shown in its place

    @property
    def grounding(self) -> Grounding:
        """How far all of it together rests on the papers."""
        if not any(sentence.supported for sentence in self.sentences):
            return Grounding.UNGROUNDED
        whole = not any(sentence.reason for sentence in self.sentences)
        return Grounding.GROUNDED if whole else Grounding.PARTLY

    @property
    def weight(self) -> int:
        """How much there is of an answer: two for a verified sentence, one for a quote in place of one."""
        return sum(1 if sentence.reason else 2 for sentence in self.sentences)

    def check(self, statement: Statement, evidence: Evidence, question: str) -> Iterator[AnswerSentence]:
        """The sentences of a statement where all of them verify and answer the question, new ones only.

        Else the words that it was drafted from, where these stand in the evidence and speak of the question; else
        nothing, counted as an invented citation. With an empty question (of a whole paper, or in another language than
        the paper) any statement answers.
        """
        claim = statement.statement.strip()
        parts = [claim[span.start : span.end] for span in sentence_spans(claim)]
        verdicts = [verify(part, statement.quote, evidence, question) for part in parts]
        cited = [each.citation for each in verdicts if each.citation is not None]
        located = next((each.located for each in verdicts if each.located is not None), None)
        adds = _adds(question, claim) and _adds(question, statement.quote) and gives_amount(question, claim)
        shown: list[AnswerSentence] = []
        if len(cited) == len(parts) > 0 and adds and answers(question, claim, *cited):
            shown = [AnswerSentence(part, (citation,)) for part, citation in zip(parts, cited, strict=True)]
        elif located is not None and self.quoting and self._quotable(question, located):
            other = "it does not answer the question" if adds else "it says no more than the question"
            shown = [quoted(located, next((each.reason for each in verdicts if each.reason), other))]
        else:
            self.invented += 1
        for sentence in filter(self._is_about, shown):
            if not any(_says_again(sentence.text, each.text) for each in self.sentences):
                self.sentences.append(sentence)
                yield sentence

    def _is_about(self, sentence: AnswerSentence) -> bool:
        words = (" ".join([*cited.heading, cited.quote]) for cited in sentence.citations)
        return not self.about or all(re.search(self.about, each, re.IGNORECASE) for each in words)

    def _quotable(self, question: str, located: Citation) -> bool:
        """Whether a quote speaks of the question: all but the first by itself, not only by its heading."""
        if not answers(question, "", located) or misread(question, located.paper, located.span):
            return False
        if not gives_amount(question, located.quote):
            return False
        asked = set(content_stems(question))
        return not self.sentences or len(asked & set(content_stems(located.quote))) >= LEAST_OWN * len(asked)


def answers(question: str, claim: str, *citations: Citation, least: float = LEAST_RELATED) -> bool:
    """Whether a claim and what it cites speak of enough of what the question speaks of: `least` of its stems."""
    asked = set(content_stems(question)) - COMMON_VERBS
    context = " ".join([claim, *(each.context for each in citations)])
    return len(asked & set(content_stems(context))) >= least * len(asked)


def speaks_of(asked: Question, passages: Sequence[Passage]) -> bool:
    """Whether passages hold enough of a question's content words to be about it at all."""
    for chinese in (False, True):
        own = [passage for passage in passages if is_chinese(passage.text) == chinese]
        wording = asked.wording(chinese)
        wanted = set(content_stems(wording or ""))
        held = {stem for passage in own for stem in content_stems(f"{passage.paper.title} {passage.text}")}
        if own and (wording is None or len(wanted & held) >= LEAST_COVERAGE * len(wanted)):
            return True
    return False


def _adds(question: str, claim: str) -> bool:
    """Whether a claim says more than its question does, as an answer to "which" or "how" must."""
    if not re.match(r"\W*(?:what|which|how|why|when|where|who)\b", question, re.IGNORECASE):
        return True
    return bool(set(content_stems(claim)) - set(content_stems(question)) or numbers(claim) - numbers(question))


def _says_again(later: str, earlier: str) -> bool:
    """Whether a sentence has no content word and no number that an earlier one does not have."""
    said = set(content_stems(earlier)) | numbers(earlier)
    return later == earlier or (bool(stems := set(content_stems(later)) | numbers(later)) and stems <= said)


def quoted(citation: Citation, reason: str = "") -> AnswerSentence:
    """The paper's own words as a sentence of an answer."""
    return AnswerSentence(f"“{' '.join(citation.quote.split())}”", (citation,), reason)
