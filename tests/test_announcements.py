"""Listings: real recorded feeds, made ones, and everything that can be wrong with them."""

import gzip
import json
import os
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from index.arxiv.announcements import (
    Announcement,
    Listing,
    author_names,
    merge_announcements,
    merge_listings,
)
from index.arxiv.client import ArxivClient
from index.arxiv.feed_file import read_feed
from index.arxiv.ids import ArxivId, parse_arxiv_id
from index.arxiv.listings import read_listing
from index.arxiv.tex import plain_text, title_text
from index.model.errors import ArxivError, ArxivUnreachable

FEEDS = Path(__file__).parents[2] / "shared" / "feeds"
API = (Path(__file__).parent / "data" / "arxiv" / "two_papers.atom.xml").read_bytes()

RSS_HEAD = """<?xml version='1.0' encoding='UTF-8'?>
<rss xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:dc="http://purl.org/dc/elements/1.1/" version="2.0">
  <channel><title>cs.CV updates on arXiv.org</title><link>http://rss.arxiv.org/rss/cs.CV</link>
    <description>cs.CV updates</description><lastBuildDate>{day} 04:00:01 +0000</lastBuildDate>
    <pubDate>{day} 00:00:00 -0400</pubDate><skipDays><day>Sunday</day><day>Saturday</day></skipDays>
"""
RSS_ITEM = """    <item><title>{title}</title><link>https://arxiv.org/abs/{base}</link>
      <description>arXiv:{base}v{version} Announce Type: {type}
Abstract: {abstract}</description><guid isPermaLink="false">oai:arXiv.org:{base}v{version}</guid>
      <category>cs.CV</category><category>cs.RO</category><category>68T45</category>
      <pubDate>Thu, 18 Sep 2025 00:00:00 -0400</pubDate><arxiv:announce_type>{type}</arxiv:announce_type>
      <dc:creator>{authors}</dc:creator></item>
"""
RSS_TAIL = "  </channel>\n</rss>\n"


def rss_item(base: str = "2509.13338", **fields: str | int) -> str:
    given = {"title": "Häuser & more", "abstract": "First. Last 李.", "type": "new", "version": 1, "authors": "A. Bee"}
    texts = {name: str(value).replace("&", "&amp;").replace("<", "&lt;") for name, value in (given | fields).items()}
    return RSS_ITEM.format(base=base, **texts)


def rss(*items: str, day: str = "Thu, 18 Sep 2025") -> bytes:
    return (RSS_HEAD.format(day=day) + "".join(items) + RSS_TAIL).encode()


def atom(*entries: str, updated: str = "2025-11-27T05:00:19.866337+00:00") -> bytes:
    head = f"<feed xmlns='http://www.w3.org/2005/Atom'><id>http://rss.arxiv.org/atom/cs.AI</id><updated>{updated}"
    return f"{head}</updated>{''.join(entries)}</feed>".encode()


def recorded(pattern: str) -> Path:
    found = sorted(FEEDS.glob(pattern))
    if not found:
        pytest.skip(f"no recorded {pattern} in ../shared/feeds")
    return found[0]


def announcement(id: str = "2509.00001v1", **fields) -> Announcement:
    given = Announcement(parse_arxiv_id(id), "Title", ("A",), "Abstract.", ("cs.CV",), "new", date(2025, 9, 18), None)
    return replace(given, **fields)


# Recorded


def test_recorded_daily_atom():
    listing = read_listing(recorded("zotero_arxiv_daily/arxiv_rss_atom_cs.AI_2025-08-20.xml"))
    assert [paper.id.text for paper in listing.announcements][:2] == ["2508.13426v1", "2508.13428v1"]
    assert [paper.announced for paper in listing.announcements].count("new") == 2
    assert all(paper.announced_on == date(2025, 8, 20) for paper in listing.announcements)
    first = listing.announcements[0]
    assert first.authors == ("Chunhua Liu", "Kabir Manandhar Shrestha", "Sukai Huang")
    assert first.categories == ("cs.CL", "cs.AI")
    assert first.abstract.startswith("As large language models (LLMs) increasingly")
    assert first.abstract.endswith("improving cultural alignment in AI models.")
    assert (len(listing.announcements), listing.day, listing.complete) == (7, date(2025, 8, 20), True)
    assert (listing.warnings, listing.quiet) == ((), "")


