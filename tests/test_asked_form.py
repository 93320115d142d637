"""What a question says of its answer's form, and the names in it that no paper has."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.question.form import absent_words, compares, only_about, without_form

TEXT = "We compare BERT with GPT-3, large language models (LLaMA) and Vicuna 13B. The coverage effect is small."


@pytest.mark.parametrize(
    ("question", "left"),
    [
        ("How many are there? Write the answer in int format.", "How many are there?"),
        ("Does A cite more than B? Directly answer 'yes' or 'no'.", "Does A cite more than B?"),
        ("What is it? Please write down the answer in float format with 2 decimals.", "What is it?"),
        ('How many? Write the answer in the list format, e.g., ["1","2"]', "How many?"),
        ("How many? Please writhe down the answer in integer format.", "How many?"),
        ("有多少层？请用整数回答。", "有多少层？"),
        ("Give the name of the optimizer.", "Give the name of the optimizer."),
        ("It uses Adam. Give me the batch size?", "It uses Adam. Give me the batch size?"),
        ("The model lists answers. Which formats are there?", "The model lists answers. Which formats are there?"),
        ("", ""),
    ],
)
def test_sentences_about_the_form_are_left_out(question, left):
    assert without_form(question) == left


@pytest.mark.parametrize(
    "question",
    [
        "The paper describes three models. Give the number of parameters of each.",
        "I am reading the BERT paper. State the learning rate and the number of layers.",
        "Thanks! Use Table 2 to find the number of heads.",
        "论文定义了损失函数。请给出它的形式。",
    ],
)
def test_a_request_is_kept(question):
    assert without_form(question) == question


@pytest.mark.parametrize(
    ("question", "absent"),
    [
        ("How does BERT differ from gpt3 and GPT-3?", []),
        ("Is Vicuna-7B or BERT-2 better?", ["BERT-2"]),  # a scale may stand elsewhere, a version may not
        ("Which LLMs are used, and is Vicuna-13B one?", []),  # an abbreviation that the text spells out
        ("Is DALLE-2 better than Dall-E?", ["DALLE-2"]),  # "Dall-E" is no name by its spelling
        ('What does "the coverage effect" mean?', []),
        ('What is meant by "size of the coverage"?', ["size of the coverage"]),
        ('Where are "d" as it is used and "h" defined?', []),
        ('What does "horizontally deep" mean?', ["horizontally deep"]),
        ("BERT 和 XLNet 有何不同？", ["XLNet"]),
        ("“覆盖效应”是什么？", []),  # Chinese words cannot stand in an English paper
        ("What did Müller2019 find in 1706.03762v5?", []),
    ],
)
def test_names_that_no_text_holds(question, absent):
    assert [each.word for each in absent_words(question, [TEXT])] == absent


@pytest.mark.parametrize(
    ("question", "refused"),
    [
        ("How does DALLE-2 draw?", True),
        ("Is it implemented in PyTorch?", True),
        ('What does "horizontally deep" mean?', True),
        ("How does XLNet differ from BERT?", False),  # BERT is there
        ("Is it XLNet or PyTorch?", False),
        ("Was it trained on A100 GPUs?", False),
        ("Which score on WMT14 and CIFAR-100?", False),  # spelled in many ways
        ("Give me a TLDR of the paper, I am a PhD student.", False),
        ('What is the "main takeaway"?', False),
        ("Which effect is small?", False),
    ],
)
def test_what_is_about_nothing_else_is_refused(question, refused):
    assert only_about(question, absent_words(question, [f"{TEXT} CIFAR-10/100 and WMT 2014"])) is refused


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_text_will_do(question, text):
    assert without_form(question) or not question
    assert all(each.word in question for each in absent_words(question, [text]))
    compares(question)
