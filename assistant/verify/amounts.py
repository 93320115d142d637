"""The amounts of a sentence and whether sources give them: as they are, rounded, in another unit, or worked out.

"Some 2,600 questions" agrees with "660 stories with 4 questions each", "half an hour" with "30 minutes".
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, permutations

from assistant.verify.quantities import speak_english

NEAR = 0.12  # "about a third" of 0.33; what a rounded or a hedged amount may be off by
EXACT = 1e-6
MAX_AMOUNTS = 14  # of sources that arithmetic is tried with: among more, some pair gives any small number
_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
)
_WORDS = {word: float(value) for value, word in enumerate(f"{_ONES} eighteen nineteen".split())}
_TENFOLD = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_WORDS |= {word: 10.0 * row for row, word in enumerate(_TENFOLD, 2)}
_WORDS |= {"dozen": 12.0, "hundred": 100.0, "thousand": 1000.0, "million": 1e6, "billion": 1e9, "trillion": 1e12}
_PARTS = {"half": 0.5, "halves": 0.5, "third": 1 / 3, "quarter": 0.25, "fifth": 0.2, "sixth": 1 / 6, "eighth": 0.125}
_PARTS |= {"tenth": 0.1, "halved": 0.5, "halving": 0.5, "hundredth": 0.01, "thousandth": 0.001}
_TIMES = {"twice": 2.0, "double": 2.0, "doubled": 2.0, "doubles": 2.0, "doubling": 2.0, "triple": 3.0, "tripled": 3.0}
_TIMES |= {"triples": 3.0, "thrice": 3.0, "quadruple": 4.0, "quadrupled": 4.0, "tenfold": 10.0, "twofold": 2.0}
_TIMES |= {"threefold": 3.0, "fourfold": 4.0, "fivefold": 5.0, "twin": 2.0, "dual": 2.0}
_POWERS = {"squared": 2.0, "square": 2.0, "quadratic": 2.0, "quadratically": 2.0, "cubed": 3.0, "cubic": 3.0}
_SCALES = {"k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
_SCALES |= {"hundred": 100.0, "dozen": 12.0}
_UNITS = {
    "ms": ("time", 1e-3), "millisecond": ("time", 1e-3), "s": ("time", 1.0), "second": ("time", 1.0),
    "minute": ("time", 60.0), "min": ("time", 60.0), "hour": ("time", 3600.0), "h": ("time", 3600.0),
    "day": ("time", 86400.0), "week": ("time", 604800.0), "month": ("time", 2592000.0),
    "year": ("time", 31557600.0), "yr": ("time", 31557600.0), "y": ("time", 31557600.0),
    "kb": ("bytes", 1e3), "mb": ("bytes", 1e6), "gb": ("bytes", 1e9), "tb": ("bytes", 1e12),
    "%": ("share", 0.01), "percent": ("share", 0.01), "per cent": ("share", 0.01), "percentage": ("share", 0.01),
}  # fmt: skip
_REFERENCE = re.compile(
    r"\[\d+(?:\s*[,;–-]\s*\d+)*\]"
    r"|\b(?:Fig(?:ure|\.)?|Tab(?:le|\.)?|Sec(?:tion|\.)?|Eq(?:uation|\.)?|Appendix)s?\s*\(?[A-Z]?\d+(?:\.\d+)*\)?",
    re.IGNORECASE,
)
_TENS = re.compile(r"(\d)\s?[×·∙⋅*]\s?10(?:\^?([-−]?\d{1,2}))(?!\d)")  # a PDF's text has no raised exponents
_TWO = re.compile(r"\b(?:the|these|those|its|their|other|last|first|former|latter)\s+(?:other |last |first )?$", re.I)
_CHINESE_PART = re.compile(r"([一二两三四五六七八九十]|(?<!\d)\d{1,9})\s{0,3}分之\s{0,3}([一二两三四五六七八九十]|\d+)")
_CHINESE_COUNT = re.compile(r"([二两三四五六七八九十])(?=[个种类层步倍次条篇位名项组张台块])")
_NUMERAL = {character: row for row, character in enumerate("零一二三四五六七八九十")} | {"两": 2}
_DIGITS = r"\d+(?:\.\d+)?e[-−]?\d{1,2}(?!\d)|\d{1,3}(?:[,\u00a0\u2009]\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+"
_SPELLED = "|".join(sorted({*_WORDS, *_PARTS, *_TIMES, *_POWERS}, key=len, reverse=True))
_UNIT = (
    r"%|per ?cent|percentage|ms|milliseconds?|seconds?|s\b|minutes?|min\b|hours?|h\b|days?|weeks?|months?|years?|yrs?\b"
    r"|y\b|[kmgt]b\b"
)
_SCALE = r"thousand|million|billion|trillion|hundred|dozen"
_AMOUNT = re.compile(
    rf"(?<![A-Za-z\d.])(?<![A-Za-z][-–])(?:(?P<digits>{_DIGITS})"
    rf"|(?P<spelled>(?:{_SPELLED})(?:[- ](?:a )?(?:{_SPELLED}))*)s?(?![A-Za-z]))"
    rf"(?:[\s-]?(?P<scale>{_SCALE})s?(?![A-Za-z])|(?P<letter>[KkMBT])(?![A-Za-z]))?(?:\s?-?(?P<unit>{_UNIT}))?",
    re.IGNORECASE,
)
_ABOUT = re.compile(
    r"\b(?:about|around|roughly|approximately|some|nearly|almost|close to|over|more than|under|less than|just|above"
    r"|below|up to|at least|at most|fewer than|as many as|no more than|exceed\w*|slightly)\s+(?:an?\s|the\s|of\s)?$"
    r"|[~∼≈]\s*$",
    re.IGNORECASE,
)
_CUES = {
    "difference": r"\b(?:difference|points?|margin|lead|gap|gains?|apart|remaining|rest|left|ahead|behind|above|below"
    r"|later|earlier|more|fewer|less)\b|相差|百分点|点|剩|低|高",
    "ratio": r"\b(?:times|fold|\w+fold|factor|ratio|half|halv\w+|thirds?|quarters?|fifths?|sixths?|eighths?|tenths?"
    r"|twice|double\w*|tripl\w+|one in|out of|percent|per cent|for every|per|each)\b|%|[×x]\b|倍|分之|半",
    "sum": r"\b(?:total|altogether|together|combined|sum|overall|comes? to|amounts? to|adds? up|makes?|gives?|in all)\b"
    r"|总|共",
}
_WORKED_OUT = {name: re.compile(cue, re.IGNORECASE) for name, cue in _CUES.items()}
AROUND = 40  # characters beside an amount among which a word says that it was worked out


@dataclass(frozen=True)
class Amount:
    """A number of a text: its value in the base of its unit, the unit's kind, how many of its digits count."""

    start: int
    end: int
    written: str
    value: float
    unit: str  # time, bytes, share, part (a half), times (twice), power (squared), or empty
    step: float  # of the last digit written: 0.1 of 28.4, 1000 of 12 thousand
    about: bool
    around: str = ""  # the words beside it


