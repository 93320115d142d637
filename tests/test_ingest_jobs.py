"""Papers on their way in: one job for all, its end in every case, and what is kept of uploads."""

import threading
import time
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import pytest
from conftest import new_home
from hypothesis import example, given
from hypothesis import strategies as st
from made_pdfs import BODY, one_page

from assistant.config.settings import Settings
from assistant.context import AppContext
from index.ingest.embedding import Progress
from index.ingest.ingest import Found, Outcome, PaperDone
from ui.jobs.ingest_jobs import LONGEST_NAME, IngestJobs, IngestState, keep_upload, read_pasted, safe_name
from ui.pages.labels import LANGUAGES, Labels
from ui.tabs.library.view import job_html

HOSTILE = "/x/<img src=x onerror=alert(1)>\"' .pdf"


@pytest.fixture(scope="module")
def context(tmp_path_factory, model_folder):
    home = new_home(tmp_path_factory.mktemp("jobs") / "home", model_folder)
    with AppContext(Settings(home=home), lambda line: None) as opened:
        yield opened


@pytest.fixture(scope="module")
def jobs(context):
    working = IngestJobs(context)
    yield working
    working.close()


def until(true, seconds=400):
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def ended(jobs):
    until(lambda: not jobs.state.running)
    return jobs.state


def upload(folder: Path, name: str, text=None) -> Path:
    """A file as the browser leaves it: a folder of its own, its own name."""
    folder.mkdir(parents=True)
    path = folder / name
    if text is None:
        return one_page(path, [f"{name} {line}" for line in BODY])
    path.write_bytes(text)
    return path


def test_a_job_adds_says_why_not_and_leaves_no_file_of_what_became_no_paper(context, jobs, tmp_path):
    papers = context.index_settings.home / "papers"
    good = keep_upload(upload(tmp_path / "a", "kites.pdf"), papers)
    broken = keep_upload(upload(tmp_path / "b", "broken.pdf", b"%PDF-1.4 nothing"), papers)
    number = jobs.state.number + 1
    jobs.add([str(good), str(broken)], [good, broken])
    assert jobs.state.running and jobs.state.number == number
    jobs.add([str(good), str(tmp_path / "none.pdf")])  # joins the job at work, whose number stays
    state = ended(jobs)
    assert state.number == number and state.total == 4 and state.finished == 4 and not state.fault
    assert state.counts == {Outcome.ADDED: 1, Outcome.UNCHANGED: 1, Outcome.FAILED: 2}
    assert [each.reason for each in state.failures] == ["truncated", "not_found"]
    assert "again" in state.failures[0].detail and "Check the path" in state.failures[1].detail
    assert good.is_file() and not broken.parent.exists()
    assert context.library.by_file(str(good)).state == "ready"
    jobs.add([str(good)])
    assert jobs.state.number == number + 1 and ended(jobs).counts == {Outcome.UNCHANGED: 1}


def test_cancel_stops_after_the_step_and_the_library_is_whole_and_free(context, jobs, tmp_path, sample_papers):
    before = len(context.library.papers())
    kept = [keep_upload(upload(tmp_path / n, f"paper {n}.pdf"), context.index_settings.home / "papers") for n in "xyz"]
    jobs.add([str(sample_papers), *map(str, kept)], kept)
    jobs.add(["1706.03762"])  # waits behind, and is never asked for
    until(lambda: jobs.state.file)
    jobs.cancel()
    assert jobs.state.stopping
    state = ended(jobs)
    assert state.finished < state.total and state.waiting == 0
    with context.library.writing():
        records = context.library.papers()
    assert len(records) == before + state.counts.get(Outcome.ADDED, 0)
    assert all(path.exists() == (context.library.by_file(str(path)) is not None) for path in kept)


class SlowIngestion:
    """Finds its sources, then waits before each of them until it may go on."""

    def __init__(self):
        self.go_on = threading.Event()
        self.seen = []

    def read(self, sources):
        yield Found(len(sources))
        for source in sources:
            self.go_on.wait(30)
            self.seen.append(source)
            yield PaperDone(source, Outcome.FAILED)

    def embed(self):
        yield from ()


