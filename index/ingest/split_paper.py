"""A paper into chunks: inside sections, whole sentences where they fit, exact offsets. Home of llama-index's splitter.

The splitter gets the embedder's own tokenizer, since its default counts the tokens of another model and an embedder
cuts what it cannot read in silence; and our own sentence boundaries, since its default ones need data files that
nltk refuses to open where they are hard links.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from index.embedding.embed import Embedder
from index.model.paper import Chunk, Paper, Span, Zone
from index.structure.sentences import sentence_spans

if TYPE_CHECKING:
    from llama_index.core.node_parser import SentenceSplitter

CONTEXT_TOKENS = 64  # of the embedder's window, kept for title and headings
SPECIAL_TOKENS = 8  # [CLS], [SEP] and the line breaks between context and text
SMALL_TOKENS = 40  # a stretch below this is joined to the next one of its top-level section


def split_paper(paper: Paper, embedder: Embedder, chunk_tokens: int) -> list[Chunk]:
    """The chunks of a paper, sorted; together they cover every non-blank character once.

    A chunk lies in one zone and one top-level section and fits the embedder's window with `embedding_text` around it.
    """
    from llama_index.core.node_parser import SentenceSplitter

    size = min(chunk_tokens, embedder.max_tokens - CONTEXT_TOKENS - SPECIAL_TOKENS)
    splitter = SentenceSplitter(
        chunk_size=size,
        chunk_overlap=0,
        # One at least: a sentence of signs that the embedder drops ("\ufffd") would be repeated in the next chunk, as
        # an overlap of 0 tokens.
        tokenizer=lambda text: list(range(max(1, embedder.count_tokens(text)))),
        chunking_tokenizer_fn=_whole_sentences,
        paragraph_separator="\n\n",
    )
    return [
        Chunk(paper.id, span, zone, paper.quote(span))
        for stretch, zone in _stretches(paper, embedder.count_tokens)
        for span in _cut(paper.text, stretch, splitter)
    ]


def embedding_text(paper: Paper, span: Span, embedder: Embedder) -> str:
    """What is embedded for a chunk: title and headings, which say what the text is about, then the text itself."""
    context = " > ".join([paper.title, *paper.headings(span.start)])
    while embedder.count_tokens(context) > CONTEXT_TOKENS:
        context = context[: int(len(context) * 0.8)]
    return f"{context}\n{paper.quote(span)}"


def _stretches(paper: Paper, count_tokens: Callable[[str], int]) -> Iterator[tuple[Span, Zone]]:
    """Stretches between two boundaries of sections or zones; small ones joined forward inside a top-level section."""
    top = {section.span.start for section in paper.sections if section.level == 1}
    top |= {section.span.end for section in paper.sections if section.level == 1}
    cuts = {0, len(paper.text), *top}
    cuts |= {section.span.start for section in paper.sections} | {section.span.end for section in paper.sections}
    cuts |= {zoned.span.start for zoned in paper.zones}
    edges = sorted(cuts)
    start = 0
    for edge, following in zip(edges[1:], [*edges[2:], None], strict=True):
        zone = paper.zone(start)
        joins = following is not None and edge not in top and paper.zone(edge) == zone
        if joins and count_tokens(paper.text[start:edge]) < SMALL_TOKENS:
            continue
        if paper.text[start:edge].strip():
            yield Span(start, edge), zone
        start = edge


def _cut(text: str, stretch: Span, splitter: "SentenceSplitter") -> Iterator[Span]:
    cursor = stretch.start
    for piece in splitter.split_text(text[stretch.start : stretch.end]):
        start = text.index(piece, cursor, stretch.end)
        cursor = start + len(piece)
        yield Span(start, cursor)


def _whole_sentences(text: str) -> list[str]:
    """Sentences with the white space after them, so that they add up to the text."""
    starts = [0, *(span.start for span in sentence_spans(text)[1:])]
    return [text[start:end] for start, end in zip(starts, [*starts[1:], len(text)], strict=True)]
