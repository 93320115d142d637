"""Passages to evidence: what the model reads, one passage in a prompt, each of them whole and within the window."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from index.model.paper import Passage, Span
from index.structure.tables import table_head

LEAST_LEFT = 100  # characters of a passage that are worth reading by themselves


@dataclass(frozen=True)
class Evidence:
    """Whole passages, best first."""

    passages: tuple[Passage, ...]


def fitting_evidence(passages: Sequence[Passage], room: int, count: Callable[[str], int]) -> Evidence:
    """The passages of which each fits `room` tokens of the model, in their order; the others are left out whole."""
    return Evidence(tuple(passage for passage in passages if count(as_read(passage)) <= room))


def as_read(passage: Passage) -> str:
    """The text of a passage as the model reads it; where it begins inside a table, behind its caption and header."""
    return "\n".join([*table_head(passage.paper, passage.span), passage.text])


def behind(passage: Passage, cited: Sequence[Span]) -> Passage | None:
    """What is left of a passage behind the last span of it that is cited; None where that is nothing to read."""
    end = max((span.end for span in cited), default=passage.span.end)
    if passage.span.end - end < LEAST_LEFT:
        return None
    return Passage(passage.paper, Span(end, passage.span.end), passage.score)
