"""How a breakdown in the making looks in a terminal: a bar over its fields and the time that is left."""

from collections.abc import Iterable
from typing import TypeVar

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from assistant.answering.events import Working
from assistant.breakdown.breakdown import FieldReady
from ui.commands.terminal import err, plain

T = TypeVar("T")


def show_fields(events: Iterable[Working | T]) -> T:
    """Progress on stderr while fields are made, a line for each where stderr is a file; gives what comes last."""
    last: T | None = None
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[left]}"),
    )
    taken: list[float] = []
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task("reading", total=None, left="")
        for event in events:
            if isinstance(event, FieldReady):
                taken += [event.seconds] if event.seconds else []
                left = time_left(taken, event.total - event.done)
                bar.update(task, completed=event.done, total=event.total, left=left)
                if event.seconds and not err.is_terminal:
                    bar.console.print(plain(_line(event, left)))
            elif isinstance(event, Working):
                bar.update(task, description=plain(event.step[-60:]), completed=event.done, total=event.total or None)
            else:
                last = event
    if last is None:
        raise AssertionError("the last event is the result")
    return last


def time_left(taken: list[float], fields: int) -> str:
    """The time for so many more fields, by the mean of those that were made; empty where there is none to tell.

    >>> time_left([2.0, 4.0], 10), time_left([20.0], 12), time_left([], 12)
    ('about 30 s left', 'about 4 min left', '')
    """
    if not taken or not fields:
        return ""
    seconds = sum(taken) / len(taken) * fields
    return f"about {seconds / 60:.0f} min left" if seconds > 90 else f"about {seconds:.0f} s left"


def _line(event: FieldReady, left: str) -> str:
    number = len(event.field.findings)
    found = "not stated" if not number else f"{number} statement" + "s" * (number > 1)
    return f"{event.done}/{event.total} {event.step}: {found} in {event.seconds:.1f} s" + (f", {left}" if left else "")
