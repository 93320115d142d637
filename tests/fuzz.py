"""Hostile bytes and text for what reads them: a few examples in the tests, half an hour each by `scripts/soak fuzz`.

Each target takes what anybody may write and either gives a value that keeps its promises or raises its own error; no
example may take seconds. Texts are pieces of real ones, cut, doubled and mixed with signs that parsers trip over, as
bytes alone never get past the first check.
"""

import json
import sqlite3
import sys
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pymupdf
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from soak_world import paper_bytes

from assistant.config.keywords import KeywordError, distinct_keywords, find_keywords
from assistant.verify.claim import locate
from assistant.verify.support import Outcome, support
from index.arxiv.feed_file import read_feed
from index.arxiv.listings import read_listing
from index.layout.lines import Line, PageLines, Word, clean_word
from index.model.errors import ArxivError, PdfError
from index.model.paper import Paper, Passage, Span
from index.model.plain_text import shown_text
from index.reading.assemble import assemble_paper
from index.reading.read_pdf import PdfLimits, read_pdf
from index.store.fulltext import indexed, match_expression
from index.structure.element_references import floats, named_places
from index.structure.links import found_links
from index.structure.paper_card import paper_card
from index.structure.sentences import prose_spans, sentence_spans

ROOT = Path(__file__).parents[1]
MOST_SECONDS = 5.0  # of the processor's time for one example; most take milliseconds

SIGNS = st.sampled_from(
    [
        *"-–—.,:;/\\'\"’“”()[]{}<>*#|$&@=%~+?!^_`·•†‡§©\t\n\r\x00\x0b\x1b\x7f\xad\u00a0\u200b\u200d\u202e\u2028\ufeff",
        *("ﬁ", "ﬀ", "\ufffd", "\ud800", "\U0010ffff", "😀", "e\u0301", "\u0301\u0301\u0301", "中", "文。", "！"),
        *("ﷺ", "ﻻ", "א", "الـ", "\u212a", "İ", "ß", "ǆ", "½", "①", "Ⅷ", "10.1145/1.2", "arXiv:2101.00001v9 [cs.CL]"),
        *("https://a.b/c-\n", "[1, 2]", "[12–", "$k$-", "\\textit{", "3.14", "1,000", "1e999", "99999999999999999999"),
        *("Fig. 2", "Table A1:", "et al.", "i.e.", "Dr.", "Abstract", "1 Introduction", "References"),
        *("*Equal contribution", "and", "University of", "a@b.org", "]]>", "&amp;", "<b>", "&#0;", "%PDF-"),
    ]
)
WORDS = st.sampled_from(
    "We present KiteNet , a controller that steers the kite with attention . It reaches 87.2 % on WindBench , higher"
    " than 81.0 of the baseline and does not need a model . Ada Muster Bo Beispiel Łukasz Kaiser van der Maaten"
    " pre- training state-of-the-art GPT-4.5 SE(3) Alzheimer's".split()
)
TEXTS = st.lists(st.one_of(WORDS, WORDS, SIGNS, st.text(max_size=4)), max_size=60).flatmap(
    lambda parts: st.builds(lambda joint: joint.join(parts), st.sampled_from([" ", " ", "", "\n"]))
)


@dataclass(frozen=True)
class Target:
    """What is tried, with which inputs."""

    inputs: st.SearchStrategy[Any]
    check: Callable[[Any], None]


# The text cleaner and the front matter: lines as they come off a page


@st.composite
def pages(draw):
    count = draw(st.integers(1, 3))
    return [
        page_lines(number, draw(st.lists(lines(), max_size=14)), draw(st.booleans())) for number in range(1, count + 1)
    ]


@st.composite
def lines(draw):
    size = draw(st.sampled_from([4.0, 8.0, 10.0, 10.0, 10.0, 14.0, 20.0]))
    x, y = draw(st.sampled_from([20.0, 72.0, 72.0, 310.0, 900.0])), draw(st.floats(0, 842, width=32))
    bold, italic, small = draw(st.tuples(st.booleans(), st.booleans(), st.booleans()))
    words = []
    for text in list(filter(None, map(clean_word, draw(TEXTS).split()[:14]))) or ["x"]:
        width = max(len(text), 1) * size / 2
        glued, broken = draw(st.sampled_from([(False, False), (False, False), (True, False), (False, True)]))
        words.append(Word(text, (x, y - size, x + width, y), glued, broken))
        x += width + size / 4
    return Line(tuple(words), words[0].box[0], y - size, words[-1].box[2], y, y, size, "Times", bold, italic, "", small)


def page_lines(number, made, scanned):
    ordered = tuple(sorted(made, key=lambda line: line.baseline))
    return PageLines(number, 595.0, 842.0, 595.0, 842.0, ordered, ordered[:1], (), (), scanned, 0)


