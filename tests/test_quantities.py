from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.verify.quantities import quantities, speak_english, spoken


@pytest.mark.parametrize(
    ("chinese", "english"),
    [
        ("650亿参数", "65 billion parameters"),
        ("650亿参数", "65B parameters"),
        ("1.4万亿个词元", "1.4 trillion tokens"),
        ("3万步", "30,000 steps"),
        ("3 万步", "30k steps"),
        ("三千万篇论文", "30 million papers"),
        ("两亿", "200 million"),
        ("2.5千万", "25 million"),
        ("十二亿", "1.2B"),
        ("1,234万", "12,340,000"),
        ("6层,8个头,第2017年", "six layers, 8 heads, in 2017"),
        ("88.50%", "88.5 %"),
        ("GPT-3有1750亿参数", "GPT-3 has 175 billion parameters"),
        ("65 billion参数", "65 billion parameters"),
    ],
)
def test_the_same_numbers_in_both_languages(chinese, english):
    assert quantities(chinese) == quantities(english)


@pytest.mark.parametrize(("one", "other"), [("650亿", "650 billion"), ("3万", "3 million"), ("28.4", "24.8")])
def test_numbers_that_differ(one, other):
    assert quantities(one) != quantities(other)


def test_words_that_only_look_like_numbers():
    assert quantities("一种方法,十分有效,千万别用;Bob meets 5 Kings") == {Decimal(5)}


@given(st.decimals(min_value=0, max_value=10**15, places=2))
def test_a_spoken_number_is_read_back(value):
    assert quantities(spoken(value)) == {value.normalize()}


def test_only_large_chinese_numbers_are_put_into_english():
    assert speak_english("650亿参数的模型有80层") == "65 billion参数的模型有80层"
    assert speak_english("一种方法") == "一种方法"
