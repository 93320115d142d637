"""The library: adding papers, the list with a paper open in it, search in the text. Layout and wiring.

ui/tabs/library/actions.py handles the events, ui/tabs/library/view.py renders the HTML.
"""

from typing import Any

import gradio as gr

from ui.pages.screen import LIBRARY, Screen
from ui.tabs.library.actions import IDLE_SECONDS, LibraryActions, LibraryParts
from ui.tabs.library.view import Listing

LONGEST_PASTE = 20_000  # characters
# Reports clicks on `data-act` buttons; after a new list, focus and a half-written tag are as before.
_JS = """
const mark = (each) => [each.dataset.act || each.tagName, each.dataset.id || '', each.dataset.value || ''].join('|');
let held = '', written = '';
const report = (button) => {
    const field = 'field' in button.dataset && button.parentElement.querySelector('input');
    const value = field ? field.value : button.dataset.value;
    trigger('select', {act: button.dataset.act, id: button.dataset.id, value: value});
    written = '';
};
element.addEventListener('focusin', (event) => { held = mark(event.target); });
element.addEventListener('input', (event) => { written = event.target.value; });
element.addEventListener('click', (event) => {
    const button = event.target.closest('[data-act]');
    if (button) report(button);
});
element.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && 'enter' in event.target.dataset)
        report(event.target.parentElement.querySelector('[data-field]'));
});
watch('value', () => {
    if (document.activeElement !== document.body) return;
    const again = [...element.querySelectorAll('button, input')].find((each) => mark(each) === held);
    if (!again) return;
    again.focus({preventScroll: true});
    if (again.tagName === 'INPUT') again.value = written;
});
"""


def build_library_tab(screen: Screen) -> None:
    """The tab, wired; looks at the job and the library each time that it is opened, and while it is."""
    with gr.Tab(screen.words("library.tab"), id=LIBRARY) as tab, gr.Column(elem_classes="library"):
        parts = LibraryParts(**_adding(screen), **_listed(screen))
    _wire(screen, tab, parts)


def _adding(screen: Screen) -> dict[str, Any]:
    words, local = screen.words, screen.desk.local
    with gr.Row(elem_classes="adding"):
        with gr.Column(scale=3, min_width=280):
            files = gr.File(
                label=words("library.drop"), file_count="multiple", file_types=[".pdf"], height=130,
                elem_id="drop-papers",
            )  # fmt: skip
            folder = gr.UploadButton(
                words("library.folder"), file_count="directory", size="sm", elem_id="drop-folder", elem_classes="slim"
            )
        with gr.Column(scale=4, min_width=280):
            pasted = gr.Textbox(
                label=words("library.paste_local" if local else "library.paste"), lines=3, max_lines=8,
                placeholder=words("library.paste_placeholder"), max_length=LONGEST_PASTE, elem_id="paste-papers",
            )  # fmt: skip
            add = gr.Button(words("library.add"), size="sm", elem_id="add-papers", elem_classes="slim")
    note = gr.HTML(elem_id="library-note", js_on_load=None, apply_default_css=False)
    job = gr.HTML(elem_id="job", js_on_load=None, apply_default_css=False)
    with gr.Row(visible=False, elem_classes="after") as buttons:
        cancel = gr.Button(words("library.cancel"), size="sm", variant="stop", elem_id="cancel-job")
        hide = gr.Button(words("library.hide"), size="sm", elem_id="hide-job")
    return {
        "files": files, "folder": folder, "pasted": pasted, "add": add, "note": note, "job": job,
        "job_buttons": buttons, "cancel": cancel, "hide": hide, "hidden": gr.State(0),
    }  # fmt: skip


def _listed(screen: Screen) -> dict[str, Any]:
    words = screen.words
    with gr.Row(elem_classes="looking"):
        chosen = gr.Textbox(
            label=words("library.filter"), placeholder=words("library.filter_placeholder"), max_lines=1,
            elem_id="filter-papers", scale=3, min_width=180,
        )  # fmt: skip
        tag = gr.Dropdown(
            [(words("library.all_tags"), "")], value="", label=words("library.only_tag"), elem_id="filter-tag",
            scale=1, min_width=120, visible=False,
        )  # fmt: skip
        query = gr.Textbox(
            label=words("library.search"), placeholder=words("library.search_placeholder"), max_lines=1,
            max_length=300, elem_id="search-text", scale=3, min_width=180,
        )  # fmt: skip
    hits = gr.HTML(elem_id="hits", js_on_load=None, apply_default_css=False)
    close = gr.Button(words("library.close_hits"), size="sm", visible=False, elem_id="close-hits", elem_classes="slim")
    table = gr.HTML(elem_id="papers", js_on_load=_JS, apply_default_css=False)
    return {
        "filter": chosen, "tag": tag, "query": query, "hits": hits, "close_hits": close, "table": table,
        "listing": gr.State(Listing()), "seen": gr.State((0, 0)), "timer": gr.Timer(IDLE_SECONDS),
    }  # fmt: skip


def _wire(screen: Screen, tab: gr.Tab, parts: LibraryParts) -> None:
    do = LibraryActions(screen, parts)
    quick: dict[str, Any] = {"show_progress": "hidden", "concurrency_limit": None}
    asked = [parts.filter, parts.tag, parts.listing]
    listed = [parts.table, parts.tag, parts.listing, parts.seen]
    job = [parts.job, parts.job_buttons, parts.cancel, parts.hide, parts.timer, parts.hidden]
    tab.select(do.opened, [*asked, parts.hidden], [*listed, *job], **quick)
    parts.timer.tick(do.looked, [parts.seen, *asked, parts.hidden], [*listed, *job], **quick)
    for drop in (parts.files, parts.folder):
        drop.upload(do.add_files, [drop], [parts.files, parts.note, *job], **quick)
    parts.add.click(do.add_pasted, [parts.pasted], [parts.pasted, parts.note, *job], **quick)
    parts.cancel.click(do.cancel, [parts.hidden], job, **quick)
    parts.hide.click(do.hide, None, [parts.note, *job], **quick)
    parts.filter.change(do.shown, asked, listed, trigger_mode="always_last", **quick)
    parts.tag.input(do.shown, asked, listed, **quick)
    found = [parts.hits, parts.close_hits]
    parts.query.submit(do.search, [parts.query, parts.tag], found, **quick)
    parts.close_hits.click(lambda: ("", gr.Button(visible=False)), None, found, **quick)
    clicked = [parts.note, screen.chosen, screen.subjects, screen.tabs, *listed]
    parts.table.select(do.clicked, asked, clicked, **quick)
