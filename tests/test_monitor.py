"""What a report shows of a listing and what it leaves out: on the real listings the numbers add up."""

import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from assistant.config.profiles import place_order
from assistant.digest.record import Shown
from assistant.digest.select import NO_KEYWORD, OLD_REPLACEMENT, OTHER_CATEGORY, added, select
from index.arxiv.announcements import Announcement, Listing
from index.arxiv.ids import ArxivId
from index.arxiv.listings import read_listing

DAYS = ("2026-01-08", "2026-01-19", "2026-02-02")
REFERENCE = {
    "categories": ("cs.AI", "cs.LG", "cs.RO", "cs.CV"),
    "keywords": (
        "Vision Language Action ",
        "vla",
        "Vision-Language-Action",
        "Multivariate Time Series Forecasting",
        "spatio-temporal prediction",
        "traffic prediction",
    ),
}


def order(kind="digest", **flags):
    return place_order(kind, "", {}, flags, language="en", folder=Path("digests"))


def paper(id="2601.00001", version=1, announced="new", title="Robots that learn", categories=("cs.RO",), **more):
    values = {"authors": (), "abstract": "We teach a robot.", "announced_on": date(2026, 1, 19), "comment": None} | more
    return Announcement(ArxivId(id, version), title, categories=categories, announced=announced, **values)


def listing(*papers):
    return Listing(papers, date(2026, 1, 19), "made", complete=True, warnings=(), quiet="")


@pytest.fixture(params=DAYS)
def real(request, shared):
    return read_listing(shared / "feeds" / "daily_listing" / f"{request.param}.jsonl")


@pytest.mark.parametrize("kind", ["digest", "monitor"])
@pytest.mark.parametrize("categories", [(), ("cs.CV",), ("cs",), ("cs.AI", "cs.LG", "cs.RO", "cs.CV")])
def test_the_numbers_add_up_to_the_listing(real, kind, categories):
    asked = order(kind, categories=categories, keywords=("vla", "diffusion", "traffic prediction"))
    earlier = {paper.id.base: Shown(0, date(2026, 1, 1)) for paper in real.announcements[::7]}
    chosen = select(real, asked, earlier, ())
    assert chosen.announced == len(real.announcements)
    assert chosen.announced == sum(chosen.left_out.values()) + chosen.seen + len(chosen.kept)
    assert chosen.kept and (chosen.seen or kind == "monitor")
    assert not {paper.id.base for paper in chosen.kept} & set(earlier)
    assert set(chosen.left_out) <= {OTHER_CATEGORY, NO_KEYWORD}


def test_a_real_listing_has_each_of_its_papers(shared):
    for day in DAYS:
        path = shared / "feeds" / "daily_listing" / f"{day}.jsonl"
        ids = {json.loads(line)["id"] for line in path.read_text("utf-8").splitlines()}
        assert {paper.id.base for paper in read_listing(path).announcements} == ids


@pytest.mark.parametrize(("day", "start"), [("2026-02-02", "001"), ("2026-01-08", "002")])
def test_the_reference_monitor_finds_nothing_that_we_miss(shared, day, start):
    report = next((shared / "reference-reports").glob(f"{start}_*.txt")).read_text("utf-8")
    theirs = set(re.findall(r"^- \*\*arXiv ID\*\*: \[oai:arXiv.org:(\d{4}\.\d{5})", report, re.MULTILINE))
    real = read_listing(shared / "feeds" / "daily_listing" / f"{day}.jsonl")
    held = theirs & {paper.id.base for paper in real.announcements}
    ours = {paper.id.base for paper in select(real, order("monitor", **REFERENCE), {}, ()).kept}
    assert held and held <= ours


def test_replacements_only_of_what_was_shown():
    shown = {"2601.00001": Shown(1, date(2026, 1, 5)), "2601.00002": Shown(2, date(2026, 1, 6))}
    made = listing(
        paper("2601.00001", 2, "replace"),
        paper("2601.00002", 2, "replace-cross"),
        paper("2601.00003", 3, "replace"),
        paper("2601.00004", 1, "cross"),
        paper("2601.00005", None, "unknown"),
    )
    chosen = select(made, order(), shown, ())
    assert [each.id.text for each in chosen.kept] == ["2601.00001v2", "2601.00004v1", "2601.00005"]
    assert chosen.updates == {"2601.00001": date(2026, 1, 5)}
    assert chosen.seen == 1 and chosen.left_out == {OLD_REPLACEMENT: 1}
    assert chosen.by_type == {"replace": 2, "replace-cross": 1, "cross": 1, "unknown": 1}


def test_any_of_its_categories_is_enough():
    made = listing(paper(categories=("cs.LG", "cs.RO")), replace(paper("2601.00002"), categories=("math.PR",)))
    assert [each.id.base for each in select(made, order(categories=("cs.RO",)), {}, ()).kept] == ["2601.00001"]
    assert select(made, order(categories=("cs.RO",)), {}, ()).left_out == {OTHER_CATEGORY: 1}


def test_counts_of_two_runs_add_up():
    chosen = select(
        listing(paper(), paper("2601.00002", categories=("math.PR",))), order(categories=("cs.RO",)), {}, ()
    )
    both = added(chosen.counts(()), chosen.counts(()))
    assert (both.announced, both.left_out, both.by_type) == (4, {OTHER_CATEGORY: 2}, {"new": 4})
