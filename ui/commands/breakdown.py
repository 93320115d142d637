"""The commands `papers breakdown` and `papers compare`. Exit codes: 0 done, 1 error, 2 usage."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

import typer

from ui.commands.options import chosen_language, opened

if TYPE_CHECKING:
    from assistant.answering.events import Working
    from assistant.breakdown.compare import ColumnName
    from assistant.breakdown.record import Breakdown, Comparison, Subject
    from assistant.context import AppContext
    from assistant.llm.chat_model import ChatModel
    from index.model.paper import Paper

    Form = Literal["md", "html", "csv", "json"]

T = TypeVar("T")

Spoken = Annotated[str | None, typer.Option("--language", help="en, zh, or auto: the paper's.")]
NoModel = Annotated[bool, typer.Option("--no-model", help="Quoted sentences; no language model.")]
Again = Annotated[bool, typer.Option("--again", help="Make the fields anew, though they are kept.")]
Out = Annotated[Path | None, typer.Option("--out", help="The file to write, in place of stdout.")]
Json = Annotated[bool, typer.Option("--json", help="The same as --format json.")]
Fields = Annotated[list[str] | None, typer.Option("--fields", help="Only these, such as results,limitations.")]
Columns = Annotated[
    list[str] | None, typer.Option("--columns", help="Of problem,method,data,metrics,results,limits,code.")
]
PageFormat = Annotated[str, typer.Option("--format", help="md, html or json.")]
TableFormat = Annotated[str, typer.Option("--format", help="md, html, csv or json.")]


def register(cli: typer.Typer) -> None:
    """Add the commands to the command line."""
    cli.command()(breakdown)
    cli.command()(compare)


def breakdown(
    context: typer.Context,
    paper: Annotated[str, typer.Argument(help="A paper of the library, a PDF file, or an arXiv id or link.")],
    language: Spoken = None,
    format_: PageFormat = "md",
    fields: Fields = None,
    again: Again = False,
    no_model: NoModel = False,
    out: Out = None,
    json_: Json = False,
) -> None:
    """What one paper does, field by field: motivation, method, experiments, limits, each with the place that says so.

    Example: `papers breakdown 1706.03762 --language zh --out attention.md`
    """
    from assistant.breakdown.breakdown import Breaker
    from assistant.breakdown.record import ALL_FIELDS
    from assistant.breakdown.sources import find_subject, own_language
    from ui.commands.terminal import deliver

    form = _form("json" if json_ else format_, ("md", "html", "json"))
    asked = _listed(fields, ALL_FIELDS, "--fields")
    with opened(context) as app:
        spoken = chosen_language(language, app)
        subject, text = find_subject(app, paper)
        _say_where_it_is_from(subject)
        breaker = Breaker(app.embedder, _model(app, no_model), app.library)
        made = _last(breaker.run(subject, text, spoken or own_language([text]), fields=asked or None, again=again))
    deliver(_breakdown_page(made, form), out)


def compare(
    context: typer.Context,
    papers: Annotated[list[str], typer.Argument(help="2 to 6 papers of the library, PDF files, arXiv ids or links.")],
    columns: Columns = None,
    format_: TableFormat = "md",
    language: Spoken = None,
    no_model: NoModel = False,
    out: Out = None,
    json_: Json = False,
) -> None:
    """Papers side by side in a table; each cell is cited, or says that the paper does not state it.

    Example: `papers compare 1706.03762 1409.1556 --columns problem,results --format csv`
    """
    from assistant.breakdown.breakdown import Breaker
    from assistant.breakdown.compare import COLUMNS
    from assistant.breakdown.compare import compare as side_by_side
    from assistant.breakdown.sources import own_language
    from ui.commands.terminal import deliver

    form = _form("json" if json_ else format_, ("md", "html", "csv", "json"))
    chosen: Sequence[ColumnName] = _listed(columns, tuple(COLUMNS), "--columns") or tuple(COLUMNS)
    with opened(context) as app:
        spoken = chosen_language(language, app)
        found = _papers(app, papers)
        breaker = Breaker(app.embedder, _model(app, no_model), app.library)
        tongue = spoken or own_language([text for _, text in found])
        made = _last(side_by_side(breaker, found, chosen, tongue))
    deliver(_comparison_page(made, form), out)


def _papers(app: "AppContext", names: Sequence[str]) -> "list[tuple[Subject, Paper]]":
    from assistant.breakdown.compare import FEWEST, MOST
    from assistant.breakdown.sources import find_subject

    if not FEWEST <= len(names) <= MOST:
        raise typer.BadParameter(f"{len(names)} given: name {FEWEST} to {MOST}", param_hint="PAPERS")
    found = [find_subject(app, name) for name in names]
    keys = [subject.key for subject, _ in found]
    for row, (name, key) in enumerate(zip(names, keys, strict=True)):
        if key in keys[:row]:
            raise typer.BadParameter(f"{name} is the same paper as {names[keys.index(key)]}", param_hint="PAPERS")
    for subject, _ in found:
        _say_where_it_is_from(subject)
    return found


def _say_where_it_is_from(subject: "Subject") -> None:
    """Say what the user should know before minutes of work: only an abstract is read, or a file outside the library."""
    from assistant.breakdown.record import Basis
    from ui.commands.terminal import say

    if subject.basis is Basis.ABSTRACT:
        say(f"Only the abstract of “{subject.title}” can be read: {subject.reason}")
    elif not subject.paper:
        say(f"“{subject.title}” is not in the library. To ask it questions, add it: papers ingest {subject.file}")


def _model(app: "AppContext", no_model: bool) -> "ChatModel | None":
    from index.model.errors import ModelError
    from ui.commands.terminal import say

    if no_model:
        return None
    try:
        return app.chat_model()
    except ModelError as error:
        say(f"Quoted sentences only: {error}")
        return None


def _last(events: "Iterable[Working | T]") -> T:
    from ui.commands.progress import show_fields

    return show_fields(events)


def _form(name: str, known: "Sequence[Form]") -> "Form":
    for form in known:
        if form == name:
            return form
    raise typer.BadParameter(f"{name}: give one of {', '.join(known)}", param_hint="--format")


def _listed(given: Sequence[str] | None, known: Sequence[T], option: str) -> list[T]:
    """Split comma-separated names; each is kept once, in the given order."""
    by_name = {str(name): name for name in known}
    names = [name.strip() for each in given or () for name in each.split(",") if name.strip()]
    if unknown := [name for name in names if name not in by_name]:
        raise typer.BadParameter(f"no {', '.join(unknown)}; there are {', '.join(by_name)}", param_hint=option)
    return list(dict.fromkeys(by_name[name] for name in names))


def _breakdown_page(made: "Breakdown", form: "Form") -> str:
    from assistant.report.render import breakdown_html, breakdown_markdown

    if form == "json":
        return made.model_dump_json(indent=2) + "\n"
    return breakdown_html(made) if form == "html" else breakdown_markdown(made)


def _comparison_page(made: "Comparison", form: "Form") -> str:
    from assistant.report.render import comparison_csv, comparison_html, comparison_markdown

    views: dict[Form, Callable[[Comparison], str]] = {
        "md": comparison_markdown,
        "html": comparison_html,
        "csv": comparison_csv,
        "json": lambda record: record.model_dump_json(indent=2) + "\n",
    }
    return views[form](made)
