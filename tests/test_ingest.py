"""Papers in: once, again, changed, broken, killed; with the real reader, embedder, SQLite and Chroma."""

import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from werkzeug import Response

from assistant.breakdown.sources import library_subject
from assistant.config.settings import Settings
from assistant.context import AppContext
from assistant.doctor import examine
from index.arxiv.client import ArxivClient
from index.ingest.embedding import Progress, put_again, reindex_library
from index.ingest.ingest import Found, Outcome, PaperDone, remove_paper
from index.model.errors import EmbedderError, EmbedderMismatch, LibraryBusy, UnreadablePdf
from index.model.paper import Zone
from index.model.records import Filters
from index.store.bibliography import kept_facts
from index.store.tags import set_tag, tags_of_papers
from index.store.vectors import lost_vectors
from ui.pages.paper_pages import PageImages


@pytest.fixture
def folder(tmp_path, sample_papers):
    papers = tmp_path / "papers" / "inner"
    papers.mkdir(parents=True)
    for name in ("many_spans.pdf", "two_legs.pdf"):
        shutil.copy(sample_papers / name, papers)
    return tmp_path / "papers"


@pytest.fixture
def context(home):
    with AppContext(Settings(home=home), lambda line: None) as opened:
        yield opened


def outcomes(context, *sources):
    events = list(context.ingestion().run([str(source) for source in sources]))
    done = [event for event in events if isinstance(event, PaperDone)]
    assert isinstance(events[0], Found) and events[0].total == len(done)
    return {Path(event.file).name: event for event in done}


def whole(context):
    """The vector index holds what the library says, and every vector finds itself."""
    assert context.vectors.ids() == {int(each) for each in context.library.ids()}
    assert not lost_vectors(context.library, context.vectors)
    assert {each.state for each in context.library.papers()} <= {"ready"}
    return True


def test_added_once_then_unchanged(context, folder):
    first = outcomes(context, folder)
    assert {each.outcome for each in first.values()} == {Outcome.ADDED} and len(first) == 2
    assert all(each.title and each.chunks for each in first.values())
    before = context.library.ids().tolist()
    assert {each.outcome for each in outcomes(context, folder).values()} == {Outcome.UNCHANGED}
    assert context.library.ids().tolist() == before and whole(context)


def test_a_paper_is_found_by_its_words_before_it_has_vectors(context, folder):
    said = []
    context.searcher.missing.tell = said.append
    done = [event for event in context.ingestion().read([str(folder)]) if isinstance(event, PaperDone)]
    assert {each.outcome for each in done} == {Outcome.ADDED} and not len(context.library.ids())
    assert {each.state for each in context.library.papers()} == {"pending"}
    found = context.searcher.search("late interaction")
    assert found.passages[0].paper.title == context.library.find("two_legs.pdf").title
    context.searcher.search("late interaction")
    assert len(said) == 1 and "found by their words alone" in said[0]
    list(context.ingestion().embed())
    assert whole(context) and context.searcher.search("late interaction").passages
    assert len(said) == 1 and context.library.check_embedder(context.embedder.identity) is None


def test_references_have_words_and_no_vectors(context, folder):
    outcomes(context, folder)
    stored = {chunk.id: chunk.zone for each in context.library.papers() for chunk in context.library.chunks_of(each.id)}
    without = set(stored) - {int(id) for id in context.library.ids()}
    assert without and {stored[id] for id in without} == {Zone.REFERENCES}
    references = Filters(zones=frozenset({Zone.REFERENCES}))
    assert context.searcher.search("retrieval", filters=references).passages


