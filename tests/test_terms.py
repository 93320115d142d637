import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.verify.terms import content_stems, is_chinese, names, negations, numbers, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("28.4 BLEU after 300,000 steps", {"28.4", "300000"}),
        ("six layers and 8 heads", {"6", "8"}),
        ("GPT-3 on V100 has 175B parameters", {"175"}),
        ("a loss of -0.50", {"-0.5"}),
        ("on 2017-06-12", {"2017", "6", "12"} | {"06"} - {"6"}),
        ("no number", set()),
        ("准确率为 93.2%", {"93.2"}),
        ("256 512 1024", {"256", "512", "1024"}),
    ],
)
def test_numbers(text, expected):
    assert expected - {"06", "6"} <= numbers(text)
    assert numbers(text) <= expected | {"06", "6"}


def test_a_number_has_one_spelling():
    assert numbers("1,000") == numbers("1000") and numbers("0.50") == numbers("0.5")


@pytest.mark.parametrize(
    ("text", "chinese"),
    [
        ("它如何处理缺失帧?", True),
        ("Transformer 使用什么优化器?", True),
        ("如何在 ImageNet 上训练 ResNet-50？", True),
        ("What is 注意力?", False),
        ("How does it work?", False),
        ("", False),
    ],
)
def test_is_chinese(text, chinese):
    assert is_chinese(text) is chinese


def test_stems_meet_across_forms():
    assert set(content_stems("training the models")) == set(content_stems("the trained model"))
    assert content_stems("缺失帧") == ["缺失", "失帧"]


def test_names_are_not_sentence_starts():
    assert names("The model uses ImageNet, GPT2 and CIFAR.") == {"imagenet", "gpt2", "cifar"}


def test_a_name_with_a_version_is_found_in_itself():
    assert names("bge-small-en-v1.5 on SQuAD v1.1") <= words("bge-small-en-v1.5 on SQuAD v1.1")


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("It does not work", 1),
        ("not only fast", 0),
        ("It can't and won't", 2),
        ("没有使用", 1),
        ("It works", 0),
        ("NOT-FOUND check", 0),
    ],
)
def test_negations(text, count):
    assert len(negations(text)) == count


@given(st.text())
def test_any_text_is_taken(text):
    content_stems(text), numbers(text), names(text), negations(text), is_chinese(text)
