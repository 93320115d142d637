"""The command `papers bench`: a table on the screen, and everything behind it as JSON."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from assistant.bench.rows import BenchReport

SHARED = Path(__file__).parents[3] / "shared"  # beside the checkout

Suites = Annotated[
    list[str],
    typer.Argument(
        help="papers, pages, paragraphs, chinese, scifact, sections, answers, mine, claims, answers-written …"
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
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]


def register(app: typer.Typer) -> None:
    """Adds the command to the command line."""
    app.command()(bench)


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
    json_: Json = False,
) -> None:
    """Measures search, answers and headings on questions with known answers; each figure with its 95 % interval.

    Example: `papers bench mine --csv questions.csv --papers ~/papers --baseline`
    """
    from assistant.bench.machine import run_facts
    from assistant.bench.rows import BenchReport, Skipped, SuiteRun, differences
    from assistant.bench.run import BenchOptions, options_json, report_json, run_suites
    from assistant.settings import load_settings
    from ui.commands.bench_claims import are_of_claims, bench_claims
    from ui.commands.bench_table import print_report
    from ui.commands.terminal import say

    if half not in ("dev", "test", "all"):
        raise typer.BadParameter(f"{half}: give dev, test or all", param_hint="--half")
    if are_of_claims(suites):
        bench_claims(suites, data, papers, load_settings(home=context.obj), out, json_)
        return
    where = {"data": data.expanduser(), "papers": papers.expanduser(), "csv": csv and csv.expanduser()}
    choice = {"sample": sample, "seed": seed, "half": half, "systems": tuple(system or ())}
    compared = {"baseline": baseline, "baseline_embedder": baseline_embedder and baseline_embedder.expanduser()}
    options = BenchOptions(tuple(dict.fromkeys(suites)), **where, **choice, **compared)  # type: ignore[arg-type]
    facts = run_facts() | {"options": options_json(options)}
    report, runs, skipped = BenchReport(facts), list[SuiteRun](), list[Skipped]()
    for event in run_suites(options, load_settings(home=context.obj), say):
        if isinstance(event, Skipped):
            skipped.append(event)
            say(f"skipped: {event.suite}: {event.reason}")
        else:
            runs.append(event)
        report = BenchReport(facts, tuple(runs), tuple(skipped), differences(runs))
        if out is not None:
            _write(out, report_json(report))
    if json_:
        sys.stdout.write(json.dumps(report_json(report), ensure_ascii=False, indent=1) + "\n")
    else:
        print_report(report)
    _nothing_measured(report)


def _nothing_measured(report: "BenchReport") -> None:
    if not report.runs:
        raise typer.Exit(1)


def _write(out: Path, value: object) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    new = out.with_name(f"{out.name}.new")
    new.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", "utf-8")
    new.replace(out)
