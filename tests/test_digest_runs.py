"""`papers digest` and `papers monitor` as processes: exit codes, killed and run again, two at once."""

import json
import os
import random
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from conftest import new_home
from test_cli import papers

ROOT = Path(__file__).parents[1]
CARELESS = {"made_at", "seconds"}  # facts of a run, not of its report


def command(home, *arguments):
    return [sys.executable, "-m", "ui.cli", "--home", str(home), *map(str, arguments)]


def start(home, *arguments):
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PAPERS_")}
    return subprocess.Popen(
        command(home, *arguments), cwd=ROOT, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )


def fields(home):
    """The kept fields: the number of the row, which grows when a field is made again, and the moment."""
    if not (home / "library.db").exists():
        return {}
    with closing(sqlite3.connect(home / "library.db", timeout=30)) as connection:
        try:
            rows = connection.execute("SELECT subject, field, rowid, made_at FROM breakdown_fields").fetchall()
        except sqlite3.OperationalError:  # killed before the tables were made
            return {}
    return {(subject, field): (number, made) for subject, field, number, made in rows}


def without_moments(value):
    if isinstance(value, dict):
        return {key: without_moments(each) for key, each in value.items() if key not in CARELESS}
    return [without_moments(each) for each in value] if isinstance(value, list) else value


@pytest.fixture
def listing(tmp_path, shared):
    """Twelve papers of a real listing."""
    whole = (shared / "feeds" / "daily_listing" / "2026-01-19.jsonl").read_text("utf-8").splitlines()
    papers = list({json.loads(line)["id"]: line for line in whole if '"cs.CV"' in line}.values())[:12]
    path = tmp_path / "2026-01-19.jsonl"
    path.write_text("\n".join(papers), "utf-8")
    return path


def asked(listing, out):
    return ["digest", "--from", listing, "--offline", "--no-model", "--top", 2, "--out", out, "--language", "en"]


def test_written_then_nothing_new_then_written_again(home, listing, tmp_path):
    out = tmp_path / "out"
    done = papers(home, *asked(listing, out), "--json")
    answer = json.loads(done.stdout)
    assert answer["written"] and answer["counts"]["announced"] == 12 == len(answer["report"]["cards"])
    assert answer["counts"]["abstract_only"] == 2 and answer["counts"]["listed"] == 10
    assert answer["report"]["summary"]["reading"] and "12 papers announced" in done.stderr
    assert sorted(path.name for path in out.iterdir()) == [
        "2026-01-19.html",
        "2026-01-19.json",
        "2026-01-19.md",
        "digests.xml",
    ]
    (out / "2026-01-19.md").unlink()
    again = papers(home, *asked(listing, out), code=3)
    assert again.stdout == f"{out / '2026-01-19.md'}\n" and "Nothing new" in again.stderr
    assert papers(home, *asked(listing, out), code=3).stdout == ""
    watch = ["monitor", "--from", listing, "--offline", "--no-model", "--keywords", "no such words"]
    assert "12 left out (no keyword: 12)" in papers(home, *watch, code=3).stderr


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["digest", "--offline"], 1, "--from FILE"),
        (["digest"], 1, "--categories"),
        (["monitor", "--offline"], 1, "--keywords"),
        (["digest", "nobody"], 1, "[digest.nobody]"),
        (["digest", "--date", "yesterday"], 2, "2026-01-19"),
        (["digest", "--top", "-1"], 2, "--top"),
        (["digest", "--from", "there-is-none.xml"], 1, "cannot be read"),
    ],
)
def test_what_cannot_be_done_is_said(home, arguments, code, said):
    assert said in papers(home, *arguments, code=code).stderr


@pytest.mark.slow
def test_killed_at_ten_random_points_it_goes_on(tmp_path, model_folder, listing):
    whole = new_home(tmp_path / "whole", model_folder)
    started = time.monotonic()
    papers(whole, *asked(listing, tmp_path / "whole-out"))
    length = time.monotonic() - started
    home, out = new_home(tmp_path / "killed", model_folder), tmp_path / "out"
    dice = random.Random(7)
    made = {}
    for _ in range(10):
        process = start(home, *asked(listing, out))
        time.sleep(dice.uniform(0.1, 1.0) * length)
        process.kill()
        process.wait()
        process.stderr.close()
        now = fields(home)
        assert {key: now[key] for key in made} == made, "a field that was kept was made again"
        made = now
    process = start(home, *asked(listing, out))
    assert process.communicate()[1] and process.returncode in (0, 3)
    now = fields(home)
    assert {key: now[key] for key in made} == made and set(now) == set(fields(whole))
    records = [json.loads((folder / "2026-01-19.json").read_text("utf-8")) for folder in (out, tmp_path / "whole-out")]
    assert without_moments(records[0]) == without_moments(records[1])
    assert not list(out.glob("*.part"))


@pytest.mark.slow
def test_two_at_once_make_one_report(home, listing, tmp_path):
    both = [start(home, *asked(listing, tmp_path / "out")) for _ in range(2)]
    said = [process.communicate()[1].decode() for process in both]
    codes = sorted(process.returncode for process in both)
    assert codes in ([0, 3], [0, 1]), said
    if codes == [0, 1]:
        assert any("is making the digest" in each for each in said)
    made = fields(home)
    assert papers(home, *asked(listing, tmp_path / "out"), code=3) and fields(home) == made
