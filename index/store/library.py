"""The library: one SQLite file that is the truth about papers, chunks, vectors and words.

Every change is one transaction and raises `generation`, so that a reader knows when to look again. A paper is found by
its words as soon as it is put; its vectors may follow (`add_vectors`). The vector index (`index/store/vectors.py`) is
derived from here: a paper is "pending" until `mark_ready`, and whatever died in between is mended by `sync_vectors`.
"""

import json
import shutil
import sqlite3
import zlib
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING, Self

from index.files.home import disk_remedy, private_folder
from index.files.one_process import one_process
from index.files.whole_file import write_whole
from index.model.errors import LibraryBusy, LibraryError, PaperNotFound
from index.model.paper import Chunk, Paper
from index.model.records import Filters, PaperRecord, StoredChunk
from index.store import cards as paper_cards
from index.store import rows as paper_rows
from index.store.cards import Named
from index.store.database import Database
from index.store.find_paper import find_paper
from index.store.fulltext import search_words, words_of
from index.store.rows import NO_EMBEDDER, Place, VectorBatch

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Filters", "Library", "PaperRecord", "StoredChunk", "VectorBatch"]

SCRATCH = ".scratch-"  # begins the names of folders in the home that only the writer who made them needs
_BATCH = 1000  # vectors a batch; 1.5 MB at 384 dimensions
_CACHED_PAPERS = 32  # about 1 MB each
_WANTED = 50


