"""The breakdown tab: a paper read field by field, or two to six papers side by side. Layout and wiring.

Another tab shows a paper here by giving its id in a list to `screen.subjects` and `gr.Tabs(selected=BREAKDOWN)` to
`screen.tabs`; two to six ids give the comparison. What is kept is shown at once, and nothing is made before the user
asks for it. ui/tabs/breakdown/actions.py handles the events, ui/tabs/breakdown/view.py renders the HTML.
"""

from typing import Any

import gradio as gr

from ui.pages.screen import BREAKDOWN, Screen
from ui.tabs.breakdown.actions import MOST_PAPERS, BreakdownActions, BreakdownParts


def build_breakdown_tab(screen: Screen) -> None:
    """The tab, wired; when it is opened it shows what is being made."""
    words = screen.words
    with gr.Tab(words("breakdown.tab"), id=BREAKDOWN) as tab, gr.Row(elem_classes="reports"):
        with gr.Column(scale=1, min_width=230, elem_classes="shelf"):
            kept = gr.Radio(label=words("breakdown.kept"), choices=[], elem_id="kept-breakdowns", elem_classes="kept")
        parts = BreakdownParts(kept=kept, **_shared(screen))
    _wire(screen, tab, parts)


def _shared(screen: Screen) -> dict[str, Any]:
    words, with_model = screen.words, screen.shared.models.wanted
    with gr.Column(scale=4, min_width=320, elem_classes="report-desk"):
        papers = gr.Dropdown(
            label=words("breakdown.papers"), info=words("breakdown.papers_info", most=MOST_PAPERS), choices=[],
            value=[], multiselect=True, max_choices=MOST_PAPERS, elem_id="breakdown-papers",
        )  # fmt: skip
        with gr.Row(elem_classes="choices"):
            language = gr.Radio(
                [("English", "en"), ("中文", "zh")], value=words.language, label=words("breakdown.language"),
                elem_id="breakdown-language", scale=2, min_width=150,
            )  # fmt: skip
            model = gr.Checkbox(
                value=with_model, interactive=with_model, label=words("breakdown.with_model"),
                info=words("breakdown.with_model_info") if with_model else words("breakdown.chosen_no_model"),
                elem_id="breakdown-model", scale=3, min_width=200,
            )  # fmt: skip
        with gr.Row(elem_classes="after"):
            make = gr.Button(words("breakdown.make"), variant="primary", elem_id="break-down", size="sm")
            stop = gr.Button(
                words("breakdown.stop"), variant="stop", elem_id="stop-breakdown", size="sm", visible="hidden"
            )
            ask = gr.Button(words("breakdown.ask"), elem_id="ask-breakdown", size="sm", visible="hidden")
        status = gr.HTML(elem_id="breakdown-status", js_on_load=None, apply_default_css=False)
        page = gr.HTML(elem_id="breakdown-page", js_on_load=None, apply_default_css=False)
    return {
        "papers": papers, "language": language, "with_model": model, "make": make, "stop": stop, "ask": ask,
        "status": status, "page": page,
    }  # fmt: skip


def _wire(screen: Screen, tab: gr.Tab, parts: BreakdownParts) -> None:
    do = BreakdownActions(screen, parts)
    quick: dict[str, Any] = {"show_progress": "hidden", "concurrency_limit": None}
    chosen: list[Any] = [parts.papers, parts.language, parts.with_model]
    following: list[Any] = []

    def follow(event: Any, action: Any = do.follow) -> None:  # noqa: ANN401  # gradio's Dependency
        following.append(event.then(action, chosen, parts.view, **quick))

    opened = [screen.subjects, *parts.view]
    follow(tab.select(do.opened, [screen.subjects, *chosen], opened, **quick))  # on load nothing is mounted here yet
    follow(parts.make.click(do.make, chosen, parts.view, **quick), do.follow_made)
    for choice in chosen:
        follow(choice.input(do.show, chosen, parts.view, **quick))
    follow(parts.kept.input(do.choose, [parts.kept], parts.view, **quick))
    for another_page in (tab.select, parts.kept.input, *(choice.input for choice in chosen)):
        another_page(None, cancels=following)  # everything that followed the previous choice
    parts.stop.click(do.stop, chosen, None, concurrency_limit=None, show_progress="hidden")
    parts.ask.click(do.ask, [parts.papers], [screen.tabs, screen.chosen], **quick)
