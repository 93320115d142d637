"""Make the report of a day: what arXiv announced, selected, ranked, broken down, summarised, stored in one transaction.

It can be killed anywhere and resumed: breakdowns store their fields as they are made, and a report is in the library
together with its rows of the ledger or not at all. Two runs for the same profile take turns.
"""

import logging
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Protocol

from assistant.answering.events import Working
from assistant.breakdown.record import Basis, Breakdown, Subject
from assistant.config.profiles import Order
from assistant.digest.ledger import announced_before, earlier_versions, keep_report, note_announcements, now, report_of
from assistant.digest.rank import Ranked, rank
from assistant.digest.record import (
    Announced,
    Card,
    Digest,
    NothingNew,
    PaperFinished,
    PaperStarted,
    ReportEvent,
    ReportReady,
    Treatment,
)
from assistant.digest.select import Selection, added, select
from assistant.digest.similarity import AbstractVectors, Neighbourhood, Similarities, Wanted, measure
from assistant.digest.summary import Titles, summarise
from assistant.language.phrases import say
from assistant.llm.errors import Cancelled
from assistant.llm.prompts import Language
from index.arxiv.announcements import Announcement, Listing
from index.embedding.embed import Embedder
from index.files.one_process import one_process
from index.model.errors import LibraryBusy, LibraryError, PaperAssistantError
from index.model.paper import Paper
from index.store.library import Library
from index.structure.links import LinkKind, kind_of

_WAIT_SECONDS = 5.0  # for another run of the same profile to end


class Texts(Protocol):
    """A source of texts of announced papers: the full text, or the abstract and why."""

    def of(self, announcement: Announcement, language: Language) -> tuple[Subject, Paper]:
        """The subject of the breakdown and its text."""
        ...


@dataclass(frozen=True)
class ReportContext:
    """Everything that a report is made with. `break_down` yields steps and ends with the Breakdown.

    `model` is the name of the language model, empty without one; `warnings` are shown on the page.
    """

    library: Library
    embedder: Embedder
    texts: Texts
    break_down: Callable[[Subject, Paper, Language], Iterator[Working | Breakdown]]
    wanted: Wanted
    neighbourhood: Neighbourhood | None
    model: str = ""
    warnings: Sequence[str] = ()  # may grow while papers are broken down


def make_report(
    order: Order, listing: Listing, day: date, context: ReportContext, *, again: bool = False
) -> Iterator[ReportEvent]:
    """Make the report of a day from a listing; the last event is ReportReady or NothingNew.

    Papers that earlier reports of the profile have shown are left out. Papers of a later listing of the same day are
    added to the day's report; `again` makes that report from scratch. Raises LibraryBusy if another run is making it.
    """
    with only_run(context.library, order):
        note_announcements(context.library, listing.announcements, datetime.now(UTC))
        before = report_of(context.library, order.kind, order.profile, day, order.language)
        existing = None if again else before
        ids = [paper.id for paper in listing.announcements]
        earlier = earlier_versions(context.library, order.kind, order.profile, ids, besides=day)
        selection = select(listing, order, earlier, existing.cards if existing else ())
        broken_down = min(order.top, len(selection.kept) - len(selection.withdrawn))
        warnings = (*_withdrawals(selection, order), *listing.warnings, *context.warnings)
        yield Announced(selection.announced, len(selection.kept), broken_down, warnings)
        if not selection.kept:
            yield NothingNew(selection.counts(()), listing.quiet, before)
            return
        cards = yield from _cards(selection, order, context)
        yield Working("summary")
        report = _report(order, listing, day, context, selection, existing, cards)
        keep_report(context.library, report)
        yield ReportReady(report, selection.counts(cards))


@contextmanager
def only_run(library: Library, order: Order) -> Iterator[None]:
    """Be the only run that makes reports of a kind and profile, in all processes; a killed run's lock is free."""

    def busy(pid: str) -> LibraryBusy:
        return LibraryBusy(
            f"Another process (pid {pid}) is making the {order.name}. "
            "Wait for it to end, or stop it, and run this again."
        )

    name = "-".join(filter(None, (order.kind, order.profile)))
    with one_process(library.home / f"{name}.lock", library.home / f"{name}.pid", _WAIT_SECONDS, busy):
        yield


def _cards(selection: Selection, order: Order, context: ReportContext) -> Generator[ReportEvent, None, list[Card]]:
    papers = [paper for paper in selection.kept if paper.id.base not in selection.withdrawn]
    ranked = rank(papers, order, (yield from _similarities(papers, context)))
    cards = []
    total = min(order.top, len(ranked))
    for number, each in enumerate(ranked, start=1):
        card = _listed(each, selection)
        if number <= total:
            yield PaperStarted(number, total, card.title)
            card = yield from _read(card, each.announcement, order, context)
            yield PaperFinished(number, total, card)
        cards.append(card)
    taken_back = [paper for paper in selection.kept if paper.id.base in selection.withdrawn]
    return [*cards, *(_listed(_withdrawal(paper, order, selection), selection) for paper in taken_back)]


