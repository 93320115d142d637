"""What papers are called: titles that name them, and names that stand only in their text."""

import pytest
from small_papers import small_paper

from index.model.paper import Zone
from index.reading.read_pdf import read_pdf
from index.structure.method_names import OFTEN, own_name, own_names


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("BERT: Pre-training of Deep Bidirectional Transformers", "BERT"),
        ("DistilBERT, a distilled version of BERT: smaller, faster", "DistilBERT"),
        ("Fast R-CNN", "Fast R-CNN"),
        ("YOLOv3 – An Incremental Improvement", "YOLOv3"),
        ("Attention: A Survey", None),
        ("A Robustly Optimized BERT Pretraining Approach", None),
        ("", None),
    ],
)
def test_the_name_that_a_title_gives_its_paper(title, name):
    assert own_name(title) == name


def paper_with(title, text):
    return small_paper(parts=[("Introduction", Zone.BODY, text)], title=title)


@pytest.mark.parametrize(
    ("sentence", "names"),
    [
        ("To this end, we propose a small network called SqueezeNet.", ("SqueezeNet",)),
        ("We present Program-Guided Fact-Checking (SqueezeNet), a system.", ("SqueezeNet",)),
        ("“SqueezeNet” refers to our model.", ("SqueezeNet",)),
        ("Others use a small network called SqueezeNet.", ()),
        ("We compare it with SqueezeNet.", ()),
        ("We propose a small Network.", ()),
    ],
)
def test_a_name_that_the_authors_give(sentence, names):
    often = " ".join(["SqueezeNet is compared with a Network."] * OFTEN)
    assert own_names(paper_with("Small models", f"{sentence} {often}")) == names
    assert own_names(paper_with("Small models", sentence)) == (), "a name is used often"


def test_the_initials_of_a_title():
    text = " ".join(["GAT beats NET and GRAPH."] * OFTEN)
    assert own_names(paper_with("Graph Attention Networks", text)) == ("GAT",)


def test_a_text_made_to_cost_time():
    title = " ".join(["aaa"] * 300)
    assert own_names(paper_with(title, f"{'A' * 900}b " * 500)) == ()


NAMES = {
    "1411.4038": ("FCN",),
    "1706.03762": (),
    "1708.02002": ("RetinaNet", "FL"),
    "1802.05365": ("ELMo",),
    "1910.10683": ("T5", "C4"),
    "1911.05722": ("MoCo",),
    "2004.04906": ("DPR",),
}


@pytest.mark.slow
@pytest.mark.parametrize("paper", NAMES)
def test_names_of_real_papers(shared, paper):
    assert own_names(read_pdf(shared / "papers" / f"{paper}.pdf")) == NAMES[paper]
