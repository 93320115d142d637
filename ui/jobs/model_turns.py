"""A chat model for long jobs: each of its calls waits for a turn in the line before the model, and ends with the job.

So a question that is asked while a breakdown or a digest is made waits for one call, not for all of them.
"""

import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from assistant.llm.chat_model import Cancelled, ChatModel, Message, ModelSettings, Usage
from assistant.llm.server import Cancelling
from ui.jobs.queue import Job, ModelQueue

_TICK = 0.1  # seconds after which a waiting call looks whether it was stopped


class TurnTaker:
    """The turns of one long job. `place` is how many others are before it; 0 while it has its turn or wants none."""

    def __init__(self, queue: ModelQueue, name: str) -> None:
        self.name = name
        self.cancelled: Callable[[], bool] = lambda: False  # the job's, once it has begun
        self._queue = queue
        self._waiting: Job | None = None

    @property
    def place(self) -> int:
        """How many jobs are before the call that waits."""
        waiting = self._waiting
        return waiting.place if waiting else 0

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Waits for the model; gives it back at the end. Raises Cancelled where the job or the line was stopped."""
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
                    raise Cancelled("Stopped. What was made is kept; start it again to go on.")
            self._waiting = None
            yield
        finally:
            self._waiting = None
            over.set()


class TurnTakingModel(ChatModel):
    """The model of `settings`, called in turns."""

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
