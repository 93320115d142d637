"""What a search finds by words alone is said; a vector index that was emptied, or is not ours, is made again."""

from collections.abc import Callable, Iterable, Iterator

from index.model.errors import LibraryBusy, LibraryError
from index.store.library import Library
from index.store.vectors import VectorIndex, sync_vectors


class MissingVectors:
    """Looks whether the index has the vectors of all papers; `tell`, if it is set, is told if not."""

    def __init__(self, library: Library, vectors: VectorIndex) -> None:
        self._library, self._vectors = library, vectors
        self.tell: Callable[[str], None] | None = None
        self._generation = -1
        self._ready = 0  # vectors that should be there
        self._waiting: frozenset[str] = frozenset()  # papers that have none
        self._told: frozenset[str] = frozenset()

    def look(self) -> None:
        """Make the index again if it lacks vectors that the library has; tell what is missing, each line once.

        Raises LibraryError if the index can neither be used nor made again.
        """
        # First what there should be: a paper that comes in meanwhile can only add to what there is.
        generation = self._library.generation
        if generation != self._generation:
            self._ready = self._library.ready_chunks()
            self._waiting = frozenset(record.id for record in self._library.without_vectors())
            self._generation = generation
        missing = 0 if self._library.read_only else max(self._ready - self._held(), 0)
        said = frozenset(self._lines(missing))
        self._say(said - self._told)
        if missing and (line := self._make_again(missing)):
            self._say(frozenset([line]) - self._told)
            said |= {line}
        self._told = said

    def want(self, papers: Iterable[str]) -> None:
        """The papers that a search has found are the next to get their vectors, if they have none."""
        if found := [paper for paper in dict.fromkeys(papers) if paper in self._waiting]:
            self._library.want(found)

    def _lines(self, missing: int) -> Iterator[str]:
        if self._library.read_only:
            yield "This library can only be read, and Chroma reads none: passages are found by words alone."
        if missing:
            yield f"The vector index lacks {missing} of {self._ready} passages: it is made again from the library."
        if self._waiting:
            yield (
                "Papers whose vectors are not made yet are found by their words alone. "
                "If no program is at it, make them with: papers reindex"
            )

    def _make_again(self, missing: int) -> str:
        """Whatever is missing; if another process writes, a line about it."""
        try:
            with self._library.writing():
                sync_vectors(self._library, self._vectors)
        except LibraryBusy as error:
            how = "by words alone" if missing == self._ready else "by words alone for those"
            return f"Until then they are found {how}. {error}"
        return ""

    def _say(self, lines: Iterable[str]) -> None:
        for line in sorted(lines) if self.tell is not None else ():
            self.tell(line)  # type: ignore[misc]

    def _held(self) -> int:
        try:
            return self._vectors.count()
        except LibraryError:
            return 0
