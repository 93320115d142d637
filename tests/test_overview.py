"""The executive summary: themes, highlights, emerging terms and reading, each from findings that carry it."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.breakdown.record import Basis, Breakdown, Field, Finding, Origin, Reference, Subject
from assistant.digest.record import Card
from assistant.digest.summary import Titles, key_terms, shared_groups, summarise
from assistant.verify.terms import content_stems


def finding(text, original=""):
    reference = Reference(start=0, end=len(text), quote=original or text, pages=(1, 1), label="§1")
    return Finding(text=text, origin=Origin.QUOTE, references=(reference,), original=original)


def card(number, *, language="en", basis=Basis.FULL_TEXT, reasons=("announced in cs.RO",), title=None, **fields):
    made = tuple(Field(name=name, findings=tuple(map(finding, texts))) for name, texts in fields.items())
    subject = Subject(key=str(number), title=f"Paper {number}", basis=basis)
    breakdown = Breakdown(
        subject=subject, language=language, model="", prompts="1", made_at="2026-01-19T00:00:00+00:00", fields=made
    )
    return Card(
        arxiv_id=f"2601.{number:05d}v1",
        title=title or f"Paper {number}",
        authors=(),
        categories=("cs.RO",),
        abstract="An abstract.",
        announced="new",
        announced_on=date(2026, 1, 19),
        score=1.0,
        reasons=reasons,
        treatment="full text",
        breakdown=breakdown,
    )


ROBOTS = "We train a vision-language-action policy that folds shirts with two robot arms."
CLOTHES = "A robot arm learns to fold towels from vision-language-action demonstrations."
SOIL = "We estimate soil moisture from satellite radar with a water balance equation."
CARDS = (
    card(1, core_idea=[ROBOTS], results=["Success rises.", "It folds 92.5% of the shirts, against 71% before."]),
    card(
        2,
        core_idea=[CLOTHES],
        contributions=["We release 4,000 towels.", "It learns 3 times faster."],
    ),
    card(3, core_idea=[SOIL], results=["The error is small."]),
)
NO_TITLES = Titles((), ())


def test_a_theme_has_a_term_that_all_its_papers_say(embedder):
    (theme,) = summarise(CARDS, NO_TITLES, embedder, "en").themes
    assert theme.papers == ("2601.00001v1", "2601.00002v1")
    assert theme.text.endswith(": 2 papers.")
    label = set(content_stems(theme.text.split(":")[0].split(",")[0]))
    assert label and all(label <= set(content_stems(text)) for text in theme.words)
    assert set(theme.words) <= {ROBOTS, CLOTHES}


def test_a_highlight_has_a_number_and_the_words_of_the_paper(embedder):
    highlights = summarise(CARDS, NO_TITLES, embedder, "en").highlights
    assert [(each.papers, each.text) for each in highlights] == [
        (("2601.00001v1",), "“It folds 92.5% of the shirts, against 71% before.”"),
        (("2601.00002v1",), "“It learns 3 times faster.”"),
    ]
    assert all(each.text == f"“{each.words[0]}”" for each in highlights)


@pytest.mark.parametrize(
    "result",
    [
        "We use 4,000 images of 2019.",
        "A single-item auction of 3D avatars in two stages.",
        "We build a 2.5D simulator.",
        "It is better than all 12 others.",
    ],
)
def test_a_number_alone_is_no_highlight(embedder, result):
    assert summarise([card(1, core_idea=[SOIL], results=[result])], NO_TITLES, embedder, "en").highlights == ()


def test_one_plain_word_is_no_theme(embedder):
    papers = [card(1, core_idea=["We estimate the motion of robots."]), card(2, core_idea=["The motion of planets."])]
    assert summarise(papers, NO_TITLES, embedder, "en").themes == ()


def test_reading_says_why_and_what(embedder):
    first = summarise(CARDS, NO_TITLES, embedder, "en").reading[0]
    assert first.text == f"Announced in cs.RO. “{ROBOTS}”" and first.words == (ROBOTS,)


def test_titles_never_make_a_statement(embedder):
    papers = [card(number, title="Vision-language-action models for shirts") for number in range(3)]
    made = summarise(papers, Titles([each.title for each in papers], ["Soil"] * 500), embedder, "en")
    assert made == type(made)()


def test_what_is_emerging_is_counted(embedder):
    today = ["Vision-language-action for shirts", "Vision-language-action for towels", "Soil moisture"]
    before = ["Soil moisture from radar"] * 600 + ["A vision-language-action model"]
    emerging = summarise(CARDS, Titles(today, before), embedder, "en").emerging
    said = next(each for each in emerging if "vision-language-action" in each.text)
    assert said.text == (
        "“vision-language-action”: in the findings of 2 of the 3 papers read here, in 2 of the day's 3 titles, "
        "and in 1 of 601 titles announced before."
    )
    assert said.papers == ("2601.00001v1", "2601.00002v1")
    assert not any("soil" in each.text for each in emerging)


def test_too_few_earlier_titles_say_nothing_of_what_is_rare(embedder):
    today = ["Vision-language-action for shirts"] * 2
    assert summarise(CARDS, Titles(today, ["Soil"] * 400), embedder, "en").emerging == ()


def test_chinese_words(embedder):
    made = summarise(
        [card(1, language="zh", core_idea=["机器人学会折叠衬衫。"], reasons=("发布于cs.RO",))],
        NO_TITLES,
        embedder,
        "zh",
    )
    assert made.reading[0].text == "发布于cs.RO。“机器人学会折叠衬衫。”"


def test_nothing_read_nothing_said(embedder):
    bare = CARDS[0].model_copy(update={"breakdown": None, "treatment": "listed"})
    made = summarise([bare], NO_TITLES, embedder, "en")
    assert made == type(made)()


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("We propose a novel method.", set()),
        ("Graph neural networks (GNNs) work.", {("graph",), ("gnns",)}),
        ("state of the art", set()),
        ("", set()),
    ],
)
def test_terms_of_a_text(text, terms):
    assert terms <= set(key_terms([text])) and (terms or not key_terms([text]))


@given(st.lists(st.frozensets(st.sampled_from("abcde"), max_size=3), max_size=7), st.integers(0, 2**32 - 1))
def test_groups_share_a_term_and_no_row_stands_twice(terms, seed):
    alike = np.random.default_rng(seed).random((len(terms), len(terms))).astype(np.float32)
    groups = shared_groups((alike + alike.T) / 2, [{(each,): each for each in term} for term in terms])
    rows = [row for group in groups for row in group]
    assert len(rows) == len(set(rows)) and all(len(group) > 1 for group in groups)
    assert all(frozenset.intersection(*(terms[row] for row in group)) for group in groups)
