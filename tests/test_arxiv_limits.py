"""What arXiv, or whoever answers in its place, may cost: bytes, memory and time, over real sockets on loopback."""

import itertools
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from index.arxiv.client import ArxivClient
from index.arxiv.ids import ArxivId
from index.model.errors import ArxivUnreachable

ID = ArxivId("2512.99999", 2)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")


@contextmanager
def server(*answers: tuple[bytes, Iterator[bytes]]):
    """Each connection gets the next answer, the last one for ever: a head, then pieces until the client is gone."""
    listening = socket.create_server(("127.0.0.1", 0))
    sent: list[int] = []

    def serve() -> None:
        for number in itertools.count():
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            head, pieces = answers[min(number, len(answers) - 1)]
            with connection:
                try:
                    connection.recv(1 << 16)
                    connection.sendall(head)
                    for piece in pieces:
                        connection.sendall(piece)
                        sent.append(len(piece))
                except OSError:
                    pass

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", sent
    finally:
        listening.close()


def client(url, **options):
    given = {"delay_seconds": 0.0, "timeout": (2.0, 5.0), "feed_seconds": 2.0, "patience_seconds": 2.0, **options}
    return ArxivClient(api_url=f"{url}/api", pdf_url=f"{url}/pdf", feed_url=f"{url}/atom", **given)


def endless(piece=b" " * (1 << 20), count=700):
    return itertools.repeat(piece, count)


def trickle():
    for _ in range(1000):
        time.sleep(0.1)
        yield b" "


def head(status="200 OK", *lines):
    return "\r\n".join([f"HTTP/1.1 {status}", "Connection: close", *lines, "", ""]).encode()


ASK = {
    "api": lambda arxiv: arxiv.metadata([ID]),
    "feed": lambda arxiv: arxiv.listing(["cs.CV"]),
}


@pytest.mark.parametrize("ask", ASK.values(), ids=ASK)
def test_an_endless_body_is_given_up_at_the_cap(ask):
    with server((head(), endless())) as (url, sent), client(url, feed_seconds=60.0) as arxiv:
        with pytest.raises(ArxivUnreachable, match="more than"):
            ask(arxiv)
        assert sum(sent) < 100 << 20


@pytest.mark.parametrize("ask", ASK.values(), ids=ASK)
@pytest.mark.parametrize("length", [(), ("Content-Length: 9000000",)], ids=["until closed", "with a length"])
def test_a_trickle_is_given_up_at_the_deadline(ask, length):
    with server((head("200 OK", *length), trickle())) as (url, _), client(url) as arxiv:
        begun = time.monotonic()
        with pytest.raises(ArxivUnreachable, match="too slowly"):
            ask(arxiv)
        assert time.monotonic() - begun < 30


def test_a_trickling_pdf_is_given_up_at_the_deadline(tmp_path):
    answer = head("200 OK", "Content-Length: 9000000"), trickle()
    slow = pytest.raises(ArxivUnreachable, match="too slowly")
    with server(answer) as (url, _), client(url) as arxiv, slow:
        arxiv.download(ID, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("ask", ASK.values(), ids=ASK)
def test_the_body_of_a_refusal_that_is_tried_again_is_not_read(ask):
    with server((head("503 Service Unavailable"), endless())) as (url, sent), client(url) as arxiv:
        with pytest.raises(ArxivUnreachable):
            ask(arxiv)
        assert sum(sent) < 100 << 20


@pytest.mark.parametrize("ask", ASK.values(), ids=ASK)
def test_the_body_of_a_redirect_is_not_read(ask):
    with server((head("302 Found", "Location: /elsewhere"), endless())) as (url, sent), client(url) as arxiv:
        with pytest.raises(ArxivUnreachable):
            ask(arxiv)
        assert sum(sent) < 200 << 20
