"""What the source panel shows: page images of the library's papers, the places of quoted words on them, the PDF.

A request names a paper by its id in the library and a span by two numbers, never a file; the rectangles are looked up
here. Nothing else can be had.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.chat import conversation
from assistant.chat.export import conversation_markdown, papers_cited
from assistant.references.sources import references_of
from index.model.errors import PaperAssistantError, UnreadablePdf
from index.model.paper import Paper, Span
from index.model.records import PaperRecord
from index.reading.read_pdf import sha256_of_pdf
from index.reading.worker import PdfReader
from index.store.library import Library
from ui.pages.render import quote_key

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

KEPT_IMAGES = 64  # some 0.3 MB each
RETRY_SECONDS = 60.0  # that a failure is remembered: a browser asks a second time, for the sentence
ZOOMS = (1, 2, 3, 4)  # pixels a point


class PageImages:
    """Pages of papers as PNG, drawn by `drawer` in its own process; the last ones are cached."""

    def __init__(self, library: Library, drawer: PdfReader) -> None:
        self._library, self._drawer = library, drawer
        self._kept: OrderedDict[tuple[str, int, int], tuple[Future[bytes], float]] = OrderedDict()  # by SHA-256 of file
        self._same: dict[Path, tuple[int, int, str]] = {}  # files that are the ones that were read: time, size, SHA-256
        self._lock = threading.Lock()

    def file(self, paper_id: str) -> Path:
        """Return the PDF of a paper. Raises PaperAssistantError if it is gone or is not the file that was read."""
        return self._checked(self._library.record(paper_id))

    def _checked(self, record: PaperRecord) -> Path:
        """Return the record's file if its bytes are the ones that were read; the id survives a replaced file."""
        path = Path(record.file)
        if record.file_lost:
            raise UnreadablePdf(f"{path.name} is another paper now. Add this one from where its PDF is.")
        try:
            stat = path.stat()
            facts = (stat.st_mtime_ns, stat.st_size, record.sha256)
            if self._same.get(path) != facts:
                if sha256_of_pdf(path, self._drawer.limits.bytes) != record.sha256:
                    raise UnreadablePdf(f"{path.name} has changed since it was read. Add it again.")
                self._same[path] = facts
        except OSError as error:
            raise UnreadablePdf(f"{path.name} cannot be read any more. Put it back, or add the paper again.") from error
        return path

    def png(self, paper_id: str, page: int, zoom: int) -> bytes:
        """Return a page (1-based) at `zoom` pixels per point. Raises PaperAssistantError, ValueError (no page)."""
        record = self._library.record(paper_id)
        key = (record.sha256, page, zoom)
        path = self._checked(record)
        with self._lock:
            image, began = self._kept.get(key, (None, 0.0))
            if image is None or (_has_failed(image) and time.monotonic() - began > RETRY_SECONDS):
                image = self._drawer.draw(path, page, zoom, record.sha256)
                self._kept[key] = image, time.monotonic()
            self._kept.move_to_end(key)
            while len(self._kept) > KEPT_IMAGES:
                self._kept.popitem(last=False)
        return image.result()


def _has_failed(image: "Future[bytes]") -> bool:
    return image.done() and image.exception() is not None


def source_facts(paper: Paper, span: Span, quoted: str = "") -> dict[str, Any]:
    """Return what the panel needs to show a span: page sizes and the span's rectangles, both in points.

    `quoted` is the `quote_key` of the cited words. If other words are there now, the paper has been replaced since:
    then `changed` is true, and nothing is marked or quoted.
    """
    inside = Span(min(span.start, len(paper.text)), min(span.end, len(paper.text)))
    changed = quoted not in ("", quote_key(paper.quote(inside)))
    if changed:
        inside = Span(0, 0)
    rectangles = paper.rectangles(inside) if inside.length else []
    return {
        "changed": changed,
        "title": paper.title,
        "page": rectangles[0].page if rectangles else paper.page_range(inside)[0],
        "pages": [{"width": page.width, "height": page.height} for page in paper.pages],
        "marks": [{"page": each.page, "box": [each.x0, each.y0, each.x1, each.y1]} for each in rectangles],
        "quote": " ".join(paper.quote(inside).split()),
    }


def paper_routes(library: Library, drawer: PdfReader) -> "list[Route]":
    """Return the routes below /papers and /talks; each answers 404 for what is not in the library."""
    from starlette.requests import Request
    from starlette.responses import FileResponse, JSONResponse, Response
    from starlette.routing import Route

    images = PageImages(library, drawer)

    def source(request: Request) -> Response:
        id, quoted = request.path_params["paper"], request.query_params.get("quoted", "")
        version = {"version": library.record(id).sha256[:12]}
        return JSONResponse(source_facts(library.paper(id), _span(request), quoted) | version)

    def page(request: Request) -> Response:
        zoom = request.query_params.get("zoom", "2")
        if zoom not in map(str, ZOOMS):
            raise ValueError(f"zoom is one of {ZOOMS}")
        image = images.png(request.path_params["paper"], request.path_params["page"], int(zoom))
        return Response(image, media_type="image/png", headers={"cache-control": "private, max-age=600"})

    def pdf(request: Request) -> Response:
        paper = request.path_params["paper"]
        kind, name = "application/pdf", f"{paper}.pdf"
        path = images.file(paper)
        return FileResponse(path, 200, None, kind, filename=name, content_disposition_type="inline")

    def talk(request: Request) -> Response:
        kept = conversation.load(library, request.path_params["talk"])
        headers = {"content-disposition": f'attachment; filename="conversation-{kept.id[:8]}.md"'}
        cited = [record for record in library.papers() if record.id in papers_cited(kept)]
        references = dict(zip((record.id for record in cited), references_of(library, cited), strict=True))
        text = conversation_markdown(kept, references)
        return Response(text.encode("utf-8", "replace"), media_type="text/markdown; charset=utf-8", headers=headers)

    return [
        Route("/papers/{paper}/source", _answered(source)),
        Route("/papers/{paper}/pages/{page:int}.png", _answered(page)),
        Route("/papers/{paper}/paper.pdf", _answered(pdf)),
        Route("/talks/{talk}.md", _answered(talk)),
    ]


def _answered(endpoint: "Callable[[Request], Response]") -> "Callable[[Request], Response]":
    """Wrap an endpoint so that it answers with a sentence and 404 if it fails."""
    from starlette.responses import PlainTextResponse

    def answered(request: "Request") -> "Response":
        try:
            return endpoint(request)
        except (PaperAssistantError, ValueError) as error:
            return PlainTextResponse(str(error), 404)

    return answered


def _span(request: "Request") -> Span:
    return Span(int(request.query_params.get("start", "0")), int(request.query_params.get("end", "0")))
