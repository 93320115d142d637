"""The vector index made anew from the library; with another embedder, or on request, every chunk as well."""

from collections.abc import Iterator

from index.embedding.embed import Embedder
from index.ingest.ingest import Progress, chunk_vectors
from index.model.settings import IndexSettings
from index.store.library import Library
from index.store.vectors import VectorIndex, sync_vectors


def reindex_library(
    library: Library, vectors: VectorIndex, embedder: Embedder, settings: IndexSettings, *, chunks: bool = False
) -> Iterator[Progress]:
    """Progress, a step a paper. Without `chunks` and with the embedder of the library no text is embedded again.

    Killed halfway, it goes on where it was. Raises LibraryBusy.
    """
    with library.writing():
        if library.embedder != embedder.identity:
            library.set_embedder(embedder.identity)
        records = [each for each in library.papers() if chunks or each.embedder != embedder.identity]
        for row, record in enumerate(records):
            yield Progress(record.file, "embedding", row, len(records))
            paper = library.paper(record.id)
            cut, embedded = yield from chunk_vectors(paper, embedder, settings.chunk_tokens, record.file)
            identity = embedder.identity
            library.put(paper, cut, embedded, file=record.file, sha256=record.sha256, embedder=identity)
        yield Progress("", "indexing", 0, len(library.ids()))
        vectors.clear()
        sync_vectors(library, vectors)
        yield Progress("", "indexing", len(library.ids()), len(library.ids()))
