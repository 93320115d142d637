"""Text of others, made fit to be shown: no sign that a terminal obeys or that turns the reading direction round."""

import json
import re
import unicodedata
from collections.abc import Callable

Say = Callable[[str], None]  # shows one line of progress

_UMLAUTS = str.maketrans(dict(zip("äöüøåÄÖÜØÅ", "ae oe ue oe aa Ae Oe Ue Oe Aa".split(), strict=True)))
_LATIN_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ħ": "h", "ı": "i", "ȷ": "j", "æ": "ae", "œ": "oe"}
)
_LATIN_MARKS = re.compile("([a-z])[\u0300-\u036f]+")
_KEPT = "\n\t"
_DROPPED = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")  # controls, bidi marks and other formats, surrogates, private use


def shown_text(text: str) -> str:
    """Text without escape characters, bidi controls, lone surrogates and whatever else has no shape of its own.

    Joiners stay between letters, as Persian and Hindi are written with them.

    >>> shown_text("a\\x1b[31mb\\x07"), shown_text("pay\\u202etxt.exe"), shown_text("é\\n")
    ('a[31mb', 'paytxt.exe', 'é\\n')
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        each for at, each in enumerate(text) if each in _KEPT or _has_shape(each) or _joins_letters(text, at)
    )


def one_line(text: str, most: int) -> str:
    """A name or title of others as one line of at most `most` characters, cut at a word where there is one."""
    line = " ".join(shown_text(" ".join(text[: 20 * most].split())).split())
    if len(line) <= most:
        return line
    head = line[: most - 1]
    return f"{head.rsplit(' ', 1)[0] if ' ' in head[most // 2 :] else head}…"


def unaccented(text: str) -> str:
    """A text in small letters of the plain Latin alphabet where it is in Latin ones; others keep their marks.

    >>> unaccented("Łukasz Jørgensen, Schölkopf, Straße, ガ")
    'lukasz jorgensen, scholkopf, strasse, ガ'
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    if folded.isascii():
        return folded
    apart = _LATIN_MARKS.sub(r"\1", unicodedata.normalize("NFD", folded.translate(_LATIN_LETTERS)))
    return unicodedata.normalize("NFC", apart)


def umlauts_apart(text: str) -> str:
    """A text with umlauts and Nordic letters as two, as people write them who cannot type them.

    >>> umlauts_apart("Gödel, Jørgensen")
    'Goedel, Joergensen'
    """
    return unicodedata.normalize("NFC", text).translate(_UMLAUTS)


def json_text(value: object, indent: int = 2) -> str:
    """A value as JSON for a terminal: what `shown_text` takes out of a text is escaped here, and so not lost."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return "".join(each if each == "\n" or _has_shape(each) else json.dumps(each)[1:-1] for each in text)


def _has_shape(character: str) -> bool:
    return unicodedata.category(character) not in _DROPPED


def _joins_letters(text: str, at: int) -> bool:
    beside = text[max(0, at - 1) : at] + text[at + 1 : at + 2]
    return text[at] in "\u200c\u200d" and len(beside) == 2 and all(map(str.isalpha, beside))
