"""The web server behind `papers serve`: binds its port before it says where it is, and ends with Ctrl-C."""

import logging
import signal
import socket as sockets
import sys
import threading
from asyncio import CancelledError
from contextlib import suppress
from typing import TYPE_CHECKING

from index.model.errors import PaperAssistantError
from ui.commands.terminal import say
from ui.web.security import EVERY_ADDRESS, AccessRules, is_loopback

if TYPE_CHECKING:
    from assistant.context import Workbench

END_SECONDS = 2  # that replies may take when the server ends: an open page holds one that has no end


class PortTaken(PaperAssistantError):
    """Another program listens there."""


def serve_pages(bench: "Workbench", rules: AccessRules, port: int, *, with_model: bool, show: bool) -> None:
    """Serves until it is stopped with Ctrl-C; `show` opens a browser. Port 0 is any free one.

    Raises PortTaken where another program listens at that port.
    """
    import uvicorn

    from ui.web.app import build_app, open_desk

    app = build_app(open_desk(bench, with_model=with_model, local=is_loopback(rules.host)), rules)
    config = uvicorn.Config(
        app, host=rules.host, port=port, log_level="warning", server_header=False, access_log=False,
        timeout_graceful_shutdown=END_SECONDS,
    )  # fmt: skip
    socket = _bound(rules.host, port)
    shown = "127.0.0.1" if rules.host in EVERY_ADDRESS else rules.host
    url = f"http://{f'[{shown}]' if ':' in shown else shown}:{socket.getsockname()[1]}"
    say(f"Papers at {url} (stop with Ctrl-C)")
    if not is_loopback(rules.host) and rules.password is None:
        say("Everybody who reaches this machine can read the papers: --password asks for one.")
    if show and sys.stdout.isatty():
        threading.Timer(0.5, _open_browser, [url]).start()
    logging.getLogger("uvicorn.error").addFilter(_is_fault)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that it ends as Ctrl-C does, the library closed
    with suppress(KeyboardInterrupt):  # the signal, which uvicorn raises once more when all is closed
        uvicorn.Server(config).run([socket])


def _is_fault(record: logging.LogRecord) -> bool:
    """Whether a line of uvicorn's log is of use: that the end cuts off the replies of open pages is none."""
    cut_off = record.exc_info is not None and isinstance(record.exc_info[1], CancelledError)
    return not cut_off and not record.getMessage().endswith("timeout graceful shutdown exceeded")


def _bound(host: str, port: int) -> sockets.socket:
    family = sockets.AF_INET6 if ":" in host else sockets.AF_INET
    socket = sockets.socket(family)
    socket.setsockopt(sockets.SOL_SOCKET, sockets.SO_REUSEADDR, 1)
    try:
        socket.bind((host, port))
        socket.listen(128)  # who comes before the pages are ready waits, and is not turned away
    except OSError as error:
        socket.close()
        raise PortTaken(
            f"Port {port} of {host} cannot be used: {error.strerror}. "
            f"Give another one with: papers serve --port {port + 1}"
        ) from error
    return socket


def _open_browser(url: str) -> None:
    import webbrowser

    webbrowser.open(url)
