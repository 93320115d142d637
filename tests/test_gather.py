"""Sentences that carry a field: by cue, heading and place; never another field's, never a signpost."""

import pytest
from made_papers import LONG, kite_paper
from small_papers import small_paper

from assistant.breakdown.select import Gatherer, abstract_sentences, field_questions
from index.model.paper import Zone


def texts(paper, spans):
    return [paper.quote(span) for span in spans]


def gathered(embedder, paper, name, used=()):
    return texts(paper, Gatherer(paper, embedder).gather(field_questions()[name], used))


def paper_of(*parts):
    return small_paper("p", tuple((heading, Zone.BODY, text) for heading, text in parts), title="Kites")


def test_the_sentence_that_says_it_is_found(embedder):
    paper = kite_paper()
    assert LONG in gathered(embedder, paper, "pain")
    assert gathered(embedder, paper, "limitations")[0].startswith("We did not fly in rain")
    assert "87.2" in " ".join(gathered(embedder, paper, "results"))
    assert gathered(embedder, paper, "difference")[0].startswith("In contrast to earlier work")


def test_no_more_than_asked_for_each_once_and_none_that_is_used(embedder):
    paper = kite_paper()
    gatherer = Gatherer(paper, embedder)
    for question in field_questions().values():
        found = gatherer.gather(question)
        assert len(found) == len(set(found)) <= question.most
        assert set(found) <= set(gatherer.sentences)
        assert not set(gatherer.gather(question, found)) & set(found)


def test_a_strict_field_asks_only_its_own_sections(embedder):
    setting = "The controller was trained for 40 epochs with a learning rate of 0.01 and a batch size of 16."
    assert gathered(embedder, paper_of(("4 Training", setting)), "details") == [setting]
    assert gathered(embedder, paper_of(("1 Introduction", setting)), "details") == []


METHOD = (
    "First, the tensions of all lines are read and given to the controller as its input.",
    "The controller consists of two layers, and each of them has sixty units of its own.",
    "The loss is the squared distance between the wanted height and the height that was reached.",
)
OTHER = "Kites of other shapes were studied by many groups before, with other controllers than ours."


@pytest.mark.parametrize(
    "headings",
    [
        ("1 Introduction", "2 Related Work", "3 Flying by Tension", "4 The Loss", "5 Experiments", "6 Conclusion"),
        ("INTRODUCTION", "BACKGROUND", "A KITE", "HOW IT FLIES", "EMPIRICAL RESULTS", "DISCUSSION"),
        ("I. Introduction", "II. Prior Art", "III. Our Kite", "IV. Loss", "V. Evaluation", "VI. Future Work"),
    ],
)
def test_the_method_stands_between_related_work_and_experiments(embedder, headings):
    said = (OTHER, OTHER, " ".join(METHOD[:2]), METHOD[2], OTHER, OTHER)
    found = Gatherer(paper := paper_of(*zip(headings, said, strict=True)), embedder).method()
    shown = [text for own in found.values() for text in texts(paper, own)]
    assert sorted(shown) == sorted([said[2], said[3]])
    assert METHOD[2] in texts(paper, found["algorithm"])


def test_what_stands_between_two_sentences_of_the_method_ends_a_run(embedder):
    middle = "x = y + z * 3 + 4 (5) 6 7 8 9 = 12 + 13 + 14."
    paper = paper_of(
        ("1 Introduction", OTHER), ("2 A Kite", f"{METHOD[0]}\n{middle}\n{METHOD[1]}"), ("3 Results", OTHER)
    )
    found = Gatherer(paper, embedder).method()
    assert sorted(text for own in found.values() for text in texts(paper, own)) == sorted(METHOD[:2])


def test_a_paper_without_sections_has_no_method_to_show(embedder):
    assert Gatherer(paper_of(("", METHOD[0])), embedder).method() == {"pipeline": [], "structure": [], "algorithm": []}


