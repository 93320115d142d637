"""What test_offline.py runs in a network namespace without any route; the name keeps it out of every other run.

Three records must stay empty: of the requests of the browser's pages, of the calls of the server's Python processes,
and the kernel's own count of packets that had nowhere to go, whichever program sent them.
"""

import fcntl
import os
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from browser import Served, answered, ask, foreign, fresh, opened, running
from conftest import new_home
from connection_log import called, recording
from fake_ollama import serving
from playwright.sync_api import BrowserContext, Page, Request, sync_playwright
from test_app import QUESTION, SAID, TRUE, open_source
from test_breakdown_tab import open_tab, sample
from test_digest_tab import listing, make

from assistant.breakdown.record import ALL_FIELDS
from assistant.config.settings import Settings
from assistant.context import AppContext
from ui.pages.labels import LANGUAGES, Labels
from ui.web.access import is_loopback

OUTSIDE = "1.1.1.1"
ASK_FLAGS, SET_FLAGS, IS_UP = 0x8913, 0x8914, 1  # SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP of linux/sockios.h and linux/if.h
# Debian's Chromium asks for its own updates at each start; a page's requests are recorded before any name is looked up.
BROWSER = ["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
LOCALES = {"en": "en-US", "zh": "zh-CN"}


@dataclass
class Requests:
    """What the pages of one browser profile asked for."""

    own: str
    made: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def record(self, visitor: BrowserContext) -> None:
        """From now on, for every page of the profile."""
        visitor.on("request", lambda each: self.made.append(each.url))
        visitor.on("requestfailed", self._failure)

    def _failure(self, request: Request) -> None:
        ended = request.failure == "net::ERR_ABORTED" and request.url.startswith(f"{self.own}/")
        if not (ended and "/queue/data?" in request.url):  # the page itself closes the stream when all has come
            self.failed.append(f"{request.url} {request.failure}")

    @property
    def outside(self) -> list[str]:
        """Those to another origin."""
        return [each for each in self.made if foreign(each, self.own)]


def raise_loopback() -> None:
    """A new namespace has its loopback interface down; neither iproute2 nor net-tools need be here."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        now = fcntl.ioctl(any_socket, ASK_FLAGS, struct.pack("16sH14x", b"lo", 0))
        (flags,) = struct.unpack_from("16xH", now)
        fcntl.ioctl(any_socket, SET_FLAGS, struct.pack("16sH14x", b"lo", flags | IS_UP))


def unroutable() -> int:
    """Packets for which the kernel found no way out of this namespace, of all programs."""
    lines = [each.split() for each in Path("/proc/self/net/snmp").read_text().splitlines() if each.startswith("Ip:")]
    return int(dict(zip(*lines, strict=True))["OutNoRoutes"])


def calls_outside(log: Path) -> list[tuple[str, str]]:
    return [each for each in called(log) if not is_loopback(each[1])]


@dataclass
class Offline:
    """The served library, and where the calls of the server are written down."""

    served: Served
    log: Path
    unroutable: int  # before the server started

    @contextmanager
    def page(self, language: str) -> Iterator[tuple[Page, Requests]]:
        """The start page in a fresh profile, recorded from its first request on."""
        visitor = self.served.browser.new_context(locale=LOCALES[language], viewport={"width": 1280, "height": 900})
        visitor.set_default_timeout(90_000)
        requests = Requests(self.served.url)
        requests.record(visitor)
        page = visitor.new_page()
        try:
            page.goto(self.served.entrance)
            opened(page)
            yield page, requests
        finally:
            visitor.close()


@pytest.fixture(scope="module")
def offline(tmp_path_factory, model_folder, sample_papers, chromium) -> Iterator[Offline]:
    raise_loopback()
    folder = tmp_path_factory.mktemp("offline")
    home, log, before = new_home(folder / "home", model_folder), folder / "calls.jsonl", unroutable()
    with pytest.MonkeyPatch.context() as patch, serving() as ollama, sync_playwright() as playwright:
        with AppContext(Settings(home=home), lambda line: None) as context:
            list(context.ingestion().run([str(sample_papers / "evidence_first.pdf")]))
            assert [each.state for each in context.library.papers()] == ["ready"]
        for name, value in recording(folder / "start", log).items():
            patch.setenv(name, value)
        with running(home, ollama.host) as (url, said):
            browser = playwright.chromium.launch(executable_path=chromium, args=BROWSER)
            try:
                yield Offline(Served(url, home, ollama, browser, said), log, before)
            finally:
                browser.close()


def use_chat(page: Page, served: Served, words: Labels) -> None:
    served.script(SAID)
    fresh(page)
    ask(page, QUESTION)
    answered(page)
    assert TRUE in page.inner_text("#log .answer")
    open_source(page)  # waits for the image of the page and the marks on it
    page.keyboard.press("Escape")


def use_library(page: Page, served: Served, words: Labels) -> None:
    open_tab(page, words("library.tab"))
    page.locator("table.papers button.title").first.click()
    page.wait_for_selector("tr.detail")
    page.locator("ol.outline button").last.click()
    page.wait_for_function("document.querySelector('#source-sheet img')?.naturalWidth > 0")
    page.keyboard.press("Escape")
    page.fill("#search-text textarea, #search-text input", "passage number")
    page.press("#search-text textarea, #search-text input", "Enter")
    page.wait_for_selector("#hits li")


def use_breakdown(page: Page, served: Served, words: Labels) -> None:
    served.script()
    open_tab(page, words("breakdown.tab"))
    page.wait_for_selector("#breakdown-page .empty")
    page.click("#breakdown-papers input")
    page.fill("#breakdown-papers input", sample(served))
    page.keyboard.press("Enter")
    page.wait_for_selector("#breakdown-papers .token")
    page.keyboard.press("Escape")
    asked = len(served.ollama.requests)
    page.click("#break-down")
    page.wait_for_selector("#breakdown-page .downloads")
    assert page.locator("#breakdown-page [data-field]").count() == len(ALL_FIELDS)
    assert len(served.ollama.requests) > asked
    open_source(page, "#breakdown-page .chip")
    page.keyboard.press("Escape")


def use_digest(page: Page, folder: Path, language: str, words: Labels) -> None:
    day = {"en": "2026-01-19", "zh": "2026-01-20"}[language]
    open_tab(page, words("digest.tab"))
    make(page, listing(folder, day, *{"en": (101, 102), "zh": (103, 104)}[language]), day)
    assert page.locator("#digest-page .card").count() == 2


def use_settings(page: Page, words: Labels) -> None:
    open_tab(page, words("settings.tab"))
    page.wait_for_selector("ul.checks[data-done=true]")
    assert page.locator("ul.checks li").count() == 8
    assert page.locator("ul.checks li[data-well=false]").count() == 0, page.inner_text("#checks")


def test_there_is_no_way_out(offline):
    assert Path("/proc/self/net/route").read_text().splitlines()[1:] == []
    with pytest.raises(OSError, match="unreachable"):
        socket.create_connection((OUTSIDE, 443), timeout=1)
    offline.unroutable += 1
    assert unroutable() == offline.unroutable


def test_the_records_would_show_a_call_to_the_outside(offline, tmp_path):
    with offline.page("en") as (page, requests):
        assert requests.made and not requests.outside
        with page.expect_event("requestfailed"):
            page.evaluate("{ const image = new Image(); image.src = 'https://cdn.example/pixel.png'; }")
        assert requests.outside == ["https://cdn.example/pixel.png"] and len(requests.failed) == 1
    log = tmp_path / "calls.jsonl"
    code = f"import socket; socket.socket().connect_ex(('{OUTSIDE}', 443)); socket.gethostbyname('localhost')"
    environment = {**os.environ, **recording(tmp_path / "start", log)}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
    assert calls_outside(log) == [("socket.connect", OUTSIDE)] and len(called(log)) == 2
    offline.unroutable += 1
    assert unroutable() == offline.unroutable


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_tab_works_and_its_page_asks_nobody_else(offline, tmp_path, language):
    words = Labels(language)
    with offline.page(language) as (page, requests):
        assert page.url.endswith(f"/{language}/")
        use_chat(page, offline.served, words)
        use_library(page, offline.served, words)
        use_breakdown(page, offline.served, words)
        use_digest(page, tmp_path, language, words)
        use_settings(page, words)
        assert len(requests.made) > 50
        assert requests.outside == [] and requests.failed == []


def test_the_server_turned_to_nobody_but_the_model(offline):
    assert ("socket.connect", "127.0.0.1") in called(offline.log)  # to the scripted Ollama: the record is alive
    assert calls_outside(offline.log) == []
    assert unroutable() == offline.unroutable
