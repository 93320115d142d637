import pytest

from assistant.settings import SettingsError, load_settings, remember


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
