"""A report from a listing to its record: what is shown once, what goes on, what adds up, who waits for whom."""

import dataclasses
import json
from datetime import date
from pathlib import Path

import pytest
from page_faults import digest_faults
from small_papers import small_paper

from assistant.answering.events import Working
from assistant.breakdown.record import Basis, Breakdown, Field, Finding, Origin, Reference, Subject
from assistant.config.profiles import place_order
from assistant.digest.digest import ReportContext, make_report, only_run
from assistant.digest.ledger import list_reports, newest_reports, report_of, shown
from assistant.digest.record import Announced, NothingNew, PaperFinished, ReportReady
from assistant.digest.similarity import Wanted
from assistant.report.files import FEED, write_files
from index.arxiv.announcements import Announcement, Listing
from index.arxiv.ids import ArxivId
from index.arxiv.listings import read_listing
from index.model.errors import LibraryBusy, UnreadablePdf
from index.model.paper import Zone
from index.store.library import Library

DAY, NEXT = date(2026, 1, 19), date(2026, 1, 20)


class Abstracts:
    """Reads every paper from its abstract; fails as it is told."""

    def __init__(self, failures=()):
        self.failures = dict(failures)
        self.read = []

    def of(self, announcement, language):
        self.read.append(announcement.id.text)
        if error := self.failures.get(announcement.id.base):
            raise error
        paper = small_paper(announcement.id.text, (("Abstract", Zone.ABSTRACT, announcement.abstract),))
        return Subject(key=paper.id, title=announcement.title, basis=Basis.ABSTRACT, reason="no PDF"), paper


def first_sentence(subject, paper, language):
    """A breakdown of one field: the first sentence of the abstract."""
    yield Working("core_idea", 0, 1)
    start = paper.text.index("\n") + 1
    end = paper.text.index(".", start) + 1
    quote = paper.text[start:end]
    reference = Reference(start=start, end=end, quote=quote, pages=(0, 0), label="Abstract")
    finding = Finding(text=quote, origin=Origin.QUOTE, references=(reference,))
    yield Breakdown(
        subject=subject,
        language=language,
        model="",
        prompts="1",
        made_at="2026-01-19T00:00:00+00:00",
        fields=(Field(name="core_idea", findings=(finding,)),),
    )


@pytest.fixture
def library(tmp_path):
    with Library.open(tmp_path / "home") as opened:
        yield opened


@pytest.fixture
def context(library, embedder):
    return ReportContext(library, embedder, Abstracts(), first_sentence, Wanted(), None)


def order(kind="digest", profile="", **flags):
    placed = place_order(kind, "", {}, {"language": "en"} | flags, language="en", folder=Path("digests"))
    return dataclasses.replace(placed, profile=profile)


def paper(number, version=1, announced="new", categories=("cs.RO",), on=DAY):
    text = f"Robot number {number} folds shirts. It needs {number} hands."
    return Announcement(
        ArxivId(f"2601.{number:05d}", version), f"Robot {number}", ("Ana Roe",), text, categories, announced, on, None
    )


def listing(*papers, day=DAY):
    return Listing(papers, day, "made", complete=True, warnings=("one is missing",), quiet="" if papers else "Sunday.")


def last(events):
    return list(events)[-1]


def test_every_paper_of_the_listing_is_accounted_for(context):
    made = listing(
        *(paper(number) for number in range(1, 6)), paper(6, categories=("math.PR",)), paper(7, 2, "replace")
    )
    *events, ready = make_report(order(categories=("cs.RO",), top=2), made, DAY, context)
    report = ready.report
    assert [card.treatment for card in report.cards] == ["abstract only"] * 2 + ["listed"] * 3
    counts = report.counts
    assert counts.announced == 7 == sum(counts.left_out.values()) + counts.seen + counts.kept
    assert counts.by_type == {"new": 6, "replace": 1}
    assert all(card.reasons for card in report.cards) and report.warnings == ("one is missing",)
    assert report.cards[0].note == "no PDF"
    assert sum(isinstance(event, PaperFinished) for event in events) == 2
    assert Announced(7, 5, 2, ("one is missing",)) in events
    assert report_of(context.library, "digest", "", DAY, "en") == report
    assert {key: value for key, (_, value) in shown(context.library, "digest", "").items()} == {
        (f"2601.{number:05d}", 1): "abstract only" if number < 3 else "listed" for number in range(1, 6)
    }