def test_what_was_asked_about_gets_its_vectors_first_and_a_stop_loses_nothing(context, folder):
    ingestion = context.ingestion()
    list(ingestion.read([str(folder)]))
    first, last = (each.id for each in context.library.without_vectors())
    context.searcher.search("anything", filters=Filters(papers=frozenset({last})))
    steps = ingestion.embed()
    assert next(steps).file == context.library.record(last).file
    with pytest.raises(LibraryBusy, match="making the vectors"):
        list(context.ingestion().embed())
    remove_paper(context.library, context.vectors, context.library.record(last))  # nobody holds the library meanwhile
    assert next(step.file for step in steps) == context.library.record(first).file
    steps.close()
    assert [each.id for each in context.library.without_vectors()] == [first]
    assert outcomes(context, folder / "inner" / "none.pdf")["none.pdf"].outcome is Outcome.FAILED
    assert whole(context) and [each.id for each in context.library.papers()] == [first]


def test_progress_names_the_stage(context, folder):
    stages = [each.stage for each in context.ingestion().run([str(folder)]) if isinstance(each, Progress)]
    assert {"reading", "embedding"} <= set(stages)


def test_a_changed_file_replaces_its_paper_and_keeps_its_id_and_tags(context, tmp_path):
    path = tmp_path / "draft.pdf"
    path.write_bytes(_typeset("A Study of Rivers"))
    outcomes(context, path)
    before = context.library.find("draft.pdf")
    set_tag(context.library, before.id, "mine")
    path.write_bytes(_typeset("A Study of Rivers", "This version has a sentence that the first one did not have. "))
    assert outcomes(context, path)["draft.pdf"].outcome is Outcome.REPLACED
    after = context.library.papers()
    assert [each.id for each in after] == [before.id] and after[0].sha256 != before.sha256 and whole(context)
    assert tags_of_papers(context.library) == {before.id: ("mine",)}


def test_another_paper_under_the_same_path_is_a_paper_of_its_own(context, folder, sample_papers, tmp_path):
    """The old one keeps its id and its tags, and says that its file is gone; found again, it is linked again."""
    path = folder / "inner" / "many_spans.pdf"
    outcomes(context, path)
    old = context.library.by_file(str(path))
    set_tag(context.library, old.id, "mine")
    before = context.library.paper(old.id).text
    shutil.copy(sample_papers / "two_legs.pdf", path)
    assert outcomes(context, path)["many_spans.pdf"].outcome is Outcome.ADDED
    new = context.library.by_file(str(path))
    assert new.id != old.id and new.title != old.title and not new.file_lost
    kept = context.library.record(old.id)
    assert kept.file_lost and kept.title == old.title and context.library.paper(old.id).text == before
    assert tags_of_papers(context.library) == {old.id: ("mine",)} and whole(context)
    assert context.library.find("many_spans.pdf").id == new.id, "a file name means the paper that is there"
    with pytest.raises(UnreadablePdf, match="another paper now"):
        PageImages(context.library, context.drawer()).file(old.id)
    assert library_subject(kept, context.library.paper(old.id)).file == ""
    list(reindex_library(context.library, context.vectors, context.embedder, context.index_settings, chunks=True))
    assert context.library.record(old.id).file_lost and not context.library.record(new.id).file_lost
    assert outcomes(context, path)["many_spans.pdf"].outcome is Outcome.UNCHANGED

    elsewhere = Path(shutil.copy(sample_papers / "many_spans.pdf", tmp_path / "found.pdf"))
    assert outcomes(context, elsewhere)["found.pdf"].outcome is Outcome.MOVED
    images = PageImages(context.library, context.drawer())
    assert images.file(old.id) == elsewhere and images.file(new.id) == path
    assert len(context.library.papers()) == 2 and whole(context)


def test_a_moved_file_is_linked_again(context, folder, tmp_path):
    outcomes(context, folder)
    before = {each.id: each.sha256 for each in context.library.papers()}
    folder.rename(tmp_path / "elsewhere")
    assert not next(check for check in examine(context) if check.name == "files").well
    done = outcomes(context, tmp_path / "elsewhere")
    assert {each.outcome for each in done.values()} == {Outcome.MOVED} and all(each.title for each in done.values())
    records = context.library.papers()
    assert {each.id: each.sha256 for each in records} == before and whole(context)
    for each in records:
        assert (
            PageImages(context.library, context.drawer()).file(each.id)
            == tmp_path / "elsewhere" / "inner" / Path(each.file).name
        )
    assert next(check for check in examine(context) if check.name == "files").well
    assert {each.outcome for each in outcomes(context, tmp_path / "elsewhere").values()} == {Outcome.UNCHANGED}


