"""Chunks of real papers: exact, whole, inside their section, and no longer than the embedder reads."""

import pytest
from small_papers import small_paper

from index.ingest.split_paper import CONTEXT_TOKENS, SPECIAL_TOKENS, embedding_text, split_paper
from index.model.paper import Zone
from index.reading.read_pdf import read_pdf

SHARED = ("papers/1706.03762.pdf", "papers/2004.04906.pdf", "papers/tacl_a_00660.pdf", "chinese/zh_Bio_zh_0.pdf")


@pytest.mark.parametrize("name", SHARED)
@pytest.mark.parametrize("chunk_tokens", [90, 220, 2048])
def test_chunks_of_real_papers(shared, embedder, name, chunk_tokens):
    paper = read_pdf(shared / name)
    chunks = split_paper(paper, embedder, chunk_tokens)
    tops = [section.span for section in paper.sections if section.level == 1]
    covered = bytearray(len(paper.text))
    for chunk in chunks:
        assert chunk.text == paper.quote(chunk.span)
        assert {paper.zone(at) for at in range(chunk.span.start, chunk.span.end)} == {chunk.zone}
        assert all(top.contains(chunk.span) or not top.overlaps(chunk.span) for top in tops)
        assert embedder.count_tokens(chunk.text) <= chunk_tokens
        whole = embedding_text(paper, chunk.span, embedder)
        assert embedder.count_tokens(whole) <= embedder.max_tokens - 2, "the embedder would cut it in silence"
        for at in range(chunk.span.start, chunk.span.end):
            assert not covered[at], "chunks overlap"
            covered[at] = 1
    assert all(covered[at] or each.isspace() for at, each in enumerate(paper.text))
    assert [chunk.span for chunk in chunks] == sorted(chunk.span for chunk in chunks)


def test_signs_that_the_embedder_drops_stand_in_one_chunk(embedder):
    sentence = "We train for twelve epochs with a batch of 64 sentences and a learning rate that falls. "
    body = "".join(f"{sentence}\ufffd\ufffd\n" for _ in range(40))
    paper = small_paper(parts=(("Training", Zone.BODY, body),))
    assert embedder.count_tokens("\ufffd\ufffd\n") == 0
    for size in range(90, 110):
        chunks = split_paper(paper, embedder, size)
        assert sum(chunk.text.count("\ufffd") for chunk in chunks) == 80


def test_context_names_paper_and_section_and_stays_small(sample_papers, embedder):
    paper = read_pdf(sample_papers / "many_spans.pdf")
    chunk = split_paper(paper, embedder, 220)[-1]
    context, _, text = embedding_text(paper, chunk.span, embedder).partition("\n")
    assert context.startswith(paper.title[:20])
    assert text == chunk.text
    assert embedder.count_tokens(context) <= CONTEXT_TOKENS
    assert SPECIAL_TOKENS >= 2


def test_the_splitter_works_where_nltk_refuses_its_data(sample_papers, embedder, monkeypatch, tmp_path):
    """nltk >= 3.10.3 refuses hard links, which installers make; our splitter must not need that data."""
    monkeypatch.setenv("NLTK_DATA", str(tmp_path))
    import nltk

    def refuse(*_args, **_kwargs):
        raise PermissionError("Security Violation [pathsec.open]: refusing multiply-linked file")

    monkeypatch.setattr(nltk.data, "find", refuse)
    monkeypatch.setattr(nltk.data, "load", refuse)
    assert split_paper(read_pdf(sample_papers / "two_legs.pdf"), embedder, 220)
