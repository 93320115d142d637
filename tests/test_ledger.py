"""The ledger in a real library: what was announced, what was shown, and killed runs."""

import os
import sqlite3
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.digest.ledger import announced_before, earlier_versions, note_announcements, record_report_rows, shown
from assistant.digest.record import Shown
from assistant.digest.select import status_of
from index.arxiv.announcements import Announcement, AnnounceType
from index.arxiv.ids import ArxivId
from index.arxiv.listings import read_listing
from index.store.library import Library

LISTINGS = Path(__file__).parents[2] / "shared" / "feeds" / "daily_listing"
NOW = datetime(2025, 9, 18, 5, 0, tzinfo=UTC)
ONE, TWO, THREE = date(2025, 9, 18), date(2025, 9, 19), date(2025, 9, 22)
PAPER = "2509.00001"


@pytest.fixture
def library(tmp_path):
    with Library.open(tmp_path / "home") as library:
        yield library


def announcement(
    base: str = PAPER,
    version: int | None = 1,
    announced: AnnounceType = "new",
    day: date | None = ONE,
    categories: tuple[str, ...] = ("cs.CV",),
    title: str = "A title",
) -> Announcement:
    return Announcement(ArxivId(base, version), title, ("A",), "Abstract.", categories, announced, day, None)


def record(library: Library, day: date, *rows: tuple[ArxivId, str], kind: str = "digest", profile: str = "a") -> None:
    with library.transaction() as connection:
        record_report_rows(connection, kind, profile, day, rows)


def rows(library: Library) -> list[tuple]:
    with library.read() as connection:
        return connection.execute("SELECT * FROM announcements ORDER BY arxiv_base, version").fetchall()


# What was announced


def test_an_announcement_is_written_down_once(library):
    later = NOW + timedelta(days=1)
    assert note_announcements(library, [announcement(), announcement(version=None)], NOW) == 2
    before = rows(library)
    assert before == [
        (PAPER, 0, "new", "2025-09-18", '["cs.CV"]', "A title", "2025-09-18T05:00:00+00:00"),
        (PAPER, 1, "new", "2025-09-18", '["cs.CV"]', "A title", "2025-09-18T05:00:00+00:00"),
    ]
    assert note_announcements(library, [announcement(), announcement(version=None)], later) == 0
    assert rows(library) == before


def test_a_repeat_adds_what_was_missing(library):
    note_announcements(library, [announcement(announced="unknown", day=None)], NOW)
    repeat = announcement(announced="cross", day=TWO, categories=("cs.RO", "cs.CV"), title="Other")
    note_announcements(library, [repeat], NOW + timedelta(days=1))
    note_announcements(library, [announcement(announced="replace", day=THREE)], NOW + timedelta(days=2))
    assert rows(library) == [
        (PAPER, 1, "cross", "2025-09-19", '["cs.CV", "cs.RO"]', "A title", "2025-09-18T05:00:00+00:00")
    ]


def test_first_seen_is_utc(library):
    note_announcements(library, [announcement()], datetime(2025, 9, 18, 2, tzinfo=timezone(timedelta(hours=8))))
    assert rows(library)[0][-1] == "2025-09-17T18:00:00+00:00"


def test_a_listing_that_breaks_off_leaves_nothing(library):
    def breaking():
        yield announcement()
        raise RuntimeError("the feed ended")

    with pytest.raises(RuntimeError):
        note_announcements(library, breaking(), NOW)
    assert rows(library) == []