def _withdrawal(paper: Announcement, order: Order, selection: Selection) -> Ranked:
    day = selection.updates[paper.id.base]
    return Ranked(paper, 0.0, (say("reason.withdrawn", order.language, day=day),), ())


def _similarities(papers: Sequence[Announcement], context: ReportContext) -> Generator[ReportEvent, None, Similarities]:
    if context.wanted.interests is None and context.wanted.like is None and context.neighbourhood is None:
        return Similarities()
    found = Similarities()
    vectors = AbstractVectors(context.library.home / "cache" / "abstracts.npz", context.embedder)
    for event in measure(papers, context.wanted, vectors, context.neighbourhood):
        if isinstance(event, Similarities):
            found = event
        else:
            yield event
    return found


def _withdrawals(selection: Selection, order: Order) -> list[str]:
    """A line for each paper that was shown and is withdrawn."""
    return [
        say("problem.withdrawn", order.language, title=paper.title, id=paper.id, day=selection.updates[paper.id.base])
        for paper in selection.kept
        if paper.id.base in selection.withdrawn
    ]


def _listed(ranked: Ranked, selection: Selection) -> Card:
    paper = ranked.announcement
    links = _links(f"{paper.abstract} {paper.comment or ''}")
    return Card(
        arxiv_id=paper.id.text,
        title=paper.title,
        authors=paper.authors,
        categories=paper.categories,
        abstract=paper.abstract,
        announced=paper.announced,
        announced_on=paper.announced_on,
        score=round(ranked.score, 4),
        reasons=ranked.reasons,
        matched=ranked.matched,
        code_links=tuple(url for url in links if kind_of(url) is LinkKind.CODE),
        updated_since=selection.updates.get(paper.id.base),
    )


def _links(text: str) -> tuple[str, ...]:
    from index.structure.links import links_in_text

    return links_in_text(text)


def _read(card: Card, paper: Announcement, order: Order, context: ReportContext) -> Generator[ReportEvent, None, Card]:
    """The card with its breakdown; a failure is noted on the card and does not stop the other papers."""
    breakdown = None
    try:
        subject, text = context.texts.of(paper, order.language)
        for event in context.break_down(subject, text, order.language):
            if isinstance(event, Breakdown):
                breakdown = event
            else:
                yield event
    except (LibraryError, Cancelled):  # not a fault of the paper
        raise
    except PaperAssistantError as error:
        return _failed(card, type(error).__name__, str(error), order)
    except Exception as error:  # a bug must not stop all later papers, run after run
        logging.getLogger(__name__).exception("breaking down %s", card.arxiv_id)
        return _failed(card, "bug", f"a fault of this program ({type(error).__name__})", order)
    if breakdown is None:
        raise AssertionError("a breakdown ends with a Breakdown")
    treatment: Treatment = "full text" if breakdown.subject.basis is Basis.FULL_TEXT else "abstract only"
    return card.model_copy(update={"treatment": treatment, "breakdown": breakdown, "note": breakdown.subject.reason})


def _failed(card: Card, reason: str, detail: str, order: Order) -> Card:
    note = say("problem.no_breakdown", order.language, reason=detail)
    return card.model_copy(update={"treatment": "failed", "note": note, "failure": reason})


def _report(
    order: Order,
    listing: Listing,
    day: date,
    context: ReportContext,
    selection: Selection,
    existing: Digest | None,
    cards: Sequence[Card],
) -> Digest:
    """The record, including the cards of the day's existing report."""
    counts = selection.counts(cards)
    sources: tuple[str, ...] = (listing.source,)
    warnings = (*_withdrawals(selection, order), *listing.warnings, *context.warnings)
    if existing:
        cards = sorted([*existing.cards, *cards], key=lambda card: -card.score)
        counts = added(existing.counts, counts)
        sources, warnings = (*existing.sources, *sources), (*existing.warnings, *warnings)
    titles = Titles([paper.title for paper in listing.announcements], list(announced_before(context.library, day)))
    return Digest(
        kind=order.kind,
        profile=order.profile,
        day=day,
        language=order.language,
        categories=order.categories,
        keywords=order.keywords,
        interests=order.interests,
        model=context.model,
        made_at=now(),
        sources=tuple(dict.fromkeys(sources)),
        warnings=tuple(dict.fromkeys(warnings)),
        counts=counts,
        summary=summarise(cards, titles, context.embedder, order.language),
        cards=tuple(cards),
    )
