"""The library: one transaction a change, nothing half, nothing twice."""

import os
import sqlite3
import stat
import subprocess
import sys
import threading
from contextlib import closing

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from small_papers import DIMENSION, EMBEDDER, chunks_of, put, same_paper, small_paper, vectors_for

from index.model.errors import AmbiguousPaper, EmbedderMismatch, LibraryBusy, LibraryError, NewerLibrary, PaperNotFound
from index.model.paper import Page, Paper, Section, Span, Words, Zone, ZonedSpan
from index.store import database
from index.store.blobs import pack_paper, unpack_paper
from index.store.library import Filters, Library

BERT = small_paper(
    "1810.04805",
    (("Abstract", Zone.ABSTRACT, "We introduce BERT."), ("References", Zone.REFERENCES, "Vaswani et al. 2017.")),
    title="BERT: Pre-training of Deep Bidirectional Transformers",
    year=2018,
    arxiv_id="1810.04805v2",
)
ATTENTION = small_paper(arxiv_id="1706.03762v5")


@pytest.fixture
def library(tmp_path):
    with Library.open(tmp_path / "home") as library:
        yield library


def whole(library):
    """Everything that SQLite itself can say about the file's health."""
    with library.transaction() as connection:
        connection.execute("INSERT INTO chunk_words (chunk_words) VALUES ('integrity-check')")
        return (
            connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            and connection.execute("PRAGMA foreign_key_check").fetchall() == []
        )


def count(library, table):
    with library.read() as connection:
        return connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def test_a_paper_comes_back_as_it_was_put(library):
    new, old = put(library, BERT, file="/papers/bert.pdf", sha256="ab")
    record = library.record(BERT.id)
    assert old == [] and len(new) == 2
    assert same_paper(library.paper(BERT.id), BERT)
    assert not library.paper(BERT.id).words.boxes.flags.writeable  # one value for all threads
    assert (record.file, record.sha256, record.title, record.authors) == (
        "/papers/bert.pdf",
        "ab",
        BERT.title,
        BERT.authors,
    )
    assert (record.year, record.arxiv_id, record.pages, record.chunks) == (2018, "1810.04805v2", 2, 2)
    assert record.state == "pending" and record.embedder == EMBEDDER and record.added_at.endswith("+00:00")
    assert [chunk.span for chunk in library.chunk(new)] == [chunk.span for chunk in chunks_of(BERT)]
    assert [chunk.zone for chunk in library.chunks_of(BERT.id)] == [Zone.ABSTRACT, Zone.REFERENCES]
    assert np.array_equal(library.vectors_of(new), vectors_for(chunks_of(BERT)))
    assert library.dimension == DIMENSION and library.embedder == EMBEDDER


def test_put_twice_is_put_once_with_new_ids(library):
    first, _ = put(library, BERT)
    second, old = put(library, BERT)
    assert old == first and not set(first) & set(second)
    assert [record.id for record in library.papers()] == [BERT.id]
    assert [count(library, table) for table in ("chunks", "vectors", "texts", "chunk_words")] == [2, 2, 1, 2]
    assert library.chunk(first) == [] and library.ids().tolist() == second
    assert not library.vectors_of(first).any()


def test_ids_are_not_used_again_after_a_removal(library):
    first, _ = put(library, BERT)
    assert library.remove(BERT.id) == first
    second, _ = put(library, BERT)
    assert min(second) > max(first)


