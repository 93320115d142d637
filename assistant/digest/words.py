"""The words that digests and monitors say by themselves, from words/digest.toml; a missing one is an error."""

import tomllib
from functools import cache
from pathlib import Path
from string import Template

from assistant.llm.prompts import Language

_FILE = Path(__file__).parents[1] / "words" / "digest.toml"


def say(name: str, language: Language, **values: object) -> str:
    """A sentence with its `$names` filled in once. Raises KeyError for one that is missing.

    >>> say("category", "en", names="cs.CV")
    'announced in cs.CV'
    """
    return Template(_words()[language][name]).substitute({key: str(value) for key, value in values.items()})


def names_of(language: Language) -> set[str]:
    """The names of all sentences of a language."""
    return set(_words()[language])


@cache
def _words() -> dict[str, dict[str, str]]:
    return tomllib.loads(_FILE.read_text("utf-8"))
