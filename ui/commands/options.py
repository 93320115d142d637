"""What the commands share: their common options, the opened application, the chosen language, JSON on stdout.

`typer.Context.obj` holds the value of `papers --home`.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from index.model.plain_text import json_text, shown_text

if TYPE_CHECKING:
    from assistant.config.settings import Settings
    from assistant.context import AppContext
    from assistant.llm.prompts import Language
    from index.model.records import Filters

ERROR, USAGE, NOTHING_NEW = 1, 2, 3  # exit codes beside 0

Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
OnlyPaper = Annotated[list[str] | None, typer.Option("--paper", "-p", help="Only this paper; may be repeated.")]
Question = Annotated[str, typer.Argument(callback=lambda text: _question(text))]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")]
Home = Annotated[Path | None, typer.Option("--home", envvar="PAPERS_HOME", help="Where everything is kept.")]


def settings_of(context: typer.Context, **flags: object) -> "Settings":
    """Return the settings of the chosen home, overridden by `flags`."""
    from assistant.config.settings import foreign_variables, load_settings

    if (line := foreign_variables()) and not context.meta.setdefault("papers.foreign", False):
        context.meta["papers.foreign"] = True  # said once
        sys.stderr.write(shown_text(f"papers: {line}\n"))
    return load_settings(home=context.obj, **flags)


def opened(context: typer.Context) -> "AppContext":
    """Return the application over the chosen home, for a `with`; its progress goes to stderr."""
    from assistant.context import AppContext
    from ui.commands.terminal import say

    return AppContext(settings_of(context), say)


def chosen_language(language: str | None, app: "AppContext") -> "Language | None":
    """Return the language of `--language` or else of the settings; None for auto."""
    match language or app.settings.language:
        case "en":
            return "en"
        case "zh":
            return "zh"
        case "auto":
            return None
        case other:
            raise typer.BadParameter(f"{other}: give en, zh or auto", param_hint="--language")


def filters_of(app: "AppContext", names: list[str] | None) -> "Filters | None":
    """Return the filters for the papers named by `--paper`; None for the whole library."""
    from index.model.records import Filters

    return Filters(papers=frozenset(app.library.find(name).id for name in names)) if names else None


def print_json(value: object, indent: int = 2) -> None:
    """Write one JSON document to stdout."""
    sys.stdout.write(json_text(value, indent=indent) + "\n")


def _question(text: str) -> str:
    """Return a question as valid text, whatever bytes the shell passed."""
    clean = text.encode("utf-8", "replace").decode("utf-8").strip()
    if not clean:
        raise typer.BadParameter("it is empty", param_hint="QUESTION")
    return clean
