"""The commands on the library: ingest, list, show, search, remove, reindex, backup and restore."""

import shlex
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.commands.options import (
    ERROR,
    USAGE,
    Json,
    OnlyPaper,
    Question,
    Yes,
    filters_of,
    opened,
    print_json,
    settings_of,
)

if TYPE_CHECKING:
    from assistant.context import AppContext
    from index.model.records import PaperRecord

BackupFile = Annotated[Path, typer.Argument(metavar="FILE", help="The copy; an older copy there is replaced.")]
Copy = Annotated[Path, typer.Argument(metavar="FILE", help="A copy that papers backup made.")]


def register(cli: typer.Typer) -> None:
    """Add the commands to the command line."""
    cli.command()(ingest)
    cli.command("list")(list_papers)
    for command in (show, search, remove, reindex, backup, restore):
        cli.command()(command)


def ingest(
    context: typer.Context,
    sources: Annotated[list[str], typer.Argument(help="PDF files, folders, arXiv ids or links.")],
    prune: Annotated[
        bool, typer.Option("--prune", help="Remove papers whose files are gone from the folders.")
    ] = False,
    json_: Json = False,
) -> None:
    """Reads papers into the library. Run it again at any time: what is there already is left alone.

    A paper is found by its words as soon as it is read; then the vectors of all new papers are made.

    Example: `papers ingest ~/papers 2401.18059`
    """
    from index.ingest.ingest import Outcome
    from index.model.errors import LibraryBusy
    from ui.commands.progress import show_ingest, show_steps
    from ui.commands.terminal import err, plain

    started = time.perf_counter()
    with opened(context) as app:
        ingestion = app.ingestion()
        done = show_ingest(ingestion.read(sources))
        gone = ingestion.gone(sources)
        _say_gone(gone, app, prune=prune)
        counts = {outcome.value: sum(each.outcome is outcome for each in done) for outcome in Outcome}
        read_seconds = round(time.perf_counter() - started, 2)
        err.print(", ".join(f"{count} {outcome}" for outcome, count in counts.items()) + f" in {read_seconds} s")
        if waiting := len(app.library.without_vectors()):
            err.print(f"Can be asked now, by words; making the vectors of {waiting} papers.")
            try:
                show_steps(ingestion.embed())
            except LibraryBusy as busy:
                err.print(plain(str(busy)))
    seconds = round(time.perf_counter() - started, 2)
    failed = [{"file": e.file, "reason": e.reason, "detail": e.detail} for e in done if e.outcome is Outcome.FAILED]
    if json_:
        print_json(
            counts
            | {"failed": failed, "seconds": seconds, "seconds_to_words": read_seconds}
            | {"gone": [{"id": each.id, "title": each.title, "file": each.file} for each in gone], "pruned": prune}
        )
    if failed and not any(counts[each] for each in ("added", "unchanged", "replaced", "moved")):
        raise typer.Exit(ERROR)


def _say_gone(gone: "list[PaperRecord]", app: "AppContext", *, prune: bool) -> None:
    """Name the papers whose files were deleted, and take them out if that was asked for."""
    from index.ingest.ingest import remove_paper
    from ui.commands.terminal import say

    for record in gone:
        say(f"- {Path(record.file).name}: {record.title} ({'removed' if prune else 'its file is gone'})")
        if prune:
            remove_paper(app.library, app.vectors, record)
    if gone and not prune:
        files = "1 file is" if len(gone) == 1 else f"{len(gone)} files are"
        say(f"{files} gone; what was read from there still answers. Remove with: papers ingest FOLDER --prune")


def list_papers(context: typer.Context, json_: Json = False) -> None:
    """Lists the papers of the library.

    Example: `papers list --json`
    """
    from assistant.contract import paper_json
    from ui.commands.terminal import print_papers

    with opened(context) as app:
        records = app.library.papers()
    if json_:
        print_json({"papers": [paper_json(record) for record in records]})
    else:
        print_papers(records)


