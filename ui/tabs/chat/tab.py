"""The chat: a question, the answer as it is verified, and the conversations before it. Layout and wiring.

ui/tabs/chat/actions.py handles the events, ui/tabs/chat/view.py renders the HTML.
"""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from ui.pages.screen import CHAT, Screen
from ui.tabs.chat.actions import NEW, ChatActions, ChatParts
from ui.tabs.chat.choices import COUNT

LONGEST_QUESTION = 2000  # characters
# The same after a restart, so that the page still knows its conversation; what is kept there is an id, no secret.
_STORE_KEY, _STORE_SECRET = "papers-conversation", "papers"


@dataclass(frozen=True)
class ChatHandles:
    """What other tabs may use of the chat."""

    tab: gr.Tab
    question: gr.Textbox


def build_chat_tab(screen: Screen) -> ChatHandles:
    """The tab, wired; opens the conversation that this browser had open."""
    with gr.Tab(screen.words("chat.tab"), id=CHAT) as tab, gr.Row(elem_classes="chat"):
        listed = _conversations(screen)
        shown = _talk(screen)
    parts = ChatParts(**listed, **shown)
    _wire(screen, tab, parts)
    return ChatHandles(tab, parts.question)


def _conversations(screen: Screen) -> dict[str, Any]:
    words = screen.words
    with gr.Column(scale=1, min_width=230, elem_classes="talks"):
        new = gr.Button(words("chat.new"), elem_id="new-talk", size="sm")
        find = gr.Textbox(label=words("chat.find"), elem_id="find-talk", max_lines=1)
        talks = gr.Radio(label=words("chat.conversations"), choices=[], elem_id="talks")
        with gr.Accordion(words("chat.manage"), open=False, elem_id="manage", visible=False) as manage:
            name = gr.Textbox(label=words("chat.name"), elem_id="talk-name", max_lines=1, max_length=120)
            rename = gr.Button(words("chat.rename"), elem_id="rename-talk", size="sm")
            export = gr.HTML(elem_id="export-talk", js_on_load=None, apply_default_css=False)
            delete = gr.Button(words("chat.delete"), elem_id="delete-talk", size="sm")
            with gr.Row(visible=False) as sure:
                really = gr.Button(words("chat.delete_sure"), elem_id="delete-sure", variant="stop", size="sm")
                keep = gr.Button(words("chat.keep"), elem_id="delete-keep", size="sm")
    return {
        "new": new, "find": find, "talks": talks, "manage": manage, "name": name, "rename": rename,
        "export": export, "delete": delete, "sure": sure, "really": really, "keep": keep,
    }  # fmt: skip


def _talk(screen: Screen) -> dict[str, Any]:
    words = screen.words
    with gr.Column(scale=4, min_width=320, elem_classes="talk"):
        log = gr.HTML(elem_id="log", js_on_load=None, apply_default_css=False)
        live = gr.HTML(elem_id="live", js_on_load=None, apply_default_css=False)
        with gr.Row(visible=False, elem_classes="suggested") as suggested:
            suggestions = [gr.Button("", size="sm", elem_classes="suggestion") for _ in range(COUNT)]
        with gr.Row(visible=False, elem_classes="after") as after:
            again = gr.Button(words("chat.again"), elem_id="again", size="sm")
            edit = gr.Button(words("chat.edit"), elem_id="edit", size="sm")
        with gr.Column(elem_classes="composer"):  # always in view, whatever is read above it
            note = gr.HTML(elem_id="edit-note", visible=False, js_on_load=None, apply_default_css=False)
            with gr.Row(elem_classes="asking"):
                question = gr.Textbox(
                    label=words("chat.question"), placeholder=words("chat.question_placeholder"), elem_id="question",
                    lines=1, max_lines=8, max_length=LONGEST_QUESTION, autofocus=True, scale=8,
                )  # fmt: skip
                send = gr.Button(words("chat.send"), variant="primary", elem_id="send", scale=1, min_width=90)
                stop = gr.Button(
                    words("chat.stop"), variant="stop", elem_id="stop", scale=1, min_width=90, visible="hidden"
                )
            with gr.Row(elem_classes="choices"):
                scope = gr.Dropdown(label=words("chat.scope"), choices=[], value=[], multiselect=True, elem_id="scope",
                                    scale=5)  # fmt: skip
                languages = [(words("chat.language_auto"), "auto"), ("English", "en"), ("中文", "zh")]
                language = gr.Dropdown(
                    languages, value=screen.context.settings.language, label=words("chat.language"), elem_id="language",
                    scale=2, min_width=160, filterable=False,
                )  # fmt: skip
        refresh = gr.Button("", elem_id="refresh-talk", visible="hidden")
    return {
        "log": log, "live": live, "suggested": suggested, "suggestions": tuple(suggestions), "after": after,
        "again": again, "edit": edit, "note": note, "question": question, "send": send, "stop": stop,
        "scope": scope, "language": language, "refresh": refresh,
        "talk": gr.BrowserState("", storage_key=_STORE_KEY, secret=_STORE_SECRET),
        "editing": gr.State(None), "suggested_papers": gr.State([]),
    }  # fmt: skip


