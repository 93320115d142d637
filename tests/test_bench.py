"""The bench's arithmetic, on values worked out by hand, and its data as it lies beside the checkout."""

import csv
import json

import numpy as np
import pytest
from bench_papers import CORPUS
from typer.testing import CliRunner

from assistant.bench.answer_suite import gold_words_found, measure_answer, token_f1
from assistant.bench.corpora import PdfCorpus, paged_paper, sectioned_paper
from assistant.bench.ours import our_system
from assistant.bench.questions import (
    BenchQuestion,
    chosen,
    half_of,
    ohr_bench,
    own_questions,
    pdf_questions,
    qasper,
    scifact,
)
from assistant.bench.rows import Row, SuiteRun, bootstrap, differences, paired_difference
from assistant.bench.sections import compare_headings, gold_headings
from assistant.bench.starter import read_answer, refuses
from assistant.bench.systems import BenchError, Cited, DataAbsent, GivenAnswer, GivenSentence, Hit
from assistant.config.settings import Settings
from index.search.searcher import SearchSettings
from ui.cli import app


def test_an_interval_covers_the_truth_as_often_as_it_says():
    """Of 200 samples of 60 tosses of a coin with p = 0.7, about 95 in 100 intervals hold 0.7."""
    random = np.random.default_rng(3)
    intervals = [bootstrap((random.random(60) < 0.7).astype(float).tolist(), 400) for _ in range(200)]
    held = sum(each.low <= 0.7 <= each.high for each in intervals) / 200
    assert 0.88 <= held <= 0.99


def test_an_interval_is_that_of_the_normal_law_where_n_is_large_and_always_the_same():
    values = np.random.default_rng(5).normal(10, 2, 400).tolist()
    found = bootstrap(values)
    error = np.std(values) / 20
    assert found.low == pytest.approx(found.mean - 1.96 * error, abs=0.03)
    assert found.high == pytest.approx(found.mean + 1.96 * error, abs=0.03)
    assert bootstrap(values) == found and found.n == 400
    with pytest.raises(ValueError, match="no values"):
        bootstrap([])


def test_a_difference_is_taken_on_shared_questions_only():
    found = paired_difference({"a": 1, "b": 1, "c": 0}, {"b": 0, "c": 0, "d": 1})
    assert found is not None and (found.mean, found.n) == (0.5, 2)
    assert paired_difference({"a": 1}, {"b": 1}) is None
    runs = [
        SuiteRun("s", name, {}, tuple(Row(str(row), "p", {"m": value}) for row, value in enumerate(values)), 1)
        for name, values in (("ours", [1, 1, 0.5]), ("starter", [0, 1, 0.5]), ("other", [1, 1, 1]))
    ]
    assert [(each.second, round(each.measures["m"].mean, 3)) for each in differences(runs)] == [
        ("starter", 0.333),
        ("other", -0.167),
    ]


def test_halves_go_by_paper_and_stay_as_they_are():
    names = ("1706.03762.pdf", "1810.04805__bert.pdf", "2401.18059v1.pdf", "tacl_a_00660.pdf")
    assert [half_of(name) for name in names] == ["test", "test", "dev", "dev"]
    assert half_of("2305.02437v3") == half_of("2305.02437.pdf") == half_of("2305.02437__selfmem.pdf")
    questions = [BenchQuestion(str(row), "?", names[row % 4], "", True) for row in range(40)]
    dev, test = chosen(questions, "dev", None, 0), chosen(questions, "test", None, 0)
    assert {each.paper for each in dev}.isdisjoint(each.paper for each in test)
    assert len(dev) + len(test) == 40
    sample = chosen(questions, "all", 5, 1)
    assert sample == chosen(questions, "all", 5, 1) and len(sample) == 5
    assert [each.id for each in sample] == sorted((each.id for each in sample), key=int)


