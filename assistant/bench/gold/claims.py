"""How often the judge is right: authored sentences about passages, faithful or wrong in one place, and whole answers.

`claims.jsonl` holds sentences with label, style and kind, `passages.jsonl` what they are about; `answers.jsonl` and
`answers_passages.jsonl` hold answers of several sentences over eight passages, some with a planted fault. Passages are
found in the PDFs by their offsets, or by their words if the reader has changed.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.bench.corpora import PdfCorpus, named_papers
from assistant.bench.systems import BenchError, DataAbsent
from assistant.verify.claim import locate
from assistant.verify.support import Judge, Outcome, Support, support
from index.model.paper import Paper, Passage, Span

Say = Callable[[str], None]
Line = dict[str, Any]
CLAIMS, ANSWERS = "claims", "answers-written"
SUITES = (CLAIMS, ANSWERS)


def measure_support(
    suites: Sequence[str], data: Path, papers: Path, say: Say, judge: Judge | None = None
) -> dict[str, Any]:
    """What the suites `claims` and `answers-written` reached, by the name of the suite.

    Raises DataAbsent where a file or all PDFs are missing, BenchError for a suite of another kind.
    """
    if unknown := [suite for suite in suites if suite not in SUITES]:
        raise BenchError(f"{', '.join(SUITES)} are measured on their own, not with {', '.join(unknown)}.")
    run = {CLAIMS: _claims, ANSWERS: _answers}
    return {suite: run[suite](data, papers, say, judge) for suite in suites}


def _claims(data: Path, papers: Path, say: Say, judge: Judge | None) -> list[Line]:
    """A cell for each label, style and kind: n, and the share of each outcome."""
    claims, lines = read_lines(data / "claims.jsonl"), read_lines(data / "passages.jsonl")
    known = read_papers(papers, {line["paper"] for line in lines}, say)
    passages = {line["id"]: _passage(line, line["passage"], known) for line in lines}
    cells: dict[tuple[str, str, str], list[Outcome]] = defaultdict(list)
    for claim in claims:
        passage = passages[claim["id"]]
        if passage is None:
            continue
        found = support(claim["sentence"], [passage], question=claim.get("question", ""), judge=judge)
        cells[claim["label"], claim.get("style", ""), claim["kind"]].append(found.outcome)
    return [
        {"label": label, "style": style, "kind": kind, "n": len(found), **_shares(found)}
        for (label, style, kind), found in sorted(cells.items())
    ]


def _shares(outcomes: Sequence[Outcome]) -> dict[str, float]:
    return {str(each): round(outcomes.count(each) / len(outcomes), 4) for each in Outcome}


@dataclass(frozen=True)
class _Checker:
    """Judges sentences of one answer by the numbers of its passages."""

    passages: dict[int, Passage]
    question: str
    judge: Judge | None

    def check(self, text: str, numbers: Iterable[int]) -> Support:
        """What the passages of these numbers do for a sentence."""
        sources = [self.passages[number] for number in numbers]
        return support(text, sources, question=self.question, judge=self.judge)

    def repairs(self, text: str, cites: list[int]) -> bool | None:
        """Whether a sentence that cites the first wrong passage is shown with a right one; None if all are right."""
        wrong = next((number for number in sorted(self.passages) if number not in cites), None)
        if wrong is None:
            return None
        found = self.check(text, [wrong])
        found = found if found.shown else self.check(text, self.passages)
        right = [self.passages[number] for number in cites]
        return any(
            citation.paper.id == passage.paper.id and citation.span.overlaps(passage.span)
            for citation in found.citations
            for passage in right
        )


def _answers(data: Path, papers: Path, say: Say, judge: Judge | None) -> Line:
    """The share of faithful sentences kept, and repaired after a wrong citation was put in; planted faults shown."""
    lines = {line["id"]: line["passages"] for line in read_lines(data / "answers_passages.jsonl")}
    known = read_papers(papers, {line["paper"] for each in lines.values() for line in each}, say)
    faithful, faults, repaired = list[Outcome](), list[tuple[str, Outcome]](), list[bool]()
    for answer in read_lines(data / "answers.jsonl"):
        numbered = {line["number"]: _passage(line, line["text"], known) for line in lines[answer["passages"]]}
        passages = {number: passage for number, passage in numbered.items() if passage is not None}
        checker = _Checker(passages, answer["question"], judge)
        for sentence in answer["sentences"]:
            text, cites = sentence["text"], [number for number in sentence["cites"] if number in passages]
            if sentence["label"] == "no_claim" or not cites:
                continue
            outcome = checker.check(text, cites).outcome
            if sentence["label"] != "supported":
                faults.append((sentence["kind"], outcome))
                continue
            faithful.append(outcome)
            if (right := checker.repairs(text, cites)) is not None:
                repaired.append(right)
    return _answer_figures(faithful, faults, repaired)


def _answer_figures(faithful: list[Outcome], faults: list[tuple[str, Outcome]], repaired: list[bool]) -> Line:
    shown = [outcome for outcome in faithful if outcome is not Outcome.NOT_BACKED]
    return {
        "faithful": {"n": len(faithful), "kept": round(len(shown) / max(len(faithful), 1), 4)}
        | (_shares(faithful) if faithful else {}),
        "faults": {
            "n": len(faults),
            "stated": sum(outcome is Outcome.STATED for _, outcome in faults),
            "shown": sum(outcome is not Outcome.NOT_BACKED for _, outcome in faults),
            "kinds": sorted([kind, str(outcome)] for kind, outcome in faults),
        },
        "wrong_citations": {"n": len(repaired), "repaired": round(sum(repaired) / max(len(repaired), 1), 4)},
    }


def read_lines(file: Path) -> list[Line]:
    """The objects of a JSON Lines file. Raises DataAbsent if it is not there."""
    if not file.is_file():
        raise DataAbsent(f"{file} is not there: give the folder of the data with --data")
    return [json.loads(line) for line in file.read_text("utf-8").splitlines() if line.strip()]


def read_papers(folder: Path, names: set[str], say: Say) -> dict[str, Paper]:
    """The papers of these file names, as the product reads them. Raises DataAbsent where none of them is there."""
    files = tuple(folder / name for name in sorted(names) if "/" not in name and (folder / name).is_file())
    if not files:
        raise DataAbsent(f"none of the papers is in {folder}: give the folder of the papers with --papers")
    if missing := names - {file.name for file in files}:
        say(f"left out: {', '.join(sorted(missing))} (not in {folder})")
    say(f"reading {len(files)} papers")
    return dict(named_papers(PdfCorpus("claims", files), set(), say))


def _passage(line: Line, text: str, papers: dict[str, Paper]) -> Passage | None:
    """A passage by its offsets, or by its words where the text at them is another one; None if neither is there."""
    paper = papers.get(line["paper"])
    if paper is None:
        return None
    start, end = int(line["start"]), int(line["end"])
    if paper.text[start:end] == text:
        return Passage(paper, Span(start, end), 1.0)
    span = locate(text, Passage(paper, Span(0, len(paper.text)), 1.0))
    return Passage(paper, span, 1.0) if span else None
