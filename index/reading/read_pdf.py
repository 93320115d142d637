"""PDF -> Paper: the only home of pymupdf. What is done with the extracted lines stands in the modules beside it.

`read_pdf` works in the process that calls it, so a hostile file can take its memory or its time; `PdfReader` in
`index/reading/worker.py` is the way to read files that come from elsewhere.
"""

import hashlib
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from index.files.regular_file import FileTooLarge, read_regular, sha256_of_regular
from index.layout.bitmap_fonts import true_sizes
from index.layout.lines import Box, PageLines
from index.layout.outline import OutlineEntry
from index.layout.page_text import RawPage, build_page, may_be_swapped, swapped_letters
from index.model.errors import (
    NotAPdf,
    PasswordNeeded,
    PdfError,
    PdfTooLarge,
    TruncatedPdf,
    UnreadablePdf,
)
from index.model.paper import Paper, Rectangle
from index.model.plain_text import one_line
from index.reading.assemble import assemble_paper
from index.reading.letter_names import name_letters
from index.reading.text_quality import check_text
from index.reading.writer import MAX_HEADING

if TYPE_CHECKING:
    import pymupdf

_HEADER_WINDOW = 1024  # bytes; readers accept junk before "%PDF-" up to here (PDF 1.7, implementation note 13)
_MOST_LINKS, _LONGEST_LINK = 5_000, 2_048  # a survey of 100 pages has some 2,000; longer ones are no addresses
MAX_PIXELS, MAX_SIDE = 16_000_000, 16_000  # of a drawn page: twice a page of A4 at 4 pixels a point, 48 MB
_RENDERED_SIDE = 1500.0  # pixels of the longer side, to see whether nearly white text shows


@dataclass(frozen=True, slots=True)
class PdfLimits:
    """Caps on one file; a thesis of 500 pages and a survey with 100 MB of figures stay below."""

    bytes: int = 200_000_000
    pages: int = 2_000
    seconds: float = 120.0
    memory: int = 2_000_000_000  # address space beyond what the worker needs to start
    characters: int = 20_000_000


def read_pdf(
    path: Path, limits: PdfLimits | None = None, *, use_outline: bool = True, sha256: str | None = None
) -> Paper:
    """Read a PDF in this process; `use_outline=False` finds headings by fonts alone, for measuring.

    Raises a `PdfError` whose `reason` says why the file cannot become a paper, also if `sha256` is given and the bytes
    are others. `seconds` and `memory` of the limits are kept by `PdfReader` only.
    """
    limits = limits or PdfLimits()
    data = _read_bytes(path, limits, sha256)
    with _opened(data, path) as document:
        if document.page_count > limits.pages:
            raise PdfTooLarge(
                f"{path.name} has {document.page_count} pages, more than the {limits.pages} allowed: split it."
            )
        pages, warnings = _extract_pages(document, path, limits)
        outline = _outline(document) if use_outline else []
        annotations = _annotations(document)
        metadata = {key: value for key, value in (document.metadata or {}).items() if isinstance(value, str)}
    warnings += check_text(pages, path.name)
    identity = hashlib.sha256(data).hexdigest()[:12]
    return assemble_paper(identity, path.name, pages, outline, metadata, tuple(warnings), annotations)


def render_page(
    path: Path,
    page: int,
    *,
    zoom: float = 2.0,
    highlights: Sequence[Rectangle] = (),
    limits: PdfLimits | None = None,
    sha256: str | None = None,
) -> bytes:
    """A page (1-based) as PNG, with those of the highlights that lie on it drawn in translucent yellow.

    `zoom` is pixels a point, fewer for a page so large that it would have more than `MAX_PIXELS`. Works in the process
    that calls it, like `read_pdf`. Raises PdfError if the file or the page cannot be drawn, ValueError if there is no
    such page.
    """
    import pymupdf

    with _opened(_read_bytes(path, limits or PdfLimits(), sha256), path) as document:
        if not 1 <= page <= document.page_count:
            raise ValueError(f"{path.name} has pages 1 to {document.page_count}, not {page}.")
        try:
            shown = document.load_page(page - 1)
            for mark in (mark for mark in highlights if mark.page == page):
                corner = pymupdf.Rect(mark.x0, mark.y0, mark.x1, mark.y1) * shown.derotation_matrix
                shown.draw_rect(corner, color=None, fill=(1.0, 0.9, 0.0), fill_opacity=0.4, overlay=True)
            scale = _scale(shown.rect.width, shown.rect.height, zoom)
            return bytes(shown.get_pixmap(matrix=pymupdf.Matrix(scale, scale), alpha=False).tobytes("png"))
        except (RuntimeError, ValueError, pymupdf.mupdf.FzErrorBase) as error:
            if "alloc (" in str(error):
                raise PdfTooLarge(f"Page {page} of {path.name} needs too much memory: open the PDF itself.") from error
            raise UnreadablePdf(f"Page {page} of {path.name} cannot be drawn: open the PDF itself.") from error


