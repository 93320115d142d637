"""What the chat shows: a conversation's turns, and an unfinished answer. Makes HTML; knows no screen library."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from assistant.answering.events import EvidenceFound, TextDelta, Working
from assistant.chat.conversation import Turn
from assistant.chat.turn import Understood
from assistant.contract import Json
from assistant.verify.claim import Citation
from ui.jobs.chat_jobs import Running
from ui.pages.labels import Labels
from ui.pages.render import (
    evidence_html,
    note_html,
    question_html,
    sentence_shape,
    sentences_html,
    status_html,
    turn_html,
)
from ui.pages.safe_html import escaped
from ui.pages.sentences import retold


def talk_html(words: Labels, turns: Sequence[Turn]) -> str:
    """Turns of a conversation, the oldest first."""
    return "".join(turn_html(words, each.question, each.standalone_question, each.kept) for each in turns)


def empty_html(words: Labels, papers: int) -> str:
    """Return the text of an empty conversation."""
    said = words("chat.empty", count=papers) if papers else words("chat.empty_library")
    return f'<div class="empty"><h2>{escaped(words("chat.empty_title"))}</h2><p>{escaped(said)}</p></div>'


@dataclass
class Live:
    """An unfinished answer as the user sees it; `take` adds an event, `html` renders it."""

    words: Labels
    running: Running
    note: str = ""  # why there is no model
    step: str = ""
    alone: str = ""
    sentences: list[Json] = field(default_factory=list)
    refusal: str = ""
    evidence: Sequence[Citation] = ()  # what there is to read before the first sentence
    _citations: list[Citation] = field(default_factory=list)

    def take(self, event: object) -> None:
        """Add an event; unknown events change nothing."""
        words = self.words
        match event:
            case Understood(question):
                self.alone = question
            case Working("searching"):
                self.step = words("chat.step_searching")
            case Working("reading", done, total):
                self.step = words("chat.step_reading", done=done, total=total)
            case Working("writing"):
                self.step = words("chat.step_writing")
            case Working("checking again"):
                self.step = words("chat.step_checking")
            case EvidenceFound(passages, _, marked):
                self.step = words("chat.step_found", count=len(passages))
                self.evidence = marked
            case TextDelta(text, None):
                self.refusal = text
            case TextDelta():
                self.sentences.append(sentence_shape(event, self._citations))

    def html(self, *, stopped: bool = False, fault: str = "") -> str:
        """The question, the sentences so far, and what is being done; or why it ended without an answer."""
        words, job = self.words, self.running.job
        parts = [question_html(words, self.running.asked.question, self.alone)]
        parts += [note_html(words("chat.no_model", reason=retold(words, self.note)))] if self.note else []
        parts += [sentences_html(words, self.sentences)]
        if fault:
            parts.append(note_html(retold(words, fault), "fault"))
        elif stopped:
            parts.append(note_html(words("chat.stopped")))
        else:
            place = job.place
            step = words("chat.waiting", place=place) if place else self.step or words("chat.thinking")
            parts.append(status_html(words, step, time.monotonic() - self.running.started))
            parts += [evidence_html(words, self.evidence)]
        return f'<article class="turn live">{"".join(parts)}</article>'
