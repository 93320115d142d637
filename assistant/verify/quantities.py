"""Numbers by their value, whether they are written 650亿, 65 billion, 65B or 65,000,000,000."""

import re
from decimal import Decimal

from assistant.verify.terms import numbers

_DIGITS = r"\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_NUMERALS = "零〇一二两三四五六七八九十百千"
_CHINESE = re.compile(
    rf"(?!千万[别要不])(?:(?<!\d)({_DIGITS})\s*([十百千]?)|(?<![{_NUMERALS}])([{_NUMERALS}]+))(万亿|亿|万)"
)
_ENGLISH = re.compile(rf"({_DIGITS})(?:\s*-?\s*(thousand|million|billion|trillion)(?![A-Za-z])|([KkMBT])(?![A-Za-z]))?")

_SCALES = {
    "": 1,
    "十": 10,
    "百": 10**2,
    "千": 10**3,
    "万": 10**4,
    "亿": 10**8,
    "万亿": 10**12,
    "k": 10**3,
    "m": 10**6,
    "b": 10**9,
    "t": 10**12,
    "thousand": 10**3,
    "million": 10**6,
    "billion": 10**9,
    "trillion": 10**12,
}
_SPOKEN = [(10**12, "trillion"), (10**9, "billion"), (10**6, "million")]


def quantities(text: str) -> set[Decimal]:
    """The values of all numbers of a text, Chinese or English; small English number words count, signs do not.

    >>> quantities("650亿参数") == quantities("65 billion parameters") == quantities("65B parameters")
    True
    >>> sorted(map(str, quantities("3 layers, 28.40 BLEU, six heads")))
    ['28.4', '3', '6']
    """
    rest, found = _CHINESE.sub(" ", text), {_value(match) for match in _CHINESE.finditer(text)}
    spelled = set()
    for match in _ENGLISH.finditer(rest):
        digits, word, letter = match.groups()
        found.add(_decimal(digits) * _SCALES[(word or letter or "").casefold()])
    for word in numbers(re.sub(r"\d|\bone\b", " ", rest, flags=re.IGNORECASE)):  # "one" is seldom a number
        spelled.add(Decimal(word))
    return {each.normalize() for each in found | spelled}


def speak_english(text: str) -> str:
    """The text with its Chinese large numbers in English words, which small models else get wrong by powers of ten.

    >>> speak_english("650亿参数,1.4万亿词元,3万步")
    '65 billion参数,1.4 trillion词元,30,000步'
    """
    return _CHINESE.sub(lambda match: spoken(_value(match)), text)


def spoken(value: Decimal) -> str:
    """A value as English text writes it.

    >>> spoken(Decimal(65000000000)), spoken(Decimal("28.40")), spoken(Decimal(1000))
    ('65 billion', '28.4', '1000')
    """
    for scale, word in _SPOKEN:
        if value >= scale:
            return f"{(value / scale).normalize():f} {word}"
    return f"{value.normalize():,f}" if value >= 10_000 else f"{value.normalize():f}"  # a year has no comma


def _value(match: re.Match[str]) -> Decimal:
    digits, small, numerals, large = match.groups()
    count = _decimal(digits) * _SCALES[small] if digits else Decimal(_numeral(numerals))
    return count * _SCALES[large]


def _decimal(digits: str) -> Decimal:
    return Decimal(digits.replace(",", ""))


def _numeral(text: str) -> int:
    total, digit = 0, 0
    for character in text:
        if character in "十百千":
            total += (digit or 1) * _SCALES[character]
            digit = 0
        else:
            digit = digit * 10 + {"两": 2, "〇": 0}.get(character, "零一二三四五六七八九".find(character))
    return total + digit
