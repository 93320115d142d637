"""Progress in a terminal: ingestion, reindexing, answers, breakdowns, digests."""

import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from assistant.answering.events import AnswerReady, EvidenceFound, TextDelta, Working
from assistant.answering.events import Event as AnswerEvent
from assistant.answering.records import Answer
from assistant.breakdown.breakdown import FieldReady
from assistant.config.profiles import Order
from assistant.digest.record import Announced, Card, NothingNew, PaperFinished, PaperStarted, ReportEvent, ReportReady
from assistant.report.render import counts_line
from assistant.verify.claim import Citation
from index.ingest.embedding import Progress as PaperProgress
from index.ingest.ingest import Event as IngestEvent
from index.ingest.ingest import Found, Outcome, PaperDone
from ui.commands.terminal import err, place, plain

MAX_EVIDENCE = 5  # sentences that are printed before the answer

T = TypeVar("T")

_MARKS = {
    Outcome.ADDED: "+",
    Outcome.UNCHANGED: "=",
    Outcome.REPLACED: "~",
    Outcome.MOVED: ">",
    Outcome.FAILED: "!",
}
_CARD_MARKS = {"full text": "+", "abstract only": "~", "failed": "!", "listed": "."}


def _bar(*left: ProgressColumn) -> Progress:
    """Return a bar that vanishes at the end; `left` are the columns for the remaining time."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, *left, console=err, transient=True)


def show_fields(events: Iterable[Working | T]) -> T:
    """Show progress on stderr while fields are made, one line per field if stderr is a file; return the last event."""
    last: T | None = None
    taken: list[float] = []
    with _bar(TextColumn("{task.fields[left]}")) as bar:
        task = bar.add_task("reading", total=None, left="")
        for event in events:
            if isinstance(event, FieldReady):
                taken += [event.seconds] if event.seconds else []
                left = time_left(taken, event.total - event.done)
                bar.update(task, completed=event.done, total=event.total, left=left)
                if event.seconds and not err.is_terminal:
                    bar.console.print(plain(_field_line(event, left)))
            elif isinstance(event, Working):
                bar.update(task, description=plain(event.step[-60:]), completed=event.done, total=event.total or None)
            else:
                last = event
    if last is None:
        raise AssertionError("the last event is the result")
    return last


def time_left(taken: list[float], fields: int) -> str:
    """Estimate the time for `fields` more fields by the mean of those made; empty if there is no estimate.

    >>> time_left([2.0, 4.0], 10), time_left([20.0], 12), time_left([], 12)
    ('about 30 s left', 'about 4 min left', '')
    """
    if not taken or not fields:
        return ""
    seconds = sum(taken) / len(taken) * fields
    return f"about {seconds / 60:.0f} min left" if seconds > 90 else f"about {seconds:.0f} s left"


def _field_line(event: FieldReady, left: str) -> str:
    number = len(event.field.findings)
    found = "not found" if not number else f"{number} statement" + "s" * (number > 1)
    return f"{event.done}/{event.total} {event.step}: {found} in {event.seconds:.1f} s" + (f", {left}" if left else "")


def show_report(events: Iterable[ReportEvent]) -> ReportReady | NothingNew:
    """Show progress while a report is made; return its last event."""
    last: ReportReady | NothingNew | None = None
    with _bar(TextColumn("{task.fields[left]}")) as bar:
        shown = _Bar(bar)
        for event in events:
            if isinstance(event, ReportReady | NothingNew):
                last = event
            else:
                shown.show(event)
    if last is None:
        raise AssertionError("a report ends with ReportReady or NothingNew")
    return last


class _Bar:
    """The bar of one report; the remaining time is estimated from the papers that are done."""

    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._task: TaskID = bar.add_task("listing", total=None, left="")
        self._title = ""
        self._started = time.monotonic()

    def show(self, event: Working | Announced | PaperStarted | PaperFinished) -> None:
        match event:
            case Announced(announced, kept, broken_down, warnings):
                self._say(f"{announced} papers announced, {kept} to show, {broken_down} to break down")
                for warning in warnings:
                    self._say(f"note: {warning}")
            case PaperStarted(number, total, title):
                self._started = self._started if number > 1 else time.monotonic()
                self._title = title
                self._bar.update(self._task, description=plain(title[:40]), completed=number - 1, total=total)
            case PaperFinished(number, total, card):
                seconds = (time.monotonic() - self._started) / number * (total - number)
                self._bar.update(self._task, completed=number, left=f"about {_minutes(seconds)} left")
                self._say(_card_line(card))
            case Working(step, done, total):
                share = f" {done}/{total}" if total else ""
                self._bar.update(self._task, description=plain(f"{self._title[:40]}: {step}{share}".lstrip(": ")))

    def _say(self, line: str) -> None:
        self._bar.console.print(plain(line))


def print_ending(last: ReportReady | NothingNew, order: Order, written: Sequence[Path]) -> None:
    """Print how a run ended: its counts, its files, and what to do if it made none."""
    for line in counts_line(last.counts, order.language):
        err.print(plain(line))
    for path in written:
        err.print(plain(f"written: {path}"))
    if isinstance(last, NothingNew):
        again = " It was not changed; make it again with --again." if last.report else ""
        err.print(plain(f"Nothing new for the {order.name}. {last.reason}{again}".replace(".  ", ". ")))


def _card_line(card: Card) -> str:
    note = f" ({card.note})" if card.note else ""
    return f"{_CARD_MARKS[card.treatment]} {card.arxiv_id} {card.title}: {card.treatment}{note}"


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds > 90 else f"{seconds:.0f} s"


def show_ingest(events: Iterable[IngestEvent]) -> list[PaperDone]:
    """Show a bar with the remaining time while papers are added, and a line for each that changed or failed."""
    done: list[PaperDone] = []
    with _bar(TextColumn("left"), TimeRemainingColumn()) as bar:
        task = bar.add_task("papers", total=None)
        for event in events:
            match event:
                case Found(total):
                    bar.update(task, total=total)
                case PaperProgress(file, stage):
                    bar.update(task, description=plain(f"{Path(file).name[:40]}: {stage}"))
                case PaperDone():
                    done.append(event)
                    bar.advance(task)
                    if event.outcome is not Outcome.UNCHANGED:
                        bar.console.print(plain(_ingest_line(event)))
    return done


def show_steps(events: Iterable[PaperProgress]) -> None:
    """Show a bar with the remaining time while passages are embedded or the vector index is made."""
    with _bar(TextColumn("left"), TimeRemainingColumn()) as bar:
        task = bar.add_task("reading the library", total=None)
        for event in events:
            name = f"{Path(event.file).name[:40]}: " if event.file else ""
            bar.update(task, description=plain(f"{name}{event.stage}"), completed=event.done, total=event.total or None)


def _ingest_line(event: PaperDone) -> str:
    name = Path(event.file).name
    if event.outcome is Outcome.FAILED:
        return f"{_MARKS[event.outcome]} {name}: {event.reason}. {event.detail}"
    if event.outcome is Outcome.MOVED:
        return f"{_MARKS[event.outcome]} {name}: {event.title} (moved here: {event.file})"
    warnings = "".join(f"\n    note: {warning}" for warning in event.warnings)
    return f"{_MARKS[event.outcome]} {name}: {event.title} ({event.chunks} chunks){warnings}"


def print_evidence(marked: Sequence[Citation]) -> None:
    """Print the best sentence of each of the first passages, so that there is something to read at once."""
    for cited in marked[:MAX_EVIDENCE]:
        where = f"{cited.paper.title}, {place(cited.heading, cited.pages)}"
        err.print(plain(f"  {where}: “{' '.join(cited.quote.split())}”"), style="dim")


def show_answer(events: Iterable[AnswerEvent]) -> Answer:
    """Show the steps and the sentences of an answer as they are verified; return the answer."""
    answer = None
    with err.status("searching") as status:
        for event in events:
            match event:
                case Working(step, done, total):
                    status.update(f"{step} {done} of {total}" if total else step)
                case EvidenceFound(passages, _, marked):
                    status.update(f"{len(passages)} passages found, reading")
                    if err.is_terminal:
                        print_evidence(marked)
                case TextDelta(text):
                    err.print(plain(text.strip()), style="dim") if err.is_terminal else None
                case AnswerReady(ready):
                    answer = ready
    if answer is None:
        raise RuntimeError("an answer ends with AnswerReady")
    return answer