@pytest.mark.parametrize(
    "sentence",
    [
        "The limitations of our controller in rain and snow are listed in Table 4.",
        "The remainder of this paper discusses the limitations that remain in rain and snow.",
        "Table 2 shows the limitations that remain for kites in rain and in snow.",
    ],
)
def test_signposts_say_nothing(embedder, sentence):
    assert gathered(embedder, paper_of(("5 Limitations", sentence)), "limitations") == []


def test_a_formula_a_stub_and_a_heading_are_no_sentences(embedder):
    paper = paper_of(("3 Method", "x = y + z * 3 + 4 (5) 6 7 8 9 = 12 + 13 + 14.\nYes.\nan end that is cut off before"))
    assert Gatherer(paper, embedder).sentences == []


def test_what_is_said_twice_is_shown_once(embedder):
    one = "However, existing controllers are too slow for kites in strong wind."
    other = "However, the existing controllers are too slow for kites in strong wind."
    paper = paper_of(("1 Introduction", one), ("2 Background of Kites", other))
    assert len(gathered(embedder, paper, "pain")) == 1


def test_a_chinese_paper_is_asked_in_chinese(embedder):
    limit = "本文的局限在于样本仅来自一个城市，未来仍需扩大样本范围加以检验。"
    paper = paper_of(("一、引言", "风筝研究在近年来日益重要，得到广泛关注。"), ("五、结论与不足", limit))
    gatherer = Gatherer(paper, embedder)
    assert gatherer.chinese and texts(paper, gatherer.gather(field_questions()["limitations"])) == [limit]


def test_the_abstract_without_its_key_words():
    parts = (
        (
            "Abstract",
            Zone.ABSTRACT,
            "Kites fly in strong wind over the sea. They turn when the wind does.\nKeywords: kites, wind.",
        ),
        ("1 Introduction", Zone.BODY, "Kites are old."),
    )
    paper = small_paper(parts=parts)
    assert texts(paper, abstract_sentences(paper, False)) == [
        "Kites fly in strong wind over the sea.",
        "They turn when the wind does.",
    ]
    assert abstract_sentences(paper_of(("1 Introduction", "Kites are old.")), False) == []


def test_a_bullet_is_no_part_of_what_is_said(embedder):
    said = ["Kites have three uses in the study of the weather.", "Smaller kites cost less to fly than balloons do."]
    paper = paper_of(("1 Introduction", f"{said[0]}\n• {said[1]}"))
    assert texts(paper, Gatherer(paper, embedder).sentences) == said


def test_what_leans_on_the_sentence_before_is_shown_with_it_or_not_at_all(embedder):
    before = "The controller reads the tension of eight lines two hundred times in each second."
    limit = "This remains a limitation, since the kite cannot be flown in heavy rain or in snow."
    assert gathered(embedder, paper_of(("5 Limitations", f"{before} {limit}")), "limitations") == [f"{before} {limit}"]
    assert gathered(embedder, paper_of(("5 Limitations", limit)), "limitations") == []
    parts = (
        ("1 Introduction", OTHER),
        ("2 A Kite", f"{METHOD[0]}\n(1) = 2\n{limit} {METHOD[1]}"),
        ("3 Results", OTHER),
    )
    paper = paper_of(*parts)
    shown = [text for own in Gatherer(paper, embedder).method().values() for text in texts(paper, own)]
    assert sorted(shown) == sorted(METHOD[:2])


def test_the_nearest_sentence_stands_anywhere(embedder):
    setting = "The controller was trained for 40 epochs with a learning rate of 0.01 and a batch size of 16."
    paper, question = paper_of(("1 Introduction", f"{OTHER} {setting}")), field_questions()["details"]
    assert Gatherer(paper, embedder).gather(question) == []
    assert texts(paper, [Gatherer(paper, embedder).nearest(question)]) == [setting]
    assert Gatherer(paper_of(("1 Introduction", OTHER)), embedder).nearest(question) is None
