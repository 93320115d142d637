"""The vector index: Chroma on this machine's disk, derived from the library and rebuilt from it at any time.

What was measured of Chroma 1.5 shapes this module. Cosine space, as its default loses rows; our own vectors and no
embedding function, as its default one is fetched from the internet; one writer at a time (`Library.writing`), as two
break the index; a process that has loaded an index never sees another one's rows, so every change leaves a new mark
that all others notice. References have a collection of their own: to filter them out takes longer than to search.
"""

import importlib
import shutil
import sys
import time
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import RLock
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from index.files.home import DISK_FULL, disk_remedy, is_full, private_folder
from index.model.errors import EmbedderMismatch, LibraryError
from index.model.paper import Zone
from index.model.records import Filters
from index.store.library import SCRATCH, Library

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.collection_configuration import CreateHNSWConfiguration
    from chromadb.api.models.Collection import Collection as ChromaCollection
    from chromadb.config import Settings as ChromaSettings
    from chromadb.config import System

_loading = RLock()


def load_chroma() -> ModuleType:
    """The module `chromadb`. Import it by this function only.

    As it is imported it makes settings of its own from `./.env` and the environment, and keeps them as defaults: a file
    in the folder that a program happens to be started from could name classes to import and a host to call.
    """
    from pydantic import BaseModel
    from pydantic_settings import BaseSettings

    with _loading:
        if "chromadb" not in sys.modules:
            from_everywhere = BaseSettings.__init__

            def from_arguments(self: BaseSettings, **values: Any) -> None:  # noqa: ANN401
                chromas = type(self).__module__.startswith("chromadb.")
                (BaseModel.__init__ if chromas else from_everywhere)(self, **values)

            BaseSettings.__init__ = from_arguments  # type: ignore[method-assign,assignment]
            try:
                importlib.import_module("chromadb")
                importlib.import_module("chromadb.api.client")  # has defaults of its own
            finally:
                BaseSettings.__init__ = from_everywhere  # type: ignore[method-assign]
        return sys.modules["chromadb"]


def chroma_settings() -> "ChromaSettings":
    """Chroma as its release sets it up, without telemetry, whatever `./.env` and the environment say."""
    return _settings_class()(anonymized_telemetry=False)


@cache
def _settings_class() -> "type[ChromaSettings]":
    """One class in a process: Chroma takes settings of two classes for different ones."""
    from chromadb.config import Settings
    from pydantic import BaseModel

    class FromArguments(Settings):
        def __init__(self, **values: object) -> None:
            BaseModel.__init__(self, **values)

    return FromArguments


def open_client(folder: Path) -> tuple["ClientAPI", "System"]:
    """A client of the folder that shares nothing with the other clients of this process, and what stops it."""
    chroma = load_chroma()
    from chromadb.api.shared_system_client import SharedSystemClient
    from chromadb.errors import ChromaError, InternalError

    try:
        with _panics_as_errors():
            client = chroma.PersistentClient(path=str(folder), settings=chroma_settings())
        return client, SharedSystemClient._identifier_to_system[str(folder)]
    except ChromaError:
        raise
    except Exception as error:  # whatever Chroma's clean-up runs into after a failure that it does not name
        raise InternalError(f"it cannot be opened ({error})") from error
    finally:  # out of the table that would give this same open index to the next client of the folder
        SharedSystemClient._identifier_to_system.pop(str(folder), None)
        SharedSystemClient._identifier_to_refcount.pop(str(folder), None)


def _making(folder: Path) -> AbstractContextManager[object]:
    """The lock under which the folder of an index is made, opened or moved away, in all processes."""
    from filelock import FileLock

    private_folder(folder.parent)
    return FileLock(folder.with_name(f"{folder.name}.lock"))


@contextmanager
def _panics_as_errors() -> Iterator[None]:
    """A panic of Chroma's Rust code is no Exception; it comes where the folder goes while it is opened, for example."""
    from chromadb.errors import InternalError

    try:
        yield
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise InternalError(f"it broke off ({error})") from error


T = TypeVar("T")

# Recall@10 against exact search is then 1.0 on our test sets, filtered or not, at 2.6 ms a query of 5,000 chunks.
_HNSW: "CreateHNSWConfiguration" = {"space": "cosine", "ef_construction": 200, "max_neighbors": 32, "ef_search": 400}

# Seconds before each further try where Chroma fails, and the end: while another process writes, what it has logged and
# what its index holds do not agree for a moment, and each reader tries to bring them together.
_WAITS = (0.05, 0.3, 1.0, 3.0, None)
_opening = RLock()  # Chroma's table of open clients is one for the process


