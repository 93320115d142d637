"""Copies of the library: made while it is used, checked before they are put back, and nothing is lost by it."""

import shutil
import sqlite3
import stat
import threading
from contextlib import closing

import pytest
from small_papers import DIMENSION, put, small_paper

from index.model.errors import LibraryBusy, LibraryError, NewerLibrary
from index.store import database
from index.store.backup import BACKUP_FACT, back_up, check_backup, restore
from index.store.library import SCRATCH, Library
from index.store.vectors import VectorIndex, lost_vectors, sync_vectors

ONE, TWO, THREE = (small_paper(f"paper-{n}", title=f"Paper {n}") for n in (1, 2, 3))


@pytest.fixture
def library(tmp_path):
    with Library.open(tmp_path / "home") as library:
        put(library, ONE)
        yield library


@pytest.fixture
def copy(library, tmp_path):
    back_up(library, tmp_path / "copy.db")
    return tmp_path / "copy.db"


def changed(copy, *statements):
    with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def titles(library):
    return [each.title for each in library.papers()]


def test_a_copy_holds_what_is_only_in_the_log_and_is_one_private_file(library, tmp_path):
    with library.transaction() as connection:
        connection.execute("INSERT INTO conversations VALUES ('c', 'title', 'now', 'now')")
    made = back_up(library, tmp_path / "copy.db")
    assert (made.papers, made.conversations) == (1, 1) and check_backup(tmp_path / "copy.db") == made
    assert stat.S_IMODE((tmp_path / "copy.db").stat().st_mode) == 0o600
    assert {each.name for each in tmp_path.iterdir()} == {"home", "copy.db"}, "no log, no half of a copy"
    assert library.fact(BACKUP_FACT)


def test_copies_are_whole_while_papers_come_in(library, tmp_path):
    stop = threading.Event()

    def write():
        number = 10
        while not stop.is_set():
            put(library, small_paper(f"paper-{number}"))
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        counts = [back_up(library, tmp_path / "copy.db").papers for _ in range(5)]
    finally:
        stop.set()
        writer.join()
    assert counts == sorted(counts)


def test_a_copy_replaces_an_older_copy_and_no_other_file(library, copy, tmp_path):
    put(library, TWO)
    assert back_up(library, copy).papers == 2
    thesis = tmp_path / "thesis.pdf"
    thesis.write_bytes(b"%PDF-1.7 the work of years")
    for target in (thesis, library.home / "library.db", tmp_path):
        with pytest.raises(LibraryError, match="Name another file"):
            back_up(library, target)
    with pytest.raises(LibraryError, match="cannot be written"):
        back_up(library, tmp_path / "no" / "folder" / "copy.db")
    assert thesis.read_bytes() == b"%PDF-1.7 the work of years" and titles(library) == ["Paper 1", "Paper 2"]


def test_a_copy_comes_back_with_its_vectors_while_another_reads(library, copy):
    index = VectorIndex(library.home / "vectors", DIMENSION)
    put(library, TWO)
    sync_vectors(library, index)
    generation = library.generation
    restored = restore(library.home, copy)
    assert restored.contents.papers == 1 and restored.vectors == len(library.ids())
    assert titles(library) == ["Paper 1"] and library.generation > generation
    put(library, THREE)  # chunk ids that paper 2 had, for other words
    sync_vectors(library, index)
    assert index.ids() == set(library.ids().tolist()) and not lost_vectors(library, index)
    index.close()
    with closing(sqlite3.connect(restored.before)) as before:
        assert before.execute("SELECT id FROM papers ORDER BY id").fetchall() == [("paper-1",), ("paper-2",)]


def test_a_damaged_library_is_set_aside_whole(library, copy):
    library.close()
    file = library.home / "library.db"
    file.write_bytes(b"\0" * 5000)
    restored = restore(library.home, copy)
    assert restored.before.read_bytes() == b"\0" * 5000
    with Library.open(library.home) as again:
        assert titles(again) == ["Paper 1"]


def test_a_copy_of_an_older_format_is_brought_up(tmp_path):
    with closing(sqlite3.connect(tmp_path / "old.db", isolation_level=None)) as connection:
        for step in database.MIGRATIONS[:4]:
            step(connection)
        connection.execute("PRAGMA user_version = 4")
    restore(tmp_path / "home", tmp_path / "old.db")
    with Library.open(tmp_path / "home") as library:
        put(library, ONE)
        assert titles(library) == ["Paper 1"]


@pytest.mark.parametrize(
    ("statements", "words"),
    [
        (["CREATE TRIGGER evil AFTER INSERT ON papers BEGIN DELETE FROM conversations; END"], "not a library"),
        (["CREATE VIEW evil AS SELECT 1"], "not a library"),
        (["DROP TABLE paper_tags"], "not a library"),
        (["PRAGMA user_version = 0"], "not a library"),
        (["INSERT INTO chunks VALUES (99, 'nobody', 0, 1, 'body')"], "damaged"),
    ],
)
def test_what_is_no_whole_library_is_not_put_back(library, copy, statements, words):
    changed(copy, *statements)
    with pytest.raises(LibraryError, match=words):
        restore(library.home, copy)
    assert titles(library) == ["Paper 1"] and not list(library.home.glob("*before-restore*"))


def test_a_newer_a_cut_and_a_missing_copy_are_refused(library, copy, tmp_path):
    cut, text = tmp_path / "cut.db", tmp_path / "text.db"
    cut.write_bytes(copy.read_bytes()[:9000])
    text.write_text("no library at all, but a file of some length\n" * 100)
    changed(copy, "PRAGMA user_version = 99")
    with pytest.raises(NewerLibrary, match="newer version"):
        restore(library.home, copy)
    for file in (cut, text, tmp_path / "none.db", tmp_path):
        with pytest.raises(LibraryError):
            restore(library.home, file)
    assert titles(library) == ["Paper 1"]


def test_nothing_is_put_back_while_another_process_writes(library, copy):
    with library.writing(), pytest.raises(LibraryBusy):
        restore(library.home, copy)


def test_a_new_home_is_made_from_a_copy(copy, tmp_path):
    restored = restore(tmp_path / "new", copy)
    assert restored.before is None and restored.contents.papers == 1
    shutil.rmtree(tmp_path / "home")
    with Library.open(tmp_path / "new") as library:
        assert titles(library) == ["Paper 1"]


def test_what_a_killed_restore_left_is_removed_by_the_next_writer(library):
    """A whole copy of the library, which nobody would ever have found."""
    left = library.home / f"{SCRATCH}x1"
    left.mkdir()
    (left / "library.db").write_bytes(b"copy")
    (library.home / "scratch").mkdir()
    with library.writing():
        assert not left.exists() and (library.home / "scratch").exists()