def _scale(width: float, height: float, zoom: float) -> float:
    """Pixels a point: `zoom`, or what keeps a page of this size, in points, within MAX_PIXELS and MAX_SIDE.

    >>> _scale(595, 842, 4), round(_scale(14_400, 14_400, 4), 3), round(_scale(14_400, 1, 4), 3)
    (4, 0.278, 1.111)
    """
    width, height = max(width, 1.0), max(height, 1.0)
    return min(zoom, math.sqrt(MAX_PIXELS / (width * height)), MAX_SIDE / max(width, height))


def sha256_of_pdf(path: Path, max_bytes: int) -> str:
    """The SHA-256 of a file that is to be read as a PDF, as hexadecimal digits. Raises PdfTooLarge, OSError."""
    try:
        return sha256_of_regular(path, max_bytes)
    except FileTooLarge as error:
        raise _too_many_bytes(path, error.size, max_bytes) from error


def _read_bytes(path: Path, limits: PdfLimits, sha256: str | None = None) -> bytes:
    try:
        data = read_regular(path, limits.bytes)
    except FileTooLarge as error:
        raise _too_many_bytes(path, error.size, limits.bytes) from error
    except OSError as error:
        raise UnreadablePdf(f"{path.name} cannot be read ({error.strerror}): check that it is there.") from error
    if sha256 is not None and hashlib.sha256(data).hexdigest() != sha256:
        raise UnreadablePdf(f"{path.name} has changed in the meantime: add it again.")
    if b"%PDF-" not in data[:_HEADER_WINDOW]:
        raise NotAPdf(f"{path.name} is not a PDF (no %PDF- at its beginning): download it again from its source.")
    return data


def _too_many_bytes(path: Path, size: int, max_bytes: int) -> PdfTooLarge:
    return PdfTooLarge(f"{path.name} has {size:,} bytes, more than the {max_bytes:,} allowed: make it smaller.")


@contextmanager
def _opened(data: bytes, path: Path) -> "Iterator[pymupdf.Document]":
    """The open document; pymupdf's own exceptions become PdfErrors."""
    import pymupdf

    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.TOOLS.mupdf_display_warnings(False)
    try:
        document = pymupdf.open(stream=data, filetype="pdf")
        if document.needs_pass:
            raise PasswordNeeded(f"{path.name} needs a password: save a copy without one and add that.")
        if document.page_count == 0:  # raises for a false count and for a page tree that holds itself
            raise TruncatedPdf(f"{path.name} has no pages that can be found; it ends early: download it again.")
    except (RuntimeError, ValueError, pymupdf.mupdf.FzErrorBase) as error:
        raise _open_failure(data, path) from error
    with document:
        try:
            yield document
        except (RuntimeError, pymupdf.mupdf.FzErrorBase) as error:
            if isinstance(error, RuntimeError) and not str(error).startswith("code="):  # not MuPDF's
                raise
            raise _open_failure(data, path) from error


def _open_failure(data: bytes, path: Path) -> PdfError:
    if b"%%EOF" not in data[-2048:]:
        return TruncatedPdf(f"{path.name} ends early and cannot be opened: download it again.")
    return UnreadablePdf(f"{path.name} is damaged and cannot be opened: download it again or print it to a new PDF.")


def _extract_pages(document: "pymupdf.Document", path: Path, limits: PdfLimits) -> tuple[list[PageLines], list[str]]:
    from pymupdf import mupdf

    pages, failed, characters = [], [], 0
    for number in range(1, document.page_count + 1):
        try:
            page = _extract(document.load_page(number - 1), number)
        except (RuntimeError, ValueError, mupdf.FzErrorBase) as error:
            if "alloc (" in str(error):  # MuPDF: "code=2: realloc (654529248 bytes) failed"
                raise _too_much_memory(path, number) from error
            failed.append(number)
            page = PageLines(number, 612.0, 792.0, 612.0, 792.0, (), (), (), (), False, 0)
        pages.append(page)
        characters += sum(len(word.text) for line in page.lines for word in line.words)
        if characters > limits.characters:
            raise PdfTooLarge(
                f"{path.name} holds more than the {limits.characters:,} characters allowed: split it into parts."
            )
    if len(failed) == len(pages):
        raise UnreadablePdf(f"No page of {path.name} can be read: print it to a new PDF and add that.")
    return pages, [f"Page {number} could not be read and is empty here." for number in failed]


