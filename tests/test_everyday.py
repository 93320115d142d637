"""The suite of everyday questions: what counts as found, and what as a right answer."""

import json
from dataclasses import replace

import pytest

from assistant.bench.corpora import PdfCorpus
from assistant.bench.everyday import everyday_questions, find_everyday, measure_everyday
from assistant.bench.rows import Row, joined
from assistant.bench.systems import Cited, DataAbsent, GivenAnswer, GivenSentence, Hit

LINE = {
    "id": "ev1",
    "kind": "setting",
    "question": "Which betas?",
    "answerable": True,
    "papers": ["a.pdf"],
    "must": [["Adam"], ["0.98", ".98"]],
    "must_not": ["0.999"],
    "gold": "0.9 and 0.98",
    "quote": "We used Adam with β1 = 0.9, β2 = 0.98",
}


@pytest.fixture
def question(tmp_path):
    return asked(tmp_path, LINE)


def asked(tmp_path, *lines):
    file = tmp_path / "everyday.jsonl"
    file.write_text("\n".join(json.dumps(line) for line in lines), "utf-8")
    (tmp_path / "a.pdf").write_bytes(b"%PDF")
    found = everyday_questions(file, PdfCorpus("papers", (tmp_path / "a.pdf",)))
    return found[0] if len(lines) == 1 and found else found


class Finds:
    def __init__(self, *hits):
        self.hits = [Hit(paper, (1, 1), text) for paper, text in hits]

    def find(self, question, limit, paper=None):
        return self.hits[:limit]


def given(text, quote="", refused=False):
    cited = (Cited("a.pdf", (1, 1), quote, True),) if quote else ()
    return GivenAnswer(text, (GivenSentence(text, cited),), refused, 0, 0, 1.5)


def test_questions_of_papers_that_are_not_there_are_left_out(tmp_path):
    other = LINE | {"id": "ev2", "papers": ["b.pdf"]}
    assert [each.id for each in asked(tmp_path, LINE, other)] == ["ev1"]
    with pytest.raises(DataAbsent):
        everyday_questions(tmp_path / "none.jsonl", PdfCorpus("papers", ()))


def test_the_words_that_answer_count_in_one_passage_of_a_right_paper(question):
    aside = ("b.pdf", "We used Adam with β1 = 0.9, β2 = 0.98")
    row = find_everyday(Finds(aside, ("a.pdf", "Adam it is"), ("a.pdf", "β2 = 0.98")), [question])[0]
    assert row.values["right paper@1"] == 0 and row.values["words that answer @8"] == 0
    row = find_everyday(Finds(("a.pdf", "nothing"), ("a.pdf", "adam, betas of .9 and .98")), [question])[0]
    assert row.values["right paper@1"] == 1 and row.values["quotes @8"] == 0
    assert [row.values[f"words that answer @{depth}"] for depth in (1, 4, 8)] == [0, 1, 1]


def test_a_quote_counts_in_another_reading_of_the_pdf_and_in_any_language(question):
    foreign = replace(question, group="other_language", must=(("neun",),))
    read = ("a.pdf", "As before, we used Adam with β 1=0.9 , β 2=0.98 for all.")
    assert find_everyday(Finds(read), [foreign])[0].values["words that answer @1"] == 1
    assert find_everyday(Finds(("a.pdf", "neun")), [foreign])[0].values["words that answer @1"] == 0


def test_several_papers_answer_together(question):
    both = replace(question, relevant=frozenset({"a.pdf", "b.pdf"}), quotes=(("a.pdf", "x y z"),))
    found = Finds(("a.pdf", "Adam it is"), ("b.pdf", "beta two is 0.98"))
    assert find_everyday(found, [both])[0].values["words that answer @8"] == 1
    listed = replace(both, group="which_papers")
    assert find_everyday(Finds(("a.pdf", "x"), ("c.pdf", "y")), [listed])[0].values["papers among the first 8"] == 0.5


def test_the_catalogue_s_questions_are_not_searched(question):
    assert not find_everyday(Finds(), [replace(question, group="meta"), replace(question, answerable=False)])


def test_a_right_answer_holds_every_group_and_nothing_wrong(question):
    assert measure_everyday(question, given("It is Adam.", quote="β2 = 0.98"))["right"] == 1
    assert measure_everyday(question, given("Adam, 0.98, not 0.999"))["right"] == 0
    assert measure_everyday(question, given("Adam"))["right"] == 0
    refused = measure_everyday(question, given("Adam and 0.98 are not there", refused=True))
    assert refused["right"] == 0 and refused["false refusals"] == 1
    nothing = replace(question, answerable=False)
    assert measure_everyday(nothing, given("no", refused=True)) == {"seconds": 1.5, "refusal recall": 1.0}


def test_rows_of_one_question_are_joined():
    rows = joined([Row("q", "a", {"x": 1.0})], [Row("q", "a", {"y": 2.0}), Row("r", "b", {"y": 0.0})])
    assert [(row.question, row.values) for row in rows] == [("q", {"x": 1.0, "y": 2.0}), ("r", {"y": 0.0})]