def test_recorded_truncated_rss():
    listing = read_listing(recorded("rss2_truncated/*.xml"))
    assert (listing.announcements, listing.complete, listing.quiet) == ((), False, "")
    assert listing.day == date(2025, 9, 18)
    [warning] = listing.warnings
    assert "cut or damaged at line 21: at least 1 of its papers" in warning


@pytest.mark.parametrize(
    ("name", "papers", "day"),
    [
        ("daily_listing/2026-01-08.jsonl", 225, date(2026, 1, 8)),
        ("daily_listing/2026-01-19.jsonl", 142, date(2026, 1, 19)),
        ("daily_listing/2026-02-02.jsonl", 224, date(2026, 2, 2)),
        ("daily_listing/seed_papers_metadata.json", 7, None),
        ("gpt_paper_assistant/debug_papers.json", 19, None),
    ],
)
def test_recorded_json(name, papers, day):
    path = recorded(name)
    listing = read_listing(path)
    assert (len(listing.announcements), listing.day, listing.complete, listing.warnings) == (papers, day, True, ())
    assert {paper.announced for paper in listing.announcements} == {"unknown"}
    assert all(paper.announced_on == day and paper.authors and paper.abstract for paper in listing.announcements)
    said = path.read_text("utf-8")
    assert all(paper.id.base in said for paper in listing.announcements)


def test_every_line_of_a_recorded_listing_is_kept_once():
    path = recorded("daily_listing/2026-01-08.jsonl")
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    listing = read_listing(path)
    assert [paper.id.text for paper in listing.announcements] == list(dict.fromkeys(line["id"] for line in lines))
    first = lines[0]
    paper = listing.announcements[0]
    assert (paper.title, list(paper.authors), paper.comment) == (first["title"], first["authors"], first["comment"])
    assert paper.abstract == " ".join(first["summary"].split())


def test_the_comment_of_another_tool_is_not_the_authors():
    listing = read_listing(recorded("gpt_paper_assistant/debug_papers.json"))
    assert {paper.comment for paper in listing.announcements} == {None}


@pytest.mark.parametrize(
    ("pattern", "papers", "complete"),
    [
        ("arxiv_py_api_recordings/id_1605.08386_*.atom.xml", 1, True),
        ("arxiv_py_api_recordings/q_testing_s0_m100_*.atom.xml", 100, False),
        ("james-akl_xiv/arxiv_response.xml", 2, False),
    ],
)
def test_recorded_answers_of_the_api(pattern, papers, complete):
    listing = read_listing(recorded(pattern))
    assert (len(listing.announcements), listing.complete) == (papers, complete)
    assert complete or "papers. Ask for the rest too." in listing.warnings[0]
    assert all(paper.announced_on is None and paper.announced == "unknown" for paper in listing.announcements)
    assert all(paper.id.version and "\n" not in paper.abstract for paper in listing.announcements)


@pytest.mark.parametrize("pattern", ["james-akl_xiv/arxiv_empty.xml", "arxiv_py_api_recordings/id_0000.0000_*.xml"])
def test_recorded_searches_that_find_nothing(pattern):
    listing = read_listing(recorded(pattern))
    assert (listing.announcements, listing.complete) == ((), True)
    assert listing.quiet == "arXiv's search finds no papers."


def test_recorded_refusal_of_a_search():
    with pytest.raises(ArxivError, match=r"incorrect id format for abc\. Correct the search and fetch it again\."):
        read_listing(recorded("arxiv_py_api_recordings/id_abc_*.xml"))


# Made


