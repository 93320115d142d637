"""Comparisons turned round: the words stand there, the meaning is the opposite."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.verify.claim import Evidence, opposed, verify
from index.model.paper import Passage, Zone
from index.reading.read_pdf import read_pdf
from index.structure.sentences import prose_spans


@pytest.mark.parametrize(
    ("sentence", "quote", "word"),
    [
        ("The larger model is better.", "The larger model is worse.", "better"),
        ("Training takes less time.", "Training takes more time.", "less"),
        ("该方法的精度更高。", "该方法的精度更低。", "更高"),
        ("The larger model is better.", "The larger model is better, the smaller one worse.", ""),
        (
            "It increases recall and reduces precision.",
            "It reduces recall and increases precision.",
            "",
        ),  # whose is whose?
        ("The model is good.", "The model is bad.", ""),
    ],
)
def test_opposites(sentence, quote, word):
    assert opposed(sentence, quote) == word
    assert opposed(sentence, sentence) == ""


@given(st.text(), st.text())
def test_any_texts(one, other):
    assert opposed(one, one) == ""
    assert opposed(one, other) in {"", *opposed(one, other).split()}


TURNED = {
    "larger": "smaller",
    "higher": "lower",
    "better": "worse",
    "more": "less",
    "faster": "slower",
    "improves": "hurts",
}


@pytest.mark.slow
def test_comparisons_of_real_papers_turned_round(shared):
    turned = carried = 0
    for file in ("1706.03762", "1905.11946", "2302.13971__llama"):
        paper = read_pdf(shared / "papers" / f"{file}.pdf")
        body = [span for zoned in paper.zones if zoned.zone is Zone.BODY for span in prose_spans(paper, zoned.span)]
        for span in body:
            sentence = " ".join(paper.quote(span).split())
            words = [word for word in re.findall("[a-z]+", sentence) if word in TURNED]
            evidence = Evidence((Passage(paper, span, 1.0),))
            if len(words) == 1 and verify(sentence, sentence, evidence).citation:
                turned += 1
                false = re.sub(rf"\b{words[0]}\b", TURNED[words[0]], sentence, count=1)
                carried += verify(false, sentence, evidence).citation is not None
    assert turned >= 40 and carried <= 0.2 * turned, f"{carried} of {turned}"
