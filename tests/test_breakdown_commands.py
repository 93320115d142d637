"""`papers breakdown` and `papers compare` as processes: pages on stdout, progress on stderr, exit codes, Ctrl-C."""

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys

import pytest
from conftest import ROOT, new_home
from fake_ollama import MODEL, Reply, fake_ollama  # noqa: F401
from test_cli import papers
from typer.testing import CliRunner

from assistant.breakdown.record import ALL_FIELDS, Breakdown
from ui.cli import app
from ui.commands.progress import time_left


@pytest.fixture(scope="module")
def filled(tmp_path_factory, model_folder, sample_papers):
    home = new_home(tmp_path_factory.mktemp("broken") / "home", model_folder)
    papers(home, "ingest", sample_papers / "many_spans.pdf")
    return home


def test_a_page_on_stdout_and_progress_on_stderr(filled):
    done = papers(filled, "breakdown", "many spans", "--no-model")
    assert done.stdout.startswith("# One Text, Many Spans") and done.stdout.endswith("\n")
    assert "## 7. Summary" in done.stdout and "not found in the paper" in done.stdout
    assert f"{len(ALL_FIELDS)}/{len(ALL_FIELDS)} remember" in done.stderr and " left" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_that_is_not_in_the_library_without_ollama(filled, sample_papers, tmp_path):
    out = tmp_path / "page.json"
    arguments = ["breakdown", sample_papers / "two_legs.pdf", "--fields", "limitations,pain", "--json", "--out", out]
    done = papers(filled, *arguments, OLLAMA_HOST="127.0.0.1:1", PATH=str(tmp_path))
    made = Breakdown.model_validate_json(out.read_text("utf-8"))
    assert [field.name for field in made.fields] == ["pain", "limitations"] and made.model == ""
    assert "papers ingest" in done.stderr and "Quoted sentences only" in done.stderr and done.stdout == ""
    assert len(json.loads(papers(filled, "list", "--json").stdout)["papers"]) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["page.json"]


def test_two_papers_as_a_table(filled, sample_papers):
    asked = ["compare", "many spans", sample_papers / "two_legs.pdf", "--columns", "results,code", "--no-model"]
    rows = list(csv.reader(io.StringIO(papers(filled, *asked, "--format", "csv").stdout)))
    assert len(rows) == 3 and {len(row) for row in rows} == {4} and "p. " in rows[1][2]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["breakdown", "no such paper"], 1, "papers ingest"),
        (["breakdown", "x", "--fields", "results,colour"], 2, "no colour; there are abstract"),
        (["breakdown", "x", "--format", "csv"], 2, "md, html, json"),
        (["breakdown", "x", "--language", "fr"], 2, "en, zh or auto"),
        (["breakdown"], 2, "Missing argument"),
        (["compare", "x"], 2, "name 2 to 6"),
        (["compare", *"abcdefg"], 2, "name 2 to 6"),
        (["compare", "a", "b", "--columns", "price"], 2, "there are problem"),
        (["compare", "a", "b", "--format", "pdf"], 2, "csv"),
    ],
)
def test_what_cannot_be_done_is_said(tmp_path, arguments, code, said):
    done = CliRunner(env={"COLUMNS": "400"}).invoke(app, ["--home", str(tmp_path / "home"), *arguments])
    assert (done.exit_code, said in f"{done.output}{done.exception}") == (code, True), done.output


def test_the_same_paper_twice_is_no_comparison(filled, sample_papers):
    arguments = ["--home", str(filled), "compare", "many spans", str(sample_papers / "many_spans.pdf"), "--no-model"]
    done = CliRunner(env={"COLUMNS": "400"}).invoke(app, arguments)
    assert done.exit_code == 2 and "same paper" in done.output


def test_a_page_that_cannot_be_written_is_said(filled, tmp_path):
    arguments = ["breakdown", "many spans", "--no-model", "--fields", "abstract", "--out", tmp_path / "no" / "page.md"]
    assert "--out" in papers(filled, *arguments, code=1).stderr


def test_stopped_by_hand_it_keeps_what_was_made(filled, fake_ollama):  # noqa: F811
    fake_ollama.default = Reply.of({"statement": "Hello!"})
    fake_ollama.script(*[fake_ollama.default] * 3, Reply("{", pause=60))
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PAPERS_")}
    variables |= {"OLLAMA_HOST": fake_ollama.host, "PAPERS_CHAT_MODEL": MODEL}
    command = [sys.executable, "-m", "ui.cli", "--home", str(filled), "breakdown", "many spans"]
    process = subprocess.Popen(command, cwd=ROOT, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while len(fake_ollama.requests) < 4 and process.poll() is None:
        fake_ollama.waiting.wait(0.1)
    process.send_signal(signal.SIGINT)
    out, said = process.communicate(timeout=120)
    assert process.returncode == 130 and out == b"" and b"stopped; what was done is kept" in said, said
    asked = len(fake_ollama.requests)
    environment = {"OLLAMA_HOST": fake_ollama.host, "PAPERS_CHAT_MODEL": MODEL}
    done = papers(filled, "breakdown", "many spans", "--format", "html", **environment)
    assert done.stdout.startswith("<!doctype html>") or done.stdout.startswith("<!DOCTYPE html>")
    assert "Hello!" not in done.stdout and not re.search(r"(?m)^\s*1/22", done.stderr)
    again, stopped = fake_ollama.requests[asked]["messages"], fake_ollama.requests[asked - 1]["messages"]
    assert again[:2] == stopped[:2]  # goes on at the sentence where it was stopped, there at its second try


def test_the_time_left_is_the_mean_of_what_was_made():
    assert time_left([2.0, 4.0], 10) == "about 30 s left" and time_left([60.0], 3) == "about 3 min left"
    assert time_left([], 5) == time_left([1.0], 0) == ""
