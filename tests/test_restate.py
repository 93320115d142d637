"""A sentence made shorter: what may be crossed out, and what no draft may bring in."""

import re

import pytest
from fake_ollama import Reply, fake_ollama  # noqa: F401
from hypothesis import given, settings
from hypothesis import strategies as st
from made_papers import LONG, RESULT, chat_model, kite_paper

from assistant.breakdown.paraphrase import faults_of_paraphrase, paraphrase, readable
from assistant.verify.claim import Citation
from assistant.verify.text_faults import FaultKind
from index.model.paper import Span

PAPER = kite_paper()
SHORTER = "Existing controllers attend to all of the sensors in every cycle and therefore fall behind the kites."
SENTENCES = (LONG, RESULT, "The accuracy of KiteNet is 87.2 on the test set, higher than the 81.0 of the baseline.")


def cited(sentence):
    start = PAPER.text.index(sentence)
    return Citation(PAPER, Span(start, start + len(sentence)))


def says(text):
    return Reply.of({"statement": text})


@pytest.fixture
def ollama(fake_ollama):  # noqa: F811
    return fake_ollama


@pytest.fixture
def model(ollama):
    return chat_model(ollama)


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(SENTENCES), st.data())
def test_crossing_out_brings_no_words_in(sentence, data):
    words = sentence.split()
    kept = data.draw(st.lists(st.booleans(), min_size=len(words), max_size=len(words)))
    statement = " ".join(word for word, stays in zip(words, kept, strict=True) if stays)
    details = [fault.detail for fault in faults_of_paraphrase(statement, cited(sentence), "en")]
    assert not [each for each in details if "brings in" in each or "not in the cited" in each or "not named" in each]


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(SENTENCES), st.data(), st.integers(2, 10**6))
def test_another_number_is_always_a_fault(sentence, data, other):
    places = list(re.finditer(r"(?<![\w.])\d+(?:\.\d+)?(?![\w.])", sentence))
    place = data.draw(st.sampled_from(places))
    number = str(other)
    if number in {match.group().removesuffix(".0") for match in places}:
        return
    statement = sentence[: place.start()] + number + sentence[place.end() :]
    kinds = {fault.kind for fault in faults_of_paraphrase(statement, cited(sentence), "en")}
    assert FaultKind.UNSUPPORTED_NUMBER in kinds


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (LONG.replace("However, existing", "Existing"), ""),
        (SHORTER, ""),
        (
            "Existing controllers attend to sensors and ignore batteries, propellers and pilots at each step.",
            "brings in",
        ),
        ("Kites are steered.", "leaves out"),
        (SHORTER.replace("attend", "do not attend"), "negated"),
        (SHORTER.replace("fall", "faster fall"), "compares"),
        (SHORTER.replace("controllers", "DCRNN controllers"), "not named"),
    ],
)
def test_what_a_statement_may_say(statement, said):
    details = [fault.detail for fault in faults_of_paraphrase(statement, cited(LONG), "en")]
    assert any(said in each for each in details) if said else details == []


def test_a_short_sentence_is_left_as_it_is(ollama, model):
    assert paraphrase(model, cited("We evaluate the controller on the WindBench dataset"), None) == (None, [])
    assert ollama.requests == []


def test_a_statement_that_holds_is_given(ollama, model):
    ollama.script(says(SHORTER))
    assert paraphrase(model, cited(LONG)) == (SHORTER, [])
    assert LONG in ollama.requests[0]["messages"][-1]["content"]


def test_bad_form_is_asked_again_with_the_reason(ollama, model):
    ollama.script(says(SHORTER[:-1]), says(SHORTER))
    assert paraphrase(model, cited(LONG)) == (SHORTER, [FaultKind.CUT])
    assert "does not end on a sentence" in str(ollama.requests[1]["messages"])


def test_another_meaning_is_not_asked_again(ollama, model):
    ollama.script(says(SHORTER.replace("fall", "faster fall")))
    assert paraphrase(model, cited(LONG)) == (None, [FaultKind.UNSUPPORTED_NAME])
    assert len(ollama.requests) == 1


def test_twice_bad_form_is_nothing(ollama, model):
    ollama.default = says(SHORTER[:-1])
    assert paraphrase(model, cited(LONG)) == (None, [FaultKind.CUT, FaultKind.CUT])
    ollama.default = Reply("no JSON")
    assert paraphrase(model, cited(LONG)) == (None, [FaultKind.CUT])


def test_marks_of_citations_are_not_read():
    assert readable("As shown [3, 4], (Doe et al., 2020) it\nworks [Doe, 2019].") == "As shown, it works."
