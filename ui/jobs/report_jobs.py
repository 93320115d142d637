"""Breakdowns, comparisons and digests: long jobs of the server, which any page may follow.

There are two lines of jobs, one for papers that a user waits for and one for digests, so that a digest of an hour
delays no breakdown. Each call to the model is a job in the queue of the questions: a question that is asked while a
breakdown or a digest is made waits for one call, not for all of them.
"""

import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from assistant.llm.chat_model import ChatModel, Message, ModelSettings, Usage
from assistant.llm.errors import Cancelled, ModelFailed, ModelMissing, OllamaUnreachable
from assistant.llm.server import Cancelling
from ui.jobs.model_in_use import ModelInUse
from ui.jobs.queue import Job, ModelQueue

if TYPE_CHECKING:
    from assistant.context import Workbench
    from assistant.llm.chat_model import ChatModel

_TICK = 0.1  # seconds between two checks whether a waiting call was stopped


class TurnTaker:
    """The turns of one long job with the model."""

    def __init__(self, queue: ModelQueue, name: str) -> None:
        self.name = name
        self.cancelled: Callable[[], bool] = lambda: False  # the job's, once it runs
        self._queue = queue
        self._waiting: Job | None = None

    @property
    def place(self) -> int:
        """Number of jobs ahead of the waiting call; 0 during a turn and between turns."""
        waiting = self._waiting
        return waiting.place if waiting else 0

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for the model and release it at the end. Raises Cancelled if the job or the queue was stopped."""
        begun, over = threading.Event(), threading.Event()

        def hold(job: Job) -> None:
            begun.set()
            while not over.wait(_TICK):
                if job.cancelled():
                    return

        self._waiting = self._queue.submit(self.name, hold)
        try:
            while not begun.wait(_TICK):
                if self.cancelled() or self._waiting.ended:
                    self._waiting.cancel()
                    raise Cancelled("Stopped. What is done is kept; start it again to continue.")
            self._waiting = None
            yield
        finally:
            self._waiting = None
            over.set()


class TurnTakingModel(ChatModel):
    """The model of `settings`; each call waits for its turn."""

    def __init__(self, settings: ModelSettings, turns: TurnTaker) -> None:
        super().__init__(settings)
        self._turns = turns

    def _call(
        self,
        messages: Sequence[Message],
        answer_tokens: int,
        cancelled: Cancelling,
        form: dict[str, Any] | None,
        choices: int = 0,
    ) -> Generator[str, None, Usage]:
        def stopped() -> bool:
            return self._turns.cancelled() or (cancelled is not None and cancelled())

        with self._turns.turn():
            return (yield from super()._call(messages, answer_tokens, stopped, form, choices))


_REMEMBERED = 20  # jobs of a line that ended

A = TypeVar("A")


@dataclass(frozen=True)
class ModelLooked:
    """The event that a model was looked for. `reason` says why there is none; empty if there is one."""

    name: str
    reason: str


@dataclass(frozen=True)
class Told:
    """An event of the work, and its time (seconds of `time.monotonic`)."""

    event: object
    at: float = field(default_factory=time.monotonic)


@dataclass(frozen=True)
class Making(Generic[A]):
    """A request and its progress."""

    asked: A
    job: Job
    turns: TurnTaker
    started: float = field(default_factory=time.monotonic)

    @property
    def place(self) -> int:
        """Number of jobs ahead of it: in its own line, or for its next call to the model."""
        return self.job.place or self.turns.place

    @property
    def stopped(self) -> bool:
        """Whether a user stopped it before it was done."""
        return self.job.ended and self.job.cancelled() and not self.job.done

    @property
    def last(self) -> object:
        """The last event, or None."""
        told = [each for each in self.job.events()[-1:] if isinstance(each, Told)]
        return told[0].event if told else None


@dataclass
class Hands:
    """What a job works with: it reports events, and gets a model that waits for its turns."""

    bench: "Workbench"
    models: ModelInUse
    turns: TurnTaker
    job: Job

    def model(self, *, wanted: bool) -> "ChatModel | None":
        """Return the model in use, called in turns; None if there is none. An event says which, or why."""
        model = self.models.get() if wanted else None
        if wanted:
            self.job.say(Told(ModelLooked(model.settings.model if model else "", "" if model else self.models.reason)))
        return TurnTakingModel(model.settings, self.turns) if model else None

    def tell(self, events: Iterator[object]) -> None:
        """Report all events of a piece of work; raise Cancelled between two of them if it was stopped.

        Closing the work releases its lock and its processes at once: the job keeps the error, and with it this frame.
        """
        with closing(cast("Generator[object]", events)):
            for event in events:
                self.job.say(Told(event))
                if self.job.cancelled():
                    raise Cancelled("Stopped. What is done is kept; start it again to continue.")


class Line(Generic[A]):
    """Jobs of one kind, done one after the other."""

    def __init__(
        self, bench: "Workbench", queue: ModelQueue, models: ModelInUse, work: Callable[[A, Hands], None]
    ) -> None:
        self._bench, self._queue, self._models, self._work = bench, queue, models, work
        self._line = ModelQueue()
        self._known: list[Making[A]] = []
        self._lock = threading.Lock()

    def start(self, name: str, asked: A) -> Making[A]:
        """Queue a job; if the same is running or waiting already, return that one instead."""
        with self._lock:
            for making in self._known:
                if making.asked == asked and not making.job.ended:
                    return making
            turns = TurnTaker(self._queue, name)
            job = self._line.submit(name, lambda job: self._run(asked, turns, job))
            ended = [making for making in self._known if making.job.ended][:_REMEMBERED]
            at_work = [making for making in self._known if not making.job.ended]
            self._known = [Making(asked, job, turns), *at_work, *ended]
            return self._known[0]

    def latest(self, wanted: Callable[[A], bool] = lambda asked: True) -> Making[A] | None:
        """Return the last job among those wanted, running or ended."""
        with self._lock:
            return next((making for making in self._known if wanted(making.asked)), None)

    def at_work(self) -> list[Making[A]]:
        """Return those that are not over, the newest first."""
        with self._lock:
            return [making for making in self._known if not making.job.ended]

    def close(self) -> None:
        """Stop them all."""
        self._line.close()

    def _run(self, asked: A, turns: TurnTaker, job: Job) -> None:
        turns.cancelled = job.cancelled
        try:
            self._work(asked, Hands(self._bench, self._models, turns, job))
        except (OllamaUnreachable, ModelMissing, ModelFailed):
            self._models.forget()  # it may be another one when the next job comes
            raise
