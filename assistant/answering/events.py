"""What an answer in the making says to the screen; the core yields these, a face renders them."""

from dataclasses import dataclass

from assistant.answering.records import Answer, AnswerSentence
from index.model.paper import Passage


@dataclass(frozen=True)
class Working:
    """What is being done now; `total` is 0 where it cannot be counted."""

    step: str
    done: int = 0
    total: int = 0


@dataclass(frozen=True)
class EvidenceFound:
    """The passages that the answer will rest on, and how long each step of the search took."""

    passages: tuple[Passage, ...]
    seconds: dict[str, float]


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
