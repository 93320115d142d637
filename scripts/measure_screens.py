"""Measure what a reader waits for on the screens: `papers serve` in a headless Chromium, with the real Ollama.

    python scripts/measure_screens.py --home PAPERS_HOME [--runs 10] [--json FILE]

PAPERS_HOME is a library with papers; questions are asked in it, so give a copy. Ollama is the one at OLLAMA_HOST, and
Chromium is CHROMIUM or the one on PATH. On a machine with other work the times say nothing: look at the load beside
them. Needs the development dependencies (`playwright`).

page ready      a page loaded again, from the start of the navigation until a question can be typed and the
                conversation is shown; the server and the browser's cache are warm
source panel    from the click on a citation until the page's image, with its marks, was drawn (the second frame after
                it was decoded): "start" is the first one of a server, "new" a page that nobody opened before,
                "again" the same page once more
first token     from the call of ChatModel.write, which counts the prompt and checks it, to the first piece that it
                gives, and the same request sent bare by http.client to the first line that holds a piece. Pairs in
                turns, each passage read anew: before each call the server reads something else, so that its cache
                holds the head of the prompt and no more.
first sentence  on the screen, after the last byte of the model's reply that it was checked from: the quote found and
                verified, the sentence sent and drawn. No reader sees a token earlier: unchecked words are not shown.
"""

import argparse
import http.client
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, sync_playwright
from rich.console import Console
from rich.table import Table

from assistant.bench.systems import run_facts
from assistant.config.settings import load_settings
from assistant.context import AppContext
from assistant.llm.address import server_url
from assistant.llm.chat_model import ChatModel
from assistant.llm.prompts import Message, load_prompt
from index.search.searcher import Question

QUESTIONS = (
    "Which problem do the authors want to solve?",
    "Which data set is the method evaluated on?",
    "What are the limitations of the method?",
    "How large is the improvement over the baseline?",
    "How is the model trained?",
)
OTHER = [Message("user", "Say yes.")]  # what the server reads between two calls that are compared
TOKENS = 4  # of a reply that is timed to its first; Ollama 0.17 can hang for good when one is broken off there
LONGEST = 600_000  # milliseconds that an answer may take

READY = """() => document.querySelector('#question textarea:enabled')
    && document.querySelector('#log')?.innerText.trim() && performance.now()"""
OPEN = """async (chip) => {
    const began = performance.now(), frame = () => new Promise(requestAnimationFrame);
    chip.click();
    const image = () => document.querySelector('#source-sheet img');
    while (!(image()?.complete && image().naturalWidth && document.querySelector('#source-sheet .marked')))
        await frame();
    await image().decode();
    await frame(); await frame();
    const address = image().src, spent = performance.now() - began;
    document.querySelector('[data-panel=close]').click();
    document.querySelector('#source-sheet').replaceChildren();
    return [address, spent];
}"""
WATCH = """() => {
    window.shown = 0;
    const look = () => { window.shown ||= document.querySelector('#live .sentence, #log .sentence') ? Date.now() : 0; };
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
}"""


@dataclass
class Relay:
    """A way to Ollama that notes when each reply of a chat ended, in milliseconds of the epoch."""

    upstream: str
    url: str = ""
    ended: list[float] = field(default_factory=list)


class RelayHandler(BaseHTTPRequestHandler):
    """Passes a request on and its reply back, line by line."""

    relay: Relay

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: requests are no news here."""

    def pass_on(self) -> None:
        """One request and its reply."""
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        with closing(connection_to(self.relay.upstream)) as upstream:
            upstream.request(self.command, self.path, body or None, {"Content-Type": "application/json"})
            reply = upstream.getresponse()
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.getheader("Content-Type", "application/json"))
            self.end_headers()
            with suppress(ConnectionError):  # who asked has hung up
                self.wfile.writelines(reply)
        if self.path == "/api/chat":
            self.relay.ended.append(time.time() * 1000)

    do_GET = do_POST = pass_on  # the names that http.server calls


def connection_to(url: str) -> http.client.HTTPConnection:
    """A connection that no proxy stands before."""
    parts = urlsplit(url)
    return http.client.HTTPConnection(parts.hostname or "127.0.0.1", parts.port or 11434, timeout=LONGEST / 1000)


@contextmanager
def relaying(upstream: str) -> Iterator[Relay]:
    """A relay on a free port, gone at the end."""
    relay = Relay(upstream)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (RelayHandler,), {"relay": relay}))
    relay.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield relay
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def serving(home: Path, ollama: str) -> Iterator[str]:
    """`papers serve` on a free port; gives the address that lets a browser in."""
    command = [sys.executable, "-m", "ui.cli", "--home", str(home), "serve", "--port", "0", "--no-open"]
    environment = {**os.environ, "OLLAMA_HOST": ollama}
    root = Path(__file__).parents[1]
    server = subprocess.Popen(command, cwd=root, env=environment, stderr=subprocess.PIPE, text=True)
    assert server.stderr is not None
    try:
        found = next(filter(None, (re.search(r"Papers at (http://\S+)", line) for line in server.stderr)), None)
        if found is None:
            raise SystemExit("papers serve ended before it was ready. Run it yourself to see why.")
        threading.Thread(target=server.stderr.read, daemon=True).start()
        yield found.group(1)
    finally:
        server.terminate()
        server.wait(30)


def opened(page: Page, url: str) -> float:
    """Loads the page; milliseconds from the start of the navigation until it can be used."""
    page.goto(url, wait_until="commit")
    return float(page.wait_for_function(READY).json_value())


def pages_of(entrance: str) -> str:
    """The address of the English pages, for a browser that has been let in."""
    return urlsplit(entrance)._replace(path="/en/", query="").geturl()


def page_ready(browser: Browser, url: str, runs: int) -> list[float]:
    """Milliseconds of each load after the first."""
    visitor = browser.new_context()
    page = visitor.new_page()
    opened(page, url)
    spent = [opened(page, pages_of(url)) for _ in range(runs)]
    visitor.close()
    return spent


def first_sentences(page: Page, relay: Relay, questions: tuple[str, ...]) -> list[float]:
    """Asks each question in one conversation of its own; milliseconds from a reply's end to its sentence on screen."""
    delays = []
    for question in questions:
        page.click("#new-talk")
        page.wait_for_selector("#log .empty")
        page.evaluate(WATCH)
        page.fill("#question textarea", question)
        page.press("#question textarea", "Enter")
        page.wait_for_selector("#log .answer", timeout=LONGEST)
        shown = float(page.evaluate("window.shown"))
        before = [each for each in relay.ended if each <= shown]
        if shown and before:
            delays.append(shown - before[-1])
    return delays


