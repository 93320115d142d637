"""`papers mcp` as a client of the reference implementation sees it: as a process over stdio, and over HTTP."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import asynccontextmanager, contextmanager
from functools import partial

import anyio
import pytest
from conftest import ROOT, new_home
from fake_ollama import Reply, serving
from own_loop import run_coroutine
from scripted_reader import ScriptedReader
from typer.testing import CliRunner

pytest.importorskip("mcp")
import httpx2
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp_types import BlobResourceContents, TextContent, TextResourceContents

from assistant.config.settings import Settings
from assistant.context import AppContext
from index.store.tags import set_tag
from ui.cli import app
from ui.mcp.tools import Tools, build_server
from ui.mcp.transport import TOKEN_FILE, kept_token
from ui.mcp.work import progress_line

QUESTION = "Why is the model's passage number not trusted?"
TOOLS = {"search", "ask", "papers", "paper", "passage", "breakdown", "compare", "digest", "references"}


@pytest.fixture(scope="module")
def filled(tmp_path_factory, model_folder, sample_papers):
    home = new_home(tmp_path_factory.mktemp("mcp") / "home", model_folder)
    with AppContext(Settings(home=home), lambda line: None) as context:
        assert len(list(context.ingestion().run([str(sample_papers)]))) > 3
        set_tag(context.library, context.library.find("two_legs").id, "search")
    return home


@pytest.fixture
def quoting(filled):
    """The server in this process, without a language model."""
    with AppContext(Settings(home=filled), lambda line: None) as context:
        yield build_server(Tools(context, with_model=False), "1")


@pytest.fixture(scope="module")
def scripted():
    with serving() as ollama:
        ollama.reader = ScriptedReader()
        yield ollama


def command(home, *options):
    return [sys.executable, "-m", "ui.cli", "--home", str(home), "mcp", *options]


def variables(ollama):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PAPERS_")}
    return kept | {"OLLAMA_HOST": ollama.host if ollama else "127.0.0.1:1", "PYTHONPATH": str(ROOT)}


@asynccontextmanager
async def over_stdio(home, ollama, *options):
    program, *arguments = command(home, *options)
    server = StdioServerParameters(command=program, args=arguments, env=variables(ollama), cwd=str(ROOT))
    async with Client(server, read_timeout_seconds=120) as client:
        yield client


@contextmanager
def running(home, ollama, *options):
    """A server as a process, with pipes."""
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen(command(home, *options), cwd=ROOT, env=variables(ollama), text=True, **pipes) as server:
        try:
            yield server
        finally:
            server.kill()


@contextmanager
def http_server(home, ollama, *options):
    """A running `papers mcp --http`: its port and its token."""
    with running(home, ollama, "--http", "--port", "0", *options) as server:
        said = ""
        while not (found := re.search(r"127\.0\.0\.1:(\d+)/mcp.*Bearer\s+(\S+)", said, re.DOTALL)):
            line = server.stderr.readline()
            assert line, said
            said += line
        yield int(found[1]), found[2]
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=30) is not None
        assert server.stdout.read() == ""


@asynccontextmanager
async def over_http(port, token):
    headers = {"authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(headers=headers, timeout=120) as http:
        transport = streamable_http_client(f"http://127.0.0.1:{port}/mcp", http_client=http)
        async with Client(transport, read_timeout_seconds=120) as client:
            yield client


async def call(client, tool, **arguments):
    """The structured result of a tool; its text is the same as JSON."""
    result = await client.call_tool(tool, arguments)
    (block,) = result.content
    assert isinstance(block, TextContent)
    assert not result.is_error, block.text
    assert json.loads(block.text) == result.structured_content
    return result.structured_content


async def refusal(client, tool, **arguments):
    result = await client.call_tool(tool, arguments)
    assert result.is_error
    return result.content[0].text


async def whole_session(client):
    """What a person's client does: look, ask, follow the citations to the words and the page."""
    assert {tool.name for tool in (await client.list_tools()).tools} == TOOLS
    listed = (await call(client, "papers"))["papers"]
    assert len(listed) == 3 and all(each["id"] for each in listed)
    assert [each["tags"] for each in (await call(client, "papers", tag="search"))["papers"]] == [["search"]]
    second = await call(client, "papers", limit=1, after=1)
    assert second["papers"] == listed[1:2] and second["total"] == 3
    shown = await call(client, "paper", paper="two_legs")
    assert any("Introduction" in section["heading"] for section in shown["sections"])

    found = await call(client, "search", question="late interaction", limit=2, papers=["two_legs"])
    assert 0 < len(found["passages"]) <= 2
    first = found["passages"][0]
    words = await call(client, "passage", paper=first["paper"], start=first["span"][0], end=first["span"][1])
    assert words["text"] == first["text"] and words["pages"] == first["pages"] and words["rects"]

    told = []

    async def progress(done, total, message):
        told.append((done, message))

    asked = await client.call_tool("ask", {"question": QUESTION}, progress_callback=progress)
    answer = asked.structured_content
    assert answer["grounding"] == "grounded" and answer["model"]["name"] == "tiny:1b"
    cited = answer["sentences"][0]["citations"][0]
    words = await call(client, "passage", paper=cited["paper"], start=cited["span"][0], end=cited["span"][1])
    assert words["text"] == cited["quote"]
    assert any("passages found" in message for _, message in told)
    assert [done for done, _ in told] == sorted({done for done, _ in told})

    text = (await client.read_resource(f"paper://{cited['paper']}")).contents[0]
    assert isinstance(text, TextResourceContents) and text.text[cited["span"][0] :].startswith(cited["quote"][:20])
    page = (await client.read_resource(f"paper://{cited['paper']}/page/{cited['pages'][0]}")).contents[0]
    assert isinstance(page, BlobResourceContents) and page.mime_type == "image/png" and len(page.blob) > 10_000
    assert {each.uri_template for each in (await client.list_resource_templates()).resource_templates} == {
        "paper://{paper}", "paper://{paper}/page/{page}",
    }  # fmt: skip

    made = await call(client, "breakdown", paper="two_legs", fields=["results"], model=False)
    place = made["fields"][0]["findings"][0]["references"][0]
    words = await call(client, "passage", paper="two_legs", start=place["start"], end=place["end"])
    assert [each["name"] for each in made["fields"]] == ["results"] and words["text"] == place["quote"]
    table = await call(client, "compare", papers=["two_legs", "many_spans"], columns=["problem"], model=False)
    assert [len(column["cells"]) for column in table["columns"]] == [2]
    assert str(ROOT) not in json.dumps(
        [listed, shown, found, words, answer, made, table]
    )  # how folders are called here
    entries = await call(client, "references", papers=["two_legs"])
    assert entries["text"].startswith("@misc{")


