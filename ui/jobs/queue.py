"""One job at a time: jobs wait in a queue, report events, and can be stopped at any moment.

A job belongs to no browser tab: a tab that was closed or reloaded finds the job still running, and two tabs may
follow the same one.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator

from index.model.errors import PaperAssistantError

Work = Callable[["Job"], None]


class Job:
    """A piece of work. It calls `say` for each event and checks `cancelled`."""

    def __init__(self, name: str, work: Work, place: Callable[["Job"], int]) -> None:
        self.name = name
        self.error: PaperAssistantError | None = None
        self.bug: Exception | None = None
        self._work, self._place = work, place
        self._events: list[object] = []
        self._changed = threading.Condition()
        self._cancel = threading.Event()
        self._started = self._ended = self._done = False

    @property
    def place(self) -> int:
        """Number of jobs ahead of it; 0 while it runs and after it has ended."""
        return self._place(self)

    @property
    def ended(self) -> bool:
        """Whether it is over, for any reason; its last events may still be unread."""
        return self._ended

    @property
    def done(self) -> bool:
        """Whether the work finished, neither stopped nor failed."""
        return self._done

    def events(self) -> list[object]:
        """Return the events so far."""
        with self._changed:
            return list(self._events)

    def cancel(self) -> None:
        """Stop it: a call to the model ends at once, a waiting job never starts."""
        self._cancel.set()
        with self._changed:
            self._ended = self._ended or not self._started
            self._changed.notify_all()

    def cancelled(self) -> bool:
        """Whether it was stopped; the work passes this to everything that calls the model."""
        return self._cancel.is_set()

    def say(self, event: object) -> None:
        """Add an event for all followers."""
        with self._changed:
            self._events.append(event)
            self._changed.notify_all()

    def follow(self, wait_seconds: float) -> Iterator[list[object]]:
        """Yield all events, in batches as they come; an empty batch after `wait_seconds` without one."""
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
        """Do the work in the calling thread, unless it was stopped before; keep the error if it fails."""
        with self._changed:
            self._started = True
        try:
            if not self.cancelled():
                self._work(self)
                self._done = True
        except PaperAssistantError as error:
            self.error = error
        except Exception as error:  # shown by the followers; the next job still runs
            self.bug = error
        except BaseException as error:  # a follower that raises SystemExit would end the server
            self.bug = RuntimeError(repr(error))
            self.bug.__cause__ = error
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify_all()


class JobQueue:
    """A first-in, first-out queue of jobs, with one thread that runs them."""

    def __init__(self) -> None:
        self._jobs: deque[Job] = deque()  # the first is running
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._serve, name="model-queue", daemon=True)
        self._thread.start()

    def submit(self, name: str, work: Work) -> Job:
        """Put a job at the end of the queue; `name` is shown to those who wait behind it."""
        job = Job(name, work, self._place_of)
        with self._changed:
            self._jobs.append(job)
            self._changed.notify_all()
        return job

    def names(self) -> list[str]:
        """Return the names of the jobs in the queue, the running one first."""
        with self._changed:
            return [job.name for job in self._jobs]

    def close(self) -> None:
        """Stop every job and wait for the running one."""
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