def test_again_from_the_same_listing_is_nothing_new(context):
    made = listing(paper(1), paper(2))
    first = last(make_report(order(), made, DAY, context))
    again = last(make_report(order(), made, DAY, context))
    assert isinstance(again, NothingNew) and again.report == first.report and again.counts.seen == 2
    assert context.texts.read == ["2601.00001v1", "2601.00002v1"]
    anew = last(make_report(order(top=1), made, DAY, context, again=True))
    assert [card.treatment for card in anew.report.cards] == ["abstract only", "listed"]


def test_a_paper_is_shown_once_and_its_new_version_as_an_update(context):
    last(make_report(order(), listing(paper(1), paper(2)), DAY, context))
    later = listing(paper(1, 1, "cross"), paper(2, 2, "replace", on=NEXT), paper(3, on=NEXT), day=NEXT)
    ready = last(make_report(order(), later, NEXT, context))
    assert {card.arxiv_id: card.updated_since for card in ready.report.cards} == {
        "2601.00002v2": DAY,
        "2601.00003v1": None,
    }
    assert ready.report.counts.seen == 1
    other = last(make_report(order(profile="other"), later, NEXT, context))
    assert {card.arxiv_id for card in other.report.cards} == {"2601.00001v1", "2601.00003v1"}


def test_the_withdrawal_of_a_paper_that_was_shown_is_said_and_not_broken_down(context):
    list(make_report(order("monitor", keywords=("hands",)), listing(paper(1), paper(2)), DAY, context))
    notice = dataclasses.replace(
        paper(1, 2, "replace", on=NEXT),
        abstract="This paper has been withdrawn by the authors, as Equation 3 is wrong.",
    )
    never_shown = dataclasses.replace(notice, id=ArxivId("2601.00009", 2))
    seen = len(context.texts.read)
    made = listing(notice, paper(3, on=NEXT), never_shown, day=NEXT)
    ready = last(make_report(order("monitor", keywords=("hands",)), made, NEXT, context))
    first, second = ready.report.cards
    assert (first.arxiv_id, first.treatment) == ("2601.00003v1", "abstract only")
    assert (second.arxiv_id, second.treatment, second.updated_since) == ("2601.00001v2", "listed", DAY)
    assert second.reasons == ("withdrawn by its authors since the report of 2026-01-19",)
    assert ready.report.warnings[0] == "“Robot 1” (2601.00001v2), shown on 2026-01-19, was withdrawn by its authors."
    assert len(context.texts.read) == seen + 1
    assert ready.counts.left_out == {"no keyword": 1}
    assert not digest_faults(ready.report)
    assert isinstance(last(make_report(order("monitor", keywords=("hands",)), made, NEXT, context)), NothingNew)


def test_a_later_listing_of_the_day_goes_into_its_report(context):
    last(make_report(order(), listing(paper(1), paper(2)), DAY, context))
    ready = last(make_report(order(), listing(paper(2), paper(3)), DAY, context))
    assert {card.arxiv_id[:10] for card in ready.report.cards} == {"2601.00001", "2601.00002", "2601.00003"}
    counts = ready.report.counts
    assert (counts.announced, counts.seen, counts.kept) == (4, 1, 3)
    assert (ready.counts.announced, ready.counts.seen, ready.counts.kept) == (2, 1, 1)


def test_each_language_has_its_report(context):
    for language in ("en", "zh"):
        assert isinstance(last(make_report(order(language=language), listing(paper(1)), DAY, context)), ReportReady)
    assert {language for *_, language in list_reports(context.library)} == {"en", "zh"}


