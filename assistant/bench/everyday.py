"""Everyday questions over all papers: is the right paper first, do the words that answer come early, is it right.

A question has `must`, groups of strings of which a right answer holds one each; `must_not`, strings of wrong ones; and
`quotes`, the words of the papers that answer it. The words that answer are among the first k passages if all quotes
are, or if one passage of a right paper (of a question across papers, these passages together) holds a string of each
group.
"""

import json
import re
import time
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from assistant.bench.corpora import PdfCorpus
from assistant.bench.questions import BenchQuestion
from assistant.bench.rows import Row
from assistant.bench.systems import DataAbsent, GivenAnswer, Hit, Opened

DEPTHS = (1, 4, 8)
MIN_ALIKE = 88  # of 100, by letters and digits: a quote was copied from another reading of the PDF
NOT_SEARCHED = {"meta", "unanswerable"}  # the catalogue answers the former, and nothing the latter
FOREIGN = "other_language"  # its groups are in the question's language: only quotes can be looked for


def everyday_questions(file: Path, corpus: PdfCorpus) -> list[BenchQuestion]:
    """The questions whose papers are in the corpus. Raises DataAbsent if the file is not there."""
    if not file.is_file():
        raise DataAbsent(f"{file} is not there: give the folder of the data with --data")
    names = {each.name for each in corpus.files}
    lines = [json.loads(line) for line in file.read_text("utf-8").splitlines() if line.strip()]
    return [_question(line) for line in lines if set(line["papers"]) <= names]


def find_everyday(opened: Opened, questions: Sequence[BenchQuestion]) -> list[Row]:
    """Right paper first, and the words that answer among the first passages; with the seconds of each warm search."""
    searched = [each for each in questions if each.answerable and each.group not in NOT_SEARCHED]
    for each in searched[:1]:
        opened.find(each.text, DEPTHS[-1])  # the first search loads the embedder
    rows = []
    for each in searched:
        started = time.perf_counter()
        hits = opened.find(each.text, DEPTHS[-1])
        values = {"search seconds": time.perf_counter() - started}
        if each.group == "which_papers":
            found = {hit.paper for hit in hits} & each.relevant
            values["papers among the first 8"] = len(found) / min(len(each.relevant), DEPTHS[-1])
        else:
            values["right paper@1"] = float(bool(hits) and hits[0].paper in each.relevant)
            for depth in DEPTHS:
                values[f"words that answer @{depth}"] = float(_answers(each, hits[:depth]))
            values[f"quotes @{DEPTHS[-1]}"] = float(_quoted(each, hits))
        rows.append(Row(each.id, each.paper, values))
    return rows


def measure_everyday(question: BenchQuestion, given: GivenAnswer) -> dict[str, float]:
    """Whether an answer is right: its text and quotes hold all groups of `must` and nothing of `must_not`."""
    values = {"seconds": given.seconds}
    cited = [each for sentence in given.sentences for each in sentence.cited]
    if cited:
        values["quotes on their page"] = sum(each.stands for each in cited) / len(cited)
    if not question.answerable:
        return values | {"refusal recall": float(given.refused)}
    shown = " ".join([given.text, *(each.quote for each in cited)])
    right = not given.refused and holds(question.must, shown) and not _any_of(question.must_not, shown)
    return values | {
        "right": float(right),
        f"right, {question.group}": float(right),
        "false refusals": float(given.refused),
    }


def _question(line: dict[str, Any]) -> BenchQuestion:
    papers = line["papers"] or line.get("near") or [""]
    quotes = line.get("quotes") or ([{"file": papers[0], "quote": line["quote"]}] if line["quote"] else [])
    return BenchQuestion(
        id=line["id"],
        text=line["question"],
        paper=papers[0],
        group=line["kind"],
        within=False,
        answerable=line["answerable"],
        answers=(line["gold"],),
        relevant=frozenset(line["papers"]),
        must=tuple(map(tuple, line["must"])),
        must_not=tuple(line["must_not"]),
        quotes=tuple((each["file"], each["quote"]) for each in quotes),
    )


def _answers(question: BenchQuestion, hits: Sequence[Hit]) -> bool:
    if _quoted(question, hits):
        return True
    texts = [hit.text for hit in hits if hit.paper in question.relevant]
    if question.group == FOREIGN or not texts:
        return False
    together = [" ".join(texts)] if len(question.relevant) > 1 else texts
    return any(holds(question.must, text) for text in together)


def _quoted(question: BenchQuestion, hits: Sequence[Hit]) -> bool:
    """Whether each quote occurs in a passage of its paper, but for what two readings of a PDF differ in."""
    return all(
        any(hit.paper == file and _occurs(_letters(quote), _letters(hit.text)) for hit in hits)
        for file, quote in question.quotes
    )


def _occurs(quote: str, text: str) -> bool:
    from rapidfuzz.fuzz import partial_ratio

    return quote in text or (len(text) > len(quote) and partial_ratio(quote, text) >= MIN_ALIKE)


def holds(groups: Sequence[Sequence[str]], text: str) -> bool:
    """Whether a text holds one string of each group, but for case, dashes and white space."""
    return all(_any_of(group, text) for group in groups)


def _any_of(strings: Sequence[str], text: str) -> bool:
    plain = _plain(text)
    return any(_plain(each) in plain for each in strings)


def _plain(text: str) -> str:
    """A text in one spelling: case, compatibility forms, dashes and white space."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(re.sub(r"[\u2010-\u2015\u2212]", "-", folded).split())


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text).casefold())
