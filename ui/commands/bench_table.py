"""What the bench measured, as tables: a row for each measure, a column for each system, then the differences."""

from rich.table import Table

from assistant.bench.intervals import Interval
from assistant.bench.rows import BenchReport, SuiteRun
from ui.commands.terminal import out, plain


def print_report(report: BenchReport) -> None:
    """All tables, the notes below them, and what was skipped."""
    for suite in dict.fromkeys(run.suite for run in report.runs):
        runs = [run for run in report.runs if run.suite == suite]
        # A file or a pipe has no width; a terminal keeps its own.
        width = None if out.is_terminal else 40 + 36 * (2 * len(runs) - 1)
        out.print(_table(suite, runs, report), width=width)
        for run in runs:
            for note in run.notes:
                out.print(plain(f"  {run.system}: {note}"))
    for each in report.skipped:
        out.print(plain(f"skipped: {each.suite}: {each.reason}"))


def _table(suite: str, runs: list[SuiteRun], report: BenchReport) -> Table:
    table = Table(title=plain(suite), title_justify="left")
    table.add_column("measure")
    for run in runs:
        table.add_column(plain(run.system), justify="right")
    pairs = [each for each in report.differences if each.suite == suite]
    for pair in pairs:
        table.add_column(plain(f"less {pair.second}"), justify="right")
    reached = [run.intervals() for run in runs]
    for measure in dict.fromkeys(name for intervals in reached for name in intervals):
        cells = [shown(intervals.get(measure)) for intervals in reached]
        cells += [shown(pair.measures.get(measure), sign="+") for pair in pairs]
        table.add_row(plain(measure), *cells)
    return table


def shown(interval: Interval | None, sign: str = "") -> str:
    """Mean, interval and n.

    >>> shown(Interval(0.5, 0.25, 0.75, 40)), shown(None)
    ('0.500 (0.250 to 0.750) n 40', '')
    """
    if interval is None:
        return ""
    digits = 1 if max(abs(interval.low), abs(interval.high)) >= 10 else 3
    low, high = f"{interval.low:{sign}.{digits}f}", f"{interval.high:{sign}.{digits}f}"
    return f"{interval.mean:{sign}.{digits}f} ({low} to {high}) n {interval.n}"