def test_an_item_of_rss():
    item = rss_item(
        title=r"  Erd\H{o}s &eacute; $a<b$\n and {\'E}tude".replace(r"\n", "\n"),
        abstract="If p < 0.5\n  then\tq.",
        authors=r"J. M\"uller (1), K. O'Neil (MIT, (USA)), L. Poe, Jr.",
        type="replace-cross",
        version=3,
    )
    [paper] = read_feed(rss(item), "a feed").announcements
    assert paper == Announcement(
        id=ArxivId("2509.13338", 3),
        title="Erdős é $a<b$ and Étude",
        authors=("J. Müller", "K. O'Neil", "L. Poe, Jr."),
        abstract="If p < 0.5 then q.",
        categories=("cs.CV", "cs.RO"),
        announced="replace-cross",
        announced_on=date(2025, 9, 18),
        comment=None,
    )


@pytest.mark.parametrize(
    ("feed", "day", "quiet"),
    [
        (rss(day="Sat, 20 Sep 2025"), date(2025, 9, 20), "nothing on a Saturday"),
        (rss(day="Sun, 21 Sep 2025"), date(2025, 9, 21), "nothing on a Sunday"),
        (rss(day="Thu, 27 Nov 2025"), date(2025, 11, 27), "a holiday"),
        (atom(), date(2025, 11, 27), "a holiday"),
        (atom(updated="2025-11-22T23:00:00+00:00"), date(2025, 11, 22), "nothing on a Saturday"),
        (atom(updated="2025-11-22T01:00:00+00:00"), date(2025, 11, 21), "a holiday"),  # Friday evening in New York
    ],
)
def test_days_on_which_nothing_is_announced(feed, day, quiet):
    listing = read_feed(feed, "a feed")
    assert (listing.announcements, listing.day, listing.complete, listing.warnings) == ((), day, True, ())
    assert quiet in listing.quiet
    assert listing.quiet.endswith(".")


def test_an_empty_feed_without_a_day_is_not_quiet():
    listing = read_feed(atom(updated="soon"), "a feed")
    assert (listing.complete, listing.quiet, listing.day) == (False, "", None)
    assert listing.warnings == ("a feed holds no papers and does not say of which day it is. Fetch it again.",)


def test_a_full_feed_is_not_complete():
    item = rss_item("2509.0000{}").split("2509.0000{}")
    listing = read_feed(rss(*(f"2509.{number:05}".join(item) for number in range(2000))), "a feed")
    assert (len(listing.announcements), listing.complete) == (2000, False)
    assert "Ask for fewer categories" in listing.warnings[0]


def test_an_item_without_its_parts_is_counted():
    feed = rss(rss_item(), rss_item("2509.00002", title=" "), rss_item("no-id"), rss_item("2509.00004", abstract=""))
    listing = read_feed(feed, "a feed")
    assert [paper.id.base for paper in listing.announcements] == ["2509.13338"]
    assert not listing.complete
    assert listing.warnings == ("3 papers of a feed have no identifier, title or abstract.",)


WHOLE = rss(rss_item(), rss_item("2509.00002", type="cross"), rss_item("2509.00003", type="replace", version=2))


@pytest.mark.parametrize("whole", [WHOLE, API], ids=["rss", "api"])
def test_a_cut_feed_never_gives_half_a_paper(whole):
    papers = read_feed(whole, "a feed").announcements
    end = len(whole.rstrip())
    counts = set()
    for at in range(0, len(whole), 7):
        try:
            listing = read_feed(whole[:at], "a feed")
        except ArxivError as error:
            assert at < whole.index(b"<item" if whole is WHOLE else b"<entry") + 10
            assert str(error).endswith(("again.", "name that file."))
            continue
        assert listing.announcements == papers[: len(listing.announcements)]
        assert listing.complete == (at >= end)
        assert listing.complete or (listing.warnings and not listing.quiet)
        counts.add(len(listing.announcements))
    assert counts == set(range(len(papers) + 1))


