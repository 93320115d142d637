"""Homes as people have them: on network folders, full or closed disks, oddly named, with another program's vectors."""

import fcntl
import os
import shutil
import sqlite3
import subprocess
import sys
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT
from soak_state import faults_of_database, faults_when_mended
from soak_world import OtherEmbedder, Shelf, SoakContext, back_up_to, ingestion, restoring
from test_offline import namespace

from index.ingest.ingest import Outcome, PaperDone
from index.model.errors import LibraryError
from index.store import database
from index.store.library import Library
from index.store.vectors import VectorIndex, open_client

QUESTION = "How many percent of every river are measured?"


def nothing(kind, what):
    """Nobody waits for an acknowledgement."""


@pytest.fixture
def shelf(tmp_path):
    shelf = Shelf(tmp_path / "shelf")
    for work in range(3):
        (shelf.folder / f"{work}.pdf").write_bytes(shelf.books[work, 0])
    return shelf


@pytest.fixture
def home(tmp_path, shelf):
    with SoakContext(tmp_path / "home") as context:
        ingestion([str(shelf.folder)])(context, nothing)
    return tmp_path / "home"


# A network folder


@pytest.mark.parametrize(
    "code", [sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_NOLFS, sqlite3.SQLITE_IOERR_LOCK, sqlite3.SQLITE_IOERR_SHMMAP]
)
def test_a_folder_whose_locks_do_not_work_is_said(tmp_path, monkeypatch, code):
    def fail(connection):
        error = sqlite3.OperationalError("locking protocol")
        error.sqlite_errorcode = code
        raise error

    monkeypatch.setattr(database, "_use_wal", fail)
    with pytest.raises(LibraryError, match="set PAPERS_HOME to a folder on a disk of this machine"):
        Library.open(tmp_path)


@pytest.mark.parametrize("number", ["ENOLCK", "EOPNOTSUPP", "EROFS", "ENOSPC"])
def test_a_lock_that_cannot_be_taken_is_said(tmp_path, monkeypatch, number):
    import errno

    def flock(descriptor, operation):
        raise OSError(getattr(errno, number), number)

    with Library.open(tmp_path) as library:
        monkeypatch.setattr(fcntl, "flock", flock)
        with pytest.raises(LibraryError, match=r"PAPERS_HOME|Free some space"), library.writing():
            pass


# Vectors of another program


def an_empty_file(folder):
    shutil.rmtree(folder)
    folder.mkdir()
    (folder / "chroma.sqlite3").write_bytes(b"")


def no_folder(folder):
    shutil.rmtree(folder)


def noise(folder):
    (folder / "chroma.sqlite3").write_bytes(b"\xffbroken" * 100)


def another_length(folder):
    shutil.rmtree(folder)
    other = VectorIndex(folder, OtherEmbedder.dimension)
    other.add([1], np.eye(1, OtherEmbedder.dimension, dtype=np.float32), [{"paper": "x", "zone": "body"}])
    other.close()


def another_program(folder):
    """Of another version of Chroma, too: what it stores about a collection is in words that ours does not know."""
    shutil.rmtree(folder)
    folder.mkdir()
    client, system = open_client(folder)
    collection = client.create_collection("chunks", embedding_function=None)
    collection.add(ids=["doc-1"], embeddings=[[0.0] * 64], metadatas=[{"source": "x"}])
    system.stop()
    legacy = (
        '{"_type": "CollectionConfigurationInternal", "hnsw_configuration": {"_type": "HNSWConfigurationInternal"}}'
    )
    with sqlite3.connect(folder / "chroma.sqlite3") as connection:
        connection.execute("UPDATE collections SET config_json_str = ?", (legacy,))
    connection.close()


DAMAGES = [an_empty_file, no_folder, noise, another_length, another_program]


@pytest.mark.parametrize("damage", DAMAGES)
def test_an_index_that_another_program_made_is_made_again_by_a_search(home, damage):
    damage(home / "vectors")
    with SoakContext(home) as context:
        said = []
        context.searcher.missing.tell = said.append
        assert context.searcher.search(QUESTION).passages
        assert len(said) == 1 and "is made again from the library" in said[0]
        assert faults_when_mended(context) == []


@pytest.mark.parametrize("damage", DAMAGES)
def test_an_index_that_another_program_made_is_made_again_by_an_ingestion(home, damage, shelf):
    damage(home / "vectors")
    with SoakContext(home) as context:
        done = [each for each in context.ingestion().run([str(shelf.folder)]) if isinstance(each, PaperDone)]
        assert {each.outcome for each in done} == {Outcome.UNCHANGED} and faults_when_mended(context) == []


