"""Many visitors, connections without an end and a huge upload at once on a real `papers serve`; is it of use meanwhile?

    python tests/server_load.py --seconds 300 --clients 200 --half-open 1200 --megabytes 2000

Ends by itself and prints one line of JSON. The short form is a test. PAPERS_TEST_HOME names what set-up fetched.
"""

import argparse
import asyncio
import json
import re
import statistics
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import psutil
from own_loop import run_coroutine

PATIENCE = 30.0  # seconds after which a request of the owner counts as failed
PIECE = b"0" * 1_000_000
BOUNDARY = "edge"


@dataclass
class Load:
    """The server under load, and what became of requests: seconds of those that were answered, reasons of the rest."""

    entrance: str
    until: float
    owner: list[float] = field(default_factory=list)
    visitors: list[float] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    half_open: int = 0  # connections that were opened and left so
    closed: int = 0  # of them by the server
    upload: str = ""  # how it was answered

    def __post_init__(self) -> None:
        parts = urlsplit(self.entrance)
        self.host, self.port = parts.hostname or "", parts.port or 80
        self.key = f"Authorization: Bearer {parts.query.partition('=')[2]}"

    @property
    def over(self) -> bool:
        return time.monotonic() > self.until

    async def request(self, method: str, path: str, body: bytes = b"", kind: str = "application/json") -> bytes:
        """The body of the reply to a whole request, on a connection of its own. Raises OSError."""
        reader, writer = await asyncio.open_connection(self.host, self.port)
        try:
            head = (
                f"{method} {path} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\n{self.key}\r\nConnection: close\r\n"
                f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
            )
            writer.write(head.encode() + body)
            await writer.drain()
            status = await reader.readline()
            if b" 200 " not in status:
                raise OSError(f"{method} {path}: {status.decode().strip() or 'no answer'}")
            return (await reader.read()).partition(b"\r\n\r\n")[2]
        finally:
            writer.close()

    async def visit(self, times: list[float], refresh: tuple[int, int], session: str, *, whole: bool) -> None:
        """Follow a call of the page to its end, after loading it if `whole`; note the seconds, or why it failed."""
        number, count = refresh
        started = time.monotonic()
        call = {"data": [""] * count, "fn_index": number, "session_hash": session}
        try:
            async with asyncio.timeout(PATIENCE):
                for part in ("/en/", "/own/app.js") if whole else ():
                    await self.request("GET", part)
                await self.request("POST", "/en/gradio_api/queue/join", json.dumps(call).encode())
                said = await self.request("GET", f"/en/gradio_api/queue/data?session_hash={session}")
                if b'"success":true' not in said.replace(b" ", b""):
                    raise OSError("the call did not succeed")
            times.append(time.monotonic() - started)
        except (OSError, TimeoutError) as error:
            self.failed.append(f"{'owner' if times is self.owner else 'visitor'}: {error!r}")

    async def refresh(self) -> tuple[int, int]:
        """The number of the call with which a page looks at its conversation again, and of its values."""
        config = json.loads((await self.request("GET", "/en/config")).decode())
        (button,) = [each["id"] for each in config["components"] if each["props"].get("elem_id") == "refresh-talk"]
        return next(
            (each["id"], len(each["inputs"])) for each in config["dependencies"] if [button, "click"] in each["targets"]
        )

    async def keep_half_open(self) -> None:
        """A connection whose request has no end, and another one when it is closed."""
        while not self.over:
            with suppress(OSError):
                reader, writer = await asyncio.open_connection(self.host, self.port)
                self.half_open += 1
                writer.write(b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ")
                reading = asyncio.ensure_future(reader.read(1))
                while not self.over and not reading.done():
                    writer.write(b"x")
                    await asyncio.wait([reading], timeout=3)
                self.closed += reading.done()
                reading.cancel()
                writer.transport.abort()
            await asyncio.sleep(1)

    async def upload_much(self, megabytes: int) -> None:
        """One file of that size; the server may end it."""
        head = (
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="files"; filename="huge.pdf"\r\n'
            "Content-Type: application/pdf\r\n\r\n"
        ).encode()
        tail = f"\r\n--{BOUNDARY}--\r\n".encode()
        reader, writer = await asyncio.open_connection(self.host, self.port)
        length = len(head) + megabytes * len(PIECE) + len(tail)
        writer.write(
            f"POST /en/gradio_api/upload HTTP/1.1\r\nHost: {self.host}:{self.port}\r\n{self.key}\r\n"
            f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\nContent-Length: {length}\r\n\r\n".encode()
        )
        answer = asyncio.ensure_future(reader.readline())
        with suppress(OSError):
            writer.write(head)
            for _ in range(megabytes):
                if answer.done():
                    break
                writer.write(PIECE)
                await writer.drain()
            writer.write(tail)
        with suppress(OSError, TimeoutError):
            self.upload = (await asyncio.wait_for(answer, 120)).decode().strip()
        writer.transport.abort()

    async def run(self, clients: int, half_open: int, megabytes: int) -> None:
        """All of it until the time is over, and one owner who goes on visiting."""
        refresh = await self.refresh()

        async def visiting(times: list[float], pause: float, wait: float = 0.0) -> None:
            await asyncio.sleep(wait)
            whole, session = True, uuid4().hex[:11]
            while not self.over:
                await self.visit(times, refresh, session, whole=whole)
                whole = times is self.owner  # a browser loads its page once, and looks again every five seconds
                await asyncio.sleep(pause)

        apart = min((self.until - time.monotonic()) / 3, 60.0) / clients
        crowd = [visiting(self.visitors, 5.0, row * apart) for row in range(clients)]
        slow = [self.keep_half_open() for _ in range(half_open)]
        await asyncio.gather(self.upload_much(megabytes), visiting(self.owner, 1.0), *crowd, *slow)


def report(load: Load, server: psutil.Process, before: int) -> dict[str, object]:
    """Counts, seconds and bytes."""

    def of(times: list[float]) -> dict[str, float]:
        if len(times) < 2:
            return {"n": len(times)}
        cuts = statistics.quantiles(times, n=20)
        return {"n": len(times), "median": round(cuts[9], 2), "p95": round(cuts[18], 2), "max": round(max(times), 2)}

    return {
        "owner": of(load.owner), "visitors": of(load.visitors), "failed": len(load.failed), "why": load.failed[:5],
        "half open": load.half_open, "closed by the server": load.closed, "upload": load.upload,
        "megabytes before": before >> 20, "after": server.memory_info().rss >> 20,
        "files open": server.num_fds(),
    }  # fmt: skip


def loaded(entrance: str, seconds: float, clients: int, half_open: int, megabytes: int) -> Load:
    """Load the server at that address for so long."""
    load = Load(entrance, time.monotonic() + seconds)
    run_coroutine(load.run, clients, half_open, megabytes)
    return load


def server_of(entrance: str) -> psutil.Process:
    """The process that listens there."""
    port = urlsplit(entrance).port
    found = [each.pid for each in psutil.net_connections("tcp") if each.laddr and each.laddr.port == port
             and each.status == psutil.CONN_LISTEN]  # fmt: skip
    return psutil.Process(found[0])


def main() -> None:
    from browser import running
    from conftest import ENVIRONMENT, new_home

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--half-open", type=int, default=1200)
    parser.add_argument("--megabytes", type=int, default=2000)
    asked = parser.parse_args()
    models = Path(ENVIRONMENT["PAPERS_TEST_HOME"]) / "models" / "bge-small-en-v1.5"
    with tempfile.TemporaryDirectory() as folder:
        home = new_home(Path(folder) / "home", models)
        with running(home, "127.0.0.1:9", "--no-model") as (url, said):
            token = re.search(r"token=(\S+)", "".join(said))
            entrance = f"{url}/?token={token.group(1) if token else ''}"
            server = server_of(entrance)
            before = server.memory_info().rss
            load = loaded(entrance, asked.seconds, asked.clients, asked.half_open, asked.megabytes)
            time.sleep(25)  # what waits is closed by then
            kept = sum(each.stat().st_size for each in (home / "uploads").rglob("*") if each.is_file())
            figures = {**report(load, server, before), "megabytes of uploads": kept >> 20}
            sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
