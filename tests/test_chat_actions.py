"""What the chat does with conversations when something is clicked: which turns a question takes the place of."""

from dataclasses import replace

import pytest
from small_desk import busy, named, screen_of, small_desk

from assistant.chat import conversation
from ui.tabs.chat.actions import ChatActions, ChatParts

# Outside of a page gradio looks at a choice for which a page has the choices.
pytestmark = pytest.mark.filterwarnings("ignore:The value passed into gr.Dropdown")


@pytest.fixture
def desk(tmp_path):
    with small_desk(tmp_path / "home") as opened, busy(opened.queue):
        yield opened


@pytest.fixture
def do(desk):
    return ChatActions(screen_of(desk), replace(named(ChatParts), suggestions=("first", "second", "third")))


@pytest.fixture
def talk(desk):
    """Makes a conversation of so many turns and gives its id."""
    return lambda turns: talk_of(desk.bench.library, turns)


def talk_of(library, turns):
    id = conversation.start(library, f"Talk of {turns}").id
    for number in range(turns):
        conversation.add_turn(library, id, f"Question {number}?", f"Question {number}?", '{"answer": "So."}')
    return id


def asked(do, desk, talk, editing):
    """The turn that a question sent now takes the place of."""
    do.ask("Anything else?", talk, [], "auto", editing, "")
    return desk.talks.latest(talk).asked.instead_of


def test_a_changed_question_takes_the_place_of_the_one_that_it_was(do, desk, talk):
    here = talk(5)
    edit = do.edit(here)
    assert edit["question"] == "Question 4?" and edit["note"].visible
    assert asked(do, desk, here, edit["editing"]) == 4


def test_a_question_that_is_being_changed_is_none_of_another_conversation(do, desk, talk):
    """It deleted the turns of the other one from its place on."""
    editing, other = do.edit(talk(5))["editing"], talk(10)
    shown = do.choose(other, "")
    assert shown["editing"] is None and not shown["note"].visible
    assert asked(do, desk, other, editing) is None


def test_a_turn_that_another_window_added_meanwhile_stays(do, desk, talk):
    here = talk(2)
    editing = do.edit(here)["editing"]
    conversation.add_turn(desk.bench.library, here, "From elsewhere?", "From elsewhere?", "{}")
    assert asked(do, desk, here, editing) is None


def test_what_shows_a_conversation_anew_leaves_the_note_of_an_edit_alone(do, talk):
    here = talk(2)
    for shown in (do.show(here), do.rename(here, "Named", "")):
        assert "note" not in shown and "editing" not in shown


@pytest.mark.parametrize("way", ["again", "delete", "nothing sent"])
def test_an_edit_is_over_when_something_else_is_done(do, talk, way):
    here = talk(2)
    editing = do.edit(here)["editing"]
    over = {
        "again": lambda: do.again(here, [], "auto"),
        "delete": lambda: do.delete(here, ""),
        "nothing sent": lambda: do.ask("  ", here, [], "auto", editing, ""),
    }[way]()
    assert over["editing"] is None and not over["note"].visible


def test_an_answer_that_is_made_anew_and_stopped_leaves_the_one_that_is_kept(do, desk, talk):
    here = talk(2)
    during = do.again(here, [], "auto")
    assert "Question 0?" in during["log"] and "Question 1?" not in during["log"]
    stop, after = do.stop(here, ""), do.show(here)
    assert "Question 1?" in after["log"] and "Stopped" in after["live"]
    assert stop["question"] == "Question 1?" and stop["note"].visible
    assert asked(do, desk, here, stop["editing"]) == 1


def test_an_answer_that_is_made_anew_and_fails_leaves_the_one_that_is_kept(do, desk, talk):
    """As where the model's server went away; here what was to be searched is gone."""
    here = talk(2)
    do.again(here, ["gone"], "auto")
    running = desk.talks.latest(here)
    running.job.run()  # its turn has come
    assert running.job.error
    after = do.show(here)
    assert "Question 1?" in after["log"] and "fault" in after["live"]


def test_a_stop_begins_no_edit_where_another_question_is_typed_or_none_was_replaced(do, talk):
    here = talk(2)
    do.again(here, [], "auto")
    assert do.stop(here, "Quite another?") == {"question": "Quite another?"}
    do.ask("One more?", here, [], "auto", None, "")
    assert do.stop(here, "") == {"question": "One more?"}


def test_what_is_typed_is_left_alone_when_a_conversation_is_shown_anew(do, desk, talk):
    """The words to find and a name half typed: at the end of an answer and when the reader comes back to the page."""
    here, _ = talk(1), talk(2)
    do.again(here, [], "auto")
    following = do.follow(here)
    next(following)
    desk.talks.latest(here).job.cancel()
    for shown in (do.show(here), *following, do.again(here, [], "auto")):
        assert "talks" not in shown and "name" not in shown


def test_the_list_holds_what_is_found_whatever_else_is_done(do, talk):
    here, _ = talk(7), talk(2)
    for shown in (
        do.opened(here, "Talk of 7"),
        do.choose(here, "Talk of 7"),
        do.refreshed(here, "Talk of 7"),
        do.rename(here, "Still a Talk of 7", "Talk of 7"),
        do.ask("And now?", here, [], "auto", None, "Talk of 7"),
    ):
        assert [value for _, value in shown["talks"].choices] == [here]
        assert shown["talks"].value == here
    assert [value for _, value in do.relisted("Talk of 7")["talks"].choices] == [here]
    assert len(do.choose(here, "")["talks"].choices) == 2
    assert len(do.delete(here, "")["talks"].choices) == 1
    assert len(do.suggestion(0)("And then?", "gone", "auto", [], "")["talks"].choices) == 2


def test_a_name_is_shown_where_it_is_another_one(do, talk):
    here = talk(1)
    assert do.choose(here, "")["name"] == "Talk of 1" and do.choose("gone", "")["name"] == ""
    assert do.rename(here, " Named  so ", "")["name"] == "Named so"
    assert do.ask("First question?", "gone", [], "auto", None, "")["name"] == "First question?"
    assert "name" not in do.ask("Another one?", here, [], "auto", None, "")
