"""What a request may do, and what the server's pages may: the layer before Gradio that holds each request to it.

The server is meant for one person on one machine. A page of another site must not reach it (names that are bound to
another address, requests from another origin), and what a paper or a model wrote must not reach out of a page.
"""

import asyncio
import logging
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, urlencode

from ui.web.access import AccessRules, Guesses, cookie_name
from ui.web.proxied import addressed, inner_path
from ui.web.uploads import NoJson, is_upload, names_foreign_file

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
# Gradio endpoints that our screens do not use: a proxy to other hosts, usage figures, listings of its functions.
CLOSED = ("/proxy=", "/monitoring", "/openapi.json", "/docs", "/redoc", "/deep_link")
# What the pages use of Gradio's API; all else of it is closed, also what a later version adds.
UPLOAD = re.compile(r"/[a-z]{2}/gradio_api/upload")
CHANGING = re.compile(r"/[a-z]{2}/gradio_api/(?:queue/join|cancel|reset|upload)")
READING = re.compile(r"/[a-z]{2}/gradio_api/(?:queue/data|heartbeat/[^/]+|upload_progress|startup-events|theme\.css)")
FILE = re.compile(r"/[a-z]{2}/gradio_api/file=(?P<path>.*)", re.DOTALL)
PDF = re.compile(r"/papers/[^/]+/paper\.pdf")
# What replies of others' making may do in place of the pages' policy: an upload nothing, a PDF be drawn by the viewer.
POLICIES = (
    (FILE, "default-src 'none'; sandbox"),
    (PDF, "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'"),
)
READS = ("GET", "HEAD")
LARGEST_CALL = 4_000_000  # bytes of a request that uploads nothing
GUESS_SECONDS = 0.5  # that a wrong password costs


@dataclass(frozen=True)
class Answer:
    """The reply to a request that is not passed on: mostly the reason, as a sentence for the sender."""

    status: int
    sentence: str
    headers: tuple[tuple[bytes, bytes], ...] = ()


UNKNOWN_NAME = Answer(400, "This server is not known by that name.")
NOT_JSON = Answer(400, "That is not JSON.")
PASSWORD_NEEDED = Answer(
    401,
    "The password is needed; any user name will do.",
    ((b"www-authenticate", b'Basic realm="papers", charset="UTF-8"'),),
)
TOKEN_NEEDED = Answer(
    403,
    "Open the address that `papers serve` printed, the one with ?token= in it: it lets this browser in until the "
    "server ends. If nobody else uses this machine, `papers serve --no-token` asks for no token.",
)
OTHER_PAGE = Answer(403, "Only pages of this server may do that.")
FOREIGN_FILE = Answer(403, "Only files that were uploaded to this server may be named.")
NOTHING_HERE = Answer(404, "There is nothing here.")
TOO_LARGE = Answer(413, "That is larger than a PDF may be; see pdf_megabytes in papers.toml.")


