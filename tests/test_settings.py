import errno
import os
import stat
import subprocess
import sys

import pytest
from conftest import ROOT

from assistant.config.settings import SettingsError, foreign_variables, load_settings, remember


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("PAPERS_HOME", str(tmp_path))
    return tmp_path


def test_flags_over_environment_over_file_over_defaults(home, monkeypatch):
    assert load_settings().passages == 8
    (home / "papers.toml").write_text("passages = 5\nnum_ctx = 2048\n")
    assert (load_settings().passages, load_settings().num_ctx) == (5, 2048)
    monkeypatch.setenv("PAPERS_PASSAGES", "6")
    assert load_settings().passages == 6
    assert load_settings(passages=7, num_ctx=None).passages == 7


@pytest.mark.parametrize("text", ["pasages = 5", "passages = 'many'", "passages = 0", "passages = [", "\x00"])
def test_a_fault_in_the_file_is_said(home, text):
    (home / "papers.toml").write_text(text)
    with pytest.raises(SettingsError, match=r"papers\.toml"):
        load_settings()


def test_an_empty_variable_is_no_setting(home, monkeypatch):
    monkeypatch.setenv("PAPERS_THREADS", "")
    assert load_settings().threads is None


def test_what_set_up_chose_is_remembered_and_never_overwritten(home):
    assert remember(home, chat_model="tiny:1b", embedder=None) == []
    assert load_settings().chat_model == "tiny:1b"
    assert remember(home, chat_model="other:2b") == ['chat_model = "other:2b"']
    assert load_settings().chat_model == "tiny:1b"
    (home / "papers.toml").write_text("passages = 5\n[digest.robotics]\n")
    remember(home, chat_model="tiny:1b")
    assert (home / "papers.toml").read_text().startswith('chat_model = "tiny:1b"\npassages = 5')


def test_settings_that_cannot_be_written_whole_stay_as_they_were(home, monkeypatch):
    """A full disk left half of papers.toml, or none of it."""
    (home / "papers.toml").write_text("passages = 5\n")

    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        remember(home, chat_model="tiny:1b")
    assert [each.read_text() for each in home.iterdir()] == ["passages = 5\n"]


def test_settings_kept_elsewhere_stay_a_link_with_their_rights(home, tmp_path_factory):
    real = tmp_path_factory.mktemp("dotfiles") / "papers.toml"
    real.write_text("passages = 5\n")
    real.chmod(0o600)
    (home / "papers.toml").symlink_to(real)
    remember(home, chat_model="tiny:1b")
    assert (home / "papers.toml").is_symlink() and real.read_text().startswith("chat_model")
    assert stat.S_IMODE(real.stat().st_mode) == 0o600


def test_a_variable_of_another_program_is_mentioned_and_left_alone(home, monkeypatch):
    """PAPERS_DIR is a name that people's shells have; it stopped every command."""
    assert foreign_variables() == ""
    monkeypatch.setenv("PAPERS_DIR", "/home/me/papers")
    assert load_settings().home == home
    assert "PAPERS_DIR" in foreign_variables() and "mean" not in foreign_variables()
    monkeypatch.setenv("PAPERS_PASAGES", "7")
    assert "Did you mean PAPERS_PASSAGES?" in foreign_variables() and load_settings().passages == 8


def test_a_command_says_once_which_variable_is_no_setting(home):
    environment = {**os.environ, "PAPERS_HOME": str(home), "PAPERS_DIR": "\x1b[31mx"}
    command = [sys.executable, "-m", "ui.cli", "list"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and done.stderr.count("PAPERS_DIR") == 1, done.stderr