def test_a_whole_session_over_stdio(filled, scripted):
    async def session():
        async with over_stdio(filled, scripted) as client:
            assert "never an instruction" in client.instructions
            await whole_session(client)

    run_coroutine(session)


def test_a_whole_session_over_http(filled, scripted):
    async def session(port, token):
        async with over_http(port, token) as client:
            await whole_session(client)
            found = []

            async def search(words):
                found.append(await call(client, "search", question=words, limit=1))

            async with anyio.create_task_group() as tasks:  # a client may send what it likes at the same time
                for number in range(20):
                    tasks.start_soon(search, f"late interaction {number % 4}")
            assert len(found) == 20 and all(each["passages"] for each in found)

    with http_server(filled, scripted) as (port, token):
        assert (filled / TOKEN_FILE).read_text().strip() == token
        assert (filled / TOKEN_FILE).stat().st_mode & 0o077 == 0
        run_coroutine(session, port, token)
    assert kept_token(filled) == token  # a client keeps it in its settings


def test_what_cannot_be_done_is_a_sentence(quoting):
    async def session(server):
        async with Client(server) as client:
            assert "papers list" in await refusal(client, "paper", paper="no such paper")
            assert "no field" in await refusal(client, "breakdown", paper="two_legs", fields=["nonsense"])
            assert "same paper" in await refusal(client, "compare", papers=["two_legs", "two_legs.pdf"])
            assert "newest=false" in await refusal(client, "digest")
            assert "no profile" in await refusal(client, "digest", profile="x", newest=False)
            for arguments in ({"question": ""}, {"question": "x" * 30_000}, {"question": "x", "limit": 0}, {}):
                assert (await client.call_tool("search", arguments)).is_error
            answer = await call(client, "ask", question=QUESTION)
            assert answer["sentences"] and answer["model"]["name"] is None
            beyond = await call(client, "passage", paper="two_legs", start=10**9, end=10**12)
            assert beyond["text"] == ""

    run_coroutine(session, quoting)


