"""The library's statements: papers, chunks, vectors and facts as rows, read and written over a given connection."""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from index.model.errors import EmbedderMismatch, PaperNotFound
from index.model.paper import Chunk, Paper, Span, Zone
from index.model.records import PaperRecord, StoredChunk
from index.store.cards import put_card, remove_card
from index.store.find_paper import arxiv_base, file_key
from index.store.fulltext import ChunkWords, add_words, remove_words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from index.store.blobs import PaperBlobs

VectorBatch: TypeAlias = "tuple[NDArray[np.int64], NDArray[np.float32], list[dict[str, str | int]]]"

NO_EMBEDDER = ""  # of a paper whose chunks have no vectors yet

_RECORD = """id, file, sha256, title, authors, year, arxiv_id, pages, chunks, state, added_at, warnings, embedder,
    in_home, file_lost"""

_CHUNK = "id, paper_id, start, stop, zone"

# The chunks whose vectors the library's present embedder made.
_CURRENT = """chunks JOIN vectors ON vectors.chunk_id = chunks.id JOIN papers ON papers.id = chunks.paper_id
    AND papers.embedder = (SELECT value FROM facts WHERE name = 'embedder')"""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a paper came from."""

    place: "Place"
    sha256: str
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """A path or name as it is stored: relative to the home folder for a file below it."""

    file: bytes
    in_home: bool

    @classmethod
    def of(cls, file: str, home: Path) -> "Place":
        """The place of a file as it was given."""
        path = Path(file)
        inside = path.is_absolute() and ".." not in path.parts and path != home and path.is_relative_to(home)
        stored = str(path.relative_to(home)) if inside else file
        return cls(stored.encode("utf-8", "surrogatepass"), inside)

    def file_in(self, home: Path) -> str:
        """The path or name, wherever the home folder is now."""
        file = self.file.decode("utf-8", "surrogatepass")
        return str(home / file) if self.in_home else file


@dataclass(frozen=True, slots=True)
class Packed:
    """What is computed of a paper before the transaction that writes it, which keeps all other writers waiting."""

    chunks: Sequence[Chunk]
    blobs: "PaperBlobs"
    words: list[ChunkWords]


def fact(connection: sqlite3.Connection, name: str) -> str | None:
    """One of the library's facts: `generation`, `embedder`."""
    row = connection.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
    return str(row[0]) if row else None


def next_generation(connection: sqlite3.Connection) -> int:
    """Raise the generation; the new number."""
    query = "UPDATE facts SET value = CAST(value AS INTEGER) + 1 WHERE name = 'generation' RETURNING value"
    return int(connection.execute(query).fetchone()[0])


def set_embedder(connection: sqlite3.Connection, identity: str) -> None:
    """Declare the embedder; papers of another one become pending."""
    connection.execute("INSERT OR REPLACE INTO facts VALUES ('embedder', ?)", (identity,))
    connection.execute("UPDATE papers SET state = 'pending' WHERE embedder <> ?", (identity,))


def check_embedder(stored: str | None, identity: str) -> None:
    """Raise `EmbedderMismatch` where `stored` is another embedder than `identity`."""
    if stored is not None and stored != identity:
        raise EmbedderMismatch(
            f"The library was made with the embedder {stored}, and this is {identity}: their vectors cannot be "
            "compared. Set the embedder back, or make all vectors anew with: papers reindex"
        )


def insert_paper(connection: sqlite3.Connection, paper: Paper, packed: Packed, source: Source) -> list[int]:
    """Add a paper that is not there, without vectors; the ids of its chunks, in their order."""
    chunks, blobs = packed.chunks, packed.blobs
    row = (
        paper.id, source.place.file, file_key(source.place.file_in(Path())), source.sha256,
        _storable(paper.title), json.dumps(paper.authors), paper.year, paper.arxiv_id,
        arxiv_base(paper.arxiv_id) if paper.arxiv_id else None, len(paper.pages), len(chunks), "pending",
        NO_EMBEDDER, datetime.now(UTC).isoformat(timespec="seconds"), json.dumps(paper.warnings),
        next_generation(connection), source.place.in_home, source.lost,
    )  # fmt: skip
    if not source.lost:
        _take_place(connection, paper.id, source.place)
    connection.execute(f"INSERT INTO papers VALUES ({', '.join('?' * len(row))})", row)
    connection.execute("INSERT INTO texts VALUES (?, ?, ?, ?)", (paper.id, blobs.body, blobs.outline, blobs.words))
    ids = [_insert_chunk(connection, chunk) for chunk in chunks]
    add_words(connection, zip(ids, packed.words, strict=True))
    put_card(connection, paper)
    return ids


