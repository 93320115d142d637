from index.files.source_files import source_files


def test_folders_behind_links_are_searched_once(tmp_path):
    storage, folder = tmp_path / "storage", tmp_path / "papers"
    storage.mkdir()
    folder.mkdir()
    (storage / "a.pdf").write_bytes(b"x")
    (folder / "b.pdf").write_bytes(b"x")
    (folder / "linked").symlink_to(storage)
    (storage / "back").symlink_to(folder)  # a loop
    (folder / "gone").symlink_to(tmp_path / "nowhere")
    assert list(source_files([str(folder)])) == [str(folder / "b.pdf"), str(folder / "linked/a.pdf")]


def test_what_macos_leaves_beside_files_is_no_paper(tmp_path):
    (tmp_path / "._a.pdf").write_bytes(b"x")
    (tmp_path / "a.PDF").write_bytes(b"x")
    assert list(source_files([str(tmp_path)])) == [str(tmp_path / "a.PDF")]
