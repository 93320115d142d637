"""Questions that go to every paper: what is asked of one, who is read, and how the answer names its papers."""

import json

import pytest
from fake_ollama import fake_ollama, model  # noqa: F401  (fixtures)
from hypothesis import given
from hypothesis import strategies as st

from assistant.answering.answer import Asker
from assistant.answering.events import AnswerReady, TextDelta
from assistant.answering.per_paper import asked_of_one
from assistant.answering.records import Grounding
from assistant.contract import answer_json
from index.model.records import Filters

QUESTION = "Which of these papers trust a passage number, and how?"
ONE = "How does this paper trust a passage number?"
QUOTE = "because it was right for only 5 of 10 questions"
TRUE = "The passage number is not trusted because it was right for only 5 of 10 questions."


def ask(context, model, question=QUESTION, **options):  # noqa: F811
    events = list(Asker(context.searcher, model).answer(question, **options))
    assert isinstance(events[-1], AnswerReady)
    answer = events[-1].answer
    assert "".join(each.text for each in events if isinstance(each, TextDelta)) == answer.text
    return answer


@pytest.mark.parametrize(
    ("question", "one"),
    [
        ("which papers in my library use dropout?", "How does this paper use dropout?"),
        ("List all papers that discuss forgetting.", "What does this paper say about forgetting?"),
        ("Which studies are about object detection?", "What does this paper say about object detection?"),
        ("In which papers is beam search used?", "How is beam search used in this paper?"),
        ("Do any of these papers apply masking?", "How does this paper apply masking?"),
        ("Are there papers that use it?", "How does this paper use it?"),
        ("What do these papers say about noise?", "What does this paper say about noise?"),
        ("Which data sets do these papers use?", "Which data sets does this paper use?"),
        ("Which papers use C4, and what do they report?", "How does this paper use C4, and what do they report?"),
        ("这些论文中哪些使用了标签平滑？", "这篇论文如何使用标签平滑？"),
        ("这些论文分别用了什么数据集？", "这篇论文用了什么数据集？"),
    ],
)
def test_a_question_to_many_is_asked_of_one(question, one):
    assert asked_of_one(question) == one


@pytest.mark.parametrize(
    "question",
    [
        "Which optimizer is used?",
        "Which papers in Table 2 use dropout?",  # of one paper, which lists them
        "Which papers do not use dropout?",  # no passage says what is not there
        "Which of these methods is the fastest?",
        "How do these papers differ?",
        "How do the authors handle noise?",
        "Which of these does BERT use?",
        "What is the paper that proposes dropout?",
        "What works in practice?",
        "Which authors were cited?",
        "这篇论文使用了哪些数据集？",
        "有哪些研究方法？",
        "哪些论文没有使用 dropout？",
    ],
)
def test_other_questions_stay_as_they_are(question):
    assert asked_of_one(question) is None


@given(st.text(max_size=60), st.sampled_from(["Which papers {}?", "How do these papers {}", "哪些论文{}？", "{}"]))
def test_any_text_can_be_asked(text, form):
    asked = asked_of_one(form.format(text))
    assert asked is None or asked.strip()


def test_every_paper_is_read_and_named(sample_context, model, fake_ollama):  # noqa: F811
    fake_ollama.default.text = json.dumps({"quote": QUOTE, "statement": TRUE})
    answer = ask(sample_context, model)
    asked = [request["messages"][-1]["content"] for request in fake_ollama.requests]
    assert len(asked) > 1 and all(each.endswith(f"Question: {ONE}") for each in asked)
    papers = [passage.paper.id for passage in answer.passages]
    assert len(papers) == len(set(papers)) == 3
    verified = [sentence for sentence in answer.sentences if not sentence.reason]
    assert [sentence.text for sentence in verified] == [TRUE]
    assert verified[0].about == verified[0].citations[0].paper.title
    assert f"{verified[0].about}: {TRUE}" in answer.text.splitlines()
    for sentence in answer.sentences:
        assert {cited.paper.title for cited in sentence.citations} == {sentence.about}
    assert f"{len(asked)} papers" in answer.missing[0] and "3 papers were searched" in answer.missing[0]
    said = {sentence.about for sentence in answer.sentences}
    read = {passage.paper.title for passage in answer.passages if any(passage.text[:40] in each for each in asked)}
    assert all((title in answer.missing[-1]) == (title not in said) for title in read)
    records = {record.id: record for record in sample_context.library.papers()}
    assert answer_json(answer, records, model)["sentences"][0]["about"] == answer.sentences[0].about


def test_a_paper_for_which_the_model_finds_no_words_is_quoted(sample_context, model):  # noqa: F811
    answer = ask(sample_context, model)
    assert answer.grounding is Grounding.PARTLY
    for sentence in answer.sentences:
        assert sentence.reason and {"passage", "number"} <= set(sentence.text.casefold().split())
    assert {each.text for each in answer.sentences} == {each.text for each in ask(sample_context, None).sentences}


def test_what_no_paper_says_is_refused(sample_context, model, fake_ollama):  # noqa: F811
    answer = ask(sample_context, model, "Which of these papers count kangaroos in Sydney?")
    assert answer.grounding is Grounding.REFUSED and not answer.missing and not fake_ollama.requests
    assert "count kangaroos in Sydney" in answer.text


def test_one_chosen_paper_is_asked_the_question_itself(sample_context, model, fake_ollama):  # noqa: F811
    record = sample_context.library.find("evidence_first.pdf")
    ask(sample_context, model, filters=Filters(papers=frozenset([record.id])))
    assert all(QUESTION in request["messages"][-1]["content"] for request in fake_ollama.requests)


@pytest.mark.parametrize("per_paper", [1, 2])
def test_no_paper_crowds_out_the_others(sample_context, per_paper):
    found = sample_context.searcher.search("evidence and citations", 8, per_paper=per_paper).passages
    counts = [sum(each.paper.id == passage.paper.id for each in found) for passage in found]
    assert len({passage.paper.id for passage in found}) == 3 and max(counts) <= per_paper
    assert [each.score for each in found] == sorted((each.score for each in found), reverse=True)