def check_page_text(made) -> None:
    check_paper(assemble_paper("p", "2101.00001v2.pdf", made, [], {"title": "x", "author": "A. One"}, (), []))


def check_paper(paper: Paper) -> None:
    """What a paper promises, whatever it was read from."""
    assert "".join(paper.quote(page.span) for page in paper.pages) == paper.text
    assert paper.title == shown_text(paper.title) and "\n" not in paper.title and len(paper.title) <= 1000
    assert all(author.strip() == author != "" and "\n" not in author for author in paper.authors)
    for section in paper.sections:
        assert 0 <= section.span.start < section.span.end <= len(paper.text)
    for zoned in paper.zones:
        assert 0 <= zoned.span.start < zoned.span.end <= len(paper.text)
    starts, ends = paper.words.starts.tolist(), paper.words.ends.tolist()
    assert all(0 <= start < end <= len(paper.text) for start, end in zip(starts, ends, strict=True))
    assert starts == sorted(starts)
    paper_card(paper)
    for link in found_links(paper):
        assert paper.quote(link.span).strip()
    for _, span in floats(paper):
        assert 0 <= span.start <= span.end <= len(paper.text)


# PDFs: bytes of a real one, changed

REAL = {work: paper_bytes(work, 0) for work in range(2)}


@st.composite
def changed_pdfs(draw):
    data = bytearray(REAL[draw(st.integers(0, 1))])
    for _ in range(draw(st.integers(1, 8))):
        at = draw(st.integers(0, len(data) - 1))
        match draw(st.sampled_from(["byte", "cut", "insert", "double", "drop"])):
            case "byte":
                data[at] = draw(st.integers(0, 255))
            case "cut":
                del data[max(at, 200) :]
            case "insert":
                data[at:at] = draw(
                    st.one_of(st.binary(max_size=8), st.sampled_from([b"/Kids", b">>", b"endobj", b"0 R"]))
                )
            case "double":
                data[at:at] = data[at : at + draw(st.integers(1, 400))]
            case "drop":
                del data[at : at + draw(st.integers(1, 400))]
        if not data:
            break
    return bytes(data)


def check_pdf(data: bytes) -> None:
    path = Path(SCRATCH) / "fuzz.pdf"
    path.write_bytes(data)
    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.TOOLS.mupdf_display_warnings(False)
    try:
        check_paper(read_pdf(path, PdfLimits(seconds=10)))
    except PdfError as error:
        assert str(error)


# Feeds and listings

FEED = """<?xml version='1.0' encoding='UTF-8'?>
<rss xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:dc="http://purl.org/dc/elements/1.1/" version="2.0"><channel>
<title>cs.RO updates on arXiv.org</title><link>http://rss.arxiv.org/rss/cs.RO</link><description>d</description>
<pubDate>Tue, 03 Mar 2026 00:00:00 -0500</pubDate><skipDays><day>Saturday</day></skipDays>{items}</channel></rss>"""
ITEM = """<item><title>{0}</title><link>https://arxiv.org/abs/2603.0300{1}</link><description>arXiv:2603.0300{1}v1
Announce Type: new Abstract: {2}</description><guid isPermaLink="false">oai:arXiv.org:2603.0300{1}v1</guid>
<category>cs.RO</category><pubDate>Tue, 03 Mar 2026 00:00:00 -0500</pubDate>
<arxiv:announce_type>new</arxiv:announce_type><dc:creator>{3}</dc:creator></item>"""


@st.composite
def feeds(draw):
    escape = ElementTree._escape_cdata if draw(st.booleans()) else str  # type: ignore[attr-defined]
    items = "".join(
        ITEM.format(escape(draw(TEXTS)), number, escape(draw(TEXTS)), escape(draw(TEXTS)))
        for number in range(draw(st.integers(0, 3)))
    )
    data = bytearray(FEED.format(items=items).encode("utf-8", "surrogatepass"))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(data) - 1))
        if draw(st.booleans()):
            data[at] = draw(st.integers(0, 255))
        else:
            data[at:at] = draw(SIGNS).encode("utf-8", "surrogatepass")
    return bytes(data)


def check_feed(data: bytes) -> None:
    try:
        listing = read_feed(data, "feed.xml")
    except ArxivError as error:
        assert str(error)
        return
    check_announcements(listing)


def check_announcements(listing) -> None:
    for paper in listing.announcements:
        assert paper.title and paper.title == paper.title.strip() and "\n" not in paper.title
        assert all(author.strip() for author in paper.authors)
        find_keywords(("KiteNet", "wind"), paper.title, paper.abstract)