def test_a_failing_put_leaves_the_old_paper_whole(library, monkeypatch):
    ids, _ = put(library, BERT)
    library.mark_ready(BERT.id)
    before, generation = library.record(BERT.id), library.generation
    changed = small_paper(BERT.id, (("Abstract", Zone.ABSTRACT, "Something else."),), title="Other")
    with library.transaction() as connection:  # the last statement of a put, the first that fails
        connection.execute("CREATE TRIGGER refuse BEFORE INSERT ON vectors BEGIN SELECT RAISE(ABORT, 'no room'); END")
    with pytest.raises(sqlite3.IntegrityError, match="no room"):
        put(library, changed)
    assert library.record(BERT.id) == before and library.generation == generation
    assert same_paper(library.paper(BERT.id), BERT) and library.ids().tolist() == ids
    assert [id for id, _ in library.search_text("introduce BERT", 5, Filters())] == ids[:1]
    assert library.search_text("something", 5, Filters()) == []
    assert whole(library)


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda chunks, vectors: (chunks[:1], vectors), id="fewer chunks than vectors"),
        pytest.param(lambda chunks, vectors: (chunks, vectors.ravel()), id="flat vectors"),
        pytest.param(lambda chunks, vectors: (chunks, vectors * np.float32(np.nan)), id="NaN"),
        pytest.param(lambda chunks, vectors: (chunks_of(ATTENTION) * 2, vectors), id="another paper's chunks"),
    ],
)
def test_what_would_break_a_promise_is_refused(library, spoil):
    chunks, vectors = spoil(chunks_of(BERT), vectors_for(chunks_of(BERT)))
    with pytest.raises(ValueError):
        library.put(BERT, chunks, vectors, file="x", sha256="y", embedder=EMBEDDER)
    assert library.papers() == [] and library.generation == 0


def test_a_paper_without_chunks_can_be_kept(library):
    assert library.put(BERT, [], np.zeros((0, DIMENSION), "f4"), file="x", sha256="y", embedder="e") == ([], [])
    assert library.record(BERT.id).chunks == 0 and library.dimension is None and list(library.vectors()) == []


def test_every_change_raises_the_generation(library):
    seen = [library.generation]
    for change in (
        lambda: put(library, BERT),
        lambda: library.mark_ready(BERT.id),
        lambda: library.set_embedder("other"),
        lambda: library.remove(BERT.id),
    ):
        change()
        seen.append(library.generation)
    assert seen == sorted(set(seen))


def test_the_cache_gives_the_new_paper_after_a_replacement_with_the_same_bytes(library):
    put(library, BERT, sha256="same")
    assert library.paper(BERT.id) is library.paper(BERT.id)
    changed = small_paper(BERT.id, (("Abstract", Zone.ABSTRACT, "Read by a better reader."),))
    put(library, changed, sha256="same")
    assert same_paper(library.paper(BERT.id), changed)
    library.remove(BERT.id)
    with pytest.raises(PaperNotFound, match="papers list"):
        library.paper(BERT.id)


def test_another_embedder_is_refused_until_it_is_declared(library):
    put(library, BERT)
    put(library, ATTENTION)
    library.mark_ready(BERT.id)
    for act in (
        lambda: put(library, BERT, embedder="other"),
        lambda: library.check_embedder("other"),
    ):
        with pytest.raises(EmbedderMismatch, match="papers reindex"):
            act()
    library.check_embedder(EMBEDDER)
    library.set_embedder("other")
    assert {record.state for record in library.papers()} == {"pending"}
    assert library.ids().tolist() == [] and library.dimension is None
    library.mark_ready(ATTENTION.id)  # its vectors are of the old embedder: still nothing to be ready
    assert library.record(ATTENTION.id).state == "pending"
    new, _ = put(library, BERT, embedder="other", dimension=7)
    library.mark_ready(BERT.id)
    assert library.ids().tolist() == new and library.dimension == 7
    assert {record.id: record.state for record in library.papers()} == {BERT.id: "ready", ATTENTION.id: "pending"}
    assert library.search_text("attention", 5, Filters())  # the words do not depend on the embedder


def test_an_empty_library_takes_any_embedder(library):
    put(library, BERT)
    library.remove(BERT.id)
    put(library, BERT, embedder="other")
    assert library.embedder == "other"


def test_the_catalogue_is_asked_by_bytes_arxiv_id_and_file(library):
    put(library, BERT, file="/a/\udcff.pdf", sha256="ab")
    assert library.by_sha256("ab") == library.by_arxiv("1810.04805") == library.by_file("/a/\udcff.pdf")
    assert library.by_sha256("ab").file == "/a/\udcff.pdf"
    assert library.by_sha256("zz") is library.by_arxiv("1810.04806") is library.by_file("/a/x.pdf") is None


@pytest.mark.parametrize(
    "name",
    [
        "1810.04805", "1810.04805v2", "1810.04805v1", "arXiv:1810.04805", "https://arxiv.org/abs/1810.04805v1",
        "/papers/Bert Large.pdf", "Bert Large.pdf", "bert large", "elsewhere/bert large.PDF", "BERT:",
        "deep  bidirectional",
    ],
)  # fmt: skip
def test_a_paper_is_found_by_what_people_call_it(library, name):
    put(library, ATTENTION)
    put(library, BERT, file="/papers/Bert Large.pdf")
    assert library.find(name).id == BERT.id


