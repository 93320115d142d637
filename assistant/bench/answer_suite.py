"""Asks every question and keeps each answer as it is made, so that a killed run goes on where it was.

The answers are kept, not the measures: a better yardstick needs no new hours of the model.
"""

import hashlib
import json
import os
import re
import string
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from assistant.bench.questions import BenchQuestion
from assistant.bench.rows import Row
from assistant.bench.systems import Cited, GivenAnswer, GivenSentence, Opened
from assistant.verify.terms import content_stems, numbers
from index.files.home import private_folder
from index.model.plain_text import Say

SHORT = 10  # words of a gold answer that token F1 is fair to
COVERED = 0.6  # share of a sentence's content stems that what it cites must hold
EVIDENCE = 0.5  # share of the words of quote or gold evidence, whichever is shorter, that both must have

_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_GOLD_NUMBER = re.compile(
    r"^[^\w\d]*-?\d[\d,]*(?:\.\d+)?\s*(?:%|percent|points?|[kmb]|million|billion)?[^\w]*$", re.IGNORECASE
)


def measure_answer(question: BenchQuestion, given: GivenAnswer) -> dict[str, float]:
    """The measures that apply to a question; those of citations need an answer that is no refusal."""
    values = {"seconds": given.seconds}
    if not question.answerable:
        return values | {
            "refusal recall": float(given.refused),
            "unanswerable, only pointed at": float(given.pointed),
            f"refusal recall, {question.group}": float(given.refused),
        }
    values["false refusals"] = float(given.refused)
    values["only pointed at"] = float(given.pointed)
    values |= _against_gold(question.answers, given)
    if given.refused:
        return values
    values["invented citations shown"] = float(given.invented)
    values["drafts dropped"] = float(given.dropped)
    if given.sentences:
        values["sentences supported"] = _mean([float(_supported(each)) for each in given.sentences])
    cited = [(sentence, each) for sentence in given.sentences for each in sentence.cited]
    if cited or given.invented:
        verified = [float(each.stands and _numbers_held(sentence)) for sentence, each in cited]
        values["citations verified"] = _mean(verified + [0.0] * given.invented)
    if cited and (question.pages or question.evidence):
        values["citation precision"] = _mean([float(_on_evidence(question, each)) for _, each in cited])
    return values


def token_f1(answer: str, gold: str) -> float:
    """F1 of the words that both have, in SQuAD's spelling (no case, marks or articles).

    >>> token_f1("The Adam optimizer.", "Adam"), token_f1("none", "Adam")
    (0.6666666666666666, 0.0)
    """
    first, second = _words(answer), _words(gold)
    shared = sum((Counter(first) & Counter(second)).values())
    return 2 * shared / (len(first) + len(second)) if shared else 0.0


def gold_words_found(answer: str, gold: str) -> float:
    """The share of the gold's words that the answer has: a whole sentence loses nothing by its other words."""
    wanted = Counter(_words(gold))
    return sum((Counter(_words(answer)) & wanted).values()) / (wanted.total() or 1)


def is_number(gold: str) -> bool:
    """Whether a gold answer is a number, with or without a unit.

    >>> is_number("45.2%"), is_number("12"), is_number("Table 2 and 3")
    (True, True, False)
    """
    return bool(_GOLD_NUMBER.match(gold.strip()))


def numeric_match(answer: str, gold: str) -> bool:
    """Whether the answer holds the gold's number."""
    return bool(numbers(gold) & numbers(answer))


def _against_gold(golds: Sequence[str], given: GivenAnswer) -> dict[str, float]:
    text = "" if given.refused else " ".join(sentence.text for sentence in given.sentences)
    values: dict[str, float] = {}
    if short := [gold for gold in golds if 0 < len(gold.split()) <= SHORT]:
        values["token F1"] = max(token_f1(text, gold) for gold in short)
        values["gold words found"] = max(gold_words_found(text, gold) for gold in short)
    if figures := [gold for gold in golds if is_number(gold) and numbers(gold)]:
        values["numeric match"] = float(any(numeric_match(text, gold) for gold in figures))
    return values