class VectorIndex:
    """Vectors by chunk id in `folder`, opened at the first use. One value serves any number of threads.

    Whoever adds or removes holds `Library.writing()`.
    """

    def __init__(self, folder: Path, dimension: int) -> None:
        self.folder = folder
        self.dimension = dimension
        self._lock = RLock()
        self._open: _OpenIndex | None = None

    def add(
        self,
        ids: Sequence[int] | NDArray[np.int64],
        vectors: NDArray[np.float32],
        metadatas: Sequence[Mapping[str, Any]],
    ) -> None:
        """Add unit vectors (n, dimension) with the metadata that `Library.vectors` gives; ids that are there stay."""
        if vectors.shape != (len(ids), self.dimension) or len(metadatas) != len(ids):
            raise ValueError(f"{len(ids)} ids, {len(metadatas)} metadatas and vectors of shape {vectors.shape}")
        groups: dict[bool, list[int]] = {False: [], True: []}
        for row, metadata in enumerate(metadatas):
            groups[metadata["zone"] == Zone.REFERENCES].append(row)

        def _add(index: _OpenIndex) -> None:
            for references, rows in groups.items():
                for start in range(0, len(rows), index.max_batch):
                    batch = rows[start : start + index.max_batch]
                    index.collections[references].add(
                        ids=[str(ids[row]) for row in batch],
                        embeddings=vectors[batch],
                        metadatas=[_known(metadatas[row]) for row in batch],
                    )

        self._change(_add)

    def remove(self, ids: Collection[int]) -> None:
        """Remove vectors; ids that are not there are no error."""
        names = [str(id) for id in ids]

        def _remove(index: _OpenIndex) -> None:
            for start in range(0, len(names), index.max_batch):
                for collection in index.collections:
                    collection.delete(ids=names[start : start + index.max_batch])

        self._change(_remove)

    def query(self, vector: NDArray[np.float32], limit: int, filters: Filters) -> list[tuple[int, float]]:
        """The chunks nearest to a unit vector (dimension,), at most `limit`, best first, with cosine similarities."""
        if vector.shape != (self.dimension,):
            raise ValueError(f"a query of shape {vector.shape} for vectors of length {self.dimension}")
        if limit < 1 or filters.papers == frozenset() or not filters.wanted_zones:
            return []

        def _query(index: _OpenIndex) -> list[tuple[int, float]]:
            found: list[tuple[int, float]] = []
            for references, collection in enumerate(index.collections):
                zones = {zone for zone in filters.wanted_zones if (zone == Zone.REFERENCES) == bool(references)}
                if zones:
                    found += _nearest(collection, vector, limit, _where(filters, zones))
            return sorted(found, key=lambda pair: (-pair[1], pair[0]))[:limit]

        return self._use(_query)

    def count(self) -> int:
        """How many vectors there are."""
        return self._use(lambda index: sum(collection.count() for collection in index.collections))

    def ids(self) -> set[int]:
        """The ids of all vectors."""
        return self._use(
            lambda index: {int(id) for collection in index.collections for id in collection.get(include=[])["ids"]}
        )

    def reopen(self) -> None:
        """Open the index again if it was changed elsewhere. Every use does so by itself; this does it beforehand."""
        with self._lock:
            if self._open is not None and self._open.stale:
                self.close()

    def close(self) -> None:
        """Let go of the files; the next use opens them again."""
        with self._lock:
            if self._open is not None:
                self._open.close()
                self._open = None

    def clear(self) -> None:
        """Empty the index, even one that cannot be opened any more."""
        with self._lock:
            self.close()
            old = self.folder.with_name(f"{SCRATCH}{uuid.uuid4().hex}")
            with _opening, _making(self.folder):  # nobody is about to open it
                if self.folder.exists():
                    # A rename first: killed in the middle, it leaves no half of an index under the name.
                    self.folder.rename(old)
            shutil.rmtree(old, ignore_errors=True)

    def _change(self, change: Callable[["_OpenIndex"], None]) -> None:
        def _marked(index: _OpenIndex) -> None:
            try:
                change(index)
            finally:
                index.mark()

        self._use(_marked)

    def _use(self, use: Callable[["_OpenIndex"], T]) -> T:
        """Run a function on the index, opened again where it was changed elsewhere, and where it fails."""
        load_chroma()
        from chromadb.errors import ChromaError

        with self._lock:
            self.reopen()
            for wait in _WAITS:
                try:
                    with _panics_as_errors():
                        self._open = self._open or _OpenIndex(self.folder, self.dimension)
                        return use(self._open)
                except (ChromaError, OSError) as error:
                    self.close()
                    if wait is None:
                        raise self._failure(error) from error
                    time.sleep(wait)
        raise AssertionError  # the last try returns or raises

    def _failure(self, error: Exception) -> LibraryError:
        remedy = disk_remedy(error) if isinstance(error, OSError) else None
        if is_full(self.folder.parent):
            remedy = DISK_FULL
        remedy = remedy or "Make it anew from the library with: papers reindex"
        return LibraryError(f"The vector index {self.folder} fails: {error}. {remedy}")


