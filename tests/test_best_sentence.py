"""The sentence of a passage that is marked as soon as it is found."""

from small_papers import small_paper

from assistant.answering.best_sentence import mark_sentences
from index.model.paper import Passage, Span, Zone
from index.search.searcher import Question
from index.search.subjects import Mention, Subjects

TEXT = (
    "KiteNet flies in all winds that we met. We train KiteNet with the Adam optimizer for three days. "
    "Kites are made of paper."
)


class NoEmbedder:
    """Must not be asked: words tell the sentences apart."""


def marked(question, text=TEXT, embedder=None):
    paper = small_paper("kite", (("Training", Zone.BODY, text),), title="KiteNet: kites")
    passage = Passage(paper, Span(len("Training\n"), len(paper.text)), 1.0)
    [(same, span)] = mark_sentences(question, [passage], embedder or NoEmbedder())
    assert same is passage
    return paper.quote(span)


def test_the_rare_words_of_the_question_decide_and_not_the_name_of_its_subject():
    asked = "Which optimizer did KiteNet use?"
    subjects = Subjects((Mention("KiteNet", ("kite",)),))
    assert marked(Question(asked, None, subjects)).startswith("We train KiteNet with the Adam")
    assert marked(Question("Wie lange trainiert KiteNet?", "How many days does it train?")).endswith("three days.")


def test_a_passage_that_shares_no_word_is_compared_by_meaning(embedder):
    assert "Adam" in marked(Question("gradient descent method"), embedder=embedder)


def test_nothing_to_mark():
    assert mark_sentences(Question("Why?"), [], NoEmbedder()) == []
    assert marked(Question("Why?"), "Kites fly.") == "Kites fly."
