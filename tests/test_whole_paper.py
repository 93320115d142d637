"""Questions about a whole paper: which are recognised, what is read for them, and what may be shown."""

import pytest
from small_papers import small_paper

from assistant.answering.gather import is_about
from assistant.question.whole_paper import aspect_of, stretches
from assistant.verify.claim import Citation
from index.model.paper import Passage, Span, Zone

PAPER = small_paper(
    parts=(
        ("1 Introduction", Zone.BODY, "Earlier models lack speed. We propose a faster one."),
        ("5 Conclusion", Zone.BODY, "It is fast. In the future we will apply it to images."),
        ("Limitations", Zone.BODY, "Only English was tried."),
    )
)
WHOLE = [Passage(PAPER, Span(0, len(PAPER.text)), 1.0)]


def section(heading):
    return next(Passage(PAPER, each.span, 1.0) for each in PAPER.sections if each.heading == heading)


@pytest.mark.parametrize(
    ("question", "heading"),
    [
        ("What future work do the authors mention?", "5 Conclusion"),
        ("论文提到了哪些未来工作？", "5 Conclusion"),
        ("What are its limitations?", "Limitations"),
        ("What does the paper contribute?", "1 Introduction"),
    ],
)
def test_the_sections_that_speak_of_it_are_read(question, heading):
    aspect = aspect_of(question, WHOLE)
    assert [passage.heading for passage in stretches(aspect)] == [(heading,)]


def test_two_things_are_asked_of_each_section():
    aspect = aspect_of("What are the limitations, and what future work is planned?", WHOLE)
    assert [passage.heading[0] for passage in stretches(aspect)] == ["Limitations", "5 Conclusion"]
    assert "limitation" in aspect.english and "future work" in aspect.english


def test_an_ordinary_question_is_none_of_them():
    assert aspect_of("How fast is the model?", WHOLE) is None


def test_the_paper_is_known_by_the_name_that_it_gives_itself():
    text = "We call our model PatchNet. " + "PatchNet is fast. " * 8
    other = small_paper("other", parts=(("Limitations", Zone.BODY, text),), title="Fast patches")
    both = [*WHOLE, Passage(other, Span(0, len(other.text)), 1.0)]
    assert aspect_of("What are the limitations of PatchNet?", both).paper is other
    assert aspect_of("What are the limitations?", both) is None


@pytest.mark.parametrize(
    ("heading", "quote", "question", "about"),
    [
        ("5 Conclusion", "In the future we will apply it to images.", "What future work is there?", True),
        ("5 Conclusion", "It is fast.", "What future work is there?", False),
        ("1 Introduction", "Earlier models lack speed.", "What are the limitations?", False),
        ("Limitations", "Only English was tried.", "What are the limitations?", True),
    ],
)
def test_only_sentences_about_it_are_numbered(heading, quote, question, about):
    passage = section(heading)
    start = passage.span.start + passage.text.index(quote)
    citation = Citation(passage.paper, Span(start, start + len(quote)))
    assert is_about(aspect_of(question, WHOLE).cues, citation) is about