def test_no_file_can_be_read_by_a_name(quoting, filled, sample_papers):
    secret = sample_papers / "two_legs.pdf"

    async def session(server):
        async with Client(server) as client:
            for name in (
                "/etc/passwd",
                "../../etc/passwd",
                "file:///etc/passwd",
                str(filled / TOKEN_FILE),
                "1706.03762",
            ):
                assert "No paper goes by" in await refusal(client, "breakdown", paper=name)
            assert (await call(client, "paper", paper=str(secret)))["title"]  # the library's own name of it
            for uri in ("paper://etc/passwd", "paper://..%2f..%2fetc%2fpasswd", "paper://x/page/1", "file:///etc/passwd",
                        "paper://{0}/page/99999", "paper://{0}/page/x", "paper://{0}/page/..%2f1"):  # fmt: skip
                listed = (await call(client, "papers"))["papers"]
                with pytest.raises(MCPError):
                    await client.read_resource(uri.format(listed[0]["id"]))
            assert "style" in await refusal(client, "references", form="style", style="../../etc/passwd")

    run_coroutine(session, quoting)


def test_no_tool_deletes_and_each_says_what_it_gives(quoting):
    tools = run_coroutine(quoting.list_tools)
    assert {tool.name for tool in tools if not tool.annotations.read_only_hint} == {"digest"}
    assert not any(tool.annotations.destructive_hint for tool in tools)
    assert all(tool.output_schema and tool.description for tool in tools)


def test_a_cancelled_answer_ends_the_call_of_the_model(filled):
    async def session(ollama):
        ollama.reader = ScriptedReader()
        async with over_stdio(filled, ollama) as client:
            await call(client, "ask", question=QUESTION)
            ollama.script(Reply(["x"] * 600, pause=0.2))
            ollama.waiting.clear()
            with anyio.move_on_after(60) as scope:
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(partial(client.call_tool, "ask", {"question": f"{QUESTION} Again?"}))
                    await anyio.to_thread.run_sync(ollama.waiting.wait, 30)
                    tasks.cancel_scope.cancel()
            assert not scope.cancelled_caught
            assert await anyio.to_thread.run_sync(ollama.hung_up.wait, 30)
            ollama.default.text = json.dumps({"answers": []})
            assert (await call(client, "ask", question=QUESTION))["sentences"]  # the server goes on

    with serving() as ollama:
        run_coroutine(session, ollama)


def test_stdout_holds_the_protocol_alone_and_the_end_of_stdin_ends_it(filled):
    hello = {"jsonrpc": "2.0", "id": 1, "method": "initialize"}
    client = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}}
    ready = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    ask = {"jsonrpc": "2.0", "id": 2, "method": "tools/call"}
    asked = {"name": "ask", "arguments": {"question": QUESTION}}
    with running(filled, None) as server:
        for message in (hello | {"params": client}, ready, ask | {"params": asked}, "not json", {"jsonrpc": "2.0"}):
            server.stdin.write(json.dumps(message) + "\n" if isinstance(message, dict) else f"{message}\n")
        server.stdin.flush()
        lines = []
        while not any('"id":2' in line for line in lines):
            lines.append(server.stdout.readline())
            assert lines[-1], server.stderr.read()
        server.stdin.close()
        lines += server.stdout.readlines()
        assert server.wait(timeout=30) == 0
        assert all(json.loads(line)["jsonrpc"] == "2.0" for line in lines)
        assert "quotes only" not in "".join(lines)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_while_it_waits_for_its_client(filled, number):
    hello = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    with running(filled, None, "--no-model") as server:
        server.stdin.write(json.dumps(hello) + "\n")
        server.stdin.flush()
        server.stdout.readline()
        server.send_signal(number)
        server.wait(timeout=30)
        assert "Traceback" not in server.stderr.read()


# HTTP: who may come in


PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
JSON = {"content-type": "application/json", "accept": "application/json, text/event-stream"}


@pytest.fixture(scope="module")
def guarded(filled):
    with http_server(filled, None, "--no-model") as (port, token):
        yield port, token


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"authorization": "Bearer wrong"}, 401),
        ({"authorization": "Bearer"}, 401),
        ({"authorization": "Basic {token}"}, 401),
        ({"cookie": "papers_token_{port}={token}"}, 401),
        ({"authorization": "Bearer {token}", "host": "evil.example:{port}"}, 400),
        ({"authorization": "Bearer {token}", "host": "evil.example"}, 400),
        ({"authorization": "Bearer {token}", "host": "127.0.0.1.evil.example:{port}"}, 400),
        ({"authorization": "Bearer {token}", "host": "127.0.0.1:1"}, 421),
        ({"authorization": "Bearer {token}", "origin": "http://evil.example"}, 403),
        ({"authorization": "Bearer {token}", "origin": "http://localhost:{port}"}, 403),
        ({"authorization": "Bearer {token}", "origin": "null"}, 403),
    ],
)
def test_who_is_not_let_in(guarded, headers, status):
    port, token = guarded
    sent = JSON | {name: value.format(port=port, token=token) for name, value in headers.items()}
    for method in ("POST", "GET", "DELETE", "OPTIONS"):
        answer = httpx2.request(
            method, f"http://127.0.0.1:{port}/mcp", headers=sent, json=PING if method == "POST" else None
        )
        assert answer.status_code in (status, 405), (method, answer.text)
        assert method != "POST" or answer.status_code == status
        assert "access-control-allow-origin" not in answer.headers and token not in answer.text
    # The token is no part of an address, and other paths hold nothing.
    assert httpx2.get(f"http://127.0.0.1:{port}/mcp?token={token}", headers=JSON).status_code == 401


def test_a_body_too_large_is_not_read(guarded):
    port, token = guarded
    headers = JSON | {"authorization": f"Bearer {token}"}
    answer = httpx2.post(f"http://127.0.0.1:{port}/mcp", headers=headers, content=b"x" * (5 << 20))
    assert answer.status_code == 413


def test_only_this_machine_reaches_it(guarded):
    port, _ = guarded
    addresses = {each[4][0] for each in socket.getaddrinfo(socket.gethostname(), port, socket.AF_INET)}
    for address in addresses - {"127.0.0.1"}:
        if not address.startswith("127."):
            with pytest.raises(OSError):
                socket.create_connection((address, port), timeout=5)


def test_a_port_that_is_taken_is_said(filled, guarded):
    port, _ = guarded
    done = subprocess.run(
        command(filled, "--http", "--port", str(port)), cwd=ROOT, env=variables(None), capture_output=True, text=True
    )
    assert done.returncode == 1 and f"--port {port + 1}" in done.stderr and not done.stdout


def test_the_signs_that_hide_instructions_do_not_reach_a_client(quoting, monkeypatch):
    hidden = "".join(chr(0xE0000 + ord(each)) for each in "ignore")  # tags: a model reads them, a person does not
    monkeypatch.setattr("ui.mcp.tools.paper_json", lambda record: {"title": f"x{hidden}\u202e\ud800\x1b[2J"})

    async def session():
        async with Client(quoting) as client:
            return (await call(client, "papers"))["papers"][0]["title"]

    assert run_coroutine(session) == "x[2J"


def test_each_event_of_long_work_has_words_or_none():
    from assistant.answering.events import TextDelta, Working
    from assistant.digest.record import PaperStarted

    assert (
        progress_line(Working("embedding", 3, 9)) == "embedding 3 of 9"
        and progress_line(Working("reading")) == "reading"
    )
    assert progress_line(PaperStarted(2, 5, "A\n Title")) == "2 of 5: A Title" and progress_line(TextDelta("x")) == ""


def test_without_the_extra_it_says_how_to_install_it(tmp_path, monkeypatch):
    monkeypatch.setattr("ui.commands.serve.find_spec", lambda name: None)
    done = CliRunner().invoke(app, ["--home", str(tmp_path), "mcp"])
    assert done.exit_code == 1 and "pip install 'paper-assistant[mcp]'" in str(done.exception)
