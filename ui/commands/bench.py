"""The command `papers bench`: a table on the screen, and everything behind it as JSON."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.commands.options import ERROR, Json, print_json, settings_of

if TYPE_CHECKING:
    from rich.table import Table

    from assistant.bench.rows import BenchReport, Interval, SuiteRun

SHARED = Path(__file__).parents[3] / "shared"  # beside the checkout

Suites = Annotated[
    list[str],
    typer.Argument(
        help="papers, everyday, pages, paragraphs, chinese, scifact, sections, answers, mine; claims, breakdown …"
    ),
]
Baseline = Annotated[bool, typer.Option("--baseline", help="The same questions to the LlamaIndex starter, too.")]
BaselineEmbedder = Annotated[Path | None, typer.Option(help="Folder of all-MiniLM-L6-v2; default: the one in models.")]
Data = Annotated[Path, typer.Option(help="Folder of the questions and their golds.")]
Papers = Annotated[Path, typer.Option(help="Folder of the PDFs.")]
OwnCsv = Annotated[Path | None, typer.Option("--csv", help="For mine: columns question, paper (file name), page.")]
Sample = Annotated[int | None, typer.Option(min=1, help="Only so many questions, drawn by --seed.")]
Seed = Annotated[int, typer.Option(help="Of the sample.")]
Half = Annotated[str, typer.Option(help="dev, test or all; a paper belongs to one half for ever.")]
SystemNames = Annotated[
    list[str] | None, typer.Option("--system", help="ours, fused, dense, lexical; ours:rrf_k=20,reranked=48 …")
]
Out = Annotated[Path | None, typer.Option(help="A file for the whole JSON, written after each system.")]
RetrievalOnly = Annotated[bool, typer.Option("--retrieval-only", help="Of everyday: search alone, no chat model.")]

NoModel = Annotated[bool, typer.Option("--no-model", help="Of breakdown: quoted sentences, no chat model.")]


def register(cli: typer.Typer) -> None:
    """Add the command to the command line."""
    cli.command()(bench)


def bench(
    context: typer.Context,
    suites: Suites,
    baseline: Baseline = False,
    baseline_embedder: BaselineEmbedder = None,
    data: Data = SHARED / "bench",
    papers: Papers = SHARED / "papers",
    csv: OwnCsv = None,
    sample: Sample = None,
    seed: Seed = 0,
    half: Half = "all",
    system: SystemNames = None,
    out: Out = None,
    retrieval_only: RetrievalOnly = False,
    no_model: NoModel = False,
    json_: Json = False,
) -> None:
    """Measures search, answers and headings on questions with known answers; each figure with its 95 % interval.

    Example: `papers bench mine --csv questions.csv --papers ~/papers --baseline`
    """
    from assistant.bench.rows import BenchReport, Skipped, SuiteRun, differences
    from assistant.bench.run import BenchOptions, options_json, report_json, run_suites
    from assistant.bench.systems import run_facts
    from index.files.whole_file import write_whole
    from ui.commands.bench_gold import bench_gold, have_gold
    from ui.commands.terminal import say

    if half not in ("dev", "test", "all"):
        raise typer.BadParameter(f"{half}: give dev, test or all", param_hint="--half")
    if have_gold(suites):
        bench_gold(suites, settings_of(context), data, papers, no_model, out, json_)
        return
    where = {"data": data.expanduser(), "papers": papers.expanduser(), "csv": csv and csv.expanduser()}
    choice = {"sample": sample, "seed": seed, "half": half, "systems": tuple(system or ())}
    choice |= {"retrieval_only": retrieval_only}
    compared = {"baseline": baseline, "baseline_embedder": baseline_embedder and baseline_embedder.expanduser()}
    options = BenchOptions(tuple(dict.fromkeys(suites)), **where, **choice, **compared)  # type: ignore[arg-type]
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
    facts = run_facts() | {"options": options_json(options)}
    report, runs, skipped = BenchReport(facts), list[SuiteRun](), list[Skipped]()
    for event in run_suites(options, settings_of(context), say):
        if isinstance(event, Skipped):
            skipped.append(event)
            say(f"skipped: {event.suite}: {event.reason}")
        else:
            runs.append(event)
        report = BenchReport(facts, tuple(runs), tuple(skipped), differences(runs))
        if out is not None:
            write_whole(out, json.dumps(report_json(report), ensure_ascii=False, indent=1) + "\n")
    if json_:
        print_json(report_json(report), indent=1)
    else:
        print_report(report)
    if not report.runs:
        raise typer.Exit(ERROR)


def print_report(report: "BenchReport") -> None:
    """Print all tables, the notes below them, and what was skipped."""
    from ui.commands.terminal import out, plain

    for suite in dict.fromkeys(run.suite for run in report.runs):
        runs = [run for run in report.runs if run.suite == suite]
        # A file or a pipe has no width; a terminal keeps its width.
        width = None if out.is_terminal else 40 + 36 * (2 * len(runs) - 1)
        out.print(_table(suite, runs, report), width=width)
        for run in runs:
            for note in run.notes:
                out.print(plain(f"  {run.system}: {note}"))
    for each in report.skipped:
        out.print(plain(f"skipped: {each.suite}: {each.reason}"))


def _table(suite: str, runs: "list[SuiteRun]", report: "BenchReport") -> "Table":
    from rich.table import Table

    from ui.commands.terminal import plain

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


def shown(interval: "Interval | None", sign: str = "") -> str:
    """Mean, interval and n.

    >>> from assistant.bench.rows import Interval
    >>> shown(Interval(0.5, 0.25, 0.75, 40)), shown(None)
    ('0.500 (0.250 to 0.750) n 40', '')
    """
    if interval is None:
        return ""
    digits = 1 if max(abs(interval.low), abs(interval.high)) >= 10 else 3
    low, high = f"{interval.low:{sign}.{digits}f}", f"{interval.high:{sign}.{digits}f}"
    return f"{interval.mean:{sign}.{digits}f} ({low} to {high}) n {interval.n}"
