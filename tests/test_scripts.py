import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NAMES = ("start", "test", "check", "find_uv", "audit", "soak")
DOORS = [ROOT / "scripts" / name for name in NAMES] + [ROOT / ".ci" / "run"]


@pytest.mark.parametrize("door", DOORS, ids=lambda path: path.name)
def test_a_door_is_short_strict_and_can_be_run(door):
    text = door.read_text()
    assert text.startswith("#!/usr/bin/env bash\n# ")
    assert "set -euo pipefail" in text
    assert len(text.splitlines()) <= 40
    assert os.access(door, os.X_OK)
    assert subprocess.run(["bash", "-n", door]).returncode == 0


def test_find_uv_prints_a_uv_that_runs():
    found = subprocess.run([ROOT / "scripts" / "find_uv"], capture_output=True, text=True, check=True)
    version = subprocess.run([found.stdout.strip(), "--version"], capture_output=True, text=True, check=True)
    assert version.stdout.startswith("uv ")
    assert "uv" in found.stderr


def test_what_set_up_fetches_is_reached_by_one_fixture():
    """Else a test that needs it would count as quick: see conftest."""
    texts = {path.name: path.read_text("utf-8") for path in (ROOT / "tests").glob("*.py")}
    found = {name for name, text in texts.items() if "PAPERS_TEST_HOME" in text or 'which("chromium' in text}
    # Two hand it to a process of their own.
    assert found == {"conftest.py", "test_offline.py", "server_load.py", "test_scripts.py"}


def test_the_hooks_run_what_is_here():
    text = (ROOT / ".pre-commit-config.yaml").read_text()
    assert text.count("- repo:") == text.count("- repo: local") == 1
    entries = [line.split("entry:")[1].split() for line in text.splitlines() if "entry:" in line]
    assert {entry[0] for entry in entries} == {".venv/bin/ruff", "scripts/test"}
    assert text.count("language: system") == len(entries) == 3


def test_start_says_which_folder_is_missing_before_it_does_anything(tmp_path):
    result = subprocess.run([ROOT / "scripts" / "start", tmp_path / "none"], capture_output=True, text=True, timeout=10)
    assert result.returncode == 2
    assert str(tmp_path / "none") in result.stderr
    assert "==" not in result.stderr


def test_the_licence_is_whole():
    text = (ROOT / "LICENSE").read_text()
    assert text.lstrip().startswith("GNU AFFERO GENERAL PUBLIC LICENSE")
    assert text.rstrip().endswith("<https://www.gnu.org/licenses/>.")
    assert len(text.splitlines()) == 661
