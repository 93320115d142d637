"""How much of what a breakdown must hold it holds: key sentences, and questions that its method section answers.

`breakdown_gold.jsonl` holds the words of a paper's telling sentences for each field; one is taken if a statement in the
same section of the page cites words that overlap it. `reexplain.jsonl` holds questions with groups of strings: one is
answered if statements and quotes of the method section hold a string of each group.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assistant.bench.everyday import holds
from assistant.bench.gold.claims import Line, Say, read_lines, read_papers
from assistant.breakdown.breakdown import Breaker
from assistant.breakdown.record import SECTIONS, Breakdown, Field
from assistant.breakdown.sources import pdf_subject
from assistant.verify.claim import locate
from index.model.paper import Paper, Passage, Span

SUITE = "breakdown"


@dataclass
class _Field:
    """Of one field in all papers: keys and how many are taken; papers that state it, and said not to."""

    keys: int = 0
    taken: int = 0
    stated: int = 0
    said_not_stated: int = 0


@dataclass
class _Figures:
    """What one paper reached."""

    paper: str
    statements: int
    keys: int = 0
    taken: int = 0
    not_found: int = 0  # keys that our reading of the PDF does not have; they are not taken
    questions: int = 0
    answered: list[str] = field(default_factory=list)


def measure_breakdowns(data: Path, papers: Path, breaker: Breaker, say: Say) -> dict[str, Any]:
    """Break down the papers of the gold and compare; `breaker` has a library of its own, with nothing kept.

    Raises DataAbsent where a file or all PDFs are missing.
    """
    golds, questions = read_lines(data / "breakdown_gold.jsonl"), read_lines(data / "reexplain.jsonl")
    known = read_papers(papers, {line["paper"] for line in golds}, say)
    fields = {line["field"]: _Field() for line in golds}
    figures = []
    for name, paper in known.items():
        say(f"breaking down {name}")
        made = _broken_down(breaker, paper, papers / name)
        one = _Figures(name, sum(len(each.findings) for each in made.fields))
        for line in golds:
            if line["paper"] == name:
                _compare(line, paper, made, fields[line["field"]], one)
        method = _words(made, SECTIONS["method"])
        for line in questions:
            if line["paper"] == name:
                one.questions += 1
                one.answered += [line["question"]] if holds(line["must"], method) else []
        figures.append(one)
    return {
        "fields": [{"field": name, **vars(each)} for name, each in fields.items()],
        "reexplain": {
            "questions": sum(each.questions for each in figures),
            "answered": sum(len(each.answered) for each in figures),
        },
        "papers": [{**vars(each), "answered": len(each.answered)} for each in figures],
    }


def _broken_down(breaker: Breaker, paper: Paper, file: Path) -> Breakdown:
    subject, text = pdf_subject(None, file, paper)
    *_, made = breaker.run(subject, text, "en")
    assert isinstance(made, Breakdown)
    return made


def _compare(line: Line, paper: Paper, made: Breakdown, total: _Field, one: _Figures) -> None:
    """Count the keys of one field of one paper."""
    together = next(names for names in SECTIONS.values() if line["field"] in names)
    cited = _cited(made, together)
    total.stated += bool(line["stated"])
    total.said_not_stated += bool(line["stated"]) and _is_empty(made.field(line["field"]))
    for key in line["key"]:
        span = locate(key, Passage(paper, Span(0, len(paper.text)), 1.0))
        taken = span is not None and any(each.overlaps(span) for each in cited)
        one.not_found += span is None
        one.keys += 1
        one.taken += taken
        total.keys += 1
        total.taken += taken


def _is_empty(shown: Field) -> bool:
    return not shown.findings and shown.nearest is None


def _cited(made: Breakdown, names: Sequence[str]) -> list[Span]:
    findings = [each for name in names for each in made.field(name).findings]
    return [Span(each.start, each.end) for finding in findings for each in finding.references]


def _words(made: Breakdown, names: Sequence[str]) -> str:
    findings = [each for name in names for each in made.field(name).findings]
    return " ".join([each.text + " " + " ".join(ref.quote for ref in each.references) for each in findings])
