"""Every word on the screen, in English and Chinese, from one TOML file per tab: ui/pages/labels/<tab>.toml.

A file holds one table a word: `[send]` with `en = "Ask"` and `zh = "提问"`; its key is then `<tab>.send`.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Literal

Language = Literal["en", "zh"]

LANGUAGES: tuple[Language, ...] = ("en", "zh")
FOLDER = Path(__file__).parent / "labels"


class MissingWord(LookupError):
    """A word is missing in the files or in one language: a bug, found by a test."""


@dataclass(frozen=True)
class Labels:
    """The words of one language; `labels("chat.reading", done=2, total=4)` fills the blanks of one."""

    language: Language

    def __call__(self, key: str, **blanks: object) -> str:
        """Return the word for a key, its blanks filled. Raises MissingWord."""
        try:
            return all_words()[key][self.language].format(**blanks)
        except KeyError as error:
            raise MissingWord(f"ui/labels has no {error} for {key} in {self.language}") from None


@cache
def all_words() -> dict[str, dict[Language, str]]:
    """Return key to language to word. Raises MissingWord if a language or a blank is missing."""
    found = {}
    for path in sorted(FOLDER.glob("*.toml")):
        for name, word in tomllib.loads(path.read_text("utf-8")).items():
            found[f"{path.stem}.{name}"] = _complete(f"{path.stem}.{name}", word)
    return found


def _complete(key: str, word: object) -> dict[Language, str]:
    if not isinstance(word, dict) or set(word) != set(LANGUAGES) or not all(word.values()):
        raise MissingWord(f"ui/labels: {key} needs exactly {' and '.join(LANGUAGES)}")
    blanks = {language: {name for _, name, _, _ in Formatter().parse(word[language]) if name} for language in LANGUAGES}
    if blanks["en"] != blanks["zh"]:
        raise MissingWord(f"ui/labels: {key} has other blanks in English than in Chinese")
    return {language: str(word[language]) for language in LANGUAGES}
