import json
import time

import pytest

from assistant.chat import conversation
from assistant.chat.conversation import ConversationNotFound
from index.model.errors import LibraryError
from index.store.library import Library


@pytest.fixture
def library(tmp_path):
    with Library.open(tmp_path / "home") as opened:
        yield opened


def answer(text: str) -> str:
    return json.dumps({"answer": text, "passages": ["unsaid"]})


def test_a_conversation_is_kept_with_its_turns(library, tmp_path):
    begun = conversation.start(library, "What is\n BERT?")
    conversation.add_turn(library, begun.id, "What is BERT?", "What is BERT?", answer("An encoder."))
    conversation.add_turn(library, begun.id, "它有几层?", "BERT 有几层?", answer("12 层。"))
    library.close()
    with Library.open(tmp_path / "home") as again:
        loaded = conversation.load(again, begun.id)
    assert (loaded.title, loaded.created_at) == ("What is BERT?", begun.created_at)
    assert loaded.updated_at > begun.updated_at
    assert [turn.position for turn in loaded.turns] == [0, 1]
    assert (loaded.turns[1].question, loaded.turns[1].standalone_question) == ("它有几层?", "BERT 有几层?")
    assert loaded.turns[1].answer == "12 层。"


def test_the_last_used_comes_first(library):
    first, second = conversation.start(library, "first"), conversation.start(library, "second")
    assert [each.id for each in conversation.conversations(library)] == [second.id, first.id]
    time.sleep(0.001)
    conversation.add_turn(library, first.id, "q", "q", "{}")
    listed = conversation.conversations(library)
    assert [each.id for each in listed] == [first.id, second.id]
    assert listed[0].turns == ()


def test_titles_are_one_line_of_bounded_length(library):
    begun = conversation.start(library, "word " * 100)
    assert len(begun.title) <= 120
    assert begun.title.endswith("…")
    conversation.rename(library, begun.id, " Attention \t heads ")
    assert conversation.load(library, begun.id).title == "Attention heads"
    for blank in ("", " \n"):
        with pytest.raises(LibraryError, match="title"):
            conversation.rename(library, begun.id, blank)
    assert conversation.load(library, begun.id).title == "Attention heads"


def test_delete_removes_the_turns_too(library):
    begun, other = conversation.start(library, "a"), conversation.start(library, "b")
    for each in (begun, other):
        conversation.add_turn(library, each.id, "q", "q", "{}")
    conversation.delete(library, begun.id)
    with library.read() as connection:
        assert connection.execute("SELECT conversation_id FROM turns").fetchall() == [(other.id,)]
    assert [each.id for each in conversation.conversations(library)] == [other.id]


@pytest.mark.parametrize("identifier", ["", "gone", "' OR 1=1 --", "x" * 10_000])
def test_a_conversation_that_is_not_there_is_an_error(library, identifier):
    conversation.start(library, "another")
    for call in (
        lambda: conversation.load(library, identifier),
        lambda: conversation.add_turn(library, identifier, "q", "q", "{}"),
        lambda: conversation.rename(library, identifier, "t"),
        lambda: conversation.delete(library, identifier),
    ):
        with pytest.raises(ConversationNotFound, match="Choose one of the list"):
            call()
    assert len(conversation.conversations(library)) == 1


def test_search_looks_at_what_people_see(library):
    one = conversation.start(library, "Optimizers")
    conversation.add_turn(
        library, one.id, "And its rate?", "Which rate does Adam use?", answer("学习率是 1e-4, 100%_sure.")
    )
    two = conversation.start(library, "Datasets")

    def found(text: str) -> list[str]:
        return [each.id for each in conversation.search(library, text)]

    assert found("adam RATE") == [one.id]
    assert found("学习率") == [one.id]
    assert found("100%_sure") == [one.id]
    assert found("datasets") == [two.id]
    assert found("adam datasets") == found("unsaid") == found("passages") == found("  ") == []
    assert found("_sure%") == []


def test_a_damaged_answer_has_no_words(library):
    begun = conversation.start(library, "a")
    for damaged in ("", "{", "[]", '{"answer": 3}'):
        assert conversation.add_turn(library, begun.id, "q", "q", damaged).answer == ""
    assert len(conversation.load(library, begun.id).turns) == 4