def test_a_renamed_file_whose_name_another_paper_took_is_linked_in_one_run(context, folder, sample_papers):
    one = folder / "inner" / "many_spans.pdf"
    outcomes(context, one)
    old = context.library.by_file(str(one))
    one.rename(folder / "inner" / "a_renamed.pdf")
    shutil.copy(sample_papers / "two_legs.pdf", one)
    (folder / "inner" / "two_legs.pdf").unlink()
    done = outcomes(context, folder)
    assert [done[name].outcome for name in ("a_renamed.pdf", "many_spans.pdf")] == [Outcome.MOVED, Outcome.ADDED]
    assert context.library.record(old.id).file == str(folder / "inner" / "a_renamed.pdf") and whole(context)
    assert not any(each.file_lost for each in context.library.papers())


def test_a_home_that_was_moved_has_its_files(home, sample_papers, tmp_path):
    kept = home / "papers" / "abc" / "many_spans.pdf"
    kept.parent.mkdir(parents=True)
    shutil.copy(sample_papers / "many_spans.pdf", kept)
    with AppContext(Settings(home=home), lambda line: None) as context:
        outcomes(context, kept)
        assert context.library.papers()[0].file == str(kept)
    moved = home.rename(tmp_path / "moved")
    with AppContext(Settings(home=moved), lambda line: None) as context:
        now = moved / "papers" / "abc" / "many_spans.pdf"
        assert PageImages(context.library, context.drawer()).file(context.library.papers()[0].id) == now
        assert context.library.find(str(now)) == context.library.by_file(str(now)) == context.library.papers()[0]
        assert outcomes(context, now)["many_spans.pdf"].outcome is Outcome.UNCHANGED and whole(context)


def test_after_an_ingestion_the_file_of_the_library_is_whole_without_its_log(context, folder, tmp_path):
    outcomes(context, folder)
    copy = shutil.copy(context.library.home / "library.db", tmp_path / "copy.db")
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT count(*) FROM papers WHERE state = 'ready'").fetchone() == (2,)


def test_old_bytes_of_a_replaced_file_are_a_paper_beside_the_new_one(context, folder):
    """A replaced file keeps the id that its old bytes gave it: a backup of those must not take its place."""
    added = "This sentence is new. "
    old, new = (_typeset("A Study of Rivers", text) for text in ("", added))
    draft = folder / "draft.pdf"
    for kept in (old, new):
        draft.write_bytes(kept)
        outcomes(context, draft)
    for count, backup in enumerate(("first.pdf", "second.pdf"), 2):
        path = folder / backup
        path.write_bytes(old)
        assert outcomes(context, path)[backup].outcome is Outcome.ADDED
        records = context.library.papers()
        assert len({each.id for each in records}) == count and whole(context)
        assert context.library.by_file(str(draft)) in records
        assert context.library.find(context.library.by_file(str(path)).id).file == str(path)
        assert outcomes(context, path)[backup].outcome is Outcome.UNCHANGED
        path.write_bytes(_typeset("A Study of Rivers", added * (count + 1)))
        assert outcomes(context, path)[backup].outcome is Outcome.REPLACED


def _typeset(title, more=""):
    import pymupdf

    with pymupdf.open() as document:
        page = document.new_page()
        page.insert_text((72, 90), title, fontsize=20)
        text = f"{title} speaks of what its title says, at some length and in plain words. " * 25
        page.insert_textbox(pymupdf.Rect(72, 150, 520, 760), text + more, fontsize=10)
        return document.tobytes()


