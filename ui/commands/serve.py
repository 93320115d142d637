"""The commands that serve others: `papers serve` a browser, `papers mcp` another program's model.

Both are for this machine alone; only `papers serve` may be opened to others, by who says so.
"""

import re
import sys
from importlib.util import find_spec
from typing import Annotated

import typer

from index.model.errors import PaperAssistantError
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
AllowHost = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME", help="Another host name of this server: its own in your network, or a proxy's."),
]
RootPath = Annotated[
    str, typer.Option(metavar="PATH", help="Path below which a proxy offers the pages, such as /papers.")
]
AllowRemote = Annotated[bool, typer.Option("--allow-remote", help="Let other machines in without a password.")]
NoModel = Annotated[bool, typer.Option("--no-model", help="Quote the best passages; no language model.")]
Open = Annotated[bool, typer.Option("--open/--no-open", help="Open a browser, where there is a terminal.")]
Http = Annotated[bool, typer.Option("--http", help="Over HTTP on this machine, with a token, in place of stdio.")]
HttpPort = Annotated[int, typer.Option("--port", min=0, max=65535, help="Of --http; 0 is any free one.")]


class PartMissing(PaperAssistantError):
    """The optional part of this program that speaks the protocol is not installed."""


def register(cli: typer.Typer) -> None:
    """Add the commands to the command line."""
    cli.command()(serve)
    cli.command()(mcp)


def serve(
    context: typer.Context,
    host: Host = "127.0.0.1",
    port: Port = 7860,
    password: Password = None,
    no_token: NoToken = False,
    allow_remote: AllowRemote = False,
    allow_host: AllowHost = None,
    root_path: RootPath = "",
    no_model: NoModel = False,
    open_: Open = True,
) -> None:
    """Chat, library and settings in the browser, for whoever has the address that it prints. End with Ctrl-C.

    Example: `papers serve --port 8000`; behind a proxy: `papers serve --allow-host papers.example.org`
    """
    from ui.commands.terminal import say
    from ui.web.access import AccessRules, check_binding, new_token
    from ui.web.server import serve_pages

    password = _typed() if password == "-" else password or None
    token = None if password or no_token else new_token()
    names = tuple(map(_host_name, allow_host or ()))
    rules = AccessRules(host, password, token, names=names, root_path=_path(root_path))
    check_binding(rules, allow_remote=allow_remote)
    with opened(context) as app:
        serve_pages(app, rules, port, say, with_model=not no_model, show=open_)


def mcp(context: typer.Context, http: Http = False, port: HttpPort = 7861, no_model: NoModel = False) -> None:
    """Lets another program's model search and ask your papers (MCP); docs/programs.md shows how to set it up.

    Example: `papers mcp --http`, or in Claude Code `claude mcp add papers -- papers mcp`
    """
    if find_spec("mcp") is None:
        raise PartMissing("This needs an optional part. Install it with: pip install 'paper-assistant[mcp]'")
    from importlib.metadata import PackageNotFoundError, version

    from ui.commands.terminal import say
    from ui.mcp.tools import Tools, build_server
    from ui.mcp.transport import kept_token, serve_http, serve_stdio

    try:
        number = version("paper-assistant")
    except PackageNotFoundError:  # run from a checkout that is not installed
        number = ""
    with opened(context) as app:
        server = build_server(Tools(app, with_model=not no_model), number)
        if http:
            serve_http(server, port, kept_token(app.index_settings.home), say)
        else:
            serve_stdio(server)


def _host_name(text: str) -> str:
    """The name in `--allow-host`, as browsers send it."""
    try:
        if re.fullmatch(r"[\w.-]+|\[[0-9A-Fa-f:.]+\]", text):
            return text.strip("[]").rstrip(".").encode("idna").decode().lower()
    except UnicodeError:  # no name of a host
        pass
    raise typer.BadParameter(f"{text}: give a name alone, such as papers.example.org", param_hint="--allow-host")


def _path(text: str) -> str:
    path = f"/{text.strip('/')}" if text.strip("/") else ""
    if not re.fullmatch(r"(?:/[\w~-][\w.~-]*)*", path, re.ASCII):
        raise typer.BadParameter(f"{text}: give a path such as /papers", param_hint="--root-path")
    return path


def _typed() -> str:
    """The password as it is typed, unseen, or as a pipe gives it: its first line."""
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, err=True))
    if line := sys.stdin.readline().rstrip("\r\n"):
        return line
    raise typer.BadParameter("it is empty", param_hint="--password")