def test_a_quiet_day_is_nothing_new_and_leaves_no_report(context):
    ending = last(make_report(order(), listing(), DAY, context))
    assert (ending.reason, ending.report) == ("Sunday.", None) and newest_reports(context.library, 9) == []


def test_one_bad_paper_stops_no_other(library, embedder, caplog):
    texts = Abstracts({"2601.00001": UnreadablePdf("It is torn."), "2601.00002": ZeroDivisionError()})
    context = ReportContext(library, embedder, texts, first_sentence, Wanted(), None)
    report = last(make_report(order(), listing(*(paper(number) for number in (1, 2, 3))), DAY, context)).report
    assert [card.treatment for card in report.cards] == ["failed", "failed", "abstract only"]
    assert report.cards[0].note == "It could not be broken down: It is torn."
    assert report.counts.failures == {"UnreadablePdf": 1, "bug": 1} and "2601.00002" in caplog.text


def test_a_run_that_dies_leaves_neither_report_nor_rows(library, embedder):
    texts = Abstracts({"2601.00002": KeyboardInterrupt()})
    context = ReportContext(library, embedder, texts, first_sentence, Wanted(), None)
    with pytest.raises(KeyboardInterrupt):
        last(make_report(order(), listing(paper(1), paper(2)), DAY, context))
    assert newest_reports(library, 9) == [] and shown(library, "digest", "") == {}
    texts.failures.clear()
    assert last(make_report(order(), listing(paper(1), paper(2)), DAY, context)).report.counts.kept == 2


def test_a_second_run_says_who_is_at_work(context, monkeypatch):
    import os

    monkeypatch.setattr("assistant.digest.digest._WAIT_SECONDS", 0.1)
    with only_run(context.library, order()):
        with pytest.raises(LibraryBusy, match=str(os.getpid())):
            last(make_report(order(), listing(paper(1)), DAY, context))
        assert isinstance(last(make_report(order(profile="other"), listing(paper(1)), DAY, context)), ReportReady)


@pytest.mark.parametrize("day", ["2026-01-08", "2026-01-19", "2026-02-02"])
@pytest.mark.parametrize("kind", ["digest", "monitor"])
def test_the_real_listings(shared, context, day, kind):
    real = read_listing(shared / "feeds" / "daily_listing" / f"{day}.jsonl")
    asked = order(kind, categories=("cs.CV", "cs.LG"), keywords=("diffusion",), top=3)
    report = last(make_report(asked, real, real.day, context)).report
    counts = report.counts
    assert counts.announced == len(real.announcements) == sum(counts.left_out.values()) + counts.seen + counts.kept
    assert (
        digest_faults(report) == []
        and counts.kept == len(report.cards)
        and counts.abstract_only == 3
        and counts.listed > 0
    )


def test_files_are_views_of_the_record(context, tmp_path):
    report = last(make_report(order(profile="robots"), listing(paper(1), paper(2)), DAY, context)).report
    folder = tmp_path / "out"
    written = write_files(context.library, report, folder, ("md", "html", "json", "rss"))
    assert [path.name for path in written] == [f"2026-01-19-robots.{end}" for end in ("md", "html", "json")] + [FEED]
    assert json.loads(written[2].read_text("utf-8")) == report.model_dump(mode="json")
    before = {path: path.read_bytes() for path in written}
    written[0].unlink()
    written[1].write_text("mine", "utf-8")
    assert write_files(context.library, report, folder, ("md", "html"), missing_only=True) == [written[0]]
    assert written[0].read_bytes() == before[written[0]] and written[1].read_text("utf-8") == "mine"
    assert not [path for path in folder.iterdir() if path.suffix == ".part"]


def test_names_of_files_tell_reports_apart(context):
    from assistant.report.files import file_stem

    names = set()
    for asked in (order(), order(language="zh"), order("monitor", keywords=("robot",)), order(profile="a")):
        names.add(file_stem(last(make_report(asked, listing(paper(1)), DAY, context)).report))
    assert names == {"2026-01-19", "2026-01-19-zh", "2026-01-19-monitor", "2026-01-19-a"}
