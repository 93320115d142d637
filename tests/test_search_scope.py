"""Where a question is searched: papers, tags, and what is left of them when it is asked."""

import pytest
from small_papers import put, small_paper

from assistant.chat.turn import papers_in_scope
from index.model.errors import LibraryError
from index.store.library import Library
from index.store.tags import remove_tag, set_tag
from ui.pages.labels import Labels
from ui.tabs.chat import choices
from ui.tabs.chat.choices import scope_choices


@pytest.fixture
def library(tmp_path):
    with Library.open(tmp_path / "home") as opened:
        for id, title in (("a", "Attention"), ("b", "Bees"), ("c", "Cats")):
            put(opened, small_paper(id, title=title))
        set_tag(opened, "a", "to read")
        set_tag(opened, "b", "to read")
        set_tag(opened, "b", "a")
        yield opened


def test_tags_are_told_apart_from_papers_and_stand_first(library):
    papers = [("Attention", "a"), ("Bees", "b"), ("Cats", "c")]
    tagged = [("Tag: a (1)", "tag:a"), ("Tag: to read (2)", "tag:to read")]
    assert scope_choices(library, Labels("en")) == tagged + papers
    assert scope_choices(library, Labels("zh"))[1] == ("标签：to read（2）", "tag:to read")


def test_of_a_large_library_the_chosen_papers_are_offered_too(library, monkeypatch):
    monkeypatch.setattr(choices, "_PAPERS", 1)
    assert [value for _, value in scope_choices(library, Labels("en"), ["c"])][2:] == ["a", "c"]


@pytest.mark.parametrize(
    ("scope", "papers"),
    [((), None), (("a",), {"a"}), (("tag:a",), {"b"}), (("tag:to read", "c"), {"a", "b", "c"}), (("gone", "c"), {"c"})],
)
def test_a_tag_stands_for_the_papers_that_have_it(library, scope, papers):
    assert papers_in_scope(library, scope) == papers


def test_a_tag_is_looked_up_when_the_question_is_asked_and_nothing_is_searched_in_its_place(library):
    set_tag(library, "c", "a")
    assert papers_in_scope(library, ["tag:a"]) == {"b", "c"}
    remove_tag(library, "b", "a")
    remove_tag(library, "c", "a")
    for scope in (["tag:a"], ["gone"]):
        with pytest.raises(LibraryError, match=r"Choose other papers or tags"):
            papers_in_scope(library, scope)