def source_panel(page: Page, runs: int) -> tuple[list[float], list[float]]:
    """Milliseconds for pages that are opened for the first time, and for the same pages again; every kept answer."""
    first: dict[str, float] = {}
    again = []
    for talk in range(page.locator("#talks label").count()):
        page.locator("#talks label").nth(talk).click()
        page.wait_for_timeout(1000)  # the answer comes over the one before
        for chip in page.locator("#log .chip").all():
            if len(first) < runs:
                address, spent = chip.evaluate(OPEN)
                if address not in first:
                    first[address] = spent
                    again.append(chip.evaluate(OPEN)[1])
    return list(first.values()), again


def first_piece(model: ChatModel, messages: list[Message]) -> float:
    """Milliseconds until our way to the model gives its first piece; all are read, for the server's sake."""
    started = time.perf_counter()
    with closing(model.write(messages, answer_tokens=TOKENS, cancelled=lambda: False)) as pieces:
        next(pieces)
        spent = (time.perf_counter() - started) * 1000
        for _ in pieces:
            pass
        return spent


def bare_piece(url: str, body: dict[str, Any]) -> float:
    """Milliseconds until the server gives its first piece for the same request."""
    data = json.dumps(body).encode()
    started, spent = time.perf_counter(), 0.0
    with closing(connection_to(url)) as connection:
        connection.request("POST", "/api/chat", data, {"Content-Type": "application/json"})
        for line in connection.getresponse():
            if not spent and json.loads(line).get("message", {}).get("content"):
                spent = (time.perf_counter() - started) * 1000
    return spent


def first_tokens(home: Path, runs: int) -> tuple[list[float], list[float]]:
    """Pairs of the two; each pair reads a passage that the chat would read for one of the questions."""
    times: dict[bool, list[float]] = {True: [], False: []}
    with AppContext(load_settings(home=home), print) as context:
        model = context.chat_model()
        host = model.settings.host
        for run in range(runs):
            question = QUESTIONS[run % len(QUESTIONS)]
            passages = context.searcher.search(Question(question), context.settings.passages, None).passages
            passage = passages[run // len(QUESTIONS) % len(passages)]
            messages = load_prompt("statement", "en", passage=passage.text, question=question)
            body = model._body(messages, TOKENS, None)  # what write sends; it has no public name
            for ours in (True, False) if run % 2 else (False, True):
                first_piece(model, OTHER)
                spent = first_piece(model, messages) if ours else bare_piece(host, body)
                times[ours].append(spent)
    return times[True], times[False]


def screens(home: Path, ollama: str, runs: int) -> dict[str, list[float]]:
    """Everything that is measured in the browser, in milliseconds."""
    executable = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    with (
        relaying(ollama) as relay,
        serving(home, relay.url) as url,
        sync_playwright() as playwright,
        closing(playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])) as browser,
    ):
        ready = page_ready(browser, url, runs)
        page = browser.new_page()
        opened(page, url)
        sentences = first_sentences(page, relay, QUESTIONS[:runs])
        first, again = source_panel(page, runs + 1)
    return {"page ready": ready, "source panel, start": first[:1], "source panel, new": first[1:],
            "source panel, again": again, "first sentence, after the model": sentences}  # fmt: skip


def main() -> None:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, required=True, help="a library with papers; questions are asked in it")
    parser.add_argument("--runs", type=int, default=10, help="of each measure; questions are asked at most five")
    parser.add_argument("--json", type=Path, help="also write every time, and the machine, to this file")
    asked = parser.parse_args()
    before = run_facts()
    times = screens(asked.home, server_url(os.environ.get("OLLAMA_HOST")), asked.runs)
    ours, bare = first_tokens(asked.home, asked.runs)
    times |= {"first token, ours": ours, "first token, bare": bare}
    ratios = [mine / theirs for mine, theirs in zip(ours, bare, strict=True)]
    table = Table("measure", "n", "median", "range", title="milliseconds")
    for name, values in [*times.items(), ("first token, ours / bare", ratios)]:
        form = ".3f" if values is ratios else ",.0f"
        median, *ends = (format(each(values), form) if values else "-" for each in (statistics.median, min, max))
        table.add_row(name, str(len(values)), median, " to ".join(ends))
    console = Console()
    console.print(table)
    console.print_json(data={"machine": before["machine"], "load after": run_facts()["machine"]})
    if asked.json:
        kept = {**before, "runs": asked.runs, "milliseconds": times, "ratios": ratios}
        asked.json.write_text(json.dumps(kept, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
