"""Conversations, kept in the library's database: turns of question and answer, as JSON that the answer made."""

import json
import sqlite3
import uuid
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from index.model.errors import LibraryError
from index.store.library import Library

_TITLE_CHARACTERS = 120
_ROWS = "SELECT id, title, created_at, updated_at FROM conversations"


class ConversationNotFound(LibraryError):
    """No conversation has that id."""


@dataclass(frozen=True)
class Turn:
    """A question as it was asked and as it was understood, and its answer. Times are UTC in ISO 8601."""

    position: int  # from 0
    question: str
    standalone_question: str
    answer_json: str
    created_at: str

    @property
    def kept(self) -> dict[str, Any]:
        """The answer as assistant/contract.py shapes it; empty if another program kept something else."""
        try:
            value = json.loads(self.answer_json)
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}

    @property
    def answer(self) -> str:
        """The words of the answer; empty if there are none."""
        answer = self.kept.get("answer")
        return answer if isinstance(answer, str) else ""


@dataclass(frozen=True)
class Conversation:
    """A talk with its turns in order; in a list of conversations, without them."""

    id: str
    title: str
    created_at: str
    updated_at: str
    turns: tuple[Turn, ...] = ()


def start(library: Library, title: str) -> Conversation:
    """Start a conversation without turns; a long title is cut."""
    now = _now()
    conversation = Conversation(uuid.uuid4().hex, _clean(title), now, now)
    with library.transaction() as connection:
        connection.execute(
            "INSERT INTO conversations (id, title, created_at, updated_at) VALUES (?, ?, ?, ?)",
            (conversation.id, conversation.title, now, now),
        )
    return conversation


def add_turn(
    library: Library,
    conversation_id: str,
    question: str,
    standalone_question: str,
    answer_json: str,
    instead_of: int | None = None,
) -> Turn:
    """Keep a turn after the others, or in place of the one at `instead_of` and all that follow it.

    Raises `ConversationNotFound`, also if another window deleted it meanwhile.
    """
    now = _now()
    with library.transaction() as connection:
        _touch(connection, conversation_id, now)
        if instead_of is not None:
            old = (conversation_id, instead_of)
            connection.execute("DELETE FROM turns WHERE conversation_id = ? AND position >= ?", old)
        (position,) = connection.execute(
            "SELECT coalesce(max(position) + 1, 0) FROM turns WHERE conversation_id = ?", (conversation_id,)
        ).fetchone()
        turn = Turn(position, question, standalone_question, answer_json, now)
        connection.execute(
            "INSERT INTO turns (conversation_id, position, question, standalone_question, answer_json, created_at) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            (conversation_id, position, question, standalone_question, answer_json, now),
        )
    return turn


def load(library: Library, conversation_id: str) -> Conversation:
    """A conversation with its turns. Raises `ConversationNotFound`."""
    with library.read() as connection:
        row = connection.execute(f"{_ROWS} WHERE id = ?", (conversation_id,)).fetchone()
        if row is None:
            raise _not_found(conversation_id)
        return replace(Conversation(*row), turns=_turns(connection, conversation_id))


def conversations(library: Library) -> list[Conversation]:
    """All conversations without their turns, the last used first."""
    with library.read() as connection:
        rows = connection.execute(f"{_ROWS} ORDER BY updated_at DESC, rowid DESC").fetchall()
    return [Conversation(*row) for row in rows]


def rename(library: Library, conversation_id: str, title: str) -> None:
    """Give it another title. Raises `ConversationNotFound`, `LibraryError` for a blank title."""
    with library.transaction() as connection:
        _touch(connection, conversation_id, _now())
        connection.execute("UPDATE conversations SET title = ? WHERE id = ?", (_clean(title), conversation_id))


def delete(library: Library, conversation_id: str) -> None:
    """Remove it with its turns. Raises `ConversationNotFound`."""
    with library.transaction() as connection:
        _touch(connection, conversation_id, _now())
        connection.execute("DELETE FROM turns WHERE conversation_id = ?", (conversation_id,))
        connection.execute("DELETE FROM conversations WHERE id = ?", (conversation_id,))


def search(library: Library, text: str) -> list[Conversation]:
    """Return the conversations whose title, questions or answers contain every word of `text`, the last used first.

    A blank text finds nothing. The case of Latin letters is ignored.
    """
    words = [word.casefold() for word in text.split()]
    found = []
    with library.read() as connection:
        for row in connection.execute(f"{_ROWS} ORDER BY updated_at DESC, rowid DESC").fetchall() if words else []:
            conversation = replace(Conversation(*row), turns=_turns(connection, row[0]))
            said = [f"{turn.question}\n{turn.standalone_question}\n{turn.answer}" for turn in conversation.turns]
            everything = "\n".join([conversation.title, *said]).casefold()
            if all(word in everything for word in words):
                found.append(replace(conversation, turns=()))
    return found


def _turns(connection: sqlite3.Connection, conversation_id: str) -> tuple[Turn, ...]:
    rows = connection.execute(
        "SELECT position, question, standalone_question, answer_json, created_at FROM turns "
        "WHERE conversation_id = ? ORDER BY position",
        (conversation_id,),
    )
    return tuple(Turn(*row) for row in rows)


def _touch(connection: sqlite3.Connection, conversation_id: str, now: str) -> None:
    changed = connection.execute("UPDATE conversations SET updated_at = ? WHERE id = ?", (now, conversation_id))
    if changed.rowcount == 0:
        raise _not_found(conversation_id)


def _not_found(conversation_id: str) -> ConversationNotFound:
    return ConversationNotFound(f"There is no conversation {conversation_id[:40]}. Choose one of the list.")


def _clean(title: str) -> str:
    cleaned = " ".join(title.split())
    if not cleaned:
        raise LibraryError("A conversation needs a title. Write one.")
    return cleaned if len(cleaned) <= _TITLE_CHARACTERS else f"{cleaned[: _TITLE_CHARACTERS - 1].rstrip()}…"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
