"""A vector index that was emptied or lost is said: a search would go by words alone without a sign of it."""

from collections.abc import Callable

from index.store.library import Library
from index.store.vectors import VectorIndex


class MissingVectors:
    """Looks whether the index has the vectors of all papers that are ready; `tell`, if it is set, is told if not."""

    def __init__(self, library: Library, vectors: VectorIndex) -> None:
        self._library, self._vectors = library, vectors
        self.tell: Callable[[str], None] | None = None
        self._told = 0

    def look(self) -> None:
        """Tells how many vectors are missing, once for each number."""
        if self.tell is None:
            return
        # First what there should be: a paper that comes in meanwhile can only add to what there is.
        wanted = self._library.ready_chunks()
        missing = max(wanted - self._vectors.count(), 0)
        if missing and missing != self._told:
            how = "by words alone" if missing == wanted else "by words alone for those"
            self.tell(
                f"The vector index lacks {missing} of {wanted} passages: they are found {how}. "
                "Make it again with: papers reindex"
            )
        self._told = missing
