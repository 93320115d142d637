"""What a digest or a monitor in the making says to the screen; `answering.events.Working` stands for small steps."""

from dataclasses import dataclass
from typing import ClassVar

from assistant.answering.events import Working
from assistant.digest.record import Card, Counts, Digest


@dataclass(frozen=True)
class Announced:
    """The listing was read and sorted; how many papers there are, how many of them are shown and broken down."""

    announced: int
    kept: int
    broken_down: int
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class PaperStarted:
    """The next paper is read and broken down: its number among `total`."""

    number: int
    total: int
    title: str


@dataclass(frozen=True)
class PaperFinished:
    """What became of it."""

    number: int
    total: int
    card: Card


@dataclass(frozen=True)
class NothingNew:
    """The last event where no report was made. `report` is the day's report as it stands, where there is one."""

    counts: Counts
    reason: str
    report: Digest | None
    nothing_new: ClassVar[bool] = True


@dataclass(frozen=True)
class ReportReady:
    """The last event: the report is kept."""

    report: Digest
    counts: Counts  # of this run; the report's own include those of earlier runs of the day
    nothing_new: ClassVar[bool] = False


ReportEvent = Working | Announced | PaperStarted | PaperFinished | NothingNew | ReportReady
