"""The feed as feed readers take it: feedparser reads it back."""

from datetime import date

import feedparser
import made_records as made

from assistant.digest.ledger import keep_report
from assistant.digest.record import Digest
from assistant.report.files import digests_rss, write_files
from index.store.library import Library

HOSTILE = "</description><script>x</script>]]> \x00\ud800\u202e & <img src=x onerror=y>"


def address(digest: Digest) -> str:
    return f"https://example.org/{digest.kind}/{digest.day}.html"


def test_an_item_for_each_digest_newest_first_with_counts_and_summary():
    older = made.digest("monitor").model_copy(update={"day": date(2026, 1, 19), "made_at": "2026-01-19T05:00:00+00:00"})
    feed = feedparser.parse(digests_rss([older, made.digest()], address))
    assert not feed.bozo
    first, second = feed.entries
    assert (first.title, second.title) == (
        "arXiv digest · robotics · 2026-01-20",
        "arXiv monitor · robotics · 2026-01-19",
    )
    assert first.link == "https://example.org/digest/2026-01-20.html"
    assert first.published_parsed[:5] == (2026, 1, 20, 6, 14)
    assert "12 papers announced" in first.summary and "Sparse attention steers." in first.summary
    assert 'href="https://arxiv.org/abs/2601.01231v1"' in first.summary


def test_a_digest_made_again_stays_one_item_and_the_bytes_are_the_same():
    once, again = made.digest(), made.digest().model_copy(update={"made_at": "2026-01-21T09:00:00+00:00"})
    ids = {entry.id for each in (once, again) for entry in feedparser.parse(digests_rss([each], address)).entries}
    assert len(ids) == 1
    assert digests_rss([once], address) == digests_rss([once], address)
    other = once.model_copy(update={"language": "zh"})
    assert len({entry.id for entry in feedparser.parse(digests_rss([once, other], address)).entries}) == 2


def test_hostile_text_is_text_in_the_feed_and_in_its_items():
    digest = made.digest(say=lambda text: f"{text} {HOSTILE}")
    feed = feedparser.parse(digests_rss([digest], address), sanitize_html=False)
    assert not feed.bozo and len(feed.entries) == 1
    assert "<script" not in feed.entries[0].summary and "<img" not in feed.entries[0].summary
    assert "&lt;img src=x onerror=y&gt;" in feed.entries[0].summary


def test_a_feed_without_digests_and_a_day_without_a_moment():
    assert not feedparser.parse(digests_rss([], address)).entries
    vague = made.digest().model_copy(update={"made_at": "this morning"})
    assert feedparser.parse(digests_rss([vague], address)).entries[0].published_parsed[:4] == (2026, 1, 20, 0)


def test_a_report_whose_run_was_killed_before_the_feed_gets_into_it(tmp_path):
    """The feed of the day before was there, so it counted as written."""
    feed, older = tmp_path / "digests.xml", made.digest().model_copy(update={"day": date(2026, 1, 19)})
    with Library.open(tmp_path / "home") as library:
        keep_report(library, older)
        assert write_files(library, older, tmp_path, ("rss",)) == [feed]
        keep_report(library, made.digest())  # and killed
        assert write_files(library, made.digest(), tmp_path, ("rss",), missing_only=True) == [feed]
        assert len(feedparser.parse(feed.read_bytes()).entries) == 2
        assert write_files(library, made.digest(), tmp_path, ("rss",), missing_only=True) == []
