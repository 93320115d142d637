"""What an answer in the making says to the screen; the core yields these, a face renders them."""

from dataclasses import dataclass

from assistant.answering.records import Answer, AnswerSentence
from assistant.verify.claim import Citation
from index.model.paper import Passage


@dataclass(frozen=True)
class Working:
    """What is being done now; `total` is 0 where it cannot be counted."""

    step: str
    done: int = 0
    total: int = 0


@dataclass(frozen=True)
class EvidenceFound:
    """The passages that the answer will rest on, how long each step of the search took, and their best sentences.

    `marked` has one sentence or table row for each passage, to be shown before any model is asked.
    """

    passages: tuple[Passage, ...]
    seconds: dict[str, float]
    marked: tuple[Citation, ...] = ()


@dataclass(frozen=True)
class TextDelta:
    """The next piece of the answer, already verified; the pieces add up to `Answer.text`. A refusal has no sentence."""

    text: str
    sentence: AnswerSentence | None = None


@dataclass(frozen=True)
class AnswerReady:
    """The whole answer; the last event."""

    answer: Answer


Event = Working | EvidenceFound | TextDelta | AnswerReady
