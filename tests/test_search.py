"""From a question to passages, over the sample papers with the real embedder, Chroma and SQLite."""

from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.config.settings import Settings
from assistant.context import AppContext
from index.ingest.split_paper import split_paper
from index.model.paper import Zone
from index.model.records import Filters
from index.search.fusion import max_sim, reciprocal_rank_fusion, score_fusion
from index.search.searcher import MAX_MERGED, Question, Searcher, SearchSettings
from index.store.vectors import sync_vectors

QUESTIONS = [
    ("Why is the model's passage number not trusted?", "right for only 5 of 10 questions"),
    ("What happens to a word that was hyphenated over two lines?", "one row for each part"),
    ("Which constant does reciprocal rank fusion use?", "60"),
]


@pytest.mark.parametrize(("question", "words"), QUESTIONS)
@pytest.mark.parametrize("rerank", [True, False])
def test_the_passage_that_answers_is_found(sample_context, question, words, rerank):
    found = sample_context.searcher.search(question, 5, rerank=rerank)
    texts = [" ".join(passage.text.split()) for passage in found.passages]
    assert any(words in text for text in texts), texts
    assert {"dense", "lexical", "merge"} <= set(found.seconds)


def test_a_chinese_wording_finds_no_english_passage_by_an_english_embedder(sample_context):
    """It is near anything there; where there is no other wording it is all that there is."""
    question = Question("为什么不相信模型给出的段落编号？", QUESTIONS[0][0])
    dense = Searcher(
        sample_context.library, sample_context.vectors, sample_context.embedder, SearchSettings(lexical=0, max_sim=0)
    )
    both, alone = dense.search(question, 5).passages, dense.search(QUESTIONS[0][0], 5).passages
    assert [(each.paper.id, each.span) for each in both] == [(each.paper.id, each.span) for each in alone]
    assert dense.search(question.text, 5).passages and dense.search(Question(question.text, question.text), 5).passages


def test_passages_are_sorted_unique_and_exact(sample_context):
    passages = sample_context.searcher.search("evidence and citations", 10).passages
    assert [each.score for each in passages] == sorted((each.score for each in passages), reverse=True)
    spans = [(each.paper.id, each.span) for each in passages]
    assert len(set(spans)) == len(spans)
    for each in passages:
        assert each.text == each.paper.text[each.span.start : each.span.end]
        assert each.zone is not Zone.REFERENCES
        assert not any(
            each is not other and each.paper.id == other.paper.id and each.span.overlaps(other.span)
            for other in passages
        )


def test_neighbours_of_a_section_are_one_passage(home, sample_papers):
    """Chunks that touch under the same headings are merged, in whatever order they were ranked, up to the cap."""
    with AppContext(Settings(home=home, chunk_tokens=64), lambda line: None) as context:
        list(context.ingestion().run([str(sample_papers / "two_legs.pdf")]))
        passages = context.searcher.search("how passages are found, fused and reranked", 12).passages
        chunks = [chunk.span for chunk in context.library.chunks_of(context.library.papers()[0].id)]
    inside = {each.span: sum(each.span.contains(chunk) for chunk in chunks) for each in passages}
    assert max(inside.values()) > 1
    for one, other in permutations(passages, 2):
        between = one.paper.text[one.span.end : other.span.start] if one.span.end <= other.span.start else "x"
        apart = between.strip() or one.heading != other.heading or one.zone != other.zone
        assert apart or inside[one.span] + inside[other.span] > MAX_MERGED


def test_filters_by_paper_zone_and_year(sample_context):
    record = sample_context.library.find("two_legs.pdf")
    only = sample_context.searcher.search("passages", 5, Filters(papers=frozenset([record.id])))
    assert only.passages and {each.paper.id for each in only.passages} == {record.id}
    references = sample_context.searcher.search("retrieval", 5, Filters(zones=frozenset([Zone.REFERENCES])))
    assert references.passages and {each.zone for each in references.passages} == {Zone.REFERENCES}
    assert not sample_context.searcher.search("retrieval", 5, Filters(years=(1900, 1901))).passages


def test_settings_leave_legs_out_and_say_how_deep_and_how_merged(sample_context):
    def searched(**settings):
        parts = sample_context.library, sample_context.vectors, sample_context.embedder
        return Searcher(*parts, SearchSettings(**settings)).search("how are passages found and fused", 6)

    def found(**settings):
        return [(each.paper.id, each.span) for each in searched(**settings).passages]

    usual = sample_context.searcher.search("how are passages found and fused", 6)
    assert found() == [(each.paper.id, each.span) for each in usual.passages]
    assert found(max_sim=0) == [
        (each.paper.id, each.span)
        for each in sample_context.searcher.search("how are passages found and fused", 6, rerank=False).passages
    ]
    assert found(lexical=0, max_sim=0) != found(dense=0, max_sim=0)
    only_dense = found(lexical=0, max_sim=0, max_merged=1)
    assert found(lexical=1e-9, max_sim=0, max_merged=1) == only_dense  # a feather's weight changes no order
    assert "rerank" not in searched(max_sim=0).seconds
    chunks = {chunk.span for record in sample_context.records() for chunk in sample_context.library.chunks_of(record)}
    kept = [span for paper, span in only_dense if sample_context.library.paper(paper).zone(span.start) is Zone.BODY]
    assert kept and set(kept) <= chunks  # a piece of a table comes with its caption


