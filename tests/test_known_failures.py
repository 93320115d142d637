"""docs/known-failures.md names a test for each failure, and those tests are there."""

import ast
import re

from conftest import ROOT

PAGE = (ROOT / "docs" / "known-failures.md").read_text("utf-8")
ROWS = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith("| failure ")]


def test_each_failure_says_what_happens_how_to_recover_and_by_which_test_it_is_known():
    assert len(ROWS) > 20
    for row in ROWS:
        cells = [cell.strip() for cell in row.strip("| ").split(" | ")]
        assert len(cells) == 4 and all(cells), row
        file, name = re.fullmatch(r"`(test_\w+\.py)::(test_\w+)`", cells[3]).groups()
        tree = ast.parse((ROOT / "tests" / file).read_text("utf-8"))
        assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, cells[3]


def test_each_command_that_recovers_is_one():
    from typer.testing import CliRunner

    from ui.cli import app

    said = CliRunner().invoke(app, ["--help"]).output
    for command in set(re.findall(r"`papers ([a-z]+)", PAGE)):
        assert re.search(rf"^│?\s*{command}\b", said, re.MULTILINE), command
    assert "--prune" in CliRunner().invoke(app, ["ingest", "--help"]).output
