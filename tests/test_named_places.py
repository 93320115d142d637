"""Figures, tables, sections and pages by the numbers that a question gives."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.context import AppContext
from index.model.paper import Zone
from index.model.records import Filters
from index.reading.read_pdf import read_pdf
from index.structure.element_references import LONGEST, NamedPlace, find_place, mentions, named_places


@pytest.fixture(scope="module")
def transformer(shared):
    return read_pdf(shared / "papers" / "1706.03762.pdf")


@pytest.mark.parametrize(
    ("question", "places"),
    [
        ("What are the axes of Figure 3?", ["figure 3"]),
        ("according to table II, which data sets", ["table 2"]),
        ("Do Fig. 2a and Tab. 4 agree?", ["figure 2", "table 4"]),
        ("Among figure 1-4, how many show a cliff?", ["figure 1", "figure 2", "figure 3", "figure 4"]),
        ("Tables 1 and 2, and Section 3.4", ["table 1", "table 2", "section 3.4"]),
        ("How many figures are there from page 3 to page 10?", []),
        ("Does Appendix B or section IV say so?", ["section B", "section 4"]),
        ("What do figures show? A table of contents? Page by page, the figure I saw?", []),
        ("Which model predicts 3 tables, stable 4?", []),
        (
            "表 II 与图 1 到图 2 有何不同？第 5 页、第 3.4 节呢？",
            ["table 2", "figure 1", "figure 2", "page 5", "section 3.4"],
        ),
        ("这代表 3 种意图 2 吗？", []),
        ("算法 1 和算法 2", ["algorithm 1", "algorithm 2"]),
    ],
)
def test_what_a_question_names(question, places):
    assert [f"{place.kind} {place.number}" for place in named_places(question)] == places


@given(st.text(max_size=60))
def test_any_text_is_a_question(text):
    for place in named_places(text):
        assert place.number and mentions(text, place)


@pytest.mark.parametrize(
    ("kind", "number", "first", "holds", "page"),
    [
        ("figure", "1", "Figure 1: The Transformer - model architecture.", "", 3),
        ("table", "2", "Table 2: The Transformer achieves better BLEU", "ConvS2S", 8),
        ("section", "3.2.1", "3.2.1 Scaled Dot-Product Attention", "additive attention", 4),
        ("page", "5", "", "Position-wise Feed-Forward Networks", 5),
    ],
)
def test_places_of_a_real_paper(transformer, kind, number, first, holds, page):
    span = find_place(transformer, NamedPlace(kind, number))
    text = " ".join(transformer.quote(span).split())
    assert first in text
    assert holds in text
    assert transformer.page_range(span)[0] == page


def test_a_number_that_the_paper_does_not_have(transformer):
    for kind in ("figure", "table", "algorithm", "section", "page"):
        assert find_place(transformer, NamedPlace(kind, "77")) is None


def test_every_caption_of_a_real_paper_is_found_by_its_number(shared):
    for name in ("1706.03762.pdf", "2401.18059v1.pdf", "2312.10997v5.pdf"):
        paper = read_pdf(shared / "papers" / name)
        captions = [paper.quote(zoned.span) for zoned in paper.zones if zoned.zone is Zone.CAPTION]
        named = [place for caption in captions for place in named_places(caption[:12])]
        assert len(named) > 5
        for place in named:
            span = find_place(paper, place)
            assert mentions(paper.quote(span), place)
            assert span.length < 2 * LONGEST


def test_a_named_figure_is_read_first(sample_context: AppContext):
    """Of one paper only; of many, "Table 1" says nothing."""
    record = next(each for each in sample_context.library.papers() if "Two Legs" in each.title or "legs" in each.file)
    one, paper = Filters(papers=frozenset([record.id])), sample_context.library.paper(record.id)
    found = sample_context.searcher.search("What does Table 1 compare?", 5, one)
    assert found.absent == ()
    assert found.passages[0].span == find_place(paper, NamedPlace("table", "1"))
    assert not any(each.span.overlaps(found.passages[0].span) for each in found.passages[1:])
    assert sample_context.searcher.search("What does Table 7 compare?", 5, one).absent == (NamedPlace("table", "7"),)
    assert sample_context.searcher.search("What does Table 7 compare?", 5).absent == ()
    assert sample_context.searcher.search("What does Table 1 compare?", 5).placed == {}
