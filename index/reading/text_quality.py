"""Whether a file's text layer is of use: enough characters, and letters that are language.

What is judged is text that MuPDF extracted; nothing here reads a file.
"""

import re
import unicodedata
from collections import Counter
from functools import cache
from itertools import groupby

from index.layout.lines import PageLines
from index.model.errors import GarbledText, NoTextLayer

_LEAST_CHARACTERS = 200  # of a whole file: with fewer there is nothing to ask about
_JUDGED_WORDS = 120  # Latin words below which nothing can be said
_LONG, _LONGEST = 4, 40  # letters of a word that is judged
_CONSONANTS, _VOWELS_IN_A_ROW = 5, 4  # a run of so many is rare in every language
# Of long words that cannot be pronounced: at most 0.03 in the translations of Django into 53 languages that use Latin
# letters, 0.75 in the shifted files here. Q and x: at most 0.023 (Uzbek). With both limits 1,305 of the 1,325 shifts
# of these translations by 1 to 25 letters are found; the others are Vietnamese, or put vowels onto vowels.
_MAX_ODD, _MAX_RARE = 0.06, 0.05
_WORD = re.compile(r"[^\W\d_]+")
_LATIN = re.compile("[\x00-\u024f\u1e00-\u1eff]+")
_VOWELS = frozenset("aeiouyıøæœəơư")
_RARE = frozenset("qx")


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
    """Whether Latin words are of no language, judged by their letters: words are many, and languages too.

    >>> is_garbled(["the", "model", "of", "a", "language"] * 50)
    False
    >>> is_garbled([f"{first}n{last}q" for first in "bcdfghjk" for last in "lmnprstv"] * 5)
    True
    """
    written = [word for word in words if word.islower() or word.istitle()]
    if len(written) < _JUDGED_WORDS:
        return False
    long = [word.lower() for word in written if _LONG <= len(word) <= _LONGEST]
    if len(long) < _JUDGED_WORDS / 3:
        return False
    letters = "".join(set(long))  # each word once: "softmax" may be half of a paper's x
    odd = sum(count for word, count in Counter(long).items() if not _is_pronounceable(word))
    return odd > _MAX_ODD * len(long) or sum(letter in _RARE for letter in letters) > _MAX_RARE * len(letters)


@cache
def _kind(letter: str) -> str:
    return "v" if unicodedata.normalize("NFD", letter)[0] in _VOWELS else "c"


def _is_pronounceable(word: str) -> bool:
    """Whether vowels and consonants take turns.

    >>> [_is_pronounceable(word) for word in ("strength", "người", "rtqd", "aeiou")]
    [True, True, False, False]
    """
    vowels = [_kind(letter) for letter in word]
    runs = [(kind, len(list(run))) for kind, run in groupby(vowels)]
    return "v" in vowels and all(length < (_VOWELS_IN_A_ROW if kind == "v" else _CONSONANTS) for kind, length in runs)


def _latin_words(pages: list[PageLines]) -> list[str]:
    words: list[str] = []
    other = 0
    for page in pages:
        for line in page.lines:
            for word in _WORD.findall(line.text):
                if _LATIN.fullmatch(word):
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
