"""Ingestion jobs: one worker for the whole server, and its state as a value.

A job belongs to no browser tab, so a reloaded tab and a second one show the same. Sources added while it runs are
processed after the rest, as part of the same job. When all are read, it makes their vectors; it breaks off for new
sources, and rests while the model is at work.
"""

import logging
import re
import shutil
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from index.arxiv.ids import parse_arxiv_id
from index.files.home import private_folder
from index.files.regular_file import sha256_of_regular
from index.ingest.embedding import Progress
from index.ingest.ingest import Event, Found, Outcome, PaperDone
from index.model.errors import PaperAssistantError

if TYPE_CHECKING:
    from assistant.context import AppContext
    from index.ingest.ingest import Ingestion

LONGEST_NAME = 200  # bytes of UTF-8; file systems allow 255
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
    short = clean.encode("utf-8")[:LONGEST_NAME].decode("utf-8", "ignore").rstrip("._ -")
    return f"{short or 'paper'}.pdf"


def is_pdf_name(name: str) -> bool:
    """Whether a file name says PDF; the reader checks whether it is one."""
    return name.lower().endswith(".pdf")


def read_pasted(text: str, *, folders: bool) -> Pasted:
    """arXiv ids and links, one or several a line; with `folders` also files and folders of this machine, one a line.

    >>> read_pasted("arXiv:2401.18059v2 [cs.CL]\\n1706.03762, https://arxiv.org/abs/2005.11401", folders=False).sources
    ('2401.18059v2', '1706.03762', '2005.11401')
    >>> read_pasted("https://doi.org/10.48550/arXiv.2401.18059, arXiv 1706.03762", folders=False).sources
    ('2401.18059', '1706.03762')
    >>> read_pasted("/etc\\n1706.03762", folders=False)
    Pasted(sources=('1706.03762',), refused=('/etc',))
    """
    sources: list[str] = []
    refused: list[str] = []
    for line in [each for each in map(str.strip, text.splitlines()) if each][:MOST_PASTED]:
        if folders and _is_there(line):
            sources.append(line)
            continue
        if known := _identifiers(line):
            sources += known
        else:
            refused.append(line)
    return Pasted(_unique(sources), _unique(refused))


def _identifiers(line: str) -> list[str]:
    """The arXiv ids of a line, if it holds nothing else; one may hold a blank ("arXiv 2401.18059")."""
    for parts in ([line], re.split(r"[,;，；、]+", line), re.split(r"[\s,;，；、]+", line)):
        names = [part for part in parts if part.strip()]
        known = [identifier.text for identifier in map(parse_arxiv_id, names) if identifier]
        if len(known) == len(names):
            return known
    return []


def _is_there(line: str) -> bool:
    try:
        return Path(line).expanduser().exists()
    except (OSError, RuntimeError, ValueError):  # too long a name, "~nobody", a NUL
        return False


def _unique(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))


FAILURES = 200  # that are remembered; their number is counted to the end
END_SECONDS = 30.0  # that the current step may take when the server stops
REST_SECONDS = 0.5  # between two looks whether the model is still at work


