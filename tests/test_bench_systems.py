"""Both systems of the bench over three made papers, with real SQLite, real Chroma, and a scripted model server."""

import json

import pytest
from bench_papers import CORPUS, QUESTIONS, TREE_AGE, WordEmbedder
from fake_ollama import MODEL, NOTHING, FakeOllama, Reply, fake_ollama, picking  # noqa: F401  (a fixture)

from assistant.bench.answer_suite import AnswersKept, answer_questions
from assistant.bench.finding_suites import find_pages, find_papers, find_paragraphs
from assistant.bench.ours import PRESETS, OurSystem
from assistant.bench.questions import BenchQuestion
from assistant.bench.systems import Hit
from assistant.config.settings import Settings
from assistant.llm.chat_model import ChatModel, ModelSettings
from index.model.paper import Span

AGE, HEAT, NONE = QUESTIONS
SAID = picking(("The oldest tree that we measured has 412 rings", "The oldest tree has 412 rings."))


def silent(line):
    pass


def ours(tmp_path, **options):
    return OurSystem("ours", Settings(home=tmp_path, chunk_tokens=64), embedder=WordEmbedder(), **options)


def test_ours_finds_papers_pages_and_spans(tmp_path):
    with ours(tmp_path).open(CORPUS, tmp_path, silent) as opened:
        assert opened.find(HEAT.text, 2)[0].paper == "engines"
        inside = opened.find(AGE.text, 5, "trees")
        assert {hit.paper for hit in inside} == {"trees"}
        text = CORPUS.papers[0].text
        assert all(hit.span and text[hit.span.start : hit.span.end] == hit.text for hit in inside)
        (row,) = find_pages(opened, [AGE])
    assert row.values["page@5 all papers"] == row.values["page@5 in its paper"] == 1


class Long:
    """A system that finds two long passages; the second holds the paragraph behind its 3,000th character."""

    def find(self, question, limit, paper=None):
        first = Hit("trees", (1, 1), "x" * 3_900, Span(0, 3_900))
        return [first, Hit("trees", (2, 2), "y" * 3_200, Span(4_000, 7_200))]


def test_long_passages_are_seen_as_long():
    far = BenchQuestion("q", "?", "trees", "g", True, pages=frozenset([2]), spans=(Span(7_000, 7_200),))
    (row,) = find_paragraphs(Long(), [far])
    assert row.values["paragraph@5"] == 1 and row.values["paragraph in 4000 characters"] == 0
    assert row.values["characters of 5"] == 7_100
    (row,) = find_pages(Long(), [far])
    assert row.values["page@1 in its paper"] == 0 and row.values["page in 4000 characters in its paper"] == 1


def test_a_corpus_is_made_once_and_a_killed_one_is_completed(tmp_path):
    first, second = ours(tmp_path), ours(tmp_path)
    part = type(CORPUS)("made", CORPUS.papers[:2])
    with first.open(part, tmp_path, silent):
        assert first.embedder.embedded > 0
    with second.open(part, tmp_path, silent) as opened:
        assert len(opened.library.papers()) == 2 and second.embedder.embedded == 0
    third = ours(tmp_path)
    with third.open(CORPUS, tmp_path, silent):  # another corpus; what it shares with the first is not embedded again
        assert 0 < third.embedder.embedded < first.embedder.embedded


def test_ablations_differ_in_settings_only(tmp_path):
    dense = ours(tmp_path, search=PRESETS["dense"])
    told, usual = dense.settings(), ours(tmp_path).settings()
    assert {name for name in usual if told[name] != usual[name]} == {"lexical", "subject"}
    with dense.open(CORPUS, tmp_path, silent) as opened:
        assert opened.find(HEAT.text, 1)[0].paper == "engines"


def test_the_suite_of_papers_asks_each_question_where_it_belongs(tmp_path):
    pytest.importorskip("ir_measures", reason="the extra bench is not installed")
    with ours(tmp_path).open(CORPUS, tmp_path, silent) as opened:
        rows = {row.question: row.values for row in find_papers(opened, QUESTIONS)}
    assert rows["q-heat"] == {"paper@1": 1, "paper@5": 1, "paper MRR": 1}
    assert rows["q-age"]["page@5 text/table"] == 1 and "q-none" not in rows


def chat(fake_ollama):  # noqa: F811
    return ChatModel(ModelSettings(host=fake_ollama.host, model=MODEL, num_ctx=8192))


