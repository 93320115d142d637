"""A sentence gets a citation only where the paper carries it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_papers import small_paper

from assistant.verify.claim import Evidence, fitting_evidence, locate, verify
from index.model.paper import Passage, Span, Zone

BODY = (
    "We train the Transformer on eight P100 GPUs. The big models were trained for 300,000 steps (3.5 days). "
    "We used the Adam optimizer with a warmup of 4000 steps. Dropout is not applied to the embeddings. "
    "On the WMT 2014 English-to-German task the big model reaches 28.4 BLEU, better than all ensembles [7] of Table 7."
)
PAPER = small_paper(parts=(("5 Training", Zone.BODY, BODY),))
EVIDENCE = Evidence((Passage(PAPER, Span(0, len(PAPER.text)), 1.0),))


@pytest.mark.parametrize(
    ("sentence", "quote", "words"),
    [
        ("The Adam optimizer was used.", "We used the Adam optimizer", "Adam optimizer with a warmup"),
        # a quote with slips, and with other quotation marks, case and spaces
        ("The Adam optimizer was used.", "we used   the Adam optimiser with a warm-up of 4000 steps", "Adam optimizer"),
        # no quote at all: the sentence that shares most words
        ("The big models were trained for 300000 steps.", "", "300,000 steps (3.5 days)"),
        # a number that stands in a neighbouring sentence widens the span
        ("Training used eight GPUs and took 3.5 days for the big models.", "eight P100 GPUs", "3.5 days"),
        ("The big model reaches 28.4 BLEU on English-to-German.", "reaches 28.4 BLEU", "28.4 BLEU"),
        ("Dropout is not applied to embeddings.", "Dropout is not applied to the embeddings", "Dropout is not"),
    ],
)
def test_what_the_paper_says_is_cited(sentence, quote, words):
    citation = verify(sentence, quote, EVIDENCE).citation
    assert citation is not None
    assert words in citation.quote
    assert PAPER.quote(citation.span) == citation.quote
    assert citation.rectangles and citation.pages == PAPER.page_range(citation.span)


@pytest.mark.parametrize(
    ("sentence", "quote", "reason"),
    [
        ("The Adam optimizer used a warmup of 8000 steps.", "We used the Adam optimizer", "8000"),
        ("RMSProp was used with a warmup of 4000 steps.", "with a warmup of 4000 steps", "rmsprop"),
        # the number of a heading, of a reference or of a figure is no evidence
        # a number that counts something else is none either
        ("The Transformer trains eight models.", "We train the Transformer on eight P100 GPUs", "8 counts something"),
        ("We train on 5 GPUs.", "We train the Transformer on eight P100 GPUs", "5 is not"),
        ("The big model is better than 7 ensembles.", "better than all ensembles", "7 is not"),
        ("Dropout is applied to the embeddings.", "Dropout is not applied to the embeddings", "negated"),
        ("The Adam optimizer was not used.", "We used the Adam optimizer", "negated"),
        ("Convolutions extract local features from images.", "We used the Adam optimizer", "something else"),
        ("Cats sleep all day.", "cats sleep most of the day", "not in the papers"),
    ],
)
def test_what_it_does_not_say_is_not(sentence, quote, reason):
    verdict = verify(sentence, quote, EVIDENCE)
    assert verdict.citation is None
    assert reason in verdict.reason


def test_the_model_uses_what_we_used():
    quote, question = "We used the Adam optimizer", "Which optimizer?"
    assert verify("The model uses the Adam optimizer.", quote, EVIDENCE, question).citation is not None
    assert verify("The model uses the Adam optimizer twice.", quote, EVIDENCE, question).citation is None


def test_what_only_the_question_speaks_of_is_not_said_of_something_else():
    verdict = verify(
        "The tokenizer is the Adam optimizer with a warmup.", "We used the Adam optimizer", EVIDENCE, "Which tokenizer?"
    )
    assert verdict.citation is None and verdict.reason == "tokenizer is only in the question"


def test_the_title_may_name_what_the_quote_calls_we():
    assert verify("Attention Is All You Need uses the Adam optimizer.", "We used the Adam optimizer", EVIDENCE).citation


@given(st.data())
def test_any_copied_words_are_located_where_they_stand(data):
    start = data.draw(st.integers(0, len(PAPER.text) - 30))
    end = data.draw(st.integers(start + 26, len(PAPER.text)))
    copied = PAPER.text[start:end]
    span = locate(copied, EVIDENCE.passages[0])
    if sum(each.isalnum() for each in copied) >= 26:
        assert span is not None
        assert "".join(PAPER.quote(span).split()) in "".join(copied.split())


@given(st.text(), st.text())
def test_any_model_text_is_judged(sentence, quote):
    verdict = verify(sentence, quote, EVIDENCE)
    if verdict.citation is not None:
        assert verdict.citation.quote in PAPER.text


def test_evidence_is_whole_passages_that_fit():
    passages = [Passage(PAPER, Span(start, start + length), 1.0) for start, length in ((0, 90), (90, 30), (120, 60))]
    for room in range(0, 100, 5):
        chosen = fitting_evidence(passages, room, len).passages
        assert list(chosen) == [each for each in passages if each.span.length <= room]
