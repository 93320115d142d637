"""Any order of puts, moves, removals, tags, new indexes, other embedders and deaths, against plain Python values."""

import copy
import shutil
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from small_papers import same_paper, small_paper
from soak_world import EMBEDDERS

from index.ingest.embedding import embed_waiting, reindex_library
from index.ingest.ingest import Ingestion, _Job, remove_paper
from index.ingest.split_paper import split_paper
from index.model.paper import Zone
from index.model.records import Filters
from index.model.settings import IndexSettings
from index.store.database import Database
from index.store.library import Library
from index.store.tags import remove_tag, set_tag, tags_of_papers
from index.store.vectors import VectorIndex

EVERYWHERE = Filters(zones=frozenset(Zone))
ZONES = (Zone.BODY, Zone.CAPTION, Zone.REFERENCES)
numbers, files = st.integers(0, 3), st.sampled_from(["/papers/one.pdf", "/papers/two.pdf", "/papers/three.pdf"])
deaths = st.one_of(st.none(), st.none(), st.integers(1, 12))


class Died(BaseException):
    """The process was killed here."""


@dataclass
class Kept:
    """A paper as the model has it."""

    paper: object
    file: str
    lost: bool = False


@dataclass
class Shelf:
    """What a library is, without SQLite and Chroma."""

    papers: dict[str, Kept] = field(default_factory=dict)
    tags: set[tuple[str, str]] = field(default_factory=set)
    embedder: str | None = None

    def place(self, id: str, file: str) -> None:
        for other, kept in self.papers.items():
            kept.lost = kept.lost or (other != id and kept.file == file)


def numbered(number, parts, edition):
    texts = [f"Paper {number} of edition {edition} says in part {part} what nobody says." for part in range(parts)]
    return small_paper(f"p{number}", [(f"Part {part}", ZONES[part % 3], text) for part, text in enumerate(texts)])


@contextmanager
def dying(moment):
    """Die at the n-th moment between two durable changes; None: never."""
    left = [moment or 0]

    def reach():
        left[0] -= 1
        if left[0] == 0:
            raise Died

    def around(function):
        def watched(*arguments):
            reach()
            result = function(*arguments)
            reach()
            return result

        return watched

    @contextmanager
    def transaction(database):
        reach()
        with begun(database) as connection:
            yield connection
        reach()

    begun, names = Database.transaction, ("add", "remove", "clear")
    before = {name: getattr(VectorIndex, name) for name in names}
    Database.transaction = transaction
    for name in names:
        setattr(VectorIndex, name, around(before[name]))
    try:
        yield
    finally:
        Database.transaction = begun
        for name in names:
            setattr(VectorIndex, name, before[name])


