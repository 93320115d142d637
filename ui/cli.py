"""The command line: `papers COMMAND`. Each command opens what it needs, prints, and ends with an exit code.

0 done, 1 error, 2 usage, 3 nothing new. With --json stdout holds one JSON document, and progress goes to stderr.
"""

import signal
import sys
from types import FrameType

import typer

from index.model.errors import PaperAssistantError
from index.model.plain_text import shown_text
from ui.commands import ask, bench, breakdown, digest, library, references, serve, setup
from ui.commands.options import Home

STOPPED = 130  # typer's exit code for Ctrl-C

app = typer.Typer(
    name="papers",
    help="Ask your papers, on your own machine: every sentence of an answer can be checked.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help: rich and its Markdown took two thirds of the time of `papers --help`
    context_settings={"max_content_width": 120},
)
for family in (setup, library, references, ask, breakdown, digest, serve, bench):
    family.register(app)


@app.callback()
def _options(context: typer.Context, home: Home = None) -> None:
    context.obj = home


def main() -> None:
    """Run a command; a PaperAssistantError is one line on stderr and exit code 1, a bug stays a traceback.

    A disk that is full or closed is no bug of ours, wherever it is met.
    """
    _end_as_by_ctrl_c()
    try:
        app()
    except PaperAssistantError as error:
        sys.exit(shown_text(f"papers: {error}"))  # on stderr, with code 1
    except OSError as error:
        from index.files.home import disk_remedy

        if not (remedy := disk_remedy(error)):
            raise
        sys.exit(shown_text(f"papers: {error.filename or 'A file'} cannot be used: {error.strerror}. {remedy}"))
    except SystemExit as end:
        if end.code == STOPPED:
            sys.stderr.write("papers: stopped; what was done is kept, and the same command goes on from there.\n")
        raise


def _end_as_by_ctrl_c() -> None:
    """From here on, a service manager's SIGTERM and the SIGHUP of a closed terminal end the command as Ctrl-C does."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup
            signal.signal(number, _interrupt)


def _interrupt(number: int, frame: FrameType | None) -> None:
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # started with & by a shell script
        signal.default_int_handler(number, frame)
    signal.raise_signal(signal.SIGINT)  # whose handler is the web server's while it runs


if __name__ == "__main__":
    main()