def test_while_another_process_writes_words_are_enough(home):
    shutil.rmtree(home / "vectors")
    with SoakContext(home) as context:
        said = []
        context.searcher.missing.tell = said.append
        with context.library.writing():
            assert context.searcher.search("rivers").passages and context.searcher.search("kites").passages
        assert len(said) == 2 and "found by words alone" in said[1] and str(os.getpid()) in said[1]
        context.searcher.search("rivers")
        assert faults_when_mended(context) == []


# Odd names


@pytest.mark.parametrize(
    "name",
    ["a b", 'it\'s "quoted"', "a#b?c%20d", "[x]*", unicodedata.normalize("NFD", "Mémoire"), "x" * 250, "-rf", "~x"],
)
def test_a_home_may_have_any_name(tmp_path, shelf, name):
    check(tmp_path / name, shelf, tmp_path)


def test_a_home_may_be_a_link_or_relative(tmp_path, shelf, monkeypatch):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    check(tmp_path / "link", shelf, tmp_path)
    monkeypatch.chdir(tmp_path)
    check(Path("relative/"), shelf, tmp_path)
    assert (tmp_path / "relative" / "library.db").is_file()


def check(home, shelf, folder):
    with SoakContext(home) as context:
        ingestion([str(shelf.folder)])(context, nothing)
        back_up_to(folder / "copy.db")(context, nothing)
        restoring(folder / "copy.db")(context, nothing)
        assert context.searcher.search(QUESTION).passages and faults_when_mended(context) == []


def test_a_name_that_is_no_text_is_said(tmp_path):
    with pytest.raises(LibraryError, match="not valid UTF-8"):
        Library.open(Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff")))


# Disks that are closed or full


def inside(script, *arguments):
    """A shell script in a mount namespace of its own, where it may mount what it likes."""
    command = [*namespace(), "--mount", "sh", "-eu", "-c", script, "sh", *map(str, arguments)]
    path = f"{ROOT}:{ROOT / 'tests'}"
    variables = {"PATH": os.environ["PATH"], "PYTHONPATH": path, "PYTHON": sys.executable, "HOME": "/nowhere"}
    return subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, timeout=500)


@pytest.mark.slow
def test_a_library_that_can_only_be_read_is_read(home, tmp_path, shelf):
    (tmp_path / "disk").mkdir()
    commands = {
        "list --json": (0, '"title"'),
        "show 'A Study of Rivers'": (0, "Results"),
        "search rivers": (0, "by words alone"),
        "ask 'How many percent of every river are measured?' --no-model": (0, "by words alone"),
        f"ingest '{shelf.folder}'": (1, "cannot be locked"),
        "remove 'A Study of Rivers' --yes": (1, "cannot be locked"),
        "reindex": (1, "cannot be locked"),
        "digest --offline --from nothing.xml --no-model": (1, "papers: "),
        "doctor": (1, "3 papers"),
        "serve --no-open --no-model --port 0": (1, "It cannot be written"),
    }
    run = '{ code=0; "$PYTHON" -m words_cli --home "$2/home" %s 2>&1 || code=$?; echo "== code $code"; }\n'
    mount = 'mount -t tmpfs -o size=60m tmpfs "$2"; cp -a "$1" "$2/home"; mount -o remount,ro "$2"\n'
    done = inside(mount + "".join(run % command for command in commands), home, tmp_path / "disk")
    said = done.stdout.split("== code ")
    assert len(said) == len(commands) + 1, done.stdout + done.stderr
    for (command, (code, words)), text, after in zip(commands.items(), said, said[1:], strict=False):
        assert after.startswith(f"{code}\n"), f"{command}: {text}{after}"
        assert words in text and "Traceback" not in text, f"{command}: {text}"


@pytest.mark.slow
def test_a_full_disk_is_said_and_nothing_is_lost(tmp_path):
    """A tmpfs with less and less room for the next job: whatever it meets first, it says so, and later it is done."""
    (tmp_path / "disk").mkdir()
    script = 'mount -t tmpfs -o size=40m tmpfs "$1"; exec "$PYTHON" -m full_disk "$1" "$2"'
    done = inside(script, tmp_path / "disk", tmp_path / "shelf")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("was refused") >= 8, done.stdout


def test_what_a_full_disk_interrupted_is_whole_afterwards(home):
    """The check of the two tests above sees something: a library that is not whole has faults."""
    with sqlite3.connect(home / "library.db") as connection:
        connection.execute("DELETE FROM vectors WHERE chunk_id = (SELECT min(chunk_id) FROM vectors)")
    connection.close()
    assert faults_of_database(home) == ["1 chunks without vector"]
