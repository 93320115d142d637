"""Tags on papers, and what a list shows of each."""

import pytest
from small_papers import put, small_paper

from index.model.errors import PaperNotFound
from index.model.paper import Zone
from index.store.library import Library, section_counts
from index.store.tags import LONGEST, clean_tag, papers_tagged, remove_tag, set_tag, tags_of_papers


@pytest.fixture
def library(tmp_path):
    with Library.open(tmp_path / "home") as opened:
        put(opened, small_paper("a"))
        put(opened, small_paper("b", (("One", Zone.BODY, "First."), ("Two", Zone.BODY, "Second."))))
        yield opened


def test_tags_are_set_once_listed_found_and_removed(library):
    assert set_tag(library, "b", "  to\n read ") == "to read"
    set_tag(library, "b", "to read")
    set_tag(library, "b", "<b>神经</b>")
    set_tag(library, "a", "to read")
    assert tags_of_papers(library) == {"a": ("to read",), "b": ("<b>神经</b>", "to read")}
    assert papers_tagged(library, "to read") == {"a", "b"} and papers_tagged(library, "none") == set()
    remove_tag(library, "a", "to read")
    remove_tag(library, "a", "to read")
    assert papers_tagged(library, "to read") == {"b"}


def test_an_empty_tag_and_an_unknown_paper_leave_nothing(library):
    assert set_tag(library, "a", " \x00\n") == ""
    with pytest.raises(PaperNotFound):
        set_tag(library, "nobody", "x")
    assert tags_of_papers(library) == {}


def test_a_newer_version_keeps_its_tags_and_a_removed_paper_shows_none(library):
    set_tag(library, "a", "mine")
    put(library, small_paper("a", title="A newer one"), sha256="f" * 64)
    assert tags_of_papers(library) == {"a": ("mine",)}
    library.remove("a")
    assert tags_of_papers(library) == {}
    put(library, small_paper("a"))
    assert tags_of_papers(library) == {"a": ("mine",)}


def test_tags_are_short_and_one_line():
    assert len(clean_tag("x" * 500)) == LONGEST and clean_tag("a\ud800b\u2028c") == "a?b c"


def test_sections_are_counted_without_reading_papers(library):
    assert section_counts(library, ["a", "b", "nobody"]) == {"a": 1, "b": 2}
