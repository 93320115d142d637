"""Find the data sets and metrics that a paper uses: known names, and names that its wording marks as data sets.

A name is scored by where and how often it occurs: one mention in a survey of other work is not use.
"""

import math
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from assistant.breakdown.facts import Fact, FactPlaces, Place
from index.model.paper import Paper, Zone

MOST_DATASETS, MOST_METRICS = 8, 6
_LEAST_SCORE = 3.0  # one sentence about the paper's own experiments, or two weaker places
_DATA_WORD = re.compile(
    r"data ?sets?\b|benchmarks?\b|corp(?:us|ora)\b|\b(?:val|test|dev|train|trainval|minival|validation"
    r"|training)(?:-|\s)?(?:set|split|data|dev)\b"
    r"|\bdata\b|simulator|environments?\b|数据集|数据库|语料",
    re.IGNORECASE,
)
_USE = re.compile(
    r"\bwe (?:\w+ ){0,2}(?:use|us(?:e|ed|ing)|evaluat|train|test|experiment|conduct|perform|consider|report"
    r"|benchmark|fine-?tun|pre-?train|collect"
    r"|construct|introduc|present|releas|compar|stud|demonstrat|show|achiev)\w*|\b(?:evaluated|trained|tested"
    r"|reported|measured|computed|results|experiments|performance|scores?)\b"
    r"|\bon (?:the )?[A-Z]|采用|使用|选取|实验",
)
_ON = re.compile(r"(?:\b(?:on|using|use|from|report|in|by|of) (?:the |standard )?|采用|使用|基于)$")
_ASIDE = re.compile(r"(?:similar to|unlike|like|than|as opposed to|inspired by|such as those in) (?:the )?$")
_OTHER_SETS = re.compile(
    r"\b(?:compar\w+|differ\w*|unlike|relat\w+) (?:\w+ ){0,4}(?:existing|other|previous|prior|three"
    r"|several) (?:[\w-]+ ){0,3}(?:datasets|benchmarks|corpora)",
    re.IGNORECASE,
)
_CITED = re.compile(r"^[’'s]{0,2}\s?(?:\[\d|\((?:[A-Z][\w’'-]+)[^()]{0,60}\d{4}|\(\d{4}\))")
_PART = r"[A-Za-z0-9]{0,40}"  # bounded, because a match is tried at every capital letter
_NAME = (
    rf"(?:[A-Z]{_PART}(?:[-–/+.][A-Za-z0-9]{_PART}){{0,9}}|\d[A-Za-z]{{1,40}})(?:[ ](?:[A-Z]{_PART}"
    rf"(?:[-–/][A-Za-z0-9]{_PART}){{0,9}}|\d{{1,4}}(?:\.\d)?|v\d)){{0,3}}"
)
_MARKED = re.compile(
    rf"(?P<name>{_NAME})(?:\s?\[[\d, –-]+\]|\s?\([^()]{{3,60}}\d{{4}}[a-z]?\))?,?\s(?:[a-z-]+\s)?"
    r"(?:data ?sets?|benchmarks?|corpus|corpora|test ?bed|suite)\b(?! of\b)"
    r"|(?P<chinese>[A-Za-z][A-Za-z0-9-]{0,40}(?: [A-Za-z0-9][A-Za-z0-9-]{0,40}){0,2})\s?(?:数据集|数据库|语料库)"
)


@dataclass
class _Tally:
    """The evidence for one name so far."""

    weights: list[float] = field(default_factory=list)
    best: float = -1.0
    fact: Fact | None = None
    used: bool = False

    def score(self) -> float:
        """The sum of the weights, each further mention counting less: ten rows of a table are not ten uses."""
        return sum(weight / math.sqrt(1 + rank) for rank, weight in enumerate(sorted(self.weights, reverse=True)[:60]))


@dataclass(frozen=True)
class _Known:
    pattern: "re.Pattern[str]"
    names: dict[str, str]  # any spelling -> the shown name
    ambiguous: frozenset[str]  # spellings


@cache
def _lists() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "known_names.toml").read_text("utf-8"))


@cache
def _known(kind: str) -> _Known:
    lists = _lists()[kind]
    entries = [entry for key, value in lists.items() if key not in ("ambiguous", "not_names") for entry in value]
    names = {spelling: entry.split("|")[0] for entry in entries for spelling in entry.split("|")}
    ambiguous = frozenset(spelling for entry in lists["ambiguous"] for spelling in entry.split("|"))
    ordered = sorted(names, key=lambda spelling: (-len(spelling), spelling))
    pieces = [f"(?i:{re.escape(each)})" if each.islower() and each.isascii() else re.escape(each) for each in ordered]
    pattern = rf"(?<![A-Za-z0-9])(?<![A-Za-z0-9]-)(?=\w)(?:{'|'.join(pieces)})(?![A-Za-z0-9@]|[-–][A-Z0-9])"
    return _Known(re.compile(pattern), names, ambiguous)


def datasets(paper: Paper, places: FactPlaces | None = None) -> tuple[Fact, ...]:
    """The data sets and benchmarks of the paper's own experiments, best first, at most `MOST_DATASETS`.

    `name` is the usual name, `value` the spelling in the sentence.
    """
    read = (places or FactPlaces(paper)).places
    tallies: dict[str, _Tally] = {}
    _count_known(read, "datasets", tallies)
    _count_marked(read, tallies)
    return _best(tallies, MOST_DATASETS)


