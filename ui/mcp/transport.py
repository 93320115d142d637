"""How a client reaches the tools: over stdin and stdout, or over HTTP on this machine alone with a token.

Every user and every page of this machine's browsers reaches a port of it. So a request is let in only with the token
(compared in constant time), under a name of this machine (no name bound to its address), and not from a page.
"""

import os
import signal
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import uvicorn
from mcp.server.mcpserver import MCPServer
from mcp.server.transport_security import TransportSecuritySettings

from index.files.home import private_file, private_folder
from index.model.errors import PaperAssistantError
from ui.web.access import AccessRules, new_token

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

HOST = "127.0.0.1"
PATH = "/mcp"
TOKEN_FILE = "mcp.token"
MAX_SESSIONS = 16
END_SECONDS = 2


class PortTaken(PaperAssistantError):
    """Another program listens there."""


def serve_stdio(server: MCPServer) -> None:
    """Serve the one client at stdin and stdout until it closes stdin, or a signal comes."""
    _end_stdin_by_signal()
    anyio.run(server.run_stdio_async)


def _end_stdin_by_signal() -> None:
    """From here on stdin ends at Ctrl-C: the server waits for a line in a thread that nothing else wakes."""
    real = os.dup(0)
    reading, writing = os.pipe()
    os.dup2(reading, 0)
    os.close(reading)
    pipe = os.fdopen(writing, "wb", buffering=0)

    def pass_on() -> None:
        with suppress(OSError, ValueError), pipe:  # closed by the signal
            while data := os.read(real, 1 << 16):
                while data:
                    data = data[pipe.write(data) :]

    signal.signal(signal.SIGINT, lambda number, frame: pipe.close())
    threading.Thread(target=pass_on, name="stdin", daemon=True).start()


def serve_http(server: MCPServer, port: int, token: str, say: Callable[[str], None]) -> None:
    """Serve on this machine until Ctrl-C; port 0 is any free one. Raises PortTaken."""
    listening = _bound(port)
    number = listening.getsockname()[1]
    config = uvicorn.Config(
        http_app(server, number, token), log_level="warning", server_header=False, access_log=False,
        timeout_graceful_shutdown=END_SECONDS,
    )  # fmt: skip
    say(f"MCP at http://{HOST}:{number}{PATH} for clients that send the header Authorization: Bearer {token}")
    uvicorn.Server(config).run([listening])


def http_app(server: MCPServer, port: int, token: str) -> "ASGIApp":
    """The server as an ASGI application that asks for the token."""
    names = [f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]")]
    security = TransportSecuritySettings(allowed_hosts=names, allowed_origins=[])  # a page has no business here
    app = server.streamable_http_app(streamable_http_path=PATH, transport_security=security, max_sessions=MAX_SESSIONS)
    return TokenGuard(app, AccessRules(HOST, token=token))


class TokenGuard:
    """ASGI middleware: lets in who has the token as a bearer; a page's cookie does not count."""

    def __init__(self, app: "ASGIApp", rules: AccessRules) -> None:
        self._app, self._rules = app, rules

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Pass a request on, or answer it with 401 or 400."""
        if scope["type"] == "http":
            given = {name: value.decode("latin-1") for name, value in scope["headers"]}
            if not self._rules.knows_host(given.get(b"host", "")):
                return await _refuse(send, 400, "This server is not known by that name.")
            if not self._rules.knows_token({"authorization": given.get(b"authorization", "")}):
                return await _refuse(
                    send, 401, "Send the token that `papers mcp --http` printed: Authorization: Bearer …"
                )
        elif scope["type"] != "lifespan":
            return await send({"type": "websocket.close", "code": 1008})
        await self._app(scope, receive, send)


async def _refuse(send: "Send", status: int, sentence: str) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    headers += [(b"www-authenticate", b"Bearer")] if status == 401 else []
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": sentence.encode()})


def kept_token(home: Path) -> str:
    """The token of this library, which clients keep in their settings; made when it is first needed."""
    file = private_file(private_folder(home) / TOKEN_FILE)
    token = file.read_text("utf-8").strip()
    if not token:
        token = new_token()
        descriptor = os.open(file, os.O_WRONLY | os.O_TRUNC)
        with os.fdopen(descriptor, "w", encoding="utf-8") as written:
            written.write(f"{token}\n")
    return token


def _bound(port: int) -> socket.socket:
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
        listening.listen(128)
    except OSError as error:
        listening.close()
        raise PortTaken(
            f"Port {port} cannot be used: {error.strerror}. Give another one with: papers mcp --http --port {port + 1}"
        ) from error
    return listening