def test_the_exact_name_wins(library):
    put(library, small_paper("a1", title="Attention"))
    put(library, small_paper("a2", title="Attention Is All You Need"))
    assert library.find("attention").id == "a1"


def test_two_versions_of_a_paper_are_told_apart(library):
    put(library, small_paper("one", arxiv_id="2401.18059v1"))
    put(library, small_paper("two", arxiv_id="2401.18059v2"))
    assert library.find("2401.18059v2").id == "two"
    with pytest.raises(AmbiguousPaper, match=r"fits 2 papers.*\n  one .*\n  two "):
        library.find("2401.18059")


def test_many_candidates_are_listed_and_cut(library):
    for number in range(12):
        put(library, small_paper(f"p{number:02}", title=f"Attention, part {number}\x1b[31m"))
    with pytest.raises(AmbiguousPaper) as raised:
        library.find("attention")
    message = str(raised.value)
    assert "p00" in message and "and 4 more: papers list" in message and "\x1b" not in message


def test_an_unknown_name_brings_the_closest_titles(library):
    with pytest.raises(PaperNotFound, match=r"library is empty.*papers ingest"):
        library.find("anything")
    put(library, ATTENTION)
    put(library, BERT)
    with pytest.raises(PaperNotFound) as raised:
        library.find("Atention is al you ned")
    assert ATTENTION.title in str(raised.value) and BERT.title not in str(raised.value)
    assert str(raised.value).endswith("papers list")


@pytest.mark.parametrize("name", ["", "  ", "\0", "\ud800", "%", "_", "'", "*", "../../etc/passwd", "x" * 100_000])
def test_no_name_breaks_the_search_for_a_paper(library, name):
    put(library, ATTENTION)
    with pytest.raises(PaperNotFound):
        library.find(name)


def test_the_folder_is_its_owners_alone(tmp_path):
    with Library.open(tmp_path / "a" / "home") as library:
        assert stat.S_IMODE(library.home.stat().st_mode) == 0o700


def test_a_home_that_is_a_file_is_said_so(tmp_path):
    (tmp_path / "home").write_text("x")
    with pytest.raises(LibraryError, match="PAPERS_HOME"):
        Library.open(tmp_path / "home")


def test_a_library_that_is_no_database_is_said_so(tmp_path):
    (tmp_path / "library.db").write_bytes(b"not a database, but long enough to be looked at" * 50)
    with pytest.raises(LibraryError, match=r"not a database.*PAPERS_HOME"):
        Library.open(tmp_path)


def test_a_full_disk_is_said_so_and_loses_nothing(library):
    put(library, BERT)
    long = small_paper("long", (("Body", Zone.BODY, " ".join(map(str, range(60_000)))),))
    with library.read() as connection:  # the limit belongs to the connection that is lent next
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + 5}")
    with pytest.raises(LibraryError, match="disk is full"):
        put(library, long)
    assert [record.id for record in library.papers()] == [BERT.id] and whole(library)


def test_a_closed_library_says_so(tmp_path):
    library = Library.open(tmp_path)
    library.close()
    library.close()
    with pytest.raises(LibraryError, match="Open it again"):
        library.papers()


def test_a_newer_library_is_left_alone(tmp_path):
    Library.open(tmp_path).close()
    connection = sqlite3.connect(tmp_path / "library.db")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(NewerLibrary, match=r"format 99.*Update"):
        Library.open(tmp_path)
    connection = sqlite3.connect(tmp_path / "library.db")
    assert connection.execute("PRAGMA user_version").fetchone() == (99,)
    connection.close()


def test_a_new_migration_runs_once_and_keeps_the_papers(tmp_path, monkeypatch):
    with Library.open(tmp_path) as library:
        put(library, BERT)
    added = [*database.MIGRATIONS, lambda connection: connection.execute("CREATE TABLE later (x)")]
    monkeypatch.setattr(database, "MIGRATIONS", added)
    for _ in range(2):
        with Library.open(tmp_path) as library:
            assert count(library, "later") == 0 and same_paper(library.paper(BERT.id), BERT)


