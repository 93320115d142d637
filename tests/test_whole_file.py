"""Files that are whole or not there."""

import os

import pytest

from index.files.whole_file import whole_file, write_whole


def test_a_file_that_fails_halfway_is_as_it_was(tmp_path):
    path = tmp_path / "kept.json"
    write_whole(path, "first")
    path.chmod(0o640)
    with pytest.raises(RuntimeError), whole_file(path) as file:
        file.write(b"half")
        raise RuntimeError
    assert path.read_text() == "first" and [*tmp_path.iterdir()] == [path]
    write_whole(path, "二")
    assert path.read_text("utf-8") == "二" and path.stat().st_mode & 0o777 == 0o640


def test_what_a_killed_writer_left_is_removed_by_the_next_one_but_not_what_may_still_be_written(tmp_path):
    path = tmp_path / "report [1].md"
    names = ("report.md.1", "report [1].md.2", "theirs")
    old, young, theirs = (tmp_path / f".{name}{'a' * 31 * (name != 'theirs')}.part" for name in names)
    for part in (old, young, theirs):
        part.write_text("half")
    os.utime(old, (0, 0))
    os.utime(theirs, (0, 0))
    write_whole(path, "whole")
    assert sorted(tmp_path.iterdir()) == sorted([path, young, theirs])
