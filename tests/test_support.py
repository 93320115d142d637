"""What passages do for a sentence: stated, backed, or not backed; each kind of fault on a passage written for it."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_papers import small_paper
from typer.testing import CliRunner

from assistant.bench.gold.claims import measure_support
from assistant.bench.systems import DataAbsent
from assistant.verify.amounts import read_amounts, unsupported_amounts
from assistant.verify.evidence_model import SIGNS, likelihood
from assistant.verify.support import Outcome, support
from index.model.paper import Passage, Span, Zone
from ui.cli import app

SENTENCES = (
    "We train the orchard model on 480 drone images of apple trees for 2.5 hours.",
    "The gardener network teaches the seedling network by matching its soft outputs.",
    "Larger batches increase the memory that training needs, but do not improve the final accuracy.",
    "Some of the annotators reported that wet leaves were difficult to label.",
    "Pruning removes 40% of the filters and keeps 96.2% of the accuracy on the BlossomSet benchmark.",
    "The heuristic may fail when the sun is low.",
    "At night the camera is switched off before the robot returns to its shed.",
)
PAPER = small_paper(parts=(("3 Orchards", Zone.BODY, " ".join(SENTENCES)),), title="Counting Apples from the Air")
PASSAGE = Passage(PAPER, Span(0, len(PAPER.text)), 1.0)


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_sentence_of_the_passage_is_stated(sentence):
    found = support(sentence, [PASSAGE])
    assert found.outcome is Outcome.STATED
    assert sentence in found.citations[0].quote


@pytest.mark.parametrize(
    ("sentence", "kind"),
    [
        ("We train the orchard model on 840 drone images of apple trees for 2.5 hours.", "number"),
        ("We train the orchard model on 480 drone images of apple trees for 2.5 days.", "unit"),
        ("Pruning removes 60% of the filters and keeps 96.2% of the accuracy on the BlossomSet benchmark.", "percent"),
        ("Pruning removes half of the filters of the network.", "rounded too far"),
        ("Pruning removes 40% of the filters and keeps 96.2% of the accuracy on the PetalNet benchmark.", "entity"),
        ("Larger batches increase the memory that training needs, and improve the final accuracy.", "negation"),
        ("Pruning never removes 40% of the filters.", "negation"),
        ("Larger batches decrease the memory that training needs.", "direction"),
        ("The seedling network teaches the gardener network by matching its soft outputs.", "role swap"),
        ("All of the annotators reported that wet leaves were difficult to label.", "quantifier"),
        ("The heuristic always fails when the sun is low.", "certainty"),
        ("The gardener network is a transformer that was trained on weather reports of three decades.", "addition"),
    ],
)
def test_a_wrong_sentence_is_never_stated(sentence, kind):
    assert support(sentence, [PASSAGE]).outcome is not Outcome.STATED, kind


@pytest.mark.parametrize(
    "sentence",
    [
        "We train the orchard model on 840 drone images of apple trees for 2.5 hours.",
        "We train the orchard model on 480 drone images of apple trees for 2.5 days.",
        "Pruning removes 60% of the filters and keeps 96.2% of the accuracy on the BlossomSet benchmark.",
        "Pruning removes 40% of the filters and keeps 96.2% of the accuracy on the PetalNet benchmark.",
        "Larger batches decrease the memory that training needs.",
        "The seedling network teaches the gardener network by matching its soft outputs.",
        "Convolutions over audio find whales in the sea.",
    ],
)
def test_numbers_names_direction_and_roles_that_disagree_are_not_shown(sentence):
    found = support(sentence, [PASSAGE])
    assert not found.shown and not found.citations and found.reason


@pytest.mark.parametrize(
    "sentence",
    [
        "The model for orchards learns from 480 images of apple trees that drones took.",
        pytest.param(
            "The seedling network is taught by the gardener network through its soft outputs.",
            marks=pytest.mark.xfail(reason="stems do not know that taught is a form of teach", strict=True),
        ),
        "Two fifths of the filters are removed by pruning, while 96.2% of the accuracy on BlossomSet is kept.",
    ],
)
def test_what_the_passage_says_in_other_words_is_shown_with_its_words(sentence):
    found = support(sentence, [PASSAGE])
    assert found.shown
    assert all(PASSAGE.span.contains(citation.span) for citation in found.citations)


@pytest.mark.parametrize(
    ("sentence", "source", "given"),
    [
        ("About a third of them fail.", "Of the trials 34% fail.", True),
        ("It takes half an hour.", "It takes 30 minutes.", False),  # "half an hour" is no amount of hours here
        ("It takes 150 minutes.", "It takes 2.5 hours.", True),
        ("It takes 150 minutes.", "It takes 2.5 days.", False),
        ("It reaches 28 BLEU.", "It reaches 28.4 BLEU.", True),
        ("It reaches 29 BLEU.", "It reaches 28.4 BLEU.", False),
        ("There are 2,640 questions in total.", "There are 660 stories with 4 questions each.", True),
        ("There are 2,460 questions in total.", "There are 660 stories with 4 questions each.", False),
        ("It is 35.8 points ahead.", "It has 86.8% and the other 51.0%.", True),
        ("The corpus has 65 billion words.", "The corpus has 65B words.", True),
        ("语料有650亿词。", "The corpus has 65 billion words.", True),
        ("Twelve layers are used.", "12 layers are used.", True),
        ("Eleven layers are used.", "12 layers are used.", False),
        ("The rate is 1e-4.", "The rate is 0.0001.", True),
        ("Compare Table 7 and [12].", "Nothing is counted.", True),
    ],
)
def test_amounts_agree_by_value_and_by_arithmetic(sentence, source, given):
    missing, _ = unsupported_amounts(sentence, [source])
    assert (not missing) == given


@settings(max_examples=60)
@given(st.integers(2, 10**6) | st.sampled_from([40, 96, 2, 3]))
def test_a_changed_number_is_never_shown(number):
    shown = read_amounts(f"{number} drone images")[0].value == 480
    found = support(f"We train the orchard model on {number} drone images of apple trees for 2.5 hours.", [PASSAGE])
    assert found.shown == shown


@settings(max_examples=60)
@given(st.text(max_size=300))
def test_any_text_has_an_outcome(text):
    found = support(text, [PASSAGE])
    assert found.shown == bool(found.citations)


@settings(max_examples=100)
@given(
    st.fixed_dictionaries({name: st.floats(0, 1) for name in SIGNS}), st.sampled_from(sorted(SIGNS)), st.floats(0, 1)
)
def test_more_evidence_never_lowers_and_a_fault_never_raises_the_likelihood(figures, name, value):
    changed = figures | {name: value}
    up = (value - figures[name]) * SIGNS[name] >= 0
    before, after = likelihood(figures), likelihood(changed)
    assert after >= before if up else after <= before


def test_a_judge_decides_about_the_models_words_and_about_nothing_else():
    free = "Pictures that drones took of apple trees teach the orchard model."
    assert support(SENTENCES[0], [PASSAGE], judge=lambda source, sentence: 0.0).outcome is Outcome.STATED
    wrong = SENTENCES[0].replace("480", "840")
    assert not support(wrong, [PASSAGE], judge=lambda source, sentence: 1.0).shown
    assert not support(free, [PASSAGE], judge=lambda source, sentence: 0.0).shown


def test_a_sentence_without_source_is_not_backed():
    assert support("Anything.", []).outcome is Outcome.NOT_BACKED
    assert support("", [PASSAGE]).outcome is Outcome.NOT_BACKED


def test_the_words_of_several_passages_are_cited_together():
    other = small_paper("2", (("1 Bees", Zone.BODY, "The bee counter runs at 12 frames per second."),), title="Bees")
    bees = Passage(other, Span(0, len(other.text)), 1.0)
    found = support("The bee counter runs at 12 frames per second.", [PASSAGE, bees])
    assert found.outcome is Outcome.STATED and found.citations[0].paper.id == "2"


def test_the_bench_finds_passages_by_offsets_or_words_and_counts_each_cell(tmp_path, sample_papers):
    name = sorted(sample_papers.glob("*.pdf"))[0].name
    from index.reading.read_pdf import read_pdf

    paper = read_pdf(sample_papers / name)
    start = paper.sections[1].span.start
    text = paper.text[start : start + 700]
    sentence = next(each for each in text.replace("\n", " ").split(". ")[1:-1] if 40 < len(each) < 250) + "."
    lines = {
        "passages.jsonl": [
            {"id": "a", "paper": name, "start": start, "end": start + 700, "passage": text},
            {"id": "b", "paper": name, "start": start + 5, "end": start + 705, "passage": text},
        ],
        "claims.jsonl": [
            {"id": id, "question": "", "sentence": each, "label": label, "kind": kind, "style": "close"}
            for id in "ab"
            for each, label, kind in ((sentence, "supported", "close"), ("Whales sing.", "unsupported", "addition"))
        ],
    }
    for file, values in lines.items():
        (tmp_path / file).write_text("\n".join(map(json.dumps, values)), "utf-8")
    found = measure_support(["claims"], tmp_path, sample_papers, lambda line: None)
    cells = {(cell["label"], cell["kind"]): cell for cell in found["claims"]}
    assert cells["supported", "close"]["n"] == 2 and cells["supported", "close"]["not_backed"] == 0
    assert cells["unsupported", "addition"]["not_backed"] == 1
    with pytest.raises(DataAbsent, match="answers_passages"):
        measure_support(["answers-written"], tmp_path, sample_papers, print)
    result = CliRunner().invoke(
        app,
        ["--home", str(tmp_path), "bench", "claims", "--data", str(tmp_path), "--papers", str(sample_papers), "--json"],
    )
    assert json.loads(result.stdout)["claims"] == found["claims"], result.output