class Guard:
    """ASGI middleware: refuses requests that break the rules, and puts the security headers on every reply."""

    def __init__(self, app: "ASGIApp", rules: AccessRules, largest_upload: int, uploads: Path) -> None:
        self._app, self._rules, self._largest, self._uploads = app, rules, largest_upload, uploads
        self._guesses = Guesses()

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Passes a request on, or answers it with the reason why not."""
        if scope["type"] == "lifespan":
            return await self._app(scope, receive, send)
        if scope["type"] != "http":  # no screen needs a socket
            return await send({"type": "websocket.close", "code": 1008})
        scope = addressed(scope, self._rules)
        path = inner_path(scope)
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        if entered := self._entered(scope, headers):
            return await _answer(send, entered)
        if not path:  # below it the pages' addresses are relative
            return await _answer(send, Answer(307, "", ((b"location", f"{self._rules.root_path}/".encode()),)))
        refused = self._refused(scope, headers)
        if refused is PASSWORD_NEEDED:
            await asyncio.sleep(GUESS_SECONDS if "authorization" in headers else 0)
        receive = _at_most(self._largest_body(path), receive)
        if refused is None and scope["method"] not in READS and not UPLOAD.fullmatch(path):
            refused, receive = await self._read(headers, receive)
        if refused:
            return await _answer(send, refused)
        await self._app(scope, receive, _with_headers(send, _headers_of(path)))

    def _refused(self, scope: "Scope", headers: dict[str, str]) -> Answer | None:
        """Return the reason to refuse a request before its body is read, if any."""
        if not self._rules.knows_host(headers.get("host", "")):
            return UNKNOWN_NAME
        if refused := self._refused_visitor(scope, headers):
            return refused
        if scope["method"] not in READS and not self._same_origin(headers):
            return OTHER_PAGE
        path = inner_path(scope)
        if refused := self._refused_address(scope["method"], path):
            return refused
        length = headers.get("content-length", "0")
        return TOO_LARGE if not length.isdecimal() or int(length) > self._largest_body(path) else None

    def _largest_body(self, path: str) -> int:
        return self._largest if UPLOAD.fullmatch(path) else LARGEST_CALL

    def _refused_visitor(self, scope: "Scope", headers: dict[str, str]) -> Answer | None:
        if self._rules.password is None:
            return None if self._rules.knows_token(headers) else TOKEN_NEEDED
        if "authorization" not in headers:
            return PASSWORD_NEEDED
        address = str((scope.get("client") or ("an unknown address",))[0])
        if seconds := math.ceil(self._guesses.wait(address)):
            waiting = ((b"retry-after", str(seconds).encode()),)
            return Answer(429, f"Too many wrong passwords came from {address}. Wait {seconds} seconds.", waiting)
        if self._rules.knows_password(headers["authorization"]):
            return None
        self._guesses.add(address)
        logging.getLogger(__name__).warning("A wrong password from %s was refused.", address)
        return PASSWORD_NEEDED

    def _entered(self, scope: "Scope", headers: dict[str, str]) -> Answer | None:
        """For an address with the token, the same one without it, and the cookie that takes its place."""
        asked = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        given = dict(asked).get("token")
        host = headers.get("host", "")
        if given is None or scope["method"] != "GET" or not self._rules.knows_host(host):
            return None
        if not self._rules.takes_token(given):
            return None
        left = urlencode([each for each in asked if each[0] != "token"])
        # One slash: the path of "//evil.example" would be an address of its own.
        address = f"{scope['root_path']}/{quote(inner_path(scope).lstrip('/'))}" + (f"?{left}" if left else "")
        cookie = f"{cookie_name(host)}={self._rules.token}; Path={scope['root_path']}/; HttpOnly; SameSite=Strict"
        cookie += "; Secure" if scope["scheme"] == "https" else ""
        headers_of_it = (("location", address), ("set-cookie", cookie), ("cache-control", "no-store"))
        return Answer(303, "", tuple((name.encode(), value.encode()) for name, value in headers_of_it))

    def _refused_address(self, method: str, path: str) -> Answer | None:
        if any(door in path for door in CLOSED):
            return NOTHING_HERE
        if method not in READS:
            return None if CHANGING.fullmatch(path) else NOTHING_HERE
        if file := FILE.fullmatch(path):
            return None if is_upload(file["path"], self._uploads) else FOREIGN_FILE
        return NOTHING_HERE if "/gradio_api" in path and not READING.fullmatch(path) else None

    def _same_origin(self, headers: dict[str, str]) -> bool:
        """Whether a request that changes something came from a page of this server; tools send no origin at all."""
        if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return False
        origin = headers.get("origin")
        return origin is None or self._rules.is_own_origin(origin, headers.get("host", ""))

    async def _read(self, headers: dict[str, str], receive: "Receive") -> "tuple[Answer | None, Receive]":
        """Read and check a body, whatever its declared type; return why not, and the body to be read again."""
        from starlette.exceptions import HTTPException

        try:
            body = await _whole_body(receive)
            foreign = names_foreign_file(body, headers.get("host", ""), self._uploads)
        except HTTPException:
            return TOO_LARGE, receive
        except NoJson:
            return NOT_JSON, receive
        return FOREIGN_FILE if foreign else None, _again(body, receive)


def _headers_of(path: str) -> dict[str, str]:
    policies = [policy for of, policy in POLICIES if of.fullmatch(path)]
    return {**HEADERS, "content-security-policy": policies[0]} if policies else HEADERS


async def _whole_body(receive: "Receive") -> bytes:
    """The body of a request."""
    parts = []
    while (message := await receive())["type"] == "http.request":
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            break
    return b"".join(parts)


def _at_most(largest: int, receive: "Receive") -> "Receive":
    """A channel that ends with 413 where a body is longer: a proxy that streams does not say its length."""
    from starlette.exceptions import HTTPException

    left = largest

    async def receiving() -> "Message":
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise HTTPException(TOO_LARGE.status, TOO_LARGE.sentence)
        return message

    return receiving


def _again(body: bytes, receive: "Receive") -> "Receive":
    """Return a channel that yields the body that was read, and then what comes after it."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receiving() -> "Message":
        return waiting.pop() if waiting else await receive()

    return receiving


def _with_headers(send: "Send", headers: dict[str, str]) -> "Send":
    async def sending(message: "Message") -> None:
        if message["type"] == "http.response.start":
            ours = [(name.encode(), value.encode()) for name, value in headers.items()]
            theirs = [each for each in message.get("headers", []) if not _is_weaker(each[0].decode().lower(), headers)]
            message = {**message, "headers": [*theirs, *ours]}
        await send(message)

    return sending


def _is_weaker(name: str, headers: dict[str, str]) -> bool:
    """Whether a header gives way: Gradio lets pages of every port of this machine read its replies."""
    return name in headers or name.startswith("access-control-")


async def _answer(send: "Send", answer: Answer) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), *answer.headers]
    sending = _with_headers(send, HEADERS)
    await sending({"type": "http.response.start", "status": answer.status, "headers": headers})
    await sending({"type": "http.response.body", "body": answer.sentence.encode()})
