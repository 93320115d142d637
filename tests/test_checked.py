"""From a model's statement to what may be shown, in English and Chinese."""

import pytest
from small_papers import small_paper

from assistant.answering.draft import Statement
from assistant.answering.question_parts import parts_left_open
from assistant.answering.records import Checked, Grounding, answers
from assistant.verify.evidence import Evidence
from index.model.paper import Passage, Span, Zone

ENGLISH = small_paper(parts=(("Training", Zone.BODY, "We use the Adam optimizer. The batch size is 256 images."),))
CHINESE = small_paper(
    "zh", (("训练", Zone.BODY, "我们使用 Adam 优化器。训练的批大小为 256 张图像。"),), title="图像分类的新方法"
)


def shown(paper, question, quote, statement):
    checked = Checked()
    evidence = Evidence((Passage(paper, Span(0, len(paper.text)), 1.0),))
    return list(checked.check(Statement(quote=quote, statement=statement), evidence, question)), checked


@pytest.mark.parametrize(
    ("paper", "question", "quote", "statement"),
    [
        (ENGLISH, "What batch size is used?", "The batch size is 256 images", "The batch size is 256 images."),
        (CHINESE, "训练的批大小是多少？", "训练的批大小为 256 张图像", "训练的批大小为 256 张图像。"),
        (CHINESE, "", "训练的批大小为 256 张图像", "训练的批大小为 256 张图像。"),
        (ENGLISH, "", "We use the Adam optimizer", "The Adam optimizer is used."),
    ],
)
def test_a_true_answer_is_shown_as_it_was_drafted(paper, question, quote, statement):
    sentences, checked = shown(paper, question, quote, statement)
    assert [each.text for each in sentences] == [statement]
    assert checked.grounding is Grounding.GROUNDED and checked.weight == 2


@pytest.mark.parametrize(
    ("paper", "question", "quote", "statement"),
    [
        (ENGLISH, "What batch size is used?", "The batch size is 256 images", "The batch size is 512 images."),
        (CHINESE, "训练的批大小是多少？", "训练的批大小为 256 张图像", "训练的批大小为 512 张图像。"),
        # an answer that only says the question again
        (ENGLISH, "What batch size is used?", "The batch size is 256 images", "The batch size is used."),
    ],
)
def test_a_false_one_gives_way_to_the_papers_words(paper, question, quote, statement):
    sentences, checked = shown(paper, question, quote, statement)
    assert len(sentences) == 1 and quote in sentences[0].text and sentences[0].reason
    assert checked.grounding is Grounding.PARTLY and checked.weight == 1


def test_what_does_not_speak_of_the_question_is_left_out():
    sentences, checked = shown(
        ENGLISH, "How many attention heads has the decoder?", "We use the Adam optimizer", "The Adam optimizer is used."
    )
    assert sentences == [] and checked.invented == 1 and checked.grounding is Grounding.UNGROUNDED


def test_a_verb_that_any_answer_has_leaves_a_part_open():
    sentences, _ = shown(ENGLISH, "", "The batch size is 256 images", "The batch size is 256 images.")
    assert parts_left_open("What is the batch size, and which scheduler is used?", sentences) == [1]
    assert parts_left_open("What is the batch size, and how many images is it?", sentences) == []


def test_two_names_of_its_own_tell_that_a_part_is_spoken_of():
    paper = small_paper(parts=(("Results", Zone.BODY, "LLaMA-13B outperforms GPT-3 on most benchmarks."),))
    sentences, _ = shown(paper, "", "LLaMA-13B outperforms GPT-3", "LLaMA-13B outperforms GPT-3.")
    improves, trained = "What improvements does LLaMA-13B show over GPT-3", "how long was it trained"
    assert parts_left_open(f"{improves}, and {trained}?", sentences) == [1]


def test_said_twice_is_shown_once():
    evidence = Evidence((Passage(ENGLISH, Span(0, len(ENGLISH.text)), 1.0),))
    statement = Statement(quote="The batch size is 256 images", statement="The batch size is 256 images.")
    checked = Checked()
    assert len([*checked.check(statement, evidence, ""), *checked.check(statement, evidence, "")]) == 1


def test_answers_needs_half_of_what_is_asked():
    assert answers("Which optimizer is used?", "The Adam optimizer is used.")
    assert not answers("How many attention heads has the decoder?", "The Adam optimizer is used.")
    assert answers("", "anything")


def test_a_second_quote_speaks_of_the_question_not_only_under_its_heading():
    parts = (("Batch size", Zone.BODY, "The batch size is 256 images.\nFour devices were free on that day of May."),)
    paper = small_paper("p", parts)
    evidence = Evidence((Passage(paper, Span(0, len(paper.text)), 1.0),))
    other = Statement(quote="Four devices were free on that day of May", statement="Four devices give 12 of them.")
    alone = Checked()
    assert len([*alone.check(other, evidence, "What batch size is used?")]) == 1
    second = Checked()
    first = Statement(quote="The batch size is 256 images", statement="The batch size is 256 images.")
    assert len([*second.check(first, evidence, "What batch size is used?")]) == 1
    assert [*second.check(other, evidence, "What batch size is used?")] == [] and second.invented == 1


def test_what_was_said_is_not_said_again():
    paper = small_paper(parts=(("Training", Zone.BODY, "We use Adam as the optimizer. The optimizer is Adam."),))
    checked, evidence = Checked(), Evidence((Passage(paper, Span(0, len(paper.text)), 1.0),))
    for statement in ("The optimizer is Adam.", "Adam is the optimizer."):
        list(
            checked.check(
                Statement(quote="We use Adam as the optimizer", statement=statement), evidence, "Which optimizer?"
            )
        )
    assert [each.text for each in checked.sentences] == ["The optimizer is Adam."]