def test_what_is_added_after_a_stop_is_a_job_of_its_own_and_what_was_dropped_is_counted(tmp_path):
    ingestion = SlowIngestion()
    library = SimpleNamespace(by_file=lambda name: None)
    jobs = IngestJobs(SimpleNamespace(library=library, ingestion=lambda: ingestion))
    kept = [tmp_path / name / "paper.pdf" for name in ("first", "waiting", "again", "late")]
    for path in kept:
        path.parent.mkdir()
        path.write_bytes(b"%PDF")
    first, waiting, again, late = map(str, kept)
    jobs.add([first, "2"], kept[:1])
    until(lambda: jobs.state.total == 2)
    jobs.add([waiting, again, "5"], kept[1:3])
    jobs.cancel()
    jobs.add([late, again], [kept[3], kept[2]])  # one of them is new, the other was dropped onto the page before
    assert jobs.state.number == 1 and jobs.state.waiting == 5
    ingestion.go_on.set()
    until(lambda: jobs.state.number == 2 and not jobs.state.running)
    assert ingestion.seen == [first, late, again] and jobs.state.finished == 2
    assert not jobs.state.stopping and not jobs.state.dropped
    assert not any(path.exists() for path in kept), "looked at by now, and none of them became a paper"


def test_the_sources_of_a_stopped_job_are_counted(tmp_path):
    ingestion = SlowIngestion()
    jobs = IngestJobs(SimpleNamespace(library=None, ingestion=lambda: ingestion))
    jobs.add(["1", "2"])
    until(lambda: jobs.state.total == 2)
    jobs.add(["3", "4", "5"])
    jobs.cancel()
    ingestion.go_on.set()
    state = ended(jobs)
    assert state.waiting == 0 and state.dropped == 3 and ingestion.seen == ["1"]
    assert "4 were not processed" in job_html(Labels("en"), state)


class SteppingIngestion(SlowIngestion):
    """Embeds in steps, and says when."""

    def __init__(self):
        super().__init__()
        self.go_on.set()
        self.steps = 0

    def embed(self):
        for self.steps in range(1, 1000):
            yield Progress("paper.pdf", "embedding", self.steps, 1000)


def test_vectors_wait_for_the_model_and_make_way_for_new_papers():
    ingestion, busy = SteppingIngestion(), threading.Event()
    busy.set()
    jobs = IngestJobs(SimpleNamespace(library=None, ingestion=lambda: ingestion), busy=busy.is_set)
    jobs.add(["1"])
    until(lambda: ingestion.steps)
    time.sleep(0.3)
    assert ingestion.steps == 1 and jobs.state.embedding
    jobs.add(["2"])
    until(lambda: ingestion.seen == ["1", "2"])
    busy.clear()
    assert ended(jobs).total == 2 and ingestion.steps == 999 and not jobs.state.fault


def test_a_server_makes_the_vectors_that_an_earlier_one_left(context, tmp_path):
    file = one_page(tmp_path / "tides.pdf", [f"Tides. {line}" for line in BODY])
    list(context.ingestion().read([str(file)]))
    assert context.library.by_file(str(file)).state == "pending"
    jobs = IngestJobs(context)
    jobs.resume()
    assert not ended(jobs).fault and context.library.by_file(str(file)).state == "ready"
    assert job_html(Labels("en"), jobs.state) == ""
    jobs.resume()
    assert jobs.state.number == 1
    jobs.close()


def test_another_writer_is_said_and_the_next_job_works(context, jobs, tmp_path):
    file = one_page(tmp_path / "wind.pdf", [f"Wind. {line}" for line in BODY])
    with context.library.writing():
        jobs.add([str(file)])
        assert "writing to the library" in ended(jobs).fault
    jobs.add([str(file)])
    assert ended(jobs).counts == {Outcome.ADDED: 1} and not jobs.state.fault


