"""The command line: `papers COMMAND`. Each command opens what it needs, prints, and ends with one of three codes.

0 done, 1 error, 2 usage. With --json stdout holds one JSON document, and progress goes to stderr.
"""

import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from index.model.errors import PaperAssistantError
from index.model.plain_text import json_text, shown_text
from ui.commands import bench as bench_command
from ui.commands import breakdown as breakdown_commands
from ui.commands import digest as digest_commands
from ui.commands import end_signals
from ui.commands import library as library_commands
from ui.commands import serve as serve_command

if TYPE_CHECKING:
    from assistant.config.settings import Settings
    from assistant.context import Workbench
    from index.model.records import Filters

ERROR, STOPPED = 1, 130

app = typer.Typer(
    name="papers",
    help="Ask your papers, on your own machine: every sentence of an answer can be checked.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help: rich and its Markdown took two thirds of the time of `papers --help`
    context_settings={"max_content_width": 120},
)
for each in (library_commands, serve_command, digest_commands, breakdown_commands, bench_command):
    each.register(app)

Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
OnlyPaper = Annotated[list[str] | None, typer.Option("--paper", "-p", help="Only this paper; may be repeated.")]
Question = Annotated[str, typer.Argument(callback=lambda text: _question(text))]
Language = Annotated[str | None, typer.Option(help="Language of the answer: en, zh or auto (the question's).")]
NoModel = Annotated[bool, typer.Option("--no-model", help="Quote the best passages; no language model.")]
Home = Annotated[Path | None, typer.Option("--home", envvar="PAPERS_HOME", help="Where everything is kept.")]


@app.callback()
def _options(context: typer.Context, home: Home = None) -> None:
    context.obj = home


def main() -> None:
    """Runs a command; an error of ours is one line on stderr and exit code 1, a bug stays a traceback."""
    end_signals.end_as_by_ctrl_c()
    try:
        app()
    except PaperAssistantError as error:
        sys.exit(shown_text(f"papers: {error}"))  # on stderr, with code 1
    except SystemExit as end:
        if end.code == STOPPED:  # typer's for Ctrl-C
            sys.stderr.write("papers: stopped; what was done is kept, and the same command goes on from there.\n")
        raise


@app.command()
def setup(
    context: typer.Context,
    chat_model: Annotated[str | None, typer.Option(help="An Ollama model to use; default by memory.")] = None,
    embedder: Annotated[str | None, typer.Option(help="An embedder to use; default bge-small-en-v1.5.")] = None,
) -> None:
    """Fetches what is missing: Ollama, a chat model, an embedder. Nothing is downloaded later.

    Example: `papers setup --chat-model qwen3:4b`
    """
    from assistant.config.settings import CONFIG_FILE, remember
    from assistant.setup.chat_model_files import obtain_chat_model
    from assistant.setup.install import install_where_needed
    from assistant.setup.process import running_server
    from index.embedding.files import obtain_embedder
    from ui.commands.terminal import say

    settings = _settings(context, embedder=embedder)
    home = settings.index().home
    obtain_embedder(home, settings.embedder or None, say)
    install_where_needed(None, home, say)
    with running_server(None, home, say) as server:
        obtain_chat_model(server.url, home, chat_model or settings.chat_model or None, say)
    for line in remember(home, chat_model=chat_model, embedder=embedder):
        say(f"{home / CONFIG_FILE} says otherwise; to use this from now on, change it to: {line}")


@app.command()
def ingest(
    context: typer.Context,
    sources: Annotated[list[str], typer.Argument(help="PDF files, folders, arXiv ids or links.")],
    json_: Json = False,
) -> None:
    """Reads papers into the library. Run it again at any time: what is there already is left alone.

    Example: `papers ingest ~/papers 2401.18059`
    """
    from index.ingest.ingest import Outcome
    from ui.commands.terminal import err, show_ingest

    started = time.perf_counter()
    with _bench(context) as bench:
        done = show_ingest(bench.ingestion().run(sources))
    counts = {outcome.value: sum(each.outcome is outcome for each in done) for outcome in Outcome}
    seconds = round(time.perf_counter() - started, 2)
    failed = [{"file": e.file, "reason": e.reason, "detail": e.detail} for e in done if e.outcome is Outcome.FAILED]
    err.print(", ".join(f"{count} {outcome}" for outcome, count in counts.items()) + f" in {seconds} s")
    if json_:
        _print_json(counts | {"failed": failed, "seconds": seconds})
    if failed and not any(counts[each] for each in ("added", "unchanged", "replaced", "moved")):
        raise typer.Exit(ERROR)


@app.command("list")
def list_papers(context: typer.Context, json_: Json = False) -> None:
    """Lists the papers of the library.

    Example: `papers list --json`
    """
    from assistant.contract import paper_json
    from ui.commands.terminal import print_papers

    with _bench(context) as bench:
        records = bench.library.papers()
    if json_:
        _print_json({"papers": [paper_json(record) for record in records]})
    else:
        print_papers(records)


