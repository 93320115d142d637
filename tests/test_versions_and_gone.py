"""What an ingestion says of papers that are there already: whose file is gone, of which there is another version."""

import json
import shutil
import subprocess
import sys

import pytest
from conftest import ROOT
from soak_world import Shelf, SoakContext, ingestion

from index.ingest.ingest import PaperDone


@pytest.fixture
def shelf(tmp_path):
    return Shelf(tmp_path / "shelf")


def papers(home, *arguments, code=0):
    command = [sys.executable, "-m", "words_cli", "--home", str(home), *map(str, arguments)]
    environment = {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}", "PATH": "/usr/bin:/bin", "HOME": str(home.parent)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == code and "Traceback" not in done.stderr, done.stderr
    return done


def put(shelf, **files):
    for name, book in files.items():
        (shelf.folder / f"{name}.pdf").write_bytes(shelf.books[book])


def test_deleted_pdfs_are_said_and_can_be_pruned(tmp_path, shelf):
    home, elsewhere = tmp_path / "home", tmp_path / "elsewhere"
    put(shelf, one=(0, 0), two=(1, 0), three=(2, 0))
    elsewhere.mkdir()
    shutil.move(shelf.folder / "three.pdf", elsewhere)
    papers(home, "ingest", shelf.folder, elsewhere)
    (shelf.folder / "two.pdf").unlink()
    (elsewhere / "three.pdf").unlink()
    done = papers(home, "ingest", shelf.folder, "--json")
    assert "two.pdf" in done.stderr and "1 file is gone" in done.stderr and "--prune" in done.stderr
    assert [each["file"] for each in json.loads(done.stdout)["gone"]] == [str(shelf.folder / "two.pdf")]
    assert len(json.loads(papers(home, "list", "--json").stdout)["papers"]) == 3
    assert "gone" not in papers(home, "ingest", shelf.folder / "one.pdf").stderr, "only folders are looked through"
    papers(home, "ingest", shelf.folder, "--prune")
    left = json.loads(papers(home, "list", "--json").stdout)["papers"]
    assert sorted(each["file"] for each in left) == [str(elsewhere / "three.pdf"), str(shelf.folder / "one.pdf")]


def test_an_empty_folder_may_be_a_disk_that_is_not_mounted(tmp_path, shelf):
    put(shelf, one=(0, 0))
    with SoakContext(tmp_path / "home") as context:
        ingestion([str(shelf.folder)])(context, lambda kind, what: None)
        (shelf.folder / "one.pdf").unlink()
        assert context.ingestion().gone([str(shelf.folder)]) == []
        put(shelf, two=(1, 0))
        assert [each.file for each in context.ingestion().gone([str(shelf.folder)])] == [str(shelf.folder / "one.pdf")]


def test_a_moved_pdf_is_not_gone(tmp_path, shelf):
    put(shelf, one=(0, 0), two=(1, 0))
    with SoakContext(tmp_path / "home") as context:
        ingestion([str(shelf.folder)])(context, lambda kind, what: None)
        (shelf.folder / "sub").mkdir()
        (shelf.folder / "one.pdf").rename(shelf.folder / "sub" / "renamed.pdf")
        ingestion([str(shelf.folder)])(context, lambda kind, what: None)
        assert context.ingestion().gone([str(shelf.folder)]) == []


def test_two_versions_of_one_work_are_said_when_they_come_shown_and_cited(tmp_path, shelf):
    home = tmp_path / "home"
    put(shelf, preprint=(0, 0), proceedings=(0, 2), other=(1, 0))
    with SoakContext(home) as context:
        done = [each for each in context.ingestion().run([str(shelf.folder)]) if isinstance(each, PaperDone)]
        noted = [
            each.file.rsplit("/")[-1] for each in done if "another version of this work" in " ".join(each.warnings)
        ]
        assert noted == ["proceedings.pdf"] and len(context.library.papers()) == 3
        one, two = (context.library.by_file(str(shelf.folder / f"{name}.pdf")) for name in ("preprint", "proceedings"))
        kite = context.library.by_file(str(shelf.folder / "other.pdf"))
    assert json.loads(papers(home, "show", one.id, "--json").stdout)["versions"] == [two.id]
    assert "preprint.pdf" in papers(home, "show", two.id).stderr
    assert json.loads(papers(home, "show", kite.id, "--json").stdout)["versions"] == []
    answer = json.loads(
        papers(
            home, "ask", "How many percent of the rivers bend while the rivers stand still?", "--no-model", "--json"
        ).stdout
    )
    assert [line for line in answer["missing"] if "two versions of one work" in line], answer["missing"]
    answer = json.loads(
        papers(
            home,
            "ask",
            "How many percent of the kites bend while the kites stand still?",
            "-p",
            kite.id,
            "--no-model",
            "--json",
        ).stdout
    )
    assert not [line for line in answer["missing"] if "two versions of one work" in line]
