"""Connections that ask for nothing, or never come to an end of asking."""

import asyncio
import socket
import time

import pytest
import uvicorn
from own_loop import run_coroutine

from ui.web import patience
from ui.web.patience import PatientProtocol


async def hello(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"hi"})


@pytest.fixture
def limits(monkeypatch):
    monkeypatch.setattr(patience, "HEAD_SECONDS", 0.6)
    monkeypatch.setattr(patience, "MAX_WAITING", 3)
    monkeypatch.setattr(patience, "LEAST_SECONDS", 0.0)


def served(visit):
    """What a visit to a server gives; all in one event loop of its own."""

    async def both():
        listening = socket.socket()
        listening.bind(("127.0.0.1", 0))
        config = uvicorn.Config(hello, http=PatientProtocol, log_level="critical", lifespan="off")
        server = uvicorn.Server(config)
        serving = asyncio.ensure_future(server.serve([listening]))
        while not server.started:
            await asyncio.sleep(0.01)
        try:
            return await asyncio.wait_for(visit(listening.getsockname()[1]), 20)
        finally:
            server.should_exit = True
            await serving

    return run_coroutine(both)


@pytest.mark.parametrize("begun", [b"", b"GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ",
                                   b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\n\r\n"],
                         ids=["nothing", "half a head", "half a body"])  # fmt: skip
def test_a_request_without_end_is_cut_off_though_it_trickles(limits, begun):
    async def visit(port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        started = time.monotonic()
        writer.write(begun)
        while not reader.at_eof():
            writer.write(b"x" if begun else b"")
            try:
                await asyncio.wait_for(reader.read(1000), 0.1)
            except TimeoutError:
                continue
            except ConnectionError:
                break
        writer.close()
        return time.monotonic() - started

    assert served(visit) < 15
    assert not PatientProtocol.waiting


def test_the_oldest_of_too_many_gives_way_and_a_new_one_is_answered(limits):
    async def visit(port):
        waiting = [await asyncio.open_connection("127.0.0.1", port) for _ in range(5)]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        answer = await reader.read()
        try:
            first = await asyncio.wait_for(waiting[0][0].read(), 0.3)
        except ConnectionError:
            first = b""
        for _, each in [*waiting, (reader, writer)]:
            each.close()
        return answer, first

    answer, first = served(visit)
    assert answer.endswith(b"hi") and first == b""
