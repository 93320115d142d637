"""A sentence in the other language: numbers by value, names by spelling and negation stay, or it is not shown."""

import pytest
from fake_ollama import MODEL, Reply, fake_ollama  # noqa: F401

from assistant.language.translate import in_language
from assistant.llm.chat_model import ChatModel, ModelSettings

SENTENCE = "KiteNet does not need 3 of the sensors and loses two minutes."
CHINESE = "该模型在 WindBench 上的准确率为 87.2%，参数为 650亿。"


@pytest.fixture
def ollama(fake_ollama):  # noqa: F811
    return fake_ollama


@pytest.fixture
def model(ollama):
    return ChatModel(ModelSettings(ollama.host, MODEL))


@pytest.mark.parametrize(
    ("translation", "shown"),
    [
        ("KiteNet 不需要其中 3 个传感器，损失两分钟。", True),
        ("KiteNet 不需要其中 3 个传感器，损失 2 分钟。", True),
        ("KiteNet 需要其中 3 个传感器，损失两分钟。", False),
        ("KiteNet 不需要其中 4 个传感器，损失两分钟。", False),
        ("KiteNet 不需要其中 3 个传感器，损失三分钟。", False),
        ("KiteNet 不需要其中 3 个传感器，损失两分钟，即 7%。", False),
        ("风筝网不需要其中 3 个传感器，损失两分钟。", False),
        ("KiteNet 不需要其中 3 个传感器，损失两分", False),
        ("KiteNet does not need 3 of the sensors and loses two minutes.", False),
        ("你好！KiteNet 不需要其中 3 个传感器，损失两分钟。", False),
        ('{"translation": "KiteNet 不需要其中 3 个传感器，损失两分钟。"}', False),
    ],
)
def test_into_chinese(ollama, model, translation, shown):
    ollama.script(Reply.of({"translation": translation}))
    assert in_language(model, SENTENCE, "zh") == (translation if shown else None)


@pytest.mark.parametrize(
    ("sentence", "translation", "shown"),
    [
        ("It follows the Chinchilla laws.", "它遵循 Chinchilla 定律。", True),
        ("It follows the Chinchilla laws.", "它遵循香梨定律。", False),
        ("The layer of Zhang and Sennrich is used.", "使用张和森尼尔的层。", False),
        ("Table 2 shows English text and a Gaussian prior.", "表 2 展示了英语文本和高斯先验。", True),
        ("We use Natural Language Processing in this work.", "我们在本工作中使用自然语言处理。", True),
    ],
)
def test_names_of_one_word_keep_their_spelling(ollama, model, sentence, translation, shown):
    ollama.script(Reply.of({"translation": translation}))
    assert in_language(model, sentence, "zh") == (translation if shown else None)


@pytest.mark.parametrize(
    ("translation", "shown"),
    [
        ("The model reaches an accuracy of 87.2% on WindBench with 65 billion parameters.", True),
        ("The model reaches an accuracy of 87.2% on WindBench with 650 billion parameters.", False),
        ("The model reaches an accuracy of 78.2% on WindBench with 65 billion parameters.", False),
        ("The model reaches an accuracy of 87.2% on the benchmark with 65 billion parameters.", False),
        ("The model does not reach an accuracy of 87.2% on WindBench with 65 billion parameters.", False),
        (CHINESE, False),
    ],
)
def test_into_english(ollama, model, translation, shown):
    ollama.script(Reply.of({"translation": translation}))
    assert in_language(model, CHINESE, "en") == (translation if shown else None)


def test_a_model_that_gives_nothing_gives_none(ollama, model):
    ollama.default = Reply("no JSON")
    assert in_language(model, SENTENCE, "zh") is None