def test_a_copy_is_kept_before_a_migration_the_newest_two(tmp_path, monkeypatch):
    for version in range(4):
        if version:
            step = f"CREATE TABLE later_{version} (x)"
            added = [*database.MIGRATIONS, lambda connection, step=step: connection.execute(step)]
            monkeypatch.setattr(database, "MIGRATIONS", added)
        with Library.open(tmp_path) as library:
            put(library, BERT)
    copies = sorted(tmp_path.glob(f"library.db.{database.BEFORE_MIGRATION}.*"))
    assert len(copies) == 2 and all(stat.S_IMODE(copy.stat().st_mode) == 0o600 for copy in copies)
    for number, copy in enumerate(copies, len(database.MIGRATIONS) - 2):
        with closing(sqlite3.connect(copy)) as connection:
            assert connection.execute("PRAGMA user_version").fetchone() == (number,)
            assert connection.execute("SELECT id FROM papers").fetchall() == [(BERT.id,)]


def test_a_library_of_the_format_before_finds_its_files_in_its_own_folder(tmp_path):
    """Paths below the home were absolute once."""
    with closing(sqlite3.connect(tmp_path / "library.db", isolation_level=None)) as connection:
        for step in database.MIGRATIONS[:4]:
            step(connection)
        connection.execute("PRAGMA user_version = 4")
        for id, file in (("in", tmp_path / "papers" / "in.pdf"), ("out", tmp_path.parent / "out.pdf")):
            row = (id, str(file).encode(), file.name.encode(), id, "t", "[]", 0, 0, "ready", "e", "now", "[]", 0)
            columns = "id, file, file_name, sha256, title, authors, pages, chunks, state, embedder, added_at, warnings"
            marks = ", ".join("?" * len(row))
            connection.execute(f"INSERT INTO papers ({columns}, revision) VALUES ({marks})", row)
    moved = tmp_path / "moved"
    with Library.open(tmp_path) as library:
        assert library.record("in").file == str(tmp_path / "papers" / "in.pdf")
        assert library.by_file(str(tmp_path / "papers" / "in.pdf")).id == "in"
    moved.mkdir()
    (tmp_path / "library.db").rename(moved / "library.db")
    with Library.open(moved) as library:
        assert library.record("in").file == str(moved / "papers" / "in.pdf")
        assert library.record("out").file == str(tmp_path.parent / "out.pdf")


def test_a_failing_migration_leaves_the_library_as_it_was(tmp_path, monkeypatch):
    Library.open(tmp_path).close()

    def breaks(connection):
        connection.execute("CREATE TABLE later (x)")
        raise RuntimeError("halfway")

    known = list(database.MIGRATIONS)
    monkeypatch.setattr(database, "MIGRATIONS", [*known, breaks])
    with pytest.raises(RuntimeError):
        Library.open(tmp_path)
    monkeypatch.setattr(database, "MIGRATIONS", known)
    with Library.open(tmp_path) as library, pytest.raises(sqlite3.OperationalError, match="no such table"):
        count(library, "later")


def test_conversations_have_their_tables(library):
    with library.transaction() as connection:
        connection.execute("INSERT INTO conversations VALUES ('c', 'title', 'now', 'now')")
        turn = "INSERT INTO turns (conversation_id, position, question, standalone_question, answer_json, created_at)"
        connection.execute(f"{turn} VALUES ('c', 0, 'q', 's', '{{}}', 'now')")
        connection.execute("DELETE FROM conversations")
        assert connection.execute("SELECT count(*) FROM turns").fetchone() == (0,)


def test_the_second_writer_is_told_who_writes(library):
    says = rf"pid {os.getpid()}\b.*run the command again"
    second = Library.open(library.home)
    with second, library.writing(), pytest.raises(LibraryBusy, match=says), second.writing():
        pytest.fail("two writers")
    with library.writing():
        pass  # free again


