"""Errors, checks and notes of index/ and assistant/, translated to the language of the page.

They are raised far from any screen, and stay English in logs and on the command line. ui/pages/labels/sentences.toml
holds the English as written in the code, with a blank for each value. A sentence that matches one is rendered in the
language of the page with the same values, themselves translated; any other sentence stays English.
"""

import re
from functools import cache
from string import Formatter

from ui.pages.labels import Labels, all_words

LONGEST = 2000  # characters; our sentences are shorter
_PREFIX = "sentences.told_"


def retold(words: Labels, sentence: str) -> str:
    """Return the sentence in the language of the page; unchanged if that is English or there is no translation."""
    if words.language == "en" or len(sentence) > LONGEST:
        return sentence
    for key, shape in _shapes():
        if found := shape.fullmatch(sentence):
            return words(key, **{name: retold(words, value) for name, value in found.groupdict().items()})
    return sentence


@cache
def _shapes() -> tuple[tuple[str, re.Pattern[str]], ...]:
    known = all_words()
    return tuple((key, _shape(known[key]["en"])) for key in known if key.startswith(_PREFIX))


def _shape(template: str) -> re.Pattern[str]:
    """Return a pattern for the results of `template.format(...)`; each blank has at least one character."""
    parts = [re.escape(text) + (f"(?P<{name}>.+?)" if name else "") for text, name, _, _ in Formatter().parse(template)]
    return re.compile("".join(parts), re.DOTALL)
