"""What every tab gets: a Screen for one page in one language, and the SharedState of all pages."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ui.jobs.ingest_jobs import IngestJobs
from ui.jobs.model_in_use import ModelInUse
from ui.jobs.queue import JobQueue
from ui.pages.labels import Labels

if TYPE_CHECKING:
    import gradio as gr

    from assistant.context import AppContext
    from ui.jobs.chat_jobs import ChatJobs
    from ui.jobs.report_work import ReportJobs

CHAT, LIBRARY, BREAKDOWN, DIGEST, SETTINGS = "chat", "library", "breakdown", "digest", "settings"  # ids of tabs


@dataclass(frozen=True)
class SharedState:
    """What all pages, languages and browser tabs of one server share."""

    context: "AppContext"
    queue: JobQueue
    models: ModelInUse
    chat_jobs: "ChatJobs"
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

    shared: SharedState
    words: Labels
    page: "gr.Blocks"
    tabs: "gr.Tabs"
    chosen: "gr.State"  # list[str]: ids of the papers to ask about
    subjects: "gr.State"  # list[str]: ids of the papers to break down or compare

    @property
    def context(self) -> "AppContext":
        """The library, the index, the embedder."""
        return self.shared.context