@given(st.integers(0, len(WHOLE) - 1), st.integers(0, 255))
def test_a_damaged_byte_never_makes_a_quiet_day(at, byte):
    damaged = WHOLE[:at] + bytes([byte]) + WHOLE[at + 1 :]
    try:
        listing = read_feed(damaged, "a feed")
    except ArxivError as error:
        assert str(error).endswith(".")
    else:
        assert listing.quiet == ""
        assert len(listing.announcements) == 3 or not listing.complete or damaged.count(b"<item>") < 3


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" \n",
        b"Rate exceeded.",
        b"<!DOCTYPE html><html><body>Down for maintenance</body></html>",
        b"<html><body>503</body></html>",
        b"<?xml version='1.0'?><rss",
        b"{",
        b"[1, 2",
        b'{"error": "not found"}',
        b'["2509.00001"]',
        b"[" * 100_000,
        b"\xff\xfe\x00",
        b"PK\x03\x04",
    ],
)
def test_what_is_no_listing_is_refused(data, tmp_path):
    file = tmp_path / "listing.txt"
    file.write_bytes(data)
    with pytest.raises(ArxivError, match=r"^listing\.txt is (empty|not an arXiv feed or listing).*\.$"):
        read_listing(file)


def test_bombs_are_refused():
    bomb = b'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>'
    with pytest.raises(ArxivError, match="is not an arXiv feed"):
        read_feed(bomb + WHOLE.split(b"?>", 1)[1].replace(b"First", b"&b;"), "a feed")
    with pytest.raises(ArxivError, match="is not an arXiv feed"):
        read_feed(WHOLE.replace(b"<item>", b"<item>" + b"<x>" * 5000, 1), "a feed")
    with pytest.raises(ArxivError, match="is not an arXiv feed"):
        read_feed(WHOLE.replace(b"A. Bee", b"a" * 1_000_000, 1), "a feed")
    assert plain_text('\\" ' * 100_000).count("\\") == 100_000


@pytest.mark.timeout(60)
def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(ArxivError, match=r"none\.xml cannot be read: No such file.*Name a saved feed"):
        read_listing(tmp_path / "none.xml")
    os.mkfifo(tmp_path / "pipe.xml")  # would wait for a writer
    kinds = {tmp_path: "a folder", tmp_path / "pipe.xml": "a named pipe", Path("/dev/zero"): "a device"}
    for path, kind in kinds.items():
        with pytest.raises(ArxivError, match=f"cannot be read: it is {kind}, not a file. Name a saved feed"):
            read_listing(path)
    with (tmp_path / "huge.xml").open("wb") as file:
        file.truncate((50 << 20) + 1)
    with pytest.raises(ArxivError, match=r"huge\.xml has more than 50 MB"):
        read_listing(tmp_path / "huge.xml")


def test_a_feed_that_arxiv_could_not_make():
    feed = WHOLE.replace(b"cs.CV updates on arXiv.org", b"Feed error for query: cs.XX")
    with pytest.raises(ArxivError, match=r"arXiv made no feed: cs\.CV updates\. Check the categories\."):
        read_feed(feed, "a feed")


# JSON


def record(id: str = "2509.00001", **fields) -> dict:
    return {"id": id, "title": "T", "summary": "S.", "authors": ["A"], "categories": ["cs.CV"], **fields}


def listing_of(tmp_path, text: str | bytes, name: str = "2025-09-18.jsonl", day: date | None = None) -> Listing:
    (tmp_path / name).write_bytes(text.encode() if isinstance(text, str) else text)
    return read_listing(tmp_path / name, day)


def test_a_record_of_any_tool(tmp_path):
    odd = {
        "arxiv_id": "https://arxiv.org/abs/2509.00002v4",
        "title": "Bits\n&amp; \u202epieces\ud800",
        "abstract": "Abstract: It is.",
        "authors": [{"name": "A B"}, {"affiliation": 1}, 7],
        "categories": "cs.CV cs.RO 68T45",
        "announce_type": "Replace",
        "comment": " code at\nx.org ",
    }
    text = json.dumps(
        {"date": "x", "papers": [record(), odd, record("2509.00003", categories=5, authors="C, D", x={})]}
    )
    listing = listing_of(tmp_path, text, "arxiv-20250918.json")
    assert listing.announcements[1] == Announcement(
        ArxivId("2509.00002", 4),
        "Bits & pieces",
        ("A B",),
        "It is.",
        ("cs.CV", "cs.RO"),
        "replace",
        date(2025, 9, 18),
        "code at x.org",
    )
    assert listing.announcements[2].authors == ("C", "D")
    assert listing.complete


