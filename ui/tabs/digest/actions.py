"""What the digest tab does when something is chosen or clicked. Each action gives the updates of its components."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import gradio as gr

from assistant.digest.ledger import list_reports, report_of
from assistant.digest.record import Digest, NothingNew, ReportReady
from assistant.digest.run import Asked
from assistant.report.escape import plain
from index.arxiv.ids import ArxivId, parse_arxiv_id
from index.model.errors import PaperAssistantError
from ui.jobs.report_jobs import Making
from ui.pages.render import note_html, status_html
from ui.pages.report_progress import DigestProgress
from ui.pages.screen import CHAT, Screen
from ui.tabs.digest.form import DigestForm, DigestWanted, order_of, profile_values
from ui.tabs.digest.view import digest_page, empty_page

Updates = dict[Any, Any]  # component to its new value

_LISTED = 400  # past reports
_TICK = 0.5  # seconds after which a job is looked at again


@dataclass(frozen=True)
class DigestParts:
    """Every component by its name."""

    form: DigestForm
    accordion: gr.Accordion
    make: gr.Button
    stop: gr.Button
    status: gr.HTML
    note: gr.HTML
    page: gr.HTML
    past: gr.Radio  # its value is kind, profile, day and language as JSON

    @property
    def view(self) -> list[gr.components.Component]:
        """What changes when another report is shown or one is made."""
        return [self.stop, self.status, self.note, self.page, self.past]


class DigestActions:
    """The actions of one page's tab."""

    def __init__(self, screen: Screen, parts: DigestParts) -> None:
        self._screen, self._parts, self._words = screen, parts, screen.words
        self._library, self._line = screen.bench.library, screen.desk.reports.digests

    def opened(self, past: str | None) -> Updates:
        """The tab was opened: the report that was open, else the newest, and what is being made."""
        newest = [_name(*each) for each in list_reports(self._library)[:1]]
        open_one = past if self._report(past) else next(iter(newest), None)
        return {**self.choose(open_one), **self._status(at_work_only=True)}

    def refresh(self, past: str | None) -> gr.Radio:
        """The reports that are kept, as they are now."""
        found = list_reports(self._library)[:_LISTED]
        choices = [(self._label(*each), _name(*each)) for each in found]
        known = past if past in {value for _, value in choices} else None
        return gr.Radio(choices=choices, value=known, visible=bool(choices))

    def choose(self, past: str | None) -> Updates:
        """A report was chosen; one that is gone gives an empty page."""
        report = self._report(past)
        shown = digest_page(self._words, report, self._papers()) if report else empty_page(self._words)
        return {self._parts.page: shown, self._parts.past: self.refresh(past), self._parts.note: ""}

    def take_profile(self, name: str, kind: str) -> Updates:
        """A profile was chosen: fill the form with it, to be changed for this run."""
        values = profile_values(self._screen.bench.settings.digest.get(name or ""), kind)
        return {getattr(self._parts.form, field): value for field, value in values.items()}

    def make(self, *values: Any) -> Iterator[Updates]:  # noqa: ANN401  # the form's, in its order
        """Start what the form says and follow it to its page; what is wrong in the form is said."""
        try:
            asked = order_of(self._words, self._screen.bench.settings, DigestWanted(*values))
        except PaperAssistantError as error:
            yield {self._parts.note: note_html(str(error), "fault"), self._parts.accordion: gr.skip()}
            return
        making = self._line.start(asked.order.name, asked)
        yield {self._parts.note: "", self._parts.accordion: gr.Accordion(open=False), **self._status()}
        yield from self._followed(making)

    def stop(self) -> None:
        """Stop the running one; the fields that are done are kept, and the same order continues from there."""
        for making in self._line.at_work()[-1:]:
            making.job.cancel()

    def follow(self) -> Iterator[Updates]:
        """Follow the running reports, one after the other; each shows its page when it is done."""
        yield {self._parts.status: gr.skip()}  # a generator without a value would empty all components
        while making := next(iter(self._line.at_work()[-1:]), None):
            yield from self._followed(making)

    def _followed(self, making: Making[Asked]) -> Iterator[Updates]:
        progress, seen = DigestProgress(self._words, making), ""
        for batch in making.job.follow(_TICK):
            for told in batch:
                progress.take(told)
            now = json.dumps([progress.line(), progress.done, making.place, progress.announced])
            if now != seen and not making.job.ended:
                seen = now
                yield {self._parts.status: progress.html()}
        yield {**self._ended(progress), **self._status()}
        if making.job.bug:
            raise making.job.bug

    def card(self, past: str | None, event: gr.EventData) -> Iterator[Updates]:
        """A button of a card: ask about its paper, or add it to the library."""
        wanted, report = event._data or {}, self._report(past)
        arxiv_id = str(wanted.get("arxiv", ""))
        identifier = parse_arxiv_id(arxiv_id)
        yield {self._parts.note: gr.skip()}
        if report is None or identifier is None or arxiv_id not in {card.arxiv_id for card in report.cards}:
            return
        known = self._papers().get(identifier.base)
        if known:
            yield {self._screen.tabs: gr.Tabs(selected=CHAT), self._screen.chosen: [known]}
        else:
            yield from self._add(arxiv_id, identifier)

    def shown(self, past: str | None) -> Updates:
        """The page that is open by now, with what the library has by now."""
        report = self._report(past)
        return {self._parts.page: digest_page(self._words, report, self._papers()) if report else gr.skip()}

    def _add(self, arxiv_id: str, identifier: ArxivId) -> Iterator[Updates]:
        jobs, words, started = self._screen.desk.ingest, self._words, time.monotonic()
        jobs.add([arxiv_id])
        number, seen = jobs.state.number, ""
        while (state := jobs.state).running and state.number == number:
            step = words("digest.adding", paper=arxiv_id)
            if state.stage != seen or not seen:
                seen = state.stage or step
                yield {self._parts.note: status_html(words, step, time.monotonic() - started)}
            time.sleep(_TICK)
        if identifier.base in self._papers():
            yield {self._parts.note: note_html(words("digest.added", paper=arxiv_id))}
        else:
            names = (arxiv_id, identifier.text, identifier.file_name)  # as it was asked for, or as its PDF is called
            failed = [each.detail for each in state.failures if any(name in each.file for name in names)]
            reason = next(reversed(failed), state.fault) or words("library.stopped", count=1)
            yield {self._parts.note: note_html(reason, "fault")}

    def _status(self, *, at_work_only: bool = False) -> Updates:
        at_work = self._line.at_work()
        making = at_work[-1] if at_work else self._line.latest()
        if making is None or (at_work_only and not at_work):
            return {self._parts.status: "", self._parts.stop: self._stop_button(False)}
        stop = self._stop_button(bool(at_work))
        return {self._parts.status: self._progress(making).html(), self._parts.stop: stop}

    def _stop_button(self, shown: bool) -> gr.Button:
        return gr.Button(self._words("breakdown.stop"), visible=True if shown else "hidden")

    def _progress(self, making: Making[Asked]) -> DigestProgress:
        progress = DigestProgress(self._words, making)
        for told in making.job.events():
            progress.take(told)
        return progress

    def _ended(self, progress: DigestProgress) -> Updates:
        made = progress.made
        if isinstance(made, ReportReady):
            return self.choose(_name_of(made.report))
        if isinstance(made, NothingNew):
            shown = self.choose(_name_of(made.report)) if made.report else {}
            reason = plain(made.reason)
            return {**shown, self._parts.note: note_html(self._words("digest.nothing_new", reason=reason).strip())}
        return {}

    def _report(self, past: str | None) -> Digest | None:
        if not past:
            return None
        kind, profile, day, language = json.loads(past)
        return report_of(self._library, kind, profile, date.fromisoformat(day), language)

    def _papers(self) -> dict[str, str]:
        """The library's papers by their arXiv ids without version."""
        found = {}
        for record in self._library.papers():
            identifier = parse_arxiv_id(record.arxiv_id or "")
            if identifier:
                found[identifier.base] = record.id
        return found

    def _label(self, kind: str, profile: str, day: date, language: str) -> str:
        name = self._words("digest.kind_of_monitor") if kind == "monitor" else self._words("digest.kind_of_digest")
        return " · ".join(filter(None, [day.isoformat(), name, profile, {"en": "English", "zh": "中文"}[language]]))


def _name(kind: str, profile: str, day: date, language: str) -> str:
    return json.dumps([kind, profile, day.isoformat(), language])


def _name_of(report: Digest) -> str:
    return _name(report.kind, report.profile, report.day, report.language)
