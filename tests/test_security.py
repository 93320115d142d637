"""The guard before every page: who may ask, by which name, and what a page may load."""

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urljoin

import pytest
from anyio.from_thread import start_blocking_portal
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from ui.web.access import AccessRules, Guesses, OpeningToken, UnsafeBinding, check_binding, cookie_name
from ui.web.security import HEADERS, LARGEST_CALL, Guard

JOIN, UPLOAD = "/en/gradio_api/queue/join", "/en/gradio_api/upload"
UNSAID = {"content-length": "0", "transfer-encoding": "chunked"}  # of a proxy that streams: its length is not said
WEAKER = {
    "content-security-policy": "default-src *",
    "x-frame-options": "ALLOWALL",
    "access-control-allow-origin": "http://127.0.0.1:9999",
}


@dataclass
class Reply:
    status_code: int
    headers: dict[str, str]
    content: bytes


class Client:
    """Speaks ASGI to a guarded application, as a server does."""

    def __init__(self, rules=None, largest=1000, uploads=Path("/no/such/folder")):
        async def hello(request):
            return PlainTextResponse(await request.body() or "hello", headers=WEAKER)

        self._app = Starlette(routes=[Route("/{rest:path}", hello, methods=["GET", "POST"])])
        self._app.add_middleware(Guard, rules=rules or AccessRules(), largest_upload=largest, uploads=uploads)

    def get(self, path, headers=None, client="192.168.1.6"):
        return self.call("GET", path, headers or {}, b"", "http", client)

    def post(self, path, headers=None, content=b""):
        return self.call("POST", path, headers or {}, content)

    def call(self, *asked):
        """In a thread of its own: this one may hold the event loop of a browser."""
        with start_blocking_portal() as portal:
            return portal.call(self.ask, *asked)

    async def ask(self, method, path, headers, content, kind="http", client="192.168.1.6"):
        path, _, query = path.partition("?")
        told = {"host": "127.0.0.1:7860", "content-length": str(len(content)), **headers}
        scope = {
            "type": kind, "method": method, "path": path, "raw_path": quote(path).encode(),
            "query_string": query.encode(), "client": (client, 50000),
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
        return Reply(sent[0]["status"], {n.decode(): v.decode() for n, v in sent[0]["headers"]}, sent[1]["body"])


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
            check_binding(AccessRules(host, password, "token"), allow_remote=flag)
    else:
        check_binding(AccessRules(host, password, "token"), allow_remote=flag)


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
    assert guarded.get("/").headers["www-authenticate"].startswith("Basic ")
    for address in ("/", "/papers/x/paper.pdf", "/en/gradio_api/queue/data", "/own/app.js"):
        assert guarded.get(address).status_code == 401
        assert guarded.get(address, headers=basic("open sesame 芝麻")).status_code == 200
    for wrong in (basic(""), basic("open sesame"), {"authorization": "Basic %%%"},
                  {"authorization": "Bearer " + basic("open sesame 芝麻")["authorization"][6:]}):  # fmt: skip
        assert guarded.get("/", headers=wrong).status_code == 401


def basic(password):
    return {"authorization": "Basic " + base64.b64encode(f"me:{password}".encode()).decode()}


def test_after_five_wrong_passwords_an_address_waits(caplog):
    guarded = Client(AccessRules("0.0.0.0", "sesame"))
    for _ in range(5):
        assert guarded.get("/", basic("guess")).status_code == 401
    for password in ("guess", "sesame"):  # a guess that is not looked at says nothing
        reply = guarded.get("/", basic(password))
        assert reply.status_code == 429 and 1 <= int(reply.headers["retry-after"]) <= 60
    assert guarded.get("/").status_code == 401  # no guess
    assert guarded.get("/", basic("sesame"), client="192.168.1.7").status_code == 200
    assert [each.getMessage() for each in caplog.records] == ["A wrong password from 192.168.1.6 was refused."] * 5
    assert "guess" not in caplog.text.replace("guesses", "")


def test_guesses_are_forgotten_and_ipv6_neighbours_are_one():
    clock = [0.0]
    guesses = Guesses(lambda: clock[0])
    for number in range(5):
        assert guesses.wait("2001:db8::9") == 0
        guesses.add(f"2001:db8::{number}")
        clock[0] += 1
    assert guesses.wait("2001:db8::9") == 55 and guesses.wait("2001:db8:0:1::") == 0
    clock[0] = 60.5
    assert guesses.wait("2001:db8::9") == 0
    clock[0] = 200
    guesses.add("::ffff:192.168.1.6")
    assert list(guesses._wrong) == ["192.168.1.6"]


def test_a_token_is_asked_for_and_becomes_a_cookie():
    guarded = Client(AccessRules(token="secret-token"))
    for address in ("/", "/papers/x/paper.pdf", "/en/gradio_api/queue/data", "/own/app.js", "/?token=wrong", "/?token=",
                    "/?token=secret-toke"):  # fmt: skip
        reply = guarded.get(address)
        assert (reply.status_code, b"`papers serve` printed" in reply.content) == (403, True), address
    assert guarded.post(JOIN).status_code == guarded.post(JOIN + "?token=secret-token").status_code == 403
    reply = guarded.get("/en/?token=secret-token&view=light")
    assert (reply.status_code, reply.headers["location"]) == (303, "/en/?view=light")
    cookie, *attributes = reply.headers["set-cookie"].split("; ")
    assert attributes == ["Path=/", "HttpOnly", "SameSite=Strict"]
    assert guarded.get("/", {"cookie": f"a=b; {cookie}"}).status_code == 200
    assert guarded.get("/", {"authorization": "Bearer secret-token"}).status_code == 200
    for wrong in ({"cookie": cookie[:-1]}, {"cookie": cookie.replace("7860", "7861")}, {"cookie": cookie + "é"},
                  {"authorization": "Bearer secret"}, basic("secret-token")):  # fmt: skip
        assert guarded.get("/", wrong).status_code == 403
    assert guarded.get("/?token=secret-token", {"host": "evil.example"}).status_code == 400


@pytest.mark.parametrize("path", ["//evil.example/", "///evil.example", "/\\evil.example"])
def test_the_way_in_leads_nowhere_else(path):
    reply = Client(AccessRules(token="secret-token")).get(f"{path}?token=secret-token")
    assert reply.status_code == 303 and urljoin("http://127.0.0.1/", reply.headers["location"]).startswith("http://127")


def test_the_browser_that_is_opened_has_a_token_for_one_time():
    """Every user of the machine sees the command that opens it."""
    rules = AccessRules(token="secret-token", opening=OpeningToken("for-once"))
    guarded = Client(rules)
    assert "secret-token" in guarded.get("/?token=for-once").headers["set-cookie"]
    assert guarded.get("/?token=for-once").status_code == 403
    late = Client(AccessRules(token="secret-token", opening=OpeningToken("for-once", until=0.0)))
    assert late.get("/?token=for-once").status_code == 403
    assert Client(AccessRules(password="sesame", opening=OpeningToken("o"))).get("/?token=o").status_code == 401


def test_servers_at_other_ports_have_other_cookies():
    assert len({cookie_name(each) for each in ("127.0.0.1:7860", "127.0.0.1:7861", "[::1]", "[::1]:x")}) == 4


def test_pages_of_other_ports_may_not_read_a_reply():
    assert not [name for name in Client().get("/").headers if name.startswith("access-control-")]


def test_other_sites_change_nothing():
    guarded = Client()
    assert guarded.post(JOIN).status_code == 200  # a tool
    assert guarded.post(JOIN, headers={"origin": "http://127.0.0.1:7860"}).status_code == 200
    for bad in ({"origin": "http://evil.example"}, {"origin": "null"}, {"origin": "http://127.0.0.1:9999"},
                {"sec-fetch-site": "cross-site"}):  # fmt: skip
        assert guarded.post(JOIN, headers=bad).status_code == 403


def test_large_bodies_and_unused_doors_are_refused():
    guarded = Client(largest=10)
    assert guarded.post(UPLOAD, content=b"0123456789").status_code == 200
    assert guarded.post(UPLOAD, content=b"0123456789a").status_code == 413
    assert guarded.post(JOIN, content=b'"0123456789a"').status_code == 200
    assert guarded.post(JOIN, headers={"content-length": str(LARGEST_CALL + 1)}).status_code == 413
    assert guarded.post(JOIN, headers={"content-length": "-5"}).status_code == 413
    assert guarded.post(JOIN, content=b"0" * (LARGEST_CALL + 1), headers=UNSAID).status_code == 413
    assert guarded.post(UPLOAD, content=b"0123456789a", headers=UNSAID).status_code == 413
    assert guarded.post(UPLOAD, content=b"0123456789", headers=UNSAID).status_code == 200
    for door in ("/en/gradio_api/proxy=http://evil.example/", "/en/monitoring", "/en/gradio_api/info", "/docs",
                 "/en/gradio_api/run-history/buckets", "/en/gradio_api/what_a_later_version_adds",
                 "/en//gradio_api/info", "/en/gradio_api/file/etc/passwd"):  # fmt: skip
        assert guarded.get(door).status_code == 404
    for door in ("run/x", "api/x", "call/x", "call/v2/x", "stream/x", "stream/x/close", "component_server", "vibe-code",
                 "process_recording", "run-history/connect", "run/upload", "upload/x"):  # fmt: skip
        assert guarded.post(f"/en/gradio_api/{door}").status_code == 404
    assert guarded.post("/en/login").status_code == guarded.call("DELETE", "/", {}, b"").status_code == 404


@pytest.fixture
def uploads(tmp_path):
    (tmp_path / "uploads" / "ab").mkdir(parents=True)
    (tmp_path / "uploads" / "ab" / "paper.pdf").write_text("a paper")
    (tmp_path / "uploads" / "ab" / "link.pdf").symlink_to("/etc/passwd")
    (tmp_path / "uploads-of-another").mkdir()
    (tmp_path / "uploads-of-another" / "paper.pdf").write_text("another's")
    return tmp_path / "uploads"


def foreign_paths(uploads):
    return ("/etc/passwd", "", ".", "etc/passwd", f"{uploads}", f"{uploads}/../secret", f"{uploads}/ab/../../secret",
            f"{uploads}/ab/link.pdf", f"{uploads}-of-another/paper.pdf", "~/.ssh/id_rsa", "file:///etc/passwd",
            "http://evil.example/x", "https://evil.example/x", f"{uploads}/ab/x\0", "x" * 5000,
            ["/etc/passwd"], 7)  # fmt: skip


def wrapped(file):
    """A file at every place of a call where Gradio would take it for one."""
    yield {"data": [file], "fn_index": 0, "session_hash": "a"}
    yield {"data": ["text", [[{"a": {"b": [file]}}]]], "fn_index": 0}
    yield {"data": [], "event_data": {"value": file}}
    yield [file]
    yield file


def test_a_call_names_only_what_was_uploaded(uploads):
    guarded = Client(uploads=uploads)

    def status(body):
        return guarded.post(JOIN, content=json.dumps(body).encode()).status_code

    meta = {"meta": {"_type": "gradio.FileData"}}
    for path in foreign_paths(uploads):
        for file in ({"path": path}, {"path": path, **meta}, {"path": path, "url": None, "is_stream": True, **meta}):
            for body in wrapped(file):
                assert status(body) == 403, body
    good = f"{uploads}/ab/paper.pdf"
    for url in ("http://evil.example/x", "//evil.example/x", "https://127.0.0.1:7860@evil.example/", "ftp://evil.example",
                "http://[::1", "data:text/plain,x", "file:///etc/passwd", 7):  # fmt: skip
        assert {status(body) for body in wrapped({"path": good, "url": url, **meta})} == {403}, url
        assert {status(body) for body in wrapped({"path": None, "url": url})} == {403}, url
    for url in (None, f"http://127.0.0.1:7860/en/gradio_api/file={good}", f"/en/gradio_api/file={good}"):
        assert {status(body) for body in wrapped({"path": good, "url": url, **meta})} == {200}, url
    assert status({"data": ["/etc/passwd", "see http://evil.example", None, 3, ["path"]]}) == 200  # words, no files


def test_a_body_is_read_as_gradio_reads_it(uploads):
    """Whatever its type is said to be; the last of two equal names counts; what cannot be read is not passed on."""
    guarded = Client(uploads=uploads)
    bad = json.dumps({"data": [{"path": "/etc/passwd"}]})
    for kind in ("application/json", "text/plain", "multipart/form-data; boundary=x", ""):
        assert guarded.post(JOIN, {"content-type": kind}, bad.encode()).status_code == 403
    for encoding in ("utf-16", "utf-32", "utf-8-sig"):
        assert guarded.post(JOIN, content=bad.encode(encoding)).status_code in (400, 403)
    twice = f'{{"path": "{uploads}/ab/paper.pdf", "path": "/etc/passwd"}}'
    assert guarded.post(JOIN, content=twice.encode()).status_code == 403
    for odd in (b"{", b"data=1", b"\xff", b"[" * 100_000, b"1" * 10_000):
        assert guarded.post(JOIN, content=odd).status_code == 400


def test_a_body_reaches_the_application_whole():
    body = json.dumps({"data": ["x" * 100_000]}).encode()
    assert Client().post(JOIN, content=body).content == body


def test_only_uploads_can_be_read_and_they_run_nothing(uploads):
    guarded = Client(uploads=uploads)
    for path in foreign_paths(uploads):
        if isinstance(path, str) and path:
            assert guarded.get(f"/en/gradio_api/file={path}").status_code == 403, path
    reply = guarded.get(f"/en/gradio_api/file={uploads}/ab/paper.pdf")
    assert (reply.status_code, reply.headers["content-security-policy"]) == (200, "default-src 'none'; sandbox")


def test_a_pdf_may_be_drawn_and_no_more():
    policy = Client().get("/papers/0123456789ab/paper.pdf").headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; object-src 'self'") and "script" not in policy


def test_no_sockets():
    assert Client().call("GET", "/", {}, b"", "websocket") == [{"type": "websocket.close", "code": 1008}]
