"""Vectors for the papers that are in the library: what follows once their words can be searched.

One process at a time makes vectors. It holds the library's own lock only while it writes those of one paper, so that
papers can be added and removed meanwhile; killed anywhere, it goes on with the papers that have none.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from index.embedding.embed import Embedder, Vectors
from index.files.one_process import one_process
from index.ingest.split_paper import embedding_text, split_paper
from index.model.errors import EmbedderError, LibraryBusy, PaperAssistantError, PaperNotFound
from index.model.paper import Zone
from index.model.records import PaperRecord
from index.model.settings import IndexSettings
from index.store.library import Library
from index.store.vectors import VectorIndex, sync_vectors

STEP = 32  # chunks between two progress events: two to four seconds on two cores
WAIT_SECONDS = 3600.0  # for another process that adds papers


@dataclass(frozen=True)
class Progress:
    """A step: the file, its stage, and how much is done of all; 0 of 0 where that is not known."""

    file: str
    stage: str
    done: int
    total: int


def embed_waiting(
    library: Library, vectors: VectorIndex, embedder: Embedder, settings: IndexSettings
) -> Iterator[Progress]:
    """Embeds the papers without vectors; `done` and `total` count the chunks of all of them.

    First come papers that were asked about meanwhile (`Library.wanted`), then the newest. References have no vectors:
    no question goes to them, and they are every eighth chunk. Raises LibraryBusy where another process is at it,
    EmbedderMismatch where the library's vectors are another embedder's, and EmbedderError at the end, when all others
    are done, where some could not be embedded.
    """
    with _only_one(library.home):
        try:
            yield from _all(library, vectors, embedder, settings)
        finally:
            library.checkpoint()


def _all(library: Library, vectors: VectorIndex, embedder: Embedder, settings: IndexSettings) -> Iterator[Progress]:
    done = 0
    failed: set[str] = set()
    while waiting := [record for record in library.without_vectors() if record.id not in failed]:
        library.check_embedder(embedder.identity)
        record = _next(waiting, library.wanted())
        total = done + sum(each.chunks for each in waiting)
        try:
            if record.embedder:  # its chunks are cut for another one's window
                put_again(library, embedder, settings, record)
            for step in _embed(library, vectors, embedder, record):
                yield Progress(record.file, "embedding", done + step, total)
        except PaperNotFound:  # removed meanwhile
            continue
        except PaperAssistantError:
            raise
        except Exception:  # a fault of ours must not stop all the papers behind this one, run after run
            logging.getLogger(__name__).exception("embedding %s", record.file)
            failed.add(record.id)
        done += record.chunks
    if failed:
        raise EmbedderError(
            f"The vectors of {len(failed)} papers could not be made: a fault of this program. They are found by their "
            "words alone. Report it, with the lines above."
        )


def put_again(library: Library, embedder: Embedder, settings: IndexSettings, record: PaperRecord) -> None:
    """Cuts a paper anew, without vectors, unless it is removed or replaced meanwhile.

    Raises LibraryBusy, and PaperNotFound where it is not there to begin with.
    """
    paper = library.paper(record.id)
    chunks = split_paper(paper, embedder, settings.chunk_tokens)
    with library.writing(WAIT_SECONDS):
        now = library.by_sha256(record.sha256)
        if now is not None and now.id == record.id:
            library.put(paper, chunks, None, file=now.file, sha256=now.sha256, embedder=embedder.identity)


def reindex_library(
    library: Library, vectors: VectorIndex, embedder: Embedder, settings: IndexSettings, *, chunks: bool = False
) -> Iterator[Progress]:
    """Makes the vector index anew. Without `chunks` and with the embedder of the library no text is embedded again.

    Killed halfway, it goes on where it was. Raises LibraryBusy.
    """
    with library.writing():
        if library.embedder != embedder.identity:
            library.set_embedder(embedder.identity)
        yield Progress("", "indexing", 0, len(library.ids()))
        vectors.clear()
        sync_vectors(library, vectors)
    records = library.papers() if chunks else []
    for row, record in enumerate(records):
        yield Progress(record.file, "cutting", row, len(records))
        with suppress(PaperNotFound):
            put_again(library, embedder, settings, record)
    yield from embed_waiting(library, vectors, embedder, settings)
    with library.writing(WAIT_SECONDS):
        sync_vectors(library, vectors)  # what `chunks` has left


def _only_one(home: Path) -> AbstractContextManager[None]:
    def busy(pid: str) -> LibraryBusy:
        return LibraryBusy(
            f"Another process (pid {pid}) is making the vectors of {home}, those of new papers too. "
            "Until then they are found by their words."
        )

    return one_process(home / "embed.lock", home / "embedder.pid", 0, busy)


def _next(waiting: Sequence[PaperRecord], wanted: Sequence[str]) -> PaperRecord:
    """The paper that was asked about last, else the first."""
    places = {paper: place for place, paper in enumerate(wanted)}
    return max(waiting, key=lambda record: places.get(record.id, -1))


def _embed(library: Library, vectors: VectorIndex, embedder: Embedder, record: PaperRecord) -> Iterator[int]:
    """Embeds one paper and puts its vectors where they belong; yields how many of its chunks are done."""
    with library.one_moment():
        paper, stored = library.paper(record.id), library.chunks_of(record.id)
    chunks = [chunk for chunk in stored if chunk.zone is not Zone.REFERENCES]
    chunks.sort(key=lambda chunk: chunk.span.end - chunk.span.start)  # like lengths together: little is padded
    texts = [embedding_text(paper, chunk.span, embedder) for chunk in chunks]
    made: list[Vectors] = [np.zeros((0, embedder.dimension), dtype=np.float32)]
    for start in range(0, len(texts), STEP):
        yield start
        made.append(embedder.embed(texts[start : start + STEP]))
    ids = [chunk.id for chunk in chunks]
    with library.writing(WAIT_SECONDS):
        if library.add_vectors(record.id, ids, np.concatenate(made), embedder.identity):
            for batch in library.vectors(ids):
                vectors.add(*batch)
            library.mark_ready(record.id)
