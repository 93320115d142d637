"""The seam between suites and what they measure: a system opens a corpus, then finds and answers.

An ablation is a system with other settings; the starter is a system like ours. A suite never knows which one it asks.
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from assistant.bench.corpora import Corpus
from index.model.paper import Span
from index.model.plain_text import Say


@dataclass(frozen=True, slots=True)
class Hit:
    """What a system found: the paper's name in the corpus, first and last page, the text that a reader would see.

    `span` is where it stands in the paper's text, of a text corpus only.
    """

    paper: str
    pages: tuple[int, int]
    text: str
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Cited:
    """A citation as it is shown: `stands` says whether the quoted words are in the paper."""

    paper: str
    pages: tuple[int, int]
    quote: str
    stands: bool


@dataclass(frozen=True, slots=True)
class GivenSentence:
    """A sentence of an answer and what it cites."""

    text: str
    cited: tuple[Cited, ...]


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """An answer as a reader gets it. `invented` counts citations that were shown and lead nowhere; `dropped`, drafts
    that were not shown because nothing carries them; `pointed`: it does no more than say where to look."""

    text: str
    sentences: tuple[GivenSentence, ...]
    refused: bool
    invented: int
    dropped: int
    seconds: float
    pointed: bool = False


class Opened(Protocol):
    """A system with a corpus in it."""

    def find(self, question: str, limit: int, paper: str | None = None) -> list[Hit]:
        """The best passages, best first; of one paper where it is named."""
        ...

    def answer(self, question: str, paper: str | None = None) -> GivenAnswer:
        """An answer by the chat model; of one paper where it is named. Raises a ModelError where there is no model."""
        ...


class System(Protocol):
    """Something that can be measured. `settings` is all that makes it differ from another system, ready for JSON."""

    @property
    def name(self) -> str:
        """Short, for the table."""
        ...

    def settings(self) -> dict[str, object]:
        """What it was run with: with its code and its corpus, all that its results depend on."""
        ...

    def open(self, corpus: Corpus, place: Path, say: Say) -> AbstractContextManager[Opened]:
        """The system with the corpus in it, made below `place` where it is not there yet."""
        ...
