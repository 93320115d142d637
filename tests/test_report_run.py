"""From what was asked for to what is read: saved listings, arXiv's feed of the day, a model that is lost."""

import json
from datetime import date
from pathlib import Path

import pytest

from assistant.breakdown.record import Breakdown
from assistant.breakdown.sources import abstract_subject
from assistant.config.profiles import ProfileError, place_order
from assistant.config.settings import Settings
from assistant.context import Workbench
from assistant.digest.run import Asked, FallingBack, read_announcements, report_context
from assistant.llm.chat_model import ChatModel, ModelSettings
from index.arxiv.announcements import Announcement
from index.arxiv.client import ArxivClient
from index.arxiv.ids import ArxivId

ABSTRACT = (
    "Robots cannot fold shirts well, because cloth has many states. We propose a policy that learns from 4,000 "
    "demonstrations. On ten kinds of cloth it folds 92.5% of the shirts, against 71% for the best earlier method."
)


def asked(files=(), *, day=None, offline=False, **flags):
    order = place_order("digest", "", {}, {"language": "en"} | flags, language="en", folder=Path("digests"))
    return Asked(order, tuple(files), day, offline)


def saved(path, *ids):
    records = [{"id": id, "title": f"Paper {id}", "abstract": ABSTRACT, "categories": ["cs.RO"]} for id in ids]
    path.write_text("\n".join(map(json.dumps, records)), "utf-8")
    return path


@pytest.fixture
def arxiv(httpserver, shared):
    feed = (shared / "feeds" / "zotero_arxiv_daily" / "arxiv_rss_atom_cs.AI_2025-08-20.xml").read_bytes()
    httpserver.expect_request("/atom/cs.AI").respond_with_data(feed, content_type="application/atom+xml")
    with ArxivClient(delay_seconds=0.0, timeout=(2.0, 5.0), feed_url=httpserver.url_for("/atom")) as client:
        yield client


def test_saved_listings_are_read_together(tmp_path, arxiv):
    files = [
        saved(tmp_path / "2026-01-19.jsonl", "2601.00001", "2601.00002"),
        saved(tmp_path / "b.jsonl", "2601.00002"),
    ]
    listing, day = read_announcements(asked(files), arxiv)
    assert (len(listing.announcements), day) == (2, date(2026, 1, 19))
    assert read_announcements(asked(files, day=date(2026, 1, 20)), arxiv)[1] == date(2026, 1, 20)


def test_the_feed_of_the_day(arxiv):
    listing, day = read_announcements(asked(categories=("cs.AI",)), arxiv)
    assert day == listing.day and listing.announcements
    with pytest.raises(ProfileError, match="keeps no earlier days"):
        read_announcements(asked(categories=("cs.AI",), day=date(2020, 1, 1)), arxiv)


def test_what_is_missing_is_asked_for(tmp_path, arxiv):
    for given, said in (
        (asked(), "--categories"),
        (asked(offline=True), "--from FILE"),
        (asked([saved(tmp_path / "saved.jsonl", "2601.00001")]), "--date"),
    ):
        with pytest.raises(ProfileError, match=said):
            read_announcements(given, arxiv)


def test_a_model_that_is_lost_leaves_quotes_and_says_so(home):
    """Nobody listens at the model's address any more."""
    lost = ChatModel(
        ModelSettings(host="http://127.0.0.1:9", model="gone:1b", timeout_seconds=2.0, cache=home / "cache")
    )
    announced = Announcement(ArxivId("2601.00001", 1), "Shirts", (), ABSTRACT, ("cs.RO",), "new", None, None)
    subject, paper = abstract_subject(announced, "offline")
    warnings = []
    with Workbench(Settings(home=home), lambda line: None) as bench:
        falling_back = FallingBack(bench, lost, warnings)
        made = [each for each in falling_back.run(subject, paper, "zh") if isinstance(each, Breakdown)]
        again = list(falling_back.run(subject, paper, "zh"))
    assert [each.model for each in made] == [""] and again[-1] == made[0]
    assert len(warnings) == 1 and warnings[0].startswith("从“Shirts”起仅引用原句：")
    assert made[0].field("abstract").findings


def test_chinese_interests_without_a_model_are_said_not_to_count(home):
    given = Asked(asked(interests="机器人").order, with_model=False)
    with Workbench(Settings(home=home), lambda line: None) as bench:
        context = report_context(bench, given, None)
    assert context.wanted.interests is None and any("interests are Chinese" in each for each in context.warnings)
