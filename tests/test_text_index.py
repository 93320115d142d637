"""The lexical leg: what people type finds what papers say, and nothing they type is syntax."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_papers import put, small_paper

from index.model.paper import Zone
from index.store.fulltext import match_expression
from index.store.library import Filters, Library

PARTS = (
    ("Introduction", Zone.BODY, "Our model reaches the state-of-the-art on WMT with BLEU 28.4 and an F1 of 93.2."),
    ("Pre-training", Zone.BODY, "BERT-large is pre-trained on BooksCorpus; fine-tuning takes one hour."),
    (
        "Scaling",
        Zone.BODY,
        "GPT-3.5 has 175B parameters. The naïve baseline over\u00adshoots, overfits. Ｆｕｌｌ width 𝐱 letters. "
        "Straße, İstanbul. We analyze tokenizers and their optimisation.",
    ),
    ("方法", Zone.BODY, "我们提出了一种基于注意力机制的神经网络翻译模型。注意力很重要"),
    ("日本語", Zone.BODY, "ニューラル機械翻訳とアテンション。한국어 문장도 있습니다. \U00020000\U00020001"),
    ("Captions", Zone.CAPTION, "Figure 3: Attention heads follow long-distance dependencies."),
    ("References", Zone.REFERENCES, "Bahdanau et al. Neural machine translation by jointly learning to align."),
)
OTHER = (("Convolution", Zone.BODY, "Depthwise separable convolutions shrink networks for phones; overfitting."),)


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    with Library.open(tmp_path_factory.mktemp("home")) as library:
        put(library, small_paper("one", PARTS, title="Sequence Transduction", year=2017))
        put(library, small_paper("two", OTHER, title="Mobile Networks", year=None))
        yield library


EVERYWHERE = Filters(zones=frozenset(Zone))


def headings(library, query, filters=EVERYWHERE):
    found = library.chunk([id for id, _ in library.search_text(query, 10, filters)])
    return [library.paper(chunk.paper_id).headings(chunk.span.start)[0] for chunk in found]


@pytest.mark.parametrize(
    ("query", "heading"),
    [
        ("state-of-the-art", "Introduction"),
        ("state of the art", "Introduction"),
        ("state‐of‑the–art", "Introduction"),
        ("BLEU 28.4", "Introduction"),
        ("28.4", "Introduction"),
        ("What F1 score was reached?", "Introduction"),
        ("BERT-large", "Pre-training"),
        ("bert large", "Pre-training"),
        ("pretrained", "Pre-training"),
        ("pre-trained", "Pre-training"),
        ("pretraining", "Pre-training"),
        ("finetuning", "Pre-training"),
        ("fine tuning", "Pre-training"),
        ("GPT-3.5", "Scaling"),
        ("175B parameter", "Scaling"),
        ("naive", "Scaling"),
        ("overshoots", "Scaling"),
        ("STRASSE", "Scaling"),
        ("istanbul", "Scaling"),
        ("Which tokenisers were analysed?", "Scaling"),
        ("optimization", "Scaling"),
        ("full width x", "Scaling"),
        ("神经网络", "方法"),
        ("注意力机制是什么？", "方法"),
        ("注意力", "方法"),
        ("网", "方法"),
        ("BLEU注意力 翻译模型", "方法"),
        ("機械翻訳", "日本語"),
        ("アテンション", "日本語"),
        ("문장", "日本語"),
        ("\U00020000\U00020001", "日本語"),
        ("long-distance dependency", "Captions"),
        ("Bahdanau", "References"),
        ("convolutional network", "Convolution"),
        ("mobile", "Convolution"),  # only the title says so
    ],
)
def test_what_people_type_finds_it(library, query, heading):
    assert headings(library, query)[0] == heading


@pytest.mark.parametrize("query", ["29.4", "网神", "GPT-4.5", "transformer-xl", "力注"])
def test_what_is_not_there_is_not_found(library, query):
    assert headings(library, query) == []


def test_a_word_of_the_text_counts_more_than_one_of_the_title(library):
    assert headings(library, "depthwise transduction")[0] == "Convolution"


def test_scores_fall_and_are_positive(library):
    scores = [score for _, score in library.search_text("attention model networks translation", 10, Filters())]
    assert len(scores) > 1 and scores == sorted(scores, reverse=True) and scores[-1] > 0
    assert library.search_text("attention model networks translation", 1, Filters())[0][1] == scores[0]


def test_references_are_left_out_unless_asked_for(library):
    assert headings(library, "Bahdanau", Filters()) == []
    assert headings(library, "Bahdanau", Filters(zones=frozenset({Zone.REFERENCES}))) == ["References"]
    assert headings(library, "attention", Filters(zones=frozenset({Zone.CAPTION}))) == ["Captions"]


@pytest.mark.parametrize(
    ("filters", "papers"),
    [
        (Filters(papers=frozenset({"two"})), {"two"}),
        (Filters(papers=frozenset({"one", "two"})), {"one", "two"}),
        (Filters(papers=frozenset()), set()),
        (Filters(years=(2017, 2017)), {"one"}),
        (Filters(years=(None, 2016)), set()),
        (Filters(years=(2018, None)), set()),
        (Filters(years=(None, None)), {"one", "two"}),
        (Filters(zones=frozenset()), set()),
    ],
)
def test_filters_hold(library, filters, papers):
    found = library.chunk([id for id, _ in library.search_text("overfits overfitting", 10, filters)])
    assert {chunk.paper_id for chunk in found} == papers


@pytest.mark.parametrize(
    "query",
    ["", " ", '"', "'", '""', "*", "^a", "NEAR(", "AND", "OR NOT", "body:x", "title : x", "{body} : x", "a AND", "(",
     ")", "a*", "+", "-", "\0", "a\0b", "\ud800", "a\udfffb", "🤖", "\x1b[31m", "🤖 x",
     "x" * 10**6, "a b " * 10**5,
     "神" * 10**5, "a-" * 10**5, "rank", "--", ";DROP TABLE papers", "%", "\\", "ﬁ", "İ", "ß", "़", "a़b"],
)  # fmt: skip
def test_nothing_typed_is_syntax(library, query):
    for _, score in library.search_text(query, 5, Filters()):
        assert score > 0


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters() | st.sampled_from('"*^:(){}+-神经Aa1.')))
def test_no_text_breaks_the_search(library, query):
    assert len(library.search_text(query, 3, Filters())) <= 3


@settings(max_examples=50, deadline=None)
@given(st.text(st.characters(), min_size=1, max_size=60))
def test_any_text_can_be_indexed_and_is_found_by_itself(library, text):
    put(library, small_paper("any", (("H", Zone.BODY, text),), title=text))
    found = library.chunk([id for id, _ in library.search_text(text, 10, Filters())])
    assert "any" in {chunk.paper_id for chunk in found} or not any(letter.isalnum() for letter in text)
    library.remove("any")


def test_a_question_of_stop_words_alone_still_searches():
    assert match_expression("Who is it?") == '"who" OR "is" OR "it"'
    assert match_expression("Who wrote it?") == '"wrote"'


def test_a_pasted_page_is_cut():
    assert match_expression(" ".join(f"w{n}" for n in range(5000))).count(" OR ") < 128
