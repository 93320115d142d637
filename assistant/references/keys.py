"""Citation keys: made of a template, in ASCII, and unique in one list as BibTeX compares them: without case."""

import re
from collections.abc import Iterator, Sequence
from itertools import count
from string import ascii_lowercase

from anyascii import anyascii

from assistant.references.reference import Reference
from index.model.errors import PaperAssistantError

TEMPLATE = "%a%y%t"
_PARTS = re.compile(r"%(.)|([^%]+)")
_LITERAL = re.compile(r"[A-Za-z0-9:_.+/-]*")
_KEPT = re.compile(r"[^\s{}(),\"'#%~=\\]{1,200}")  # of keys that a user's bibliography has
_MAX_WORD = 24
_STOP = frozenset(
    "a an the on of for in to and or with from by at as is are was were be do does can how what why when where which "
    "who via towards toward using into its it not no this that these those we our some".split()
)


class BadTemplate(PaperAssistantError):
    """A template of keys that cannot be used."""


def check_template(template: str) -> None:
    """Raise BadTemplate for one with unknown parts, letters that a key cannot hold, or nothing that tells papers apart.

    %a is the first author's family name, %y the year, %t the first telling word of the title, %i the arXiv id or DOI.
    """
    found = list(_PARTS.finditer(template))
    whole = "".join(each[0] for each in found) == template
    known = all(each[1] in "ayti" if each[1] else _LITERAL.fullmatch(each[2]) for each in found)
    if not (whole and known and any(each[1] for each in found)):
        raise BadTemplate(
            f"“{template[:60]}” is no template of citation keys. Write it with %a (author), %y (year), %t (word of the "
            "title) and %i (arXiv id or DOI), and letters, digits and - _ : . + / between them, such as %a-%y."
        )


def citation_keys(references: Sequence[Reference], template: str | None = None) -> list[str]:
    """A key for each reference, in their order. With a template all are made; without one, a key of the user's stays.

    A made key that is taken gets a letter: lind2020survey, lind2020surveya, lind2020surveyb. Raises BadTemplate.
    """
    check_template(template or TEMPLATE)
    own = [each.key if template is None and _KEPT.fullmatch(each.key) else "" for each in references]
    taken = set[str]()
    for row, key in enumerate(own):  # first, so that no made key takes one of them
        own[row] = "" if key.lower() in taken else key
        taken.add(key.lower())
    keys = []
    for reference, key in zip(references, own, strict=True):
        if not key:
            made = _made(reference, template or TEMPLATE)
            key = next(each for each in _numbered(made) if each.lower() not in taken)
            taken.add(key.lower())
        keys.append(key)
    return keys


def _made(reference: Reference, template: str) -> str:
    parts = {
        "a": _word(reference.authors[0].family) if reference.authors else "",
        "y": str(reference.year or ""),
        "t": next((word for word in map(_word, reference.title.split()) if len(word) > 1 and _tells(word)), ""),
        "i": re.sub(r"[^A-Za-z0-9.-]", "-", reference.arxiv_id or reference.doi),
    }
    parts["a"] = parts["a"] or "anonymous"
    key = "".join(parts[each[1]] if each[1] else each[2] for each in _PARTS.finditer(template))
    return key if any(map(str.isalnum, key)) else "paper"


def _tells(word: str) -> bool:
    return word not in _STOP and not word.isdecimal()


def _numbered(key: str) -> Iterator[str]:
    yield key
    yield from (key + each for each in ascii_lowercase)
    yield from (f"{key}-{number}" for number in count(len(ascii_lowercase) + 2))


def _word(text: str) -> str:
    return "".join(each for each in anyascii(text) if each.isalnum()).lower()[:_MAX_WORD]
