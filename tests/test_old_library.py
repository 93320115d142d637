"""A library that an earlier program made (format 4, November 2026) opens, is brought up to date, and answers."""

import gzip
import json
import sqlite3
from pathlib import Path

import pytest
from conftest import new_home
from typer.testing import CliRunner

from assistant.chat.conversation import conversations, load, search
from index.store.database import MIGRATIONS
from index.store.library import Library
from index.store.tags import tags_of_papers
from ui.cli import app

KEPT = Path(__file__).parent / "data" / "library_format_4" / "library.db.gz"
QUESTION = "Why is the model's passage number not trusted?"


def unpacked(home: Path) -> Path:
    (home / "library.db").write_bytes(gzip.decompress(KEPT.read_bytes()))
    return home


def test_every_table_of_an_old_library_is_read(tmp_path):
    home = unpacked(tmp_path)
    with Library.open(home) as library:
        papers = {Path(record.file).stem: record for record in library.papers()}
        assert {"evidence_first", "many_spans", "two_legs"} == set(papers)
        assert all(record.state == "ready" and library.paper(record.id).sections for record in papers.values())
        assert tags_of_papers(library) == {papers["two_legs"].id: ("search",)}
        [found] = search(library, "passage trusted")
        assert [found.id] == [each.id for each in conversations(library)]
        assert "5 of 10 questions" in load(library, found.id).turns[0].answer
        with library.read() as connection:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            kept = [
                connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in ("reports", "reported")
            ]
    assert version == len(MIGRATIONS) and kept == [1, 6]


def test_an_old_library_answers(tmp_path, model_folder):
    home = unpacked(new_home(tmp_path / "home", model_folder))
    runner = CliRunner()
    assert runner.invoke(app, ["--home", str(home), "reindex"]).exit_code == 0
    asked = runner.invoke(app, ["--home", str(home), "ask", QUESTION, "--no-model", "--json"])
    answer = json.loads(asked.stdout)
    assert answer["grounding"] == "grounded" and "5 of 10 questions" in answer["answer"]
    digest = Path(__file__).parent / "data" / "listing" / "2026-01-19.jsonl"
    again = ["digest", "--from", str(digest), "--offline", "--no-model", "--interests", "robots", "--language", "en"]
    done = runner.invoke(app, ["--home", str(home), *again, "--top", "1", "--out", str(tmp_path / "out"), "--json"])
    assert done.exit_code == 3 and not json.loads(done.stdout)["written"]  # the ledger knows what was shown


@pytest.mark.parametrize("version", [len(MIGRATIONS) + 1, 999])
def test_a_newer_library_is_left_as_it_is(tmp_path, version):
    from index.model.errors import NewerLibrary

    home = unpacked(tmp_path)
    with sqlite3.connect(home / "library.db") as connection:
        connection.execute(f"PRAGMA user_version = {version}")
    before = (home / "library.db").read_bytes()
    with pytest.raises(NewerLibrary):
        Library.open(home)
    assert (home / "library.db").read_bytes()[100:] == before[100:]
