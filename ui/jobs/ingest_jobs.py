"""Papers on their way into the library: one worker for the whole server, and what it does as a value to be looked at.

A job belongs to no browser tab, so a tab that is loaded again and a second one show the same. What is added while it
runs is worked off after the rest, as part of the same job.
"""

import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from index.ingest.ingest import Event, Found, Outcome, PaperDone, Progress
from index.model.errors import PaperAssistantError
from ui.jobs.added_sources import drop_kept

if TYPE_CHECKING:
    from assistant.context import Workbench
    from index.ingest.ingest import Ingestion

FAILURES = 200  # that are remembered; their number is counted to the end
END_SECONDS = 30.0  # that the step at work may take when the server ends


@dataclass(frozen=True)
class IngestState:
    """A job at one moment. `number` counts the jobs of this server, 0 before the first; `version` every change.

    Times are seconds of `time.monotonic`. `step` of `steps` are chunks of the paper `file`.
    """

    number: int = 0
    version: int = 0
    total: int = 0
    counts: Mapping[Outcome, int] = field(default_factory=dict)
    failures: tuple[PaperDone, ...] = ()
    latest: PaperDone | None = None
    file: str = ""
    stage: str = ""
    step: int = 0
    steps: int = 0
    waiting: int = 0  # sources that are not counted in `total` yet
    dropped: int = 0  # sources that waited when the job was stopped
    started: float = 0.0
    ended: float | None = None
    stopping: bool = False
    fault: str = ""

    @property
    def running(self) -> bool:
        """Whether it is at work."""
        return self.number > 0 and self.ended is None

    @property
    def finished(self) -> int:
        """Papers whose end is known."""
        return sum(self.counts.values())

    def seconds_left(self, now: float) -> float | None:
        """About how long it will take, by the papers that took time so far; None before the first of them."""
        worked = self.finished - self.counts.get(Outcome.UNCHANGED, 0)
        if not worked or not self.running:
            return None
        share = self.step / self.steps if self.steps else 0.0
        return (now - self.started) / (worked + share) * max(self.total - self.finished - share, 0)


@dataclass(frozen=True)
class _Batch:
    sources: tuple[str, ...]
    kept: tuple[Path, ...]


class IngestJobs:
    """The papers that are being added."""

    def __init__(self, bench: "Workbench") -> None:
        self._bench = bench
        self._state = IngestState()
        self._waiting: deque[_Batch] = deque()
        self._later: deque[_Batch] = deque()  # added while the job was stopping: for a job of their own
        self._closed = False
        self._lock = threading.Lock()
        self._cancel = threading.Event()
        self._worker: threading.Thread | None = None
        self._opened: Ingestion | None = None

    @property
    def state(self) -> IngestState:
        """The job at work, or the last one."""
        return self._state

    def add(self, sources: Sequence[str], kept: Sequence[Path] = ()) -> None:
        """Adds sources to the job at work, or begins one; of the files `kept`, what becomes no paper is deleted.

        A job that is stopping takes nothing more: the next one begins when it has ended.
        """
        if not sources:
            return
        with self._lock:
            stopping = self._state.running and self._cancel.is_set()
            (self._later if stopping else self._waiting).append(_Batch(tuple(sources), tuple(kept)))
            if self._state.running:
                self._state = replace(self._state, version=self._state.version + 1, waiting=self._sources())
                return
            self._begin()
            self._worker = threading.Thread(target=self._work, name="ingest", daemon=True)
            self._worker.start()

    def cancel(self) -> None:
        """Stops after the step at work; what is in the library by then stays, whole."""
        self._cancel.set()
        if self._state.running:
            self._set(stopping=True)

    def close(self) -> None:
        """Stops, and waits for the step at work."""
        self._closed = True
        self.cancel()
        if self._worker:
            self._worker.join(END_SECONDS)

    def _work(self) -> None:
        while batch := self._next():
            self._ingest(batch)

    def _begin(self) -> None:
        """A new job of all that waits; its caller holds the lock."""
        self._cancel = threading.Event()
        number, version = self._state.number + 1, self._state.version + 1
        self._state = IngestState(number=number, version=version, waiting=self._sources(), started=time.monotonic())

    def _sources(self) -> int:
        return sum(len(each.sources) for each in (*self._waiting, *self._later))

    def _next(self) -> _Batch | None:
        with self._lock:
            if self._cancel.is_set():
                self._state = replace(self._state, dropped=self._drop())
            if self._later:  # nothing waits before them: their job begins
                self._waiting, self._later = self._later, deque()
                self._begin()
            batch = self._waiting.popleft() if self._waiting else None
            ended = None if batch else time.monotonic()
            version, waiting = self._state.version + 1, self._sources()
            self._state = replace(self._state, version=version, waiting=waiting, ended=ended, file="", stage="")
        return batch

    def _drop(self) -> int:
        """Forgets what waits in a stopped job, at the server's end all that waits; how many sources that were."""
        dropped = [*self._waiting, *(self._later if self._closed else ())]
        self._waiting.clear()
        if self._closed:
            self._later.clear()
        self._tidy([path for each in dropped for path in each.kept])
        return sum(len(each.sources) for each in dropped)

    def _tidy(self, kept: Sequence[Path]) -> None:
        """Deletes the kept files that became no paper and that nobody added again; its caller holds the lock."""
        wanted = {path for each in (*self._waiting, *self._later) for path in each.kept}
        for path in kept:
            if path not in wanted and self._bench.library.by_file(str(path)) is None:
                drop_kept(path)

    def _ingest(self, batch: _Batch) -> None:
        known = self._state.total
        try:
            events = cast("Generator[Event]", self._ingestion().run(batch.sources))
            with closing(events):  # closed where it stands, it gives back the library's lock
                for event in events:
                    self._take(event, known)
                    if self._cancel.is_set():
                        break
        except PaperAssistantError as error:
            self._set(fault=str(error))
        except Exception as error:  # the next batch still has its turn
            logging.getLogger(__name__).exception("ingesting")
            self._set(fault=f"A fault of this program ({type(error).__name__}): report it with what the terminal says.")
        finally:
            with self._lock:
                self._tidy(batch.kept)

    def _take(self, event: Event, known: int) -> None:
        state = self._state
        match event:
            case Found(total):
                self._set(total=known + total)
            case Progress(file, stage, done, total):
                self._set(file=file, stage=stage, step=done, steps=total)
            case PaperDone(outcome=outcome):
                failed = (event,) if outcome is Outcome.FAILED else ()
                self._set(
                    counts=Counter(state.counts) + Counter([outcome]),
                    failures=(state.failures + failed)[:FAILURES],
                    latest=event, file="", stage="", step=0, steps=0,
                )  # fmt: skip

    def _set(self, **changes: object) -> None:
        with self._lock:
            self._state = replace(self._state, version=self._state.version + 1, **changes)  # type: ignore[arg-type]

    def _ingestion(self) -> "Ingestion":
        self._opened = self._opened or self._bench.ingestion()
        return self._opened
