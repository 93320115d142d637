"""The commands that take something out of the library or put it back: `papers remove`, `backup` and `restore`."""

import json
import shlex
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from assistant.context import Workbench

USAGE = 2

Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")]
BackupFile = Annotated[Path, typer.Argument(metavar="FILE", help="The copy; an older copy there is replaced.")]
Copy = Annotated[Path, typer.Argument(metavar="FILE", help="A copy that papers backup made.")]


def register(app: typer.Typer) -> None:
    """Adds the commands to the command line."""
    for command in (remove, backup, restore):
        app.command()(command)


def remove(context: typer.Context, paper: str, yes: Yes = False, json_: Json = False) -> None:
    """Takes a paper out of the library; the PDF stays where it is. By a part of its title only after asking.

    Example: `papers remove 1706.03762`
    """
    from index.ingest.ingest import remove_paper
    from index.store.find_paper import names_exactly
    from ui.commands.terminal import say

    with _bench(context) as bench:
        record = bench.library.find(paper)
        if not names_exactly(record, paper):
            say(f"“{paper}” is a part of what this paper is called:\n  {record.id}  {record.title} ({record.file})")
            _confirm("Remove it from the library?", yes, context, "remove", record.id, "--yes")
        remove_paper(bench.library, bench.vectors, record)
    say(f"Removed: {record.title}")
    if json_:
        _print_json({"removed": record.id})


def backup(context: typer.Context, file: BackupFile, json_: Json = False) -> None:
    """Copies the library to a file: papers as text, vectors, conversations, reports. Works while it is in use.

    PDFs, models and papers.toml are not in it. Example: `papers backup ~/library-backup.db`
    """
    from index.store.backup import back_up
    from ui.commands.terminal import say

    target = file.expanduser()
    with _bench(context) as bench:
        contents = back_up(bench.library, target)
    size = target.stat().st_size
    say(f"{contents.papers} papers and {contents.conversations} conversations are in {target} ({size / 1e6:.1f} MB)")
    if json_:
        _print_json({"file": str(target), "bytes": size, **asdict(contents)})


def restore(context: typer.Context, file: Copy, yes: Yes = False, json_: Json = False) -> None:
    """Puts a copy in place of the library, after checking it; what was there is kept beside it.

    Example: `papers restore ~/library-backup.db`
    """
    from assistant.config.settings import load_settings
    from index.store.backup import check_backup, contents_of_home
    from index.store.backup import restore as put_back
    from ui.commands.terminal import say

    source, home = file.expanduser(), load_settings(home=context.obj).index().home
    wanted, there = check_backup(source), contents_of_home(home)
    if there:
        say(f"The library {home} has {there.papers} papers and {there.conversations} conversations.")
        say(f"The copy {source} has {wanted.papers} papers and {wanted.conversations} conversations.")
        _confirm("Put the copy in place of the library?", yes, context, "restore", str(file), "--yes")
    restored = put_back(home, source)
    if restored.before:
        say(f"What was there is kept in {restored.before}")
    say(f"Restored: {restored.contents.papers} papers; {restored.vectors} vectors were indexed again")
    if json_:
        before = str(restored.before) if restored.before else None
        _print_json({**asdict(restored.contents), "vectors": restored.vectors, "before": before})


def _confirm(question: str, yes: bool, context: typer.Context, *command: str) -> None:
    """Asks a person; without one nothing is done, and the command that does it is said."""
    from ui.commands.terminal import say

    if yes:
        return
    if sys.stdin.isatty() and sys.stderr.isatty():
        typer.confirm(question, abort=True, err=True)
        return
    home = ("--home", str(context.obj)) if context.obj else ()  # without it another library would be changed
    say(f"Nothing was changed. To do it, run: {shlex.join(('papers', *home, *command))}")
    raise typer.Exit(USAGE)


def _bench(context: typer.Context) -> "Workbench":
    from assistant.config.settings import load_settings
    from assistant.context import Workbench
    from ui.commands.terminal import say

    return Workbench(load_settings(home=context.obj), say)


def _print_json(value: object) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=2) + "\n"
    sys.stdout.write(text.encode("utf-8", "replace").decode("utf-8"))  # a file name may hold bytes that are no text
