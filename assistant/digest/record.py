"""A digest or a monitor's report as it is kept: the day's papers, why each is there, and what became of each."""

from datetime import date
from typing import Literal

import pydantic

from assistant.breakdown.record import Breakdown, Record
from assistant.config.profiles import Kind as Kind
from assistant.llm.prompts import Language

Announced = Literal["new", "cross", "replace", "replace-cross", "unknown"]
Treatment = Literal["full text", "abstract only", "listed", "failed"]


class Card(Record):
    """One paper of a report. `reasons` say why it is there, in the report's language; `matched` are the keywords.

    `treatment` says what the breakdown rests on; "listed" papers have none and are shown with their abstract, "failed"
    ones say why in `note`. `updated_since` is the day of the report that showed an earlier version.
    """

    arxiv_id: str  # with its version where the listing has it
    title: str
    authors: tuple[str, ...]
    categories: tuple[str, ...]
    abstract: str
    announced: Announced
    announced_on: date | None
    score: float
    reasons: tuple[str, ...]
    matched: tuple[str, ...] = ()
    code_links: tuple[str, ...] = ()  # named by abstract or comment
    treatment: Treatment = "listed"
    note: str = ""
    failure: str = ""  # a stable word for tools, only where it failed
    updated_since: date | None = None
    breakdown: Breakdown | None = None


class Linked(Record):
    """A statement of the executive summary and the arXiv ids of the cards that it rests on; never without one.

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
    """How a run ended; `announced == sum(left_out.values()) + seen + len(kept papers)` and kept = the four treatments.

    `left_out` counts papers by why they are not shown ("no keyword", "other category").
    """

    announced: int
    by_type: dict[str, int]
    left_out: dict[str, int]
    seen: int  # shown in an earlier report of this profile, in this version
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
    """One report of one profile and day. `profile` is empty where it was asked for by flags alone."""

    kind: Kind
    profile: str
    day: date
    language: Language
    categories: tuple[str, ...]
    keywords: tuple[str, ...]
    interests: str
    model: str
    made_at: str
    sources: tuple[str, ...]  # the feeds or files that were read
    warnings: tuple[str, ...]  # a truncated feed, ids that were missing
    counts: Counts
    summary: Summary
    cards: tuple[Card, ...]
