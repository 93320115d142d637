"""Small papers, made directly: real values of the nouns, with spans that tile and words that lie on their pages."""

import hashlib

import numpy as np

from index.model.paper import Chunk, Page, Paper, Section, Span, Words, Zone, ZonedSpan

DIMENSION = 24
EMBEDDER = "test-embedder"


def small_paper(
    id="1706.03762",
    parts=(("Introduction", Zone.BODY, "Attention is all you need."),),
    *,
    title="Attention Is All You Need",
    year=2017,
    arxiv_id=None,
    authors=("Ashish Vaswani", "Noam Shazeer"),
):
    """A paper of two pages with one section and one zone for each of `parts`: heading, zone, text."""
    text, sections, zones = "", [], []
    for heading, zone, body in parts:
        start = len(text)
        text += f"{heading}\n{body}\n"
        sections.append(Section(Span(start, len(text)), heading, 1))
        zones.append(ZonedSpan(Span(start, len(text)), zone))
    middle = len(text) // 2
    pages = (Page(1, Span(0, middle), 612.0, 792.0), Page(2, Span(middle, len(text)), 612.0, 792.0))
    return Paper(id, title, authors, year, arxiv_id, text, pages, tuple(sections), tuple(zones), words_of(text, middle))


def words_of(text, second_page):
    bounds = [(start, start + len(word)) for start, word in _split(text)]
    starts = np.array([start for start, _ in bounds], dtype=np.int32)
    ends = np.array([end for _, end in bounds], dtype=np.int32)
    pages = np.where(starts < second_page, 1, 2).astype(np.int32)
    boxes = np.stack([starts % 500, starts // 50, ends % 500 + 1, starts // 50 + 9], axis=-1).astype(np.float32)
    return Words(starts, ends, pages, boxes)


def _split(text):
    position = 0
    for word in text.split():
        position = text.index(word, position)
        yield position, word
        position += len(word)


def chunks_of(paper):
    """One chunk a section, the whole of it."""
    return [Chunk(paper.id, part.span, paper.zone(part.span.start), paper.quote(part.span)) for part in paper.sections]


def vectors_for(chunks, dimension=DIMENSION):
    """Unit vectors that depend on the chunk's text alone: the same text, the same vector."""
    rows = [
        np.random.default_rng(
            int.from_bytes(hashlib.sha256(chunk.text.encode("utf-8", "surrogatepass")).digest()[:8])
        ).normal(size=dimension)
        for chunk in chunks
    ]
    vectors = np.array(rows, dtype=np.float32).reshape(len(chunks), dimension)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def put(library, paper, *, file=None, sha256=None, embedder=EMBEDDER, dimension=DIMENSION):
    chunks = chunks_of(paper)
    return library.put(
        paper,
        chunks,
        vectors_for(chunks, dimension),
        file=file or f"/papers/{paper.id}.pdf",
        sha256=sha256 or hashlib.sha256(paper.text.encode("utf-8", "surrogatepass")).hexdigest(),
        embedder=embedder,
    )


def same_paper(a, b):
    """Equality, arrays included; a Paper's own == cannot compare arrays."""
    plain = ("id", "title", "authors", "year", "arxiv_id", "text", "pages", "sections", "zones", "warnings")
    arrays = ("starts", "ends", "pages", "boxes")
    return all(getattr(a, name) == getattr(b, name) for name in plain) and all(
        getattr(a.words, name).dtype == getattr(b.words, name).dtype
        and np.array_equal(getattr(a.words, name), getattr(b.words, name), equal_nan=name == "boxes")
        for name in arrays
    )
