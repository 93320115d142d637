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
from ui.jobs.queue import ModelQueue
from ui.jobs.report_jobs import Hands, Line

if TYPE_CHECKING:
    from assistant.context import Workbench
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

    def __init__(self, bench: "Workbench", queue: ModelQueue, models: ModelInUse) -> None:
        self.papers: Line[PapersAsked] = Line(bench, queue, models, read_papers)
        self.digests: Line[Asked] = Line(bench, queue, models, make_digest)

    def close(self) -> None:
        """Stop everything."""
        self.papers.close()
        self.digests.close()


def read_papers(asked: PapersAsked, hands: Hands) -> None:
    """Break down one paper or compare some; the last event is the Breakdown or the Comparison."""
    bench = hands.bench
    pairs = []
    for record in [bench.library.record(paper) for paper in asked.papers]:
        paper = bench.library.paper(record.id)
        pairs.append((library_subject(record, paper), paper))
    breaker = Breaker(bench.embedder, hands.model(wanted=asked.with_model), bench.library)
    (subject, paper), *others = pairs
    stop = hands.job.cancelled
    if others:
        hands.tell(compare(breaker, pairs, tuple(COLUMNS), asked.language, stop))
    else:
        hands.tell(breaker.run(subject, paper, asked.language, again=asked.again, cancelled=stop))


def make_digest(asked: Asked, hands: Hands) -> None:
    """Make a report and write its files, as `papers digest` does; the last event is ReportReady or NothingNew."""

    def chat_model() -> "ChatModel":
        model = hands.model(wanted=True)
        if model is None:
            raise ModelMissing(hands.models.reason or "There is no language model.")
        return model

    hands.tell(_delivered(asked, hands, chat_model))


def _delivered(asked: Asked, hands: Hands, chat_model: Callable[[], "ChatModel"]) -> Iterator[object]:
    events = cast("Generator[ReportEvent]", run_report(hands.bench, asked, chat_model))
    with closing(events):  # even if its files cannot be written: it holds the lock of its profile
        for event in events:
            if isinstance(event, ReportReady | NothingNew):
                deliver(hands.bench.library, asked.order, event)
            yield event
