"""The command line as other tools use it: JSON on stdout, progress on stderr, exit codes, errors with a remedy."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def papers(home, *arguments, code=0, **environment):
    """Runs `papers` as a process of its own, as a user would."""
    import os

    command = [sys.executable, "-m", "ui.cli", "--home", str(home), *map(str, arguments)]
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PAPERS_")} | environment
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=variables, timeout=300)
    assert done.returncode == code, done.stderr + done.stdout
    return done


@pytest.fixture(scope="module")
def filled(tmp_path_factory, model_folder, sample_papers):
    from conftest import new_home

    home = new_home(tmp_path_factory.mktemp("cli") / "home", model_folder)
    first = json.loads(papers(home, "ingest", sample_papers, "--json").stdout)
    assert (first["added"], first["failed"]) == (3, []) and first["seconds"] > 0
    return home


def test_ingest_again_changes_nothing(filled, sample_papers):
    again = json.loads(papers(filled, "ingest", sample_papers, "--json").stdout)
    assert (again["added"], again["unchanged"], again["replaced"]) == (0, 3, 0)


def test_list_and_show(filled):
    listed = json.loads(papers(filled, "list", "--json").stdout)["papers"]
    assert len(listed) == 3
    assert {"id", "file", "title", "authors", "year", "pages", "chunks", "state"} <= set(listed[0])
    shown = json.loads(papers(filled, "show", "many_spans", "--json").stdout)
    assert any("Introduction" in section["heading"] for section in shown["sections"])
    assert shown["title"] in papers(filled, "show", shown["id"]).stdout


def test_search_and_ask_without_a_model(filled):
    found = json.loads(papers(filled, "search", "late interaction", "-k", 2, "--json").stdout)
    assert 0 < len(found["passages"]) <= 2 and found["seconds"]
    asked = papers(filled, "ask", "Why is the passage number not trusted?", "--no-model", "--json")
    answer = json.loads(asked.stdout)
    assert answer["grounding"] == "grounded" and answer["model"]["name"] is None
    assert "[1]" in papers(filled, "ask", "Why is the passage number not trusted?", "--no-model").stdout


def test_without_ollama_the_answer_is_quotes_and_says_so(filled, tmp_path):
    asked = papers(
        filled, "ask", "Why is the passage number not trusted?", "--json", OLLAMA_HOST="127.0.0.1:1", PATH=str(tmp_path)
    )
    assert json.loads(asked.stdout)["sentences"]
    assert "quotes only" in asked.stderr and "Traceback" not in asked.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("show", "no such paper"), 1, "papers list"),
        (("remove", "no such paper"), 1, "papers list"),
        (("ask", "x", "--language", "fr"), 2, "en, zh or auto"),
        (("ingest", "/no/such/folder"), 1, "not_found"),
        (("frobnicate",), 2, "No such command"),
        (("search",), 2, "Missing argument"),
    ],
)
def test_errors_say_what_to_do(filled, arguments, code, words):
    done = papers(filled, *arguments, code=code)
    assert words in done.stderr and "Traceback" not in done.stderr


def test_a_setting_with_a_typo_is_refused_in_the_file_and_told_in_the_environment(filled):
    done = papers(filled, "list", PAPERS_CHUNK_TOKNES="100")
    assert "left alone: PAPERS_CHUNK_TOKNES" in done.stderr and "PAPERS_CHUNK_TOKENS?" in done.stderr
    (filled / "papers.toml").write_text("chunk_toknes = 100\n")
    try:
        assert "chunk_toknes" in papers(filled, "list", code=1).stderr
    finally:
        (filled / "papers.toml").unlink()


def test_every_command_has_help_with_an_example():
    from ui.cli import app

    names = [command.name or command.callback.__name__ for command in app.registered_commands]
    assert {"setup", "ingest", "list", "show", "remove", "search", "ask", "chat", "reindex", "doctor"} <= set(names)
    for command in app.registered_commands:
        assert "Example: `papers" in (command.callback.__doc__ or ""), command.callback.__name__


def test_names_with_markup_and_control_characters_are_printed_as_they_are(filled, tmp_path):
    strange = tmp_path / "[red]x\x1b[31m\x07.pdf"
    strange.write_bytes(b"no pdf")
    done = papers(filled, "ingest", strange, tmp_path / "[bold]a:x:b[/bold].pdf", code=1)
    assert "[red]x" in done.stderr and "[bold]a:x:b[/bold].pdf" in done.stderr
    assert "\x07" not in done.stderr and "\x1b" not in done.stderr


def test_names_and_questions_that_are_no_text(filled, tmp_path):
    import os

    strange = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.pdf")
    Path(strange).write_bytes(b"no pdf")
    failed = json.loads(papers(filled, "ingest", strange, "--json", code=1).stdout)["failed"]
    assert failed[0]["reason"] == "not_a_pdf"
    assert json.loads(papers(filled, "search", "caf\udce9", "--json").stdout)["seconds"]


@pytest.mark.parametrize("command", ["search", "ask"])
def test_an_empty_question_is_a_usage_error(filled, command):
    assert "empty" in papers(filled, command, "  ", code=2).stderr


def test_broken_settings_are_said(filled):
    (filled / "papers.toml").write_text("passages = \n[")
    try:
        assert "papers.toml" in papers(filled, "list", code=1).stderr
    finally:
        (filled / "papers.toml").unlink()


def test_removed_is_gone(filled, sample_papers):
    papers(filled, "remove", "two_legs")
    assert len(json.loads(papers(filled, "list", "--json").stdout)["papers"]) == 2
    assert json.loads(papers(filled, "ingest", sample_papers, "--json").stdout)["added"] == 1


@pytest.mark.parametrize("part", ["one text", "many spans: citations that cannot", "/elsewhere/many_spans.pdf", "e"])
def test_a_part_of_a_title_removes_nothing_without_a_yes(filled, part):
    """“papers remove nul” took whatever paper had these letters in its title."""
    before = json.loads(papers(filled, "list", "--json").stdout)
    refused = papers(filled, "remove", part, "--json", code=1 if part == "e" else 2)
    assert refused.stdout == "" and json.loads(papers(filled, "list", "--json").stdout) == before
    if part != "e":  # which fits several
        told = next(each for each in before["papers"] if "One Text" in each["title"])
        assert told["title"] in refused.stderr and f"--home {filled} remove {told['id']} --yes" in refused.stderr


def test_a_part_of_a_title_removes_with_a_yes(filled, sample_papers):
    assert json.loads(papers(filled, "remove", "one text", "--yes", "--json").stdout)["removed"]
    assert json.loads(papers(filled, "ingest", sample_papers, "--json").stdout)["added"] == 1


def test_a_backup_comes_back(filled, tmp_path):
    copy = tmp_path / "a copy.db"
    made = json.loads(papers(filled, "backup", copy, "--json").stdout)
    assert made["papers"] == 3 and made["bytes"] == copy.stat().st_size and made["file"] == str(copy)
    papers(filled, "remove", "two_legs")
    refused = papers(filled, "restore", copy, code=2)
    assert "2 papers" in refused.stderr and f"--home {filled} restore '{copy}' --yes" in refused.stderr
    assert len(json.loads(papers(filled, "list", "--json").stdout)["papers"]) == 2
    restored = json.loads(papers(filled, "restore", copy, "--yes", "--json").stdout)
    assert restored["papers"] == 3 and restored["vectors"] > 0 and Path(restored["before"]).is_file()
    checks = json.loads(papers(filled, "doctor", "--json", OLLAMA_HOST="127.0.0.1:1", code=1).stdout)["checks"]
    assert [each["name"] for each in checks if not each["well"]] == ["chat model"]


def test_an_emptied_vector_index_is_made_again_and_that_is_said(filled):
    import shutil

    told = "made again from the library"
    assert told not in papers(filled, "search", "late interaction", "--json").stderr
    for command in (("search", "late interaction"), ("ask", "late interaction", "--no-model")):
        shutil.rmtree(filled / "vectors")
        done = papers(filled, *command, "--json")
        assert json.loads(done.stdout) and told in done.stderr
        assert told not in papers(filled, *command, "--json").stderr


def test_no_telemetry_no_foreign_address(filled):
    """With sockets blocked except loopback a search works and asks for nothing else."""
    code = f"""
import socket, sys
original = socket.socket.connect
def connect(self, address):
    if isinstance(address, tuple) and address[0] not in ("127.0.0.1", "::1", "localhost"):
        raise SystemExit(f"connects to {{address}}")
    return original(self, address)
socket.socket.connect = connect
def resolve(host, *rest, **more):
    if host not in ("127.0.0.1", "::1", "localhost", None):
        raise SystemExit(f"resolves {{host}}")
    return original_resolve(host, *rest, **more)
original_resolve = socket.getaddrinfo
socket.getaddrinfo = resolve
sys.argv = ["papers", "--home", {str(filled)!r}, "ask", "Why is the passage number not trusted?", "--no-model"]
from ui.cli import main
main()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=300)
    assert done.returncode == 0 and "[1]" in done.stdout, done.stderr
