"""What the breakdown tab does when something is chosen or clicked. Each action gives the updates of its components."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from assistant.breakdown.kept import KeptBreakdown, kept_breakdowns, load_breakdown
from assistant.breakdown.record import ALL_FIELDS, Breakdown, Comparison, Subject
from assistant.breakdown.sources import SubjectKeys
from assistant.llm.prompts import Language
from index.model.errors import PaperAssistantError
from index.model.records import PaperRecord
from ui.jobs.report_jobs import Making
from ui.jobs.report_work import PapersAsked
from ui.pages.report_progress import PapersProgress
from ui.pages.safe_html import escaped
from ui.pages.screen import CHAT, Screen
from ui.tabs.breakdown.view import breakdown_page, comparison_page, empty_page

Updates = dict[Any, Any]  # component to its new value
Chosen = Sequence[str] | None  # ids of papers; gradio gives None for an emptied choice

MOST_PAPERS = 6  # side by side
_CHOICES = 2000  # papers that are offered
_SHELF = 200  # breakdowns that are listed
_SEARCHED = 1000  # papers whose breakdowns are looked for
_TICK = 0.5  # seconds after which the place in line is looked at again


@dataclass(frozen=True)
class BreakdownParts:
    """Every component by its name."""

    papers: gr.Dropdown
    language: gr.Radio
    with_model: gr.Checkbox
    make: gr.Button
    stop: gr.Button
    ask: gr.Button
    status: gr.HTML
    page: gr.HTML
    kept: gr.Radio

    @property
    def view(self) -> list[gr.components.Component]:
        """All that an action may change."""
        return [
            self.papers, self.language, self.with_model, self.make, self.stop, self.ask, self.status, self.page,
            self.kept,
        ]  # fmt: skip


class BreakdownActions:
    """The actions of one page's tab."""

    def __init__(self, screen: Screen, parts: BreakdownParts) -> None:
        self._screen, self._parts, self._words = screen, parts, screen.words
        self._library, self._line = screen.bench.library, screen.desk.reports.papers
        self._keys = SubjectKeys(self._library)

    def opened(self, subjects: Chosen, papers: Chosen, language: Language, with_model: bool) -> Updates:
        """The tab was opened: show the papers sent by another tab, else what is chosen or running."""
        if subjects:
            return {self._screen.subjects: [], **self._chosen(_asked(subjects, language, with_model))}
        at_work = self._line.at_work()
        if at_work and not papers:
            return self._chosen(at_work[-1].asked)
        return self._chosen(_asked(papers, language or self._words.language, with_model))

    def show(self, papers: Chosen, language: Language, with_model: bool) -> Updates:
        """Show the state of the choice: running, kept, or nothing yet."""
        parts, asked = self._parts, _asked(papers, language, with_model)
        making = self._line.latest(asked.same)
        at_work = making is not None and not making.job.ended
        progress = self._progress(making) if making else None
        page, label = self._page(asked, progress)
        return {
            parts.status: progress.html() if progress else "",
            parts.page: page,
            parts.make: gr.Button(label, visible="hidden" if at_work else True, interactive=bool(papers)),
            parts.stop: gr.Button(self._words("breakdown.stop"), visible=True if at_work else "hidden"),
            parts.ask: gr.Button(self._words("breakdown.ask"), visible=True if papers else "hidden"),
        }

    def make(self, papers: Chosen, language: Language, with_model: bool) -> Updates:
        """Start or continue it; a complete breakdown is made again. A running job continues."""
        asked = _asked(papers, language, with_model)
        making = self._line.latest(asked.same)
        if asked.papers and (making is None or making.job.ended):
            progress = self._progress(making) if making else None
            again = len(asked.papers) == 1 and _whole(self._made(asked, progress))  # as the button says
            try:
                names = [self._library.record(paper).title for paper in asked.papers]
            except PaperAssistantError as error:  # deleted in another window
                gr.Warning(escaped(str(error)))
            else:
                self._line.start(" / ".join(names), replace(asked, again=again))
        return self.show(papers, language, with_model)

    def stop(self, papers: Chosen, language: Language, with_model: bool) -> None:
        """Stop it at once; the fields that are made are kept."""
        making = self._line.latest(_asked(papers, language, with_model).same)
        if making:
            making.job.cancel()

    def follow(self, papers: Chosen, language: Language, with_model: bool) -> Iterator[Updates]:
        """What is being made, field by field; then the page as it is kept."""
        yield from self._followed(papers, language, with_model, ended=False)

    def follow_made(self, papers: Chosen, language: Language, with_model: bool) -> Iterator[Updates]:
        """The same for what was just asked for, which may be there already."""
        yield from self._followed(papers, language, with_model, ended=True)

    def _followed(self, papers: Chosen, language: Language, with_model: bool, *, ended: bool) -> Iterator[Updates]:
        asked = _asked(papers, language, with_model)
        making = self._line.latest(asked.same)
        yield {self._parts.status: gr.skip()}  # a generator without a value would empty all components
        if making and (ended or not making.job.ended):
            progress, seen, fields = PapersProgress(self._words, making, language=language), None, -1
            for batch in making.job.follow(_TICK):
                for told in batch:
                    progress.take(told)
                now = (progress.step, progress.done, making.place, progress.note)
                if now != seen and not making.job.ended:
                    seen, shown = now, {self._parts.status: progress.html()}
                    if len(progress.fields) != fields:
                        fields = len(progress.fields)
                        shown[self._parts.page] = self._page(asked, progress)[0]
                    yield shown
            shelf = self._shelf(self._library.papers(), asked.papers, language, with_model)
            yield {**self.show(papers, language, with_model), self._parts.kept: shelf}
        if making and making.job.bug:
            raise making.job.bug

    def choose(self, kept: str | None) -> Updates:
        """A kept breakdown was chosen from the shelf."""
        if not kept:
            return {self._parts.kept: gr.skip()}
        paper, language, model = json.loads(kept)
        return self._chosen(PapersAsked((paper,), language, bool(model)))

    def ask(self, papers: Chosen) -> Updates:
        """To the chat, with these papers as its scope."""
        return {self._screen.tabs: gr.Tabs(selected=CHAT), self._screen.chosen: list(papers or ())}

    def _chosen(self, asked: PapersAsked) -> Updates:
        """All components, each with its value: one that is not mounted yet would lose it.

        A paper that is gone is no choice any more: with it nothing else of the tab could be used.
        """
        parts, records = self._parts, self._library.papers()
        known = {record.id for record in records}
        papers = [paper for paper in asked.papers if paper in known]
        return {
            **self.show(papers, asked.language, asked.with_model),
            parts.papers: gr.Dropdown(choices=_choices(records, papers), value=papers),
            parts.kept: self._shelf(records, papers, asked.language, asked.with_model),
            parts.language: asked.language,
            parts.with_model: asked.with_model,
        }

    def _page(self, asked: PapersAsked, progress: PapersProgress | None) -> tuple[str, str]:
        """The page, and what the button says that makes it."""
        words, records = self._words, self._library.papers()
        papers = {record.id for record in records}
        if not asked.papers:
            return empty_page(words, len(records)), words("breakdown.make")
        if len(asked.papers) > 1:
            compared = progress.made if progress else None
            if not isinstance(compared, Comparison) or not self._still(compared.subjects, asked):
                return "", words("breakdown.compare")
            query = {"paper": asked.papers, "language": asked.language, "with_model": int(asked.with_model)}
            return comparison_page(words, compared, papers, query), words("breakdown.compare")
        made = self._made(asked, progress)
        if made is None or not made.fields:
            return "", words("breakdown.make")
        whole = _whole(made)
        label = words("breakdown.again") if whole else words("breakdown.go_on", left=len(ALL_FIELDS) - len(made.fields))
        return breakdown_page(words, made, papers, whole=whole), label

    def _made(self, asked: PapersAsked, progress: PapersProgress | None) -> Breakdown | None:
        """The fields as they are being made, else the breakdown as it is kept."""
        subject = self._subject(asked.papers[0])
        if subject is None:
            return None
        if progress and isinstance(progress.made, Breakdown) and self._still([progress.made.subject], asked):
            return progress.made
        kept = [load_breakdown(self._library, subject, each.language, each.model) for each in self._kept_of(asked)[:1]]
        if progress and not progress.making.job.ended:
            fields = tuple(progress.fields[name] for name in ALL_FIELDS if name in progress.fields)
            empty = load_breakdown(self._library, subject, asked.language, progress.model)
            return empty.model_copy(update={"fields": fields})
        return kept[0] if kept else None

    def _still(self, subjects: Sequence[Subject], asked: PapersAsked) -> bool:
        """Whether what was read is what the papers say now: another text may have taken the place of one."""
        now = [self._subject(paper) for paper in asked.papers]
        return {each.key for each in subjects} == {each.key if each else "" for each in now}

    def _kept_of(self, asked: PapersAsked) -> list[KeptBreakdown]:
        """Return the kept breakdown of a paper in a language that fits best: with a model if one is wanted."""
        subject = self._subject(asked.papers[0])
        found = [
            each
            for each in kept_breakdowns(self._library)
            if subject and each.key == subject.key and each.language == asked.language
        ]
        return [each for each in found if bool(each.model) == asked.with_model]

    def _subject(self, paper: str) -> Subject | None:
        try:
            return self._keys.subject(self._library.record(paper))
        except PaperAssistantError:
            return None

    def _progress(self, making: Making[PapersAsked]) -> PapersProgress:
        progress = PapersProgress(self._words, making, language=making.asked.language)
        for told in making.job.events():
            progress.take(told)
        return progress

    def _shelf(
        self, records: Sequence[PaperRecord], papers: Sequence[str], language: Language, with_model: bool
    ) -> gr.Radio:
        kept = kept_breakdowns(self._library)[:_SHELF]
        by_key = self._keys.papers([each.key for each in kept], records[:_SEARCHED])
        choices, open_one = [], None
        for each in kept:
            if record := by_key.get(each.key):
                value = json.dumps([record.id, each.language, each.model])
                choices.append((self._spine(record, each), value))
                if [record.id] == list(papers) and each.language == language and bool(each.model) == with_model:
                    open_one = open_one or value
        return gr.Radio(choices=choices, value=open_one, visible=bool(choices))

    def _spine(self, record: PaperRecord, kept: KeptBreakdown) -> str:
        language = {"en": "English", "zh": "中文"}[kept.language]
        part = self._words("breakdown.part", done=kept.fields, total=len(ALL_FIELDS))
        made = self._words("breakdown.whole") if kept.whole else part
        return " · ".join([record.title, language, kept.model or self._words("breakdown.quotes"), made])


def _choices(records: Sequence[PaperRecord], chosen: Sequence[str]) -> list[tuple[str, str]]:
    """Of a very large library only the first papers, with those that are chosen."""
    offered = [record for row, record in enumerate(records) if row < _CHOICES or record.id in chosen]
    return [(record.title or record.id, record.id) for record in offered]


def _whole(made: Breakdown | None) -> bool:
    return made is not None and len(made.fields) >= len(ALL_FIELDS)


def _asked(papers: Chosen, language: Language, with_model: bool) -> PapersAsked:
    return PapersAsked(tuple(papers or ())[:MOST_PAPERS], "zh" if language == "zh" else "en", bool(with_model))