class _OpenIndex:
    """Chroma's client and our two collections, and the mark that the last change left in the folder."""

    def __init__(self, folder: Path, dimension: int) -> None:
        with _opening, _making(folder):  # Chroma makes its tables at the first open
            private_folder(folder)
            self._mark_file = folder / "changed"
            self._mark = self._read_mark()
            client, self._system = open_client(folder)
            try:
                self.collections = tuple(_collection(client, name, dimension) for name in ("chunks", "references"))
                self.max_batch = client.get_max_batch_size()
            except BaseException:
                self.close()
                raise

    @property
    def stale(self) -> bool:
        """Whether somebody else has changed the index since it was opened."""
        return self._read_mark() != self._mark

    def mark(self) -> None:
        """Tell all others that the index has changed."""
        self._mark = uuid.uuid4().hex.encode()
        new = self._mark_file.with_name("changed.new")
        new.write_bytes(self._mark)
        new.replace(self._mark_file)

    def close(self) -> None:
        """Let go of the files."""
        self._system.stop()

    def _read_mark(self) -> bytes | None:
        try:
            return self._mark_file.read_bytes()
        except FileNotFoundError:
            return None


def _collection(client: "ClientAPI", name: str, dimension: int) -> "ChromaCollection":
    collection = client.get_or_create_collection(
        name, embedding_function=None, configuration={"hnsw": _HNSW}, metadata={"dimension": dimension}
    )
    stored = (collection.metadata or {}).get("dimension")
    if stored != dimension:
        raise EmbedderMismatch(
            f"The vector index holds vectors of length {stored}, and the embedder makes {dimension}. "
            "Make it anew with: papers reindex"
        )
    return collection


def _known(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Chroma has no value for "unknown": the key is left out."""
    return {name: value for name, value in metadata.items() if value is not None}


def _nearest(
    collection: "ChromaCollection", vector: NDArray[np.float32], limit: int, where: dict[str, Any] | None
) -> list[tuple[int, float]]:
    answer = collection.query(query_embeddings=vector[np.newaxis], n_results=limit, where=where, include=["distances"])
    distances = (answer["distances"] or [[]])[0]
    return [(int(id), 1.0 - distance) for id, distance in zip(answer["ids"][0], distances, strict=True)]


def _where(filters: Filters, zones: set[Zone]) -> dict[str, Any] | None:
    """Chroma's condition inside one collection; `None` where everything in it is wanted."""
    conditions: list[dict[str, Any]] = []
    if filters.papers is not None:
        conditions.append({"paper": {"$in": sorted(filters.papers)}})
    for operator, bound in zip(("$gte", "$lte"), filters.years or (None, None), strict=True):
        if bound is not None:
            conditions.append({"year": {operator: bound}})
    if zones != {Zone.REFERENCES} and zones != set(Zone) - {Zone.REFERENCES}:
        conditions.append({"zone": {"$in": sorted(zones)}})
    return {"$and": conditions} if len(conditions) > 1 else next(iter(conditions), None)


@dataclass(frozen=True, slots=True)
class SyncReport:
    """How many vectors were missing and added, and were left over and removed."""

    added: int
    removed: int


def sync_vectors(library: Library, index: VectorIndex) -> SyncReport:
    """Make the vector index hold what the library says, and mark the papers ready; inside `library.writing()`.

    Can be killed and run again. One that cannot be used, as another version of Chroma or another embedder made it, is
    made from nothing. It compares ids only: an index that is damaged inside is emptied first, `clear()`.
    """
    try:
        changed = _changed(library, index)
    except LibraryError:  # Chroma cannot apply what it has logged: the library has all that it held
        if is_full(index.folder.parent):
            raise
        index.clear()
        changed = _changed(library, index)
    for record in library.papers():
        if record.state == "pending" and record.embedder == library.embedder:
            library.mark_ready(record.id)
    return changed


def _changed(library: Library, index: VectorIndex) -> SyncReport:
    wanted, there = set(library.ids().tolist()), _ids_held(index)
    extra, missing = there - wanted, sorted(wanted - there)
    if extra:
        index.remove(extra)
    for ids, vectors, metadatas in library.vectors(missing):
        index.add(ids, vectors, metadatas)
    return SyncReport(added=len(missing), removed=len(extra))


def _ids_held(index: VectorIndex) -> set[int]:
    try:
        return index.ids()
    except LibraryError:
        if is_full(index.folder.parent):  # it may be as it should be
            raise
        index.clear()
        return index.ids()


def lost_vectors(library: Library, index: VectorIndex, sample: int = 50) -> list[int]:
    """Ids of a random sample that do not find themselves by their own vectors: damage that `sync_vectors` cannot see.

    Raises `LibraryError` where the index cannot even be asked. Either way `clear` and `sync_vectors` mend it.
    """
    ids = library.ids()
    chosen = np.random.default_rng().choice(ids, size=min(sample, len(ids)), replace=False).tolist()
    everywhere = Filters(zones=frozenset(Zone))
    lost = []
    for id, vector in zip(chosen, library.vectors_of(chosen), strict=True):
        found = index.query(vector, 1, everywhere)
        # Chunks of the same words have the same vector: another one may stand in its place.
        if not found or found[0][1] < 1 - 1e-4:
            lost.append(id)
    return lost
