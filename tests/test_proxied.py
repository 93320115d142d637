"""Other names and a path of its own: what a proxy or the name of a machine needs, and what must not come in by it."""

import http.client
import subprocess
import sys
from contextlib import closing, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from browser import answered, ask, fresh, opened, own_server, served, token_of  # noqa: F401  (a fixture)
from conftest import ROOT
from loopback import answering
from test_app import QUESTION, SAID, open_source
from test_security import JOIN, UPLOAD, Client

from ui.pages.paper_pages import paper_routes
from ui.pages.report_pages import report_routes
from ui.web.access import MAX_ALL_GUESSES, AccessRules, Guesses, UnsafeBinding, check_binding
from ui.web.proxied import addressed, inner_path

NAME = "papers.example.org"
NAMED = AccessRules(names=(NAME,))


@pytest.mark.parametrize("host", [NAME, f"{NAME}:7860", f"{NAME.upper()}:80", f"{NAME}."])
def test_a_name_that_was_allowed_is_known(host):
    assert Client(NAMED).get("/", {"host": host}).status_code == 200
    assert Client().get("/", {"host": host}).status_code == 400
    assert Client(NAMED).post(JOIN, {"host": host, "origin": f"https://{NAME}"}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", f"{NAME}.evil.example", f"x.{NAME}", "", "[::1", f"{NAME}@evil.example"]
)
def test_no_other_name_is(host):
    assert Client(NAMED).get("/", {"host": host}).status_code == 400
    assert Client(NAMED).post(JOIN, {"origin": f"https://{host}"}).status_code == 403
    # a page of that name, bound to this address, may send any header but another Host
    assert Client(NAMED).get("/", {"host": host, "x-forwarded-host": NAME}).status_code == 400


def test_a_proxy_that_keeps_the_name_to_itself():
    """Apache's default: the Host is this server's own, the browser's is in another header."""
    guarded = Client(NAMED)
    forwarded = {"x-forwarded-host": f"{NAME}, inner.example", "origin": f"https://{NAME}"}
    assert guarded.post(JOIN, forwarded).status_code == 200
    assert guarded.post(JOIN, {"x-forwarded-host": "evil.example", "origin": "https://evil.example"}).status_code == 403


def scope_of(path, **headers):
    told = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {"type": "http", "path": path, "headers": told, "root_path": "", "scheme": "http"}


@pytest.mark.parametrize(
    ("path", "inner"),
    [
        ("/papers/en/", "/en/"),
        ("/en/", "/en/"),
        ("/papers/", "/"),
        ("/", "/"),
        ("/papers", ""),
        ("/papers/0123456789ab/paper.pdf", "/papers/0123456789ab/paper.pdf"),  # the proxy took the first one off
        ("/papers/papers/0123456789ab/paper.pdf", "/papers/0123456789ab/paper.pdf"),
        ("/papersen/", "/papersen/"),
        ("/papers/etc/passwd", "/papers/etc/passwd"),
    ],
)
def test_a_path_is_found_below_the_root_whether_the_proxy_took_it_off_or_not(path, inner):
    scope = addressed(scope_of(path), AccessRules(root_path="/papers"))
    assert (inner_path(scope), scope["path"], scope["root_path"]) == (inner, f"/papers{inner}", "/papers")
    assert inner_path(addressed(scope_of(path), AccessRules())) == path


def test_every_address_of_the_server_is_one_below_the_root(sample_context):
    routes = [*paper_routes(sample_context.library, None), *report_routes(SimpleNamespace(context=sample_context))]
    for top in {each.path.split("/")[1] for each in routes} | {"", "en", "zh", "own", "language", "favicon.ico"}:
        assert inner_path(addressed(scope_of(f"/root/{top}"), AccessRules(root_path="/root"))) == f"/{top}"


def test_what_only_a_proxy_may_say_is_left_out():
    headers = {"host": NAME, "x_forwarded_proto": "https", "x_gradio_server": "http://evil.example", "accept": "a/b"}
    scope = addressed(scope_of("/", **headers), NAMED)
    assert dict(scope["headers"]) == {b"host": NAME.encode(), b"accept": b"a/b"}


def test_the_guard_holds_below_a_root_too():
    guarded = Client(AccessRules(token="secret", root_path="/papers"), largest=10)
    key = {"authorization": "Bearer secret"}
    reply = guarded.get("/papers/?token=secret")
    assert (reply.status_code, reply.headers["location"]) == (303, "/papers/")
    assert "; Path=/papers/; " in reply.headers["set-cookie"]
    assert guarded.get("/papers", key).headers["location"] == "/papers/"
    for prefix in ("", "/papers"):
        assert guarded.get(f"{prefix}/en/gradio_api/info", key).status_code == 404
        assert guarded.get(f"{prefix}/en/gradio_api/file=/etc/passwd", key).status_code == 403
        assert guarded.get(f"{prefix}/en/").status_code == 403
        assert guarded.call("POST", prefix + UPLOAD, key, b"0123456789a").status_code == 413
        assert guarded.call("POST", prefix + JOIN, key, b'{"data": [{"path": "/etc/passwd"}]}').status_code == 403
        assert (
            "object-src 'self'" in guarded.get(f"{prefix}/papers/x/paper.pdf", key).headers["content-security-policy"]
        )


def test_whoever_can_name_any_address_guesses_no_more_for_it():
    counted = Guesses(lambda: 0.0)
    for number in range(MAX_ALL_GUESSES):
        assert counted.wait("10.9.9.9") == 0
        counted.add(f"10.0.0.{number}")
    assert counted.wait("10.9.9.9") > 0


def test_a_way_in_from_elsewhere_needs_a_token_or_a_password():
    with pytest.raises(UnsafeBinding, match=NAME):
        check_binding(NAMED, allow_remote=False)
    check_binding(AccessRules(token="t", names=(NAME,)), allow_remote=False)
    check_binding(NAMED, allow_remote=True)


@pytest.mark.parametrize(
    "wrong",
    [
        ["--allow-host", "https://papers.example.org"],
        ["--allow-host", "a b"],
        ["--allow-host", ""],
        ["--root-path", "/a/../b"],
        ["--root-path", "/a?b"],
    ],
    ids=" ".join,
)
def test_a_name_and_a_path_are_no_addresses(wrong):
    command = [sys.executable, "-m", "ui.cli", "serve", *wrong]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2 and "such as" in done.stderr.replace("│", "").replace("\n", " ")


class Passing(BaseHTTPRequestHandler):
    """A proxy that offers a server below /papers, as nginx does: piece by piece, with or without the path."""

    protocol_version = "HTTP/1.1"
    upstream = ""
    strips = True

    def log_message(self, format, *args):
        """Nothing."""

    def pass_on(self):
        path = "/" + self.path.removeprefix("/papers").lstrip("/") if self.strips else self.path
        body = self.rfile.read(int(self.headers.get("content-length", "0")))
        with closing(http.client.HTTPConnection(self.upstream, timeout=60)) as server:
            headers = {name: value for name, value in self.headers.items() if name.lower() != "content-length"}
            server.request(self.command, path, iter([body]) if body else None, headers, encode_chunked=bool(body))
            reply = server.getresponse()
            self.send_response_only(reply.status)
            for name, value in reply.getheaders():
                if name.lower() not in ("transfer-encoding", "connection"):
                    self.send_header(name, value)
            self.send_header("connection", "close")
            self.end_headers()
            with suppress(ConnectionError, http.client.HTTPException):
                while piece := reply.read1():
                    self.wfile.write(piece)
        self.close_connection = True

    do_GET = do_POST = pass_on


@contextmanager
def proxy(upstream, strips):
    """Its address, by a name that browsers look up on this machine."""
    handler = type("Handler", (Passing,), {"upstream": urlsplit(upstream).netloc, "strips": strips})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    with answering(server):
        yield f"http://papers.localhost:{server.server_port}"


@pytest.mark.slow
@pytest.mark.parametrize("strips", [True, False], ids=["taken off", "left"])
def test_the_pages_work_below_a_path_of_a_proxy(served, home, sample_papers, strips):  # noqa: F811
    sources, failed = [sample_papers / "evidence_first.pdf"], []
    options = ("--allow-host", "papers.localhost", "--root-path", "/papers")
    with own_server(served, home, *sources, options=options) as own, proxy(own.url, strips) as address:
        own.script(SAID)
        visitor = served.browser.new_context()
        visitor.set_default_timeout(60_000)
        page = visitor.new_page()
        page.on("response", lambda each: failed.append(each.url) if each.status >= 400 else None)
        page.on("request", lambda each: None if ours(each.url, address) else failed.append(each.url))
        page.goto(f"{address}/papers?token={token_of(own.log)}")
        opened(page)
        assert page.url == f"{address}/papers/en/"
        fresh(page)
        ask(page, QUESTION)
        answered(page)
        open_source(page)
        assert page.evaluate("fetch(document.querySelector('#source-pdf').href).then((r) => r.status)") == 200
        page.keyboard.press("Escape")
        page.click("#language-link")
        page.wait_for_url("**/papers/zh/")
        opened(page)
        visitor.close()
        assert not [each for each in failed if not each.endswith("/favicon.ico")]


def ours(url, address):
    return url.startswith((f"{address}/papers", f"{address}/favicon.ico", "data:", "blob:"))
