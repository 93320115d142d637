"""From what was asked for to what is read: saved listings, arXiv's feed of the day, a model that is lost."""

import json
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from pathlib import Path

import pytest
from werkzeug import Response

from assistant.breakdown.record import Breakdown
from assistant.breakdown.sources import abstract_subject
from assistant.config.profiles import ProfileError, place_order
from assistant.config.settings import Settings
from assistant.context import AppContext
from assistant.digest.run import Asked, FallingBack, read_announcements, report_context, run_report
from assistant.llm.chat_model import ChatModel, ModelSettings
from index.arxiv.announcements import Announcement
from index.arxiv.client import ArxivClient
from index.arxiv.feed_file import not_renewed, read_feed
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


FEED = """<rss version="2.0"><channel><title>cs.RO updates</title><link>http://rss.arxiv.org/rss/cs.RO</link>
<lastBuildDate>{built}</lastBuildDate><pubDate>{day}</pubDate><skipDays><day>Saturday</day><day>Sunday</day></skipDays>
{items}</channel></rss>"""
ITEM = """<item><title>Robot {number}</title><link>https://arxiv.org/abs/2603.{number:05d}</link>
<description>arXiv:2603.{number:05d}v1 Announce Type: new
Abstract: Robot {number} folds shirts. It needs hands.</description>
<category>cs.RO</category><pubDate>{day}</pubDate></item>"""


def feed(day, *numbers):
    """arXiv's feed of a day in March 2026, in New York's winter or summer time."""
    zone = "-0500" if day < 8 else "-0400"
    said = f"{date(2026, 3, day):%a, %d %b %Y} 00:00:00 {zone}"
    items = "".join(ITEM.format(number=number, day=said) for number in numbers)
    return FEED.format(day=said, built=said, items=items).encode()


def test_asked_before_the_feed_is_renewed_no_day_is_lost(httpserver, home, monkeypatch):
    """Tuesday; Wednesday twice too early, then in time; Thursday without papers; Friday never; Monday."""
    served = [feed(3, 1, 2), feed(3, 1, 2), feed(3, 1, 2), feed(4, 3), feed(5), feed(9, 4)]
    httpserver.expect_request("/atom/cs.RO").respond_with_handler(lambda request: Response(served.pop(0)))
    monkeypatch.setattr(
        "index.arxiv.client.ArxivClient", partial(ArxivClient, delay_seconds=0.0, feed_url=httpserver.url_for("/atom"))
    )
    given = Asked(asked(categories=("cs.RO",), top=0).order, with_model=False)
    ends = []
    with AppContext(Settings(home=home), lambda line: None) as context:
        while served:
            ends.append(list(run_report(context, given))[-1])
    shown = [sorted(card.title for card in end.report.cards) if not end.nothing_new else end.reason for end in ends]
    assert shown[0] == ["Robot 1", "Robot 2"]
    assert shown[1] == shown[2] and shown[1].startswith("arXiv's feed is still that of Tuesday, 2026-03-03; the next")
    assert shown[3] == ["Robot 3"]
    assert (
        shown[4]
        == "arXiv built its feed of Thursday, 2026-03-05, without papers: a holiday, or none in these categories."
    )
    assert shown[5] == ["Robot 4"]
    assert any("2 days from 2026-03-05 to 2026-03-06 was not read" in each for each in ends[5].report.warnings)


@pytest.mark.parametrize(
    ("day", "hour", "said"),
    [
        (date(2026, 1, 20), 4, "after 05:00 UTC"),
        (date(2026, 7, 20), 3, "after 04:00 UTC"),
    ],
)
def test_midnight_in_new_york_in_winter_and_in_summer(day, hour, said):
    tomorrow = datetime.combine(day, time(hour, 30), UTC) + timedelta(days=1)
    assert said in not_renewed(day, tomorrow)
    assert not_renewed(day, datetime.combine(day, time(23), UTC)) == ""
    built = f"{datetime.combine(day, time(hour), UTC) + timedelta(days=1):%Y-%m-%dT%H:%M:%S+00:00}"
    atom = f"<feed xmlns='http://www.w3.org/2005/Atom'><id>http://rss.arxiv.org/atom/cs.AI</id><updated>{built}</updated></feed>"
    assert read_feed(atom.encode(), "feed").day == day


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
    with AppContext(Settings(home=home), lambda line: None) as context:
        falling_back = FallingBack(context, lost, warnings)
        made = [each for each in falling_back.run(subject, paper, "zh") if isinstance(each, Breakdown)]
        again = list(falling_back.run(subject, paper, "zh"))
    assert [each.model for each in made] == [""] and again[-1] == made[0]
    assert len(warnings) == 1 and warnings[0].startswith("从“Shirts”起仅引用原句：")
    assert made[0].field("abstract").findings


def test_chinese_interests_without_a_model_are_said_not_to_count(home):
    given = Asked(asked(interests="机器人").order, with_model=False)
    with AppContext(Settings(home=home), lambda line: None) as context:
        made = report_context(context, given, None)
    assert made.wanted.interests is None and any("interests are Chinese" in each for each in made.warnings)