def insert_vectors(
    connection: sqlite3.Connection, paper_id: str, ids: Sequence[int], vectors: "NDArray[np.float32]", embedder: str
) -> None:
    """Give chunks of a paper their vectors (n, d), and the paper the embedder that made them."""
    stored = (vector.tobytes() for vector in vectors.astype("<f4"))
    connection.executemany("INSERT INTO vectors VALUES (?, ?)", zip(ids, stored, strict=True))
    connection.execute("UPDATE papers SET embedder = ? WHERE id = ?", (embedder, paper_id))


def move_paper(connection: sqlite3.Connection, paper_id: str, place: Place) -> None:
    """Say where the file of a paper is now; another paper that was read from there has lost its own."""
    _take_place(connection, paper_id, place)
    connection.execute(
        "UPDATE papers SET file = ?, in_home = ?, file_name = ?, file_lost = 0 WHERE id = ?",
        (place.file, place.in_home, file_key(place.file_in(Path())), paper_id),
    )


def _take_place(connection: sqlite3.Connection, paper_id: str, place: Place) -> None:
    query = "UPDATE papers SET file_lost = 1 WHERE file = ? AND in_home = ? AND id <> ?"
    connection.execute(query, (place.file, place.in_home, paper_id))


def delete_paper(connection: sqlite3.Connection, paper_id: str) -> list[int]:
    """Delete a paper, if it is there, and all that belongs to it; the ids of its chunks."""
    ids = [chunk.id for chunk in chunks_of(connection, paper_id)]
    remove_words(connection, ids)
    remove_card(connection, paper_id)
    connection.execute("DELETE FROM papers WHERE id = ?", (paper_id,))  # cascades to texts, chunks, vectors
    return ids