def show(context: typer.Context, paper: str, json_: Json = False) -> None:
    """Shows a paper's facts and its sections with their pages. PAPER: id, arXiv id, file name, or part of the title.

    Example: `papers show "attention is all"`
    """
    from assistant.contract import paper_json, sections_json
    from assistant.references.bibliography import reference_json
    from assistant.references.sources import references_of
    from index.ingest.same_work import other_versions, version_note
    from ui.commands.terminal import print_paper, say

    with opened(context) as app:
        record = app.library.find(paper)
        whole = app.library.paper(record.id)
        (reference,) = references_of(app.library, [record])
        versions = other_versions(app.library, whole)
    if json_:
        more = {"reference": reference_json(reference), "versions": [each.id for each in versions]}
        print_json(paper_json(record) | {"sections": sections_json(whole)} | more)
    else:
        print_paper(whole, record)
        for each in versions:
            say(f"note: {version_note(each)}")


def search(
    context: typer.Context,
    question: Question,
    paper: OnlyPaper = None,
    limit: Annotated[int, typer.Option("-k", min=1, max=100, help="How many passages.")] = 8,
    no_rerank: Annotated[bool, typer.Option("--no-rerank", help="Fused ranks only: faster.")] = False,
    json_: Json = False,
) -> None:
    """Finds passages, without a language model (which only translates a Chinese question).

    Example: `papers search "positional encoding" -k 3`
    """
    from assistant.contract import search_json
    from ui.commands.terminal import print_passages

    with opened(context) as app:
        filters = filters_of(app, paper)
        found = app.searcher.search(app.asked(question), limit, filters, rerank=not no_rerank)
        records = app.records()
    if json_:
        print_json(search_json(found, records))
    else:
        print_passages(found.passages, records)


def reindex(
    context: typer.Context,
    chunks: Annotated[bool, typer.Option("--chunks", help="Cut and embed every paper again, too.")] = False,
    json_: Json = False,
) -> None:
    """Makes the vector index anew; with another embedder than before, all chunks are cut and embedded again.

    Example: `papers reindex`
    """
    from index.ingest.embedding import reindex_library
    from ui.commands.progress import show_steps

    with opened(context) as app:
        library = app.library
        show_steps(reindex_library(library, app.vectors, app.embedder, app.index_settings, chunks=chunks))
        counted = {"papers": len(library.papers()), "chunks": len(library.ids())}
    if json_:
        print_json(counted)


def remove(context: typer.Context, paper: str, yes: Yes = False, json_: Json = False) -> None:
    """Takes a paper out of the library; the PDF stays where it is. By a part of its title only after asking.

    Example: `papers remove 1706.03762`
    """
    from index.ingest.ingest import remove_paper
    from index.store.find_paper import names_exactly
    from ui.commands.terminal import say

    with opened(context) as app:
        record = app.library.find(paper)
        if not names_exactly(record, paper):
            say(f"“{paper}” is a part of what this paper is called:\n  {record.id}  {record.title} ({record.file})")
            _confirm("Remove it from the library?", yes, context, "remove", record.id, "--yes")
        remove_paper(app.library, app.vectors, record)
    say(f"Removed: {record.title}")
    if json_:
        print_json({"removed": record.id})


def backup(context: typer.Context, file: BackupFile, json_: Json = False) -> None:
    """Copies the library to a file: papers as text, vectors, conversations, reports. Works while it is in use.

    PDFs, models and papers.toml are not in it. Example: `papers backup ~/library-backup.db`
    """
    from index.store.backup import back_up
    from ui.commands.terminal import say

    target = file.expanduser()
    with opened(context) as app:
        contents = back_up(app.library, target)
    size = target.stat().st_size
    say(f"{contents.papers} papers and {contents.conversations} conversations are in {target} ({size / 1e6:.1f} MB)")
    if json_:
        print_json({"file": str(target), "bytes": size, **asdict(contents)})


def restore(context: typer.Context, file: Copy, yes: Yes = False, json_: Json = False) -> None:
    """Puts a copy in place of the library, after checking it; what was there is kept beside it.

    Example: `papers restore ~/library-backup.db`
    """
    from index.store.backup import check_backup, contents_of_home
    from index.store.backup import restore as put_back
    from ui.commands.terminal import say

    source, home = file.expanduser(), settings_of(context).index().home
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
        print_json({**asdict(restored.contents), "vectors": restored.vectors, "before": before})


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
