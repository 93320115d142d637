"""Records of breakdowns as they are stored: findings about a paper, field by field, with the words that support them.

The record is the truth; Markdown and HTML are views of it (assistant/report/render.py) that can be rendered again at
any time.
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
    """A frozen value that is stored as JSON; unknown keys are refused."""

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
    """The words of a paper that support a finding: `paper.quote(Span(start, end)) == quote` in the text that was read.

    `pages` are the first and last page, 1-based; both 0 if only the abstract was read. `label` names the place:
    "§4.1.2", "Table 2", "Abstract", or the words of the heading if the paper does not number its sections.
    """

    start: int
    end: int
    quote: str
    pages: tuple[int, int]
    label: str


class Finding(Record):
    """A statement about a paper with the words that support it.

    `original` is the verified statement before translation into the user's language; empty if it was not translated.
    """

    text: str
    origin: Origin
    references: tuple[Reference, ...]
    original: str = ""


class Field(Record):
    """Findings for one question about a paper; if there are none, what comes nearest, which may be beside the point."""

    name: str
    findings: tuple[Finding, ...] = ()
    nearest: Finding | None = None
    seconds: float = 0.0


class Subject(Record):
    """The paper that is broken down. `key` changes with the text that was read, so that no stale field is reused.

    `paper` is its id in the library, empty if it is not there; `file` its PDF, empty if only the abstract was read.
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
    """All fields of one paper in one language. `model` is empty if no language model was used.

    `violations` counts, by kind, the faults for which statements of the model were redone or left out.
    """

    subject: Subject
    language: Language
    model: str
    prompts: str  # the version of prompts and field questions: kept.prompts_version
    made_at: str  # UTC, ISO 8601
    fields: tuple[Field, ...]
    violations: dict[str, int] = pydantic.Field(default_factory=dict)

    def field(self, name: str) -> Field:
        """The field of a name; an empty one if it was not asked for."""
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
    """Papers side by side; of an empty cell nothing was found in that paper."""

    subjects: tuple[Subject, ...]
    language: Language
    columns: tuple[Column, ...]
