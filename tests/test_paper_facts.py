"""Facts that code takes from papers: sentences made for one rule each, and real papers."""

from pathlib import Path

import made_pdfs as made
import pytest

from assistant.breakdown.facts import FactPlaces, code_links
from assistant.breakdown.named_things import datasets, metrics
from assistant.breakdown.training_facts import hardware, hyperparameters
from index.model.paper import Zone
from index.reading.read_pdf import read_pdf

SHARED = Path(__file__).parents[2] / "shared"


def real(name, folder="papers"):
    path = SHARED / folder / f"{name}.pdf"
    if not path.exists():
        pytest.skip("the shared papers are not here")
    return read_pdf(path)


def made_paper(path, sentences, heading="4 Experiments"):
    document = made.new_document()
    page = made.page_of(document)
    made.put(page, 72, 90, "A Paper About Reading", size=17)
    made.put(page, 72, 150, "1 Introduction", size=13, font="tibo")
    y = made.put_lines(page, 72, 170, made.BODY)
    made.put(page, 72, y + 20, heading, size=13, font="tibo")
    y = made.put_lines(page, 72, y + 40, [line for each in sentences for line in made.wrapped(each, 430)])
    made.put(page, 72, y + 20, "5 Conclusion", size=13, font="tibo")
    made.put_lines(page, 72, y + 40, made.BODY[:3])
    return read_pdf(made.saved(document, path))


def named(facts):
    return {fact.name: fact.value for fact in facts}


QUANTITIES = [
    ("We train with a learning rate of 3e-4 for all models.", {"learning rate": "3e-4"}),
    (
        "We use Adam with batch size 64 and train for 20 epochs.",
        {"optimizer": "Adam", "batch size": "64", "epochs": "20"},
    ),
    (
        "The model is trained for 100k steps with weight decay of 0.01.",
        {"training steps": "100k", "weight decay": "0.01"},
    ),
    ("We use dropout of 0.1 and 4,000 warm-up steps.", {"dropout": "0.1"}),
    ("We trained with a linear warmup over the first 10,000 steps.", {"warm-up": "10,000 steps"}),
    ("We use SGD with Adam for training.", {"optimizer": "Adam"}),
    ("The learning rate is halved after every 10 epochs of training.", {}),
    ("We report the latency with a batch size of 1 during training.", {}),
]


@pytest.mark.parametrize(("sentence", "facts"), QUANTITIES, ids=[sentence[:40] for sentence, _ in QUANTITIES])
def test_hyperparameters_of_a_sentence(tmp_path, sentence, facts):
    paper = made_paper(tmp_path / "a.pdf", [sentence])
    found = hyperparameters(paper)
    assert facts.items() <= named(found).items()
    assert facts or not found
    assert all(paper.quote(fact.span) == sentence for fact in found)


def test_hardware_of_sentences(tmp_path):
    paper = made_paper(
        tmp_path / "a.pdf",
        [
            "We trained our models on one machine with 8 NVIDIA P100 GPUs. Training took 3.5 days on them.",
            "We thank our sponsor for the donation of two Titan X GPUs for training.",
        ],
    )
    assert named(hardware(paper)) == {"P100": "8 NVIDIA P100 GPUs", "training time": "3.5 days"}


def test_datasets_and_metrics_of_sentences(tmp_path):
    sentences = [
        "We evaluate our reader on CIFAR-10 and on the ReaderBench dataset and report top-1 accuracy of 93.1%.",
        "On the ReaderBench dataset it is better by 2.3 points.",
    ]
    paper = made_paper(tmp_path / "a.pdf", sentences)
    assert set(named(datasets(paper))) == {"CIFAR-10", "ReaderBench"}
    assert set(named(metrics(paper))) == {"top-1 accuracy"}
    others = made_paper(tmp_path / "b.pdf", sentences, heading="4 Related Work")
    assert datasets(others) == () and metrics(others) == ()


@pytest.mark.parametrize(
    "word", ["The weather was bad and the traffic was slow.", "We race to the spider with great quality."]
)
def test_common_words_are_no_datasets(tmp_path, word):
    assert datasets(made_paper(tmp_path / "a.pdf", [word, "We evaluate all of it in our experiments."])) == ()


REAL = {
    "1706.03762": (
        {"WMT 2014 English-German", "WMT 2014 English-French", "Penn Treebank"},
        {"BLEU"},
        {"P100": "8 NVIDIA P100 GPUs", "training time": "3.5 days"},
        {"optimizer": "Adam", "warm-up": "4000", "dropout": "0.1"},
    ),
    "2004.04906": (
        {"Natural Questions", "TriviaQA", "WebQuestions", "SQuAD"},
        {"exact match"},
        {},
        {"optimizer": "Adam", "batch size": "128", "dropout": "0.1"},
    ),
    "2101.03697": (
        {"Cityscapes"},
        {"accuracy", "mean IoU"},
        {"1080Ti": "1080Ti GPU"},
        {"batch size": "256", "weight decay": "10−4", "momentum": "0.9"},
    ),
    "1801.06146": ({"IMDb", "TREC-6", "DBpedia"}, {"error rate"}, {}, {"batch size": "64", "learning rate": "0.004"}),
}


@pytest.mark.parametrize("name", REAL)
def test_facts_of_real_papers(name):
    paper = real(name)
    places = FactPlaces(paper)
    sets, measures, machines, training = REAL[name]
    assert sets <= set(named(datasets(paper, places)))
    assert measures <= set(named(metrics(paper, places)))
    assert machines.items() <= named(hardware(paper, places)).items()
    assert training.items() <= named(hyperparameters(paper, places)).items()
    for kind in (datasets, metrics, hardware, hyperparameters):
        facts = kind(paper, places)
        assert len({fact.name for fact in facts}) == len(facts)
        for fact in facts:
            assert fact.value and fact.value in paper.quote(fact.span)
            assert paper.zone(fact.span.start) is not Zone.REFERENCES
    for fact in code_links(paper):
        assert fact.value in paper.quote(fact.span)


def test_an_essay_and_a_chinese_study_have_no_false_facts():
    for paper in (real("1606.03490"), real("zh_Q-fin_zh_0", "chinese")):
        assert datasets(paper) == () and hyperparameters(paper) == () and hardware(paper) == ()