@lru_cache(maxsize=8192)
def read_amounts(text: str) -> tuple[Amount, ...]:
    """The amounts of a text in order; numbers of references, figures and names left out.

    >>> [(each.written, each.value, each.unit) for each in read_amounts("In 2.5 hours GPT-3 read a third of 12k [3]")]
    [('2.5 hours', 9000.0, 'time'), ('third', 0.3333333333333333, 'part'), ('12k', 12000.0, '')]
    """
    plain = _plain(text)
    return tuple(amount for match in _AMOUNT.finditer(plain) for amount in _amounts(match, plain))


def _plain(text: str) -> str:
    """The text without numbers of references, powers of ten and Chinese amounts as English writes them."""
    text = _REFERENCE.sub(lambda match: " " * len(match.group()), speak_english(text))
    text = _TENS.sub(lambda match: f"{match[1]}e{match[2].replace('−', '-')}", text)
    text = _CHINESE_PART.sub(lambda match: f" {_numeral(match[2]) / max(_numeral(match[1]), 1):.3g} ", text)
    return _CHINESE_COUNT.sub(lambda match: f" {_NUMERAL[match[1]]} ", text)


def _numeral(text: str) -> int:
    return int(text) if text.isdecimal() else _NUMERAL[text]


def _amounts(match: re.Match[str], text: str) -> Iterator[Amount]:
    digits, spelled, scale = (
        match["digits"],
        (match["spelled"] or "").casefold(),
        (match["scale"] or match["letter"] or "").casefold(),
    )
    about = bool(_ABOUT.search(text[max(0, match.start() - 24) : match.start()]))
    around = text[max(0, match.start() - AROUND) : match.end() + AROUND]
    unit = re.sub(r"(?<=..)s$", "", (match["unit"] or "").casefold())
    kind, factor = _UNITS.get(unit, ("", 1.0))
    if digits:
        value = float(re.sub(r"[,\u00a0\u2009]", "", digits.casefold().replace("−", "-")))
        decimals = re.search(r"\.(\d+)", digits)
        step = 10.0 ** -len(decimals[1]) if decimals else 1.0 if "e" not in digits.casefold() else value
    else:
        value, kind, step = _spelled(re.split(r"[- ](?:a )?", spelled), kind)
        if value == 1.0 or (
            value == 2.0 and kind == "" and _TWO.search(text[max(0, match.start() - 16) : match.start()])
        ):
            return  # "one" is seldom a number, "the two" are those that were spoken of
    scaled = factor * (_SCALES.get(scale, 1.0))
    yield Amount(match.start(), match.end(), match.group().strip(), value * scaled, kind, step * scaled, about, around)


