"""Files that are whole or not there."""

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
