"""The commands that answer questions: `papers ask`, and `papers chat` for a conversation in the terminal."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from ui.commands.options import Json, OnlyPaper, Question, chosen_language, filters_of, opened, print_json

if TYPE_CHECKING:
    from assistant.answering.answer import Asker
    from assistant.answering.events import Event
    from assistant.chat.turn import Understood
    from assistant.context import Workbench

Language = Annotated[str | None, typer.Option(help="Language of the answer: en, zh or auto (the question's).")]
NoModel = Annotated[bool, typer.Option("--no-model", help="Quote the best passages; no language model.")]


def register(cli: typer.Typer) -> None:
    """Add the commands to the command line."""
    cli.command()(ask)
    cli.command()(chat)


def ask(
    context: typer.Context,
    question: Question,
    paper: OnlyPaper = None,
    language: Language = None,
    no_model: NoModel = False,
    json_: Json = False,
) -> None:
    """Answers a question from the papers, each sentence with the words that carry it.

    Example: `papers ask "Which optimizer was used to train the Transformer?" --paper 1706.03762`
    """
    from assistant.contract import answer_json
    from ui.commands.progress import show_answer
    from ui.commands.terminal import print_answer

    with opened(context) as app:
        spoken = chosen_language(language, app) or "auto"
        asker = app.asker(with_model=not no_model)
        answer = show_answer(asker.answer(question, filters=filters_of(app, paper), language=spoken))
        records = app.records()
        if json_:
            print_json(answer_json(answer, records, asker.model))
        else:
            print_answer(answer, records)


def chat(
    context: typer.Context,
    paper: OnlyPaper = None,
    language: Language = None,
    resume: Annotated[bool, typer.Option("--continue", help="Go on with the last conversation.")] = False,
) -> None:
    """A conversation in the terminal; follow-up questions are understood. End with Ctrl-D.

    Example: `papers chat --paper 1706.03762`
    """
    from assistant.chat import conversation
    from assistant.chat.turn import MAX_TITLE
    from index.model.errors import PaperAssistantError
    from ui.commands.terminal import err, say

    with opened(context) as app:
        scope = [app.library.find(name).id for name in paper or ()]
        spoken = chosen_language(language, app) or "auto"
        asker = app.asker()
        earlier = conversation.conversations(app.library)[:1] if resume else []
        talk = conversation.load(app.library, earlier[0].id) if earlier else None
        for turn in talk.turns if talk else ():
            say(f"> {turn.question}\n{turn.answer}")
        while True:
            try:
                question = err.input("[bold]ask (Ctrl-D ends)> [/bold]").strip()
            except EOFError:
                return
            if question:
                talk = talk or conversation.start(app.library, question[:MAX_TITLE])
                try:
                    _turn(app, asker, talk.id, question, scope, spoken)
                except PaperAssistantError as error:
                    say(str(error))


def _turn(app: "Workbench", asker: "Asker", talk: str, question: str, scope: list[str], language: str) -> None:
    from assistant.chat.turn import take_turn
    from ui.commands.progress import show_answer
    from ui.commands.terminal import print_answer

    events = take_turn(asker, app.library, talk, question, scope=scope, language=language)
    answer = show_answer(_answering(events, question))
    print_answer(answer, app.records())


def _answering(events: "Iterator[Understood | Event]", question: str) -> "Iterator[Event]":
    """Yield the events of the answer; say first how a follow-up was understood."""
    from assistant.chat.turn import Understood
    from ui.commands.terminal import err, plain

    for event in events:
        if not isinstance(event, Understood):
            yield event
        elif event.question != question:
            err.print(plain(f"searching for: {event.question}"), style="dim")