def _spelled(words: Sequence[str], kind: str) -> tuple[float, str, float]:
    """Value, kind and step of number words: "twenty five", "two thirds", "three hundred"."""
    value, seen = 0.0, False
    for word in words:
        if word in _PARTS:
            whole = _WORDS.get(words[-1], 1.0) if words[-1] not in _PARTS else 1.0  # half a billion
            return (value if seen else 1.0) * _PARTS[word] * whole, "part" if whole == 1.0 else kind, 0.0
        if word in _TIMES:
            return _TIMES[word], "times", 0.0
        if word in _POWERS:
            return _POWERS[word], "power", 0.0
        number = _WORDS[word]
        value = (value or 1.0) * number if number >= 100 or word == "dozen" else value + number
        seen = True
    return value, kind, 1.0


def unsupported_amounts(
    sentence: str, sources: Sequence[str], context: str = "", near: Sequence[str] = ()
) -> tuple[list[Amount], int]:
    """The amounts of a sentence that sources do not give, and how many of the others were worked out.

    `context` is what else may name a number as it is: a title, the headings. Arithmetic is tried with the amounts of
    the sources, or of those in `near` where all together have too many.
    """
    wanted = read_amounts(sentence)
    held = [amount for source in sources for amount in read_amounts(source)]
    named = {amount.value for amount in read_amounts(context)}
    base = held if _few(held) else [amount for source in near for amount in read_amounts(source)]
    missing, worked_out = [], 0
    for amount in wanted:
        if amount.value in named or any(given(amount, other) for other in held):
            continue
        if _few(base) and _derived(amount, base):
            worked_out += 1
        else:
            missing.append(amount)
    return missing, worked_out


def _few(amounts: Sequence[Amount]) -> bool:
    return len({each.value for each in amounts}) <= MAX_AMOUNTS


def given(amount: Amount, other: Amount) -> bool:
    """Whether a source's amount is this one: equal, rounded to its digits, or near it when it says "about"."""
    if amount.unit in ("time", "bytes") and other.unit in ("time", "bytes", "share") and amount.unit != other.unit:
        return False
    if "power" in (amount.unit, other.unit) and amount.unit != other.unit:
        return amount.value == other.value and other.unit == "" and other.step == 1.0 and amount.value > 1
    values = [other.value]
    if "share" in (amount.unit, other.unit) and amount.unit != other.unit:  # 40 points, 40 %, 0.4, two fifths
        values = [other.value, other.value * 100] if amount.unit == "" else [other.value, other.value / 100]
    if amount.unit == "times" and other.unit == "part":
        values.append(1 / other.value)
    return any(same_amount(amount, value, other.about) for value in values)


def same_amount(amount: Amount, value: float, about: bool = False) -> bool:
    """Whether a value is the amount as written: equal, rounded to its last digit, near it if either is "about"."""
    off = abs(amount.value - value)
    if off <= EXACT * max(abs(value), EXACT):
        return True
    if amount.unit == "part" or amount.about or about:
        return off <= NEAR * abs(value) and amount.value > 0
    return amount.step < abs(value) and off <= amount.step / 2 and amount.value >= 10 * amount.step


def _derived(amount: Amount, held: Sequence[Amount]) -> bool:
    """Whether the sources' amounts give this one by the operation that the words beside it speak of."""
    plain = [each.value / _factor(each) for each in held]  # 8 GPUs for 90 hours are 720 GPU hours
    values = list(dict.fromkeys([*(each.value for each in held), *plain]))
    operations = {"difference": _differences, "ratio": _ratios, "sum": _sums}
    return any(
        _WORKED_OUT[name].search(amount.around) and any(_near(amount, value) for value in operation(values, held))
        for name, operation in operations.items()
    )


def _factor(amount: Amount) -> float:
    """What the unit of an amount multiplied it by."""
    unit = re.search(r"(?<![A-Za-z%])[A-Za-z%]+$", amount.written)
    name = re.sub(r"(?<=..)s$", "", unit.group().casefold()) if unit else ""
    return _UNITS.get(name, ("", 1.0))[1]


def _differences(values: Sequence[float], held: Sequence[Amount]) -> Iterator[float]:
    yield from (1 - each.value for each in held if each.unit in ("share", "part") and each.value < 1)
    for one, other in permutations(values, 2):
        yield one - other
        yield 0.01 * (one - other) if one <= 100 else 0.0


def _ratios(values: Sequence[float], held: Sequence[Amount]) -> Iterator[float]:
    yield from (1 / each.value for each in held if each.unit in ("share", "part", "times") and each.value > 0)
    yield from (1 / value for value in values if 2 <= value <= 10)
    yield from (each.value**2 for each in held if each.value < 1)
    yield from (one / other for one, other in permutations(values, 2) if other)
    yield from ((one - other) / other for one, other in permutations(values, 2) if other)


def _sums(values: Sequence[float], held: Sequence[Amount]) -> Iterator[float]:
    for one, other in combinations(values, 2):
        yield one + other
        yield one * other
    for three in combinations(values, 3):
        yield sum(three)


def _near(amount: Amount, value: float) -> bool:
    """Whether a value that was worked out is this amount as it is written; shares may be in percent."""
    soft = amount.unit in ("part", "times") or amount.about
    allowed = NEAR * abs(value) if soft else max(0.51 * amount.step, 0.01 * abs(value) if amount.step < value else 0.0)
    return value > 0 and abs(amount.value - value) <= allowed
