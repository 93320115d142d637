"""One call to the model at a time: jobs wait in line, say what they do, and can be stopped at any moment.

A job belongs to no browser tab: a tab that is closed or loaded again finds the job still at work, and two tabs may
follow the same one.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator

from index.model.errors import PaperAssistantError

Work = Callable[["Job"], None]


class Job:
    """A piece of work with the model. Its work calls `say` for each event and looks at `cancelled`."""

    def __init__(self, name: str, work: Work, place: Callable[["Job"], int]) -> None:
        self.name = name
        self.error: PaperAssistantError | None = None
        self.bug: BaseException | None = None
        self._work, self._place = work, place
        self._events: list[object] = []
        self._changed = threading.Condition()
        self._cancel = threading.Event()
        self._started = self._ended = self._done = False

    @property
    def place(self) -> int:
        """How many jobs are before it; 0 while it works and after it ended."""
        return self._place(self)

    @property
    def ended(self) -> bool:
        """Whether it is over, for whatever reason; its last events may still have to be read."""
        return self._ended

    @property
    def done(self) -> bool:
        """Whether the work came to its own end, neither stopped nor failed."""
        return self._done

    def events(self) -> list[object]:
        """What was said so far."""
        with self._changed:
            return list(self._events)

    def cancel(self) -> None:
        """Stop it: a call to the model is ended at once, a waiting job never starts."""
        self._cancel.set()
        with self._changed:
            self._ended = self._ended or not self._started
            self._changed.notify_all()

    def cancelled(self) -> bool:
        """Whether somebody stopped it; the work hands this to everything that calls the model."""
        return self._cancel.is_set()

    def say(self, event: object) -> None:
        """Adds an event for everybody who follows."""
        with self._changed:
            self._events.append(event)
            self._changed.notify_all()

    def follow(self, wait_seconds: float) -> Iterator[list[object]]:
        """All events from the first on, in batches as they come; an empty batch after `wait_seconds` without one."""
        seen = 0
        while True:
            with self._changed:
                if len(self._events) == seen and not self._ended:
                    self._changed.wait(wait_seconds)
                new, ended = self._events[seen:], self._ended
            seen += len(new)
            yield new
            if ended and seen == len(self._events):
                return

    def run(self) -> None:
        """Does the work in the calling thread, unless it was stopped before; keeps what went wrong."""
        with self._changed:
            self._started = True
        try:
            if not self.cancelled():
                self._work(self)
                self._done = True
        except PaperAssistantError as error:
            self.error = error
        except Exception as error:  # shown by whoever follows, and the next job still has its turn
            self.bug = error
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify_all()


class ModelQueue:
    """The line before the model, with one thread that works it off."""

    def __init__(self) -> None:
        self._jobs: deque[Job] = deque()  # the first is at work
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._serve, name="model-queue", daemon=True)
        self._thread.start()

    def submit(self, name: str, work: Work) -> Job:
        """Put a job at the end of the line; `name` is for people who wait behind it."""
        job = Job(name, work, self._place_of)
        with self._changed:
            self._jobs.append(job)
            self._changed.notify_all()
        return job

    def names(self) -> list[str]:
        """The jobs in the line, the one at work first."""
        with self._changed:
            return [job.name for job in self._jobs]

    def close(self) -> None:
        """Stop every job and wait for the one at work."""
        with self._changed:
            self._closed = True
            for job in self._jobs:
                job.cancel()
            self._changed.notify_all()
        self._thread.join(timeout=10)

    def _place_of(self, job: Job) -> int:
        with self._changed:
            return self._jobs.index(job) if job in self._jobs else 0

    def _serve(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._jobs or self._closed)
                if not self._jobs:
                    return
                job = self._jobs[0]
            job.run()
            with self._changed:
                self._jobs.popleft()
