"""What a search finds by words alone is said: papers whose vectors are not made yet, or an index that was emptied."""

from collections.abc import Callable, Iterable, Iterator

from index.store.library import Library
from index.store.vectors import VectorIndex


class MissingVectors:
    """Looks whether the index has the vectors of all papers; `tell`, if it is set, is told if not."""

    def __init__(self, library: Library, vectors: VectorIndex) -> None:
        self._library, self._vectors = library, vectors
        self.tell: Callable[[str], None] | None = None
        self._generation = -1
        self._ready = 0  # vectors that should be there
        self._waiting: frozenset[str] = frozenset()  # papers that have none
        self._told: set[str] = set()

    def look(self) -> None:
        """Tells how many papers and vectors are missing, each line once."""
        # First what there should be: a paper that comes in meanwhile can only add to what there is.
        generation = self._library.generation
        if generation != self._generation:
            self._ready = self._library.ready_chunks()
            self._waiting = frozenset(record.id for record in self._library.without_vectors())
            self._generation = generation
        if self.tell is not None:
            said = set(self._lines())
            for line in said - self._told:
                self.tell(line)
            self._told = said

    def want(self, papers: Iterable[str]) -> None:
        """The papers that a search has found are the next to get their vectors, if they have none."""
        if found := [paper for paper in dict.fromkeys(papers) if paper in self._waiting]:
            self._library.want(found)

    def _lines(self) -> Iterator[str]:
        missing = max(self._ready - self._vectors.count(), 0)
        if missing:
            how = "by words alone" if missing == self._ready else "by words alone for those"
            yield (
                f"The vector index lacks {missing} of {self._ready} passages: they are found {how}. "
                "Make it again with: papers reindex"
            )
        if self._waiting:
            yield (
                "Papers whose vectors are not made yet are found by their words alone. "
                "If no program is at it, make them with: papers reindex"
            )
