"""Questions put to the assistant from a browser: each is a job in the model's line, and its turn is kept at the end.

The job goes on when the tab that asked is closed; whoever opens the conversation meanwhile follows it.
"""

import json
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from assistant.answering.answer import Asker
from assistant.answering.events import AnswerReady
from assistant.answering.follow_up import standalone_question
from assistant.chat import conversation
from assistant.contract import Json, answer_json
from assistant.llm.errors import Cancelled, ModelMissing, OllamaUnreachable
from assistant.llm.prompts import Language
from assistant.verify.terms import is_chinese
from index.model.records import Filters
from ui.jobs.model_in_use import ModelInUse
from ui.jobs.queue import Job, ModelQueue
from ui.tabs.chat.scope import papers_in_scope

if TYPE_CHECKING:
    from assistant.context import Workbench

SCOPE = "scope"  # under which a kept answer says where it was searched
TITLE = 60  # characters of the first question that name a conversation
_FAILURES = 20  # stopped or failed questions that are remembered


@dataclass(frozen=True)
class Understood:
    """An event of ours: the question that is searched for, a follow-up made whole."""

    question: str


@dataclass(frozen=True)
class Asked:
    """What a reader asked, and where (see ui/tabs/chat/scope.py).

    `instead_of` is the turn that it takes the place of.
    """

    talk: str
    question: str
    scope: tuple[str, ...] = ()
    language: str = "auto"
    instead_of: int | None = None


@dataclass(frozen=True)
class Running:
    """A question that is being answered."""

    asked: Asked
    job: Job
    started: float = field(default_factory=time.monotonic)

    @property
    def stopped(self) -> bool:
        """Whether the reader stopped it before it was done."""
        return self.job.ended and self.job.cancelled() and not self.job.done


class Talks:
    """The questions that are being answered, by conversation."""

    def __init__(self, bench: "Workbench", queue: ModelQueue, models: ModelInUse) -> None:
        self._bench, self._queue, self._models = bench, queue, models
        self._running: dict[str, Running] = {}
        self._lock = threading.Lock()

    def ask(self, asked: Asked) -> Running:
        """Puts a question in line; where the conversation has one at work already, that one is given instead."""
        with self._lock:
            at_work = self._running.get(asked.talk)
            if at_work and not at_work.job.ended:
                return at_work
            self._forget_done()
            job = self._queue.submit(asked.question, lambda job: self._answer(job, asked))
            self._running[asked.talk] = Running(asked, job)
            return self._running[asked.talk]

    def latest(self, talk: str | None) -> Running | None:
        """The question last asked in a conversation, at work or ended; none where its answer was kept long ago."""
        with self._lock:
            return self._running.get(talk or "")

    def _forget_done(self) -> None:
        """What was answered is in the library; of what was not, the last ones are kept to be shown."""
        ended = [talk for talk, each in self._running.items() if each.job.ended]
        failed = [talk for talk in ended if not self._running[talk].job.done]
        for talk in {*ended} - {*failed[-_FAILURES:]}:
            del self._running[talk]

    def _answer(self, job: Job, asked: Asked) -> None:
        try:
            self._answered(job, asked)
        except (OllamaUnreachable, ModelMissing):
            self._models.forget()  # it may be another one when the next question comes
            raise

    def _answered(self, job: Job, asked: Asked) -> None:
        bench, question = self._bench, asked.question
        papers = papers_in_scope(bench.library, asked.scope)
        model = self._models.get()
        earlier = conversation.load(bench.library, asked.talk).turns[: asked.instead_of]
        written: Language = "zh" if is_chinese(question) else "en"
        alone = standalone_question(model, earlier, question, written, job.cancelled)
        job.say(Understood(alone))
        asker = Asker(bench.searcher, model, bench.settings.passages, job.cancelled)
        for event in asker.answer(alone, filters=Filters(papers) if papers else None, language=asked.language):
            if isinstance(event, AnswerReady):
                if job.cancelled():
                    raise Cancelled("Stopped. Ask again when you like.")
                records = bench.records()
                kept = {
                    **with_spans(answer_json(event.answer, records, model), event),
                    SCOPE: list(asked.scope),
                }
                conversation.add_turn(
                    bench.library, asked.talk, question, alone, json.dumps(kept, ensure_ascii=False), asked.instead_of
                )
            job.say(event)


def with_spans(kept: Json, ready: AnswerReady) -> Json:
    """The answer with the span of each passage, so that a passage opens at its words."""
    passages = [
        {**shape, "span": [passage.span.start, passage.span.end]}
        for shape, passage in zip(kept["passages"], ready.answer.passages, strict=True)
    ]
    return {**kept, "passages": passages}