@dataclass(frozen=True)
class IngestState:
    """A job at one moment. `number` counts the jobs of this server, 0 before the first; `version` every change.

    Times are seconds of `time.monotonic`. While vectors are made, `step` of `steps` are chunks of all papers that wait
    for them, `first_step` were done at the time `embedding_since`.
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
    first_step: int = 0
    embedding_since: float = 0.0
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
    def embedding(self) -> bool:
        """Whether everything is read, and vectors are made."""
        return self.stage == "embedding"

    @property
    def finished(self) -> int:
        """Number of papers whose outcome is known."""
        return sum(self.counts.values())

    def seconds_left(self, now: float) -> float | None:
        """Estimate the remaining time of this stage, reading or embedding; None before there is anything to go by."""
        if not self.running:
            return None
        if self.embedding:
            made = self.step - self.first_step
            return (now - self.embedding_since) / made * (self.steps - self.step) if made > 0 else None
        worked = self.finished - self.counts.get(Outcome.UNCHANGED, 0)
        return (now - self.started) / worked * max(self.total - self.finished, 0) if worked else None


@dataclass(frozen=True)
class _Batch:
    sources: tuple[str, ...]
    kept: tuple[Path, ...]


class IngestJobs:
    """The queue of papers to add, and the thread that works on it."""

    def __init__(self, context: "AppContext", busy: Callable[[], bool] = lambda: False) -> None:
        """With `busy`, which says whether the model is at work: no vectors are made meanwhile."""
        self._context, self._busy = context, busy
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
            self._start()

    def resume(self) -> None:
        """Start a job that makes the vectors of papers that have none, if there are any."""
        with self._lock:
            if not self._state.running and self._context.library.without_vectors():
                self._start()

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
        embedded = False
        while True:
            if batch := self._next(last=embedded):
                self._run(partial(self._read, batch))
                embedded = False
            elif embedded:
                return
            else:
                self._run(self._embed)
                embedded = True

    def _start(self) -> None:
        """Start a job and its thread; the caller holds the lock."""
        self._begin()
        self._worker = threading.Thread(target=self._work, name="ingest", daemon=True)
        self._worker.start()

    def _begin(self) -> None:
        """Start a new job of everything that waits; the caller holds the lock."""
        self._cancel = threading.Event()
        number, version = self._state.number + 1, self._state.version + 1
        self._state = IngestState(number=number, version=version, waiting=self._sources(), started=time.monotonic())

    def _sources(self) -> int:
        return sum(len(each.sources) for each in (*self._waiting, *self._later))

    def _next(self, *, last: bool) -> _Batch | None:
        """Return what is to be read next; if there is nothing, `last` ends the job."""
        with self._lock:
            if self._cancel.is_set():
                self._state = replace(self._state, dropped=self._state.dropped + self._drop())
            if self._later:  # nothing waits before them: their job begins
                self._waiting, self._later = self._later, deque()
                self._begin()
            batch = self._waiting.popleft() if self._waiting else None
            ended = time.monotonic() if last and not batch else None
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
            if path not in wanted and self._context.library.by_file(str(path)) is None:
                drop_kept(path)

    def _run(self, work: "Callable[[Ingestion], None]") -> None:
        try:
            work(self._ingestion())
        except PaperAssistantError as error:
            self._set(fault=str(error))
        except BaseException as error:  # the next batch still has its turn
            logging.getLogger(__name__).exception("ingesting")
            self._set(
                fault=f"A bug in the program ({type(error).__name__}): please report it with the terminal's output."
            )

    def _read(self, batch: _Batch, ingestion: "Ingestion") -> None:
        known = self._state.total
        try:
            with closing(cast("Generator[Event]", ingestion.read(batch.sources))) as events:  # closed: the lock is free
                for event in events:
                    self._take(event, known)
                    if self._cancel.is_set():
                        break
        finally:
            with self._lock:
                self._tidy(batch.kept)

    def _embed(self, ingestion: "Ingestion") -> None:
        if self._cancel.is_set():
            return
        with closing(cast("Generator[Progress]", ingestion.embed())) as steps:
            for step in steps:
                self._take(step, 0)
                while self._busy() and not self._interrupted():
                    time.sleep(REST_SECONDS)
                if self._interrupted():
                    break

    def _interrupted(self) -> bool:
        return self._cancel.is_set() or bool(self._waiting)

    def _take(self, event: Event, known: int) -> None:
        state = self._state
        match event:
            case Found(total):
                self._set(total=known + total)
            case Progress(file, stage, done, total):
                begins = {} if stage == state.stage else {"first_step": done, "embedding_since": time.monotonic()}
                self._set(file=file, stage=stage, step=done, steps=total, **begins)
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
        self._opened = self._opened or self._context.ingestion()
        return self._opened
