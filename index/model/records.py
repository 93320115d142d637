"""What the library gives besides papers: their records, stored chunks, and the filters of a search."""

from dataclasses import dataclass
from typing import Literal

from index.model.paper import Span, Zone


@dataclass(frozen=True, slots=True)
class PaperRecord:
    """A paper's line in the catalogue.

    `file` is the path or name as it was ingested, or where it was found again; with `file_lost` another paper was found
    there since. `state` is "pending" until the paper's vectors, made by the
    library's embedder, stand in the vector index; `added_at` is UTC in ISO 8601; `embedder` made its vectors.
    """

    id: str
    file: str
    sha256: str
    title: str
    authors: tuple[str, ...]
    year: int | None
    arxiv_id: str | None
    pages: int
    chunks: int
    state: Literal["ready", "pending"]
    added_at: str
    warnings: tuple[str, ...]
    embedder: str
    file_lost: bool = False


@dataclass(frozen=True, slots=True)
class StoredChunk:
    """A chunk as the library keeps it; its text is `library.paper(paper_id).quote(span)`. Ids are never used again."""

    id: int
    paper_id: str
    span: Span
    zone: Zone


@dataclass(frozen=True, slots=True)
class Filters:
    """Where to search: `None` leaves a choice open.

    `years` is first and last, both included, either open; a paper of unknown year is then left out. Without `zones`,
    everything but the references is searched.
    """

    papers: frozenset[str] | None = None
    years: tuple[int | None, int | None] | None = None
    zones: frozenset[Zone] | None = None

    @property
    def wanted_zones(self) -> frozenset[Zone]:
        """The zones to search, the default filled in."""
        return frozenset(Zone) - {Zone.REFERENCES} if self.zones is None else self.zones
