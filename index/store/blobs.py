"""A paper's large parts as three compressed blobs and back: the text, the outline (JSON), the word boxes (arrays)."""

import json
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.model.paper import Link, Page, Paper, Section, Span, Words, Zone, ZonedSpan


@dataclass(frozen=True, slots=True)
class PaperBlobs:
    """What the table `texts` holds of one paper."""

    body: bytes
    outline: bytes
    words: bytes


def pack_paper(paper: Paper) -> PaperBlobs:
    """Pack a paper without loss: `unpack_paper(pack_paper(paper))` equals it, array by array and bit by bit."""
    outline = {
        "id": paper.id,
        "title": paper.title,
        "authors": paper.authors,
        "year": paper.year,
        "arxiv_id": paper.arxiv_id,
        "warnings": paper.warnings,
        "pages": [[page.number, page.span.start, page.span.end, page.width, page.height] for page in paper.pages],
        "sections": [[part.span.start, part.span.end, part.heading, part.level] for part in paper.sections],
        "zones": [[part.span.start, part.span.end, part.zone.value] for part in paper.zones],
        "links": [[link.span.start, link.span.end, link.uri] for link in paper.links],
    }
    return PaperBlobs(
        body=zlib.compress(paper.text.encode("utf-8", "surrogatepass")),
        outline=zlib.compress(json.dumps(outline).encode("ascii")),
        words=zlib.compress(_pack_words(paper.words)),
    )


def unpack_paper(blobs: PaperBlobs) -> Paper:
    """The paper that was packed; its arrays are read-only."""
    outline = json.loads(zlib.decompress(blobs.outline))
    return Paper(
        id=outline["id"],
        title=outline["title"],
        authors=tuple(outline["authors"]),
        year=outline["year"],
        arxiv_id=outline["arxiv_id"],
        text=zlib.decompress(blobs.body).decode("utf-8", "surrogatepass"),
        pages=tuple(Page(number, Span(start, end), *size) for number, start, end, *size in outline["pages"]),
        sections=tuple(Section(Span(start, end), *rest) for start, end, *rest in outline["sections"]),
        zones=tuple(ZonedSpan(Span(start, end), Zone(zone)) for start, end, zone in outline["zones"]),
        words=_unpack_words(zlib.decompress(blobs.words)),
        warnings=tuple(outline["warnings"]),
        links=tuple(Link(Span(start, end), uri) for start, end, uri in outline.get("links", ())),  # older: none kept
    )


def _pack_words(words: Words) -> bytes:
    # Starts and pages as steps, ends as lengths: small numbers, which compress to half. Wrapping round is undone below.
    columns = (
        np.diff(words.starts.astype("<i4"), prepend=np.int32(0)),
        words.ends.astype("<i4") - words.starts.astype("<i4"),
        np.diff(words.pages.astype("<i4"), prepend=np.int32(0)),
        np.ascontiguousarray(words.boxes.T.astype("<f4")),
    )
    return b"".join(column.tobytes() for column in columns)


def _unpack_words(raw: bytes) -> Words:
    count = len(raw) // (3 * 4 + 4 * 4)
    starts, lengths, pages = np.frombuffer(raw, dtype="<i4", count=3 * count).reshape(3, count)
    boxes = np.frombuffer(raw, dtype="<f4", offset=3 * 4 * count).reshape(4, count)
    starts = np.cumsum(starts, dtype=np.int32)
    return Words(
        starts=_read_only(starts),
        ends=_read_only(starts + lengths),
        pages=_read_only(np.cumsum(pages, dtype=np.int32)),
        boxes=_read_only(np.ascontiguousarray(boxes.T)),
    )


def _read_only(array: NDArray[Any]) -> NDArray[Any]:
    array = array.astype(array.dtype.newbyteorder("="), copy=False)
    array.flags.writeable = False
    return array
