"""Select the papers of a listing that a report shows, and count those left out by reason; the numbers add up."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal

from assistant.config.keywords import find_keywords
from assistant.config.profiles import Order, asked_categories
from assistant.digest.record import Card, Counts, Shown
from index.arxiv.announcements import Announcement, Listing, is_withdrawn
from index.arxiv.ids import ArxivId, parse_arxiv_id

if TYPE_CHECKING:
    from collections.abc import Sequence

OTHER_CATEGORY = "other category"
NO_KEYWORD = "no keyword"
OLD_REPLACEMENT = "replacement of a paper not shown before"


@dataclass(frozen=True)
class Selection:
    """The papers to show, in the listing's order. `updates`: by base identifier, the day of the report that showed an
    earlier version; `withdrawn`: those that their authors took back since then, by base identifier.
    `len(listing) == sum(left_out.values()) + seen + len(kept)`.
    """

    kept: tuple[Announcement, ...]
    updates: Mapping[str, date]
    by_type: Mapping[str, int]
    left_out: Mapping[str, int]
    seen: int
    withdrawn: frozenset[str] = frozenset()

    @property
    def announced(self) -> int:
        """How many papers the listing has."""
        return sum(self.by_type.values())

    def counts(self, cards: "Sequence[Card]") -> Counts:
        """The counts of a run that showed `cards`."""
        treated = Counter(card.treatment for card in cards)
        return Counts(
            announced=self.announced,
            by_type=dict(self.by_type),
            left_out=dict(self.left_out),
            seen=self.seen,
            full_text=treated["full text"],
            abstract_only=treated["abstract only"],
            listed=treated["listed"],
            failed=treated["failed"],
            failures=dict(Counter(card.failure for card in cards if card.treatment == "failed")),
        )


def select(listing: Listing, order: Order, earlier: Mapping[str, Shown], shown_today: "Sequence[Card]") -> Selection:
    """The papers of a listing that the order asks for and that its reports have not shown.

    `earlier` is what reports of other days have shown, `shown_today` the cards of this day's existing report. A
    replacement is shown only as the update of a paper that was shown; an unknown announce type counts as new. The
    withdrawal of a paper that was shown is always shown: its notice names no keyword.
    """
    today = {id.base for id in (parse_arxiv_id(card.arxiv_id) for card in shown_today) if id}
    kept: list[Announcement] = []
    updates: dict[str, date] = {}
    left_out: Counter[str] = Counter()
    withdrawn: set[str] = set()
    seen = 0
    for paper in listing.announcements:
        status = status_of(paper.id, earlier)
        if status == "updated" and is_withdrawn(paper.abstract, paper.comment) and paper.id.base not in today:
            kept.append(paper)
            withdrawn.add(paper.id.base)
            updates[paper.id.base] = earlier[paper.id.base].day
        elif reason := _not_asked(paper, order):
            left_out[reason] += 1
        elif status == "seen" or paper.id.base in today:
            seen += 1
        elif status == "unseen" and paper.announced.startswith("replace"):
            left_out[OLD_REPLACEMENT] += 1
        else:
            kept.append(paper)
            if status == "updated":
                updates[paper.id.base] = earlier[paper.id.base].day
    by_type = Counter(str(paper.announced) for paper in listing.announcements)
    return Selection(tuple(kept), updates, by_type, left_out, seen, frozenset(withdrawn))


def status_of(id: ArxivId, earlier: Mapping[str, Shown]) -> Literal["unseen", "seen", "updated"]:
    """The status of a paper among the versions shown earlier: "updated" is a higher version than the one shown."""
    before = earlier.get(id.base)
    if before is None:
        return "unseen"
    return "updated" if 0 < before.version < (id.version or 0) else "seen"


def added(one: Counts, other: Counts) -> Counts:
    """The counts of two runs for the same day's report."""
    return Counts(
        **{
            name: _sum(getattr(one, name), getattr(other, name))  # type: ignore[arg-type]
            for name in Counts.model_fields
        }
    )


def _sum(one: int | dict[str, int], other: int | dict[str, int]) -> int | dict[str, int]:
    if isinstance(one, dict) and isinstance(other, dict):
        return dict(Counter(one) + Counter(other))
    assert isinstance(one, int) and isinstance(other, int)
    return one + other


def _not_asked(paper: Announcement, order: Order) -> str:
    if order.categories and not asked_categories(paper.categories, order.categories):
        return OTHER_CATEGORY
    if order.kind == "monitor" and not find_keywords(order.keywords, paper.title, paper.abstract):
        return NO_KEYWORD
    return ""
