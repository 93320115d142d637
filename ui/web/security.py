"""Who may talk to the server, and what its pages may do: the rules, and the layer that holds them for each request.

The server is meant for one person on one machine. A page of another site must not reach it (names that are bound to
another address, requests from another origin), and what a paper or a model wrote must not reach out of a page.
"""

import asyncio
import base64
import binascii
import hmac
import ipaddress
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from index.model.errors import PaperAssistantError

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Gradio compiles its templates in the page and writes its settings in line, hence the two words of ill repute; what
# matters is that nothing may be loaded from or sent to another origin, and that papers' text is escaped everywhere.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
# Doors of Gradio that no screen of ours uses: a proxy to other hosts, usage figures, listings of its functions.
CLOSED = ("/proxy=", "/monitoring", "/openapi.json", "/docs", "/redoc", "/gradio_api/info", "/deep_link")
LARGEST_CALL = 4_000_000  # bytes of a request that uploads nothing
GUESS_SECONDS = 0.5  # that a wrong password costs
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
EVERY_ADDRESS = ("0.0.0.0", "::", "")


class UnsafeBinding(PaperAssistantError):
    """The server would be open to others without a password."""


def is_loopback(host: str) -> bool:
    """Whether an address or name is this machine's own, which nobody else can reach."""
    try:
        return host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def check_binding(host: str, password: str | None, *, allow_remote: bool) -> None:
    """Raises UnsafeBinding where others could reach the server and neither a password nor a flag says that they may."""
    if not (is_loopback(host) or password or allow_remote):
        raise UnsafeBinding(
            f"Others could open the papers at {host or 'every address'} of this machine. Give them a password with "
            "--password, say --allow-remote if everybody may, or leave --host out to keep to this machine."
        )


@dataclass(frozen=True)
class AccessRules:
    """Where the server listens, and the password it asks for, if any."""

    host: str = "127.0.0.1"
    password: str | None = None

    def knows_host(self, header: str) -> bool:
        """Whether a request's Host is a name of this server; a name that somebody bound to its address is not.

        Where it listens on every address, an address as such is known: only names can be bound anew.
        """
        name = _host_name(header)
        if name in LOOPBACK_NAMES or name == self.host.lower():
            return True
        if self.host not in EVERY_ADDRESS:
            return False
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return name in (socket.gethostname().lower(), socket.getfqdn().lower())
        return True

    def knows_password(self, header: str) -> bool:
        """Whether an Authorization header holds the password, under any user name; true where none is needed."""
        if self.password is None:
            return True
        kind, _, encoded = header.partition(" ")
        try:
            given = base64.b64decode(encoded, validate=True).partition(b":")[2]
        except (binascii.Error, ValueError):
            return False
        return kind.lower() == "basic" and hmac.compare_digest(given, self.password.encode())


class Guard:
    """ASGI middleware: refuses requests that break the rules, and puts the security headers on every reply."""

    def __init__(self, app: "ASGIApp", rules: AccessRules, largest_upload: int) -> None:
        self._app, self._rules, self._largest = app, rules, largest_upload

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Passes a request on, or answers it with the reason why not."""
        if scope["type"] == "lifespan":
            return await self._app(scope, receive, send)
        if scope["type"] != "http":  # no screen needs a socket
            return await send({"type": "websocket.close", "code": 1008})
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        refused = self._refused(scope, headers)
        if refused == 401:
            await asyncio.sleep(GUESS_SECONDS if "authorization" in headers else 0)
        if refused:
            return await _refuse(send, refused)
        await self._app(scope, receive, _with_headers(send))

    def _refused(self, scope: "Scope", headers: dict[str, str]) -> int:
        """A status, or 0 where nothing speaks against the request."""
        if not self._rules.knows_host(headers.get("host", "")):
            return 400
        if not self._rules.knows_password(headers.get("authorization", "")):
            return 401
        if scope["method"] not in ("GET", "HEAD") and not _same_origin(headers):
            return 403
        if any(door in scope["path"] for door in CLOSED):
            return 404
        if "transfer-encoding" in headers:  # no browser sends a body of unknown length
            return 411
        length = headers.get("content-length", "0")
        largest = self._largest if scope["path"].endswith("/upload") else LARGEST_CALL
        return 413 if not length.isdecimal() or int(length) > largest else 0


def _same_origin(headers: dict[str, str]) -> bool:
    """Whether a request that changes something came from a page of this server; tools send no origin at all."""
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc.lower() == headers.get("host", "").lower()


def _host_name(header: str) -> str:
    try:
        return (urlsplit(f"//{header}").hostname or "").lower()
    except ValueError:
        return ""


def _with_headers(send: "Send") -> "Send":
    async def sending(message: "Message") -> None:
        if message["type"] == "http.response.start":
            ours = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
            theirs = [each for each in message.get("headers", []) if each[0].decode().lower() not in HEADERS]
            message = {**message, "headers": [*theirs, *ours]}
        await send(message)

    return sending


async def _refuse(send: "Send", status: int) -> None:
    reasons = {
        400: "This server is not known by that name.",
        401: "The password is needed; any user name will do.",
        403: "Only pages of this server may do that.",
        404: "There is nothing here.",
        411: "The length of a request must be said.",
        413: "That is larger than a PDF may be; see pdf_megabytes in papers.toml.",
    }
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    if status == 401:
        headers.append((b"www-authenticate", b'Basic realm="papers", charset="UTF-8"'))
    sending = _with_headers(send)
    await sending({"type": "http.response.start", "status": status, "headers": headers})
    await sending({"type": "http.response.body", "body": reasons[status].encode()})
