"""How a digest or a monitor in the making looks in a terminal: one bar over the papers, counts at the end."""

import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from assistant.answering.events import Working
from assistant.config.profiles import Order
from assistant.digest.record import Announced, Card, NothingNew, PaperFinished, PaperStarted, ReportEvent, ReportReady
from assistant.report.render import counts_line
from ui.commands.terminal import err, plain

_MARKS = {"full text": "+", "abstract only": "~", "failed": "!", "listed": "."}


def show_report(events: Iterable[ReportEvent]) -> ReportReady | NothingNew:
    """Progress while a report is made; its last event."""
    last: ReportReady | NothingNew | None = None
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[left]}"),
    )
    with Progress(*columns, console=err, transient=True) as bar:
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
    """The bar of one report; the time left is told by the papers that are done."""

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
                self._say(_line(card))
            case Working(step, done, total):
                share = f" {done}/{total}" if total else ""
                self._bar.update(self._task, description=plain(f"{self._title[:40]}: {step}{share}".lstrip(": ")))

    def _say(self, line: str) -> None:
        self._bar.console.print(plain(line))


def print_ending(last: ReportReady | NothingNew, order: Order, written: Sequence[Path]) -> None:
    """How a run ended: its counts, its files, and what to do where it made none."""
    for line in counts_line(last.counts, order.language):
        err.print(plain(line))
    for path in written:
        err.print(plain(f"written: {path}"))
    if isinstance(last, NothingNew):
        again = " It stands as it was made; make it anew with --again." if last.report else ""
        err.print(plain(f"Nothing new for the {order.name}. {last.reason}{again}".replace(".  ", ". ")))


def _line(card: Card) -> str:
    note = f" ({card.note})" if card.note else ""
    return f"{_MARKS[card.treatment]} {card.arxiv_id} {card.title}: {card.treatment}{note}"


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds > 90 else f"{seconds:.0f} s"
