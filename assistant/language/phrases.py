"""Every phrase that answers, breakdowns, digests and their pages say themselves, from assistant/words/*.toml.

A file holds groups of phrases in both languages: `[page] year = { en = "Year", zh = "年份" }`; its name is then
"page.year". Rules that only look like words (patterns, lists of names) are data of the module that applies them.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from assistant.llm.prompts import Language

FOLDER = Path(__file__).parents[1] / "words"

_LABEL = re.compile(r"(Table|Figure|Algorithm|Appendix) (?=[A-Z0-9])|(Abstract)$")


@dataclass(frozen=True)
class Phrases:
    """The phrases of one language; `phrases("counts.listed", number=3)` fills one in. Values are never templates."""

    language: Language
    by_name: Mapping[str, str | Mapping[str, str]]

    def __call__(self, name: str, **values: object) -> str:
        """A phrase by its group and name. Raises KeyError if the phrase or one of its values is missing."""
        if name not in self.by_name:
            raise KeyError(f"assistant/words has no {name!r} in {self.language!r}")
        phrase = self.by_name[name]
        if not isinstance(phrase, str):
            phrase = phrase["one" if values["number"] == 1 else "other"]
        return phrase.format(**values)

    def known(self, group: str, name: str) -> str:
        """A phrase of a group, or the name itself if the group does not have it: a reason that a caller made up."""
        return self(f"{group}.{name}") if f"{group}.{name}" in self.by_name else name

    def place(self, label: str, pages: tuple[int, int]) -> str:
        """A place in a paper: "§4.1.2, p. 6"; without pages the label alone."""
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
def phrases_of(language: Language) -> Phrases:
    """All phrases of a language."""
    groups: dict[str, dict[str, dict[str, str]]] = {}
    for path in sorted(FOLDER.glob("*.toml")):
        of_file = tomllib.loads(path.read_text("utf-8"))
        if twice := groups.keys() & of_file.keys():
            raise ValueError(f"{path} repeats the groups {', '.join(sorted(twice))} of another file")
        groups |= of_file
    return Phrases(
        language, {f"{group}.{name}": each[language] for group, of in groups.items() for name, each in of.items()}
    )


def say(name: str, language: Language, **values: object) -> str:
    """A phrase with its values filled in once. Raises KeyError if the phrase or one of its values is missing.

    >>> say("reason.category", "en", names="cs.CV")
    'announced in cs.CV'
    """
    return phrases_of(language)(name, **values)
