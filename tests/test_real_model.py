"""Few and honest: the packaged 1.5B model on a real Ollama answers over the sample papers, through `papers` alone."""

import json
import os
from pathlib import Path

import pytest
from conftest import TEST_HOME, absent, new_home
from test_cli import papers

from assistant.chat_model_files import PACKAGED_DEFAULT, chat_models
from assistant.ollama_process import running_server
from index.errors import ModelError

pytestmark = [pytest.mark.model, pytest.mark.timeout(900)]

ANSWERED = [
    ("Why is the model's passage number not trusted?", "evidence_first.pdf"),
    ("What happens to a word that was hyphenated over two lines?", "many_spans.pdf"),
]
UNANSWERED = "Which optimizer and learning rate were used to train the embedder?"


@pytest.fixture(scope="module")
def server():
    try:
        with running_server(os.environ.get("OLLAMA_HOST"), TEST_HOME) as running:
            if PACKAGED_DEFAULT not in chat_models(running.url):
                absent(f"{running.url} does not have {PACKAGED_DEFAULT}")
            yield running.url
    except ModelError as error:
        absent(f"no Ollama ({error})")


@pytest.fixture(scope="module")
def filled(tmp_path_factory, model_folder, sample_papers):
    home = new_home(tmp_path_factory.mktemp("real") / "home", model_folder)
    papers(home, "ingest", sample_papers)
    return home


def ask(home, server, question, *more):
    environment = {"OLLAMA_HOST": server, "PAPERS_CHAT_MODEL": PACKAGED_DEFAULT}
    return json.loads(papers(home, "ask", question, "--json", *more, **environment).stdout)


def words_under(file, rectangles):
    """The words that the PDF itself has below rectangles, all of them together."""
    import pymupdf

    with pymupdf.open(file) as document:
        found = []
        for each in rectangles:
            x0, y0, x1, y1 = each["box"]
            found.append(document[each["page"] - 1].get_textbox(pymupdf.Rect(x0 - 1, y0 - 1, x1 + 1, y1 + 1)))
    return "".join(" ".join(found).split())


def check_citations(answer):
    """Every sentence is supported by words that stand on the cited page, below the rectangles."""
    for sentence in answer["sentences"]:
        assert sentence["supported"] and sentence["citations"]
        for citation in sentence["citations"]:
            assert {each["page"] for each in citation["rects"]} <= set(
                range(citation["pages"][0], citation["pages"][1] + 1)
            )
            under = words_under(citation["file"], citation["rects"]).casefold()
            words = [word for word in citation["quote"].casefold().split() if word.isalpha() and word.isascii()]
            there = [word for word in words if word in under]
            assert len(there) >= 0.9 * len(words), (citation["quote"], under)


@pytest.mark.parametrize(("question", "file"), ANSWERED)
def test_an_answerable_question_gets_a_cited_answer(filled, server, question, file):
    answer = ask(filled, server, question)
    assert answer["grounding"] in ("grounded", "partly"), answer["answer"]
    check_citations(answer)
    assert file in {Path(each["file"]).name for sentence in answer["sentences"] for each in sentence["citations"]}
    model = answer["model"]
    assert model["name"] == PACKAGED_DEFAULT and 0 < model["prompt_tokens"] < model["num_ctx"]


def test_a_question_that_no_paper_answers_is_refused(filled, server):
    answer = ask(filled, server, UNANSWERED)
    assert answer["grounding"] == "refused" and not answer["sentences"], answer["answer"]
    assert answer["passages"] and "3" in answer["answer"]


def test_a_chinese_question_finds_the_english_passage(filled, server):
    answer = ask(filled, server, "为什么不相信模型给出的段落编号？")
    assert answer["language"] == "zh" and len(answer["searched_as"]) == 2
    assert any("passage number" in each["text"] for each in answer["passages"])
    check_citations(answer)