def test_weights_and_k_of_the_fusion():
    assert reciprocal_rank_fusion([[7, 8], [8]], k=1, weights=[1, 3]) == {7: 1 / 2, 8: 1 / 3 + 3 / 2}


def test_scores_tell_a_clear_winner_from_a_close_race():
    clear, close = {7: 30.0, 8: 2.0, 9: 1.0}, {8: 0.81, 7: 0.80, 9: 0.2}
    assert score_fusion([clear, close])[7] > score_fusion([clear, close])[8]
    assert reciprocal_rank_fusion([[7, 8, 9], [8, 7, 9]])[7] == reciprocal_rank_fusion([[7, 8, 9], [8, 7, 9]])[8]
    assert score_fusion([clear, close], weights=[1, 100])[8] > score_fusion([clear, close], weights=[1, 100])[7]
    assert score_fusion([clear, close], [8]).keys() == {8}
    assert score_fusion([{7: 0.4}, {}]) == {7: 0.5} and score_fusion([{7: 3, 8: 3}]) == {7: 1, 8: 1}


@given(st.lists(st.dictionaries(st.integers(0, 20), st.floats(-1e6, 1e6), max_size=10), min_size=1, max_size=4))
def test_fused_scores_lie_between_0_and_1_and_keep_the_order_that_all_share(scored):
    scores = score_fusion(scored)
    assert set(scores) == {item for scoring in scored for item in scoring}
    assert all(0 <= score <= 1 + 1e-9 for score in scores.values())
    for better, worse in permutations(scores, 2):
        if all(better in each and worse in each and each[better] >= each[worse] for each in scored):
            assert scores[better] >= scores[worse]


def test_a_paper_that_the_question_names_comes_before_those_that_write_about_it(home, sample_papers):
    """Two papers with the same text: only the title tells whose it is; the name is found as whole words."""
    with AppContext(Settings(home=home), lambda line: None) as context:
        list(context.ingestion().run([str(sample_papers / "two_legs.pdf")]))
        first = context.library.paper(context.library.papers()[0].id)
        for number, title in enumerate(["On rank fusion", "TwoLegs: fusing ranks", "TwoLegsPlus: fusing more"]):
            paper = replace(first, id=f"{number}" * 12, title=title)
            chunks = split_paper(paper, context.embedder, 220)
            made = context.embedder.embed([f"{chunk.text}" for chunk in chunks])
            context.library.put(paper, chunks, made, file=title, sha256=f"{number}", embedder=context.embedder.identity)
        sync_vectors(context.library, context.vectors)

        def first_of(question, **settings):
            searcher = Searcher(context.library, context.vectors, context.embedder, SearchSettings(**settings))
            return searcher.search(question, 4).passages[0].paper.title

        asked, name = "Which constant does TwoLegs's fusion use?", "TwoLegs: fusing ranks"
        assert first_of(asked, lexical=0) == first_of(asked, lexical=0, rrf_k=60) == name
        assert first_of(asked, lexical=0, subject=0) != name  # the same vectors: who came first is first
        assert first_of(asked) == first_of(Question("哪个常数?", asked)) == name


def test_our_search_inside_a_stock_llama_index_engine(sample_context):
    from llama_index.core.llms import MockLLM
    from llama_index.core.query_engine import RetrieverQueryEngine

    from index.retriever import PaperRetriever

    retriever = PaperRetriever(sample_context.searcher, 4)
    engine = RetrieverQueryEngine.from_args(retriever, llm=MockLLM(max_tokens=8))
    nodes = engine.query(QUESTIONS[0][0]).source_nodes
    assert 0 < len(nodes) <= 4
    for each in nodes:
        paper = sample_context.library.paper(each.node.metadata["paper"])
        assert each.node.text == paper.text[each.node.start_char_idx : each.node.end_char_idx]
        assert each.node.metadata["first_page"] >= 1 and each.score


@given(st.lists(st.lists(st.integers(0, 20), unique=True, max_size=10), max_size=4))
def test_fusion_prefers_what_more_legs_rank_higher(rankings):
    scores = reciprocal_rank_fusion(rankings)
    assert set(scores) == {item for ranking in rankings for item in ranking}
    for better in scores:
        for worse in scores:
            ranks = [
                (each.index(better) if better in each else 99, each.index(worse) if worse in each else 99)
                for each in rankings
            ]
            if all(first < second or first == second == 99 for first, second in ranks):
                assert scores[better] >= scores[worse]


def test_max_sim_of_a_text_with_itself_is_one(embedder):
    vectors = embedder.token_vectors(["late interaction"])[0]
    assert max_sim(vectors, vectors) == pytest.approx(1, abs=1e-4)
    assert max_sim(vectors, vectors[:0]) == 0
