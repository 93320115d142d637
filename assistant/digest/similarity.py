"""Measure how similar the day's papers are to the user's interests, to a liked paper and to the library.

Vectors of abstracts are cached on disk, so that a resumed run or a second profile embeds nothing twice.
"""

import hashlib
import math
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from assistant.answering.events import Working
from assistant.verify.terms import content_stems
from index.arxiv.ids import parse_arxiv_id
from index.embedding.embed import BATCH, Embedder, Vectors
from index.files.home import private_folder
from index.files.whole_file import whole_file
from index.model.errors import LibraryError
from index.model.paper import Paper, Zone
from index.model.records import Filters, PaperRecord
from index.store.library import Library

if TYPE_CHECKING:
    from index.arxiv.announcements import Announcement
    from index.store.vectors import VectorIndex

_MOST = 4000  # vectors, 6 MB at 384 dimensions; the oldest are dropped first


class AbstractVectors:
    """A cache of an embedder's vectors by text, in a file that may be deleted at any time."""

    def __init__(self, file: Path, embedder: Embedder) -> None:
        self._file = file
        self._embedder = embedder
        self._rows = self._read()

    @property
    def dimension(self) -> int:
        """The length of a vector."""
        return self._embedder.dimension

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Vectors of passages (n, dimension), unit length; new ones are written to the file at once."""
        keys = [hashlib.sha256(f"{self._embedder.identity}\n{text}".encode()).hexdigest() for text in texts]
        new = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._rows}
        if new:
            self._rows |= dict(zip(new, self._embedder.embed(list(new.values())), strict=True))
            self._write()
        return np.array([self._rows[key] for key in keys], dtype=np.float32).reshape(len(texts), self.dimension)

    def _read(self) -> dict[str, Vectors]:
        try:
            with self._file.open("rb") as opened, np.load(opened, allow_pickle=False) as stored:
                keys, rows = stored["keys"], np.asarray(stored["rows"], dtype=np.float32)
        except (
            OSError,
            ValueError,
            KeyError,
            EOFError,
            zipfile.BadZipFile,
        ):  # missing or not ours: start with an empty cache
            return {}
        if rows.ndim != 2 or len(keys) != len(rows) or not np.isfinite(rows).all():
            return {}
        return {str(key): row for key, row in zip(keys, rows, strict=True) if len(row) == self.dimension}

    def _write(self) -> None:
        kept = dict(list(self._rows.items())[-_MOST:])
        with suppress(OSError):  # a full disk costs time, not the report
            private_folder(self._file.parent)
            with whole_file(self._file) as file:
                np.savez(file, keys=np.array(list(kept)), rows=np.stack(list(kept.values())))


_MANY = 20  # papers of a day from which their median is the baseline
# The baseline for fewer: the median of 142 abstracts of 2026-01-19 with bge-small, and of their nearest of 49 papers.
ORDINARY, ORDINARY_NEAREST = 0.67, 0.77
_TITLE = 0.25  # share of the title in the weight of shared words
_NEIGHBOURS = 3  # candidates per paper: the nearest may be the paper itself
_ABSTRACT = 2000  # characters of a liked paper's abstract: the maximum length of an abstract on arXiv


@dataclass(frozen=True)
class Neighbour:
    """The nearest paper of the library; `same` if it is the announced paper itself."""

    record: PaperRecord
    similarity: float
    same: bool


@dataclass(frozen=True)
class Wanted:
    """What to be similar to: unit vectors (d,), None if not asked for; the interests also as English text."""

    interests: Vectors | None = None
    words: str = ""
    like: Vectors | None = None
    like_title: str = ""


@dataclass(frozen=True)
class Similarities:
    """Cosine similarities of the day's papers, one for each in their order; None if not asked for.

    `shared` is the share of the interests' words that each paper has (`shared_words`).
    """

    interests: NDArray[np.float32] | None = None
    shared: NDArray[np.float32] | None = None
    like: NDArray[np.float32] | None = None
    like_title: str = ""
    library: tuple[Neighbour | None, ...] | None = None


def stretched(similarities: NDArray[np.float32], ordinary: float) -> NDArray[np.float32]:
    """Similarities rescaled to [0, 1]: 0 is the day's median and below, 1 the same text.

    Cosines of one embedder lie in a narrow band, so they are measured from the day's own median, or from `ordinary` if
    the day has too few papers.
    """
    if not len(similarities):
        return similarities
    middle = float(np.median(similarities))
    base = min(middle if len(similarities) >= _MANY else min(middle, ordinary), 0.99)
    return np.asarray(np.clip((similarities - base) / (1.0 - base), 0.0, 1.0), dtype=np.float32)


def shared_words(text: str, announcements: "Sequence[Announcement]") -> NDArray[np.float32]:
    """The share of a text's words that each paper has, 0 to 1: rare words of the day weigh more (idf), titles as well.

    In "robots that follow instructions in natural language" an embedder of sentences finds mainly "natural language";
    that few papers of a day are about robots shows in the words.
    """
    titles = [set(content_stems(each.title)) for each in announcements]
    texts = [title | set(content_stems(each.abstract)) for title, each in zip(titles, announcements, strict=True)]
    frequency = Counter(stem for stems in texts for stem in stems)
    weights = {stem: math.log((len(texts) + 1) / frequency[stem]) for stem in content_stems(text) if frequency[stem]}
    total = sum(weights.values()) or 1.0

    def share(stems: set[str]) -> float:
        return sum(weight for stem, weight in weights.items() if stem in stems) / total

    shares = [(1 - _TITLE) * share(text) + _TITLE * share(title) for text, title in zip(texts, titles, strict=True)]
    return np.array(shares, dtype=np.float32)


def abstract_of(paper: Paper) -> str:
    """The title and the abstract of a paper as it was read; its beginning if no abstract was found."""
    spans = [zoned.span for zoned in paper.zones if zoned.zone is Zone.ABSTRACT]
    text = " ".join(paper.quote(span) for span in spans) or paper.text
    return f"{paper.title}. {' '.join(text[:_ABSTRACT].split())}"


def measure(
    announcements: "Sequence[Announcement]", wanted: Wanted, embedder: AbstractVectors, near: "Neighbourhood | None"
) -> Iterator[Working | Similarities]:
    """Embed the announcements, yielding the progress, then yield their similarities."""
    rows: list[Vectors] = []
    for start in range(0, len(announcements), BATCH):
        yield Working("abstracts", start, len(announcements))
        part = announcements[start : start + BATCH]
        rows.append(embedder.embed([f"{each.title}. {each.abstract}"[:_ABSTRACT] for each in part]))
    vectors = np.concatenate(rows) if rows else np.zeros((0, embedder.dimension), dtype=np.float32)
    yield Similarities(
        interests=None if wanted.interests is None else np.asarray(vectors @ wanted.interests, dtype=np.float32),
        shared=shared_words(wanted.words, announcements) if wanted.words else None,
        like=None if wanted.like is None else np.asarray(vectors @ wanted.like, dtype=np.float32),
        like_title=wanted.like_title,
        library=near.neighbours(announcements, vectors) if near else None,
    )


class Neighbourhood:
    """The papers of the library as neighbours of new papers."""

    def __init__(self, library: Library, vectors: "VectorIndex", embedder: Embedder) -> None:
        self._library = library
        self._vectors = vectors
        self.fits = library.embedder == embedder.identity  # otherwise the vectors cannot be compared

    def neighbours(self, announcements: "Sequence[Announcement]", vectors: Vectors) -> tuple[Neighbour | None, ...]:
        """For each announcement the paper of the library whose abstract is nearest; None if there is none."""
        records = {record.id: record for record in self._library.papers()}
        return tuple(
            self._neighbour(each, vector, records) for each, vector in zip(announcements, vectors, strict=True)
        )

    def _neighbour(
        self, announcement: "Announcement", vector: Vectors, records: dict[str, PaperRecord]
    ) -> Neighbour | None:
        if same := self._library.by_arxiv(announcement.id.base):
            return Neighbour(same, 1.0, same=True)
        try:
            found = self._vectors.query(vector, _NEIGHBOURS, Filters(zones=frozenset({Zone.ABSTRACT})))
        except LibraryError:  # an index that must be rebuilt does not rank; doctor reports it
            return None
        chunks = {chunk.id: chunk for chunk in self._library.chunk([id for id, _ in found])}
        for id, similarity in found:
            record = records.get(chunks[id].paper_id) if id in chunks else None
            if record and not _is(record, announcement):
                return Neighbour(record, similarity, same=False)
        return None


def _is(record: PaperRecord, announcement: "Announcement") -> bool:
    known = parse_arxiv_id(record.arxiv_id or "")
    return known is not None and known.base == announcement.id.base
