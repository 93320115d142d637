"""Reads PDFs in worker processes that may be killed: caps on memory and time that hold whatever the file does."""

import multiprocessing
import os
import resource
import signal
import sys
import threading
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as FutureTimeout
from pathlib import Path
from types import TracebackType

from index.model.errors import PdfError, PdfTooLarge, PdfTooSlow, UnreadablePdf
from index.model.paper import Paper
from index.reading.read_pdf import PdfLimits, read_pdf, warm_up

_PER_WORKER = 100  # papers after which a worker is replaced, so that what MuPDF leaks is given back


class PdfReader:
    """Reads papers in `workers` processes; a file that hangs, crashes or eats memory ends as a PdfError.

    Use it as a context manager: leaving it ends the workers, also after Ctrl-C.
    """

    def __init__(self, limits: PdfLimits | None = None, workers: int = 1) -> None:
        from pebble import ProcessPool

        self._limits = limits or PdfLimits()
        self._pool = ProcessPool(
            max_workers=workers,
            max_tasks=_PER_WORKER,
            initializer=_prepare,
            initargs=(self._limits.memory,),
            context=multiprocessing.get_context("spawn"),  # a fork would copy locks that other threads hold
        )

    def submit(self, path: Path) -> "Future[Paper]":
        """The paper of a file, or its PdfError, when it is read; the order of results is that of reading."""
        inner = self._pool.schedule(_read, args=(path, self._limits), timeout=self._limits.seconds)
        outer: Future[Paper] = Future()
        outer.set_running_or_notify_cancel()
        inner.add_done_callback(lambda done: _settle(done, outer, path, self._limits))
        return outer

    def __enter__(self) -> "PdfReader":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._pool.close()
        else:
            self._pool.stop()
        self._pool.join()


def _settle(done: "Future[Paper]", outer: "Future[Paper]", path: Path, limits: PdfLimits) -> None:
    """Hand a worker's result on, with its death or its time-out as a PdfError."""
    try:
        outer.set_result(done.result())
    except PdfError as error:
        outer.set_exception(error)
    except FutureTimeout:
        outer.set_exception(
            PdfTooSlow(f"{path.name} was not read within {limits.seconds:g} seconds and was stopped: split it.")
        )
    except MemoryError:
        outer.set_exception(_too_large(path, limits))
    except CancelledError:
        outer.set_exception(UnreadablePdf(f"Reading {path.name} was stopped before its end: run it again."))
    except Exception as error:
        outer.set_exception(error if _is_bug(error) else _died(path, error))


def _is_bug(error: Exception) -> bool:
    """Our own mistakes stay what they are; a worker that died is the file's doing."""
    return type(error).__name__ not in ("ProcessExpired", "BrokenProcessPool")


def _died(path: Path, error: Exception) -> PdfError:
    failure = UnreadablePdf(f"The reader died on {path.name}: print it to a new PDF and add that.")
    failure.__cause__ = error
    return failure


def _too_large(path: Path, limits: PdfLimits) -> PdfTooLarge:
    return PdfTooLarge(
        f"{path.name} needs more than the {limits.memory // 1_000_000:,} MB of memory allowed: make it smaller."
    )


def _prepare(memory: int) -> None:
    """In a worker: load the reader, then cap what may be added to it; end with the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what Ctrl-C means
    _end_with_parent()
    warm_up()  # loads onnxruntime too: 0.6 GB of address space that the cap must not count
    if sys.platform == "linux":
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + memory, used + memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _end_with_parent() -> None:
    """A parent that was killed leaves no worker behind that reads on."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def wait() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def _read(path: Path, limits: PdfLimits) -> Paper:
    try:
        return read_pdf(path, limits)
    except MemoryError:
        raise _too_large(path, limits) from None
