"""Breakdowns, comparisons and digests that are being made: long jobs of the server, which any page may follow.

There are two lines of work, one for papers that a reader waits for and one for digests, so that a digest of an hour
holds up no breakdown. Each call to the model is a turn in the line that questions wait in (ui/jobs/model_turns.py).
"""

import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar, cast

from assistant.llm.errors import Cancelled, ModelFailed, ModelMissing, OllamaUnreachable
from ui.jobs.model_in_use import ModelInUse
from ui.jobs.model_turns import TurnTaker, TurnTakingModel
from ui.jobs.queue import Job, ModelQueue

if TYPE_CHECKING:
    from assistant.context import Workbench
    from assistant.llm.chat_model import ChatModel

_REMEMBERED = 20  # jobs of a line that ended

A = TypeVar("A")


@dataclass(frozen=True)
class ModelLooked:
    """An event of ours: a model was asked for. `reason` says why there is none; it is empty where there is one."""

    name: str
    reason: str


@dataclass(frozen=True)
class Told:
    """An event of the work, and when it was said (seconds of `time.monotonic`)."""

    event: object
    at: float = field(default_factory=time.monotonic)


@dataclass(frozen=True)
class Making(Generic[A]):
    """What was asked for, and how far it is."""

    asked: A
    job: Job
    turns: TurnTaker
    started: float = field(default_factory=time.monotonic)

    @property
    def place(self) -> int:
        """How many others are before it: in its own line, or for its next call to the model."""
        return self.job.place or self.turns.place

    @property
    def stopped(self) -> bool:
        """Whether a reader stopped it before it was done."""
        return self.job.ended and self.job.cancelled() and not self.job.done

    @property
    def last(self) -> object:
        """What was said last, or None."""
        told = [each for each in self.job.events()[-1:] if isinstance(each, Told)]
        return told[0].event if told else None


@dataclass
class Hands:
    """What a job works with: it says events, and takes a model that waits for its turns."""

    bench: "Workbench"
    models: ModelInUse
    turns: TurnTaker
    job: Job

    def model(self, *, wanted: bool) -> "ChatModel | None":
        """The model in use, called in turns; None, where there is none; an event says which, or why."""
        model = self.models.get() if wanted else None
        if wanted:
            self.job.say(Told(ModelLooked(model.settings.model if model else "", "" if model else self.models.reason)))
        return TurnTakingModel(model.settings, self.turns) if model else None

    def tell(self, events: Iterator[object]) -> None:
        """Says all events of a piece of work; ends it between two where it was stopped, with Cancelled.

        Closed where it stands, the work gives back its lock and its processes: the job keeps the error, and with it
        this frame.
        """
        with closing(cast("Generator[object]", events)):
            for event in events:
                self.job.say(Told(event))
                if self.job.cancelled():
                    raise Cancelled("Stopped. What was made is kept; start it again to go on.")


class Line(Generic[A]):
    """Jobs of one kind, worked off one after the other."""

    def __init__(
        self, bench: "Workbench", queue: ModelQueue, models: ModelInUse, work: Callable[[A, Hands], None]
    ) -> None:
        self._bench, self._queue, self._models, self._work = bench, queue, models, work
        self._line = ModelQueue()
        self._known: list[Making[A]] = []
        self._lock = threading.Lock()

    def start(self, name: str, asked: A) -> Making[A]:
        """Puts a job in line; where the same is at work or waits already, that one is given instead."""
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
        """The job last asked for among those wanted, at work or ended."""
        with self._lock:
            return next((making for making in self._known if wanted(making.asked)), None)

    def at_work(self) -> list[Making[A]]:
        """Those that are not over, the newest first."""
        with self._lock:
            return [making for making in self._known if not making.job.ended]

    def close(self) -> None:
        """Stops them all."""
        self._line.close()

    def _run(self, asked: A, turns: TurnTaker, job: Job) -> None:
        turns.cancelled = job.cancelled
        try:
            self._work(asked, Hands(self._bench, self._models, turns, job))
        except (OllamaUnreachable, ModelMissing, ModelFailed):
            self._models.forget()  # it may be another one when the next job comes
            raise
