"""A breakdown as it is kept: what is said about a paper, field by field, and the words of the paper that carry it.

The record is the truth; Markdown and HTML are views of it (assistant/report/render.py) and can be made again at any
time.
"""

from enum import StrEnum
from typing import Literal

import pydantic
from pydantic import BaseModel, ConfigDict

from assistant.llm.prompts import Language

SECTIONS: dict[str, tuple[str, ...]] = {
    "abstract": ("abstract",),
    "motivation": ("drive", "pain", "hypothesis"),
    "method": ("pipeline", "structure", "algorithm"),
    "comparison": ("difference", "contributions", "applicability"),
    "experiments": ("setup", "datasets", "metrics", "results", "strengths", "limitations"),
    "practical": ("code", "details", "hardware", "transfer"),
    "summary": ("core_idea", "remember"),
}
"""The seven sections of a breakdown and their fields, in the order in which they are shown."""

ALL_FIELDS = tuple(name for names in SECTIONS.values() for name in names)


class Record(BaseModel):
    """A frozen value that is kept as JSON; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Origin(StrEnum):
    """Where the words of a finding come from."""

    MODEL = "model"  # a statement that the model drafted and code verified against the quoted words
    QUOTE = "quote"  # the paper's own words
    CODE = "code"  # a fact that code took from the paper (a link, a data set, a device)


class Basis(StrEnum):
    """What of a paper was read."""

    FULL_TEXT = "full text"
    ABSTRACT = "abstract"


class Reference(Record):
    """The words of a paper that carry a finding: `paper.quote(Span(start, end)) == quote` for the paper that was read.

    `pages` are the first and last page, 1-based; both 0 where only the abstract was read. `label` is how a reader is
    pointed there: "§4.1.2", "Table 2", "Abstract", or the heading's words where the paper numbers none.
    """

    start: int
    end: int
    quote: str
    pages: tuple[int, int]
    label: str


class Finding(Record):
    """A statement about a paper with the words that carry it.

    `original` is the verified statement before it was put into the reader's language; empty where that is the same.
    """

    text: str
    origin: Origin
    references: tuple[Reference, ...]
    original: str = ""


class Field(Record):
    """What is said to one question about a paper; without findings the paper does not state it."""

    name: str
    findings: tuple[Finding, ...] = ()
    seconds: float = 0.0


class Subject(Record):
    """The paper that is broken down. `key` changes with the text that was read, so that nothing stale is kept.

    `paper` is its id in the library, empty where it is not there; `file` its PDF, empty where only the abstract was
    read.
    """

    key: str
    title: str
    authors: tuple[str, ...] = ()
    year: int | None = None
    arxiv_id: str | None = None
    paper: str = ""
    file: str = ""
    pages: int = 0
    basis: Basis = Basis.FULL_TEXT
    reason: str = ""  # why only the abstract was read


class Breakdown(Record):
    """All fields of one paper in one language. `model` is empty where no language model was used.

    `violations` counts, by name, what the output contract found and had redone or left out on the way.
    """

    subject: Subject
    language: Language
    model: str
    prompts: str  # the version of prompts and fields: assistant/fields.py
    made_at: str  # UTC, ISO 8601
    fields: tuple[Field, ...]
    violations: dict[str, int] = pydantic.Field(default_factory=dict)

    def field(self, name: str) -> Field:
        """The field of a name; an empty one where it was not asked for."""
        return next((field for field in self.fields if field.name == name), Field(name=name))

    @property
    def whole(self) -> bool:
        """Whether every field was asked for."""
        return {field.name for field in self.fields} >= set(ALL_FIELDS)


class Column(Record):
    """One column of a comparison: its name and the findings of each paper, in the papers' order."""

    name: Literal["problem", "method", "data", "metrics", "results", "limits", "code"]
    cells: tuple[tuple[Finding, ...], ...]


class Comparison(Record):
    """Papers side by side; an empty cell is not stated in that paper."""

    subjects: tuple[Subject, ...]
    language: Language
    columns: tuple[Column, ...]
