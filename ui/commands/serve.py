"""The command `papers serve`: the screens in a browser, on this machine alone unless somebody says otherwise."""

import sys
from typing import Annotated

import typer

from ui.commands.options import opened

Host = Annotated[str, typer.Option(help="Address to listen at; others than this machine's need --password.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="Port to listen at; 0 is any free one.")]
Password = Annotated[
    str | None,
    typer.Option(
        envvar="PAPERS_PASSWORD",
        help="In place of the token, under any user name. Other users of this machine see what a command line holds: "
        "give - to type it, or set PAPERS_PASSWORD.",
    ),
]
NoToken = Annotated[bool, typer.Option("--no-token", help="Let every user of this machine in, without a token.")]
AllowRemote = Annotated[bool, typer.Option("--allow-remote", help="Let other machines in without a password.")]
NoModel = Annotated[bool, typer.Option("--no-model", help="Quote the best passages; no language model.")]
Open = Annotated[bool, typer.Option("--open/--no-open", help="Open a browser, where there is a terminal.")]


def register(cli: typer.Typer) -> None:
    """Add the command to the command line."""
    cli.command()(serve)


def serve(
    context: typer.Context,
    host: Host = "127.0.0.1",
    port: Port = 7860,
    password: Password = None,
    no_token: NoToken = False,
    allow_remote: AllowRemote = False,
    no_model: NoModel = False,
    open_: Open = True,
) -> None:
    """Chat, library and settings in the browser, for whoever has the address that it prints. End with Ctrl-C.

    Example: `papers serve --port 8000`
    """
    from ui.commands.terminal import say
    from ui.web.access import AccessRules, check_binding, new_token
    from ui.web.server import serve_pages

    password = _typed() if password == "-" else password or None
    check_binding(host, password, allow_remote=allow_remote)
    rules = AccessRules(host, password, None if password or no_token else new_token())
    with opened(context) as app:
        serve_pages(app, rules, port, say, with_model=not no_model, show=open_)


def _typed() -> str:
    """The password as it is typed, unseen, or as a pipe gives it: its first line."""
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, err=True))
    if line := sys.stdin.readline().rstrip("\r\n"):
        return line
    raise typer.BadParameter("it is empty", param_hint="--password")
