"""Settings and health: what is running, the checks with what mends them, the choice of a model, the settings in use."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr

from assistant.config.settings import CONFIG_FILE, remember
from assistant.doctor import Check, examine
from index.model.errors import PaperAssistantError
from ui.pages.render import note_html
from ui.pages.safe_html import escaped
from ui.pages.screen import SETTINGS, Screen
from ui.tabs.settings.view import (
    ModelChoice,
    checks_html,
    facts_html,
    machine_memory,
    megabytes,
    running_facts,
    setting_facts,
    settings_html,
)

Updates = dict[Any, Any]  # component to its new value


@dataclass(frozen=True)
class SettingsParts:
    """The components of the tab."""

    facts: gr.HTML
    again: gr.Button
    checks: gr.HTML
    models: gr.Radio
    use: gr.Button
    note: gr.HTML


def build_settings_tab(screen: Screen) -> None:
    """The tab, wired; everything in it is looked up each time that it is opened."""
    words, bench = screen.words, screen.bench
    plain: dict[str, Any] = {"js_on_load": None, "apply_default_css": False}
    with gr.Tab(words("settings.tab"), id=SETTINGS) as tab, gr.Row(elem_classes="settings-page"):
        with gr.Column(scale=1, min_width=300):
            gr.HTML(_head(words("settings.running")), **plain)
            facts = gr.HTML(elem_id="facts", **plain)
            gr.HTML(_head(words("settings.checks")), **plain)
            checks = gr.HTML(elem_id="checks", **plain)
            again = gr.Button(words("settings.check_again"), size="sm", elem_id="check-again", elem_classes="slim")
        with gr.Column(scale=1, min_width=300):
            gr.HTML(_head(words("settings.choose_model")), **plain)
            memory = words("settings.models_info", memory=megabytes(machine_memory()))
            models = gr.Radio([], label=words("settings.models"), info=memory, elem_id="models")
            use = gr.Button(words("settings.use"), size="sm", elem_id="use-model", elem_classes="slim")
            note = gr.HTML(elem_id="model-note", **plain)
            gr.HTML(_head(words("settings.values")), **plain)
            where = words("settings.where", file=bench.index_settings.home / CONFIG_FILE)
            values = settings_html(words, setting_facts(bench.settings))
            gr.HTML(f"{_told(where)}{values}{_told(words('settings.look'))}", **plain)
    _wire(screen, tab, SettingsParts(facts, again, checks, models, use, note))


def _wire(screen: Screen, tab: gr.Tab, parts: SettingsParts) -> None:
    do = SettingsActions(screen, parts)
    quick: dict[str, Any] = {"show_progress": "hidden", "concurrency_limit": None}
    shown = [parts.facts, parts.models, parts.use]
    for event in (tab.select, parts.again.click):
        event(do.opened, [parts.models], shown, **quick)
        event(do.checked, None, [parts.checks], **quick).then(do.after_checks, [parts.models], shown, **quick)
    parts.use.click(do.use, [parts.models], [parts.note, *shown], **quick)


class SettingsActions:
    """What happens in the tab of one page."""

    def __init__(self, screen: Screen, parts: SettingsParts) -> None:
        self._parts, self._words, self._desk = parts, screen.words, screen.desk

    def opened(self, chosen: str | None) -> Updates:
        """Show what is running, and the models to choose from; the one in use is selected if none is.

        A choice on the page is left alone: it may have changed since `chosen` was read.
        """
        facts, found = running_facts(self._desk)
        names = [each.name for each in found]
        choices = [(self._described(each), each.name) for each in found]
        models = gr.Radio(choices, visible=bool(found))
        if chosen not in names:
            models = gr.Radio(choices, visible=bool(found), value=facts.model if facts.model in names else None)
        return {
            self._parts.facts: facts_html(self._words, facts),
            self._parts.models: models,
            self._parts.use: gr.Button(visible=bool(found)),
        }

    def checked(self) -> Iterator[str]:
        """Show every check as it comes; a handler that is a generator runs in its own thread."""
        done: list[Check] = []
        yield checks_html(self._words, done, done=False)
        for check in examine(self._desk.bench):
            done.append(check)
            yield checks_html(self._words, done, done=False)
        yield checks_html(self._words, done, done=True)

    def after_checks(self, chosen: str | None) -> Updates:
        """Show what is running after the checks, which may have started a server; the choice stays."""
        if chosen is None:
            return self.opened(chosen)
        return {self._parts.facts: facts_html(self._words, running_facts(self._desk)[0])}

    def use(self, name: str | None) -> Updates:
        """Use another model from the next question on and, if papers.toml names none, after a restart."""
        if name not in [each.name for each in running_facts(self._desk)[1]]:
            said = note_html(self._words("settings.no_such_model"), "fault")
            return {self._parts.note: said, **self.opened(name)}
        self._desk.models.choose(str(name))
        return {self._parts.note: note_html(self._kept(str(name))), **self.opened(name)}

    def _kept(self, name: str) -> str:
        home = self._desk.bench.index_settings.home
        try:
            others = remember(home, chat_model=name)
        except (OSError, ValueError, PaperAssistantError):
            return self._words("settings.used_not_kept", model=name, file=home / CONFIG_FILE)
        if others:
            return self._words("settings.used_other", model=name, file=home / CONFIG_FILE, line=others[0])
        return self._words("settings.used", model=name, file=home / CONFIG_FILE)

    def _described(self, choice: ModelChoice) -> str:
        key = "settings.model_fits" if choice.fits else "settings.model_large"
        return self._words(key, name=choice.name, size=megabytes(choice.size), need=megabytes(choice.need))


def _told(text: str) -> str:
    return f'<p class="told">{escaped(text)}</p>'


def _head(text: str) -> str:
    return f"<h2 class=part>{escaped(text)}</h2>"
