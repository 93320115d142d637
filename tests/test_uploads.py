"""The folder for uploads: private, empty at a start, never at the cost of files that others put there."""

import pytest

from ui.web.uploads import ForeignUploads, upload_folder


def test_it_is_private_and_emptied_at_the_next_start(tmp_path):
    home = tmp_path / "home"
    with upload_folder(home) as folder:
        assert folder == home / "uploads" and folder.stat().st_mode & 0o777 == 0o700
        (folder / "ab").mkdir()
        (folder / "ab" / "paper.pdf").write_text("a paper")
        with upload_folder(home) as same:  # of a second server, while the first is at work
            assert (same / "ab" / "paper.pdf").is_file()
        folder.chmod(0o755)
    with upload_folder(home) as folder:
        assert not (folder / "ab").exists() and folder.stat().st_mode & 0o777 == 0o700


def test_what_others_put_there_is_not_deleted(tmp_path):
    (tmp_path / "uploads").mkdir()
    (tmp_path / "uploads" / "thesis.pdf").write_text("mine")
    with pytest.raises(ForeignUploads, match="Move it away"), upload_folder(tmp_path):
        pass
    assert (tmp_path / "uploads" / "thesis.pdf").read_text() == "mine"


def test_a_link_is_not_followed(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "CACHEDIR.TAG").write_text("")
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "uploads").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ForeignUploads), upload_folder(tmp_path / "home"):
        pass
    assert (tmp_path / "elsewhere" / "CACHEDIR.TAG").is_file()
