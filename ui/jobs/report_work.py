"""What the two lines of ui/jobs/report_jobs.py do: break down or compare papers, make and write digests."""

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from assistant.breakdown.breakdown import Breaker
from assistant.breakdown.compare import COLUMNS, compare
from assistant.breakdown.sources import library_subject
from assistant.digest.record import NothingNew, ReportEvent, ReportReady
from assistant.digest.run import Asked, run_report
from assistant.llm.errors import ModelMissing
from assistant.llm.prompts import Language
from assistant.report.files import deliver
from ui.jobs.model_in_use import ModelInUse
from ui.jobs.queue import JobQueue
from ui.jobs.report_jobs import JobContext, JobLine

if TYPE_CHECKING:
    from assistant.context import AppContext
    from assistant.llm.chat_model import ChatModel


@dataclass(frozen=True)
class PapersAsked:
    """One paper to break down, or some to compare, by their ids; `again` makes a breakdown again."""

    papers: tuple[str, ...]
    language: Language
    with_model: bool
    again: bool = False

    def same(self, other: "PapersAsked") -> bool:
        """Whether another request leads to the same page."""
        mine, theirs = ((each.papers, each.language, each.with_model) for each in (self, other))
        return mine == theirs


class ReportJobs:
    """The two lines of one server."""

    def __init__(self, context: "AppContext", queue: JobQueue, models: ModelInUse) -> None:
        self.papers: JobLine[PapersAsked] = JobLine(context, queue, models, read_papers)
        self.digests: JobLine[Asked] = JobLine(context, queue, models, make_digest)

    def close(self) -> None:
        """Stop everything."""
        self.papers.close()
        self.digests.close()


def read_papers(asked: PapersAsked, running: JobContext) -> None:
    """Break down one paper or compare some; the last event is the Breakdown or the Comparison."""
    context = running.context
    pairs = []
    for record in [context.library.record(paper) for paper in asked.papers]:
        paper = context.library.paper(record.id)
        pairs.append((library_subject(record, paper), paper))
    breaker = Breaker(context.embedder, running.model(wanted=asked.with_model), context.library)
    (subject, paper), *others = pairs
    stop = running.job.cancelled
    if others:
        running.report(compare(breaker, pairs, tuple(COLUMNS), asked.language, stop))
    else:
        running.report(breaker.run(subject, paper, asked.language, again=asked.again, cancelled=stop))


def make_digest(asked: Asked, running: JobContext) -> None:
    """Make a report and write its files, as `papers digest` does; the last event is ReportReady or NothingNew."""

    def chat_model() -> "ChatModel":
        model = running.model(wanted=True)
        if model is None:
            raise ModelMissing(running.models.reason or "There is no language model.")
        return model

    running.report(_delivered(asked, running, chat_model))


def _delivered(asked: Asked, running: JobContext, chat_model: Callable[[], "ChatModel"]) -> Iterator[object]:
    events = cast("Generator[ReportEvent]", run_report(running.context, asked, chat_model))
    with closing(events):  # even if its files cannot be written: it holds the lock of its profile
        for event in events:
            if isinstance(event, ReportReady | NothingNew):
                deliver(running.context.library, asked.order, event)
            yield event