class Library:
    """Papers in, chunks out. One value serves any number of threads; several processes may open the same home."""

    def __init__(self, home: Path, database: Database) -> None:
        self.home = home
        self._database = database
        self._papers: OrderedDict[tuple[str, int], Paper] = OrderedDict()
        self._papers_lock = Lock()
        self._carded = -1  # the generation at which no paper lacked a card

    @classmethod
    def open(cls, home: Path) -> Self:
        """Open the library in the folder `home`; made, for its owner alone, where it is not there.

        Raises `NewerLibrary` for a newer program's library, `LibraryError` where the folder cannot be used.
        """
        try:
            str(home).encode("utf-8")
            private_folder(home)
        except UnicodeEncodeError:  # bytes that are no text, which neither SQLite nor Chroma can be told
            raise LibraryError(
                f"The name of the folder {home} is not valid UTF-8. Set PAPERS_HOME to another folder, or rename it."
            ) from None
        except OSError as error:
            raise LibraryError(
                f"The folder {home} cannot be made: {error.strerror}. "
                + (disk_remedy(error) or "Set PAPERS_HOME to a folder that you may write.")
            ) from error
        return cls(home, Database(home / "library.db"))

    @property
    def read_only(self) -> bool:
        """Whether this process may only read: each change raises LibraryError."""
        return self._database.read_only

    def close(self) -> None:
        """Close the connections; a closed library raises `LibraryError`."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def read(self) -> AbstractContextManager[sqlite3.Connection]:
        """A connection in one read transaction, for the tables that other modules keep here."""
        return self._database.read()

    def one_moment(self) -> AbstractContextManager[None]:
        """All that this thread reads in it is of one moment, whatever others write: chunks fit their papers."""
        return self._database.one_moment()

    def transaction(self) -> AbstractContextManager[sqlite3.Connection]:
        """A connection in one write transaction, rolled back by any exception. Not to be nested in one thread."""
        return self._database.transaction()

    def writing(self, wait_seconds: float = 0) -> AbstractContextManager[None]:
        """Hold the lock of the one writer of papers and vectors, in all processes; a dead writer's lock is free.

        Raises `LibraryBusy` with the writer's process id after `wait_seconds`.
        """
        return writing(self.home, wait_seconds)

    def checkpoint(self) -> None:
        """Move what is in the log beside library.db into library.db itself: a copy of the file alone is then whole."""
        self._database.checkpoint()

    def overwrite(self, source: sqlite3.Connection) -> None:
        """Put another library, of the newest schema, in place of all that is here; inside `writing()`."""
        self._database.overwrite(source)
        with self._papers_lock:
            self._papers.clear()

    @property
    def generation(self) -> int:
        """A number that every change of papers or vectors raises; read anew each time."""
        return int(self.fact("generation") or 0)

    @property
    def embedder(self) -> str | None:
        """The identity of the embedder whose vectors are stored; `None` before the first paper."""
        return self.fact("embedder")

    @property
    def dimension(self) -> int | None:
        """The length of the present embedder's vectors; `None` before the first."""
        with self.read() as connection:
            return paper_rows.first_dimension(connection)

    def check_embedder(self, identity: str) -> None:
        """Raise `EmbedderMismatch` where the library's vectors were made by another embedder than `identity`."""
        paper_rows.check_embedder(self.embedder, identity)

    def set_embedder(self, identity: str) -> None:
        """Declare the library's embedder. Papers embedded by another one become "pending" until they are put again.

        Their vectors are left out of `vectors` and `ids` from now on; the text search still finds them.
        """
        with self.transaction() as connection:
            paper_rows.set_embedder(connection, identity)
            paper_rows.next_generation(connection)

    def put(
        self,
        paper: Paper,
        chunks: Sequence[Chunk],
        vectors: "NDArray[np.float32] | None",
        *,
        file: str,
        sha256: str,
        embedder: str,
    ) -> tuple[list[int], list[int]]:
        """Keep a paper with its chunks and their vectors (n, d), in place of the paper that has its id; all or nothing.

        Without vectors it is found by its words alone until `add_vectors`; its chunks are cut for `embedder` all the
        same. Gives the new chunk ids, in the order of `chunks`, and the old ids to drop from the vector index. The
        paper is "pending" until `mark_ready`. Raises `EmbedderMismatch` where the library has another embedder.
        """
        _check_chunks(paper, chunks)
        if vectors is not None:
            _check_vectors(len(chunks), vectors)
        from index.store.blobs import pack_paper  # here: a list of papers needs no numpy

        packed = paper_rows.Packed(chunks, pack_paper(paper), words_of(paper, chunks))
        with self.transaction() as connection:
            kept = paper_rows.records(connection, self.home, "id = ? AND sha256 = ? AND file_lost", paper.id, sha256)
            old = paper_rows.delete_paper(connection, paper.id)
            if paper_rows.any_paper(connection):
                paper_rows.check_embedder(paper_rows.fact(connection, "embedder"), embedder)
            paper_rows.set_embedder(connection, embedder)
            lost = any(each.file == file for each in kept)  # put again from its own text, as a new embedder needs it
            source = paper_rows.Source(Place.of(file, self.home), sha256, lost)
            new = paper_rows.insert_paper(connection, paper, packed, source)
            if vectors is not None:
                paper_rows.insert_vectors(connection, paper.id, new, vectors, embedder)
        return new, old

    def add_vectors(self, paper_id: str, ids: Sequence[int], vectors: "NDArray[np.float32]", embedder: str) -> bool:
        """Give chunks of a paper that has none their vectors (n, d); False where it was put anew or removed meanwhile.

        Raises `EmbedderMismatch` where the library has another embedder by now.
        """
        _check_vectors(len(ids), vectors)
        with self.transaction() as connection:
            waiting = paper_rows.records(connection, self.home, "id = ? AND embedder = ?", paper_id, NO_EMBEDDER)
            if not waiting or not set(ids) <= {chunk.id for chunk in paper_rows.chunks_of(connection, paper_id)}:
                return False
            paper_rows.check_embedder(paper_rows.fact(connection, "embedder"), embedder)
            paper_rows.insert_vectors(connection, paper_id, ids, vectors, embedder)
            paper_rows.next_generation(connection)
        return True

    def without_vectors(self) -> list[PaperRecord]:
        """The papers that have no vectors of the present embedder, the newest first."""
        with self.read() as connection:
            found = paper_rows.records(
                connection, self.home, "embedder <> COALESCE((SELECT value FROM facts WHERE name = 'embedder'), '')"
            )
        return sorted(found, key=lambda record: (record.year or 0, record.added_at), reverse=True)

    def want(self, paper_ids: Iterable[str]) -> None:
        """Note that papers without vectors were asked about, so that they are the next to get them; a hint, no more."""
        lines = [*self.wanted(), *paper_ids][-_WANTED:]
        with suppress(OSError):  # whoever may only read the library searches all the same
            write_whole(self.home / "wanted", "\n".join(lines))

    def wanted(self) -> list[str]:
        """The papers that `want` noted, the latest last."""
        try:
            return (self.home / "wanted").read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            return []

    def mark_ready(self, paper_id: str) -> None:
        """Say that all vectors of a paper stand in the vector index."""
        with self.transaction() as connection:
            paper_rows.mark_ready(connection, paper_id)
            paper_rows.next_generation(connection)

    def move(self, paper_id: str, file: str) -> None:
        """Say that the file of a paper is now at this path. Raises `PaperNotFound`."""
        with self.transaction() as connection:
            paper_rows.record(connection, self.home, paper_id)
            paper_rows.move_paper(connection, paper_id, Place.of(file, self.home))
            paper_rows.next_generation(connection)

    def remove(self, paper_id: str) -> list[int]:
        """Forget a paper; the ids of its chunks, to drop from the vector index. Raises `PaperNotFound`."""
        with self.transaction() as connection:
            paper_rows.record(connection, self.home, paper_id)
            old = paper_rows.delete_paper(connection, paper_id)
            paper_rows.next_generation(connection)
        return old

    def papers(self) -> list[PaperRecord]:
        """All papers, by title."""
        with self.read() as connection:
            return paper_rows.records(connection, self.home)

    def has(self, paper_id: str) -> bool:
        """Whether a paper has this id."""
        with self.read() as connection:
            return paper_rows.revision(connection, paper_id) is not None

    def record(self, paper_id: str) -> PaperRecord:
        """The record of a paper by its id. Raises `PaperNotFound`."""
        with self.read() as connection:
            return paper_rows.record(connection, self.home, paper_id)

    def find(self, name: str) -> PaperRecord:
        """The paper that a person means: id, arXiv id, file name or part of a title.

        Raises `PaperNotFound` with the closest titles, `AmbiguousPaper` with the candidates.
        """
        with self.read() as connection:
            return paper_rows.record(connection, self.home, find_paper(connection, name, self.home))

    def by_sha256(self, sha256: str) -> PaperRecord | None:
        """The paper whose file has these bytes."""
        return self._first("sha256 = ?", sha256)

    def by_arxiv(self, base_id: str) -> PaperRecord | None:
        """The paper with this arXiv id, given without a version, in whichever version it is here."""
        return self._first("arxiv_base = ?", base_id)

    def by_file(self, file: str) -> PaperRecord | None:
        """The paper that was ingested under exactly this path or name, and not lost it to another one since."""
        place = Place.of(file, self.home)
        return self._first("file = ? AND in_home = ? AND NOT file_lost", place.file, place.in_home)

    def paper(self, paper_id: str) -> Paper:
        """A whole paper, kept in memory for the next time. Raises `PaperNotFound`."""
        with self.read() as connection:
            revision = paper_rows.revision(connection, paper_id)
            if revision is None:
                raise PaperNotFound(f"There is no paper {paper_id!r} any more. See what is there with: papers list")
            with self._papers_lock:
                paper = self._papers.pop((paper_id, revision), None)
            paper = paper or paper_rows.paper(connection, paper_id)
        with self._papers_lock:
            self._papers[paper_id, revision] = paper  # now the last, the longest to stay
            while len(self._papers) > _CACHED_PAPERS:
                self._papers.popitem(last=False)
        return paper

    def chunk(self, ids: Sequence[int]) -> list[StoredChunk]:
        """The chunks of `ids`, in their order, without those that are gone."""
        with self.read() as connection:
            return paper_rows.chunks_by_id(connection, ids)

    def chunks_of(self, paper_id: str) -> list[StoredChunk]:
        """The chunks of a paper in the order in which they were put; none where there is no such paper."""
        with self.read() as connection:
            return paper_rows.chunks_of(connection, paper_id)

    def search_text(self, query: str, limit: int, filters: Filters) -> list[tuple[int, float]]:
        """The chunks that share a word with `query`, best first, with their BM25 score; any text is a safe query."""
        with self.read() as connection:
            return search_words(connection, query, limit, filters)

    def owners(self, keys: Iterable[str]) -> list[Named]:
        """The papers that own one of the names, given by their keys (`index.structure.paper_card.name_key`)."""
        with self.read() as connection:
            return paper_cards.owners(connection, keys)

    def search_cards(self, query: str, limit: int) -> list[tuple[str, float]]:
        """The papers whose title, authors or abstract share a word with `query`, best first, with their BM25 score."""
        with self.read() as connection:
            return paper_cards.search_cards(connection, query, limit)

    def card_text(self, paper_id: str) -> str:
        """Title, authors and front of a paper as they are indexed: words in lower case; empty without a card."""
        with self.read() as connection:
            return paper_cards.card_text(connection, paper_id)

    def make_cards(self, limit: int) -> int:
        """Make the cards of papers that an earlier version of this program put, at most `limit`; how many were made."""
        generation = self.generation
        if generation == self._carded or self.read_only:
            return 0
        with self.read() as connection:
            missing = paper_cards.without_card(connection, limit)
        if len(missing) < limit:
            self._carded = generation  # none is missing until papers change
        for paper_id in missing:
            paper = self.paper(paper_id)
            with self.transaction() as connection:
                if paper_rows.revision(connection, paper_id) is not None:
                    paper_cards.put_card(connection, paper)
        return len(missing)

    def ids(self) -> "NDArray[np.int64]":
        """The ids that the vector index should hold, sorted: every chunk that the present embedder embedded."""
        with self.read() as connection:
            return paper_rows.current_ids(connection)

    def vectors(self, ids: Sequence[int] | None = None) -> Iterator[VectorBatch]:
        """Batches of ids (n,), vectors (n, d) and metadata for `VectorIndex.add`; all of `ids()` by default."""
        wanted = self.ids().tolist() if ids is None else sorted(ids)
        for start in range(0, len(wanted), _BATCH):
            with self.read() as connection:
                batch = paper_rows.vector_batch(connection, wanted[start : start + _BATCH])
            if len(batch[0]):
                yield batch

    def vectors_of(self, ids: Sequence[int]) -> "NDArray[np.float32]":
        """One row for each of `ids` (n, d), in their order; zeros, which are like nothing, for a chunk that is gone."""
        import numpy as np

        found = {int(id): row for batch in self.vectors(ids) for id, row in zip(batch[0], batch[1], strict=True)}
        blank = np.zeros(self.dimension or 0, dtype=np.float32)
        return np.array([found.get(id, blank) for id in ids], dtype=np.float32).reshape(len(ids), len(blank))

    def ready_chunks(self) -> int:
        """How many vectors the vector index holds at the least, if nobody has emptied it."""
        with self.read() as connection:
            return paper_rows.ready_chunks(connection)

    def fact(self, name: str) -> str | None:
        """A fact about the library, such as `backup_at`; None before it is known."""
        with self.read() as connection:
            return paper_rows.fact(connection, name)

    def _first(self, condition: str, *values: str | bytes | bool) -> PaperRecord | None:
        with self.read() as connection:
            return next(iter(paper_rows.records(connection, self.home, condition, *values)), None)


