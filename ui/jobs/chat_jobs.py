"""Questions from a browser: each is a job in the model's queue, and its turn is kept at the end.

The job continues when the tab that asked is closed; anyone who opens the conversation meanwhile follows it.
"""

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from assistant.answering.answer import Asker
from assistant.chat.turn import take_turn
from assistant.llm.errors import ModelMissing, OllamaUnreachable
from ui.jobs.model_in_use import ModelInUse
from ui.jobs.queue import Job, ModelQueue

if TYPE_CHECKING:
    from assistant.context import Workbench

_FAILURES = 20  # stopped or failed questions that are remembered


@dataclass(frozen=True)
class Asked:
    """What a user asked, and in which scope (see assistant/chat/turn.py).

    `instead_of` is the position of the turn that it replaces.
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
        """Whether the user stopped it before it was done."""
        return self.job.ended and self.job.cancelled() and not self.job.done


class Talks:
    """The questions that are being answered, by conversation."""

    def __init__(self, bench: "Workbench", queue: ModelQueue, models: ModelInUse) -> None:
        self._bench, self._queue, self._models = bench, queue, models
        self._running: dict[str, Running] = {}
        self._lock = threading.Lock()

    def ask(self, asked: Asked) -> Running:
        """Queue a question; if the conversation already has one running, return that one instead."""
        with self._lock:
            at_work = self._running.get(asked.talk)
            if at_work and not at_work.job.ended:
                return at_work
            self._forget_done()
            job = self._queue.submit(asked.question, lambda job: self._answer(job, asked))
            self._running[asked.talk] = Running(asked, job)
            return self._running[asked.talk]

    def latest(self, talk: str | None) -> Running | None:
        """Return the question last asked in a conversation, running or ended; None if its answer was kept long ago."""
        with self._lock:
            return self._running.get(talk or "")

    def _forget_done(self) -> None:
        """Forget answered questions, which are in the library; the last ones that failed are kept to be shown."""
        ended = [talk for talk, each in self._running.items() if each.job.ended]
        failed = [talk for talk in ended if not self._running[talk].job.done]
        for talk in {*ended} - {*failed[-_FAILURES:]}:
            del self._running[talk]

    def _answer(self, job: Job, asked: Asked) -> None:
        try:
            self._answered(job, asked)
        except (OllamaUnreachable, ModelMissing):
            self._models.forget()  # look for it again at the next question
            raise

    def _answered(self, job: Job, asked: Asked) -> None:
        bench = self._bench
        asker = Asker(bench.searcher, self._models.get(), bench.settings.passages, job.cancelled)
        turn = take_turn(
            asker,
            bench.library,
            asked.talk,
            asked.question,
            scope=asked.scope,
            language=asked.language,
            instead_of=asked.instead_of,
        )
        for event in turn:
            job.say(event)
