"""Asks every question and keeps each answer as it is made, so that a killed run goes on where it was.

The answers are kept, not the measures: a better yardstick needs no new hours of the model.
"""

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from assistant.bench.answer_measures import measure_answer
from assistant.bench.questions import BenchQuestion
from assistant.bench.rows import Row
from assistant.bench.systems import Cited, GivenAnswer, GivenSentence, Opened
from index.files.home import private_folder
from index.model.plain_text import Say

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
