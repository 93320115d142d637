"""Every word that a screen asks for is there in both languages, and every word that is there is asked for."""

import ast
from pathlib import Path

import pytest

from ui.pages import labels
from ui.pages.labels import LANGUAGES, Labels, MissingWord, all_words

UI = Path(labels.__file__).parents[1]


def asked_for() -> set[str]:
    """The keys that modules of ui/ name; `chat.grounding_` stands for all that begin so."""
    found = set()
    for path in UI.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                prefix, _, name = node.value.partition(".")
                if (
                    (labels.FOLDER / f"{prefix}.toml").is_file()
                    and name
                    and name not in ("toml", "css", "js")
                    and " " not in name
                ):
                    found.add(node.value)
    return found


def test_every_word_that_a_screen_asks_for_is_there():
    known = all_words()
    missing = {key for key in asked_for() if key not in known and not (key.endswith("_") and begins(key, known))}
    assert not missing


def test_every_word_that_is_there_is_asked_for():
    asked = asked_for()
    whole_files = "".join(path.read_text("utf-8") for path in UI.rglob("*.py"))
    spare = {
        key
        for key in all_words()
        if key not in asked and not any(each.endswith("_") and key.startswith(each) for each in asked)
        and f'"{key.partition(".")[2]}"' not in whole_files
    }  # fmt: skip
    assert not spare


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_are_filled_and_written_in_their_language(language):
    words = Labels(language)
    for key, word in all_words().items():
        assert words(key, **dict.fromkeys(blanks(word["en"]), "7")).strip()
        han = any("\u4e00" <= letter <= "\u9fff" for letter in word["zh"])
        assert han or key in {"app.other_language"} or not any(letter.isalpha() for letter in word["zh"]), key


def test_a_missing_word_or_blank_is_an_error(tmp_path, monkeypatch):
    with pytest.raises(MissingWord):
        Labels("en")("chat.no_such_word")
    with pytest.raises(MissingWord):
        Labels("en")("chat.understood")
    for broken in ('[one]\nen = "a"\n', '[one]\nen = "a {x}"\nzh = "b"\n', '[one]\nen = "a"\nzh = ""\n'):
        (tmp_path / "tab.toml").write_text(broken, "utf-8")
        monkeypatch.setattr(labels, "FOLDER", tmp_path)
        with pytest.raises(MissingWord):
            all_words.__wrapped__()


def begins(prefix, known):
    return any(key.startswith(prefix) for key in known)


def blanks(word):
    return {name for _, name, _, _ in labels.Formatter().parse(word) if name}
