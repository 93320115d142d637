"""Is there text, and is it language? Named outcomes for scanned pages and scrambled font maps.

A font map that shifts letters leaves words without the commonest words of any language; a scan leaves pictures
without words. Only Latin letters are judged, and only where there is enough of them.
"""

import re
from collections import Counter

from index.layout.lines import PageLines
from index.model.errors import GarbledText, NoTextLayer

_LEAST_CHARACTERS = 200  # of a whole file: with fewer there is nothing to ask about
_JUDGED_WORDS = 120  # Latin words below which nothing can be said
# The commonest words of the languages in which papers are written with Latin letters.
_COMMON = frozenset(
    """the of and to in a is that for with as on are by this we be from it or an at which can not was
    der die das und ist von den mit zu ein eine auf für im des nicht dem als sich auch
    le la les de des et est un une du dans que pour en par sur avec sont au
    el los las y del se una con por para es al lo como più il di che non per è una della nel si sono
    o os e do da em um uma para com não que na no dos das
    het van een en dat op te zijn met voor niet aan
    och att det som på är av för med till den i og til er på av det ikke
    w z na do i nie się jest że oraz a se v na že je s pro k i u za su od
    ve bir bu da de ile için olarak és az hogy nem egy is ja on ei että oli se""".split()
)
_LEAST_COMMON = 0.08  # English prose has 0.35 to 0.45, tables of numbers 0.15; the shifted files here have 0.03
_WORD = re.compile(r"[^\W\d_]+")
_VOWELS = frozenset("aeiouyäöüéèáíóúàâêîôû")


def check_text(pages: list[PageLines], name: str) -> list[str]:
    """Warnings about a file's text layer; raises NoTextLayer or GarbledText where it is of no use."""
    characters = [sum(len(line.text) for line in page.lines + page.sideways) for page in pages]
    if sum(characters) < _LEAST_CHARACTERS:
        raise NoTextLayer(_no_text(pages, name, sum(characters)))
    written = [count for page, count in zip(pages, characters, strict=True) if count > 0]
    pictures = sum(not count and bool(page.graphics) for page, count in zip(pages, characters, strict=True))
    if sum(characters) < 50 * len(pages) and len(pages) > 3 and pictures + len(pages) - len(written) > len(pages) / 2:
        raise NoTextLayer(_no_text(pages, name, sum(characters)))
    words = _latin_words(pages)
    if is_garbled(words):
        raise GarbledText(
            f"The text layer of {name} is not language: its fonts map letters wrongly, though it looks right on"
            " screen. Run an OCR program over it (for example ocrmypdf --force-ocr) and add the result."
        )
    return _warnings(pages, characters)


def is_garbled(words: list[str]) -> bool:
    """Whether Latin words are no language: hardly a common word among them, though there are enough.

    >>> is_garbled(["the", "model", "of", "a", "language"] * 50)
    False
    >>> is_garbled([f"{first}n{last}q" for first in "bcdfghjk" for last in "lmnprstv"] * 5)
    True
    """
    lower = [word for word in words if word.islower() or word.istitle()]
    if len(lower) < _JUDGED_WORDS:
        return False
    counts = Counter(word.lower() for word in lower)
    common = sum(count for word, count in counts.items() if word in _COMMON and len(word) > 1)
    return (common < _LEAST_COMMON * len(lower) and len(counts) > _JUDGED_WORDS / 12) or _bare(lower)


def _bare(words: list[str]) -> bool:
    """Hardly any vowel in long words: letters were shifted or dropped."""
    long = [word for word in words if len(word) > 4]
    letters = "".join(long).lower()
    return len(long) > _JUDGED_WORDS and sum(letter in _VOWELS for letter in letters) < 0.18 * len(letters)


def _latin_words(pages: list[PageLines]) -> list[str]:
    words: list[str] = []
    other = 0
    for page in pages:
        for line in page.lines:
            for word in _WORD.findall(line.text):
                if all(ord(letter) < 0x250 for letter in word):
                    words.append(word)
                else:
                    other += len(word)
    return words if sum(map(len, words)) > other else []


def _no_text(pages: list[PageLines], name: str, characters: int) -> str:
    kind = "its pages are pictures" if any(page.graphics for page in pages) else "its pages are blank"
    return (
        f"{name} has no text to read ({characters} characters on {len(pages)} pages; {kind}):"
        " run an OCR program over it (for example ocrmypdf) and add the result."
    )


def _warnings(pages: list[PageLines], characters: list[int]) -> list[str]:
    found = []
    empty = [page.number for page, count in zip(pages, characters, strict=True) if count == 0]
    if empty:
        found.append(f"No text on {len(empty)} of {len(pages)} pages ({_ranges(empty)}): pictures, or blank.")
    scanned = [page.number for page in pages if page.scanned]
    if scanned:
        found.append(f"The text of {len(scanned)} scanned pages comes from an OCR layer: words may be wrong.")
    hidden = sum(page.hidden for page in pages)
    if hidden:
        found.append(f"{hidden} characters that no reader sees (tiny, white, outside the page) were left out.")
    return found


def _ranges(numbers: list[int]) -> str:
    shown = ", ".join(str(number) for number in numbers[:8])
    return shown + (", …" if len(numbers) > 8 else "")