def test_answers_are_kept_and_a_killed_run_goes_on(tmp_path, fake_ollama: FakeOllama):  # noqa: F811
    fake_ollama.default.text = json.dumps(NOTHING)
    fake_ollama.script(SAID)
    model = chat(fake_ollama)
    system, file = ours(tmp_path, remember=False, model=lambda: model), tmp_path / "answers.jsonl"
    with system.open(CORPUS, tmp_path, silent) as opened:
        (first,) = answer_questions(opened, [AGE], AnswersKept(file), system.settings(), silent)
        assert first.values["numeric match"] == first.values["citations verified"] == 1
        assert first.values["citation precision"] == first.values["sentences supported"] == 1
        asked = len(fake_ollama.requests)
        with file.open("a") as torn:
            torn.write('{"key": "half of a li')  # what a killed run leaves
        rows = answer_questions(opened, [AGE, NONE], AnswersKept(file), system.settings(), silent)
        assert rows[0] == first and rows[1].values["refusal recall"] == 1
        done = len(fake_ollama.requests)
        again = answer_questions(opened, [AGE, NONE], AnswersKept(file), system.settings(), silent)
        assert again == rows and len(fake_ollama.requests) == done
        answer_questions(opened, [AGE], AnswersKept(file), system.settings() | {"passages": 3}, silent)
        assert len(fake_ollama.requests) > done >= asked  # other settings, other answers


@pytest.fixture
def starter(tmp_path):
    for package in ("llama_index.vector_stores.chroma", "llama_index.readers.file", "llama_index.llms.ollama"):
        pytest.importorskip(package, reason="the extra bench is not installed")
    from assistant.bench.starter import Starter

    return Starter(WordEmbedder())


@pytest.mark.filterwarnings("default")
def test_the_starter_finds_with_pages_and_spans(tmp_path, starter):
    for _ in range(2):  # the second time from its folder
        with starter.open(CORPUS, tmp_path, silent) as opened:
            assert opened.find(HEAT.text, 2)[0].paper == "engines"
            best = opened.find(AGE.text, 5, "trees")[0]
    start = CORPUS.papers[0].text.index(TREE_AGE)
    assert (best.paper, best.pages, best.span) == ("trees", (2, 2), Span(start, start + len(TREE_AGE)))


@pytest.mark.filterwarnings("default")
def test_the_starter_answers_through_its_citation_engine(tmp_path, starter, fake_ollama: FakeOllama):  # noqa: F811
    from assistant.bench.starter import Starter

    message = {"role": "assistant", "content": "The oldest tree has 412 rings [1]. It is older than [9]."}
    whole = {"model": MODEL, "message": message, "done": True, "done_reason": "stop"}  # the engine does not stream
    fake_ollama.script(Reply(text=[], raw=json.dumps(whole).encode()))
    model = chat(fake_ollama)
    with Starter(WordEmbedder(), model=lambda: model).open(CORPUS, tmp_path, silent) as opened:
        given = opened.answer(AGE.text, "trees")
    (request,) = fake_ollama.requests
    assert request["options"]["num_ctx"] == 8192 and "Source 1:" in request["messages"][-1]["content"]
    assert given.invented == 1 and not given.refused
    assert given.sentences[0].cited[0].pages in ((1, 1), (2, 2))


@pytest.mark.filterwarnings("default")
@pytest.mark.slow
def test_the_starter_reads_pdfs_with_its_own_reader(tmp_path, starter, sample_papers):
    from assistant.bench.corpora import PdfCorpus

    corpus = PdfCorpus("samples", (sample_papers / "two_legs.pdf",))
    with starter.open(corpus, tmp_path, silent) as opened:
        hits = opened.find("reciprocal rank fusion", 5, "two_legs.pdf")
    assert hits and {hit.paper for hit in hits} == {"two_legs.pdf"} and min(hit.pages[0] for hit in hits) >= 1


def test_what_the_bench_needs_is_named_where_it_is_missing(monkeypatch):
    import sys

    from assistant.bench.finding_suites import rank_metrics
    from assistant.bench.systems import BenchExtraMissing

    monkeypatch.setitem(sys.modules, "ir_measures", None)
    with pytest.raises(BenchExtraMissing, match="uv sync --extra bench"):
        rank_metrics(("RR",), {"q": ["a"]}, {"q": ["a"]})


def test_a_question_about_a_paper_that_could_not_be_read_says_so(tmp_path):
    from assistant.bench.systems import BenchError

    gone = BenchQuestion("q", "?", "gone.pdf", "g", True)
    with ours(tmp_path).open(CORPUS, tmp_path, silent) as opened, pytest.raises(BenchError, match=r"gone\.pdf"):
        opened.find(gone.text, 5, gone.paper)
