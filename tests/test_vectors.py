"""The vector index: as exact as counting, seen by every process, mended from the library whatever happened to it."""

import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from small_papers import DIMENSION, chunks_of, put, same_paper, small_paper, vectors_for

from index.model.errors import EmbedderMismatch, LibraryError
from index.model.paper import Zone
from index.store.library import Filters, Library
from index.store.vectors import SyncReport, VectorIndex, lost_vectors, sync_vectors

EVERYWHERE = Filters(zones=frozenset(Zone))
ZONES = [Zone.BODY, Zone.BODY, Zone.BODY, Zone.CAPTION, Zone.REFERENCES]


@pytest.fixture
def library(tmp_path):
    with Library.open(tmp_path / "home") as library:
        yield library


@pytest.fixture
def index(library):
    index = VectorIndex(library.home / "vectors", DIMENSION)
    yield index
    index.close()


def numbered(number, parts=3):
    """Paper `number`, with text that no other paper has."""
    texts = [f"Paper {number} says in part {part} what nobody says." for part in range(parts)]
    return small_paper(f"p{number}", [(f"Part {part}", ZONES[part], text) for part, text in enumerate(texts)])


def ingest(library, index, paper):
    new, old = put(library, paper)
    for batch in library.vectors(new):
        index.add(*batch)
    index.remove(old)
    library.mark_ready(paper.id)
    return new


def finds_itself(library, index, id):
    return index.query(library.vectors_of([id])[0], 1, EVERYWHERE)[0][0] == id


