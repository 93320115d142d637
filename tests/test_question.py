"""A question understood once: its kind, its subject, its language; library facts answered from the catalogue."""

import numpy as np
import pytest
from small_papers import DIMENSION, EMBEDDER, small_paper

from assistant.question.library_facts import Fact, answer_fact
from assistant.question.question import Kind, Question, language_of, understand
from index.model.paper import Chunk, Zone
from index.model.records import Filters
from index.search.subjects import find_subjects
from index.store.library import Library
from index.structure.paper_card import paper_card

OFTEN = " The Rotor turns. " * 9
KITE = (
    "KiteNet: Sparse Control of Kites",
    ("Ada Breeze", "Quoc V. Gale"),
    2019,
    "We propose KiteNet, a controller that steers a kite with sparse attention.",
)
ROTOR = (
    "Turning Is All You Need",
    ("Kai Wind", "Ada Breeze"),
    2017,
    "We propose a new simple wind turbine, the Rotor, which is based solely on turning." + OFTEN,
)
SURVEY = (
    "Deep Learning of Rotors: A Survey",
    ("Mia Storm",),
    2023,
    "We survey what was written about the Rotor. " + "The Rotor is good. " * 30,
)
WIND_ONE = ("Wind-Augmented Generation for Kites", ("P. Lewes",), 2020, "We call it wind-augmented generation." * 4)
WIND_TWO = ("Wind-Augmented Generation for Boats: A Survey", ("Y. Gao",), 2023, "Wind-augmented generation. " * 5)
SCAN = ("ON THE GASHES OF THE DURHAM COAST", ("G. A. Lebour",), 1884, "Professor of Geology in Newcastle.")


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    with Library.open(tmp_path_factory.mktemp("question") / "home") as library:
        for row, (title, authors, year, text) in enumerate([KITE, ROTOR, SURVEY, WIND_ONE, WIND_TWO, SCAN]):
            paper = small_paper(
                f"paper{row}", (("Abstract", Zone.ABSTRACT, text),), title=title, authors=authors, year=year
            )
            chunk = Chunk(paper.id, paper.zones[0].span, Zone.ABSTRACT, paper.quote(paper.zones[0].span))
            vectors = np.ones((1, DIMENSION), dtype=np.float32)
            library.put(paper, [chunk], vectors, file=title, sha256=str(row), embedder=EMBEDDER)
        yield library


def titles(library: Library, question: Question) -> list[str]:
    return [library.record(paper).title for paper in question.subject]


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("How fast does the Rotor turn?", ROTOR[0]),  # though the survey uses the word more
        ("rotors: which material?", ROTOR[0]),
        ("what does kite net control", KITE[0]),
        ("Welchen Regler benutzt KiteNet?", KITE[0]),
        ("KiteNet 用了多少参数？", KITE[0]),
        ("What does wind-augmented generation retrieve?", WIND_ONE[0]),  # the earlier one introduced the name
        ("Which boats does the survey of wind-augmented generation list?", WIND_TWO[0]),
        ("What does Gale say about control of kites?", KITE[0]),
    ],
)
def test_a_name_leads_to_the_paper_that_introduces_it(library, question, first):
    assert titles(library, understand(question, library))[0] == first


def test_a_name_of_two_papers_is_said_with_its_choices(library):
    understood = understand("What does wind-augmented generation retrieve?", library)
    [choice] = understood.choices
    assert choice.name == "wind-augmented generation"
    assert [library.record(paper).title for paper in choice.papers] == [WIND_ONE[0], WIND_TWO[0]]
    chosen = Filters(papers=frozenset([choice.papers[1]]))
    assert not understand("What does wind-augmented generation retrieve?", library, filters=chosen).choices


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Which sensors are chosen?", Kind.CONTENT),
        ("Does KiteNet or the Rotor need more wind?", Kind.COMPARE),
        ("Which papers use dropout?", Kind.EACH_PAPER),
        ("What are the limitations of KiteNet?", Kind.WHOLE_PAPER),
        ("who wrote the KiteNet paper?", Kind.LIBRARY),
        ("Hello!", Kind.SMALL_TALK),
        ("What can you do?", Kind.SMALL_TALK),
        ("How many layers does it have?", Kind.UNCLEAR),
        ("In which year did they measure the wind for KiteNet?", Kind.CONTENT),
        ("who steered the kite in the KiteNet experiments?", Kind.CONTENT),
        ("The paper on turning: how deep is it, and how many blades does it have?", Kind.CONTENT),
    ],
)
def test_kinds(library, question, kind):
    assert understand(question, library).kind is kind


def test_what_a_paper_calls_itself_is_not_searched_in_it_but_its_author_is(library):
    subjects = find_subjects(library, ["Which degree does Lebour of the Durham coast have?", "How fast is KiteNet?"])
    assert len(subjects.named) == 2
    assert subjects.without_names("Which degree does Lebour have?") == "Which degree does Lebour have?"
    assert subjects.without_names("How fast is KiteNet?") == "How fast is ?"


