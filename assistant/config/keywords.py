"""Which of a reader's keywords stand in a title or an abstract: by word, in every spelling that says the same.

"Vision-Language-Action" is also "vision language actions"; "vla" is VLA and VLAs, not "vlan" or "OpenVLA". Signs inside
a keyword must stand in the text, too: "SE(3)", "GPT-4.5", "R&D", "C++".
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from index.arxiv.tex import plain_text, words_of
from index.model.errors import PaperAssistantError
from index.model.plain_text import umlauts_apart, unaccented

Where = Literal["title", "abstract"]

_HYPHENS = "\\-\u00ad\u2010-\u2015\u2212"
_SOFT = rf"[\s{_HYPHENS}~·•]"  # what may stand between two words, or not
_JOINT = rf"{_SOFT}{{0,4}}"
_WORD = r"[^\W_]+"
_PIECE = re.compile(rf"{_WORD}(?:'s(?![^\W_]))?|[^\w\s]", re.DOTALL)
_SCRIPT = re.compile(r"[a-z]+|\d+|[^\W\d_a-z]+")  # parts of a word: "gpt" and "4"
_CHINESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_APOSTROPHES = re.compile("[\u2018\u2019\u02bc\u00b4`\u2032]")
_CLOSING = {")": "(", "]": "[", "}": "{"}
_AROUND = " \t\n\"'“”„«».,:;!?…"
_SIGNS = {"'": "'?", "&": "(?:&|and)"} | dict.fromkeys("/,:;", "")  # these may be a gap, too
_LONGEST = 200  # characters of a keyword
_NAME_LETTERS = 3  # of a name with a number that may be written apart: "Llama3" and "Llama 3", but not "A3" and "a 3"
_COMPOUND = 8  # letters of a word that may be written in two: "finetuning" and "fine tuning"
# British and American, and endings of foreign plurals; what they make of other words is no word.
_SPELLINGS = (
    (re.compile(r"i[sz](?=(?:ation|e|ed|er|ing)$)"), "i[sz]"),
    (re.compile(r"ly[sz](?=(?:e|ed|er|ing)$)"), "ly[sz]"),
    (re.compile(r"(?<=[a-z]{3})ou?r(?=(?:ed|ing|al|ful)?$)"), "ou?r"),
    (re.compile(r"(?<=[bt])(?:re|er)$"), "(?:re|er)"),
    (re.compile(r"(?<=[aeiou])ll?(?=(?:ing|ed|er)$)"), "ll?"),
    (re.compile(r"(?<=[a-z]{4}og)(?:ue)?$"), "(?:ue)?"),
    (re.compile(r"en[cs]e$"), "en[cs]e"),
)
_ATOM = re.compile(r"(?:\[[^]]*\]|\(\?:[^)]*\)|[a-z])\??")


class KeywordError(PaperAssistantError):
    """A keyword that can match nothing."""


@dataclass(frozen=True, slots=True)
class Match:
    """A keyword as the reader wrote it and where it stands."""

    keyword: str
    where: Where


def distinct_keywords(keywords: Sequence[str]) -> tuple[str, ...]:
    """The keywords without those that say the same in another spelling; the first spelling stays.

    Raises KeywordError for one that holds no letter or digit, or is longer than a keyword is.

    >>> distinct_keywords(["Vision Language Action ", "vla", "Vision-Language-Action"])
    ('Vision Language Action', 'vla')
    """
    chosen: dict[str, str] = {}
    for keyword in keywords:
        chosen.setdefault(_pattern(keyword).pattern, " ".join(keyword.split()))
    return tuple(chosen.values())


def find_keywords(keywords: Sequence[str], title: str, abstract: str) -> tuple[Match, ...]:
    """The keywords that stand in a paper's title, else in its abstract, in the order of `keywords`.

    >>> find_keywords(["vla", "traffic prediction"], "OpenVLA", "We study VLAs; predictions of traffic.")
    (Match(keyword='vla', where='abstract'),)
    """
    texts: tuple[tuple[Where, tuple[str, ...]], ...] = (("title", _texts(title)), ("abstract", _texts(abstract)))
    found = []
    for keyword in distinct_keywords(keywords):
        pattern = _pattern(keyword)
        where = next((name for name, forms in texts if any(pattern.search(form) for form in forms)), None)
        if where:
            found.append(Match(keyword, where))
    return tuple(found)


def _texts(text: str) -> tuple[str, ...]:
    """A text as it is and with its hyphenated words closed up: the keyword "pretraining" finds "pre-training".

    Once more where it has umlauts: "Schroedinger" finds "Schrödinger".
    """
    plain = dict.fromkeys((_plain(text), _plain(umlauts_apart(text))))
    closed = (re.sub(rf"(?<=[^\W\d_])[{_HYPHENS}]+\s*(?=[^\W\d_])", "", each) for each in plain)
    return (*plain, *closed)


def _plain(text: str) -> str:
    """A text in the one spelling that is compared: formulas read out, small letters, no accents."""
    return _APOSTROPHES.sub("'", unaccented(words_of(unicodedata.normalize("NFKC", text))))


@lru_cache(maxsize=256)
def _pattern(keyword: str) -> re.Pattern[str]:
    spellings = dict.fromkeys(_expression(plain_text(each)) for each in (keyword, umlauts_apart(keyword)))
    return re.compile("|".join(spellings))


def _expression(keyword: str) -> str:
    text = _bare(_plain(keyword))
    pieces = _PIECE.findall(re.sub(rf"[\s{_HYPHENS}~·•_]+", " ", text))
    if len(text) > _LONGEST or not re.search(_WORD, text):
        raise KeywordError(
            f"{keyword.strip()[:40]!r} cannot be a keyword. Give a word or a few, of at most {_LONGEST} characters."
        )
    before = "" if _is_sign(pieces[0]) or _CHINESE.match(pieces[0]) else r"(?<![^\W_])"
    last = pieces[-1]
    after = rf"(?!{re.escape(last)})" if _is_sign(last) else "" if _CHINESE.match(last[-1]) else r"(?![^\W_])"
    if len(last) == 1 and last.isalpha() and after:
        after += "(?![+#*&])"  # C is not C++, R not R&D
    return before + _JOINT.join(map(_forms, pieces)) + after


def _bare(text: str) -> str:
    """A keyword without the quotes, brackets and stops around it; a bracket that closes one inside stays."""
    text = text.strip(" \t\n\"'“”„«»").rstrip(_AROUND)
    while text and (text[0] in "([{" or text[-1] in _CLOSING):
        opened, closed = text[0] in "([{", text[-1] in _CLOSING
        if opened and closed and _CLOSING[text[-1]] == text[0] and text[1:-1].count(text[0]) == 0:
            text = text[1:-1].strip(_AROUND)
        elif closed and text.count(_CLOSING[text[-1]]) < text.count(text[-1]):
            text = text[:-1].rstrip(_AROUND)
        elif opened and not any(shut in text for shut, opening in _CLOSING.items() if opening == text[0]):
            text = text[1:].lstrip(_AROUND)
        else:
            break
    return text


def _is_sign(piece: str) -> bool:
    return not re.match(r"[^\W_]", piece)


def _forms(piece: str) -> str:
    """A sign, or a word in singular, plural and genitive, whichever was given."""
    if _is_sign(piece):
        return _SIGNS[piece] or f"(?:{re.escape(piece)}|(?<={_SOFT}))" if piece in _SIGNS else re.escape(piece)
    word = piece.removesuffix("'s")
    if word == "and":
        return "(?:and|&)"
    parts = _SCRIPT.findall(word)
    if len(parts) > 1:
        return "".join(map(_numbered, parts, [*parts[1:], ""]))
    return f"{_plurals(word)}(?:'s?)?" if re.fullmatch(r"[a-z]{2,}", word) else re.escape(word)


def _numbered(part: str, following: str) -> str:
    """A part of a word of letters and numbers, and what may stand behind it: "gpt4", "gpt-4" and "gpt 4"."""
    if not following or _CHINESE.match(part) or _CHINESE.match(following):
        return re.escape(part)
    apart = len(part) >= _NAME_LETTERS and part.isalpha() and following.isdigit()
    return f"{re.escape(part)}{_SOFT if apart else f'[{_HYPHENS}]'}?"


def _plurals(word: str) -> str:
    long = len(word) > 4
    if long and word.endswith(("ies", "ry", "dy", "ty", "gy", "cy", "ny", "my", "phy", "ly")):
        return f"{_spelled(word.removesuffix('ies').removesuffix('y'))}(?:y|ies)"
    if long and word.endswith(("sses", "xes", "ches", "shes")):
        return f"{word[:-2]}(?:es)?"
    if word.endswith(("ex", "ix", "ices")):  # index, matrix
        return f"{word[:-4] if word.endswith('ices') else word[:-2]}(?:[ei]x(?:es)?|ices?)"
    if long and word.endswith("is"):  # hypothesis
        return f"{word[:-2]}[ie]s"
    if long and word.endswith("ses"):  # hypotheses, databases
        return f"{_spelled(word[:-2])}(?:es?|is)?"
    if long and word.endswith(("us", "i")):  # stimulus
        return f"{word.removesuffix('us').removesuffix('i')}(?:us(?:es)?|is?)"
    if long and word.endswith(("um", "rion", "enon", "a")):  # spectrum, criterion
        return f"{word[:-1] if word.endswith('a') else word[:-2]}(?:[uo][mn]s?|as?)"
    if word.endswith(("ss", "us", "x", "ch", "sh")):  # loss, bus: their s is no plural
        return f"{word}(?:es)?"
    return f"{_spelled(word.removesuffix('s') if len(word) > 3 else word)}s?"


def _spelled(stem: str) -> str:
    """A stem in British and American, and where it is long, in one word or in two."""
    letters = len(stem)
    for written, both in _SPELLINGS:
        stem = written.sub(both, stem)
    if letters < _COMPOUND:
        return stem
    atoms = _ATOM.findall(stem)
    return "".join(f"{atom} ?" if 2 <= at < len(atoms) - 3 else atom for at, atom in enumerate(atoms))