def test_ranking_metrics_are_those_of_the_books():
    pytest.importorskip("ir_measures", reason="the extra bench is not installed")
    from assistant.bench.finding_suites import rank_metrics

    rankings = {"a": ["x", "r", "y", "s"], "b": ["r"], "c": []}
    found = rank_metrics(("nDCG@10", "RR", "Success@1", "R@2"), rankings, {"a": ["r", "s"], "b": ["r"], "c": ["r"]})
    ideal = 1 + 1 / np.log2(3)
    assert found["a"]["nDCG@10"] == pytest.approx((1 / np.log2(3) + 1 / np.log2(5)) / ideal)
    assert (found["a"]["RR"], found["a"]["Success@1"], found["a"]["R@2"]) == (0.5, 0, 0.5)
    assert set(found["b"].values()) == {1.0} and set(found["c"].values()) == {0.0}


def test_headings_are_compared_by_words_and_page():
    found = [("1 Introduction", 1), ("Abstract", 1), ("2.1 Encoder and decoder stack", 3), ("Noise", 4), ("Results", 9)]
    gold = [("Introduction", 1), ("2.1 Encoder and Decoder Stacks", 3), ("4 Results", 7), ("Results", None)]
    assert compare_headings(found, gold) == (3, 4, 4)  # "Abstract" is not counted; Results is on a far page once
    assert compare_headings([("Abstract", 1)], [("Abstract", 1)]) == (1, 1, 1)


def given(*sentences, refused=False, invented=0):
    return GivenAnswer(" ".join(each.text for each in sentences), sentences, refused, invented, 0, 2.0)


def test_answers_are_measured_against_gold_evidence_and_what_they_cite():
    question = BenchQuestion("q", "?", "p", "g", True, answers=("412 rings",), pages=frozenset([2]))
    right = Cited("p", (2, 2), "The oldest tree has 412 rings.", True)
    wrong = Cited("p", (1, 1), "Trees grow slowly.", True)
    found = measure_answer(
        question,
        given(GivenSentence("The oldest tree has 412 rings.", (right, wrong)), GivenSentence("It is old.", ())),
    )
    assert found["sentences supported"] == 0.5 and found["citation precision"] == 0.5
    assert found["citations verified"] == 1 and found["false refusals"] == 0
    assert found["gold words found"] == 1 and found["token F1"] == pytest.approx(2 * 2 / (8 + 2))
    off = measure_answer(question, given(GivenSentence("It has 413 rings.", (right,)), invented=1))
    assert off["citations verified"] == 0 and off["sentences supported"] == 0 and off["invented citations shown"] == 1
    refused = measure_answer(question, given(refused=True))
    assert refused["false refusals"] == 1 and refused["token F1"] == 0 and "citation precision" not in refused
    unanswerable = BenchQuestion("q", "?", "p", "g", True, answerable=False)
    assert measure_answer(unanswerable, given(refused=True))["refusal recall"] == 1
    number = BenchQuestion("q", "?", "p", "g", True, answers=("1,024",))
    assert measure_answer(number, given(GivenSentence("There are 1024 units.", ())))["numeric match"] == 1


def test_token_f1_by_hand():
    assert token_f1("the Adam optimizer with warm-up", "Adam") == pytest.approx(2 / 6)  # adam optimizer with warm up
    assert gold_words_found("trained by Adam", "the Adam") == 1


def test_the_starters_citations_are_read_to_its_advantage():
    hits = [(Hit("p", (1, 1), "one"), "one"), (Hit("p", (2, 2), "two"), "two")]
    found = read_answer("It has 12 layers [1, 2]. It is deep. [2] Nobody knows Source 7 better.", hits, 1.0)
    assert [len(each.cited) for each in found.sentences] == [2, 1, 0]
    assert found.invented == 1 and not found.refused
    assert [each.text for each in found.sentences][:2] == ["It has 12 layers .", "It is deep."]
    for text in (
        "The provided sources do not mention the ceiling [1].",
        "None of the sources are helpful.",
        "Empty Response",
        "The number of rings is not explicitly stated in the text.",
        "I'm sorry, but I cannot find it.",
        "",
    ):
        assert refuses(text), text
    for text in ("BERT does not use a decoder [1].", "It cannot attend to later tokens [2].", "No labels are needed."):
        assert not refuses(text), text