def test_what_points_back_is_clear_in_a_talk_or_a_paper(library):
    it = "How many layers does it have?"
    [one] = find_subjects(library, ["KiteNet"]).named
    assert understand(it, library, has_turns=True).kind is Kind.CONTENT
    assert understand(it, library, filters=Filters(papers=frozenset([one]))).kind is Kind.CONTENT


def test_parts_places_and_amounts(library):
    both = understand("How does KiteNet compare with the Rotor?", library)
    assert [each.paper for each in both.subquestions] == list(both.subject) and len(both.subject) == 2
    parts = understand("Which sensors does KiteNet use, and how many are there in Table 2?", library)
    assert [each.text for each in parts.subquestions] == [
        "Which sensors does KiteNet use",
        "how many are there in Table 2",
    ]
    assert [f"{each.kind} {each.number}" for each in parts.elements] == ["table 2"] and parts.wants_amount
    plain = understand("Which is it? Please write the answer in integer format.", library, translation="哪个？")
    assert plain.queries == ("Which is it?", "哪个？")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Which optimizer is used for it?", "en"),
        ("BERT F1?", "en"),
        ("DPR 只用多少条训练样本？", "zh"),
        ("LLaMAの学習に使われた値を教えてください。", "ja"),
        ("Wie viele Aufgaben gibt es und warum?", "de"),
        ("Selon Miller, quels sont les grands résultats ?", "fr"),
        ("¿Cuántas tareas tiene el conjunto de datos?", "es"),
        ("Какой оптимизатор использует BERT?", "ru"),
        ("어떤 데이터셋을 사용했나요?", "ko"),
    ],
)
def test_languages(text, language):
    assert language_of(text) == language


class NoSearch:
    """A searcher that must not be asked: what the catalogue knows needs no vectors."""


@pytest.mark.parametrize(
    ("question", "facts", "said"),
    [
        ("who wrote the KiteNet paper?", (Fact.AUTHORS,), "Ada Breeze, Quoc V. Gale"),
        ("In which year was KiteNet published?", (Fact.YEAR,), "2019"),
        ("who is the author of the old geology paper on the Durham coast?", (Fact.AUTHORS,), "Lebour"),
        ("how many papers do I have?", (Fact.COUNT, Fact.PAPERS), "6 papers"),
        ("what do I have by Q. Gale?", (Fact.PAPERS,), "KiteNet"),
        ("papers of Breeze from 2017", (Fact.PAPERS,), "Turning Is All You Need"),
        ("what did I add last?", (Fact.ADDED,), "last paper"),
        ("谁写了 KiteNet 这篇论文？", (Fact.AUTHORS,), "Ada Breeze"),
    ],
)
def test_library_facts_come_from_the_catalogue(library, question, facts, said):
    understood = understand(question, library)
    assert understood.kind is Kind.LIBRARY and understood.fact is not None and understood.fact.facts == facts
    answer = answer_fact(understood.fact, NoSearch(), library, "en")
    assert answer is not None and said in " ".join(answer.lines) and "catalogue" in answer.lines[-1]


def test_a_person_of_another_first_name_is_another(library):
    understood = understand("how many papers by Ada Breeze do I have", library)
    answer = answer_fact(understood.fact, NoSearch(), library, "en")
    assert answer is not None and len(answer.papers) == 2
    assert understand("how many papers by Zoe Breeze do I have", library).kind is not Kind.LIBRARY


def test_an_unknown_paper_has_no_authors(library):
    assert understand("who are the authors of U-Net?", library).kind is not Kind.LIBRARY


def test_cards_of_an_older_library_are_made_when_they_are_needed(library):
    with library.transaction() as connection:
        for table in ("cards", "paper_names", "card_words"):
            connection.execute(f"DELETE FROM {table}")
    with Library.open(library.home) as again:
        assert not find_subjects(again, ["KiteNet"]).named
        assert again.make_cards(2) == 2
        assert understand("What is KiteNet?", again).subject
        assert again.make_cards(10) == 0


def test_a_card_goes_with_its_paper(tmp_path):
    with Library.open(tmp_path / "home") as library:
        paper = small_paper("one", title="KiteNet: kites")
        library.put(paper, [], np.zeros((0, DIMENSION), np.float32), file="f", sha256="s", embedder=EMBEDDER)
        assert find_subjects(library, ["KiteNet"]).named == ("one",)
        library.remove("one")
        assert not find_subjects(library, ["KiteNet"]).named and not library.search_cards("kites", 5)
        assert library.card_text("one") == ""


def test_a_card_of_a_hostile_paper_stays_small():
    title = "A: " + "word " * 5000
    text = "We propose " + "a, the Name " * 20000
    card = paper_card(small_paper("bad", (("Abstract", Zone.ABSTRACT, text),), title=title, authors=("A B",) * 9000))
    assert len(card.names) <= 80 and len(card.front) <= 3000 and len(card.authors + card.title) <= 6000
