"""The report of a day: what arXiv announced, sorted, ordered, broken down, summed up, and kept in one transaction.

Killed anywhere it goes on: a breakdown keeps its fields as they are made, and a report stands in the library with the
ledger's rows or not at all. Two runs for the same profile take turns.
"""

import logging
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from typing import Protocol

from assistant.answering.events import Working
from assistant.breakdown.record import Basis, Breakdown, Subject
from assistant.config.profiles import Order
from assistant.digest.abstract_vectors import AbstractVectors
from assistant.digest.events import Announced, NothingNew, PaperFinished, PaperStarted, ReportEvent, ReportReady
from assistant.digest.ledger import announced_before, earlier_versions, note_announcements
from assistant.digest.rank import Ranked, rank
from assistant.digest.record import Card, Digest, Treatment
from assistant.digest.select import Selection, added, select
from assistant.digest.similarity import Closeness, Neighbourhood, Wanted, measure
from assistant.digest.store import keep_report, now, report_of
from assistant.digest.summary import Titles, summarise
from assistant.digest.words import say
from assistant.llm.errors import Cancelled
from assistant.llm.prompts import Language
from assistant.report.page_check import faulty_cards, without_faulty_statements
from index.arxiv.announcements import Announcement, Listing
from index.embedding.embed import Embedder
from index.files.one_process import one_process
from index.model.errors import LibraryBusy, LibraryError, PaperAssistantError
from index.model.paper import Paper
from index.store.library import Library
from index.structure.web_address import LinkKind, kind_of

_WAIT_SECONDS = 5.0  # for another run of the same profile, which may be about to end


class Texts(Protocol):
    """Gives what is read of an announced paper: its full text, or its abstract with the reason."""

    def of(self, announcement: Announcement, language: Language) -> tuple[Subject, Paper]:
        """The subject of the breakdown and its text."""
        ...


@dataclass(frozen=True)
class Desk:
    """Everything that a report is made with. `break_down` ends with the Breakdown; what it yields before are steps.

    `model` is the name of the language model, empty without one; `warnings` are said on the page.
    """

    library: Library
    embedder: Embedder
    texts: Texts
    break_down: Callable[[Subject, Paper, Language], Iterator[Working | Breakdown]]
    wanted: Wanted
    neighbourhood: Neighbourhood | None
    model: str = ""
    warnings: Sequence[str] = ()  # may grow while papers are broken down


def make_report(order: Order, listing: Listing, day: date, desk: Desk, *, again: bool = False) -> Iterator[ReportEvent]:
    """Make the report of a day from a listing; the last event is ReportReady or NothingNew.

    What earlier reports of the profile have shown is not shown again. Papers that a later listing of the same day adds
    go into the day's report; `again` makes that report anew. Raises LibraryBusy where the same report is being made.
    """
    with only_run(desk.library, order):
        note_announcements(desk.library, listing.announcements, datetime.now(UTC))
        before = report_of(desk.library, order.kind, order.profile, day, order.language)
        standing = None if again else before
        ids = [paper.id for paper in listing.announcements]
        earlier = earlier_versions(desk.library, order.kind, order.profile, ids, besides=day)
        selection = select(listing, order, earlier, standing.cards if standing else ())
        broken_down = min(order.top, len(selection.kept))
        yield Announced(selection.announced, len(selection.kept), broken_down, (*listing.warnings, *desk.warnings))
        if not selection.kept:
            yield NothingNew(selection.counts(()), listing.quiet, before)
            return
        cards = yield from _cards(selection, order, desk)
        yield Working("summary")
        make = partial(_report, order, listing, day, desk, selection, standing)
        report = make(cards)
        if faulty := faulty_cards(report):
            cards = [_left_out(card, faulty, order) for card in cards]
            report = make(cards)
        report = without_faulty_statements(report)
        keep_report(desk.library, report)
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


