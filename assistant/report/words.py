"""The words of the pages, from templates/words.toml; a word that is missing is an error."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from assistant.llm.prompts import Language

WORDS_FILE = Path(__file__).parent / "templates" / "words.toml"

_LABEL = re.compile(r"(Table|Figure|Algorithm|Appendix) (?=[A-Z0-9])|(Abstract)$")


@dataclass(frozen=True)
class Words:
    """The words of one language. `words("counts.listed", number=3)` fills in; values are never read as templates."""

    language: Language
    by_name: Mapping[str, str | Mapping[str, str]]

    def __call__(self, name: str, **values: object) -> str:
        """A word by its group and name; raises `KeyError` for one that is missing, in whole or one of its values."""
        if name not in self.by_name:
            raise KeyError(f"templates/words.toml has no {name!r} in {self.language!r}")
        word = self.by_name[name]
        if not isinstance(word, str):
            word = word["one" if values["number"] == 1 else "other"]
        return word.format(**values)

    def known(self, group: str, name: str) -> str:
        """A word of a group, or the name itself where the group does not have it: a reason that a caller made up."""
        return self(f"{group}.{name}") if f"{group}.{name}" in self.by_name else name

    def place(self, label: str, pages: tuple[int, int]) -> str:
        """Where in a paper: "§4.1.2, p. 6"; without pages the label alone."""
        match = _LABEL.match(label)
        if match:
            found = match[1] or match[2]
            label = label.replace(found, self(f"citation.{found}"), 1)
        first, last = pages
        if first < 1:
            return label
        name = ("" if label else "only_") + ("page" if last <= first else "pages")
        return self(f"citation.{name}", label=label, first=first, last=last)


@cache
def words_of(language: Language) -> Words:
    """The words of a language."""
    groups = tomllib.loads(WORDS_FILE.read_text("utf-8"))
    return Words(
        language, {f"{group}.{name}": each[language] for group, of in groups.items() for name, each in of.items()}
    )