def test_a_copy_under_another_name_is_the_same_paper(context, folder):
    outcomes(context, folder)
    shutil.copy(folder / "inner" / "many_spans.pdf", folder / "copy.pdf")
    assert outcomes(context, folder)["copy.pdf"].outcome is Outcome.UNCHANGED


def test_a_bad_source_is_an_event_and_the_rest_goes_on(context, folder):
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7 and no more")
    (folder / "page.pdf").write_bytes(b"<html>not found</html>")
    done = outcomes(context, folder, folder / "missing.pdf")
    reasons = {name: each.reason for name, each in done.items() if each.outcome is Outcome.FAILED}
    assert reasons == {"broken.pdf": "truncated", "page.pdf": "not_a_pdf", "missing.pdf": "not_found"}
    assert all(done[name].detail.rstrip().endswith((".", "…", "once more")) for name in reasons)
    assert sum(each.outcome is Outcome.ADDED for each in done.values()) == 2 and whole(context)


def test_a_false_arxiv_stamp_replaces_nothing(context, tmp_path):
    """Another paper that says it is a newer version of one that is there becomes a paper of its own."""
    import pymupdf

    def typeset(name, title, stamp):
        with pymupdf.open() as document:
            page = document.new_page()
            page.insert_text((72, 90), title, fontsize=20)
            page.insert_text((72, 130), stamp, fontsize=9)
            text = f"{title}. This text speaks of what the title says, at some length and in plain words. " * 30
            page.insert_textbox(pymupdf.Rect(72, 150, 520, 760), text, fontsize=10)
            document.save(tmp_path / name)
        return tmp_path / name

    first = typeset("one.pdf", "A Study of Rivers", "arXiv:2101.00001v1 [cs.CL] 1 Jan 2021")
    false = typeset("two.pdf", "Buy Our Product Now", "arXiv:2101.00001v9 [cs.CL] 1 Jan 2024")
    newer = typeset("three.pdf", "A Study of Rivers", "arXiv:2101.00001v2 [cs.CL] 1 Jan 2022")
    assert outcomes(context, first)["one.pdf"].outcome is Outcome.ADDED
    assert outcomes(context, false)["two.pdf"].outcome is Outcome.ADDED
    assert outcomes(context, newer)["three.pdf"].outcome is Outcome.REPLACED
    assert outcomes(context, first)["one.pdf"].outcome is Outcome.UNCHANGED, "the older version does not come back"
    assert sorted(each.title for each in context.library.papers()) == ["A Study of Rivers", "Buy Our Product Now"]
    assert whole(context)