@st.composite
def listings(draw):
    values = st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXTS), st.lists, max_leaves=3
    )
    record = {
        "id": draw(st.one_of(st.just("2601.00001"), st.just("2601.00001v2"), values)),
        "title": draw(st.one_of(TEXTS, values)),
        "authors": draw(st.one_of(st.lists(TEXTS, max_size=3), values)),
        "categories": draw(st.one_of(st.just(["cs.RO"]), values)),
        "summary": draw(st.one_of(TEXTS, values)),
        "announce_type": draw(st.one_of(st.just("new"), values)),
    }
    for name in draw(st.lists(st.sampled_from(sorted(record)), max_size=2)):
        record.pop(name, None)
    line = json.dumps(record).encode()
    return b"\n".join([line, draw(st.binary(max_size=20)), line[: draw(st.integers(0, len(line)))]])


def check_listing(data: bytes) -> None:
    path = Path(SCRATCH) / "2026-01-19.jsonl"
    path.write_bytes(data)
    try:
        check_announcements(read_listing(path))
    except ArxivError as error:
        assert str(error)


# The citation finder, and what a question is read by


def check_citation(given_: tuple[str, str, str]) -> None:
    text, sentence, quote = given_
    paper = text_paper(text)
    passage = Passage(paper, Span(0, len(paper.text)), 1.0)
    for copied in (quote, text[: len(text) // 2], text.upper()):
        span = locate(copied, passage)
        assert span is None or (0 <= span.start < span.end <= len(paper.text))
    judged = support(sentence, [passage], quote=quote, question=quote)
    assert judged.outcome is Outcome.NOT_BACKED or judged.citations
    for cited in judged.citations:
        assert cited.quote.strip() and cited.quote == paper.quote(cited.span)
    covered = [each for span in prose_spans(paper, passage.span) for each in (span.start, span.end)]
    assert covered == sorted(covered) and all(0 <= each <= len(paper.text) for each in covered)
    spans = sentence_spans(text)
    assert all(text[span.start : span.end].strip() for span in spans)
    named_places(sentence)


def text_paper(text: str) -> Paper:
    from small_papers import small_paper

    return replace(small_paper("p"), **vars_of(text))


def vars_of(text: str) -> dict[str, Any]:
    from small_papers import small_paper

    made = small_paper("p", [("Body", small_paper().zones[0].zone, text)], title=text[:40])
    return {name: getattr(made, name) for name in ("title", "text", "pages", "sections", "zones", "words")}


def check_words(given_: tuple[str, str]) -> None:
    text, query = given_
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE VIRTUAL TABLE w USING fts5(body, tokenize = 'porter unicode61 remove_diacritics 2')")
        connection.execute("INSERT INTO w VALUES (?)", (indexed(text),))
        for asked in (query, text):
            if match := match_expression(asked):
                connection.execute("SELECT * FROM w WHERE w MATCH ?", (match,)).fetchall()
    try:
        found = find_keywords(distinct_keywords([query]), text, query)
    except KeywordError:
        return
    assert isinstance(found, tuple)


TARGETS = {
    "page_text": Target(pages(), check_page_text),
    "pdf": Target(changed_pdfs(), check_pdf),
    "feed": Target(feeds(), check_feed),
    "listing": Target(listings(), check_listing),
    "citation": Target(st.tuples(TEXTS, TEXTS, TEXTS), check_citation),
    "words": Target(st.tuples(TEXTS, TEXTS), check_words),
}
SCRATCH = "."


def fuzz(name: str, examples: int, start: int, scratch: Path, *, shrink: bool = True) -> int:
    """Try a target with so many examples; how many were tried. Raises what it raised, for the smallest input."""
    global SCRATCH
    SCRATCH, target, tried = str(scratch), TARGETS[name], [0]
    phases = [Phase.generate, Phase.target, *([Phase.shrink] if shrink else [])]

    @seed(start)
    @settings(
        max_examples=examples, deadline=None, database=None, phases=phases, suppress_health_check=list(HealthCheck)
    )
    @given(target.inputs)
    def attempt(value) -> None:
        tried[0] += 1
        started = time.process_time()
        target.check(value)
        assert time.process_time() - started < MOST_SECONDS, "it takes too long"

    attempt()
    return tried[0]


def main(seconds: float, start: int, names: list[str]) -> int:
    """Try each target for so long, with new examples all the time; how many failed."""
    import tempfile
    import traceback

    failed = 0
    for name in names or TARGETS:
        until, tried = time.monotonic() + seconds, 0
        with tempfile.TemporaryDirectory(prefix="fuzz-") as scratch:
            while time.monotonic() < until:
                try:
                    tried += fuzz(name, 500, start, Path(scratch))
                except Exception:
                    failed += 1
                    sys.stderr.write(f"{name}, seed {start}:\n{traceback.format_exc()}\n")
                start += 1
        sys.stdout.write(f"{name}: {tried} examples in {seconds:.0f} s\n")
        sys.stdout.flush()
    return failed
