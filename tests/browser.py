"""A real browser on the real `papers serve`: one Chromium, one server, one small library for all tests of a session.

The library holds the sample papers and one made to do harm. The language model is a scripted Ollama on a real socket.
"""

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from conftest import ENVIRONMENT, ROOT, new_home
from fake_ollama import FakeOllama, serving
from made_pdfs import new_document, page_of, put, put_lines, saved, wrapped
from playwright.sync_api import Browser, Page, sync_playwright

from assistant.config.settings import Settings
from assistant.context import AppContext

NOTHING: dict[str, object] = {"answers": []}
HOSTILE_TITLE = "The <img src=http://evil.example/title.png> Gazebo Method"
HOSTILE = (
    "The gazebo method <script>window.harmed = 1</script> reaches 91 percent on the pavilion benchmark. "
    "The gazebo method ![x](http://evil.example/leak.png) is free of <img src=x onerror=window.harmed=2> cost. "
    "See the gazebo link [here](javascript:window.harmed=3) and ${window.harmed=4} for the pavilion scores."
)
STARTED = re.compile(r"Papers at (http://[^\s/]+)(?:/\?token=(\S+))?")


@dataclass
class Served:
    """The server as a test sees it; `home` is its library, `log` what it said."""

    url: str
    home: Path
    ollama: FakeOllama
    browser: Browser
    log: list[str] = field(default_factory=list)

    @property
    def entrance(self) -> str:
        """The address that lets a browser in."""
        return f"{self.url}/?token={token_of(self.log)}"

    @property
    def key(self) -> dict[str, str]:
        """The header that lets a tool in."""
        return key_of(self.log)

    @contextmanager
    def page(self, width: int = 1280, height: int = 900, *, strict: bool = True, **context: object) -> Iterator[Page]:
        """A fresh browser profile on the start page; at its end no script failed and, if `strict`, none went out.

        Whatever is not strict still may not have been answered by another origin.
        """
        visitor = self.browser.new_context(viewport={"width": width, "height": height}, **context)
        visitor.set_default_timeout(90_000)  # on two cores beside a model at work
        page = visitor.new_page()
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        for event in ("request", "response") if strict else ("response",):
            page.on(event, lambda each: faults.append(each.url) if foreign(each.url, self.url) else None)
        try:
            page.goto(self.entrance)
            opened(page)
            yield page
            assert not faults, faults
        finally:
            if folder := ENVIRONMENT.get("SCREENSHOTS"):  # to be looked at
                name = os.environ["PYTEST_CURRENT_TEST"]
                page.screenshot(path=Path(folder) / f"{name.partition('::')[2].partition(' ')[0]}-{width}.png")
            visitor.close()

    def script(self, *replies: object) -> None:
        """What the model says next; after that it finds nothing."""
        while not self.ollama.replies.empty():
            self.ollama.replies.get_nowait()
        self.ollama.default.text = json.dumps(NOTHING)
        self.ollama.script(*replies)


def token_of(log: list[str]) -> str:
    """The token of the address that a server printed."""
    return next(found.group(2) for found in map(STARTED.search, log) if found)


def key_of(log: list[str]) -> dict[str, str]:
    """The header that lets a tool in to the server that printed this."""
    return {"authorization": f"Bearer {token_of(log)}"}


def foreign(address: str, own: str) -> bool:
    """Whether an address is on another origin."""
    return not address.startswith((own, "data:", "blob:", "about:"))


def opened(page: Page) -> None:
    """Waits until the chat can be used: what is loaded is there, which would take the place of what a test does."""
    page.wait_for_selector("#question textarea")
    page.wait_for_selector("#log .empty, #log .turn, #live .turn")


def fresh(page: Page) -> None:
    """A new conversation."""
    page.click("#new-talk")
    page.wait_for_selector("#log .empty")


def ask(page: Page, question: str) -> None:
    """Types a question and sends it with Enter."""
    page.fill("#question textarea", question)
    page.press("#question textarea", "Enter")


def answered(page: Page, count: int = 1) -> None:
    """Waits for so many answers in the conversation."""
    page.wait_for_function(f"document.querySelectorAll('#log .answer').length === {count}")
    page.wait_for_selector("#send:visible")


def hostile_pdf(path: Path) -> Path:
    """A paper whose title and text are markup that would do harm where it were not escaped."""
    document = new_document()
    page = page_of(document)
    put(page, 72, 80, HOSTILE_TITLE, size=14)
    put(page, 72, 120, "Abstract", size=12)
    below = put_lines(page, 72, 140, wrapped(HOSTILE, 450))
    put(page, 72, below + 14, "1 Introduction", size=12)
    put_lines(page, 72, below + 34, wrapped(HOSTILE + " Pavilions are old buildings in gardens." * 4, 450))
    return saved(document, path)


@contextmanager
def running(home: Path, host: str, *options: str) -> Iterator[tuple[str, list[str]]]:
    """`papers serve` in a process of its own, at a free port; gives its address and what it says."""
    environment = {**os.environ, "PAPERS_HOME": str(home), "OLLAMA_HOST": host}
    command = [sys.executable, "-m", "ui.cli", "serve", "--port", "0", "--no-open", *options]
    server = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)
    said: list[str] = []
    assert server.stderr is not None
    try:
        for line in server.stderr:
            said.append(line)
            if found := STARTED.search(line):
                break
        else:
            pytest.fail(f"papers serve ended: {''.join(said)}")
        reader = threading.Thread(target=said.extend, args=(server.stderr,), daemon=True)
        reader.start()
        yield found.group(1), said
    finally:
        server.terminate()
        server.wait(30)
        reader.join(5)
        server.stderr.close()


@contextmanager
def own_server(served: Served, home: Path, *sources: Path, options: tuple[str, ...] = ()) -> Iterator[Served]:
    """A server, a library of `sources` and a scripted model for one test that changes them; the browser is that of all.

    What `os.environ` holds when it starts, the server has too.
    """
    with AppContext(Settings(home=home), lambda line: None) as context:
        if sources:
            list(context.ingestion().run([str(each) for each in sources]))
        assert len(context.library.papers()) == len(sources)
    with serving() as ollama, running(home, ollama.host, *options) as (url, log):
        yield Served(url, home, ollama, served.browser, log)


_SERVED: list[Served] = []


@pytest.fixture(scope="session")
def served(request, tmp_path_factory, model_folder, sample_papers, chromium) -> Served:
    """The server and the browser for all tests of a session, also where several modules import this fixture."""
    if not _SERVED:  # each importing module has a fixture of its own, but Playwright starts once in a thread
        stack = ExitStack()
        request.config.add_cleanup(stack.close)
        folder = tmp_path_factory.mktemp("served")
        _SERVED.append(stack.enter_context(_serving_small_library(folder, model_folder, sample_papers, chromium)))
    return _SERVED[0]


@contextmanager
def _serving_small_library(folder, model_folder, sample_papers, chromium) -> Iterator[Served]:
    home = new_home(folder / "home", model_folder)
    with AppContext(Settings(home=home), lambda line: None) as context:
        outcomes = list(context.ingestion().run([str(sample_papers), str(hostile_pdf(folder / "gazebo.pdf"))]))
        assert len(outcomes) > 4
    with serving() as ollama, running(home, ollama.host) as (url, log), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        try:
            yield Served(url, home, ollama, browser, log)
        finally:
            browser.close()
