"""The fields of a breakdown that code takes from the paper: links, data sets, metrics, hardware, settings."""

import tomllib
from functools import cache
from pathlib import Path

from assistant.breakdown.facts import Fact, FactPlaces, code_links, datasets, hardware, hyperparameters, metrics
from assistant.breakdown.locators import refer
from assistant.breakdown.record import Finding, Origin
from assistant.llm.prompts import Language
from assistant.verify.claim import Citation
from index.model.paper import Paper

FACT_FIELDS = ("datasets", "metrics", "code", "hardware")
_MOST = {"datasets": 8, "metrics": 6, "code": 4, "hardware": 4, "details": 6}
_WORDS = Path(__file__).parents[1] / "words" / "facts.toml"


def fact_findings(name: str, paper: Paper, language: Language) -> list[Finding]:
    """The facts of one field, best first, each with the sentence or table row that states it."""
    return [
        Finding(text=_text(name, fact, language), origin=Origin.CODE, references=(refer(Citation(paper, fact.span)),))
        for fact in _facts(name, paper)[: _MOST[name]]
    ]


def _facts(name: str, paper: Paper) -> tuple[Fact, ...]:
    if name == "code":
        return code_links(paper)
    places = FactPlaces(paper)
    by_field = {"datasets": datasets, "metrics": metrics, "hardware": hardware, "details": hyperparameters}
    return by_field[name](paper, places)


def _text(name: str, fact: Fact, language: Language) -> str:
    if name == "details":
        word = _words()["settings"][fact.name][language]
        return f"{word}：{fact.value}" if language == "zh" else f"{word}: {fact.value}"
    if name == "metrics" and fact.name in _words()["metrics"]:
        return _words()["metrics"][fact.name][language]
    if name == "hardware":
        return " ".join(fact.value.split())
    return fact.name


@cache
def _words() -> dict[str, dict[str, dict[str, str]]]:
    return tomllib.loads(_WORDS.read_text("utf-8"))