def test_made_papers_keep_the_promises_of_a_paper():
    paged = paged_paper("p", "T", ["one", "", "three"])
    assert [paged.quote(page.span).strip() for page in paged.pages] == ["one", "", "three"]
    assert paged.pages[-1].span.end == len(paged.text)
    paper, spans = sectioned_paper("p", "T", [("A", 1, ["first"]), ("A.1", 2, ["second", "third"]), ("B", 1, ["last"])])
    assert [paper.quote(span) for span in spans] == ["first", "second", "third", "last"]
    assert paper.headings(spans[2].start) == ("A", "A.1") and paper.headings(spans[3].start) == ("B",)


def test_systems_are_named_with_their_settings():
    settings = Settings()
    assert our_system("ours", settings).search == SearchSettings()
    made = our_system("dense:candidates=80,chunk_tokens=320", settings)
    assert (made.search.candidates, made.search.lexical, made.product.chunk_tokens) == (80, 0, 320)
    for wrong in ("best", "ours:depth=3", "ours:rrf_k=many"):
        with pytest.raises(BenchError):
            our_system(wrong, settings)


def test_a_readers_own_csv(tmp_path):
    corpus = PdfCorpus("mine", (tmp_path / "1706.03762.pdf", tmp_path / "other.pdf"))
    file = tmp_path / "own.csv"
    with file.open("w", newline="") as opened:
        csv.writer(opened).writerows(
            [["question", "paper", "page"], ["What, and why?", "1706.03762", "3; 4"], ["How?", "other.pdf", ""]]
        )
    first, second = own_questions(file, corpus)
    assert (first.text, first.paper, first.pages) == ("What, and why?", "1706.03762.pdf", {3, 4})
    assert second.pages == frozenset()
    file.write_text("question,paper\nWhere?,nowhere.pdf\n")
    with pytest.raises(BenchError, match="line 2"):
        own_questions(file, corpus)


def test_absent_data_skip_their_suite_in_one_line_and_the_rest_goes_on(tmp_path):
    nowhere = ["--data", str(tmp_path / "no"), "--papers", str(tmp_path / "none"), "--json"]
    suites = ["papers", "pages", "paragraphs", "scifact", "sections", "answers"]
    result = CliRunner().invoke(app, ["--home", str(tmp_path / "home"), "bench", *suites, *nowhere])
    assert result.exit_code == 1
    assert [each["suite"] for each in json.loads(result.stdout)["skipped"]] == suites
    for suite in suites:
        assert f"skipped: {suite}: no" in result.stderr or f"skipped: {suite}: {tmp_path}" in result.stderr


def test_the_shared_data_are_read_whole(shared):
    data = shared / "bench"
    if not data.is_dir():
        pytest.skip(f"no benchmark data at {data}")
    files = tuple((shared / "papers").glob("*.pdf"))
    questions = pdf_questions(data / "questions.jsonl", PdfCorpus("papers", files))
    assert len(questions) == 156 and sum(not each.answerable for each in questions) == 35
    corpus, asked = ohr_bench(data / "ohr_bench")
    assert len(asked) == 316
    pages = {paper.id: len(paper.pages) for paper in corpus.papers}
    assert all(1 <= page <= pages[each.paper] for each in asked for page in each.pages)
    corpus, asked = qasper(data / "qasper")
    assert (len(corpus.papers), len(asked)) == (10, 51)
    assert sum(not each.answerable for each in asked) in range(3, 9)
    assert sum(bool(each.spans) for each in asked if each.answerable) > 38
    assert len(gold_headings(data, shared / "papers")) >= 20
    with pytest.raises(DataAbsent):
        qasper(data / "nothing")


def test_scifact_is_read_in_beir_form(tmp_path):
    rows = [{"_id": "7", "title": "T", "text": "A text."}, {"_id": "8", "title": "U", "text": "Another."}]
    (tmp_path / "beir_corpus.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (tmp_path / "beir_queries.jsonl").write_text(json.dumps({"_id": "1", "text": "A claim."}))
    (tmp_path / "qrels_test.tsv").write_text("query-id\tcorpus-id\tscore\n1\t8\t1\n1\t7\t0\n")
    corpus, (claim,) = scifact(tmp_path)
    assert [paper.id for paper in corpus.papers] == ["7", "8"] and claim.relevant == {"8"}


def test_a_corpus_changes_its_digest_with_its_text():
    assert CORPUS.digest != type(CORPUS)("made", CORPUS.papers[1:]).digest