def _insert_chunk(connection: sqlite3.Connection, chunk: Chunk) -> int:
    cursor = connection.execute(
        "INSERT INTO chunks (paper_id, start, stop, zone) VALUES (?, ?, ?, ?)",
        (chunk.paper_id, chunk.span.start, chunk.span.end, chunk.zone.value),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def records(
    connection: sqlite3.Connection, home: Path, condition: str = "TRUE", *values: str | bytes | bool
) -> list[PaperRecord]:
    """The records that meet a condition (SQL of ours) over the table `papers`, by title."""
    query = f"SELECT {_RECORD} FROM papers WHERE {condition} ORDER BY title COLLATE NOCASE, id"
    return [_record(row, home) for row in connection.execute(query, values)]


def mark_ready(connection: sqlite3.Connection, paper_id: str) -> None:
    """Say that a paper's vectors stand in the vector index; no-one's, if another embedder made them."""
    query = "UPDATE papers SET state = 'ready' WHERE id = ? AND embedder = ?"
    connection.execute(query, (paper_id, fact(connection, "embedder")))


def record(connection: sqlite3.Connection, home: Path, paper_id: str) -> PaperRecord:
    """The record of a paper by its id. Raises `PaperNotFound`."""
    found = records(connection, home, "id = ?", paper_id)
    if not found:
        raise PaperNotFound(f"There is no paper {paper_id!r} in the library. See what is there with: papers list")
    return found[0]


def _record(row: tuple[Any, ...], home: Path) -> PaperRecord:
    id, file, sha256, title, authors, year, arxiv_id, pages, chunks, state, added_at, warnings, embedder = row[:13]
    in_home, file_lost = map(bool, row[13:])
    return PaperRecord(
        id=id,
        file=Place(file, in_home).file_in(home),
        sha256=sha256,
        title=title,
        authors=tuple(json.loads(authors)),
        year=year,
        arxiv_id=arxiv_id,
        pages=pages,
        chunks=chunks,
        state=state,
        added_at=added_at,
        warnings=tuple(json.loads(warnings)),
        embedder=embedder,
        file_lost=file_lost,
    )


def revision(connection: sqlite3.Connection, paper_id: str) -> int | None:
    """The generation that wrote a paper; `None` where there is no such paper."""
    row = connection.execute("SELECT revision FROM papers WHERE id = ?", (paper_id,)).fetchone()
    return int(row[0]) if row else None


def ready_chunks(connection: sqlite3.Connection) -> int:
    """How many chunks of papers that are ready should be in the vector index: all but their references."""
    query = """SELECT COUNT(*) FROM papers JOIN chunks ON chunks.paper_id = papers.id
        WHERE papers.state = 'ready' AND chunks.zone <> ?"""
    return int(connection.execute(query, (Zone.REFERENCES.value,)).fetchone()[0])


def first_dimension(connection: sqlite3.Connection) -> int | None:
    """The length of the present embedder's vectors; `None` before the first."""
    row = connection.execute(f"SELECT length(vectors.vector) FROM {_CURRENT} LIMIT 1").fetchone()
    return int(row[0]) // 4 if row else None


def any_paper(connection: sqlite3.Connection) -> bool:
    """Whether there is a paper."""
    return connection.execute("SELECT 1 FROM papers LIMIT 1").fetchone() is not None


def paper(connection: sqlite3.Connection, paper_id: str) -> Paper:
    """A whole paper that is there."""
    from index.store.blobs import PaperBlobs, unpack_paper

    row = connection.execute("SELECT body, outline, words FROM texts WHERE paper_id = ?", (paper_id,)).fetchone()
    return unpack_paper(PaperBlobs(*row))


def chunks_by_id(connection: sqlite3.Connection, ids: Sequence[int]) -> list[StoredChunk]:
    """The chunks of `ids` in their order, without those that are gone."""
    query = f"SELECT {_CHUNK} FROM chunks WHERE id IN (SELECT value FROM json_each(?))"
    found = {row[0]: _stored_chunk(row) for row in connection.execute(query, (_json(ids),))}
    return [found[id] for id in ids if id in found]


def chunks_of(connection: sqlite3.Connection, paper_id: str) -> list[StoredChunk]:
    """The chunks of a paper, in the order in which they were put."""
    query = f"SELECT {_CHUNK} FROM chunks WHERE paper_id = ? ORDER BY id"
    return [_stored_chunk(row) for row in connection.execute(query, (paper_id,))]


def current_ids(connection: sqlite3.Connection) -> "NDArray[np.int64]":
    """The ids of all chunks whose vectors the present embedder made, sorted."""
    import numpy as np

    rows = connection.execute(f"SELECT chunks.id FROM {_CURRENT} ORDER BY chunks.id").fetchall()
    return np.array([row[0] for row in rows], dtype=np.int64)


def vector_batch(connection: sqlite3.Connection, ids: Sequence[int]) -> VectorBatch:
    """Ids, vectors and metadata of those of `ids` whose vectors the present embedder made, sorted by id."""
    import numpy as np

    rows = connection.execute(
        f"""SELECT chunks.id, vectors.vector, papers.id, chunks.zone, papers.year
            FROM {_CURRENT}
            WHERE chunks.id IN (SELECT value FROM json_each(?)) ORDER BY chunks.id""",
        (_json(ids),),
    ).fetchall()
    vectors = np.array([np.frombuffer(row[1], dtype="<f4") for row in rows], dtype=np.float32)
    metadata: list[dict[str, str | int]] = [
        {"paper": paper_id, "zone": zone} | ({} if year is None else {"year": year})
        for _, _, paper_id, zone, year in rows
    ]
    return np.array([row[0] for row in rows], dtype=np.int64), vectors, metadata


def _stored_chunk(row: tuple[Any, ...]) -> StoredChunk:
    id, paper_id, start, stop, zone = row
    return StoredChunk(id, paper_id, Span(start, stop), Zone(zone))


def _json(ids: Iterable[int]) -> str:
    return json.dumps([int(id) for id in ids])


def _storable(text: str) -> str:
    """SQLite's TEXT is UTF-8, which has no lone surrogates; the paper's own title, in its blob, keeps them."""
    return text.encode("utf-8", "replace").decode("utf-8")
