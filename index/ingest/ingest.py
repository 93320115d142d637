"""Files, folders and arXiv papers into the library and the vector index, one event a paper.

Parsing runs ahead in worker processes. A paper enters the library in one transaction and is found by its words from
then on; the vectors of all new papers follow. A job that is killed anywhere is mended by the next one.
"""

import logging
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from index.arxiv.ids import ArxivId, parse_arxiv_id
from index.embedding.embed import Embedder
from index.files.home import private_folder
from index.files.source_files import as_folder, holds, is_there, source_files
from index.ingest.embedding import Progress, embed_waiting
from index.ingest.same_work import other_versions, same_title, same_work, version_note
from index.ingest.split_paper import split_paper
from index.model.errors import ArxivError, PaperAssistantError, PdfError
from index.model.paper import Chunk, Paper
from index.model.records import PaperRecord
from index.model.settings import IndexSettings
from index.reading.read_pdf import sha256_of_pdf
from index.reading.worker import PdfReader
from index.store.bibliography import note_facts
from index.store.library import Library
from index.store.vectors import VectorIndex, sync_vectors

if TYPE_CHECKING:
    from index.arxiv.client import ArxivClient, ArxivPaper

READ_AHEAD = 4  # papers that may be parsed before the first of them is kept


class Outcome(StrEnum):
    """What became of one source."""

    ADDED = "added"
    UNCHANGED = "unchanged"
    REPLACED = "replaced"
    MOVED = "moved"
    FAILED = "failed"


@dataclass(frozen=True)
class Found:
    """How many files there are to look at; the first event."""

    total: int


@dataclass(frozen=True)
class PaperDone:
    """The end of one source. A paper that was added is found by its words from now on.

    `reason` is a stable word and `detail` a sentence, both only where it failed.
    """

    file: str
    outcome: Outcome
    title: str = ""
    chunks: int = 0
    reason: str = ""
    detail: str = ""
    warnings: tuple[str, ...] = ()


Event = Found | Progress | PaperDone


@dataclass(frozen=True)
class _Job:
    file: str
    sha256: str
    paper: "Future[Paper] | None"  # None for bytes that are known under another path
    listed: "ArxivPaper | None" = None


