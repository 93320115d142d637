"""The web server behind `papers serve`: binds its port before it prints its address, and ends with Ctrl-C."""

import logging
import os
import socket as sockets
import sys
import threading
from asyncio import CancelledError
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from index.model.errors import PaperAssistantError
from ui.web.access import EVERY_ADDRESS, AccessRules, OpeningToken, is_loopback
from ui.web.uploads import upload_folder

if TYPE_CHECKING:
    from assistant.context import AppContext
    from index.model.plain_text import Say

END_SECONDS = 2  # that replies may take when the server ends: an open page holds one that has no end


class PortTaken(PaperAssistantError):
    """Another program listens there."""


def serve_pages(
    context: "AppContext", rules: AccessRules, port: int, say: "Say", *, with_model: bool, show: bool
) -> None:
    """Serve until Ctrl-C; `show` opens a browser. Port 0 is any free one.

    Raises PortTaken if another program listens at that port.
    """
    with upload_folder(context.index_settings.home) as uploads:
        os.environ["GRADIO_TEMP_DIR"] = str(uploads)  # before gradio is imported: else /tmp/gradio, which all share
        _serve(context, rules, port, uploads, say, with_model=with_model, show=show)


def _serve(
    context: "AppContext", rules: AccessRules, port: int, uploads: Path, say: "Say", *, with_model: bool, show: bool
) -> None:
    import uvicorn

    from ui.web.app import build_app, open_shared
    from ui.web.patience import PatientProtocol, raise_file_limit

    raise_file_limit()
    rules = replace(rules, opening=OpeningToken()) if rules.token else rules
    local = is_loopback(rules.host) and not rules.by_proxy
    app = build_app(open_shared(context, with_model=with_model, local=local), rules, uploads)
    config = uvicorn.Config(
        app, host=rules.host, port=port, log_level="warning", server_header=False, access_log=False,
        timeout_graceful_shutdown=END_SECONDS, http=PatientProtocol, ws="none",
        proxy_headers=rules.by_proxy,  # of a proxy on this machine; else any program here could name any address
    )  # fmt: skip
    socket = _bound(rules.host, port)
    shown = "127.0.0.1" if rules.host in EVERY_ADDRESS else rules.host
    url = f"http://{f'[{shown}]' if ':' in shown else shown}:{socket.getsockname()[1]}"
    say(f"Papers at {_with_token(url, rules.token)} (stop with Ctrl-C)")
    if rules.by_proxy:
        secret = f"?token={rules.token}" if rules.token else ""
        name = rules.names[0] if rules.names else "the name of your proxy"
        say(f"From elsewhere: {name}{rules.root_path}/{secret}")
    _warn(rules, say)
    if show and sys.stdout.isatty():
        once = rules.opening.text if rules.opening else None
        threading.Timer(0.5, _open_browser, [_with_token(url, once)]).start()
    logging.getLogger("uvicorn.error").addFilter(_is_fault)
    with suppress(KeyboardInterrupt):  # the signal, which uvicorn raises again when everything is closed
        uvicorn.Server(config).run([socket])


def _with_token(url: str, token: str | None) -> str:
    return f"{url}/?token={token}" if token else url


def _warn(rules: AccessRules, say: "Say") -> None:
    """Say who else can read the papers, if anybody can."""
    secret = "password" if rules.password else "token"
    if not rules.password and not rules.token:
        reaching = "reaches" if rules.by_proxy or not is_loopback(rules.host) else "has an account on"
        say(f"Everybody who {reaching} this machine can read the papers: --password asks for a password.")
    elif not is_loopback(rules.host):
        say(
            f"The {secret} and the papers travel in plain HTTP: whoever is on the network between can read them. "
            "If you do not trust it, leave --host out and come through a tunnel (ssh -L) or a proxy with HTTPS."
        )


def _is_fault(record: logging.LogRecord) -> bool:
    """Whether a line of uvicorn's log is useful; that stopping cuts off the replies to open pages is not."""
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