def test_two_at_once_write_one_row_each(library):
    papers = [announcement(f"2509.{number:05}") for number in range(200)]
    new: list[int] = []
    threads = [Thread(target=lambda: new.append(note_announcements(library, papers, NOW))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(new) == [0, 0, 0, 200]
    assert len(rows(library)) == 200


def test_titles_announced_before_a_day(library):
    papers = [
        announcement("2509.00001", 1, day=ONE, title="first"),
        announcement("2509.00001", 2, day=THREE, title="first, again"),
        announcement("2509.00002", 1, day=TWO, title="second"),
        announcement("2509.00003", 1, day=None, title="seen on the first day"),
    ]
    note_announcements(library, papers, NOW)
    assert list(announced_before(library, ONE)) == []
    assert list(announced_before(library, TWO)) == ["first", "seen on the first day"]
    assert list(announced_before(library, THREE)) == ["first", "second", "seen on the first day"]
    assert list(announced_before(library, date(2025, 9, 23))) == ["first", "second", "seen on the first day"]


def test_many_titles_come_once_and_hold_no_transaction(library):
    note_announcements(library, (announcement(f"2509.{number:05}", title=str(number)) for number in range(1201)), NOW)
    titles = announced_before(library, TWO)
    assert next(titles) == "0"
    note_announcements(library, [announcement("2510.00001", title="later")], NOW)  # a writer is not kept waiting
    assert list(titles) == [*map(str, range(1, 1201)), "later"]


# What was shown


def test_what_a_report_showed(library):
    record(library, ONE, (ArxivId(PAPER, 1), "full text"), (ArxivId("math/0309136"), "listed"))
    assert shown(library, "digest", "a") == {
        (PAPER, 1): (ONE, "full text"),
        ("math/0309136", 0): (ONE, "listed"),
    }
    assert shown(library, "digest", "b") == shown(library, "monitor", "a") == {}


def test_the_same_day_again_replaces_and_another_day_does_not(library):
    record(library, ONE, (ArxivId(PAPER, 1), "failed"))
    record(library, ONE, (ArxivId(PAPER, 1), "full text"))
    record(library, TWO, (ArxivId(PAPER, 1), "listed"))
    assert shown(library, "digest", "a") == {(PAPER, 1): (ONE, "full text")}


def test_the_report_and_its_rows_stand_together(library):
    with pytest.raises(sqlite3.IntegrityError), library.transaction() as connection:
        record_report_rows(connection, "digest", "a", ONE, [(ArxivId(PAPER, 1), "full text")])
        connection.execute("INSERT INTO reports VALUES ('digest', 'a', '2025-09-18', 'en', NULL, '')")
    assert shown(library, "digest", "a") == {}


def test_a_replacement_is_an_update_and_never_new(library):
    ids = [ArxivId(PAPER, 2), ArxivId("2509.00002", 1)]
    assert earlier_versions(library, "digest", "a", ids) == {}
    record(library, ONE, (ArxivId(PAPER, 1), "full text"))
    earlier = earlier_versions(library, "digest", "a", ids)
    assert earlier == {PAPER: Shown(1, ONE)}
    assert [status_of(id, earlier) for id in ids] == ["updated", "unseen"]
    record(library, TWO, (ids[0], "listed"))
    earlier = earlier_versions(library, "digest", "a", ids)
    assert earlier == {PAPER: Shown(2, TWO)}
    assert status_of(ids[0], earlier) == "seen"
    assert status_of(ArxivId(PAPER, 1), earlier) == "seen"  # an older version afterwards
    assert earlier_versions(library, "monitor", "a", ids) == earlier_versions(library, "digest", "b", ids) == {}


def test_a_report_made_again_does_not_see_itself(library):
    record(library, ONE, (ArxivId(PAPER, 1), "full text"))
    record(library, TWO, (ArxivId(PAPER, 2), "full text"))
    id = ArxivId(PAPER, 2)
    assert earlier_versions(library, "digest", "a", [id], besides=TWO) == {PAPER: Shown(1, ONE)}
    assert earlier_versions(library, "digest", "a", [id], besides=ONE) == {PAPER: Shown(2, TWO)}


VERSIONS = st.none() | st.integers(1, 4)


@given(before=VERSIONS, now=VERSIONS)
def test_status_of(before, now):
    found = status_of(ArxivId(PAPER, now), {PAPER: Shown(before or 0, ONE)})
    assert (found == "updated") == (before is not None and now is not None and now > before)
    assert found != "unseen"
    assert status_of(ArxivId("2509.00009", now), {PAPER: Shown(before or 0, ONE)}) == "unseen"


# Killed, and with the real listings


SCRIPT = """
import os, sys
from datetime import date
from pathlib import Path
from index.arxiv.ids import ArxivId
from assistant.digest.ledger import record_report_rows
from index.store.library import Library
with Library.open(Path(sys.argv[1])) as library, library.transaction() as connection:
    record_report_rows(connection, "digest", "a", date(2025, 9, 18), [(ArxivId("2509.00001", 1), "full text")])
    connection.execute("INSERT INTO reports VALUES ('digest', 'a', '2025-09-18', 'en', '{}', '')")
    os.kill(os.getpid(), 9)
"""


def test_killed_before_the_report_stands(library):
    killed = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(library.home)], cwd=Path(__file__).parents[1], env=dict(os.environ)
    )
    assert killed.returncode == -9
    assert shown(library, "digest", "a") == {}
    with library.read() as connection:
        assert connection.execute("SELECT COUNT(*) FROM reports").fetchone()[0] == 0
    record(library, ONE, (ArxivId(PAPER, 1), "full text"))
    assert len(shown(library, "digest", "a")) == 1


def test_three_real_days_in_any_order(library):
    files = sorted(LISTINGS.glob("*.jsonl"))
    if not files:
        pytest.skip("no listings in ../shared/feeds/daily_listing")
    days = [read_listing(file) for file in files]
    for listing in [*reversed(days), *days]:
        note_announcements(library, listing.announcements, NOW)
    bases = {paper.id.base for listing in days for paper in listing.announcements}
    assert len(rows(library)) == len(bases)
    first, second, last = days
    assert list(announced_before(library, first.day)) == []
    before = sorted(announced_before(library, last.day))
    assert before == sorted(paper.title for listing in (first, second) for paper in listing.announcements)
    record(library, first.day, *((paper.id, "listed") for paper in first.announcements))
    earlier = earlier_versions(library, "digest", "a", [paper.id for paper in first.announcements])
    assert {status_of(paper.id, earlier) for paper in first.announcements} == {"seen"}
    assert {status_of(paper.id, earlier) for paper in last.announcements} == {"unseen"}
