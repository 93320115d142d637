"""The commands that prepare and check an installation: `papers setup` and `papers doctor`."""

from dataclasses import asdict
from typing import Annotated

import typer

from ui.commands.options import ERROR, Json, opened, print_json, settings_of


def register(cli: typer.Typer) -> None:
    """Add the commands to the command line."""
    cli.command()(setup)
    cli.command()(doctor)


def setup(
    context: typer.Context,
    chat_model: Annotated[str | None, typer.Option(help="An Ollama model to use; default by memory.")] = None,
    embedder: Annotated[str | None, typer.Option(help="An embedder to use; default bge-small-en-v1.5.")] = None,
    full_precision: Annotated[
        bool, typer.Option("--full-precision", help="Keep a new embedder in 32 bits: exact, half as fast.")
    ] = False,
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

    settings = settings_of(context, embedder=embedder)
    home = settings.index().home
    obtain_embedder(home, settings.embedder or None, say, full_precision=full_precision)
    install_where_needed(None, home, say)
    with running_server(None, home, say) as server:
        obtain_chat_model(server.url, home, chat_model or settings.chat_model or None, say)
    for line in remember(home, chat_model=chat_model, embedder=embedder):
        say(f"{home / CONFIG_FILE} says otherwise; to use this from now on, change it to: {line}")


def doctor(context: typer.Context, json_: Json = False) -> None:
    """Checks that everything is in order; each line that is not names the command that mends it.

    Example: `papers doctor`
    """
    from assistant.doctor import examine
    from ui.commands.terminal import print_check

    with opened(context) as app:
        checks = []
        for check in examine(app):
            checks.append(check)
            if not json_:
                print_check(check)
    if json_:
        print_json({"checks": [asdict(check) for check in checks]})
    if not all(check.well for check in checks):
        raise typer.Exit(ERROR)