def test_lines_that_are_cut_are_counted(tmp_path):
    whole = "\n".join(json.dumps(record(f"2509.0000{number}", title="李")) for number in range(1, 4))
    for at in range(0, len(whole) + 1, 5):
        lines = whole[:at].splitlines()
        kept = [line for line in lines if line.endswith("}")]
        if not kept:
            with pytest.raises(ArxivError):
                listing_of(tmp_path, whole[:at])
            continue
        listing = listing_of(tmp_path, whole[:at])
        assert [paper.id.base for paper in listing.announcements] == [json.loads(line)["id"] for line in kept]
        assert listing.complete == (kept == lines)
        assert len(listing.warnings) == len(lines) - len(kept)


def test_a_cut_json_value_is_refused(tmp_path):
    whole = json.dumps([record(), record("2509.00002")], indent=1)
    for at in range(1, len(whole), 3):
        with pytest.raises(ArxivError):
            listing_of(tmp_path, whole[:at], "papers.json")


def test_an_empty_json_listing_is_quiet(tmp_path):
    listing = listing_of(tmp_path, "[]")
    assert (listing.complete, listing.quiet) == (True, "2025-09-18.jsonl is a listing without papers.")


def test_the_day(tmp_path):
    line = json.dumps(record())
    assert listing_of(tmp_path, line, "x-2025-13-40.json").day is None
    assert listing_of(tmp_path, line, "12025-09-18.json").day is None
    assert listing_of(tmp_path, line, "2025_09_17.json").day == date(2025, 9, 17)
    assert listing_of(tmp_path, line, "2025-09-17.json", date(2025, 9, 16)).day == date(2025, 9, 16)
    feed = listing_of(tmp_path, WHOLE, "2025-09-17.xml")
    assert (feed.day, feed.warnings) == (date(2025, 9, 18), ())
    told = listing_of(tmp_path, WHOLE, "feed.xml", date(2025, 9, 17))
    assert (told.day, told.complete, told.warnings) == (
        date(2025, 9, 17),
        True,
        ("feed.xml is of 2025-09-18, not of 2025-09-17.",),
    )
    assert told.announcements[0].announced_on == date(2025, 9, 18)


# Texts


@given(st.text(max_size=80))
def test_text_is_one_visible_line(text):
    plain = plain_text(text)
    assert plain == " ".join(plain.split())
    assert plain.encode("utf-8").decode() == plain  # no half characters
    assert all(name == name.strip() != "" for name in author_names(text))


@pytest.mark.parametrize(
    ("raw", "plain"),
    [
        (r"Paul Erd\H{o}s, Fr\'{e}d\'eric, Bj{\o}rn, Ho\v{r}ava, Ga\c{s}", "Paul Erdős, Frédéric, Bjørn, Hořava, Gaş"),
        (r"\L ukasz Ga{\'\i}n, Stra{\ss}e, \AA ngstr\"om", "Łukasz Gaín, Straße, Ångström"),
        (r"$\hat{o}$ of \textbf{$x$ \emph{y}} and \beta, \url{x}", r"$\hat{o}$ of $x$ y and \beta, x"),
        (r"\textit{RoboNest}: a {\em Nest} for {R}obots", "RoboNest: a Nest for Robots"),
        (r"``Quoted'' Plans --- and 50\% Less Code, pages 1--3", "“Quoted” Plans — and 50% Less Code, pages 1–3"),
        (r"From \$5 to \$10, don't use -- or `x'", "From $5 to $10, don't use -- or ‘x’"),
        ("From $5 to $10: Prices of Grippers", "From $5 to $10: Prices of Grippers"),
        (
            r"spatio{-}temporal {0,1}-\textcolor{red}{cuts} \href{https://a.b/c_d}{here}\,\foo{x}",
            r"spatio-temporal {0,1}-cuts here (https://a.b/c_d) \foo{x}",
        ),
        ("AT&T, R&D &copy &lt;b&gt; &#x27;", "AT&T, R&D &copy <b> '"),
        ("<p>One</p><br/>two a<b", "One two a<b"),
        ("a\u200bb\u202ec\x00d\U000e0041e", "abcde"),
    ],
)
def test_accents_and_entities(raw, plain):
    assert plain_text(raw) == plain


