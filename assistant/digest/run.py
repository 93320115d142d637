"""Run a digest or a monitor: read the listing, open the model, arXiv and library, and make the report."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.answering.events import Working
from assistant.breakdown.record import Breakdown, Subject
from assistant.breakdown.sources import FullTexts
from assistant.config.profiles import Order, ProfileError
from assistant.context import AppContext
from assistant.digest.digest import ReportContext, make_report
from assistant.digest.ledger import last_day_read
from assistant.digest.people import is_family_name
from assistant.digest.record import ReportEvent
from assistant.digest.similarity import Neighbourhood, Wanted, abstract_of
from assistant.language.phrases import say
from assistant.llm.errors import ModelFailed, ModelMissing, OllamaUnreachable
from assistant.llm.prompts import Language
from assistant.verify.terms import is_chinese
from index.arxiv.announcements import Listing, merge_listings
from index.arxiv.feed_file import not_renewed, unread_days
from index.arxiv.listings import read_listing
from index.model.errors import ModelError
from index.model.paper import Paper

if TYPE_CHECKING:
    from assistant.llm.chat_model import ChatModel
    from index.arxiv.client import ArxivClient


@dataclass(frozen=True)
class Asked:
    """An order and how to carry it out. `files` are saved listings to read instead of arXiv's feed of today."""

    order: Order
    files: tuple[Path, ...] = ()
    day: date | None = None
    offline: bool = False
    with_model: bool = True
    again: bool = False


def run_report(
    context: AppContext, asked: Asked, chat_model: Callable[[], "ChatModel"] | None = None
) -> Iterator[ReportEvent]:
    """Make the report; the last event is ReportReady or NothingNew. `report.files.deliver` then writes its files.

    `chat_model` returns a model to use instead of that of `context`, or raises a ModelError if there is none.
    """
    from index.arxiv.client import ArxivClient
    from index.reading.worker import PdfReader

    with ExitStack() as opened:
        arxiv = opened.enter_context(ArxivClient(pace_file=context.index_settings.home / "arxiv.pace"))
        listing, day = read_announcements(asked, arxiv)
        if not asked.files:
            listing = dated(listing, day, last_day_read(context.library, day), datetime.now().astimezone())
        reader = opened.enter_context(PdfReader(context.pdf_limits()))
        folder = context.index_settings.home / "downloads"
        texts = FullTexts(context.library, reader, None if asked.offline else arxiv, folder)
        yield from make_report(
            asked.order, listing, day, report_context(context, asked, texts, chat_model), again=asked.again
        )


def read_announcements(asked: Asked, arxiv: "ArxivClient") -> tuple[Listing, date]:
    """The announcements and the day of the report.

    Raises ArxivError if there is no listing, ProfileError if the source or the day is missing.
    """
    if asked.files:
        listing = merge_listings([read_listing(path, asked.day) for path in asked.files])
        day = asked.day or listing.day
        if day is None:
            raise ProfileError(f"{listing.source} does not say of which day it is. Say it: --date 2026-01-19")
        return listing, day
    if asked.offline:
        raise ProfileError("Without arXiv there is nothing to read. Name a saved feed: --from FILE")
    if not asked.order.categories:
        raise ProfileError("arXiv's feed is asked for by category. Give some: --categories cs.CV,cs.RO")
    listing = arxiv.listing(asked.order.categories)
    day = listing.day or asked.day or date.today()
    if asked.day and asked.day != day:
        raise ProfileError(
            f"arXiv's feed is of {day}; it keeps no earlier days. For {asked.day} name a saved feed: --from FILE"
        )
    return listing, day


def dated(listing: Listing, day: date, last: date | None, now: datetime) -> Listing:
    """A listing from arXiv's feed that says what its day means: it is not renewed yet, or days before were missed."""
    missed = unread_days(last, day) if last else ""
    return replace(
        listing,
        quiet=listing.quiet or not_renewed(day, now),
        warnings=(*listing.warnings, missed) if missed else listing.warnings,
    )


def report_context(
    context: AppContext, asked: Asked, texts: FullTexts, chat_model: Callable[[], "ChatModel"] | None = None
) -> ReportContext:
    """Everything that a report is made with; a language model only if it was asked for and is available."""
    warnings: list[str] = []
    if families := [name for name in asked.order.authors if is_family_name(name)]:
        names = say("mark.and", asked.order.language).join(families)
        warnings.append(say("problem.family_names", asked.order.language, names=names))
    find_model = chat_model or context.chat_model
    model = _model(find_model, asked.order.language, warnings) if asked.with_model else None
    near = Neighbourhood(context.library, context.vectors, context.embedder) if context.library.papers() else None
    if near and not near.fits:
        near = None
        warnings.append(say("problem.other_embedder", asked.order.language))
    return ReportContext(
        library=context.library,
        embedder=context.embedder,
        texts=texts,
        break_down=FallingBack(context, model, warnings).run,
        wanted=_wanted(context, asked.order, model, warnings),
        neighbourhood=near,
        model=model.settings.model if model else "",
        warnings=warnings,
    )


class FallingBack:
    """A maker of breakdowns that falls back to quoted sentences once the model is lost."""

    def __init__(self, context: AppContext, model: "ChatModel | None", warnings: list[str]) -> None:
        from assistant.breakdown.breakdown import Breaker

        self._quoting = Breaker(context.embedder, None, context.library)
        self._breaker = Breaker(context.embedder, model, context.library) if model else self._quoting
        self._warnings = warnings

    def run(self, subject: Subject, paper: Paper, language: Language) -> Iterator[Working | Breakdown]:
        """Yield the steps of a breakdown, then the breakdown."""
        try:
            yield from self._breaker.run(subject, paper, language)
        except (OllamaUnreachable, ModelMissing, ModelFailed) as error:
            self._breaker = self._quoting
            self._warnings.append(say("problem.model_lost", language, title=subject.title, reason=error))
            yield from self._quoting.run(subject, paper, language)


def _model(find: Callable[[], "ChatModel"], language: Language, warnings: list[str]) -> "ChatModel | None":
    try:
        return find()
    except ModelError as error:
        warnings.append(say("problem.no_model", language, reason=error))
        return None


def _wanted(context: AppContext, order: Order, model: "ChatModel | None", warnings: list[str]) -> Wanted:
    interests = _english(context, order, model, warnings)
    liked = context.library.paper(context.library.find(order.like).id) if order.like else None
    return Wanted(
        interests=context.embedder.embed_question(interests) if interests else None,
        words=interests,
        like=context.embedder.embed([abstract_of(liked)])[0] if liked else None,
        like_title=liked.title if liked else "",
    )


def _english(context: AppContext, order: Order, model: "ChatModel | None", warnings: list[str]) -> str:
    """The interests in a language that the embedder reads; empty if that is not possible."""
    from assistant.language.translate import to_english

    if not is_chinese(order.interests) or context.embedder.multilingual:
        return order.interests
    if model is not None:
        return to_english(model, order.interests)
    warnings.append(say("problem.chinese_interests", order.language))
    return ""
