"""How far a breakdown, a comparison or a digest is: a line, a bar, the time that is left. Makes HTML."""

import time
from dataclasses import dataclass, field
from typing import Any

from assistant.answering.events import Working
from assistant.breakdown.breakdown import FieldReady
from assistant.breakdown.record import Breakdown, Comparison, Field
from assistant.digest.record import Announced, Card, NothingNew, PaperFinished, PaperStarted, ReportReady
from assistant.language.phrases import phrases_of as words_of
from assistant.llm.prompts import Language
from assistant.report.escape import plain
from ui.jobs.report_jobs import Making, ModelLooked, Told
from ui.pages.labels import Labels
from ui.pages.render import note_html, status_html
from ui.pages.safe_html import escaped

_LISTED = 200  # papers whose end is said while a digest is made


@dataclass
class Progress:
    """The progress of a job; `take` adds an event, `html` renders the state."""

    words: Labels
    making: Making[Any]
    step: str = ""
    done: int = 0
    total: int = 0
    note: str = ""
    model: str = ""
    began: float = 0.0  # the current step
    took: list[float] = field(default_factory=list)  # seconds of the parts that had to be made

    def take(self, told: object) -> None:
        """Add an event."""
        if isinstance(told, Told):
            if isinstance(told.event, ModelLooked):
                self.model, reason = told.event.name, told.event.reason
                self.note = self.words("breakdown.no_model", reason=reason) if reason else ""
            self._take(told.event, told.at)

    def _take(self, event: object, at: float) -> None:
        if isinstance(event, Working):
            self.step, self.done, self.total, self.began = event.step, event.done, event.total, at

    @property
    def seconds_left(self) -> float | None:
        """About how long it will take, by what took time so far; None before the first."""
        if len(self.took) < 2 or self.done >= self.total:
            return None
        return sum(self.took) / len(self.took) * (self.total - self.done)

    def html(self) -> str:
        """Return the status line and the bar, or how it ended if it ended without a page."""
        words, making, job = self.words, self.making, self.making.job
        parts = [note_html(self.note)] if self.note else []
        if making.stopped:
            return "".join([*parts, note_html(words("breakdown.stopped"))])
        if job.error:
            return "".join([*parts, note_html(str(job.error), "fault")])
        if job.bug:
            parts.append(note_html(words("breakdown.bug", name=type(job.bug).__name__), "fault"))
        elif not job.ended:
            parts.append(self._at_work())
        return "".join(parts)

    def _at_work(self) -> str:
        words, place, now = self.words, self.making.place, time.monotonic()
        line = words("breakdown.waiting", place=place) if place else self.line()
        clock = status_html(words, line, now - (self.began or self.making.started))
        if not self.total:
            return f'<div class="making">{clock}</div>'
        count = words("breakdown.count", done=self.done, total=self.total)
        left = self.seconds_left
        about = "" if left is None else words("breakdown.left", time=duration(words, left))
        return (
            f'<div class="making">{clock}<progress max="{self.total}" value="{self.done}" '
            f'aria-label="{escaped(count)}"></progress>'
            f'<p class="left"><span>{escaped(count)}</span><span>{escaped(about)}</span></p>{self.below()}</div>'
        )

    def line(self) -> str:
        """What is being done."""
        return plain(self.step) or self.words("breakdown.beginning")

    def below(self) -> str:
        """Return what is shown below the bar."""
        return ""


@dataclass
class PapersProgress(Progress):
    """The progress of a breakdown or a comparison; `fields` are those of a breakdown."""

    language: Language = "en"
    fields: dict[str, Field] = field(default_factory=dict)
    made: Breakdown | Comparison | None = None

    def _take(self, event: object, at: float) -> None:
        if isinstance(event, FieldReady):
            self.fields[event.field.name] = event.field
            self.done = event.done
            self.took += [event.seconds] if event.seconds else []
        elif isinstance(event, Breakdown | Comparison):
            self.made = event
        else:
            super()._take(event, at)

    def line(self) -> str:
        """The current field, by its name on the page."""
        name = words_of(self.words.language).known("field", self.step)
        return self.words("breakdown.making", field=plain(name)) if name != self.step else super().line()


@dataclass
class DigestProgress(Progress):
    """The progress of a digest; `cards` are the papers that are done."""

    title: str = ""
    announced: str = ""
    cards: list[Card] = field(default_factory=list)
    made: ReportReady | NothingNew | None = None
    _inner: str = ""
    _paper_began: float = 0.0

    def _take(self, event: object, at: float) -> None:
        words = self.words
        match event:
            case Announced(announced, kept, broken_down, _):
                self.announced = words("digest.announced", announced=announced, kept=kept, top=broken_down)
            case PaperStarted(number, total, title):
                self.title, self.done, self.total, self._inner = title, number - 1, total, ""
                self.began = self._paper_began = at
            case PaperFinished(number, total, card):
                self.done, self.total = number, total
                self.cards.append(card)
                self.took.append(at - self._paper_began)
            case ReportReady() | NothingNew():
                self.made = event
            case Working(step, done, total):
                self._inner = self._inner_step(step, done, total)

    def _inner_step(self, step: str, done: int, total: int) -> str:
        name = words_of(self.words.language).known("field", step)
        if name != step:
            return f"{plain(name)} ({done + 1}/{total})"
        known = {"summary": "digest.summing_up", "abstracts": "digest.comparing"}
        said = self.words(known[step]) if step in known else plain(step)
        return f"{said} ({done}/{total})" if total else said

    def line(self) -> str:
        """The current paper and its field, or the step before and after the papers."""
        if self.cards and self.done >= self.total:
            return self._inner or self.words("digest.summing_up")
        paper = plain(self.title)
        return ": ".join(filter(None, [paper, self._inner])) or self.words("digest.reading_listing")

    def below(self) -> str:
        """What the listing held, and the papers that are done."""
        rows = "".join(
            f'<li>{escaped(plain(card.title))} <span class="quiet">{escaped(treatment(self.words, card))}</span></li>'
            for card in self.cards[-_LISTED:]
        )
        return f'<p class="quiet">{escaped(self.announced)}</p>' + (f'<ol class="done">{rows}</ol>' if rows else "")


def treatment(words: Labels, card: Card) -> str:
    """What became of a paper."""
    return words("digest.treatment_" + card.treatment.replace(" ", "_"))


def duration(words: Labels, seconds: float) -> str:
    """About how long, in words: seconds below a minute and a half, else minutes."""
    if seconds < 90:
        return words("breakdown.seconds", count=max(1, round(seconds)))
    return words("breakdown.minutes", count=round(seconds / 60))