def test_an_arxiv_paper_by_id_then_its_new_version(context, sample_papers, httpserver, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    feed = (Path(__file__).parent / "data" / "arxiv" / "two_papers.atom.xml").read_bytes()
    files = {2: sample_papers / "many_spans.pdf", 3: sample_papers / "two_legs.pdf"}
    latest, asked = [2], []

    def listing(request):
        return Response(feed.replace(b"2512.99999v2", f"2512.99999v{latest[0]}".encode()))

    def pdf(request):
        asked.append(request.path)
        return Response(files[latest[0]].read_bytes(), content_type="application/pdf")

    httpserver.expect_request("/api").respond_with_handler(listing)
    httpserver.expect_request(re.compile("/pdf/.*")).respond_with_handler(pdf)
    ingestion = context.ingestion()
    api, pdfs = httpserver.url_for("/api"), httpserver.url_for("/pdf")
    with ArxivClient(api_url=api, pdf_url=pdfs, delay_seconds=0) as ingestion.arxiv:

        def run(source):
            (event,) = [each for each in ingestion.run([source]) if isinstance(each, PaperDone)]
            return event.outcome

        assert run("arxiv:2512.99999") is Outcome.ADDED
        record = context.library.find("2512.99999")
        assert (record.arxiv_id, record.year, record.title) == ("2512.99999v2", 2025, "A Paper That Was Never Written")
        assert kept_facts(context.library) == {record.id: {"doi": "10.1000/nothing"}}
        assert run("https://arxiv.org/abs/2512.99999") is Outcome.UNCHANGED and len(asked) == 1
        latest[0] = 3
        assert run("2512.99999") is Outcome.REPLACED
        assert run("2512.99999v1") is Outcome.UNCHANGED, "an older version does not come back"
    assert [(each.id, each.arxiv_id) for each in context.library.papers()] == [(record.id, "2512.99999v3")]
    assert asked == ["/pdf/2512.99999v2", "/pdf/2512.99999v3"] and whole(context)


def test_a_fault_of_ours_stops_its_paper_only(context, folder, caplog):
    """An embedder that breaks on one paper: the others come in, and the fault is in the log."""

    class Breaking:
        def __init__(self, embedder):
            self._embedder = embedder

        def __getattr__(self, name):
            return getattr(self._embedder, name)

        def embed(self, texts):
            if any("late interaction" in text for text in texts):
                raise IndexError("broken")
            return self._embedder.embed(texts)

    ingestion = context.ingestion()
    ingestion.embedder = Breaking(context.embedder)
    with pytest.raises(EmbedderError, match="1 papers"):
        list(ingestion.run([str(folder)]))
    assert "IndexError" in caplog.text
    states = {Path(each.file).name: each.state for each in context.library.papers()}
    assert states == {"two_legs.pdf": "pending", "many_spans.pdf": "ready"}
    assert context.searcher.search("late interaction").passages, "by its words"
    list(context.ingestion().embed())
    assert whole(context)


@pytest.mark.parametrize("source", ["~nobody-of-that-name/x.pdf", "x" * 5000, "nul\0byte.pdf"])
def test_a_source_that_cannot_be_looked_at_is_an_event(context, source):
    (event,) = [each for each in context.ingestion().run([source]) if isinstance(each, PaperDone)]
    assert event.outcome is Outcome.FAILED and event.reason in ("not_found", "unreadable")


@pytest.mark.timeout(120)
def test_what_is_no_regular_file_or_too_large_is_never_opened(context, folder):
    """Each was opened by the process that holds the library's lock, which then waited for ever."""
    os.mkfifo(folder / "pipe.pdf")
    (folder / "device.pdf").symlink_to("/dev/zero")
    (folder / "self.pdf").symlink_to("self.pdf")
    with (folder / "huge.pdf").open("wb") as huge:
        huge.truncate(1 << 40)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(folder / "socket.pdf"))
        done = outcomes(context, folder, folder / "pipe.pdf", "/dev/stdin")
    failed = {name: each for name, each in done.items() if each.outcome is Outcome.FAILED}
    assert {name: each.reason for name, each in failed.items()} == {
        "pipe.pdf": "unreadable",
        "device.pdf": "unreadable",
        "self.pdf": "unreadable",
        "socket.pdf": "unreadable",
        "stdin": "unreadable",
        "huge.pdf": "too_large",
    }
    assert "it is a named pipe, not a file" in failed["pipe.pdf"].detail
    assert "it is a device, not a file" in failed["device.pdf"].detail
    assert all(each.detail.endswith((", and readable.", ": make it smaller.")) for each in failed.values())
    assert sum(each.outcome is Outcome.ADDED for each in done.values()) == 2 and whole(context)


def test_a_file_that_changes_between_hash_and_reading_is_not_kept_under_the_wrong_hash(context, folder, sample_papers):
    path = folder / "inner" / "two_legs.pdf"
    events = context.ingestion().run([str(folder)])
    assert next(events) == Found(2) and next(events).stage == "reading"  # hashed both, and the worker is still starting
    shutil.copy(sample_papers / "evidence_first.pdf", path)
    done = {Path(each.file).name: each for each in events if isinstance(each, PaperDone)}
    assert done["many_spans.pdf"].outcome is Outcome.ADDED
    assert done["two_legs.pdf"].detail == "two_legs.pdf has changed in the meantime: add it again."
    assert outcomes(context, path)["two_legs.pdf"].outcome is Outcome.ADDED and whole(context)


