"""What a paper consists of, counted and listed by code."""

import pytest

from assistant.question.whole_paper import parts_asked_for
from index.reading.read_pdf import read_pdf


@pytest.fixture(scope="module")
def transformer(shared):
    return read_pdf(shared / "papers" / "1706.03762.pdf")


@pytest.mark.parametrize(
    ("question", "count", "first"),
    [
        ("How many figures are there in this paper?", 5, "Figure 1: The Transformer"),
        ("论文中一共有多少张表？", 4, "Table 1: Maximum path lengths"),
        ("How many tables are shown from page 7 to page 9?", 3, "Table 2"),
        ("List the tables on page 8.", 1, "Table 2"),
        ("论文第 7 页到第 9 页有几张表？", 3, "Table 2"),
        ("Which subsections does the section “Attention” include?", 3, "3.2.1 Scaled Dot-Product Attention"),
        ("How many sections does “Attention Is All You Need” have?", 10, "Abstract"),
        ("“Training”一节包含哪些小节？", 4, "5.1 Training Data and Batching"),
    ],
)
def test_parts_are_listed(transformer, question, count, first):
    found = [" ".join(transformer.quote(span).split()) for span in parts_asked_for(question, transformer)]
    assert len(found) == count and found[0].startswith(first)


def test_a_heading_may_hold_the_papers_name(shared):
    survey = read_pdf(shared / "papers" / "2312.10997v5.pdf")
    found = parts_asked_for("Which subsections does the section “Augmentation process in RAG” include?", survey)
    assert [survey.quote(span) for span in found][:1] == ["A. Iterative Retrieval"]


@pytest.mark.parametrize(
    "question",
    [
        "How many figures show attention heads?",
        "What is the title of Figure 2?",
        "Which section describes the optimizer?",
        "Which tables compare BLEU scores?",
        "有多少张图展示了注意力？",
        "How many layers are there?",
        "Figures are nice.",
        "What does the figure show?",
        "What do the tables show?",
        "What does the Attention section present?",
        "What is this section about?",
        "Which sections contain figures?",
        "How many figures are in the Results section?",
        "How many tables are not on page 8?",
        "How many tables are in the first 2 pages?",
        "Which algorithm does the paper present?",
    ],
)
def test_other_questions_are_for_the_model(transformer, question):
    assert parts_asked_for(question, transformer) == []
