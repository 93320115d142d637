"""The sentence of a passage that is marked as soon as it is found."""

from small_papers import small_paper

from assistant.answering.best_sentence import mark_sentences
from assistant.answering.cross_encoder import packaged
from index.model.paper import Passage, Span, Zone
from index.search.searcher import Question
from index.search.subjects import Mention, Subjects

TEXT = (
    "KiteNet flies in all winds that we met. We train KiteNet with the Adam optimizer for three days. "
    "Kites are made of paper."
)


class NoEmbedder:
    """Must not be asked: words tell the sentences apart."""


class NoEncoder:
    """Must not be asked: it reads English only."""


def marked(question, text=TEXT, embedder=None, encoder=None):
    paper = small_paper("kite", (("Training", Zone.BODY, text),), title="KiteNet: kites")
    passage = Passage(paper, Span(len("Training\n"), len(paper.text)), 1.0)
    [(same, span)] = mark_sentences(question, [passage], embedder or NoEmbedder(), encoder or NoEncoder())
    assert same is passage
    return paper.quote(span)


def test_the_sentence_that_answers_is_marked_and_not_the_one_with_the_most_words_of_the_question():
    for asked in (
        "Which optimizer did KiteNet use?",
        "how is kitenet learned",
        "How long did the training of it take?",
    ):
        assert "Adam" in marked(Question(asked), encoder=packaged())
    assert marked(Question("What material are they?"), encoder=packaged()).endswith("paper.")


def test_a_question_in_another_language_is_read_in_its_translation():
    asked = Question("Wie lange trainiert KiteNet, und womit?", "How many days does it train, and with what?")
    assert marked(asked, encoder=packaged()).endswith("three days.")


def test_without_a_translation_the_rare_words_of_the_question_decide_and_not_the_name_of_its_subject():
    subjects = Subjects((Mention("KiteNet", ("kite",)),))
    asked = "Welchen optimizer hat KiteNet benutzt, und warum gerade diesen?"
    assert "Adam" in marked(Question(asked, None, subjects))


def test_a_passage_that_shares_no_word_is_compared_by_meaning(embedder):
    assert "Adam" in marked(Question("哪种 gradient descent 方法？"), embedder=embedder)


def test_nothing_to_mark():
    assert mark_sentences(Question("Why?"), [], NoEmbedder(), packaged()) == []
    assert marked(Question("Why?"), "Kites fly.", encoder=packaged()) == "Kites fly."
