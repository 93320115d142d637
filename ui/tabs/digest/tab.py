"""The digest tab: what arXiv announced on a day, ordered, the first papers broken down. Layout and wiring.

ui/tabs/digest/actions.py handles the events, ui/tabs/digest/form.py reads the form, ui/tabs/digest/view.py renders the
HTML. No other tab depends on it.
"""

from typing import Any

import gradio as gr

from assistant.config.profiles import TOP
from ui.pages.screen import DIGEST, Screen
from ui.tabs.digest.actions import DigestActions, DigestParts
from ui.tabs.digest.form import FILE_TYPES, LONGEST, DigestForm

# A click on a button of a card becomes an event of the page's component.
_CARD_CLICKS = """element.addEventListener('click', (event) => {
  const button = event.target.closest('button[data-do]');
  if (button) trigger('click', { action: button.dataset.do, arxiv: button.dataset.arxiv });
});"""


def build_digest_tab(screen: Screen) -> None:
    """The tab, wired; opens with the newest report, and with what is being made."""
    words = screen.words
    with gr.Tab(words("digest.tab"), id=DIGEST) as tab, gr.Row(elem_classes="reports"):
        with gr.Column(scale=1, min_width=230, elem_classes="shelf"):
            past = gr.Radio(label=words("digest.past"), choices=[], elem_id="past-digests", elem_classes="kept")
        with gr.Column(scale=4, min_width=320, elem_classes="report-desk"):
            with gr.Accordion(words("digest.new"), open=False, elem_id="new-digest") as accordion:
                form = _form(screen)
                make = gr.Button(words("digest.make"), variant="primary", elem_id="make-digest", size="sm")
            stop = gr.Button(
                words("breakdown.stop"), variant="stop", elem_id="stop-digest", size="sm", visible="hidden"
            )
            status = gr.HTML(elem_id="digest-status", js_on_load=None, apply_default_css=False)
            note = gr.HTML(elem_id="digest-note", js_on_load=None, apply_default_css=False)
            page = gr.HTML(elem_id="digest-page", js_on_load=_CARD_CLICKS, apply_default_css=False)
    parts = DigestParts(form, accordion, make, stop, status, note, page, past)
    _wire(screen, tab, parts)


def _form(screen: Screen) -> DigestForm:
    words, profiles, model = screen.words, screen.context.settings.digest, screen.shared.models.wanted
    kinds = [(words("digest.kind_of_digest"), "digest"), (words("digest.kind_of_monitor"), "monitor")]
    with gr.Row():
        kind = gr.Radio(kinds, value="digest", label=words("digest.kind"), elem_id="digest-kind", min_width=180)
        names = [(words("digest.no_profile"), ""), *((name, name) for name in sorted(profiles))]
        profile = gr.Dropdown(names, value="", label=words("digest.profile"), info=words("digest.profile_info"),
                              elem_id="digest-profile", filterable=False, min_width=180)  # fmt: skip
    with gr.Row():
        categories = gr.Textbox(label=words("digest.categories"), placeholder="cs.CV, cs.RO", max_length=LONGEST,
                                elem_id="digest-categories", max_lines=2, min_width=180)  # fmt: skip
        keywords = gr.Textbox(label=words("digest.keywords"), placeholder=words("digest.keywords_hint"),
                              max_length=LONGEST, elem_id="digest-keywords", max_lines=2, min_width=180)  # fmt: skip
    interests = gr.Textbox(label=words("digest.interests"), placeholder=words("digest.interests_hint"), lines=2,
                           max_lines=6, max_length=LONGEST, elem_id="digest-interests")  # fmt: skip
    with gr.Row():
        day = gr.Textbox(label=words("digest.day"), placeholder="2026-01-19", info=words("digest.day_info"),
                         max_length=10, max_lines=1, elem_id="digest-day", min_width=150)  # fmt: skip
        top = gr.Number(value=TOP["digest"], label=words("digest.top"), info=words("digest.top_info"), precision=0,
                        minimum=0, maximum=1000, elem_id="digest-top", min_width=150)  # fmt: skip
        language = gr.Radio([("English", "en"), ("中文", "zh")], value=words.language, min_width=150,
                            label=words("digest.language"), elem_id="digest-language")  # fmt: skip
    files = gr.File(label=words("digest.files"), file_count="multiple", file_types=FILE_TYPES,
                    elem_id="digest-files", height=120)  # fmt: skip
    with gr.Row():
        offline = gr.Checkbox(label=words("digest.offline"), elem_id="digest-offline", min_width=180)
        with_model = gr.Checkbox(value=model, interactive=model, label=words("breakdown.with_model"),
                                 elem_id="digest-model", min_width=180)  # fmt: skip
        again = gr.Checkbox(label=words("digest.again"), elem_id="digest-again", min_width=180)
    return DigestForm(
        kind, profile, day, language, categories, keywords, interests, top, files, offline, with_model, again
    )


def _wire(screen: Screen, tab: gr.Tab, parts: DigestParts) -> None:
    do, form = DigestActions(screen, parts), parts.form
    quick: dict[str, Any] = {"show_progress": "hidden", "concurrency_limit": None}
    prefilled: list[Any] = [form.kind, form.language, form.categories, form.keywords, form.interests, form.top]
    form.profile.input(do.take_profile, [form.profile, form.kind], prefilled, **quick)
    opened = tab.select(do.opened, [parts.past], parts.view, **quick)  # on load nothing is mounted here yet
    opened.then(do.follow, None, parts.view, **quick)
    # Followed in the same call: a report that is soon there would be over before another call looked for it.
    parts.make.click(do.make, form.inputs, [parts.accordion, *parts.view], trigger_mode="multiple", **quick)
    parts.past.input(do.choose, [parts.past], parts.view, **quick)
    parts.stop.click(do.stop, None, None, concurrency_limit=None, show_progress="hidden")
    carded = [parts.note, screen.tabs, screen.chosen]
    clicked = parts.page.click(do.card, [parts.past], carded, **quick)
    clicked.then(do.shown, [parts.past], [parts.page], **quick)  # another report may have been opened meanwhile
