"""Whether two spellings are one author: with or without accents, particles, initials and hyphens, in either order."""

import re
from collections.abc import Sequence

from index.model.plain_text import umlauts_apart, unaccented

# Words that belong to the family name behind them, as long as another one comes.
_PARTICLES = frozenset(
    "af al bin da dal de del della den der di do dos du el ibn la le lo ten ter van vander vom von zu zur".split()
)
_SUFFIXES = frozenset("jr sr ii iii iv phd".split())
_ONLY_PARTICLES = re.compile(f"(?:{'|'.join(sorted(_PARTICLES, key=len, reverse=True))})+")
_PINYIN = re.compile(
    r"(?:(?:[zcs]h|[bpmfdtnlgkhjqxrzcsyw])?"
    r"(?:[iu]?ang?|[iu]?eng?|ing?|i?ong|un|i?ao|u?ai|u?ei|[iu]?[ae]|i?u|i?ou|u?o|ui|i)){1,4}"
)

Name = tuple[tuple[str, ...], str]
"""Given names and family name, in small letters; the family name in one word with its particles."""


def followed_authors(followed: Sequence[str], authors: Sequence[str]) -> tuple[str, ...]:
    """The authors of a paper whom the user follows: the same family name, given names equal or initials of each other.

    A family name alone follows everybody of that name.

    >>> followed_authors(["Y. LeCun", "Li Fei-Fei", "Sebastian Thrun"], ["Yann Le Cun", "Fei-Fei Li", "Sara Thrun"])
    ('Yann Le Cun', 'Fei-Fei Li')
    """
    wanted = [name for each in followed for name in _readings(each)]
    swapped = [name for each in followed if "," not in each for name in _readings(each, family_first=True)]
    return tuple(
        author
        for author in authors
        if any(
            any(_same(name, theirs) for name in wanted) or any(_equal(name, theirs) for name in swapped)
            for theirs in _readings(author)
        )
    )


def is_family_name(name: str) -> bool:
    """Whether a name that is followed fits everybody of a family: Wang, van der Maaten.

    >>> is_family_name("van der Maaten"), is_family_name("W. Wang"), is_family_name("王伟")
    (True, False, False)
    """
    return name.isascii() and any(not given and family for given, family in _readings(name))


def is_name(text: str) -> bool:
    """Whether a text names anybody: it has a letter."""
    return any(map(str.isalpha, text))


def _readings(name: str, *, family_first: bool = False) -> list[Name]:
    """A name in small plain letters, and once more with umlauts as two letters."""
    spellings = dict.fromkeys((unaccented(name), unaccented(umlauts_apart(name))))
    return [read for read in (_read(each, family_first) for each in spellings) if read[1]]


def _read(name: str, family_first: bool) -> Name:
    family, comma, given = name.partition(",")
    if comma and _words(given):  # "Thrun, Sebastian"
        return tuple(_words(given)), "".join(_words(family)).replace("-", "")
    words = _words(name)
    if family_first:
        return tuple(words[1:]), words[0].replace("-", "") if words else ""
    start = len(words) - 1
    while start > 0 and words[start - 1] in _PARTICLES:
        start -= 1
    return tuple(words[: max(start, 0)]), "".join(words[max(start, 0) :]).replace("-", "")


def _words(text: str) -> list[str]:
    """The names of a person, hyphens kept: "j.-b." is "j-b"."""
    text = re.sub(r"[’'`]", "", text)
    text = re.sub(r"[\u2010-\u2015\u2212]", "-", text).replace(".-", "-")
    words = (word.strip("-") for word in re.split(r"[\s.,]+", text))
    return [word for word in words if word and word not in _SUFFIXES and is_name(word)]


def _same(ours: Name, theirs: Name) -> bool:
    return _same_family(ours[1], theirs[1]) and (
        all(_fits(one, other) for one, other in zip(ours[0], theirs[0], strict=False)) or _equal(ours, theirs)
    )


def _same_family(one: str, other: str) -> bool:
    return one == other or any(
        len(long) - len(short) > 1 and long.endswith(short) and _ONLY_PARTICLES.fullmatch(long[: -len(short)])
        for long, short in ((one, other), (other, one))
    )


def _equal(ours: Name, theirs: Name) -> bool:
    """Whether all given names are the same, however they are joined: Fei-Fei, Fei Fei, Feifei."""
    joined = ["".join(given).replace("-", "") for given, _ in (ours, theirs)]
    return ours[1] == theirs[1] and joined[0] == joined[1] != ""


def _fits(one: str, other: str) -> bool:
    """Whether two given names may be one: equal, one the initial of the other, or short for it (not in Chinese)."""
    if "-" in one and "-" in other:
        return all(map(_fits, one.split("-"), other.split("-")))
    short, long = sorted((one, other), key=len)
    if short.replace("-", "") == long.replace("-", ""):
        return True
    return long.startswith(short) and (len(short) == 1 or ("-" not in long and not _PINYIN.fullmatch(long)))
