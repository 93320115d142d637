"""Records of digests and monitor reports as they are stored, and the events of a run that makes one."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Literal

import pydantic

from assistant.answering.events import Working
from assistant.breakdown.record import Breakdown, Record
from assistant.config.profiles import Kind as Kind
from assistant.llm.prompts import Language
from index.arxiv.announcements import AnnounceType

Treatment = Literal["full text", "abstract only", "listed", "failed"]


class Card(Record):
    """One paper of a report. `reasons` say why it is shown, in the report's language; `matched` are the keywords.

    `treatment` says what the breakdown is based on; "listed" papers have none and are shown with their abstract, for
    "failed" ones `note` says why. `updated_since` is the day of the report that showed an earlier version.
    """

    arxiv_id: str  # with its version if the listing has it
    title: str
    authors: tuple[str, ...]
    categories: tuple[str, ...]
    abstract: str
    announced: AnnounceType
    announced_on: date | None
    score: float
    reasons: tuple[str, ...]
    matched: tuple[str, ...] = ()
    code_links: tuple[str, ...] = ()  # from abstract or comment
    treatment: Treatment = "listed"
    note: str = ""
    failure: str = ""  # a stable code for tools, only if it failed
    updated_since: date | None = None
    breakdown: Breakdown | None = None


class Linked(Record):
    """A statement of the executive summary and the arXiv ids of the cards that it is based on, at least one.

    `words` are the verified statements or quoted words of those papers that it was made from.
    """

    text: str
    papers: tuple[str, ...]
    words: tuple[str, ...] = ()


class Summary(Record):
    """The executive summary, made from the verified breakdowns."""

    themes: tuple[Linked, ...] = ()
    highlights: tuple[Linked, ...] = ()
    emerging: tuple[Linked, ...] = ()
    reading: tuple[Linked, ...] = ()  # what to read first, and why


class Counts(Record):
    """Counts of a run; `announced == sum(left_out.values()) + seen + kept`, and kept is the sum of the four treatments.

    `left_out` counts the papers that are not shown by reason ("no keyword", "other category").
    """

    announced: int
    by_type: dict[str, int]
    left_out: dict[str, int]
    seen: int  # shown in this version by an earlier report of this profile
    full_text: int
    abstract_only: int
    listed: int
    failed: int
    failures: dict[str, int] = pydantic.Field(default_factory=dict)  # by reason

    @property
    def kept(self) -> int:
        """Papers that the report shows."""
        return self.full_text + self.abstract_only + self.listed + self.failed


class Digest(Record):
    """One report of one profile and day. `profile` is empty if the report was asked for by flags alone."""

    kind: Kind
    profile: str
    day: date
    language: Language
    categories: tuple[str, ...]
    keywords: tuple[str, ...]
    interests: str
    model: str
    made_at: str
    sources: tuple[str, ...]  # feeds or files that were read
    warnings: tuple[str, ...]  # a truncated feed, ids that were missing
    counts: Counts
    summary: Summary
    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """The highest version (0: unknown) of a paper that a profile's reports have shown, and the day of that report."""

    version: int
    day: date


@dataclass(frozen=True)
class Announced:
    """The listing was read: how many papers were announced, are shown, and will be broken down."""

    announced: int
    kept: int
    broken_down: int
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class PaperStarted:
    """The next paper, number `number` of `total`, is being read and broken down."""

    number: int
    total: int
    title: str


@dataclass(frozen=True)
class PaperFinished:
    """A paper was broken down, or failed."""

    number: int
    total: int
    card: Card


@dataclass(frozen=True)
class NothingNew:
    """The last event if no report was made. `report` is the existing report of the day, if any."""

    counts: Counts
    reason: str
    report: Digest | None
    nothing_new: ClassVar[bool] = True


@dataclass(frozen=True)
class ReportReady:
    """The last event: the report is stored."""

    report: Digest
    counts: Counts  # of this run; those of the report include earlier runs of the day
    nothing_new: ClassVar[bool] = False


ReportEvent = Working | Announced | PaperStarted | PaperFinished | NothingNew | ReportReady
