"""What the chat does when something is clicked, typed or loaded. Each action gives the updates of its components."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import gradio as gr

from assistant.chat import conversation
from assistant.chat.conversation import Conversation
from assistant.chat.turn import MAX_TITLE, SCOPE
from index.model.errors import PaperAssistantError
from ui.jobs.chat_jobs import Asked, Running
from ui.pages.render import note_html
from ui.pages.safe_html import escaped
from ui.pages.screen import Screen
from ui.tabs.chat.choices import scope_choices, suggestions
from ui.tabs.chat.view import Live, empty_html, talk_html

NEW = "new"  # in place of a conversation's id: an empty one, not made yet


@dataclass(frozen=True)
class ChatParts:
    """Every component by its name."""

    new: gr.Button
    find: gr.Textbox
    talks: gr.Radio
    manage: gr.Accordion
    name: gr.Textbox
    rename: gr.Button
    export: gr.HTML
    delete: gr.Button
    sure: gr.Row
    really: gr.Button
    keep: gr.Button
    log: gr.HTML
    live: gr.HTML
    suggested: gr.Row
    suggestions: tuple[gr.Button, ...]
    suggested_papers: gr.State  # list[str]: the paper of each suggestion
    after: gr.Row
    again: gr.Button
    edit: gr.Button
    note: gr.HTML
    question: gr.Textbox
    send: gr.Button
    stop: gr.Button
    scope: gr.Dropdown
    language: gr.Dropdown
    refresh: gr.Button
    talk: gr.BrowserState  # id of the open conversation, NEW, or empty if this browser never had one
    editing: gr.State  # (conversation, position) of the turn that the next question replaces, or None

    @property
    def view(self) -> list[gr.components.Component | gr.blocks.BlockContext]:
        """What changes when another conversation is shown, in the order of `ChatActions.view`."""
        return [
            self.log, self.live, self.talks, self.manage, self.name, self.export, self.after, self.note,
            self.suggested, *self.suggestions, self.suggested_papers, self.send, self.stop,
        ]  # fmt: skip


Updates = dict[Any, Any]  # component to its new value
Editing = tuple[str, int] | None  # a conversation, and the position of its turn that the next question replaces

_LISTED = 200  # conversations in the list; older ones are found by searching
_TICK = 0.5  # seconds after which the place in line is looked at again


class ChatActions:
    """The actions of one page's chat."""

    def __init__(self, screen: Screen, parts: ChatParts) -> None:
        self._screen, self._parts = screen, parts
        self._words, self._shared, self._library = screen.words, screen.shared, screen.context.library

    def opened(self, talk: str, find: str) -> Updates:
        """A page was loaded: the conversation that this browser had open, else the last one."""
        if not talk:
            newest = conversation.conversations(self._library)[:1]
            talk = newest[0].id if newest else NEW
        return self.choose(talk, find)

    def choose(self, talk: str, find: str) -> Updates:
        """Another conversation was chosen: show it with the scope of its last question; a deleted one is empty.

        An empty one searches the whole library.
        """
        parts, known = self._parts, self._load(talk)
        id = known.id if known else NEW
        return {
            parts.talk: id,
            parts.name: known.title if known else "",
            parts.scope: self._scope(self._searched(known) if known else ()),
            **self.refreshed(id, find),
            **self._no_edit(),
        }

    def refreshed(self, talk: str, find: str) -> Updates:
        """The user came back: show the conversation, and those that contain the words in the search box."""
        return {**self.show(talk), **self.listed(find, talk)}

    def show(self, talk: str) -> Updates:
        """A conversation as it is now, with what is being answered in it.

        It leaves alone what the user types: an edited question, a name, words to search conversations for.
        """
        parts, known = self._parts, self._load(talk)
        running = self._shared.chat_jobs.latest(talk)
        active = running is not None and not running.job.ended
        return {
            **self._shown_turns(known, running),
            parts.manage: gr.Accordion(visible=known is not None),
            parts.export: self._export_link(known),
            parts.after: gr.Row(visible=known is not None and bool(known.turns) and not active),
            parts.send: gr.Button(visible="hidden" if active else True),
            parts.stop: gr.Button(visible=True if active else "hidden"),
        }

    def ask(self, question: str, talk: str, scope: list[str], language: str, editing: Editing, find: str) -> Updates:
        """A question was sent; in a conversation that is being answered it waits in the box.

        An empty one asks nothing and ends an edit.
        """
        parts, text = self._parts, question.strip()
        if not text:
            return {parts.question: question, **self._no_edit()}
        running = self._shared.chat_jobs.latest(talk)
        if running and not running.job.ended:
            return {parts.question: question}
        known = self._load(talk)
        asked_in = known or conversation.start(self._library, text[:MAX_TITLE])
        self._shared.chat_jobs.ask(Asked(asked_in.id, text, tuple(scope), language, self._replaced(known, editing)))
        named = {} if known else {parts.name: asked_in.title}
        shown = {**self.refreshed(asked_in.id, find), **self._no_edit(), **named}
        return {**shown, parts.question: "", parts.talk: asked_in.id}

    def suggestion(self, row: int) -> Callable[[str, str, str, list[str], str], Updates]:
        """A suggested question was clicked: asked of its paper."""

        def asked(question: str, talk: str, language: str, papers: list[str], find: str) -> Updates:
            done = self.ask(question, talk, papers[row : row + 1], language, None, find)
            done.pop(self._parts.question)
            return {**done, self._parts.scope: papers[row : row + 1]}

        return asked

    def again(self, talk: str, scope: list[str], language: str) -> Updates:
        """Answer the last question again, in the present scope and language."""
        known = self._load(talk)
        if known and known.turns:
            last = known.turns[-1]
            self._shared.chat_jobs.ask(Asked(talk, last.question, tuple(scope), language, last.position))
        return {**self.show(talk), **self._no_edit()}

    def edit(self, talk: str) -> Updates:
        """The last question back in the box, to be changed."""
        parts, known = self._parts, self._load(talk)
        if not known or not known.turns:
            return self._no_edit()
        last = known.turns[-1]
        return {parts.question: last.question, **self._edit_of(talk, last.position)}

    def stop(self, talk: str, question: str) -> Updates:
        """Stop the answer at once; its question goes back into the box unless another one is there.

        If it was to replace a turn, it still does when it is sent again.
        """
        running = self._shared.chat_jobs.latest(talk)
        if running is None or running.job.ended:
            return {self._parts.question: question}
        running.job.cancel()
        if question.strip():
            return {self._parts.question: question}
        position = running.asked.instead_of
        again = {} if position is None else self._edit_of(talk, position)
        return {self._parts.question: running.asked.question, **again}

    def follow(self, talk: str) -> Iterator[Updates]:
        """What is being answered in a conversation, as it comes; then the conversation as it is kept.

        If nothing is being answered it changes nothing: by now the user may be somewhere else.
        """
        running = self._shared.chat_jobs.latest(talk)
        if running is None or running.job.ended:
            yield gr.skip()
        else:
            yield from self._followed(talk, running)

    def follow_asked(self, talk: str) -> Iterator[Updates]:
        """The same for a question that was just asked, whose answer may be there already."""
        running = self._shared.chat_jobs.latest(talk)
        if running is None:
            yield gr.skip()
        else:
            yield from self._followed(talk, running)

    def _followed(self, talk: str, running: Running) -> Iterator[Updates]:
        live, seen = self._live(running), None
        for batch in running.job.follow(_TICK):
            for event in batch:
                live.take(event)
            now = (live.step, live.alone, len(live.sentences), running.job.place)
            if now != seen and not running.job.ended:
                seen, live.note = now, self._note()
                yield {self._parts.live: live.html()}
        yield self.show(talk)
        if running.job.bug:
            raise running.job.bug

    def listed(self, text: str, talk: str) -> Updates:
        """List the conversations that contain `text`; all of them if it is blank."""
        choices = self._found(text)
        open_one = talk if talk in {id for _, id in choices} else None
        return {self._parts.talks: gr.Radio(choices=choices, value=open_one)}

    def relisted(self, text: str) -> Updates:
        """The same at the end of an answer, which is the last used now; by now another one may be open."""
        return {self._parts.talks: gr.Radio(choices=self._found(text))}

    def rename(self, talk: str, name: str, find: str) -> Updates:
        """Another title; a blank one is refused with a sentence."""
        try:
            conversation.rename(self._library, talk, name)
        except PaperAssistantError as error:
            gr.Warning(escaped(str(error)))
        known = self._load(talk)
        return {**self.refreshed(talk, find), self._parts.name: known.title if known else ""}

    def delete(self, talk: str, find: str) -> Updates:
        """The conversation is gone, and what was being answered in it is stopped."""
        running = self._shared.chat_jobs.latest(talk)
        if running:
            running.job.cancel()
        with suppress(PaperAssistantError):  # another tab was faster
            conversation.delete(self._library, talk)
        return {self._parts.sure: gr.Row(visible=False), **self.choose(NEW, find)}

    def scope_choices(self, chosen: list[str]) -> Updates:
        """The papers and tags of the library as they are now; what was chosen stays, unless it is gone."""
        return {self._parts.scope: self._scope(chosen, keep=True)}

    def scope_of(self, papers: Sequence[str]) -> Updates:
        """Another tab sent the user here to ask about papers; cleared, so that it can send the same ones again."""
        if not papers:
            return {self._screen.chosen: gr.skip()}
        return {self._parts.scope: self._scope(papers), self._screen.chosen: []}

    def _scope(self, chosen: Sequence[str] = (), *, keep: bool = False) -> gr.Dropdown:
        """Return the choices as they are now, with those of `chosen` that are among them selected.

        With `keep` the selection on the page, which may be newer, is left alone if all of `chosen` are offered.
        """
        choices = scope_choices(self._library, self._words, chosen)
        info = self._words("chat.scope_info", count=len(self._library.papers()))
        offered = {value for _, value in choices}
        if keep and offered.issuperset(chosen):
            return gr.Dropdown(choices=choices, info=info)
        return gr.Dropdown(choices=choices, info=info, value=[each for each in chosen if each in offered])

    def _searched(self, known: Conversation) -> Sequence[str]:
        """The scope of the last question of a conversation, even while it is being answered."""
        running = self._shared.chat_jobs.latest(known.id)
        if running and not running.job.done:
            return running.asked.scope
        kept = known.turns[-1].kept.get(SCOPE) if known.turns else None
        return [each for each in kept if isinstance(each, str)] if isinstance(kept, list) else []

    def _edit_of(self, talk: str, position: int) -> Updates:
        note = gr.HTML(note_html(self._words("chat.editing")), visible=True)
        return {self._parts.editing: (talk, position), self._parts.note: note}

    def _no_edit(self) -> Updates:
        return {self._parts.editing: None, self._parts.note: gr.HTML(visible=False)}

    def _replaced(self, known: Conversation | None, editing: Editing) -> int | None:
        """Return the turn that an edit replaces; None in another conversation or if it is no longer the last."""
        last = known.turns[-1] if known and known.turns else None
        return last.position if known and last and editing == (known.id, last.position) else None

    def _shown_turns(self, known: Conversation | None, running: Running | None) -> Updates:
        parts, words = self._parts, self._words
        live, turns = self._live_html(running), known.turns if known else ()
        if running and live and not running.job.ended:  # stopped or failed it replaces nothing
            turns = turns[: running.asked.instead_of]
        updates: Updates = {parts.live: live, parts.suggested: gr.Row(visible=False)}
        if known and (turns or live):
            return {**updates, parts.log: talk_html(words, turns)}
        found = suggestions(self._library, words)
        for button, each in zip(parts.suggestions, [*found, *[None] * len(parts.suggestions)], strict=False):
            updates[button] = gr.Button(each.question if each else "", visible=each is not None)
        count = len(self._screen.context.library.papers())
        return {
            **updates,
            parts.log: empty_html(words, count),
            parts.suggested: gr.Row(visible=bool(found)),
            parts.suggested_papers: [each.paper for each in found],
        }

    def _live(self, running: Running) -> Live:
        return Live(self._words, running, self._note())

    def _note(self) -> str:
        """Why there is no model; empty if there is one or it was not looked for yet."""
        models = self._shared.models
        return models.reason if models.wanted else self._words("chat.chosen_no_model")

    def _live_html(self, running: Running | None) -> str:
        """Return an unfinished answer, or how it ended without one; empty if its turn is kept."""
        if running is None or running.job.done:
            return ""
        live = self._live(running)
        for event in running.job.events():
            live.take(event)
        return live.html(stopped=running.stopped, fault="" if running.stopped else self._fault(running))

    def _fault(self, running: Running) -> str:
        """What went wrong; empty while nothing did."""
        job = running.job
        if job.bug is not None:
            return self._words("chat.broken", kind=type(job.bug).__name__)
        return str(job.error) if job.error else ""

    def _export_link(self, known: Conversation | None) -> str:
        if known is None:
            return ""
        said = escaped(self._words("chat.export"))
        return f'<a class="export" href="../talks/{escaped(known.id)}.md" download>{said}</a>'

    def _found(self, text: str) -> list[tuple[str, str]]:
        found = conversation.search(self._library, text) if text.strip() else conversation.conversations(self._library)
        return [(each.title, each.id) for each in found[:_LISTED]]

    def _load(self, talk: str | None) -> Conversation | None:
        try:
            return conversation.load(self._library, talk or NEW)
        except PaperAssistantError:
            return None
