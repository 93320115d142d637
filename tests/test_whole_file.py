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
    old, young, other = (tmp_path / f".{name}.part" for name in ("report [1].md.a", "report [1].md.b", "another.md.a"))
    for part in (old, young, other):
        part.write_text("half")
    os.utime(old, (0, 0))
    os.utime(other, (0, 0))
    write_whole(path, "whole")
    assert sorted(tmp_path.iterdir()) == sorted([path, young, other])