def _wire(screen: Screen, tab: gr.Tab, parts: ChatParts) -> None:
    do = ChatActions(screen, parts)
    quick: dict[str, Any] = {"show_progress": "hidden", "concurrency_limit": None}
    choices = [parts.scope, parts.language]
    talk = [parts.talk, parts.find]
    shown = [parts.talk, parts.editing, *parts.view, parts.scope]

    def follow(event: Any, action: Any = do.follow_asked) -> Any:  # noqa: ANN401  # gradio's Dependency
        following = event.then(action, [parts.talk], parts.view, **quick)
        following.then(do.relisted, [parts.find], [parts.talks], **quick)  # with what is typed there at the end
        return following

    asking = [parts.question, parts.talk, *choices, parts.editing, parts.find]
    asked = [parts.question, parts.talk, parts.editing, *parts.view]
    following = [
        follow(parts.question.submit(do.ask, asking, asked, **quick)),
        follow(parts.send.click(do.ask, asking, asked, **quick)),
        follow(parts.again.click(do.again, [parts.talk, *choices], [parts.editing, *parts.view], **quick)),
        follow(screen.page.load(do.opened, talk, shown, **quick), do.follow),
        follow(parts.refresh.click(do.refreshed, talk, parts.view, **quick), do.follow),
    ]
    for row, button in enumerate(parts.suggestions):
        inputs = [button, parts.talk, parts.language, parts.suggested_papers, parts.find]
        following.append(follow(button.click(do.suggestion(row), inputs, [parts.scope, *asked[1:]], **quick)))
    following.append(follow(parts.talks.input(do.choose, [parts.talks, parts.find], shown, **quick), do.follow))
    parts.talks.input(None, cancels=following)  # what went on in the conversation before must not show in this one
    parts.new.click(lambda find: do.choose(NEW, find), [parts.find], shown, cancels=following, **quick)
    changed = [parts.question, parts.editing, parts.note]
    parts.stop.click(do.stop, [parts.talk, parts.question], changed, concurrency_limit=None, **_only(quick))
    parts.edit.click(do.edit, [parts.talk], changed, **quick)
    parts.find.change(do.listed, [parts.find, parts.talk], [parts.talks], **quick)
    parts.rename.click(do.rename, [parts.talk, parts.name, parts.find], parts.view, **quick)
    parts.delete.click(lambda: gr.Row(visible=True), None, [parts.sure], **quick)
    parts.keep.click(lambda: gr.Row(visible=False), None, [parts.sure], **quick)
    parts.really.click(do.delete, talk, [*shown, parts.sure], cancels=following, **quick)
    tab.select(do.scope_choices, [parts.scope], [parts.scope], **quick)
    screen.chosen.change(do.scope_of, [screen.chosen], [parts.scope, screen.chosen], **quick)


def _only(quick: dict[str, Any]) -> dict[str, Any]:
    return {"show_progress": quick["show_progress"]}
