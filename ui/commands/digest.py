"""The commands `papers digest` and `papers monitor`. Exit codes: 0 written, 1 error, 2 usage, 3 nothing new."""

import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from index.model.plain_text import shown_text
from ui.commands.options import NOTHING_NEW, Json, opened, print_json

if TYPE_CHECKING:
    from assistant.config.profiles import Kind
    from assistant.digest.record import NothingNew, ReportReady

Profile = Annotated[str, typer.Argument(help="A profile of papers.toml: [digest.PROFILE].")]
Date = Annotated[str | None, typer.Option("--date", help="The day, such as 2026-01-19; default: the listing's.")]
Categories = Annotated[list[str] | None, typer.Option(help="arXiv categories, such as cs.CV,cs.RO; default: all.")]
Top = Annotated[int | None, typer.Option(min=0, help="How many papers are broken down; the rest is listed.")]
Interests = Annotated[str | None, typer.Option(help="What you care about, in your words; orders the papers.")]
Like = Annotated[str | None, typer.Option(help="A paper of your library; what is close to it comes first.")]
Keywords = Annotated[list[str] | None, typer.Option(help="Words to look for in title and abstract, with commas.")]
Authors = Annotated[list[str] | None, typer.Option(help="Authors you follow, with commas.")]
Language = Annotated[str | None, typer.Option(help="Language of the report: en, zh, or auto (the interests').")]
Out = Annotated[Path | None, typer.Option(help="Folder of the files; default PAPERS_HOME/digests.")]
Format = Annotated[list[str] | None, typer.Option("--format", help="md,html,json,rss; default: all of them.")]
From = Annotated[list[Path] | None, typer.Option("--from", help="A saved feed or listing; may be repeated.")]
Offline = Annotated[bool, typer.Option("--offline", help="Ask arXiv for nothing, not even for PDFs.")]
NoModel = Annotated[bool, typer.Option("--no-model", help="Quoted sentences; no language model.")]
Again = Annotated[bool, typer.Option("--again", help="Make the day's report anew.")]


def register(cli: typer.Typer) -> None:
    """Add the commands to the command line."""
    cli.command()(digest)
    cli.command()(monitor)


def digest(
    context: typer.Context,
    profile: Profile = "",
    day: Date = None,
    categories: Categories = None,
    top: Top = None,
    interests: Interests = None,
    like: Like = None,
    keywords: Keywords = None,
    authors: Authors = None,
    language: Language = None,
    out: Out = None,
    format_: Format = None,
    from_: From = None,
    offline: Offline = False,
    no_model: NoModel = False,
    again: Again = False,
    json_: Json = False,
) -> None:
    """What arXiv announced, ordered by what you care about, the first papers broken down, all others listed.

    Example: `papers digest --categories cs.CV,cs.RO --interests "robots that follow instructions" --top 5`
    """
    _run(context, "digest", locals())


def monitor(
    context: typer.Context,
    profile: Profile = "",
    day: Date = None,
    categories: Categories = None,
    top: Top = None,
    interests: Interests = None,
    like: Like = None,
    keywords: Keywords = None,
    authors: Authors = None,
    language: Language = None,
    out: Out = None,
    format_: Format = None,
    from_: From = None,
    offline: Offline = False,
    no_model: NoModel = False,
    again: Again = False,
    json_: Json = False,
) -> None:
    """The announced papers that name your keywords, each broken down.

    Example: `papers monitor --keywords "vla,traffic prediction" --categories cs.RO,cs.AI`
    """
    _run(context, "monitor", locals())


def _run(context: typer.Context, kind: "Kind", given: dict[str, Any]) -> None:
    from assistant.config.profiles import place_order
    from assistant.digest.run import Asked, run_report
    from assistant.report.files import deliver
    from ui.commands.progress import print_ending, show_report

    app = opened(context)
    settings = app.settings
    order = place_order(
        kind,
        given["profile"],
        settings.digest,
        _flags(given),
        language=settings.language,
        folder=settings.index().home / "digests",
    )
    files, day = tuple(given["from_"] or ()), _day(given["day"])
    asked = Asked(order, files, day, given["offline"], not given["no_model"], given["again"])
    with app:
        last = show_report(run_report(app, asked))
        written = deliver(app.library, order, last)
    print_ending(last, order, written)
    if given["json_"]:
        print_json(_ending_json(last, written))
    else:
        sys.stdout.writelines(shown_text(f"{path}\n") for path in written)
    if last.nothing_new:
        raise typer.Exit(NOTHING_NEW)


def _flags(given: dict[str, Any]) -> dict[str, Any]:
    from assistant.config.profiles import listed

    lists = {name: listed(given[name]) for name in ("categories", "keywords", "authors")}
    single = {name: given[name] for name in ("top", "interests", "like", "language", "out")}
    return lists | single | {"format": listed(given["format_"])}


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise typer.BadParameter(f"{text}: write it like 2026-01-19", param_hint="--date") from None


def _ending_json(last: "ReportReady | NothingNew", written: list[Path]) -> dict[str, object]:
    return {
        "written": not last.nothing_new,
        "counts": last.counts.model_dump(mode="json"),
        "files": [str(path) for path in written],
        "report": last.report.model_dump(mode="json") if last.report else None,
    }