def metrics(paper: Paper, places: FactPlaces | None = None) -> tuple[Fact, ...]:
    """The metrics of the paper's results, best first, at most `MOST_METRICS`."""
    tallies: dict[str, _Tally] = {}
    _count_known((places or FactPlaces(paper)).places, "metrics", tallies)
    return _best(tallies, MOST_METRICS)


def _count_known(places: Iterable[Place], kind: str, tallies: dict[str, _Tally]) -> None:
    known = _known(kind)
    for place in places:
        found = list(known.pattern.finditer(place.text))
        certain = {match.group() for match in found} - known.ambiguous
        for match in found:
            spelling = match.group()
            name = known.names.get(spelling) or known.names.get(spelling.lower()) or spelling
            beside = any(abs(other.start() - match.start()) < 40 for other in found if other.group() in certain)
            if (
                spelling in known.ambiguous
                and not (beside and len(spelling) > 2)
                and not _is_marked(place.text, match, kind)
            ):
                continue
            _add(tallies.setdefault(name, _Tally()), Fact(name, place.span, spelling), place, match.span(), kind)


def _is_marked(text: str, match: "re.Match[str]", kind: str) -> bool:
    """Whether the words around an ambiguous name show what it is."""
    around = text[max(0, match.start() - 15) : match.end() + 40]
    if kind == "metrics":
        return bool(
            re.search(r"\b(?:scores?|metrics?|measured?|evaluat\w+|report\w*|correlation|error|[≤=]|\d+\.\d+)", around)
        )
    if len(match.group()) == 2:  # "C4" is also a layer
        around = text[match.end() : match.end() + 12]
    return bool(_DATA_WORD.search(around) or _CITED.match(text[match.end() :]))


def _add(tally: _Tally, fact: Fact, place: Place, at: tuple[int, int], kind: str) -> None:
    before, after = place.text[max(0, at[0] - 30) : at[0]], place.text[at[1] : at[1] + 30]
    used = bool(_USE.search(place.text))
    aside = _ASIDE.search(before) or (kind == "datasets" and _OTHER_SETS.search(place.text))
    float_ = place.zone in (Zone.TABLE, Zone.CAPTION)
    telling = float_ or (
        used if kind == "datasets" else bool(re.search(r"\d|metric|measure|report|evaluat", place.text))
    )
    weight = place.weight * (0.1 if aside else 1.0 if telling else 0.5)
    tally.weights.append(weight)
    tally.used |= weight >= 2.5 or (used and weight >= 1.0)
    close = bool(_DATA_WORD.search(after) or _ON.search(before)) if kind == "datasets" else bool(_ON.search(before))
    prose = place.zone not in (Zone.TABLE, Zone.FOOTNOTE)
    good = (
        weight + prose + close + used - (len(place.text) > 350) - 2 * (len(place.text) > 600) - (len(place.text) < 25)
    )
    if good > tally.best:
        tally.best, tally.fact = good, fact


def _count_marked(places: list[Place], tallies: dict[str, _Tally]) -> None:
    """Count names outside the list that the paper itself calls a data set, in each place where they occur."""
    known = _known("datasets")
    unknown: dict[str, int] = {}
    for place in places:
        for match in _MARKED.finditer(place.text) if place.weight > 0 else ():
            name = _plain_name(match.group("name") or match.group("chinese"))
            if name and not known.pattern.search(name):
                unknown[name] = unknown.get(name, 0) + 1
    parts = {part for name in tallies for part in re.split(r"[ -]", name)} | {name.split("-")[0] for name in tallies}
    names = sorted((name for name in unknown if name not in parts), key=lambda name: (-len(name), name))[:200]
    if not names:
        return
    pattern = re.compile(rf"(?<![A-Za-z0-9])(?<![A-Za-z0-9]-)(?:{'|'.join(map(re.escape, names))})(?![A-Za-z0-9])")
    for place in places:
        for match in pattern.finditer(place.text):
            fact = Fact(match.group(), place.span, match.group())
            _add(tallies.setdefault(match.group(), _Tally()), fact, place, match.span(), "datasets")


def _plain_name(name: str) -> str:
    """A name without words of the sentence around it; empty if no name is left."""
    words = name.split()
    plain = _not_names()
    while words and words[0] in plain:
        words = words[1:]
    while words and (words[-1] in plain and not words[-1].isupper()):
        words = words[:-1]
    if not words or all(word in plain or not re.search("[A-Za-z]{2}", word) for word in words):
        return ""
    rest = " ".join(words)
    telling = len(words) > 1 or re.search(r"[a-z][A-Z]|[A-Z]{2}|\d", rest)
    return rest if telling and 3 <= len(rest) <= 50 else ""


@cache
def _not_names() -> frozenset[str]:
    return frozenset(_lists()["datasets"]["not_names"].split())


def _best(tallies: dict[str, _Tally], most: int) -> tuple[Fact, ...]:
    scored = [
        (-tally.score(), tally.fact.span.start, tally.fact)
        for name, tally in tallies.items()
        if tally.fact and tally.used and tally.score() >= _LEAST_SCORE and not _has_edition(name, tallies)
    ]
    return tuple(fact for *_, fact in sorted(scored, key=lambda entry: entry[:2])[:most])


def _has_edition(name: str, tallies: dict[str, _Tally]) -> bool:
    """Whether the paper names an edition of it as well: "PASCAL VOC" and "PASCAL VOC 2007"."""
    edition = re.compile(rf"{re.escape(name)}[- ]v?\d")
    return any(edition.match(other) and 2 * tally.score() > tallies[name].score() for other, tally in tallies.items())