def _cards(selection: Selection, order: Order, desk: Desk) -> Generator[ReportEvent, None, list[Card]]:
    ranked = rank(selection.kept, order, (yield from _closeness(selection.kept, desk)))
    cards = []
    total = min(order.top, len(ranked))
    for number, each in enumerate(ranked, start=1):
        card = _listed(each, selection)
        if number <= total:
            yield PaperStarted(number, total, card.title)
            card = yield from _read(card, each.announcement, order, desk)
            yield PaperFinished(number, total, card)
        cards.append(card)
    return cards


def _closeness(papers: Sequence[Announcement], desk: Desk) -> Generator[ReportEvent, None, Closeness]:
    if desk.wanted.interests is None and desk.wanted.like is None and desk.neighbourhood is None:
        return Closeness()
    found = Closeness()
    vectors = AbstractVectors(desk.library.home / "cache" / "abstracts.npz", desk.embedder)
    for event in measure(papers, desk.wanted, vectors, desk.neighbourhood):
        if isinstance(event, Closeness):
            found = event
        else:
            yield event
    return found


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


def _read(card: Card, paper: Announcement, order: Order, desk: Desk) -> Generator[ReportEvent, None, Card]:
    """The card with its breakdown; what goes wrong with one paper is said on its card and does not stop the others."""
    breakdown = None
    try:
        subject, text = desk.texts.of(paper, order.language)
        for event in desk.break_down(subject, text, order.language):
            if isinstance(event, Breakdown):
                breakdown = event
            else:
                yield event
    except (LibraryError, Cancelled):  # not the paper's doing
        raise
    except PaperAssistantError as error:
        return _failed(card, type(error).__name__, str(error), order)
    except Exception as error:  # a fault of ours must not stop all the papers behind this one, run after run
        logging.getLogger(__name__).exception("breaking down %s", card.arxiv_id)
        return _failed(card, "bug", f"a fault of this program ({type(error).__name__})", order)
    if breakdown is None:
        raise AssertionError("a breakdown ends with a Breakdown")
    treatment: Treatment = "full text" if breakdown.subject.basis is Basis.FULL_TEXT else "abstract only"
    return card.model_copy(update={"treatment": treatment, "breakdown": breakdown, "note": breakdown.subject.reason})


def _failed(card: Card, reason: str, detail: str, order: Order) -> Card:
    note = say("no_breakdown", order.language, reason=detail)
    return card.model_copy(update={"treatment": "failed", "note": note, "failure": reason})


def _left_out(card: Card, faulty: Mapping[str, str], order: Order) -> Card:
    """A card whose analysis breaks the output contract, without it."""
    if card.arxiv_id not in faulty:
        return card
    return _failed(card.model_copy(update={"breakdown": None}), "contract", faulty[card.arxiv_id], order)


def _report(
    order: Order,
    listing: Listing,
    day: date,
    desk: Desk,
    selection: Selection,
    standing: Digest | None,
    cards: Sequence[Card],
) -> Digest:
    """The record, with the cards of the day's report as it stood."""
    counts = selection.counts(cards)
    sources: tuple[str, ...] = (listing.source,)
    warnings = (*listing.warnings, *desk.warnings)
    if standing:
        cards = sorted([*standing.cards, *cards], key=lambda card: -card.score)
        counts = added(standing.counts, counts)
        sources, warnings = (*standing.sources, *sources), (*standing.warnings, *warnings)
    titles = Titles([paper.title for paper in listing.announcements], list(announced_before(desk.library, day)))
    return Digest(
        kind=order.kind,
        profile=order.profile,
        day=day,
        language=order.language,
        categories=order.categories,
        keywords=order.keywords,
        interests=order.interests,
        model=desk.model,
        made_at=now(),
        sources=tuple(dict.fromkeys(sources)),
        warnings=tuple(dict.fromkeys(warnings)),
        counts=counts,
        summary=summarise(cards, titles, desk.embedder, order.language),
        cards=tuple(cards),
    )
