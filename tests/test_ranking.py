"""The order of the day's papers and its reasons: interests, a liked paper, keywords, authors, the reader's library."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from small_papers import small_paper

from assistant.config.profiles import place_order
from assistant.digest.people import followed_authors, is_family_name
from assistant.digest.rank import rank
from assistant.digest.similarity import (
    ORDINARY,
    AbstractVectors,
    Neighbour,
    Neighbourhood,
    Similarities,
    Wanted,
    abstract_of,
    measure,
    stretched,
)
from assistant.language.phrases import say
from index.arxiv.announcements import Announcement
from index.arxiv.ids import ArxivId


def order(**flags):
    return place_order("digest", "", {}, {"language": "en"} | flags, language="en", folder=Path("digests"))


def paper(number, title, abstract, authors=(), categories=("cs.CL",)):
    id = ArxivId(f"2601.{number:05d}", 1)
    return Announcement(id, title, authors, abstract, categories, "new", date(2026, 1, 19), None)


PAPERS = (
    paper(1, "Soil moisture from radar", "We estimate the water content of soil from satellite radar.", ("Ana Roe",)),
    paper(
        2,
        "Late interaction for passage retrieval",
        "A retriever scores each question token against each passage token and finds better passages.",
        ("Bo Lin", "Sebastian Thrun"),
    ),
    paper(3, "Robots that fold shirts", "A robot arm learns to fold shirts from demonstrations.", ("Cy Doe",)),
)


@pytest.fixture
def vectors(tmp_path, embedder):
    return AbstractVectors(tmp_path / "cache" / "abstracts.npz", embedder)


def closeness(papers, wanted, vectors, near=None):
    *steps, last = measure(papers, wanted, vectors, near)
    assert [step.total for step in steps] == [len(papers)] * len(steps)
    return last


def titles(ranked):
    return [each.announcement.title for each in ranked]


def test_what_is_close_to_the_interests_comes_first(embedder, vectors):
    asked = order(interests="robot manipulation of clothes")
    near = closeness(PAPERS, Wanted(interests=embedder.embed_question(asked.interests)), vectors)
    first = rank(PAPERS, asked, near)[0]
    assert first.announcement.title == "Robots that fold shirts"
    assert first.reasons == ("number 1 of 3 in closeness to your interests",)


def test_what_is_close_to_the_library_comes_first_and_names_the_paper(sample_context, vectors):
    near = Neighbourhood(sample_context.library, sample_context.vectors, sample_context.embedder)
    assert near.fits
    found = closeness(PAPERS, Wanted(), vectors, near)
    ranked = rank(PAPERS, order(), found)
    assert ranked[0].announcement.title == "Late interaction for passage retrieval"
    nearest = {record.title for record in sample_context.library.papers()}
    assert all(each.record.title in nearest and not each.same for each in found.library)


def test_a_liked_paper_is_close_to_itself(sample_context, vectors):
    liked = sample_context.library.paper(sample_context.library.papers()[0].id)
    text = abstract_of(liked)
    itself = paper(9, liked.title, text.removeprefix(f"{liked.title}. "))
    wanted = Wanted(like=sample_context.embedder.embed([text])[0], like_title=liked.title)
    ranked = rank((*PAPERS, itself), order(), closeness((*PAPERS, itself), wanted, vectors))
    assert ranked[0].announcement is itself
    assert ranked[0].reasons[0] == f"number 1 of 4 in closeness to “{liked.title}”"


def test_a_paper_of_the_library_is_said_to_be_there(sample_context):
    record = replace(sample_context.library.papers()[0], title=small_paper().title)
    owned = (Neighbour(record, 1.0, same=True), None, None)
    ranked = rank(PAPERS, order(), Similarities(library=owned))
    assert ranked[0].reasons == ("in your library already, as “Attention Is All You Need”",)


def test_keywords_and_authors_are_reasons():
    asked = order(keywords=("robot", "fold shirts", "radar"), authors=("S. Thrun",))
    by_title = {each.announcement.title: each for each in rank(PAPERS, asked, Similarities())}
    assert by_title["Robots that fold shirts"].reasons == ("names “robot”, “fold shirts” in the title",)
    assert by_title["Robots that fold shirts"].matched == ("robot", "fold shirts")
    assert by_title["Late interaction for passage retrieval"].reasons == ("by Sebastian Thrun, whom you follow",)
    assert list(by_title)[-1] == "Soil moisture from radar"  # one keyword in a title weighs less than two, or an author


def test_without_wishes_the_listing_stays_as_it_is_and_still_gives_reasons():
    ranked = rank(PAPERS, order(categories=("cs",)), Similarities())
    assert titles(ranked) == [each.title for each in PAPERS]
    assert {each.reasons for each in ranked} == {("announced in cs.CL",)}
    assert {each.reasons for each in rank(PAPERS, order(), Similarities())} == {
        ("announced, and no category was asked for",)
    }


def test_reasons_in_chinese():
    reasons = rank(PAPERS, order(language="zh", keywords=("robot",)), Similarities())[0].reasons
    assert reasons == ("标题出现“robot”",)


def test_a_phrase_that_is_missing_is_an_error():
    with pytest.raises(KeyError):
        say("no such words", "en")


@pytest.mark.parametrize(
    ("followed", "author", "same"),
    [
        ("Yann LeCun", "Yann LeCun", True),
        ("Y. LeCun", "Yann LeCun", True),
        ("Yann LeCun", "Y. LeCun", True),
        ("LeCun", "Yann LeCun", True),
        ("LeCun, Yann", "Yann LeCun", True),
        ("Bernhard Scholkopf", "Bernhard Schölkopf", True),
        ("Michael Black", "Michael J. Black", True),
        ("Wei Wang", "Ying Wang", False),
        ("Wei Wang", "Wei Zhang", False),
        ("", "Wei Wang", False),
        (":", "Wei Wang", False),
        ("Lukasz Kaiser", "Łukasz Kaiser", True),
        ("Łukasz Kaiser", "L. Kaiser", True),
        ("Kim Jorgensen", "Kim Jørgensen", True),
        ("Kim Joergensen", "Kim Jørgensen", True),
        ("Kim Jørgensen", "K. Joergensen", True),
        ("Klaus Mueller", "Klaus Müller", True),
        ("Li Fei-Fei", "Fei-Fei Li", True),
        ("Fei Fei Li", "Fei-Fei Li", True),
        ("F. Li", "Fei-Fei Li", True),
        ("Wang Wei", "Wei Wang", True),
        ("Yann LeCun", "Yann Le Cun", True),
        ("Le Cun, Y.", "Yann LeCun", True),
        ("van der Maaten", "Laurens van der Maaten", True),
        ("L. Maaten", "Laurens van der Maaten", True),
        ("Van Gool", "Luc Van Gool", True),
        ("Jean-Baptiste Alayrac", "J.-B. Alayrac", True),
        ("Jean-Baptiste Alayrac", "Jean Baptiste Alayrac", True),
        ("Geoff Hinton", "Geoffrey E. Hinton", True),
        ("Quoc Le", "Quoc V. Le", True),
        ("L. Poe", "L. Poe, Jr.", True),
        ("Brendan O'Connor", "Brendan O’Connor", True),
        ("王伟", "王伟", True),
        ("Wei Wang", "Weiming Wang", False),
        ("Jun Li", "Junyan Li", False),
        ("Jun Li", "Jun-Yan Li", False),
        ("Li Fei-Fei", "Ling Li", False),
        ("Thomas Martin", "Mary Thomas", False),
        ("Laurens van der Maaten", "Laurens van der Berg", False),
        ("Dan Roth", "Ana Roth", False),
    ],
)
def test_a_person_by_name(followed, author, same):
    assert bool(followed_authors([followed], [author])) is same


def test_a_family_name_alone_fits_all_of_that_name():
    authors = ["Wei Wang", "Yu Wang", "Bo Lin"]
    assert followed_authors(["Wang"], authors) == ("Wei Wang", "Yu Wang")
    assert [name for name in ("Wang", "van der Maaten", "W. Wang", "Wei Wang", "王伟") if is_family_name(name)] == [
        "Wang",
        "van der Maaten",
    ]


@given(arrays(np.float32, st.integers(0, 60), elements=st.floats(-1, 1, width=32)))
def test_stretching_keeps_the_order_and_the_bounds(similarities):
    found = stretched(similarities, ORDINARY)
    assert len(found) == len(similarities)
    assert all(0 <= value <= 1 for value in found)
    order_before = np.argsort(similarities, kind="stable")
    assert all(np.diff(found[order_before]) >= 0)


class Counting:
    """The embedder, and how many texts it was given."""

    def __init__(self, embedder):
        self.identity, self.dimension, self.count = embedder.identity, embedder.dimension, 0
        self._embedder = embedder

    def embed(self, texts):
        self.count += len(texts)
        return self._embedder.embed(texts)


def test_no_abstract_is_embedded_twice(embedder, tmp_path):
    file, counting = tmp_path / "cache" / "abstracts.npz", Counting(embedder)
    first = AbstractVectors(file, counting).embed(["one text", "another text"])
    again = AbstractVectors(file, counting).embed(["another text", "one text", "a third"])
    assert counting.count == 3 and np.array_equal(again[:2], first[::-1])
    assert [path.name for path in file.parent.iterdir()] == [file.name]


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04", b"no archive", bytes(1000)])
def test_a_damaged_file_is_made_anew(embedder, tmp_path, damage):
    file = tmp_path / "abstracts.npz"
    file.write_bytes(damage)
    AbstractVectors(file, embedder).embed(["one text"])
    assert AbstractVectors(file, counting := Counting(embedder)).embed(["one text"]).shape == (1, embedder.dimension)
    assert counting.count == 0


def test_a_rare_word_of_the_interests_outweighs_common_ones(vectors):
    spoken = "Models of natural language follow instructions."
    papers = (
        paper(1, "Optical flow for control", "A robot follows flow fields that were predicted from video."),
        *(paper(number, f"Natural language models, part {number}", spoken) for number in range(2, 8)),
        paper(8, "Polar codes", "We bound the rate of polar codes."),
    )
    shared = closeness(papers, Wanted(words="robots in natural language"), vectors).shared
    assert shared[0] > shared[1] > shared[7] == 0.0