@contextmanager
def writing(home: Path, wait_seconds: float = 0) -> Iterator[None]:
    """Hold the lock of the one writer to the library in the folder `home`: see `Library.writing`."""

    def busy(pid: str) -> LibraryBusy:
        return LibraryBusy(
            f"Another process (pid {pid}) is writing to the library {home}. "
            "Wait for it to end, or stop it, and run the command again."
        )

    with one_process(home / "write.lock", home / "writer.pid", wait_seconds, busy):
        _remove_scratch(home)
        yield


def _remove_scratch(home: Path) -> None:
    """Remove what a writer that was killed left behind: whole copies of the library, an index that was given up."""
    for rest in home.glob(f"{SCRATCH}*"):
        shutil.rmtree(rest, ignore_errors=True)


def _check_chunks(paper: Paper, chunks: Sequence[Chunk]) -> None:
    """Refuse what would break a promise of the library; a mistake of the caller, not of a person."""
    for chunk in chunks:
        if chunk.paper_id != paper.id or chunk.text != paper.quote(chunk.span):
            raise ValueError(f"not a chunk of paper {paper.id}: {chunk.span}")


def _check_vectors(count: int, vectors: "NDArray[np.float32]") -> None:
    import numpy as np

    if vectors.ndim != 2 or len(vectors) != count:
        raise ValueError(f"{count} chunks need as many vectors, not an array of shape {vectors.shape}")
    if not np.isfinite(vectors).all():
        raise ValueError("a vector holds NaN or infinity")


def section_counts(library: Library, paper_ids: Sequence[str]) -> dict[str, int]:
    """How many sections each paper has; read from the outlines alone, so that a long list takes milliseconds."""
    query = "SELECT paper_id, outline FROM texts WHERE paper_id IN (SELECT value FROM json_each(?))"
    with library.read() as connection:
        rows = connection.execute(query, (json.dumps(list(paper_ids)),)).fetchall()
    return {paper_id: len(json.loads(zlib.decompress(outline))["sections"]) for paper_id, outline in rows}
