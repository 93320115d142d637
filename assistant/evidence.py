"""Passages to numbered evidence that fits the model's context window."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from index.paper import Passage


@dataclass(frozen=True)
class Evidence:
    """Whole passages, numbered from 1 in the order in which the model reads them."""

    passages: tuple[Passage, ...]

    def numbered(self) -> list[tuple[int, Passage]]:
        """The passages with their numbers."""
        return list(enumerate(self.passages, start=1))

    def text(self) -> str:
        """What the model reads: number, title and headings, then the passage."""
        return "\n\n".join(f"[{number}] {where(passage)}\n{passage.text}" for number, passage in self.numbered())


def where(passage: Passage) -> str:
    """Title and headings of a passage, in one line."""
    return " > ".join([passage.paper.title, *passage.heading])


def number_evidence(passages: Sequence[Passage], budget: int, count: Callable[[str], int]) -> Evidence:
    """The best passages that fit `budget` tokens together; a passage that does not fit is left out whole.

    The last in the list is read last, next to the question, where small models look most: so the best stands last.
    """
    chosen: list[Passage] = []
    left = budget
    for passage in passages:
        size = count(f"[9] {where(passage)}\n{passage.text}\n\n")
        if size <= left:
            chosen.append(passage)
            left -= size
    return Evidence(tuple(reversed(chosen)))
