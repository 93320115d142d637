"""The questions of the bench: one noun for all data sets, and the two ways in which they are divided."""

import hashlib
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from index.model.paper import Span

Half = Literal["dev", "test", "all"]

SALT = 686  # the halves of each data set are then of like size; chosen by counts alone, before any result was seen


@dataclass(frozen=True)
class BenchQuestion:
    """A question with its gold. `paper` is the name of its paper in the corpus; `within` asks it in that paper alone.

    `pages` are 1-based; `spans` lie in the text of the paper of a text corpus; `evidence` are the words of the gold
    evidence; `relevant` names papers where more than one is right; `chinese` is the question in Chinese. Of everyday
    questions, a right answer holds a string of each group of `must` and none of `must_not`; `quotes` are words that
    answer, each behind the name of its paper.
    """

    id: str
    text: str
    paper: str
    group: str
    within: bool
    answerable: bool = True
    answers: tuple[str, ...] = ()
    pages: frozenset[int] = frozenset()
    evidence: tuple[str, ...] = ()
    spans: tuple[Span, ...] = ()
    relevant: frozenset[str] = field(default_factory=frozenset)
    chinese: str = ""
    must: tuple[tuple[str, ...], ...] = ()
    must_not: tuple[str, ...] = ()
    quotes: tuple[tuple[str, str], ...] = ()


def half_of(paper: str) -> Literal["dev", "test"]:
    """The half that a paper, and so every question about it, belongs to: by the hash of its name, for ever.

    An arXiv id at the beginning of the name counts alone, without its version, so that one paper under two file names
    falls into one half. Nothing may be tuned on "test".

    >>> half_of("1810.04805__bert.pdf") == half_of("1810.04805v2")
    True
    """
    name = paper.casefold().removesuffix(".pdf")
    if identifier := re.match(r"\d{4}\.\d{4,5}", name):
        name = identifier.group()
    return "dev" if hashlib.sha256(f"{SALT}:{name}".encode()).digest()[0] % 2 == 0 else "test"


def chosen(questions: Sequence[BenchQuestion], half: Half, sample: int | None, seed: int) -> list[BenchQuestion]:
    """The questions of a half, or `sample` of them drawn with a seed, in their own order."""
    kept = [each for each in questions if half == "all" or half_of(each.paper) == half]
    if sample is None or sample >= len(kept):
        return kept
    rows = sorted(random.Random(seed).sample(range(len(kept)), sample))
    return [kept[row] for row in rows]