def clustered(count, dimension, seed=7):
    """Unit vectors in clusters, as the chunks of papers are: near ones are near, far ones far."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(12, dimension))
    vectors = centres[random.integers(0, 12, count)] + 0.7 * random.normal(size=(count, dimension))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


class Clusters:
    """600 chunks of 40 papers in Chroma, and the arrays to find the truth by counting."""

    def __init__(self, folder):
        self.vectors = clustered(600, 96)
        self.papers = np.array([f"p{row // 15}" for row in range(600)])
        self.years = np.array([2000 + row // 15 % 20 for row in range(600)])
        self.zones = np.array([ZONES[row % 5].value for row in range(600)])
        self.index = VectorIndex(folder, 96)
        columns = zip(self.papers.tolist(), self.years.tolist(), self.zones.tolist(), strict=True)
        metadatas = [{"paper": paper, "year": year, "zone": zone} for paper, year, zone in columns]
        self.index.add(list(range(600)), self.vectors, metadatas)

    def nearest(self, question, limit, mask):
        similarities = np.where(mask, self.vectors @ question, -2)
        return np.argsort(-similarities)[: min(limit, int(mask.sum()))]


@pytest.fixture(scope="module")
def clusters(tmp_path_factory):
    clusters = Clusters(tmp_path_factory.mktemp("clusters") / "vectors")
    yield clusters
    clusters.index.close()


@pytest.mark.parametrize(
    ("filters", "mask"),
    [
        (Filters(), lambda c: c.zones != "references"),
        (EVERYWHERE, lambda c: c.zones != ""),
        (Filters(zones=frozenset({Zone.REFERENCES})), lambda c: c.zones == "references"),
        (
            Filters(zones=frozenset({Zone.CAPTION, Zone.REFERENCES})),
            lambda c: np.isin(c.zones, ["caption", "references"]),
        ),
        (Filters(papers=frozenset({"p7"})), lambda c: (c.papers == "p7") & (c.zones != "references")),
        (Filters(years=(2005, 2007)), lambda c: (c.years >= 2005) & (c.years <= 2007) & (c.zones != "references")),
        (
            Filters(papers=frozenset({"p5", "p6"}), years=(2006, None), zones=frozenset({Zone.BODY})),
            lambda c: (c.papers == "p6") & (c.zones == "body"),
        ),
        (Filters(years=(None, 1999)), lambda c: c.years < 2000),
    ],
)  # fmt: skip
def test_chroma_finds_what_counting_finds(clusters, filters, mask):
    for question in clustered(30, 96, seed=8):
        expected = clusters.nearest(question, 10, mask(clusters))
        found = clusters.index.query(question, 10, filters)
        assert [id for id, _ in found] == expected.tolist()
        assert np.allclose([similarity for _, similarity in found], clusters.vectors[expected] @ question, atol=1e-5)


def test_nothing_is_found_where_nothing_is_wanted(clusters):
    question = clusters.vectors[0]
    assert clusters.index.query(question, 0, Filters()) == []
    assert clusters.index.query(question, 10, Filters(papers=frozenset())) == []
    assert clusters.index.query(question, 10, Filters(zones=frozenset())) == []
    assert clusters.index.query(question, 10, Filters(papers=frozenset({"'\"; DROP"}))) == []


def test_an_empty_index_answers(index):
    assert index.query(np.eye(DIMENSION, dtype=np.float32)[0], 5, Filters()) == []
    assert (index.count(), index.ids()) == (0, set())
    index.remove([1, 2])
    index.remove([])
    index.add([], np.zeros((0, DIMENSION), dtype=np.float32), [])


def test_vectors_of_another_length_are_refused(library, index):
    ingest(library, index, numbered(1))
    with pytest.raises(ValueError, match="shape"):
        index.add([9], np.zeros((1, 3), dtype=np.float32), [{"paper": "p", "zone": "body"}])
    with pytest.raises(ValueError, match="shape"):
        index.query(np.zeros(3, dtype=np.float32), 1, Filters())
    with pytest.raises(EmbedderMismatch, match="papers reindex"):
        VectorIndex(index.folder, DIMENSION + 1).count()


def test_ids_that_are_there_stay_and_a_year_may_be_unknown(index):
    vectors = np.eye(DIMENSION, dtype=np.float32)[:2]
    metadata = {"paper": "p", "zone": "body", "year": None}
    index.add([1, 2], vectors, [metadata] * 2)
    index.add([1], vectors[1:], [metadata])
    assert index.query(vectors[0], 1, Filters()) == [(1, pytest.approx(1))]
    assert index.query(vectors[0], 1, Filters(years=(2000, None))) == []


def test_more_rows_than_chroma_takes_at_once(tmp_path):
    index = VectorIndex(tmp_path / "vectors", 4)
    vectors = clustered(5600, 4)
    index.add(np.arange(5600), vectors, [{"paper": "p", "zone": "body"}] * 5600)
    assert index.count() == 5600
    index.remove(range(5600))
    assert index.count() == 0
    index.close()


def test_sync_adds_what_is_missing_and_removes_what_is_left_over(library, index):
    kept = ingest(library, index, numbered(1))
    lost, _ = put(library, numbered(2))  # killed before its vectors were added
    index.add([10**6], np.eye(DIMENSION, dtype=np.float32)[:1], [{"paper": "gone", "zone": "references"}])
    assert sync_vectors(library, index) == SyncReport(added=3, removed=1)
    assert index.ids() == {*kept, *lost} and all(finds_itself(library, index, id) for id in kept + lost)
    assert {record.state for record in library.papers()} == {"ready"}
    generation = library.generation
    assert sync_vectors(library, index) == SyncReport(added=0, removed=0)
    assert library.generation == generation


@pytest.mark.parametrize("closed", [True, False])
def test_a_deleted_folder_is_made_anew(library, index, closed):
    ids = ingest(library, index, numbered(1))
    if closed:
        index.close()
    shutil.rmtree(index.folder)
    assert sync_vectors(library, index).added == 3
    assert all(finds_itself(library, index, id) for id in ids)


def spoil_all(folder):
    for file in folder.rglob("*"):
        if file.is_file():
            file.write_bytes(b"\xffbroken" * 100)


def spoil_tables(folder):
    (folder / "chroma.sqlite3").write_bytes(b"\xffbroken" * 100)


def cut_tables(folder):
    with (folder / "chroma.sqlite3").open("r+b") as file:
        file.truncate(10_000)


def delete_graphs(folder):
    graphs = [path for path in folder.iterdir() if path.is_dir()]
    assert graphs
    for graph in graphs:
        shutil.rmtree(graph)


def noticed(library, index):
    try:
        return lost_vectors(library, index) != []
    except LibraryError as error:
        return "papers reindex" in str(error)


@pytest.mark.parametrize("damage", [spoil_all, spoil_tables, cut_tables, delete_graphs])
def test_a_damaged_index_is_noticed_and_made_anew(library, index, damage):
    ids = ingest(library, index, numbered(0))
    big = small_paper("big", [("S", Zone.BODY, str(number)) for number in range(1500)])  # enough for a graph on disk
    ids += ingest(library, index, big)
    assert lost_vectors(library, index) == []
    index.close()
    damage(index.folder)
    assert noticed(library, index)
    index.clear()
    assert sync_vectors(library, index) == SyncReport(added=len(ids), removed=0)
    assert lost_vectors(library, index) == []
    assert sorted(path.name for path in library.home.glob("vectors*")) == ["vectors", "vectors.lock"]


def test_another_dimension_takes_the_place_after_clear(library, index):
    ingest(library, index, numbered(1))
    library.set_embedder("other")
    new, _ = put(library, numbered(1), embedder="other", dimension=8)
    other = VectorIndex(index.folder, 8)
    other.clear()
    assert sync_vectors(library, other).added == 3 and other.ids() == set(new)
    other.close()


def test_two_open_indexes_see_each_other(library, index):
    second = VectorIndex(index.folder, DIMENSION)
    for number in range(6):  # each writes what the other must see, as two processes in turn would
        writer, reader = (index, second) if number % 2 else (second, index)
        ids = ingest(library, writer, numbered(number))
        assert all(finds_itself(library, reader, id) for id in ids)
    second.clear()
    assert index.count() == 0
    assert sync_vectors(library, second).added == 18 and index.count() == 18
    second.close()


PRELUDE = """
import sys
from pathlib import Path
from index.store.library import Filters, Library
from index.store.vectors import VectorIndex, sync_vectors
from small_papers import DIMENSION
from test_vectors import ingest, numbered
library = Library.open(Path(sys.argv[1]))
index = VectorIndex(library.home / "vectors", DIMENSION)
"""

READER = (
    PRELUDE
    + """
