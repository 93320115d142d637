"""The suites that measure the judge of sentences: `papers bench claims`, `papers bench answers-written`."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.table import Table

from assistant.bench.claims import CLAIMS, SUITES, measure_support
from index.files.whole_file import write_whole
from ui.commands.terminal import out, plain, say


def are_of_claims(suites: Sequence[str]) -> bool:
    """Whether any of the suites measures the judge of sentences."""
    return any(suite in SUITES for suite in suites)


def bench_claims(suites: Sequence[str], data: Path, papers: Path, file: Path | None, as_json: bool) -> None:
    """Measures the suites and prints them; `file` gets the JSON, too."""
    found = measure_support(list(dict.fromkeys(suites)), data.expanduser(), papers.expanduser(), say)
    text = json.dumps(found, ensure_ascii=False, indent=1) + "\n"
    if file is not None:
        write_whole(file, text)
    if as_json:
        sys.stdout.write(text)
        return
    for suite, value in found.items():
        if suite == CLAIMS:
            out.print(_cells(value))
        else:
            out.print(plain(json.dumps(value, ensure_ascii=False, indent=1)))


def _cells(cells: list[dict[str, Any]]) -> Table:
    table = Table(title="claims", title_justify="left")
    names = list(cells[0]) if cells else []
    for name in names:
        table.add_column(plain(name), justify="left" if name in ("label", "style", "kind") else "right")
    for cell in cells:
        table.add_row(*(plain(str(cell[name])) for name in names))
    return table
