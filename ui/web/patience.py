"""Connections that ask for nothing: they are closed after a while, and the oldest of too many at once.

uvicorn waits for ever for the head of a request, and any program of this machine may open connections until the server
has no file left for its owner's. Imported where a server starts: it loads uvicorn.
"""

import asyncio
import resource
from contextlib import suppress
from typing import Any, ClassVar

from uvicorn.protocols.http.auto import AutoHTTPProtocol

HEAD_SECONDS = 20.0  # from connecting, or from the last reply, until the next request is there
MAX_WAITING = 512  # connections that are open and have no request in the works: more of them wait for less
LEAST_SECONDS = 2.0  # that each of them has, for a server that is behind with its work
FILES = 8192  # that this process may have open: two for each page that follows something, and the library's

_Base: Any = AutoHTTPProtocol  # one of two classes, by what is installed


class PatientProtocol(_Base):  # type: ignore[misc]
    """uvicorn's protocol of HTTP; a connection waits, except between the head of a request and the end of the reply."""

    waiting: ClassVar[dict["PatientProtocol", asyncio.TimerHandle]] = {}  # the one that waits longest is first

    def connection_made(self, transport: asyncio.Transport) -> None:
        """It waits for its first request."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Bytes came: it waits no longer if a request is whole."""
        super().data_received(data)
        if self.cycle and not self.cycle.response_complete:
            self._end_wait()

    def on_response_complete(self) -> None:
        """It waits for its next request."""
        super().on_response_complete()
        self._end_wait()
        if not self.transport.is_closing():
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone."""
        self._end_wait()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self.waiting[self] = self.loop.call_later(HEAD_SECONDS, self.transport.abort)
        oldest = next(iter(self.waiting))
        waited = self.loop.time() - self.waiting[oldest].when() + HEAD_SECONDS
        if len(self.waiting) > MAX_WAITING and waited > LEAST_SECONDS:
            oldest.transport.abort()

    def _end_wait(self) -> None:
        if timer := self.waiting.pop(self, None):
            timer.cancel()


def raise_file_limit() -> None:
    """Let this process have as many files open as its system allows without asking."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if hard == resource.RLIM_INFINITY else min(hard, FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(OSError, ValueError):  # a system with a limit of its own: then with what there is
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
