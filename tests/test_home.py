"""Whatever a person keeps here is closed to the other users of the machine, whichever command runs first."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from index.embedding.downloads import set_up_lock
from index.files.home import private_folder
from index.store.library import Library

ROOT = Path(__file__).parents[1]
# These write where a person says, for others too, or into a scratch folder.
ELSEWHERE = {"assistant/report/files.py", "assistant/bench/starter.py", "ui/commands/bench.py"}


@pytest.fixture(autouse=True)
def permissive_umask():
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path):
    return path.stat().st_mode & 0o777


def test_set_up_makes_the_home_for_its_owner_alone(tmp_path):
    home = tmp_path / "above" / "home"
    with set_up_lock(home, print):
        assert mode(home) == mode(home.parent) == 0o700
    assert mode(private_folder(home / "downloads" / "a").parent) == 0o700


def test_a_library_and_what_sqlite_puts_beside_it_are_closed_to_others(tmp_path):
    (tmp_path / "home").mkdir(mode=0o755)
    with Library.open(tmp_path / "home") as library, library.transaction():
        files = sorted((tmp_path / "home").glob("library.db*"))
        assert len(files) >= 2
        assert {mode(file) for file in files} == {0o600}


def test_an_older_library_is_closed_to_others_when_it_is_opened(tmp_path):
    Library.open(tmp_path).close()
    (tmp_path / "library.db").chmod(0o644)
    Library.open(tmp_path).close()
    assert mode(tmp_path / "library.db") == 0o600


def test_doctor_says_with_which_command_an_open_home_is_closed(tmp_path):
    home = tmp_path / "my home"
    home.mkdir(mode=0o755)
    command = [sys.executable, "-m", "ui.cli", "--home", str(home), "doctor"]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120).stdout
    assert "privacy" in said
    assert f"chmod 700 '{home}'" in " ".join(said.split())
    home.chmod(0o700)
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120).stdout
    assert "chmod" not in said


def test_folders_are_made_by_one_function():
    for package in ("index", "assistant", "ui"):
        for file in (ROOT / package).rglob("*.py"):
            name = file.relative_to(ROOT).as_posix()
            if name in ELSEWHERE | {"index/files/home.py"}:
                continue
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                made = isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("mkdir", "makedirs")
                parents = made and any(each.arg == "parents" for each in node.keywords)
                assert not parents, f"{name}:{node.lineno} makes folders that others may read: use private_folder"
