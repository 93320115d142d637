"""Few and honest: the packaged 1.5B model on a real Ollama answers over the sample papers, through `papers` alone."""

import json
from pathlib import Path

import pytest
from cited_words import check_citation
from conftest import new_home
from test_cli import papers

from assistant.setup.chat_model_files import PACKAGED_DEFAULT

pytestmark = [pytest.mark.model, pytest.mark.timeout(900)]

ANSWERED = [
    ("Why is the model's passage number not trusted?", "evidence_first.pdf"),
    ("What happens to a word that was hyphenated over two lines?", "many_spans.pdf"),
]
UNANSWERED = "Which optimizer and learning rate were used to train the embedder?"


@pytest.fixture(scope="module")
def filled(tmp_path_factory, model_folder, sample_papers):
    home = new_home(tmp_path_factory.mktemp("real") / "home", model_folder)
    papers(home, "ingest", sample_papers)
    return home


def ask(home, url, question, *more):
    environment = {"OLLAMA_HOST": url, "PAPERS_CHAT_MODEL": PACKAGED_DEFAULT}
    return json.loads(papers(home, "ask", question, "--json", *more, **environment).stdout)


def check_citations(answer):
    for sentence in answer["sentences"]:
        assert sentence["supported"] and sentence["citations"]
        for each in sentence["citations"]:
            rectangles = [(rectangle["page"], *rectangle["box"]) for rectangle in each["rects"]]
            check_citation(each["file"], each["pages"], each["quote"], rectangles)


@pytest.mark.parametrize(("question", "file"), ANSWERED)
def test_an_answerable_question_gets_a_cited_answer(filled, ollama_url, question, file):
    answer = ask(filled, ollama_url, question)
    assert answer["grounding"] in ("grounded", "partly"), answer["answer"]
    check_citations(answer)
    assert file in {Path(each["file"]).name for sentence in answer["sentences"] for each in sentence["citations"]}
    model = answer["model"]
    assert model["name"] == PACKAGED_DEFAULT and 0 < model["prompt_tokens"] < model["num_ctx"]


def test_a_question_that_no_paper_answers_is_refused(filled, ollama_url):
    answer = ask(filled, ollama_url, UNANSWERED)
    assert answer["grounding"] == "refused" and not answer["sentences"], answer["answer"]
    assert answer["passages"] and "3" in answer["answer"]


def test_a_chinese_question_finds_the_english_passage(filled, ollama_url):
    answer = ask(filled, ollama_url, "为什么不相信模型给出的段落编号？")
    assert answer["language"] == "zh" and len(answer["searched_as"]) == 2
    assert any("passage number" in each["text"] for each in answer["passages"])
    check_citations(answer)
