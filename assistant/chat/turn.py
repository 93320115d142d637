"""One turn of a conversation: the question is made standalone, answered from its scope, and kept.

`papers chat` and the browser share it. A scope is a list of paper ids and of tags marked with `TAG`; a tag means the
papers that have it when the question is asked, so the tag itself is kept.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.answering.answer import Asker
from assistant.answering.events import AnswerReady, Event
from assistant.chat import conversation
from assistant.contract import Json, answer_json
from assistant.llm.errors import Cancelled
from assistant.llm.prompts import Language
from assistant.question.follow_up import standalone_question
from assistant.verify.terms import is_chinese
from index.model.errors import LibraryError
from index.model.records import Filters
from index.store.library import Library
from index.store.tags import tags_of_papers

MAX_TITLE = 60  # characters of the first question that name a conversation
SCOPE = "scope"  # the key under which a kept answer says what was searched
TAG = "tag:"  # marks a tag among ids of papers, which have no colon


@dataclass(frozen=True)
class Understood:
    """The question that is searched for: a follow-up rewritten as a standalone question."""

    question: str


def take_turn(
    asker: Asker,
    library: Library,
    conversation_id: str,
    question: str,
    *,
    scope: Sequence[str] = (),
    language: str = "auto",
    instead_of: int | None = None,
) -> Iterator[Understood | Event]:
    """Yield `Understood`, then the events of the answer; the turn is kept before `AnswerReady` is yielded.

    `instead_of` is the position of the turn that this one replaces, with all that follow it. Raises LibraryError for
    an empty scope, ConversationNotFound, ModelError, and Cancelled if `asker.cancelled` says so before the end.
    """
    papers = papers_in_scope(library, scope)
    earlier = conversation.load(library, conversation_id).turns[:instead_of]
    own: Language = "zh" if is_chinese(question) else "en"
    alone = standalone_question(asker.model, earlier, question, own, asker.cancelled)
    yield Understood(alone)
    for event in asker.answer(alone, filters=Filters(papers) if papers else None, language=language):
        if isinstance(event, AnswerReady):
            if asker.cancelled and asker.cancelled():
                raise Cancelled("Stopped. Ask again at any time.")
            kept = json.dumps({**_kept(event, asker, library), SCOPE: list(scope)}, ensure_ascii=False)
            conversation.add_turn(library, conversation_id, question, alone, kept, instead_of)
        yield event


def papers_in_scope(library: Library, scope: Sequence[str]) -> frozenset[str] | None:
    """Return the ids of the papers in a scope now; None for the empty scope, which is the whole library.

    Raises LibraryError if no paper is left in it, so that nothing else is searched instead.
    """
    if not scope:
        return None
    tags = {each.removeprefix(TAG) for each in scope if each.startswith(TAG)}
    given = tags_of_papers(library) if tags else {}
    tagged = {paper for paper, names in given.items() if tags.intersection(names)}
    papers = {record.id for record in library.papers()} & {*scope} | tagged
    if not papers:
        raise LibraryError(
            "No paper of the library is left in what this question was to search. Choose other papers or tags, or "
            "none for the whole library, and ask again."
        )
    return frozenset(papers)


def _kept(ready: AnswerReady, asker: Asker, library: Library) -> Json:
    """The answer as JSON."""
    return answer_json(ready.answer, {record.id: record for record in library.papers()}, asker.model)
