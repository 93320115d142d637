"""`papers chat`: a conversation in the terminal, kept in the library."""

import json
from typing import TYPE_CHECKING

from assistant.answering.follow_up import standalone_question
from assistant.chat import conversation
from assistant.contract import answer_json
from assistant.verify.terms import is_chinese
from index.model.errors import PaperAssistantError
from index.model.records import Filters
from ui.commands.terminal import err, plain, print_answer, say, show_answer

if TYPE_CHECKING:
    from assistant.answering.answer import Asker
    from assistant.context import Workbench

TITLE = 60  # characters of the first question that name a conversation


def chat_loop(bench: "Workbench", filters: Filters | None, language: str, *, resume: bool) -> None:
    """Questions until Ctrl-D. Each turn is kept; a follow-up is rewritten so that it stands alone."""
    asker = bench.asker()
    earlier = conversation.conversations(bench.library)[:1] if resume else []
    talk = conversation.load(bench.library, earlier[0].id) if earlier else None
    for turn in talk.turns if talk else ():
        say(f"> {turn.question}\n{turn.answer}")
    while True:
        try:
            question = err.input("[bold]ask (Ctrl-D ends)> [/bold]").strip()
        except EOFError:
            return
        if question:
            talk = talk or conversation.start(bench.library, question[:TITLE])
            try:
                _turn(bench, asker, talk.id, question, filters, language)
            except PaperAssistantError as error:
                say(str(error))


def _turn(
    bench: "Workbench", asker: "Asker", talk_id: str, question: str, filters: Filters | None, language: str
) -> None:
    earlier = conversation.load(bench.library, talk_id).turns
    alone = standalone_question(asker.model, earlier, question, "zh" if is_chinese(question) else "en")
    if alone != question:
        err.print(plain(f"searching for: {alone}"), style="dim")
    answer = show_answer(asker.answer(alone, filters=filters, language=language))
    records = bench.records()
    print_answer(answer, records)
    kept = json.dumps(answer_json(answer, records, asker.model), ensure_ascii=False)
    conversation.add_turn(bench.library, talk_id, question, alone, kept)
