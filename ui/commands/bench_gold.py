"""The suites with a gold written by hand: `papers bench claims`, `answers-written`, `breakdown`."""

import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table

from assistant.bench.gold import breakdowns, claims
from assistant.bench.systems import BenchError
from index.files.whole_file import write_whole
from ui.commands.terminal import out, plain, say

if TYPE_CHECKING:
    from assistant.config.settings import Settings

_LEFT = ("label", "style", "kind", "field", "paper")  # columns of words


def have_gold(suites: Sequence[str]) -> bool:
    """Whether any of the suites has a gold written by hand."""
    return any(suite in (*claims.SUITES, breakdowns.SUITE) for suite in suites)


def bench_gold(
    suites: Sequence[str],
    settings: "Settings",
    data: Path,
    papers: Path,
    no_model: bool,
    file: Path | None,
    json_: bool,
) -> None:
    """Measure the suites and print them; `file` gets the JSON, too. Raises BenchError for a mixture of suites."""
    chosen, data, papers = list(dict.fromkeys(suites)), data.expanduser(), papers.expanduser()
    if breakdowns.SUITE not in chosen:
        found = claims.measure_support(chosen, data, papers, say)
    elif len(chosen) == 1:
        found = _breakdowns(settings, data, papers, no_model)
    else:
        raise BenchError(f"{breakdowns.SUITE} is measured on its own, not with other suites.")
    text = json.dumps(found, ensure_ascii=False, indent=1) + "\n"
    if file is not None:
        write_whole(file, text)
    if json_:
        sys.stdout.write(text)
        return
    for suite, value in found.items():
        if isinstance(value, list):
            out.print(_table(suite, value))
        else:
            out.print(plain(f"{suite} {json.dumps(value, ensure_ascii=False, indent=1)}"))


def _breakdowns(settings: "Settings", data: Path, papers: Path, no_model: bool) -> dict[str, Any]:
    """Breakdowns made in a library of their own, with the embedder and the chat model of this home."""
    from assistant.breakdown.breakdown import Breaker
    from assistant.context import AppContext
    from index.store.library import Library

    with (
        AppContext(settings, say) as app,
        tempfile.TemporaryDirectory(prefix="papers-bench-") as folder,
        Library.open(Path(folder)) as library,
    ):
        breaker = Breaker(app.embedder, None if no_model else app.chat_model(), library)
        return breakdowns.measure_breakdowns(data, papers, breaker, say)


def _table(title: str, rows: list[dict[str, Any]]) -> Table:
    table = Table(title=plain(title), title_justify="left")
    names = list(rows[0]) if rows else []
    for name in names:
        table.add_column(plain(name), justify="left" if name in _LEFT else "right")
    for row in rows:
        table.add_row(*(plain(str(row[name])) for name in names))
    return table