def _supported(sentence: GivenSentence) -> bool:
    stems = set(content_stems(sentence.text))
    held = set(content_stems(" ".join(each.quote for each in sentence.cited if each.stands)))
    return bool(sentence.cited) and _numbers_held(sentence) and len(stems & held) >= COVERED * len(stems)


def _numbers_held(sentence: GivenSentence) -> bool:
    return numbers(sentence.text) <= numbers(" ".join(each.quote for each in sentence.cited))


def _on_evidence(question: BenchQuestion, cited: Cited) -> bool:
    """Whether a citation lies on a page of the evidence, or shares its words with the evidence's own."""
    if cited.paper != question.paper:
        return False
    if question.pages and question.pages & set(range(cited.pages[0], cited.pages[1] + 1)):
        return True
    quote = Counter(_words(cited.quote))
    for evidence in question.evidence:
        gold = Counter(_words(evidence))
        if (quote & gold).total() >= EVIDENCE * max(1, min(quote.total(), gold.total())):
            return True
    return False


def _words(text: str) -> list[str]:
    bare = text.casefold().translate(str.maketrans(string.punctuation, " " * len(string.punctuation)))
    return _ARTICLES.sub(" ", bare).split()


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


Measure = Callable[[BenchQuestion, GivenAnswer], dict[str, float]]


class AnswersKept:
    """Answers in a file of JSON lines, by a key of system, settings, corpus, model and question."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._answers: dict[str, dict[str, Any]] = {}
        if file.exists():
            for line in file.read_text("utf-8", "replace").splitlines():
                try:
                    kept = json.loads(line)
                    self._answers[kept["key"]] = kept["answer"]
                except (ValueError, KeyError, TypeError):  # the line that a killed run was writing
                    continue

    def get(self, key: str) -> GivenAnswer | None:
        """The answer under a key, or None."""
        kept = self._answers.get(key)
        return None if kept is None else _read(kept)

    def put(self, key: str, question: BenchQuestion, given: GivenAnswer) -> None:
        """Keeps an answer, on the disk before it returns."""
        self._answers[key] = asdict(given)
        private_folder(self._file.parent)
        line = json.dumps({"key": key, "question": question.id, "answer": self._answers[key]}, ensure_ascii=False)
        with self._file.open("a", encoding="utf-8", errors="replace") as opened:
            opened.write(f"\n{line}" if _is_torn(self._file) else line)
            opened.write("\n")
            opened.flush()
            os.fsync(opened.fileno())


def answer_questions(
    opened: Opened,
    questions: Sequence[BenchQuestion],
    kept: AnswersKept,
    settings: dict[str, object],
    say: Say,
    measure: Measure = measure_answer,
) -> list[Row]:
    """A row for each question, by `measure`. `settings` must tell apart all that an answer depends on."""
    rows, new = [], 0
    for number, question in enumerate(questions, start=1):
        key = _key(settings, question)
        given = kept.get(key)
        if given is None:
            given = opened.answer(question.text, question.paper if question.within else None)
            kept.put(key, question, given)
            new += 1
            say(f"answered {number} of {len(questions)} in {given.seconds:.1f} s: {question.id}")
        rows.append(Row(question.id, question.paper, measure(question, given)))
    if new < len(questions):
        say(f"{len(questions) - new} of {len(questions)} answers were kept from an earlier run")
    return rows


def _key(settings: dict[str, object], question: BenchQuestion) -> str:
    told = json.dumps([settings, question.id, question.text, question.paper, question.within], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()[:24]


def _is_torn(file: Path) -> bool:
    """Whether the file ends in the middle of a line."""
    if not file.exists() or file.stat().st_size == 0:
        return False
    with file.open("rb") as opened:
        opened.seek(-1, 2)
        return opened.read(1) != b"\n"


def _read(kept: dict[str, Any]) -> GivenAnswer:
    sentences = tuple(
        GivenSentence(each["text"], tuple(Cited(**cited | {"pages": tuple(cited["pages"])}) for cited in each["cited"]))
        for each in kept["sentences"]
    )
    return GivenAnswer(**kept | {"sentences": sentences})
