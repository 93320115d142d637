"""Passages to evidence that fits the model's context window."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from index.paper import Passage


@dataclass(frozen=True)
class Evidence:
    """Whole passages, best first."""

    passages: tuple[Passage, ...]


def fitting_evidence(passages: Sequence[Passage], budget: int, count: Callable[[str], int]) -> Evidence:
    """The best passages that fit `budget` tokens together, best first; one that does not fit is left out whole."""
    chosen: list[Passage] = []
    left = budget
    for passage in passages:
        size = count(passage.text)
        if size <= left:
            chosen.append(passage)
            left -= size
    return Evidence(tuple(chosen))