@pytest.mark.parametrize(
    ("raw", "title"),
    [
        ("$k$-Means at the Edge", "k-Means at the Edge"),
        ("CO$_2$ Sensing", "CO₂ Sensing"),
        (r"A $\beta$-VAE in SE$(3)$", "A β-VAE in SE(3)"),
        (r"$\mathcal{N}=4$ SYM and $O(n\log n)$ in $\mathbb{R}^{3}$", "N=4 SYM and O(n log n) in R³"),
        (r"$\rho$-$\texttt{EOS}$, $\textit{like}$ A$^*$", "ρ-EOS, like A*"),
        ("From $5 to $10: Prices", "From $5 to $10: Prices"),
        ("US$5 and AU$6, $5-$10", "US$5 and AU$6, $5-$10"),
        (r"$\frac{1}{2}$ of $x_{max}$ for $H_\infty$", r"$\frac{1}{2}$ of $x_{max}$ for $H_\infty$"),
    ],
)
def test_short_formulas_of_titles_are_letters(raw, title):
    assert title_text(raw) == title


# Two mentions of one paper


def test_mentions_are_united():
    one = announcement(announced="cross", categories=("cs.CV",), comment=None)
    two = announcement("2509.00001", categories=("cs.CV", "cs.RO"), comment="code", announced_on=None)
    other = announcement("2509.00002v1")
    [paper, last], contradictions = merge_announcements([one, other, two])
    assert paper == announcement(categories=("cs.CV", "cs.RO"), comment="code")
    assert (last, contradictions) == (other, 0)


@pytest.mark.parametrize("fields", [{"title": "Other"}, {"id": ArxivId("2509.00001", 2)}, {"announced": "replace"}])
def test_contradictions_are_counted(fields):
    papers = [announcement(), replace(announcement(), **fields)]
    for order in (papers, papers[::-1]):
        [paper], contradictions = merge_announcements(order)
        assert contradictions == 1
        assert paper.announced == "new"
        assert paper.id.version == max(given.id.version for given in papers)


def test_listings_are_merged():
    whole = read_feed(WHOLE, "one.xml")
    cut = read_feed(WHOLE[:-40], "two.xml")
    quiet = read_feed(rss(day="Sat, 20 Sep 2025"), "three.xml")
    merged = merge_listings([whole, cut, quiet])
    assert merged.announcements == whole.announcements
    assert (merged.complete, merged.quiet, merged.day) == (False, "", date(2025, 9, 20))
    assert (merged.source, merged.warnings) == ("one.xml, two.xml, three.xml", cut.warnings)
    assert merge_listings([quiet, quiet]).quiet == quiet.quiet


# Over a real socket


