"""What every tab gets: a Screen for one page in one language, and the Desk that all pages share."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ui.jobs.ingest_jobs import IngestJobs
from ui.jobs.model_in_use import ModelInUse
from ui.jobs.queue import ModelQueue
from ui.pages.labels import Labels

if TYPE_CHECKING:
    import gradio as gr

    from assistant.context import Workbench
    from ui.jobs.chat_jobs import Talks
    from ui.jobs.report_work import ReportJobs

CHAT, LIBRARY, BREAKDOWN, DIGEST, SETTINGS = "chat", "library", "breakdown", "digest", "settings"  # ids of tabs


@dataclass(frozen=True)
class Desk:
    """What all pages, languages and browser tabs of one server share."""

    bench: "Workbench"
    queue: ModelQueue
    models: ModelInUse
    talks: "Talks"
    ingest: IngestJobs
    reports: "ReportJobs"
    local: bool = False  # whether only this machine reaches the server: folders may then be named


@dataclass(frozen=True)
class Screen:
    """One page under construction. A tab adds `screen.page.load(...)` for what it shows at first.

    To go from one tab to another, a handler gives `gr.Tabs(selected=CHAT)` to `screen.tabs`; to ask about papers it
    also gives their ids to `screen.chosen`, which the chat takes as its scope. In the same way BREAKDOWN and
    `screen.subjects` show the breakdown of a paper, or the comparison of two to six.
    """

    desk: Desk
    words: Labels
    page: "gr.Blocks"
    tabs: "gr.Tabs"
    chosen: "gr.State"  # list[str]: ids of the papers to ask about
    subjects: "gr.State"  # list[str]: ids of the papers to break down or compare

    @property
    def bench(self) -> "Workbench":
        """The library, the index, the embedder."""
        return self.desk.bench
