"""Ingestion jobs: one worker for the whole server, and its state as a value.

A job belongs to no browser tab, so a reloaded tab and a second one show the same. Sources added while it runs are
processed after the rest, as part of the same job.
"""

import logging
import re
import shutil
import threading
import time
from collections import Counter, deque
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from index.arxiv.ids import parse_arxiv_id
from index.files.home import private_folder
from index.files.regular_file import sha256_of_regular
from index.ingest.ingest import Event, Found, Outcome, PaperDone, Progress
from index.model.errors import PaperAssistantError

if TYPE_CHECKING:
    from assistant.context import Workbench
    from index.ingest.ingest import Ingestion

LONGEST_NAME = 100  # characters; file systems allow 255 bytes
MOST_PASTED = 500  # lines and ids of one paste
_UNSAFE = re.compile(r"[^\w.()\[\] -]+")


@dataclass(frozen=True)
class Pasted:
    """What a pasted text contains: sources for an ingestion, and lines that are not sources."""

    sources: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


def keep_upload(upload: Path, papers: Path) -> Path:
    """Move an uploaded file below the folder `papers`, to a place named by its bytes; return the place.

    Its name, made safe, stays the last part, since it may contain an arXiv id. An existing file is kept.
    """
    sha256 = sha256_of_regular(upload, upload.stat().st_size)
    kept = papers / sha256[:16] / safe_name(upload.name)
    if kept.is_file():
        upload.unlink()
        return kept
    private_folder(kept.parent)
    partial = kept.with_suffix(".partial")
    shutil.move(upload, partial)
    partial.rename(kept)
    return kept


def drop_kept(kept: Path) -> None:
    """Delete a kept upload that did not become a paper, and its folder."""
    kept.unlink(missing_ok=True)
    if kept.parent.is_dir() and not any(kept.parent.iterdir()):
        kept.parent.rmdir()


def safe_name(name: str) -> str:
    r"""Return a file name without anything that a file system, shell or page could interpret; it ends in .pdf.

    >>> safe_name("../../a<img src=x>.PDF"), safe_name("論文 2401.18059v2.pdf"), safe_name("\0.pdf")
    ('a_img src_x.pdf', '論文 2401.18059v2.pdf', 'paper.pdf')
    """
    last = re.split(r"[/\\]", name)[-1]
    stem = last[:-4] if last.lower().endswith(".pdf") else last
    clean = _UNSAFE.sub("_", stem.encode("utf-8", "replace").decode("utf-8")).strip("._ -")
    return f"{clean[:LONGEST_NAME] or 'paper'}.pdf"


def is_pdf_name(name: str) -> bool:
    """Whether a file name says PDF; the reader checks whether it is one."""
    return name.lower().endswith(".pdf")


def read_pasted(text: str, *, folders: bool) -> Pasted:
    """arXiv ids and links, one or several a line; with `folders` also files and folders of this machine, one a line.

    >>> read_pasted("arXiv:2401.18059v2 [cs.CL]\\n1706.03762, https://arxiv.org/abs/2005.11401", folders=False).sources
    ('2401.18059v2', '1706.03762', '2005.11401')
    >>> read_pasted("/etc\\n1706.03762", folders=False)
    Pasted(sources=('1706.03762',), refused=('/etc',))
    """
    sources: list[str] = []
    refused: list[str] = []
    for line in [each for each in map(str.strip, text.splitlines()) if each][:MOST_PASTED]:
        if folders and _is_there(line):
            sources.append(line)
            continue
        names = [line] if parse_arxiv_id(line) else [part for part in re.split(r"[\s,;，；、]+", line) if part]
        known = [identifier.text for identifier in map(parse_arxiv_id, names) if identifier]
        if len(known) == len(names):
            sources += known
        else:
            refused.append(line)
    return Pasted(_unique(sources), _unique(refused))


def _is_there(line: str) -> bool:
    try:
        return Path(line).expanduser().exists()
    except (OSError, RuntimeError, ValueError):  # too long a name, "~nobody", a NUL
        return False


def _unique(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))


FAILURES = 200  # that are remembered; their number is counted to the end
END_SECONDS = 30.0  # that the current step may take when the server stops


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
        """Whether it is running."""
        return self.number > 0 and self.ended is None

    @property
    def finished(self) -> int:
        """Number of papers whose outcome is known."""
        return sum(self.counts.values())

    def seconds_left(self, now: float) -> float | None:
        """Estimate the remaining time from the papers that took time so far; None before the first of them."""
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
    """The queue of papers to add, and the thread that works on it."""

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
        """The running job, or the last one."""
        return self._state

    def add(self, sources: Sequence[str], kept: Sequence[Path] = ()) -> None:
        """Add sources to the running job, or start one; of the files `kept`, those that become no paper are deleted.

        A job that is stopping takes no more sources: the next job starts when it has ended.
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
        """Stop after the current step; papers that are in the library by then stay."""
        self._cancel.set()
        if self._state.running:
            self._set(stopping=True)

    def close(self) -> None:
        """Stop, and wait for the current step."""
        self._closed = True
        self.cancel()
        if self._worker:
            self._worker.join(END_SECONDS)

    def _work(self) -> None:
        while batch := self._next():
            self._ingest(batch)

    def _begin(self) -> None:
        """Start a new job of everything that waits; the caller holds the lock."""
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
        """Drop what waits in a stopped job, or everything if the server stops; return the number of sources."""
        dropped = [*self._waiting, *(self._later if self._closed else ())]
        self._waiting.clear()
        if self._closed:
            self._later.clear()
        self._tidy([path for each in dropped for path in each.kept])
        return sum(len(each.sources) for each in dropped)

    def _tidy(self, kept: Sequence[Path]) -> None:
        """Delete kept files that became no paper and were not added again; the caller holds the lock."""
        wanted = {path for each in (*self._waiting, *self._later) for path in each.kept}
        for path in kept:
            if path not in wanted and self._bench.library.by_file(str(path)) is None:
                drop_kept(path)

    def _ingest(self, batch: _Batch) -> None:
        known = self._state.total
        try:
            events = cast("Generator[Event]", self._ingestion().run(batch.sources))
            with closing(events):  # closing it releases the library's lock
                for event in events:
                    self._take(event, known)
                    if self._cancel.is_set():
                        break
        except PaperAssistantError as error:
            self._set(fault=str(error))
        except Exception as error:  # the next batch still has its turn
            logging.getLogger(__name__).exception("ingesting")
            self._set(
                fault=f"A bug in the program ({type(error).__name__}): please report it with the terminal's output."
            )
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