def test_removal_leaves_nothing_behind(context, folder):
    outcomes(context, folder)
    record = context.library.find("two_legs.pdf")
    remove_paper(context.library, context.vectors, record)
    assert record.id not in context.records() and whole(context)
    assert all(each.paper.id != record.id for each in context.searcher.search("late interaction", 10).passages)
    assert (folder / "inner" / "two_legs.pdf").exists()


def test_a_second_writer_is_told_to_wait(context, folder):
    with context.library.writing(), pytest.raises(LibraryBusy, match="pid"):
        list(context.ingestion().run([str(folder)]))


def test_another_embedder_is_an_error_until_reindexed(context, folder, home):
    outcomes(context, folder / "inner" / "two_legs.pdf")
    context.library.set_embedder("something-else@1")
    with pytest.raises(EmbedderMismatch, match="papers reindex"):
        context.searcher.search("anything")
    with pytest.raises(EmbedderMismatch, match="papers reindex"):
        outcomes(context, folder)
    list(reindex_library(context.library, context.vectors, context.embedder, context.index_settings))
    assert context.searcher.search("late interaction").passages and whole(context)


def test_a_lost_vector_index_is_made_again(context, folder, home):
    outcomes(context, folder)
    context.vectors.close()
    shutil.rmtree(home / "vectors")
    outcomes(context, folder)
    assert whole(context)


@pytest.mark.slow
def test_killed_at_any_time_and_run_again(home, folder):
    """SIGKILL after more and more of the run; the next run finishes, and nothing is doubled or lost."""
    command = [sys.executable, "-m", "ui.cli", "--home", str(home), "ingest", str(folder)]
    for seconds in (1.5, 3.0, 4.5):
        process = subprocess.Popen(
            command, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(seconds)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    with AppContext(Settings(home=home), lambda line: None) as context:
        outcomes(context, folder)
        assert len(context.library.papers()) == 2 and whole(context)


@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGHUP], ids=lambda each: each.name)
@pytest.mark.parametrize("ctrl_c", [signal.SIG_DFL, signal.SIG_IGN], ids=["terminal", "script"])
def test_ended_by_a_service_manager_or_a_closed_terminal_as_by_ctrl_c(home, folder, by, ctrl_c):
    command = [sys.executable, "-m", "ui.cli", "--home", str(home), "ingest", str(folder)]
    before = signal.signal(signal.SIGINT, ctrl_c)  # a shell script ignores it for what it begins with &
    try:
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
    finally:
        signal.signal(signal.SIGINT, before)
    try:
        while not Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text():  # until there is a worker
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(by)
        status, said = process.wait(60), process.stderr.read()
        assert status == 130 and "papers: stopped" in said, said
    finally:
        process.kill()
        process.stderr.close()


def test_a_paper_that_is_replaced_or_removed_while_it_is_cut_again_stays_as_it_is_then(context, folder):
    outcomes(context, folder)
    old, other = (context.library.find(name) for name in ("two_legs.pdf", "many_spans.pdf"))
    paper, chunks = context.library.paper(old.id), []
    identity, settings = context.embedder.identity, context.index_settings
    context.library.put(paper, chunks, None, file=old.file, sha256="newer", embedder=identity)
    put_again(context.library, context.embedder, settings, old)
    assert context.library.record(old.id).sha256 == "newer"
    steps = reindex_library(context.library, context.vectors, context.embedder, settings, chunks=True)
    assert next(step for step in steps if step.stage == "cutting").done == 0
    remove_paper(context.library, context.vectors, other)
    list(steps)
    assert [each.id for each in context.library.papers()] == [old.id] and whole(context)
