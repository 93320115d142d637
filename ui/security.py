"""Who may talk to the server, and what its pages may do: the rules, and the layer that holds them for each request.

The server is meant for one person on one machine. A page of another site must not reach it (names that are bound to
another address, requests from another origin), and what a paper or a model wrote must not reach out of a page.
"""

import asyncio
import base64
import binascii
import hmac
import ipaddress
import re
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from index.errors import PaperAssistantError
from ui.client_files import NoJson, is_upload, names_foreign_file

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
CLOSED = ("/proxy=", "/monitoring", "/openapi.json", "/docs", "/redoc", "/deep_link")
# What the pages use of Gradio's API; all else of it is closed, also what a later version adds.
UPLOAD = re.compile(r"/[a-z]{2}/gradio_api/upload")
CHANGING = re.compile(r"/[a-z]{2}/gradio_api/(?:queue/join|cancel|reset|upload)")
READING = re.compile(r"/[a-z]{2}/gradio_api/(?:queue/data|heartbeat/[^/]+|upload_progress|startup-events|theme\.css)")
FILE = re.compile(r"/[a-z]{2}/gradio_api/file=(?P<path>.*)", re.DOTALL)
SANDBOX = {"content-security-policy": "default-src 'none'; sandbox"}  # for a file of whoever uploaded it
READS = ("GET", "HEAD")
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


@dataclass(frozen=True)
class Refusal:
    """Why a request is not passed on, in a sentence for whoever sent it."""

    status: int
    sentence: str
    headers: tuple[tuple[bytes, bytes], ...] = ()


UNKNOWN_NAME = Refusal(400, "This server is not known by that name.")
NOT_JSON = Refusal(400, "That is not JSON.")
PASSWORD_NEEDED = Refusal(
    401,
    "The password is needed; any user name will do.",
    ((b"www-authenticate", b'Basic realm="papers", charset="UTF-8"'),),
)
OTHER_PAGE = Refusal(403, "Only pages of this server may do that.")
FOREIGN_FILE = Refusal(403, "Only files that were uploaded to this server may be named.")
NOTHING_HERE = Refusal(404, "There is nothing here.")
NO_LENGTH = Refusal(411, "The length of a request must be said.")
TOO_LARGE = Refusal(413, "That is larger than a PDF may be; see pdf_megabytes in papers.toml.")


class Guard:
    """ASGI middleware: refuses requests that break the rules, and puts the security headers on every reply."""

    def __init__(self, app: "ASGIApp", rules: AccessRules, largest_upload: int, uploads: Path) -> None:
        self._app, self._rules, self._largest, self._uploads = app, rules, largest_upload, uploads

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Passes a request on, or answers it with the reason why not."""
        if scope["type"] == "lifespan":
            return await self._app(scope, receive, send)
        if scope["type"] != "http":  # no screen needs a socket
            return await send({"type": "websocket.close", "code": 1008})
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        refused = self._refused(scope, headers)
        if refused is PASSWORD_NEEDED:
            await asyncio.sleep(GUESS_SECONDS if "authorization" in headers else 0)
        if refused is None and scope["method"] not in READS and not UPLOAD.fullmatch(scope["path"]):
            body = await _whole_body(receive)
            refused = self._refused_body(body, headers)
            receive = _again(body, receive)
        if refused:
            return await _refuse(send, refused)
        await self._app(scope, receive, _with_headers(send, HEADERS | (SANDBOX if FILE.match(scope["path"]) else {})))

    def _refused(self, scope: "Scope", headers: dict[str, str]) -> Refusal | None:
        """What speaks against a request before its body is read."""
        if not self._rules.knows_host(headers.get("host", "")):
            return UNKNOWN_NAME
        if not self._rules.knows_password(headers.get("authorization", "")):
            return PASSWORD_NEEDED
        if scope["method"] not in READS and not _same_origin(headers):
            return OTHER_PAGE
        if refused := self._refused_address(scope["method"], scope["path"]):
            return refused
        if "transfer-encoding" in headers:  # no browser sends a body of unknown length
            return NO_LENGTH
        length = headers.get("content-length", "0")
        largest = self._largest if UPLOAD.fullmatch(scope["path"]) else LARGEST_CALL
        return TOO_LARGE if not length.isdecimal() or int(length) > largest else None

    def _refused_address(self, method: str, path: str) -> Refusal | None:
        if any(door in path for door in CLOSED):
            return NOTHING_HERE
        if method not in READS:
            return None if CHANGING.fullmatch(path) else NOTHING_HERE
        if file := FILE.fullmatch(path):
            return None if is_upload(file["path"], self._uploads) else FOREIGN_FILE
        return NOTHING_HERE if "/gradio_api" in path and not READING.fullmatch(path) else None

    def _refused_body(self, body: bytes, headers: dict[str, str]) -> Refusal | None:
        """Whatever it says its type is."""
        try:
            return FOREIGN_FILE if names_foreign_file(body, headers.get("host", ""), self._uploads) else None
        except NoJson:
            return NOT_JSON


async def _whole_body(receive: "Receive") -> bytes:
    """The body of a request; its length was said, and the server holds the sender to it."""
    parts = []
    while (message := await receive())["type"] == "http.request":
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            break
    return b"".join(parts)


def _again(body: bytes, receive: "Receive") -> "Receive":
    """Gives a body that was read once more, and then what comes after it."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receiving() -> "Message":
        return waiting.pop() if waiting else await receive()

    return receiving


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


def _with_headers(send: "Send", headers: dict[str, str]) -> "Send":
    async def sending(message: "Message") -> None:
        if message["type"] == "http.response.start":
            ours = [(name.encode(), value.encode()) for name, value in headers.items()]
            theirs = [each for each in message.get("headers", []) if each[0].decode().lower() not in headers]
            message = {**message, "headers": [*theirs, *ours]}
        await send(message)

    return sending


async def _refuse(send: "Send", refused: Refusal) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), *refused.headers]
    sending = _with_headers(send, HEADERS)
    await sending({"type": "http.response.start", "status": refused.status, "headers": headers})
    await sending({"type": "http.response.body", "body": refused.sentence.encode()})
