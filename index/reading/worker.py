"""Reads and draws PDFs in worker processes that may be killed: caps that hold whatever the file does.

MuPDF holds Python's global lock while it works, so in a process that is busy with a page no other thread runs and no
signal handler either: nothing of it belongs into the process that serves or that holds the library's lock.
"""

import fcntl
import multiprocessing
import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as FutureTimeout
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from index.model.errors import PdfError, PdfTooLarge, PdfTooSlow, UnreadablePdf
from index.model.paper import Paper
from index.reading.read_pdf import PdfLimits, read_pdf, render_page, warm_up

if TYPE_CHECKING:
    from pebble import ProcessPool

T = TypeVar("T")

_PER_WORKER = 100  # papers after which a worker is replaced, so that what MuPDF leaks is given back
_TRIES = 3  # pools that may break before a file that waits in them is given up
_PROCESSOR_GRACE = 10  # seconds of CPU beyond the time limit, which the pool keeps; this one holds without the pool


@dataclass(frozen=True)
class _Task(Generic[T]):
    """What a worker does with a file, and what is said if it takes too long."""

    function: Callable[..., T]
    path: Path
    arguments: tuple[Any, ...]
    too_slow: str


class PdfReader:
    """Reads papers in `workers` processes; a file that hangs, crashes or eats memory ends as a PdfError.

    Use it as a context manager: leaving it ends the workers, whatever they are at.
    """

    def __init__(self, limits: PdfLimits | None = None, workers: int = 1) -> None:
        self.limits = limits or PdfLimits()
        self._workers = workers
        self._lock = threading.RLock()
        self._pool: ProcessPool | None = None
        self._unsettled: set[Future[Any]] = set()
        self._closed = False

    def submit(self, path: Path, sha256: str | None = None) -> "Future[Paper]":
        """The paper of a file, or its PdfError, when it is read; the order of results is that of reading.

        With `sha256`, a file whose bytes are others by the time that they are read is an UnreadablePdf.
        """
        slow = f"{path.name} was not read within {self.limits.seconds:g} seconds and was stopped: split it."
        return self._begin(_Task(_read, path, (sha256,), slow))

    def draw(self, path: Path, page: int, zoom: float, sha256: str | None = None) -> "Future[bytes]":
        """A page (1-based) as PNG, see `render_page`; or its PdfError, or a ValueError if there is no such page."""
        slow = (
            f"Page {page} of {path.name} was not drawn within {self.limits.seconds:g} seconds and was stopped: "
            "open the PDF itself."
        )
        return self._begin(_Task(_draw, path, (page, zoom, sha256), slow))

    def start(self) -> None:
        """Starts the workers, which takes a second, so that the first file need not wait for them."""
        with self._lock:
            self._running_pool().active  # noqa: B018  # the question starts them

    def close(self) -> None:
        """Ends the workers; what is not read by now ends as an UnreadablePdf."""
        with self._lock:
            self._closed, pool, self._pool = True, self._pool, None
            unsettled = list(self._unsettled)
        for outer in unsettled:  # before the pool ends, which would blame the file
            self._settle(outer, error=UnreadablePdf("The program ended before this file was read: run it again."))
        if pool is not None:
            pool.stop()
            pool.join()

    def __enter__(self) -> "PdfReader":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _begin(self, task: _Task[T]) -> "Future[T]":
        outer: Future[T] = Future()
        outer.set_running_or_notify_cancel()
        with self._lock:
            self._unsettled.add(outer)
        self._schedule(task, outer, tries=_TRIES)
        return outer

    def _schedule(self, task: _Task[T], outer: "Future[T]", tries: int) -> None:
        arguments = (task.path, self.limits, *task.arguments)
        with self._lock:
            try:
                inner = self._running_pool().schedule(_work, (task.function, *arguments), timeout=self.limits.seconds)
            except RuntimeError:  # pebble gives a pool up for good when an idle worker of it is killed
                self._drop_pool()
                inner = self._running_pool().schedule(_work, (task.function, *arguments), timeout=self.limits.seconds)
        inner.add_done_callback(lambda done: self._hand_on(done, task, outer, tries - 1))

    def _running_pool(self) -> "ProcessPool":
        from pebble import ProcessPool

        if self._closed:
            raise UnreadablePdf("The reader of PDFs has ended: run the command again.")
        if self._pool is None:
            self._pool = ProcessPool(
                max_workers=self._workers,
                max_tasks=_PER_WORKER,
                initializer=_prepare,
                initargs=(self.limits.memory,),
                context=multiprocessing.get_context("spawn"),  # a fork would copy locks that other threads hold
            )
        return self._pool

    def _drop_pool(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:  # in a thread: this may be one of the pool's own, which cannot wait for itself
            threading.Thread(target=pool.join, daemon=True).start()

    def _hand_on(self, done: "Future[T]", task: _Task[T], outer: "Future[T]", tries: int) -> None:
        """Hand a worker's result on, with its death or its time-out as a PdfError."""
        try:
            result = done.result()
        except BrokenProcessPool as error:  # the pool broke, of which this file, which only waited, is no cause
            self._again(task, outer, tries, error)
        except FutureTimeout:
            self._settle(outer, error=PdfTooSlow(task.too_slow))
        except MemoryError:
            self._settle(outer, error=_too_large(task.path, self.limits))
        except CancelledError:
            stopped = f"Reading {task.path.name} was stopped before its end: run it again."
            self._settle(outer, error=UnreadablePdf(stopped))
        except Exception as error:  # our own mistakes stay what they are; a worker that died is the file's doing
            died = type(error).__name__ == "ProcessExpired"
            self._settle(outer, error=_died(task.path, error) if died else error)
        else:
            self._settle(outer, result)

    def _again(self, task: _Task[T], outer: "Future[T]", tries: int, cause: Exception) -> None:
        try:
            if tries == 0:
                raise _died(task.path, cause)
            self._schedule(task, outer, tries)
        except (PdfError, RuntimeError) as error:
            self._settle(outer, error=error)

    def _settle(self, outer: "Future[T]", result: T | None = None, *, error: Exception | None = None) -> None:
        """Give a future its end, once: `close` and a worker may both be about to."""
        with self._lock:
            unsettled = outer in self._unsettled
            self._unsettled.discard(outer)
        if unsettled and error is not None:
            outer.set_exception(error)
        elif unsettled:
            outer.set_result(result)  # type: ignore[arg-type]


def _died(path: Path, error: Exception) -> PdfError:
    failure = UnreadablePdf(f"The reader died on {path.name}: print it to a new PDF and add that.")
    failure.__cause__ = error
    return failure


def _too_large(path: Path, limits: PdfLimits) -> PdfTooLarge:
    return PdfTooLarge(
        f"{path.name} needs more than the {limits.memory // 1_000_000:,} MB of memory allowed: make it smaller."
    )


def _prepare(memory: int) -> None:
    """In a worker: end with the parent, load the reader, then cap what may be added to it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what Ctrl-C means
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # pebble's handler would wait until MuPDF gives the lock back
    _end_with_parent()
    warm_up()  # loads onnxruntime too: 0.6 GB of address space that the cap must not count
    if sys.platform == "linux":
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + memory, used + memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _end_with_parent() -> None:
    """A parent that was killed leaves no worker behind that reads on.

    The pipe that the parent holds open until its end has the kernel kill this process: a thread that waits for it does
    not run while MuPDF holds the lock, and PR_SET_PDEATHSIG would end it with the *thread* that started it, such as
    that of one upload.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    if sys.platform == "linux":
        pipe: int = parent.sentinel
        fcntl.fcntl(pipe, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(pipe, fcntl.F_SETSIG, signal.SIGKILL)
        fcntl.fcntl(pipe, fcntl.F_SETFL, fcntl.fcntl(pipe, fcntl.F_GETFL) | os.O_ASYNC)
        if not parent.is_alive():  # it ended before the kernel was told
            os._exit(1)
        return

    def wait() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def _work(function: Callable[..., T], path: Path, limits: PdfLimits, *arguments: object) -> T:
    """In a worker: one task, within the time of the processor that it may take."""
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    allowed = int(time.process_time() + limits.seconds) + _PROCESSOR_GRACE
    resource.setrlimit(resource.RLIMIT_CPU, (allowed if most == resource.RLIM_INFINITY else min(allowed, most), most))
    try:
        return function(path, limits, *arguments)
    except MemoryError:
        raise _too_large(path, limits) from None


def _read(path: Path, limits: PdfLimits, sha256: str | None) -> Paper:
    return read_pdf(path, limits, sha256=sha256)


def _draw(path: Path, limits: PdfLimits, page: int, zoom: float, sha256: str | None) -> bytes:
    return render_page(path, page, zoom=zoom, limits=limits, sha256=sha256)
