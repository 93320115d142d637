import pytest
from fake_ollama import MODEL, Reply, fake_ollama  # noqa: F401

from assistant.language.translate import to_chinese, to_english
from assistant.llm.chat_model import ChatModel, ModelFailed, ModelSettings

QUESTION = "LLaMA 650亿参数的模型用了几层?是80层吗?"
SENTENCE = "BERT masks 15% of the tokens."


@pytest.fixture
def ollama(fake_ollama):  # noqa: F811
    return fake_ollama


@pytest.fixture
def model(ollama):
    return ChatModel(ModelSettings(ollama.host, MODEL))


def says(translation: str) -> Reply:
    return Reply.of({"translation": translation})


def test_a_question_is_translated(ollama, model):
    english = "How many layers does the LLaMA model with 65 billion parameters use? Is it 80?"
    ollama.script(says(english))
    assert to_english(model, QUESTION) == english
    assert "65 billion参数" in ollama.requests[0]["messages"][-1]["content"]
    assert "650亿" not in ollama.requests[0]["messages"][-1]["content"]


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("How many layers? Is it 80?", "How many layers? Is it 80? (65 billion)"),
        ("How many layers has the 650 billion model?", "How many layers has the 650 billion model? (80, 65 billion)"),
    ],
)
def test_a_number_that_was_lost_is_appended(ollama, model, reply, expected):
    ollama.script(says(reply))
    assert to_english(model, QUESTION) == expected


def test_the_question_itself_where_the_model_fails(ollama, model):
    ollama.script(says("它有几层?"), "no JSON", "no JSON")
    assert to_english(model, QUESTION) == QUESTION
    assert to_english(model, QUESTION) == QUESTION


def test_a_failure_of_the_server_is_not_hidden(ollama, model):
    ollama.script(Reply(status=500, error="out of memory"))
    with pytest.raises(ModelFailed):
        to_english(model, QUESTION)


def test_a_sentence_is_translated(ollama, model):
    ollama.script(says("BERT 遮盖 15% 的词元。"))
    assert to_chinese(model, SENTENCE) == "BERT 遮盖 15% 的词元。"


@pytest.mark.parametrize(
    "reply",
    [
        "BERT 遮盖 50% 的词元。",
        "BERT 遮盖词元。",
        "BERT 遮盖 15% 的词元,共 3 次。",
        "伯特遮盖 15% 的词元。",
        "BERT masks 15% of the tokens.",
    ],
)
def test_a_translation_that_says_something_else_is_not_shown(ollama, model, reply):
    ollama.script(says(reply))
    assert to_chinese(model, SENTENCE) == SENTENCE