def test_a_writer_in_another_process_is_named_and_its_death_frees_the_lock(library):
    script = "import sys; from pathlib import Path; from index.store.library import Library\n"
    script += "with Library.open(Path(sys.argv[1])).writing(): print('writing', flush=True); sys.stdin.read()"
    child = subprocess.Popen(
        [sys.executable, "-c", script, str(library.home)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with child:
        assert child.stdout.readline() == "writing\n"
        with pytest.raises(LibraryBusy, match=rf"pid {child.pid}\b"), library.writing(wait_seconds=0.1):
            pytest.fail("two writers")
        child.kill()
        child.wait()
        with library.writing(wait_seconds=5):
            assert (library.home / "writer.pid").read_text() == str(os.getpid())


def test_an_error_inside_frees_the_lock(library):
    with pytest.raises(KeyError), library.writing():
        raise KeyError
    with library.writing():
        pass


def test_threads_read_while_one_writes(library):
    put(library, BERT)
    stop, errors = threading.Event(), []

    def read():
        try:
            while not stop.is_set():
                assert same_paper(library.paper(BERT.id), BERT)
                assert len(library.chunks_of(BERT.id)) == 2
                assert len(library.search_text("introduce", 5, Filters())) == 1
        except BaseException as error:
            errors.append(error)

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for _ in range(20):
        put(library, BERT)
    stop.set()
    for reader in readers:
        reader.join()
    assert errors == []


def test_processes_that_make_the_same_library_at_once_all_succeed(tmp_path):
    script = "import sys, pathlib; from index.store.library import Library; Library.open(pathlib.Path(sys.argv[1]))"
    children = [subprocess.Popen([sys.executable, "-c", script, str(tmp_path / "home")]) for _ in range(4)]
    assert [child.wait() for child in children] == [0] * 4


def test_vectors_come_in_batches_with_their_metadata(library):
    papers = [small_paper(f"p{n}", [("S", Zone.BODY, f"{n} {k}") for k in range(300)], year=None) for n in range(4)]
    ids = [id for paper in papers for id in put(library, paper)[0]]
    batches = list(library.vectors())
    assert [len(batch[0]) for batch in batches] == [1000, 200]
    assert np.concatenate([batch[0] for batch in batches]).tolist() == ids == library.ids().tolist()
    assert batches[0][1].shape == (1000, DIMENSION) and batches[0][1].dtype == np.float32
    assert batches[0][2][0] == {"paper": "p0", "zone": "body"}
    assert [batch[0].tolist() for batch in library.vectors([ids[5], ids[2], 10**9])] == [[ids[2], ids[5]]]


integers = st.integers(-(2**31), 2**31 - 1)
offsets = st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)).map(lambda pair: Span(min(pair), max(pair)))
floats = st.floats(allow_nan=False)
any_text = st.text(st.characters())  # lone surrogates too


@st.composite
def any_paper(draw):
    count = draw(st.integers(0, 6))
    column = arrays(np.int32, count, elements=integers)
    boxes = arrays(np.float32, (count, 4), elements=st.floats(width=32))
    return Paper(
        id=draw(st.text(min_size=1)),
        title=draw(any_text),
        authors=tuple(draw(st.lists(any_text, max_size=3))),
        year=draw(st.none() | st.integers(1900, 2100)),
        arxiv_id=draw(st.none() | st.text()),
        text=draw(any_text),
        pages=tuple(draw(st.lists(st.builds(Page, integers, offsets, floats, floats), max_size=3))),
        sections=tuple(draw(st.lists(st.builds(Section, offsets, any_text, integers), max_size=3))),
        zones=tuple(draw(st.lists(st.builds(ZonedSpan, offsets, st.sampled_from(Zone)), max_size=3))),
        words=Words(draw(column), draw(column), draw(column), draw(boxes)),
        warnings=tuple(draw(st.lists(any_text, max_size=2))),
    )


@given(any_paper())
def test_any_paper_survives_the_packing(paper):
    assert same_paper(unpack_paper(pack_paper(paper)), paper)


@pytest.fixture(scope="module")
def one_library(tmp_path_factory):
    with Library.open(tmp_path_factory.mktemp("home")) as library:
        yield library


@settings(deadline=None)
@given(any_paper(), any_text)
def test_any_paper_survives_the_database(one_library, paper, file):
    empty = np.zeros((0, DIMENSION), dtype=np.float32)
    one_library.put(paper, [], empty, file=file, sha256="ab", embedder=EMBEDDER)
    assert same_paper(one_library.paper(paper.id), paper)
    assert one_library.by_file(file) == one_library.record(paper.id) == one_library.find(paper.id)
    assert one_library.record(paper.id).file == file
    one_library.remove(paper.id)
