"""Long work for a client: it runs in a thread, tells how far it is, and stops when the client cancels or goes away."""

import functools
import threading
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from typing import TypeVar

import anyio
import anyio.from_thread
import anyio.to_thread
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError

from assistant.answering.events import EvidenceFound, Working
from assistant.digest.record import Announced, PaperStarted
from assistant.llm.errors import Cancelled
from index.model.errors import PaperAssistantError
from index.model.plain_text import one_line, shown_text

Stop = Callable[[], bool]
T = TypeVar("T")


async def in_thread(work: Callable[[], T]) -> T:
    """What `work` gives; what a user may see of its errors becomes the tool's error."""
    try:
        return await anyio.to_thread.run_sync(work, abandon_on_cancel=True)
    except PaperAssistantError as error:
        raise ToolError(shown_text(str(error))) from error


async def last_event(told: Context, events: Callable[[Stop], Iterable[object]]) -> object:
    """The last of the events; each that says how far the work is becomes a progress notification.

    `events` gets a function that says whether to stop. Raises ToolError.
    """
    stop = threading.Event()

    def work() -> object:
        last: object = None
        with ExitStack() as ended:
            running = events(stop.is_set)
            if close := getattr(running, "close", None):
                ended.callback(close)  # it may hold a lock
            for number, event in enumerate(running, start=1):
                if stop.is_set():
                    raise Cancelled("Stopped.")
                if line := progress_line(event):
                    anyio.from_thread.run(functools.partial(told.report_progress, number, message=line))
                last = event
        return last

    try:
        return await in_thread(work)
    finally:
        stop.set()


def progress_line(event: object) -> str:
    """An event in words; empty for one that says nothing of the work."""
    match event:
        case Working(step, done, total):
            return f"{step} {done} of {total}" if total else step
        case EvidenceFound(passages):
            return f"{len(passages)} passages found, reading"
        case Announced(announced, kept):
            return f"{announced} papers announced, {kept} kept"
        case PaperStarted(number, total, title):
            return f"{number} of {total}: {one_line(title, 80)}"
    return ""
