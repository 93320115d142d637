"""What index/ and assistant/ say in English, in the language of the page: errors, checks, notes.

They are raised far from any screen, and kept as they are in logs and on the command line. ui/labels/sentences.toml
holds their English as it is written in the code, with a blank for each value; what fits one of them is said again in
the language of the page with the same values, themselves retold, and what fits none stays English.
"""

import re
from functools import cache
from string import Formatter

from ui.pages.labels import Labels, all_words

LONGEST = 2000  # characters; what is longer is no sentence of ours
_PREFIX = "sentences.told_"


def retold(words: Labels, sentence: str) -> str:
    """The sentence in the language of the page, or as it is where that is English or nobody has translated it."""
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
    """A pattern for what `template.format(...)` gives; each blank holds at least a character."""
    parts = [re.escape(text) + (f"(?P<{name}>.+?)" if name else "") for text, name, _, _ in Formatter().parse(template)]
    return re.compile("".join(parts), re.DOTALL)
