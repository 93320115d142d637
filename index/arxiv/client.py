"""Announcements, metadata and PDFs of arXiv papers, asked for at arXiv's own pace.

The only home of the `arxiv` library. The library reads a feed well, but takes a cut or empty answer for "no results",
knows no timeout and cannot download; that is mended here, and the requests themselves are sent by `arxiv_session`.
"""

import os
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from requests import Session

from index.arxiv.announcements import Announcement, Listing, is_category, is_withdrawn, real_names
from index.arxiv.feed_file import read_feed
from index.arxiv.ids import ArxivId, parse_arxiv_id
from index.arxiv.session import BrokenAnswer, Pace, ask_until_whole, read_body, refusal
from index.arxiv.tex import title_text
from index.files.home import private_folder
from index.files.whole_file import new_part
from index.model.errors import ArxivError, ArxivUnreachable, BadArxivId, PdfTooLarge
from index.model.plain_text import one_line
from index.reading.front_matter import MAX_TITLE

if TYPE_CHECKING:
    import arxiv

Progress = Callable[[int, int | None], None]
"""Told the bytes so far, and the length of the whole where arXiv says it (often it does not)."""

_PAGE = 100  # ids in one request: its address stays under 3,000 characters
_CHUNK = 1 << 14
# The titles of arXiv's pages in place of a PDF (arxiv-browse: templates/dissemination), new and old.
_NO_FILE = re.compile(rb"file unavailable|pdf unavailable|no (?:file|pdf) for|withdrawn", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ArxivPaper:
    """What arXiv says about one version of a paper. `id` holds that version; the primary category comes first."""

    id: ArxivId
    title: str
    authors: tuple[str, ...]
    abstract: str
    categories: tuple[str, ...]
    published: datetime  # of version 1
    updated: datetime  # of this version
    comment: str | None
    doi: str | None
    withdrawn: bool  # as the comment or the abstract says it; arXiv has no field for it


class ArxivClient:
    """Asks arXiv: one request in `delay_seconds`, one at a time; all processes that share `pace_file` take turns.

    `timeout` is (connect, read) in seconds; `patience_seconds` bounds one download, `feed_seconds` one feed.
    The addresses are there for tests.
    Close it, or use it in a `with`.
    """

    def __init__(
        self,
        *,
        pace_file: Path | None = None,
        delay_seconds: float = 3.0,
        timeout: tuple[float, float] = (10.0, 30.0),
        patience_seconds: float = 900.0,
        feed_seconds: float = 300.0,
        largest_pdf: int = 200 << 20,
        api_url: str = "https://export.arxiv.org/api/query",
        pdf_url: str = "https://export.arxiv.org/pdf",
        feed_url: str = "https://rss.arxiv.org/atom",
    ) -> None:
        from index.arxiv.session import ARXIV_ORIGINS, Pace, open_session

        self._pace = Pace(delay_seconds, pace_file)
        own = {f"{url.scheme}://{url.netloc}/" for url in map(urlsplit, (api_url, pdf_url, feed_url))}
        self._session = open_session(self._pace, delay_seconds, timeout, own.union(ARXIV_ORIGINS))
        self._api_url = api_url
        self._pdf_url = pdf_url
        self._feed_url = feed_url
        self._patience = patience_seconds
        self._feed_seconds = feed_seconds
        self._largest_pdf = largest_pdf

    def __enter__(self) -> "ArxivClient":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._session.close()

    def listing(self, categories: Sequence[str]) -> Listing:
        """What arXiv announces today in `categories` (cs.CV, hep-th), from its daily feed.

        A feed that stays cut after three tries gives the papers that it holds whole and `complete=False`; comments are
        not in it: see `enrich`. Raises ArxivError for what is no category, ArxivUnreachable where no feed comes.
        """

        return todays_listing(self._session, self._pace, self._feed_url, categories, self._feed_seconds)

    def enrich(self, listing: Listing) -> Listing:
        """`listing` with the comments, authors and categories that it lacks and the API knows; ids stay as they are.

        Best effort: where arXiv does not answer, a warning says how many papers stay as they were.
        """
        lacking = [paper.id for paper in listing.announcements if not (paper.comment and paper.authors)]
        known: dict[str, ArxivPaper] = {}
        for start in range(0, len(lacking), _PAGE):
            try:
                known |= {paper.id.base: paper for paper in self._ask(lacking[start : start + _PAGE])}
            except ArxivError as error:
                warning = f"arXiv did not give the comments of {len(lacking) - start} papers. {error}"
                listing = replace(listing, warnings=(*listing.warnings, warning))
                break
        filled = (_fill(paper, known.get(paper.id.base)) for paper in listing.announcements)
        return replace(listing, announcements=tuple(filled))

    def metadata(self, ids: Sequence[ArxivId]) -> list[ArxivPaper]:
        """One paper for each id, in the order of `ids`; an id without version gives the latest.

        Raises BadArxivId that names every id arXiv does not know, ArxivUnreachable where no whole answer comes.
        """
        found: list[ArxivPaper] = []
        for start in range(0, len(ids), _PAGE):
            found += self._ask(ids[start : start + _PAGE])
        chosen = [_choose(found, wanted) for wanted in ids]
        unknown = [wanted.text for wanted, paper in zip(ids, chosen, strict=True) if paper is None]
        if unknown:
            raise BadArxivId(f"arXiv knows no paper {', '.join(unknown)}. Check the number and the version.")
        return [paper for paper in chosen if paper is not None]

    def download(self, id: ArxivId, folder: Path, progress: Progress | None = None) -> Path:
        """The PDF as `folder/<id.file_name>.pdf`, whole or not at all; an older file of that name is replaced.

        Raises BadArxivId (no such paper), ArxivError (a paper without a PDF; a disk that does not take it),
        PdfTooLarge, ArxivUnreachable.
        """
        from index.arxiv.session import ask_until_whole

        target = folder / f"{id.file_name}.pdf"
        try:
            private_folder(folder)
            part = new_part(target)
            try:
                ask_until_whole(self._pace, f"The PDF of {id}", lambda: self._fetch(id, part, progress))
                part.replace(target)
            finally:
                part.unlink(missing_ok=True)
        except OSError as error:
            raise ArxivError(f"{target} could not be written: {error}. Make room or choose another folder.") from error
        return target

    def _ask(self, ids: Sequence[ArxivId]) -> list[ArxivPaper]:
        import arxiv

        from index.arxiv.session import FeedSession, ask_until_whole

        client = arxiv.Client(page_size=_PAGE, delay_seconds=0, num_retries=0)  # our session paces and retries
        client.query_url_format = f"{self._api_url}?{{}}"
        client._session = FeedSession(self._session, self._feed_seconds)  # the library calls nothing but its get()
        search = arxiv.Search(id_list=[wanted.text for wanted in ids], max_results=None)
        results = ask_until_whole(self._pace, "arXiv's list of papers", lambda: list(client.results(search)))
        papers = (_paper(result) for result in results)
        return [paper for paper in papers if paper is not None]

    def _fetch(self, id: ArxivId, part: Path, progress: Progress | None) -> None:
        from index.arxiv.session import BrokenAnswer, body_pieces

        until = time.monotonic() + self._patience
        headers = {"Accept-Encoding": "identity"}  # so that the length is that of the file
        size = 0
        with self._session.get(f"{self._pdf_url}/{id}", stream=True, headers=headers) as response:
            if response.status_code != 200:
                raise _no_pdf(id, response.status_code, next(body_pieces(response, f"the PDF of {id}", until), b""))
            stated = response.headers.get("Content-Length", "")
            length = int(stated) if re.fullmatch("[0-9]{1,15}", stated) else None
            with part.open("wb") as file:
                for chunk in body_pieces(response, f"the PDF of {id}", until):
                    size += len(chunk)
                    if max(size, length or 0) > self._largest_pdf:
                        raise _too_large(id, self._largest_pdf)
                    file.write(chunk)
                    if progress is not None:
                        progress(size, length)
                file.flush()
                os.fsync(file.fileno())
        if size == 0:
            raise BrokenAnswer
        with part.open("rb") as file:
            head = file.read(_CHUNK)
        if not head.startswith(b"%PDF-"):
            raise _no_pdf(id, 200, head)


def _no_pdf(id: ArxivId, status: int, page: bytes) -> ArxivError:
    from index.arxiv.session import refusal

    if status in (200, 404, 500) and _NO_FILE.search(page):
        return ArxivError(
            f"arXiv has no PDF of {id}: this version was withdrawn, or is a web page only. See "
            f"https://arxiv.org/abs/{id}, and ask for an earlier version such as {ArxivId(id.base, 1)}."
        )
    if status in (400, 404, 410):
        return BadArxivId(f"arXiv knows no paper {id}. Check the number and the version.")
    if status == 200:
        return ArxivUnreachable(
            f"arXiv answers with something else than the PDF of {id}. Open https://arxiv.org/pdf/{id} in a browser, "
            "or try again later."
        )
    return refusal(status)


def _too_large(id: ArxivId, largest: int) -> PdfTooLarge:
    return PdfTooLarge(
        f"The PDF of {id} has more than {largest >> 20} MB. Leave it out, or ingest a smaller copy of it."
    )


def _choose(found: Sequence[ArxivPaper], wanted: ArxivId) -> ArxivPaper | None:
    fitting = [paper for paper in found if paper.id.base == wanted.base and wanted.version in (None, paper.id.version)]
    return max(fitting, key=lambda paper: paper.id.version or 0, default=None)


def _fill(announcement: Announcement, known: ArxivPaper | None) -> Announcement:
    if known is None:
        return announcement
    return replace(
        announcement,
        comment=announcement.comment or known.comment,
        authors=announcement.authors or known.authors,
        categories=announcement.categories or tuple(filter(is_category, known.categories)),
    )


def _paper(result: "arxiv.Result") -> ArxivPaper | None:
    id = parse_arxiv_id(result.entry_id)
    if id is None:  # arXiv's own error entries
        return None
    others = (category for category in result.categories if category != result.primary_category)
    abstract = " ".join(result.summary.split())
    comment = " ".join((result.comment or "").split()) or None
    return ArxivPaper(
        id=id,
        title=one_line(title_text(result.title), MAX_TITLE),
        authors=real_names(one_line(author.name, 100) for author in result.authors),
        abstract=abstract,
        categories=tuple(filter(None, (result.primary_category, *others))),
        published=result.published,
        updated=result.updated,
        comment=comment,
        doi=result.doi or None,
        withdrawn=is_withdrawn(abstract, comment),
    )


_LARGEST = 50 << 20  # bytes; a feed of 2,000 papers has about 5 MB


def todays_listing(session: Session, pace: Pace, feed_url: str, categories: Sequence[str], seconds: float) -> Listing:
    """What `feed_url` announces today in `categories`; the best of three cut feeds, not complete, where none is whole.

    Each try ends after `seconds`. Raises ArxivError for what is no category, ArxivUnreachable where no feed comes.
    """
    address = f"{feed_url}/{'+'.join(_checked(categories))}"
    cut: list[Listing] = []

    def ask() -> Listing:
        data = _fetch(session, address, time.monotonic() + seconds)
        try:
            listing = read_feed(data, address)
        except ArxivError as error:
            if b"Feed error for query" in data:
                raise
            raise BrokenAnswer from error  # nothing, or a web page
        if not listing.complete and not data.rstrip().endswith((b"</feed>", b"</rss>")):
            cut.append(listing)
            raise BrokenAnswer
        return listing

    try:
        return ask_until_whole(pace, "arXiv's daily feed", ask)
    except ArxivUnreachable:
        if not cut:
            raise
        return max(cut, key=lambda listing: len(listing.announcements))


def _checked(categories: Sequence[str]) -> list[str]:
    wrong = [category for category in categories if not is_category(category)]
    if wrong or not categories:
        said = ", ".join(repr(category[:40]) for category in wrong) or "Nothing"
        raise ArxivError(
            f"{said} is no category of arXiv. Write them as arXiv does, such as cs.CV or cond-mat.mes-hall: "
            "https://arxiv.org/category_taxonomy."
        )
    return list(dict.fromkeys(categories))


def _fetch(session: Session, address: str, until: float) -> bytes:
    with session.get(address, stream=True) as response:
        if response.status_code in (400, 404):
            raise ArxivError(
                f"arXiv has no feed at {address} (HTTP {response.status_code}). Check the categories: "
                "https://arxiv.org/category_taxonomy."
            )
        if response.status_code != 200:
            raise refusal(response.status_code)
        return read_body(response, "its daily feed", _LARGEST, until)