@pytest.fixture
def client(httpserver, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    with ArxivClient(
        delay_seconds=0.0,
        timeout=(2.0, 5.0),
        api_url=httpserver.url_for("/api"),
        feed_url=httpserver.url_for("/atom"),
    ) as client:
        yield client


def serve(httpserver: HTTPServer, *answers: Response | bytes, at: str = "/atom/cs.CV+cs.RO") -> list[Request]:
    """Serve `answers` in turn, the last one for ever; the requests are put into the result."""
    seen: list[Request] = []

    def answer(request: Request) -> Response:
        seen.append(request)
        given = answers[min(len(seen), len(answers)) - 1]
        return Response(given) if isinstance(given, bytes) else given

    httpserver.expect_request(at).respond_with_handler(answer)
    return seen


def test_todays_listing(httpserver, client):
    seen = serve(httpserver, WHOLE)
    listing = client.listing(["cs.CV", "cs.RO", "cs.CV"])
    assert listing == replace(read_feed(WHOLE, "x"), source=httpserver.url_for("/atom/cs.CV+cs.RO"))
    assert len(seen) == 1
    assert seen[0].headers["User-Agent"].startswith("paper-assistant/")


def test_a_packed_feed(httpserver, client):
    serve(httpserver, Response(gzip.compress(WHOLE), headers={"Content-Encoding": "gzip"}))
    assert len(client.listing(["cs.CV", "cs.RO"]).announcements) == 3


@pytest.mark.parametrize("status", [429, 503])
def test_busy_then_whole(httpserver, client, status):
    seen = serve(httpserver, Response(status=status, headers={"Retry-After": "0"}), WHOLE)
    assert client.listing(["cs.CV", "cs.RO"]).complete
    assert len(seen) == 2


def test_refusal_ends(httpserver, client):
    seen = serve(httpserver, Response(status=429, headers={"Retry-After": "0"}))
    with pytest.raises(ArxivUnreachable, match="HTTP 429"):
        client.listing(["cs.CV", "cs.RO"])
    assert len(seen) == 5


def test_a_cut_feed_is_asked_for_again(httpserver, client):
    seen = serve(httpserver, WHOLE[:900], b"", b"<html>Down</html>", WHOLE)
    listing = client.listing(["cs.CV", "cs.RO"])
    assert (listing.complete, len(seen)) == (False, 3)
    assert client.listing(["cs.CV", "cs.RO"]).complete


def test_the_best_of_three_cut_feeds(httpserver, client):
    serve(httpserver, WHOLE[:1000], WHOLE[:-15], WHOLE[:1500])
    listing = client.listing(["cs.CV", "cs.RO"])
    assert (len(listing.announcements), listing.complete) == (3, False)
    assert "Fetch it again." in listing.warnings[0]


@pytest.mark.parametrize("answer", [b"", b"<html>Rate exceeded</html>"])
def test_no_feed_is_not_nothing_new(httpserver, client, answer):
    seen = serve(httpserver, answer)
    with pytest.raises(ArxivUnreachable, match=r"arXiv's daily feed broke off 3 times\. Try again"):
        client.listing(["cs.CV", "cs.RO"])
    assert len(seen) == 3


def test_a_category_that_arxiv_does_not_have(httpserver, client):
    seen = serve(httpserver, Response("<html>Bad subject class</html>", status=400))
    with pytest.raises(ArxivError, match=r"no feed at .*cs\.CV\+cs\.RO \(HTTP 400\)\. Check the categories"):
        client.listing(["cs.CV", "cs.RO"])
    assert len(seen) == 1


@pytest.mark.parametrize(
    "wrong", ["cs.cv", "", "cs.CV+cs.RO", "cs.CV/../x", "cs.CV?x=1", "CS.CV", "../x", "cs.CV\n", "機.CV", "a" * 5000]
)
def test_what_is_no_category(httpserver, client, wrong):
    with pytest.raises(
        ArxivError, match=r"is no category of arXiv\. Write them as arXiv does, such as cs\.CV"
    ) as caught:
        client.listing(["cs.CV", wrong])
    assert len(str(caught.value)) < 300
    assert httpserver.log == []


def test_no_category(client):
    with pytest.raises(ArxivError, match="Nothing is no category"):
        client.listing([])


def test_comments_come_from_the_api(httpserver, client):
    seen = serve(httpserver, API, at="/api")
    papers = tuple(announcement(id, authors=()) for id in ("2512.99999v2", "2509.00001v1"))
    listing = Listing((*papers, announcement("2509.00007v1", comment="had one")), None, "x", True, (), "")
    rich = client.enrich(listing)
    assert [paper.comment for paper in rich.announcements] == [
        "2 pages; withdrawn results of others are discussed",
        None,
        "had one",
    ]
    assert rich.announcements[0].authors == ("Ada Example", "李 例子")
    assert rich.announcements[0].title == "Title"
    assert rich.warnings == ()
    [request] = seen
    assert request.args["id_list"] == "2512.99999v2,2509.00001v1"


def test_without_the_api_a_listing_stays_as_it_was(httpserver, client):
    serve(httpserver, Response(status=403), at="/api")
    listing = read_feed(WHOLE, "x")
    rich = client.enrich(listing)
    assert rich.announcements == listing.announcements
    assert rich.warnings[0].startswith("arXiv did not give the comments of 3 papers. arXiv refuses")
    assert rich.complete
