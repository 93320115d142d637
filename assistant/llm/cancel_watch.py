"""Ending an HTTP call from outside while its thread waits for the first byte."""

import socket
from collections.abc import Callable
from contextlib import suppress
from threading import Event, Thread
from types import TracebackType
from typing import Any, Self

_LOOK_SECONDS = 0.1


class CancelWatch:
    """While it is entered, asks `cancelled` ten times a second and shuts the call's connection once it says yes.

    A server that is reading a long prompt sends nothing for minutes, so the thread that waits cannot look itself. Give
    `trace` to the call as httpx's "trace" extension; on a shut connection the call raises an httpx error.
    """

    def __init__(self, cancelled: Callable[[], bool] | None) -> None:
        self.hit = False
        self._cancelled = cancelled
        self._connection: socket.socket | None = None
        self._ended = Event()
        self._thread = Thread(target=self._look, name="cancel-watch", daemon=True)

    def trace(self, event: str, facts: dict[str, Any]) -> None:
        """What httpcore says about the call; keeps the connection when it is made."""
        if event == "connection.connect_tcp.complete":
            self._connection = facts["return_value"].get_extra_info("socket")

    def __enter__(self) -> Self:
        if self._cancelled is not None:
            self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._ended.set()
        if self._cancelled is not None:
            self._thread.join()

    def _look(self) -> None:
        while self._cancelled is not None and not self._ended.wait(_LOOK_SECONDS):
            self.hit = self.hit or self._cancelled()
            if self.hit and self._connection is not None:
                with suppress(OSError):  # the server was faster
                    self._connection.shutdown(socket.SHUT_RDWR)
                return
