"""The guard before every page: who may ask, by which name, and what a page may load."""

import base64
from dataclasses import dataclass
from urllib.parse import quote

import pytest
from anyio.from_thread import start_blocking_portal
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from ui.web.security import HEADERS, LARGEST_CALL, AccessRules, Guard, UnsafeBinding, check_binding


@dataclass
class Reply:
    status_code: int
    headers: dict[str, str]


class Client:
    """Speaks ASGI to a guarded application, as a server does."""

    def __init__(self, rules=None, largest=1000):
        async def hello(request):
            await request.body()
            return PlainTextResponse("hello", headers={"x-frame-options": "ALLOWALL"})

        self._app = Starlette(routes=[Route("/{rest:path}", hello, methods=["GET", "POST"])])
        self._app.add_middleware(Guard, rules=rules or AccessRules(), largest_upload=largest)

    def get(self, path, headers=None):
        return self.call("GET", path, headers or {}, b"")

    def post(self, path, headers=None, content=b""):
        return self.call("POST", path, headers or {}, content)

    def call(self, *asked):
        """In a thread of its own: this one may hold the event loop of a browser."""
        with start_blocking_portal() as portal:
            return portal.call(self.ask, *asked)

    async def ask(self, method, path, headers, content, kind="http"):
        told = {"host": "127.0.0.1:7860", "content-length": str(len(content)), **headers}
        scope = {
            "type": kind, "method": method, "path": path, "raw_path": quote(path).encode(), "query_string": b"",
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in told.items()],
            "scheme": "http", "http_version": "1.1", "root_path": "", "server": ("127.0.0.1", 7860),
        }  # fmt: skip
        sent = []

        async def receive():
            return {"type": "http.request", "body": content, "more_body": False}

        async def send(message):
            sent.append(message)

        await self._app(scope, receive, send)
        if kind == "websocket":
            return sent
        assert sent[0]["type"] == "http.response.start"
        return Reply(sent[0]["status"], {n.decode(): v.decode() for n, v in sent[0]["headers"]})


@pytest.mark.parametrize(
    ("host", "password", "flag", "refused"),
    [
        ("127.0.0.1", None, False, False),
        ("127.8.8.8", None, False, False),
        ("::1", None, False, False),
        ("localhost", None, False, False),
        ("0.0.0.0", None, False, True),
        ("", None, False, True),
        ("192.168.1.5", None, False, True),
        ("localhost.evil.example", None, False, True),
        ("0.0.0.0", "secret", False, False),
        ("0.0.0.0", "", False, True),
        ("0.0.0.0", None, True, False),
    ],
)
def test_only_this_machine_unless_somebody_says_otherwise(host, password, flag, refused):
    if refused:
        with pytest.raises(UnsafeBinding, match="--password"):
            check_binding(host, password, allow_remote=flag)
    else:
        check_binding(host, password, allow_remote=flag)


@pytest.mark.parametrize(
    ("bound", "header", "known"),
    [
        ("127.0.0.1", "127.0.0.1:7860", True),
        ("127.0.0.1", "localhost:7860", True),
        ("127.0.0.1", "[::1]:7860", True),
        ("127.0.0.1", "evil.example:7860", False),
        ("127.0.0.1", "127.0.0.1.evil.example", False),
        ("127.0.0.1", "192.168.1.5", False),
        ("127.0.0.1", "", False),
        ("127.0.0.1", "[::1", False),
        ("192.168.1.5", "192.168.1.5:7860", True),
        ("192.168.1.5", "192.168.1.6:7860", False),
        ("0.0.0.0", "192.168.1.6:7860", True),
        ("0.0.0.0", "evil.example", False),
    ],
)
def test_a_name_bound_to_this_address_is_not_known(bound, header, known):
    assert AccessRules(bound).knows_host(header) is known
    assert Client(AccessRules(bound)).get("/", headers={"host": header}).status_code == (200 if known else 400)


def test_every_reply_carries_the_headers_and_no_weaker_ones():
    guarded = Client()
    for reply in (guarded.get("/"), guarded.get("/", headers={"host": "evil.example"})):
        assert {name: reply.headers[name] for name in HEADERS} == HEADERS
    policy = HEADERS["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "http" not in policy and "*" not in policy


def test_a_password_is_asked_for_on_every_address():
    guarded = Client(AccessRules("0.0.0.0", "open sesame 芝麻"))

    def with_password(text):
        return {"authorization": "Basic " + base64.b64encode(f"me:{text}".encode()).decode()}

    assert guarded.get("/").headers["www-authenticate"].startswith("Basic ")
    for address in ("/", "/papers/x/paper.pdf", "/en/gradio_api/queue/join", "/own/app.js"):
        assert guarded.get(address).status_code == 401
        assert guarded.get(address, headers=with_password("open sesame 芝麻")).status_code == 200
    for wrong in (with_password(""), with_password("open sesame"), {"authorization": "Basic %%%"},
                  {"authorization": "Bearer " + with_password("open sesame 芝麻")["authorization"][6:]}):  # fmt: skip
        assert guarded.get("/", headers=wrong).status_code == 401


def test_other_sites_change_nothing():
    guarded = Client()
    assert guarded.post("/").status_code == 200  # a tool
    assert guarded.post("/", headers={"origin": "http://127.0.0.1:7860"}).status_code == 200
    for bad in ({"origin": "http://evil.example"}, {"origin": "null"}, {"origin": "http://127.0.0.1:9999"},
                {"sec-fetch-site": "cross-site"}):  # fmt: skip
        assert guarded.post("/", headers=bad).status_code == 403


def test_large_bodies_and_unused_doors_are_refused():
    guarded = Client(largest=10)
    upload = "/en/gradio_api/upload"
    assert guarded.post(upload, content=b"0123456789").status_code == 200
    assert guarded.post(upload, content=b"0123456789a").status_code == 413
    assert guarded.post("/", content=b"0123456789a").status_code == 200
    assert guarded.post("/", headers={"content-length": str(LARGEST_CALL + 1)}).status_code == 413
    assert guarded.post("/", headers={"content-length": "-5"}).status_code == 413
    assert guarded.post("/", headers={"transfer-encoding": "chunked"}).status_code == 411
    for door in ("/en/gradio_api/proxy=http://evil.example/", "/en/monitoring", "/en/gradio_api/info", "/docs"):
        assert guarded.get(door).status_code == 404


def test_no_sockets():
    assert Client().call("GET", "/", {}, b"", "websocket") == [{"type": "websocket.close", "code": 1008}]
