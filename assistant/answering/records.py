"""Answers as they were checked: the nouns that screens and the command line render."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from assistant.llm.chat_model import Usage
from assistant.verify.claim import Citation
from index.model.paper import Passage


class Grounding(StrEnum):
    """How far an answer rests on the papers."""

    GROUNDED = "grounded"  # every sentence that is shown has a verified citation
    PARTLY = "partly"  # some that were drafted had none, and the paper's own words stand in their place
    UNGROUNDED = "ungrounded"  # no sentence has one
    REFUSED = "refused"  # the papers do not answer the question
    CATALOGUE = "catalogue"  # the library's own records answer it: who wrote a paper, how many there are
    TALK = "talk"  # a greeting, or a question about this program


class Backing(StrEnum):
    """How a sentence rests on what it cites."""

    STATED = "stated"  # the cited span says it in nearly these words, or is quoted
    BACKED = "backed"  # the quotes carry it; the wording is the model's


@dataclass(frozen=True)
class AnswerSentence:
    """A sentence of an answer, the spans that it rests on and how; `reason` says why a quote stands in its place.

    `about` is the title of the paper that the sentence is about, if an answer goes from paper to paper.
    """

    text: str
    citations: tuple[Citation, ...]
    reason: str = ""
    about: str = ""
    support: Backing = Backing.STATED

    @property
    def supported(self) -> bool:
        """Whether code found a span that carries it."""
        return bool(self.citations)

    @property
    def as_text(self) -> str:
        """The sentence as it is written in running text."""
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


def quoted(citation: Citation, reason: str = "") -> AnswerSentence:
    """The paper's own words as a sentence of an answer."""
    return AnswerSentence(f"“{' '.join(citation.quote.split())}”", (citation,), reason)


def grounding_of(sentences: Sequence[AnswerSentence]) -> Grounding:
    """How far sentences together rest on the papers; without any, the question was refused."""
    if not sentences:
        return Grounding.REFUSED
    if not any(sentence.supported for sentence in sentences):
        return Grounding.UNGROUNDED
    return Grounding.PARTLY if any(sentence.reason for sentence in sentences) else Grounding.GROUNDED
