"""The fields of a breakdown that code takes from the paper: links, data sets, metrics, hardware, settings."""

from assistant.breakdown.facts import Fact, FactPlaces, code_links, datasets, hardware, hyperparameters, metrics
from assistant.breakdown.locators import refer
from assistant.breakdown.record import Finding, Origin
from assistant.language.phrases import phrases_of
from assistant.llm.prompts import Language
from assistant.verify.claim import Citation
from index.model.paper import Paper

FACT_FIELDS = ("datasets", "metrics", "code", "hardware")
_MOST = {"datasets": 8, "metrics": 6, "code": 4, "hardware": 4, "details": 6}


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
        phrases = phrases_of(language)
        return phrases(f"setting.{fact.name}") + phrases("page.colon") + fact.value
    if name == "metrics":
        return phrases_of(language).known("metric", fact.name)
    if name == "hardware":
        return " ".join(fact.value.split())
    return fact.name
