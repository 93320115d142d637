"""The components of the chat, and those that a conversation is shown in."""

from dataclasses import dataclass

import gradio as gr

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
    talk: gr.BrowserState  # id of the open conversation, NEW, or empty where this browser never had one
    editing: gr.State  # (conversation, position) of the turn that the next question replaces, or None

    @property
    def view(self) -> list[gr.components.Component | gr.blocks.BlockContext]:
        """What changes when another conversation is shown, in the order of `ChatActions.view`."""
        return [
            self.log, self.live, self.talks, self.manage, self.name, self.export, self.after, self.note,
            self.suggested, *self.suggestions, self.suggested_papers, self.send, self.stop,
        ]  # fmt: skip