for line in sys.stdin:
    id = int(line)
    found = index.query(library.vectors_of([id])[0], 1, Filters())
    print(found[0][0] if found else None, flush=True)
"""
)

WRITER = (
    PRELUDE
    + """
first = int(sys.argv[2])
with library.writing():
    sync_vectors(library, index)
    for number in range(first, first + 10_000):
        ingest(library, index, numbered(number))
        if number % 3 == 2:  # replaced by itself, so that old rows go
            ingest(library, index, numbered(number - 1))
        print(number, flush=True)
"""
)


def start(script, *arguments):
    here = Path(__file__).parent
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=here.parent,
        env={"PYTHONPATH": f"{here.parent}:{here}", "PATH": ""},
    )  # fmt: skip


def test_a_reading_process_sees_what_another_one_writes(library, index):
    ids = ingest(library, index, numbered(0))
    with start(READER, library.home) as reader:
        for number in range(1, 5):
            reader.stdin.write(f"{ids[0]}\n")
            reader.stdin.flush()
            assert reader.stdout.readline() == f"{ids[0]}\n"  # it has loaded the index as it was
            ids = ingest(library, index, numbered(number))
        reader.stdin.close()
        assert reader.wait() == 0


@pytest.mark.slow
def test_a_writer_killed_anywhere_leaves_every_acknowledged_paper_whole(library, index):
    random, acknowledged = np.random.default_rng(), -1
    for _ in range(3):
        with start(WRITER, library.home, acknowledged + 1) as writer:
            acknowledged = int(writer.stdout.readline())
            time.sleep(random.uniform(0, 0.4))
            writer.send_signal(signal.SIGKILL)
            rest = writer.stdout.read().split()
        acknowledged = int(rest[-1]) if rest else acknowledged
        with library.transaction() as connection:
            connection.execute("INSERT INTO chunk_words (chunk_words) VALUES ('integrity-check')")
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        with library.writing():  # the dead writer holds nothing
            sync_vectors(library, index)
        assert index.ids() == set(library.ids().tolist())
    there = {record.id: record for record in library.papers()}
    assert {f"p{number}" for number in range(acknowledged + 1)} <= set(there)
    for id, record in there.items():
        paper, chunks = numbered(int(id[1:])), library.chunks_of(id)
        assert record.state == "ready" and same_paper(library.paper(id), paper)
        assert [chunk.span for chunk in chunks] == [part.span for part in paper.sections]
        assert np.array_equal(library.vectors_of([chunk.id for chunk in chunks]), vectors_for(chunks_of(paper)))
        assert all(finds_itself(library, index, chunk.id) for chunk in chunks)


class Model(RuleBasedStateMachine):
    """Any order of adding, replacing, removing, dying halfway and mending, against a dict."""

    folder: Path

    def __init__(self):
        super().__init__()
        Model.folder = Model.folder.with_name(f"{Model.folder.name}+")
        self.library = Library.open(Model.folder)
        self.index = VectorIndex(self.library.home / "vectors", DIMENSION)
        self.papers = {}

    @rule(number=st.integers(0, 3), parts=st.integers(0, 5))
    def ingest(self, number, parts):
        ingest(self.library, self.index, numbered(number, parts))
        self.papers[f"p{number}"] = numbered(number, parts)

    @rule(number=st.integers(0, 3), parts=st.integers(0, 5))
    def die_before_the_vectors(self, number, parts):
        put(self.library, numbered(number, parts))
        self.papers[f"p{number}"] = numbered(number, parts)

    @rule(number=st.integers(0, 3))
    def remove(self, number):
        if self.papers.pop(f"p{number}", None):
            self.index.remove(self.library.remove(f"p{number}"))

    @rule(number=st.integers(0, 3))
    def die_before_the_removal(self, number):
        if self.papers.pop(f"p{number}", None):
            self.library.remove(f"p{number}")

    @rule()
    def reopen(self):
        self.library.close()
        self.index.reopen()
        self.library = Library.open(self.library.home)

    @rule()
    def mend(self):
        sync_vectors(self.library, self.index)
        assert self.index.ids() == set(self.library.ids().tolist())
        assert all(record.state == "ready" for record in self.library.papers())
        assert all(finds_itself(self.library, self.index, id) for id in self.library.ids().tolist())

    @invariant()
    def the_library_is_the_model(self):
        records = {record.id: record for record in self.library.papers()}
        assert set(records) == set(self.papers)
        for id, paper in self.papers.items():
            assert same_paper(self.library.paper(id), paper)
            assert records[id].chunks == len(self.library.chunks_of(id)) == len(paper.sections)
        found = self.library.search_text("nobody says", 100, EVERYWHERE)
        assert sorted(id for id, _ in found) == self.library.ids().tolist()

    def teardown(self):
        self.index.close()
        self.library.close()


def test_any_order_of_changes_keeps_library_and_index_right(tmp_path):
    Model.folder = tmp_path / "home"
    few = settings(max_examples=8, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(Model, settings=few)