@app.command()
def show(context: typer.Context, paper: str, json_: Json = False) -> None:
    """Shows a paper's facts and its sections with their pages. PAPER: id, arXiv id, file name, or part of the title.

    Example: `papers show "attention is all"`
    """
    from assistant.contract import paper_json, sections_json
    from ui.commands.terminal import print_paper

    with _bench(context) as bench:
        record = bench.library.find(paper)
        whole = bench.library.paper(record.id)
    if json_:
        _print_json(paper_json(record) | {"sections": sections_json(whole)})
    else:
        print_paper(whole, record)


@app.command()
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

    with _bench(context) as bench:
        filters = _filters(bench, paper)
        found = bench.searcher.search(bench.asked(question), limit, filters, rerank=not no_rerank)
        records = bench.records()
    if json_:
        _print_json(search_json(found, records))
    else:
        print_passages(found.passages, records)


@app.command()
def ask(
    context: typer.Context,
    question: Question,
    paper: OnlyPaper = None,
    language: Language = None,
    no_model: NoModel = False,
    json_: Json = False,
) -> None:
    """Answers a question from the papers, each sentence with the words that carry it.

    Example: `papers ask "Which optimizer was used to train the Transformer?" --paper 1706.03762`
    """
    from assistant.contract import answer_json
    from ui.commands.terminal import print_answer, show_answer

    with _bench(context) as bench:
        spoken = _language(language, bench)
        asker = bench.asker(with_model=not no_model)
        answer = show_answer(asker.answer(question, filters=_filters(bench, paper), language=spoken))
        records = bench.records()
        if json_:
            _print_json(answer_json(answer, records, asker.model))
        else:
            print_answer(answer, records)


@app.command()
def chat(
    context: typer.Context,
    paper: OnlyPaper = None,
    language: Language = None,
    resume: Annotated[bool, typer.Option("--continue", help="Go on with the last conversation.")] = False,
) -> None:
    """A conversation in the terminal; follow-up questions are understood. End with Ctrl-D.

    Example: `papers chat --paper 1706.03762`
    """
    from ui.commands.chat import chat_loop

    with _bench(context) as bench:
        chat_loop(bench, _filters(bench, paper), _language(language, bench), resume=resume)


@app.command()
def reindex(
    context: typer.Context,
    chunks: Annotated[bool, typer.Option("--chunks", help="Cut and embed every paper again, too.")] = False,
    json_: Json = False,
) -> None:
    """Makes the vector index anew; with another embedder than before, all chunks are cut and embedded again.

    Example: `papers reindex`
    """
    from index.ingest.reindex import reindex_library
    from ui.commands.terminal import show_reindex

    with _bench(context) as bench:
        library = bench.library
        show_reindex(reindex_library(library, bench.vectors, bench.embedder, bench.index_settings, chunks=chunks))
        counted = {"papers": len(library.papers()), "chunks": len(library.ids())}
    if json_:
        _print_json(counted)


@app.command()
def doctor(context: typer.Context, json_: Json = False) -> None:
    """Checks that everything is in order; each line that is not names the command that mends it.

    Example: `papers doctor`
    """
    from assistant.doctor import examine
    from ui.commands.terminal import print_check

    with _bench(context) as bench:
        checks = []
        for check in examine(bench):
            checks.append(check)
            if not json_:
                print_check(check)
    if json_:
        _print_json({"checks": [asdict(check) for check in checks]})
    if not all(check.well for check in checks):
        raise typer.Exit(ERROR)


def _settings(context: typer.Context, **flags: object) -> "Settings":
    from assistant.config.settings import load_settings

    return load_settings(home=context.obj, **flags)


def _bench(context: typer.Context) -> "Workbench":
    from assistant.context import Workbench
    from ui.commands.terminal import say

    return Workbench(_settings(context), say)


def _filters(bench: "Workbench", names: list[str] | None) -> "Filters | None":
    from index.model.records import Filters

    return Filters(papers=frozenset(bench.library.find(name).id for name in names)) if names else None


def _language(language: str | None, bench: "Workbench") -> str:
    chosen = language or bench.settings.language
    if chosen not in ("auto", "en", "zh"):
        raise typer.BadParameter(f"{chosen}: give en, zh or auto", param_hint="--language")
    return chosen


def _question(text: str) -> str:
    """A question as text, whatever bytes the shell gave."""
    clean = text.encode("utf-8", "replace").decode("utf-8").strip()
    if not clean:
        raise typer.BadParameter("it is empty", param_hint="QUESTION")
    return clean


def _print_json(value: object) -> None:
    sys.stdout.write(json_text(value) + "\n")


if __name__ == "__main__":
    main()
