"""What the source panel is told after a paper was replaced: its new pages, and no mark on words that were not cited."""

import hashlib
import json
import os
import re
import threading
import time
from dataclasses import replace
from types import SimpleNamespace

import pymupdf
import pytest
from anyio.from_thread import start_blocking_portal
from made_pdfs import many_groups, one_page
from small_papers import put, small_paper
from starlette.applications import Starlette

from assistant.context import DRAW_MEMORY, DRAW_SECONDS
from index.model.errors import UnreadablePdf
from index.reading.read_pdf import MAX_PIXELS, PdfLimits, read_pdf
from index.reading.worker import PdfReader
from index.store.library import Library
from ui.pages.labels import Labels
from ui.pages.paper_pages import PageImages, paper_routes
from ui.pages.render import chip_html


@pytest.fixture
def served(tmp_path):
    limits = PdfLimits(seconds=DRAW_SECONDS, memory=DRAW_MEMORY)
    with Library.open(tmp_path / "home") as library, PdfReader(limits) as drawer:
        app = Starlette(routes=paper_routes(library, drawer))
        yield SimpleNamespace(library=library, app=app, drawer=drawer, file=tmp_path / "draft.pdf")


def get(served, address):
    """The body of a reply, in a thread of its own: this one may hold the event loop of a browser."""
    path, _, query = address.partition("?")
    scope = {"type": "http", "method": "GET", "path": path, "query_string": query.encode(), "headers": []}
    sent = []

    async def receive():
        return {"type": "http.request", "body": b""}

    async def send(message):
        sent.append(message)

    with start_blocking_portal() as portal:
        portal.call(served.app, scope, receive, send)
    return b"".join(each.get("body", b"") for each in sent[1:])


def read(served, line, id=None):
    """Keeps the file with this line as a paper, under the id of the one that it replaces."""
    one_page(served.file, [line, *(f"This is line {number} of the draft of a paper." for number in range(12))])
    found = read_pdf(served.file)
    paper = replace(small_paper(id or found.id), text=found.text, pages=found.pages, words=found.words)
    paper = replace(paper, sections=found.sections, zones=found.zones)
    digest = hashlib.sha256(served.file.read_bytes()).hexdigest()
    put(served.library, paper, file=str(served.file), sha256=digest)
    return paper


def asked(served, chip):
    """What ui/app.js asks for when a chip is clicked."""
    data = dict(re.findall(r'data-(\w+)="([^"]*)"', chip))
    query = f"start={data['start']}&end={data['end']}&quoted={data['quoted']}"
    return json.loads(get(served, f"/papers/{data['paper']}/source?{query}"))


def chip(paper, words):
    start = paper.text.index(words)
    citation = {"number": 1, "paper": paper.id, "title": "A draft", "pages": [1, 1], "heading": [], "quote": words}
    return chip_html(Labels("en"), citation | {"span": [start, start + len(words)]})


def test_a_replaced_paper_has_pages_and_a_changed_file_has_none(served):
    images = PageImages(served.library, served.drawer)
    old = read(served, "The first draft says four.")
    first = images.png(old.id, 1, 1)
    read(served, "The second draft says seven.", old.id)
    assert images.file(old.id) == served.file
    second = images.png(old.id, 1, 1)
    assert second.startswith(b"\x89PNG") and second != first
    one_page(served.file, ["Another file that nobody has added."])
    with pytest.raises(UnreadablePdf, match="has changed"):
        images.png(old.id, 1, 1)


def test_an_old_citation_marks_nothing_in_the_new_version(served):
    old = read(served, "The first draft says four.")
    kept, still = chip(old, "first draft says four"), chip(old, "line 3 of the draft")
    facts = asked(served, kept)
    assert facts["marks"] and not facts["changed"] and facts["quote"] == "first draft says four"
    new = read(served, "The other draft says five.", old.id)
    assert new.text.index("line 3 of the draft") == old.text.index("line 3 of the draft"), (
        "the rest stands where it stood"
    )
    changed = asked(served, kept)
    assert changed["changed"] and not changed["marks"] and not changed["quote"] and changed["pages"]
    assert changed["version"] != facts["version"], "a browser keeps the images of pages"
    assert asked(served, still)["marks"]
    assert 'data-quote="first draft says four"' in kept, "shown in place of the words that stand there now"


def kept_hostile(served):
    """Keeps the file that is there under a paper whose text is another: only its pages are drawn."""
    digest = hashlib.sha256(served.file.read_bytes()).hexdigest()
    paper = small_paper("hostile00000")
    put(served.library, paper, file=str(served.file), sha256=digest)
    return paper


@pytest.mark.timeout(120)
def test_a_page_that_takes_minutes_ends_in_a_sentence_and_nothing_waits_for_it(served):
    many_groups(served.file)
    paper, replies = kept_hostile(served), []
    address = f"/papers/{paper.id}/pages/1.png?zoom=1"
    drawing = threading.Thread(target=lambda: replies.append(get(served, address)))
    drawing.start()
    longest, last = 0.0, time.monotonic()
    while drawing.is_alive():  # this thread is one of the server's others
        time.sleep(0.01)
        now = time.monotonic()
        longest, last = max(longest, now - last), now
    assert longest < 2
    assert replies == [b"Page 1 of draft.pdf was not drawn within 10 seconds and was stopped: open the PDF itself."]
    began = time.monotonic()
    assert get(served, address) == replies[0]  # a browser asks again, for the sentence
    assert time.monotonic() - began < DRAW_SECONDS / 2


@pytest.mark.timeout(120)
def test_a_page_of_two_hundred_inches_is_drawn_small(served):
    with pymupdf.open() as document:
        document.new_page(width=14_400, height=14_400).insert_text((7_000, 7_000), "large", fontsize=900)
        document.save(served.file)
    drawn = pymupdf.Pixmap(get(served, f"/papers/{kept_hostile(served).id}/pages/1.png?zoom=4"))
    assert 0.9 * MAX_PIXELS < drawn.width * drawn.height <= 1.01 * MAX_PIXELS


@pytest.mark.timeout(60)
def test_a_pipe_in_place_of_a_paper_is_neither_opened_nor_waited_for(served):
    paper = read(served, "A paper that will be a pipe.")
    served.file.unlink()
    os.mkfifo(served.file)
    for address in ("pages/1.png", "paper.pdf"):
        assert b"cannot be read any more. Put it back" in get(served, f"/papers/{paper.id}/{address}")
