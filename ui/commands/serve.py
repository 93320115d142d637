"""The command `papers serve`: the screens in a browser, on this machine alone unless somebody says otherwise."""

from typing import Annotated

import typer

Host = Annotated[str, typer.Option(help="Address to listen at; others than this machine's need --password.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="Port to listen at; 0 is any free one.")]
Password = Annotated[str | None, typer.Option(help="Asked for before anything is shown, under any user name.")]
AllowRemote = Annotated[bool, typer.Option("--allow-remote", help="Let everybody in without a password.")]
NoModel = Annotated[bool, typer.Option("--no-model", help="Quote the best passages; no language model.")]
Open = Annotated[bool, typer.Option("--open/--no-open", help="Open a browser, where there is a terminal.")]


def register(app: typer.Typer) -> None:
    """Adds the command to the command line."""
    app.command()(serve)


def serve(
    context: typer.Context,
    host: Host = "127.0.0.1",
    port: Port = 7860,
    password: Password = None,
    allow_remote: AllowRemote = False,
    no_model: NoModel = False,
    open_: Open = True,
) -> None:
    """Chat, library and settings in the browser, from this machine alone. End with Ctrl-C.

    Example: `papers serve --port 8000`
    """
    from assistant.context import Workbench
    from assistant.settings import load_settings
    from ui.commands.terminal import say
    from ui.web.security import AccessRules, check_binding
    from ui.web.server import serve_pages

    check_binding(host, password, allow_remote=allow_remote)
    with Workbench(load_settings(home=context.obj), say) as bench:
        serve_pages(bench, AccessRules(host, password or None), port, with_model=not no_model, show=open_)