def test_many_threads_add_to_one_job(jobs, tmp_path):
    threads = [threading.Thread(target=jobs.add, args=([str(tmp_path / f"{n}.pdf")],)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    until(lambda: not jobs.state.running)
    assert not jobs.state.waiting and jobs.state.number >= 1


def test_the_time_left_follows_the_papers_that_took_time():
    state = IngestState(number=1, total=10, counts={Outcome.ADDED: 3, Outcome.UNCHANGED: 1}, started=100.0)
    assert state.seconds_left(130.0) == 60.0
    assert IngestState(number=1, total=10, counts={Outcome.UNCHANGED: 4}).seconds_left(130.0) is None
    embedding = IngestState(number=1, stage="embedding", step=300, steps=500, first_step=200, embedding_since=100.0)
    assert embedding.seconds_left(130.0) == 60.0 and replace(embedding, step=200).seconds_left(130.0) is None


@example("论文" * 60)  # as many characters as a file system allows bytes
@given(st.text(min_size=0, max_size=300))
def test_a_safe_name_is_one_harmless_part(name):
    safe = safe_name(name)
    assert safe.endswith(".pdf") and len(safe.encode()) <= LONGEST_NAME + 4
    assert Path(safe).name == safe and not safe.startswith((".", "-")) and not set(safe) & set("<>\"'&/\\\0\n%$`|;*?:")
    assert safe_name(safe) == safe


def test_uploads_keep_their_names_apart_and_are_stored_once(tmp_path):
    one = keep_upload(upload(tmp_path / "a", "2401.18059v2.pdf", b"%PDF one"), tmp_path / "papers")
    two = keep_upload(upload(tmp_path / "b", "2401.18059v2.pdf", b"%PDF two"), tmp_path / "papers")
    again = keep_upload(upload(tmp_path / "c", "2401.18059v2.pdf", b"%PDF one"), tmp_path / "papers")
    assert one.name == two.name == "2401.18059v2.pdf" and one != two and again == one
    assert not list(tmp_path.glob("?/*.pdf"))


@pytest.mark.parametrize(
    ("text", "folders", "sources", "refused"),
    [
        ("https://arxiv.org/abs/1706.03762v5\n\n arXiv:2401.18059 [cs.CL] ", False,
         ("1706.03762v5", "2401.18059"), ()),
        ("1706.03762 1706.03762,2401.18059；2005.11401", False, ("1706.03762", "2401.18059", "2005.11401"), ()),
        ("http://evil.example/1706.03762", True, (), ("http://evil.example/1706.03762",)),
        ("{here}", True, ("{here}",), ()),
        ("{here}", False, (), ("{here}",)),
        ("\0/etc\n~nobody-at-all/x", True, (), ("\0/etc", "~nobody-at-all/x")),
    ],
)  # fmt: skip
def test_pasted_text_is_ids_links_and_on_this_machine_folders(tmp_path, text, folders, sources, refused):
    here = str(tmp_path)
    read = read_pasted(text.replace("{here}", here), folders=folders)
    assert read.sources == tuple(each.replace("{here}", here) for each in sources)
    assert read.refused == tuple(each.replace("{here}", here) for each in refused)


class Elements(HTMLParser):
    """The names of all elements, and the text."""

    def __init__(self, html):
        super().__init__()
        self.names, self.text = [], ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.names.append(tag)

    def handle_data(self, data):
        self.text += data


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_and_reasons_are_text(language):
    failed = PaperDone(HOSTILE, Outcome.FAILED, reason="unreadable", detail=f"{HOSTILE} cannot be read.")
    base = {"number": 1, "total": 2, "file": HOSTILE, "failures": (failed,), "latest": failed, "fault": HOSTILE}
    for state in (
        IngestState(**base, stage="reading"),
        IngestState(**base, stage="embedding", step=64, steps=128, waiting=3),
        IngestState(**base, stage="embedding", step=64, steps=128, stopping=True),
        IngestState(**base, counts={Outcome.FAILED: 1}, stopping=True),
        IngestState(**base, counts={Outcome.FAILED: 1, Outcome.ADDED: 1}, ended=5000.0, stopping=True),
    ):
        drawn = Elements(job_html(Labels(language), state, 100.0))
        assert not {"img", "script", "a"} & set(drawn.names)
        assert "onerror=alert(1)" in drawn.text
    assert job_html(Labels(language), IngestState()) == ""