class Machine(RuleBasedStateMachine):
    """A library with its vectors beside the model; each rule may die on the way."""

    folder: Path

    @initialize()
    def begin(self):
        shutil.rmtree(Machine.folder, ignore_errors=True)
        self.model, self.whole, self.edition, self.index = Shelf(), True, 0, None
        self._open("words-64")

    def _open(self, embedder):
        self.library = Library.open(Machine.folder)
        self.embedder = EMBEDDERS[embedder]()
        self.settings = IndexSettings(Machine.folder, "", 64, None)
        self.index = VectorIndex(Machine.folder / "vectors", self.embedder.dimension)
        self.ingestion = Ingestion(self.library, self.index, self.embedder, self.settings, None, None)

    def _close(self):
        self.index.close()
        self.library.close()

    def _do(self, change, wanted, death):
        """Make a change that is to give `wanted`, or die on the way and take what is there for the truth."""
        try:
            with dying(death):
                change()
        except Died:
            self._close()
            self._open(self.embedder.identity)
            self._agree(self.model, wanted)
        else:
            self.model = wanted

    def _agree(self, before, after):
        """After a death: each paper, tag and fact is as before or as after."""
        now = Shelf(embedder=self.library.embedder, tags=self._tags())
        assert now.embedder in (before.embedder, after.embedder)
        assert before.tags & after.tags <= now.tags <= before.tags | after.tags
        for record in self.library.papers():
            candidates = [each.papers[record.id] for each in (before, after) if record.id in each.papers]
            fitting = [each for each in candidates if same_paper(each.paper, self.library.paper(record.id))]
            assert fitting and record.file in {each.file for each in candidates}
            now.papers[record.id] = Kept(fitting[0].paper, record.file, record.file_lost)
        assert {*before.papers} & {*after.papers} <= {*now.papers}
        self.model, self.whole = now, False

    def _tags(self):
        return {(id, tag) for id, tags in tags_of_papers(self.library).items() for tag in tags}

    @rule(number=numbers, parts=st.integers(1, 5), file=files, death=deaths)
    def put(self, number, parts, file, death):
        """A paper that is new, or newer than the one of its id."""
        self._usual_embedder()
        self.edition += 1
        paper, wanted = numbered(number, parts, self.edition), copy.deepcopy(self.model)
        wanted.papers[paper.id] = Kept(paper, file)
        wanted.place(paper.id, file)
        wanted.embedder = self.embedder.identity

        def change():
            chunks = split_paper(paper, self.embedder, 64)
            self.ingestion._keep(paper, chunks, _Job(file, f"{self.edition:064x}", None))
            list(embed_waiting(self.library, self.index, self.embedder, self.settings))

        self._do(change, wanted, death)

    @rule(number=numbers, file=files, death=deaths)
    def move(self, number, file, death):
        if (id := f"p{number}") in self.model.papers:
            wanted = copy.deepcopy(self.model)
            wanted.papers[id] = Kept(wanted.papers[id].paper, file)
            wanted.place(id, file)
            self._do(lambda: self.library.move(id, file), wanted, death)

    @rule(number=numbers, death=deaths)
    def remove(self, number, death):
        if (id := f"p{number}") in self.model.papers:
            wanted = copy.deepcopy(self.model)
            del wanted.papers[id]
            wanted.tags = {each for each in wanted.tags if each[0] != id}
            self._do(lambda: remove_paper(self.library, self.index, self.library.record(id)), wanted, death)
            if id not in self.model.papers:
                for tag in ("mine", "later"):  # a paper that comes back has them again: not part of this model
                    remove_tag(self.library, id, tag)

    @rule(number=numbers, tag=st.sampled_from(["mine", "later"]), death=deaths)
    def tag(self, number, tag, death):
        if (id := f"p{number}") in self.model.papers:
            wanted = copy.deepcopy(self.model)
            wanted.tags.add((id, tag))
            self._do(lambda: set_tag(self.library, id, tag), wanted, death)

    @rule(embedder=st.sampled_from(sorted(EMBEDDERS)), chunks=st.booleans(), death=deaths)
    def reindex(self, embedder, chunks, death):
        self._close()
        self._open(embedder)
        wanted = copy.deepcopy(self.model)
        wanted.embedder = embedder

        def change():
            for _ in reindex_library(self.library, self.index, self.embedder, self.settings, chunks=chunks):
                pass

        self._do(change, wanted, death)
        if self.model is wanted:
            self.whole = True
            self._whole()

    @rule()
    def reopen(self):
        self._close()
        self._open(self.embedder.identity)

    @rule(death=deaths)
    def mend(self, death):
        """What each ingestion does first."""
        self._usual_embedder()
        self._do(lambda: list(self.ingestion.run([])), copy.deepcopy(self.model), death)
        if death is None and all(each.embedder == self.library.embedder for each in self.library.papers()):
            self.whole = True
            self._whole()

    def _usual_embedder(self):
        """The one whose vectors are there: with another one each command but reindex is refused."""
        if (embedder := self.library.embedder) not in (None, self.embedder.identity):
            self._close()
            self._open(embedder)
        with suppress(StopIteration):  # a reindex that died left papers of both: it is run again first
            next(each for each in self.library.papers() if each.embedder != self.library.embedder)
            list(reindex_library(self.library, self.index, self.embedder, self.settings))

    def _whole(self):
        """Vectors and words are those of the library, to the last digit."""
        ids = self.library.ids().tolist()
        assert self.index.ids() == set(ids) and {each.state for each in self.library.papers()} <= {"ready"}
        for batch, vectors, _ in self.library.vectors():
            for id, vector in zip(batch.tolist(), vectors, strict=True):
                (_, similarity), *_ = self.index.query(vector, 1, EVERYWHERE)
                assert similarity > 1 - 1e-4, id  # another chunk may have the same words

    @invariant()
    def the_library_is_the_model(self):
        if self.index is None:
            return
        records = {record.id: record for record in self.library.papers()}
        assert set(records) == set(self.model.papers) and self._tags() == self.model.tags
        if self.model.papers:
            assert self.library.embedder == self.model.embedder
        chunks = []
        for id, kept in self.model.papers.items():
            assert same_paper(self.library.paper(id), kept.paper)
            assert (records[id].file, records[id].file_lost) == (kept.file, kept.lost)
            own = self.library.chunks_of(id)
            assert records[id].chunks == len(own)
            chunks += [each.id for each in own if "nobody says" in kept.paper.quote(each.span)]
        found = self.library.search_text("nobody says", 100, EVERYWHERE)
        assert sorted(id for id, _ in found) == sorted(chunks)
        if self.whole and self.library.embedder == self.embedder.identity:
            assert self.index.ids() >= set()  # it opens

    def teardown(self):
        if self.index is not None:
            self._close()


def test_any_order_of_changes_and_deaths_keeps_library_and_vectors_right(tmp_path):
    Machine.folder = tmp_path / "home"
    few = settings(max_examples=8, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(Machine, settings=few)
