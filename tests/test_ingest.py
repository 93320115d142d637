"""Papers in: once, again, changed, broken, killed; with the real reader, embedder, SQLite and Chroma."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from werkzeug import Response

from assistant.context import Workbench
from assistant.settings import Settings
from index.arxiv.client import ArxivClient
from index.ingest.ingest import Found, Outcome, PaperDone, Progress, remove_paper
from index.ingest.reindex import reindex_library
from index.model.errors import EmbedderMismatch, LibraryBusy
from index.store.vectors import lost_vectors


@pytest.fixture
def folder(tmp_path, sample_papers):
    papers = tmp_path / "papers" / "inner"
    papers.mkdir(parents=True)
    for name in ("many_spans.pdf", "two_legs.pdf"):
        shutil.copy(sample_papers / name, papers)
    return tmp_path / "papers"


@pytest.fixture
def bench(home):
    with Workbench(Settings(home=home), lambda line: None) as opened:
        yield opened


def outcomes(bench, *sources):
    events = list(bench.ingestion().run([str(source) for source in sources]))
    done = [event for event in events if isinstance(event, PaperDone)]
    assert isinstance(events[0], Found) and events[0].total == len(done)
    return {Path(event.file).name: event for event in done}


def whole(bench):
    """The vector index holds what the library says, and every vector finds itself."""
    assert bench.vectors.ids() == {int(each) for each in bench.library.ids()}
    assert not lost_vectors(bench.library, bench.vectors)
    assert {each.state for each in bench.library.papers()} <= {"ready"}
    return True


def test_added_once_then_unchanged(bench, folder):
    first = outcomes(bench, folder)
    assert {each.outcome for each in first.values()} == {Outcome.ADDED} and len(first) == 2
    assert all(each.title and each.chunks for each in first.values())
    before = bench.library.ids().tolist()
    assert {each.outcome for each in outcomes(bench, folder).values()} == {Outcome.UNCHANGED}
    assert bench.library.ids().tolist() == before and whole(bench)


def test_progress_names_the_stage(bench, folder):
    stages = [each.stage for each in bench.ingestion().run([str(folder)]) if isinstance(each, Progress)]
    assert {"reading", "embedding"} <= set(stages)


def test_a_changed_file_replaces_its_paper_and_keeps_its_id(bench, folder, sample_papers):
    path = folder / "inner" / "many_spans.pdf"
    outcomes(bench, path)
    before = bench.library.find("many_spans.pdf")
    shutil.copy(sample_papers / "two_legs.pdf", path)
    assert outcomes(bench, path)["many_spans.pdf"].outcome is Outcome.REPLACED
    after = bench.library.papers()
    assert [each.id for each in after] == [before.id] and after[0].title != before.title and whole(bench)


def test_old_bytes_of_a_replaced_file_are_a_paper_beside_the_new_one(bench, folder, sample_papers):
    """A replaced file keeps the id that its old bytes gave it: a backup of those must not take its place."""
    old, new = sample_papers / "many_spans.pdf", sample_papers / "two_legs.pdf"
    draft = folder / "draft.pdf"
    for kept in (old, new):
        shutil.copy(kept, draft)
        outcomes(bench, draft)
    for count, backup in enumerate(("first.pdf", "second.pdf"), 2):
        path = Path(shutil.copy(old, folder / backup))
        assert outcomes(bench, path)[backup].outcome is Outcome.ADDED
        records = bench.library.papers()
        assert len({each.id for each in records}) == count and whole(bench)
        assert bench.library.by_file(str(draft)) in records
        assert bench.library.find(bench.library.by_file(str(path)).id).file == str(path)
        assert outcomes(bench, path)[backup].outcome is Outcome.UNCHANGED
        path.write_bytes(_typeset(f"Draft number {count}"))
        assert outcomes(bench, path)[backup].outcome is Outcome.REPLACED


def _typeset(title):
    import pymupdf

    with pymupdf.open() as document:
        page = document.new_page()
        page.insert_text((72, 90), title, fontsize=20)
        text = f"{title} speaks of what its title says, at some length and in plain words. " * 30
        page.insert_textbox(pymupdf.Rect(72, 150, 520, 760), text, fontsize=10)
        return document.tobytes()


def test_a_copy_under_another_name_is_the_same_paper(bench, folder):
    outcomes(bench, folder)
    shutil.copy(folder / "inner" / "many_spans.pdf", folder / "copy.pdf")
    assert outcomes(bench, folder)["copy.pdf"].outcome is Outcome.UNCHANGED


def test_a_bad_source_is_an_event_and_the_rest_goes_on(bench, folder):
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7 and no more")
    (folder / "page.pdf").write_bytes(b"<html>not found</html>")
    done = outcomes(bench, folder, folder / "missing.pdf")
    reasons = {name: each.reason for name, each in done.items() if each.outcome is Outcome.FAILED}
    assert reasons == {"broken.pdf": "truncated", "page.pdf": "not_a_pdf", "missing.pdf": "not_found"}
    assert all(done[name].detail.rstrip().endswith((".", "…", "once more")) for name in reasons)
    assert sum(each.outcome is Outcome.ADDED for each in done.values()) == 2 and whole(bench)


def test_a_false_arxiv_stamp_replaces_nothing(bench, tmp_path):
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
    assert outcomes(bench, first)["one.pdf"].outcome is Outcome.ADDED
    assert outcomes(bench, false)["two.pdf"].outcome is Outcome.ADDED
    assert outcomes(bench, newer)["three.pdf"].outcome is Outcome.REPLACED
    assert outcomes(bench, first)["one.pdf"].outcome is Outcome.UNCHANGED, "the older version does not come back"
    assert sorted(each.title for each in bench.library.papers()) == ["A Study of Rivers", "Buy Our Product Now"]
    assert whole(bench)


def test_an_arxiv_paper_by_id_then_its_new_version(bench, sample_papers, httpserver, monkeypatch):
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
    ingestion = bench.ingestion()
    api, pdfs = httpserver.url_for("/api"), httpserver.url_for("/pdf")
    with ArxivClient(api_url=api, pdf_url=pdfs, delay_seconds=0) as ingestion.arxiv:

        def run(source):
            (event,) = [each for each in ingestion.run([source]) if isinstance(each, PaperDone)]
            return event.outcome

        assert run("arxiv:2512.99999") is Outcome.ADDED
        record = bench.library.find("2512.99999")
        assert (record.arxiv_id, record.year, record.title) == ("2512.99999v2", 2025, "A Paper That Was Never Written")
        assert run("https://arxiv.org/abs/2512.99999") is Outcome.UNCHANGED and len(asked) == 1
        latest[0] = 3
        assert run("2512.99999") is Outcome.REPLACED
        assert run("2512.99999v1") is Outcome.UNCHANGED, "an older version does not come back"
    assert [(each.id, each.arxiv_id) for each in bench.library.papers()] == [(record.id, "2512.99999v3")]
    assert asked == ["/pdf/2512.99999v2", "/pdf/2512.99999v3"] and whole(bench)


def test_a_fault_of_ours_stops_its_paper_only(bench, folder, caplog):
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

    ingestion = bench.ingestion()
    ingestion.embedder = Breaking(bench.embedder)
    done = {Path(each.file).name: each for each in ingestion.run([str(folder)]) if isinstance(each, PaperDone)}
    assert done["two_legs.pdf"].reason == "bug" and "IndexError" in caplog.text
    assert done["many_spans.pdf"].outcome is Outcome.ADDED and whole(bench)


@pytest.mark.parametrize("source", ["~nobody-of-that-name/x.pdf", "x" * 5000, "nul\0byte.pdf"])
def test_a_source_that_cannot_be_looked_at_is_an_event(bench, source):
    (event,) = [each for each in bench.ingestion().run([source]) if isinstance(each, PaperDone)]
    assert event.outcome is Outcome.FAILED and event.reason in ("not_found", "unreadable")


def test_removal_leaves_nothing_behind(bench, folder):
    outcomes(bench, folder)
    record = bench.library.find("two_legs.pdf")
    remove_paper(bench.library, bench.vectors, record)
    assert record.id not in bench.records() and whole(bench)
    assert all(each.paper.id != record.id for each in bench.searcher.search("late interaction", 10).passages)
    assert (folder / "inner" / "two_legs.pdf").exists()


def test_a_second_writer_is_told_to_wait(bench, folder):
    with bench.library.writing(), pytest.raises(LibraryBusy, match="pid"):
        list(bench.ingestion().run([str(folder)]))


def test_another_embedder_is_an_error_until_reindexed(bench, folder, home):
    outcomes(bench, folder / "inner" / "two_legs.pdf")
    bench.library.set_embedder("something-else@1")
    with pytest.raises(EmbedderMismatch, match="papers reindex"):
        bench.searcher.search("anything")
    with pytest.raises(EmbedderMismatch, match="papers reindex"):
        outcomes(bench, folder)
    list(reindex_library(bench.library, bench.vectors, bench.embedder, bench.index_settings))
    assert bench.searcher.search("late interaction").passages and whole(bench)


def test_a_lost_vector_index_is_made_again(bench, folder, home):
    outcomes(bench, folder)
    bench.vectors.close()
    shutil.rmtree(home / "vectors")
    outcomes(bench, folder)
    assert whole(bench)


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
    with Workbench(Settings(home=home), lambda line: None) as bench:
        outcomes(bench, folder)
        assert len(bench.library.papers()) == 2 and whole(bench)