def _too_much_memory(path: Path, number: int) -> PdfTooLarge:
    return PdfTooLarge(f"Page {number} of {path.name} needs more memory than there is: leave that page out.")


def _extract(page: "pymupdf.Page", number: int) -> PageLines:
    """One page as plain data; MuPDF's own coordinates are those of the page before it is turned."""
    import pymupdf

    flags = pymupdf.TEXT_PRESERVE_WHITESPACE | pymupdf.TEXT_MEDIABOX_CLIP
    text_page = page.get_textpage(flags=flags)
    blocks = text_page.extractDICT()["blocks"]
    sizes = true_sizes(blocks, _width_in_times)
    if sizes and name_letters(page.parent, [font for font, _ in sizes]):
        pymupdf.TOOLS.store_shrink(100)  # it holds the fonts as they were
        text_page = page.get_textpage(flags=flags)
        blocks = text_page.extractDICT()["blocks"]
    unsure = may_be_swapped(blocks)
    raw = RawPage(
        number=number,
        width=page.rect.width,
        height=page.rect.height,
        matrix=_six(page.rotation_matrix),
        blocks=blocks,
        words=text_page.extractWORDS(),
        graphics=[(kind, tuple(box)) for kind, box in page.get_bboxlog()],
        swapped=swapped_letters(text_page.extractRAWDICT()["blocks"], unsure) if unsure else {},
        bitmap_sizes=sizes,
    )
    return build_page(raw, partial(_contrast, page, {}))


@cache
def _letter_width(letter: str) -> float:
    import pymupdf

    return float(pymupdf.Font("tiro").text_length(letter, 1.0))


def _width_in_times(text: str) -> float:
    return sum(map(_letter_width, text))


def _six(matrix: "pymupdf.Matrix") -> tuple[float, ...]:
    return matrix.a, matrix.b, matrix.c, matrix.d, matrix.e, matrix.f


def _contrast(page: "pymupdf.Page", rendered: dict[str, NDArray[np.uint8]], box: Box) -> int:
    """Difference of the darkest and the lightest pixel within a box of the page as it is shown, of 255."""
    import pymupdf

    if "page" not in rendered:
        zoom = min(1.0, _RENDERED_SIDE / max(page.rect.width, page.rect.height, 1.0))
        image = page.get_pixmap(matrix=pymupdf.Matrix(zoom, zoom), colorspace=pymupdf.csGRAY, alpha=False)
        rendered["page"] = np.frombuffer(image.samples, np.uint8).reshape(image.height, image.stride)
        rendered["page"] = rendered["page"][:, : image.width]
    zoom = rendered["page"].shape[1] / max(page.rect.width, 1.0)
    x0, y0, x1, y1 = (max(0, int(value * zoom)) for value in box)
    pixels = rendered["page"][y0 : y1 + 1, x0 : x1 + 1]
    return int(pixels.max()) - int(pixels.min()) if pixels.size else 0


def _outline(document: "pymupdf.Document") -> list[OutlineEntry]:
    """The file's own outline; a broken one counts as none."""
    try:
        entries = document.get_toc()
    except (RuntimeError, ValueError, IndexError, KeyError, TypeError):
        return []
    return [OutlineEntry(level, one_line(title, MAX_HEADING), page) for level, title, page, *_ in entries if page > 0]


def _annotations(document: "pymupdf.Document") -> list[tuple[Rectangle, str]]:
    """The links to the web in page order, with rectangles on the page as it is shown; broken ones are left out."""
    from pymupdf import mupdf

    found: list[tuple[Rectangle, str]] = []
    seen = 0
    for number in range(1, document.page_count + 1):
        try:
            link = mupdf.fz_load_links(mupdf.fz_load_page(document.this, number - 1))
            while link.m_internal and seen < 10 * _MOST_LINKS and len(found) < _MOST_LINKS:
                seen += 1
                uri, box = _web_address(link.m_internal.uri or ""), link.m_internal.rect
                if uri:
                    found.append((Rectangle(number, box.x0, box.y0, box.x1, box.y1), uri))
                link = link.next()  # pymupdf's own Link.next counts all links again each time
        except (RuntimeError, ValueError, mupdf.FzErrorBase):
            continue
    return found


def _web_address(uri: str) -> str:
    """An http(s) address as it was written; empty for what is none."""
    uri = uri.strip()
    plain = len(uri) <= _LONGEST_LINK and uri.isprintable() and " " not in uri
    return uri if plain and uri.lower().startswith(("http://", "https://")) else ""


def warm_up() -> None:
    """Load MuPDF now: a worker does so before its memory is capped."""
    import pymupdf  # noqa: F401