@dataclass
class Ingestion:
    """Everything that an ingestion works with."""

    library: Library
    vectors: VectorIndex
    embedder: Embedder
    settings: IndexSettings
    reader: PdfReader
    arxiv: "ArxivClient"

    def run(self, sources: Sequence[str]) -> Iterator[Event]:
        """Ingests files, folders (searched for *.pdf) and arXiv ids or links.

        Raises LibraryBusy where another process writes, EmbedderMismatch where another embedder made the index.
        What goes wrong with one source is an event and does not stop the others.
        """
        yield from self.read(sources)
        yield from self.embed()

    def embed(self) -> Iterator[Progress]:
        """Makes the vectors of all papers that have none. Raises LibraryBusy where another process is at it."""
        return embed_waiting(self.library, self.vectors, self.embedder, self.settings)

    def read(self, sources: Sequence[str]) -> Iterator[Event]:
        """The first half of `run`: afterwards the papers are found by their words."""
        with self.library.writing():
            self.library.check_embedder(self.embedder.identity)
            sync_vectors(self.library, self.vectors)  # what a killed run left
            files = list(source_files(sources))
            yield Found(len(files))
            try:
                yield from self._all(files)
            finally:
                self.library.checkpoint()

    def gone(self, sources: Sequence[str]) -> list[PaperRecord]:
        """The papers whose files are no longer in the folders among `sources`; they can still be asked about.

        None of a folder without any PDF, which may be the empty place of a disk that is not mounted.
        """
        folders = [path.absolute() for path in map(as_folder, sources) if path and any(source_files([str(path)]))]
        return [
            record
            for record in self.library.papers()
            if any(Path(record.file).is_relative_to(folder) for folder in folders)
            and not (record.file_lost or is_there(record.file))
        ]

    def _all(self, files: Sequence[str]) -> Iterator[Event]:
        waiting: deque[_Job] = deque()
        moved: list[_Job] = []  # may be: another file of this run may yet be found at the place where they were
        for file in files:
            prepared = self._prepare(file)
            if isinstance(prepared, PaperDone):
                yield prepared
            elif prepared.paper is None:
                moved.append(prepared)
            else:
                waiting.append(prepared)
            if len(waiting) >= READ_AHEAD:
                yield from self._finish(waiting.popleft())
        while waiting:
            yield from self._finish(waiting.popleft())
        for job in moved:
            yield from self._link(job)

    def _prepare(self, file: str) -> _Job | PaperDone:
        """Starts parsing a source, or says why there is nothing to parse."""
        try:
            path, listed = self._fetch(file)
            if path is None:
                return PaperDone(file, Outcome.UNCHANGED)
            sha256 = sha256_of_pdf(path, self.reader.limits.bytes)
        except PdfError as error:  # over the cap, from arXiv or from here
            return PaperDone(file, Outcome.FAILED, reason=error.reason, detail=str(error))
        except ArxivError as error:
            return PaperDone(file, Outcome.FAILED, reason="arxiv", detail=str(error))
        except FileNotFoundError:
            return PaperDone(file, Outcome.FAILED, reason="not_found", detail=_not_found(file))
        except (OSError, RuntimeError, ValueError) as error:  # also "~nobody/x", or a name with a NUL
            reason = getattr(error, "strerror", None) or error
            detail = f"{file} cannot be read ({reason}). Check that it is a PDF file, and readable."
            return PaperDone(file, Outcome.FAILED, reason="unreadable", detail=detail)
        here = str(path.absolute())
        known = self.library.by_sha256(sha256)
        if known is None:
            return _Job(here, sha256, self.reader.submit(path, sha256), listed)
        if (known.file == here and not known.file_lost) or _has_its_file(known):
            return PaperDone(file, Outcome.UNCHANGED, known.title, known.chunks)
        return _Job(here, sha256, None, listed)

    def _fetch(self, file: str) -> tuple[Path | None, "ArxivPaper | None"]:
        """The local file of a source; None where the library already has that version of an arXiv paper."""
        path = Path(file).expanduser()
        identifier = None if path.exists() else parse_arxiv_id(file)
        if identifier is None:
            return path, None
        if identifier.version and self._has(identifier):
            return None, None
        listed = self.arxiv.metadata([identifier])[0]
        if self._has(listed.id):
            return None, None
        folder = private_folder(self.settings.home / "papers")
        return self.arxiv.download(listed.id, folder), listed

    def _has(self, identifier: ArxivId) -> bool:
        known = self.library.by_arxiv(identifier.base)
        version = parse_arxiv_id(known.arxiv_id or "") if known else None
        newest = bool(version and version.version and version.version >= (identifier.version or 0))
        return newest and known is not None and _has_its_file(known)

    def _link(self, job: _Job) -> Iterator[Event]:
        """The path of a paper follows its bytes, once they are gone from where they were."""
        known = self.library.by_sha256(job.sha256)
        if known is None:  # replaced in this run, by a newer version at the old path
            yield from self._finish(replace(job, paper=self.reader.submit(Path(job.file), job.sha256)))
            return
        there = _has_its_file(known)
        if not there:
            self.library.move(known.id, job.file)
        yield PaperDone(job.file, Outcome.UNCHANGED if there else Outcome.MOVED, known.title, known.chunks)

    def _finish(self, job: _Job) -> Iterator[Event]:
        assert job.paper is not None
        yield Progress(job.file, "reading", 0, 0)
        try:
            paper = _with_listing(job.paper.result(), job.listed)
            # Two files of one run may hold the same bytes: only now is the first of them in the library.
            known = self.library.by_sha256(job.sha256) or self._same_paper(paper, job)
            if known and not self._replaces(paper, job, known):
                yield PaperDone(job.file, Outcome.UNCHANGED, known.title, known.chunks)
                return
            paper = replace(paper, id=known.id if known else self._free_id(paper, job))
            chunks = split_paper(paper, self.embedder, self.settings.chunk_tokens)
            self._keep(paper, chunks, job)
        except PdfError as error:
            yield PaperDone(job.file, Outcome.FAILED, reason=error.reason, detail=str(error))
        except PaperAssistantError:
            raise
        except Exception as error:  # a fault of ours must not stop all the papers behind this one, run after run
            logging.getLogger(__name__).exception("ingesting %s", job.file)
            detail = f"A fault of this program ({type(error).__name__}): report it, with the lines above and the file."
            yield PaperDone(job.file, Outcome.FAILED, reason="bug", detail=detail)
        else:
            outcome = Outcome.REPLACED if known else Outcome.ADDED
            warnings = (*paper.warnings, *map(version_note, other_versions(self.library, paper)))
            yield PaperDone(job.file, outcome, paper.title, len(chunks), warnings=warnings)

    def _same_paper(self, paper: Paper, job: _Job) -> PaperRecord | None:
        """The record that this paper is another version or another copy of.

        The same path alone says nothing: another work that was saved under it is another paper. The arXiv id of a file
        is what its first page or its name says, so it counts only together with the title.
        """
        known = self.library.by_file(job.file)
        if known and same_work(self.library.paper(known.id), paper):
            return known
        identifier = parse_arxiv_id(paper.arxiv_id or "")
        known = self.library.by_arxiv(identifier.base) if identifier else None
        if known is None or (job.listed is None and not same_title(paper.title, known.title)):
            return None
        newer_or_older = _version(paper.arxiv_id) != _version(known.arxiv_id)
        return known if newer_or_older or len(paper.pages) == known.pages else None

    def _replaces(self, paper: Paper, job: _Job, known: PaperRecord) -> bool:
        """A version under the same path replaces the one before, a newer arXiv version an older one, and arXiv's own
        file one that is gone; anything else is a copy."""
        if known.sha256 == job.sha256:
            return False
        if known.file == job.file:
            return True
        fetched_again = job.listed is not None and not _has_its_file(known)
        return _version(paper.arxiv_id) > _version(known.arxiv_id) or fetched_again

    def _free_id(self, paper: Paper, job: _Job) -> str:
        """An id that no other paper has: a replaced file keeps the id of its old bytes, and those may come again."""
        longer = (job.sha256[:length] for length in range(len(paper.id) + 4, len(job.sha256) + 1, 4))
        return next(id for id in (paper.id, *longer) if not self.library.has(id))

    def _keep(self, paper: Paper, chunks: list[Chunk], job: _Job) -> None:
        identity = self.embedder.identity
        _, old = self.library.put(paper, chunks, None, file=job.file, sha256=job.sha256, embedder=identity)
        if old:
            self.vectors.remove(old)
        if job.listed and job.listed.doi:
            note_facts(self.library, paper.id, {"doi": job.listed.doi.lower()})


def remove_paper(library: Library, vectors: VectorIndex, record: PaperRecord) -> None:
    """Takes a paper out of the library, then out of the vector index. The PDF itself is left where it is."""
    with library.writing():
        vectors.remove(library.remove(record.id))


def _has_its_file(record: PaperRecord) -> bool:
    """Whether the file of a paper is where it was read, unchanged."""
    return not record.file_lost and holds(Path(record.file), record.sha256)


def _version(arxiv_id: str | None) -> int:
    identifier = parse_arxiv_id(arxiv_id or "")
    return (identifier.version or 0) if identifier else 0


def _with_listing(paper: Paper, listed: "ArxivPaper | None") -> Paper:
    """arXiv's own title, authors and year, where the paper came from there."""
    if listed is None:
        return paper
    year = listed.published.year
    return replace(paper, title=listed.title, authors=tuple(listed.authors), year=year, arxiv_id=listed.id.text)


def _not_found(file: str) -> str:
    return (
        f"{file} is neither a file or folder here nor an arXiv id. "
        "Check the path, or give an id such as 1706.03762 or a link to arxiv.org/abs/…"
    )
