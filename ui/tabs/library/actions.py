"""What the library does when something is dropped, typed or clicked; each action gives updates of components."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.utils import get_upload_folder

from assistant.contract import passage_json
from index.ingest.ingest import remove_paper
from index.model.errors import PaperAssistantError
from index.model.paper import Passage
from index.model.records import Filters
from index.store.library import section_counts
from index.store.tags import papers_tagged, remove_tag, set_tag, tags_of_papers
from ui.jobs.ingest_jobs import is_pdf_name, keep_upload, read_pasted
from ui.pages.render import note_html, passages_html
from ui.pages.safe_html import escaped
from ui.pages.screen import BREAKDOWN, CHAT, Screen
from ui.tabs.library.view import ROWS, SORTS, Listing, Shown, job_html, matching, ordered, table_html


@dataclass(frozen=True)
class LibraryParts:
    """Every component by its name."""

    files: gr.File
    folder: gr.UploadButton
    pasted: gr.Textbox
    add: gr.Button
    note: gr.HTML  # what became of the last action
    job: gr.HTML
    job_buttons: gr.Row
    cancel: gr.Button
    hide: gr.Button
    filter: gr.Textbox
    tag: gr.Dropdown
    query: gr.Textbox
    hits: gr.HTML
    close_hits: gr.Button
    table: gr.HTML
    listing: gr.State  # Listing
    seen: gr.State  # what this page shows already: version of the job, generation of the library
    hidden: gr.State  # number of the job whose report this user has hidden
    timer: gr.Timer


Updates = dict[Any, Any]  # component to its new value

HITS = 10  # passages of a search
BUSY_SECONDS, IDLE_SECONDS = 1.0, 5.0  # between two looks at the job
TOLD_SECONDS = 3600  # how long the end of a job is shown on pages that are loaded later


class LibraryActions:
    """The actions of one page's library."""

    def __init__(self, screen: Screen, parts: LibraryParts) -> None:
        self._screen, self._parts, self._words = screen, parts, screen.words
        self._library, self._jobs = screen.context.library, screen.shared.ingest

    def opened(self, text: str, tag: str, listing: Listing, hidden: int) -> Updates:
        """The tab was opened, or the page loaded: everything as it is now."""
        return {**self.shown(text, tag, listing), **self._job(hidden)}

    def looked(self, seen: tuple[int, int], text: str, tag: str, listing: Listing, hidden: int) -> Updates:
        """The timer looked: what changed since, by this page, another one or another process."""
        now = self._now()
        job = self._job(hidden) if now[0] != seen[0] else {}
        papers = self.shown(text, tag, listing) if now[1] != seen[1] else {}
        return {**papers, **job, self._parts.seen: now}

    def shown(self, text: str, tag: str, listing: Listing) -> Updates:
        """The list, filtered and in order."""
        now = self._now()
        parts, library, tags = self._parts, self._library, tags_of_papers(self._library)
        all_papers = library.papers()
        tagged = [record for record in all_papers if not tag or tag in tags.get(record.id, ())]
        records = ordered(matching(tagged, tags, text), listing)
        present = {record.id for record in records}
        sections = section_counts(library, [record.id for record in records[: listing.rows]])
        paper = library.paper(listing.open) if listing.open in present else None
        breakdowns = self._has_tab(BREAKDOWN)
        shown = Shown(records, len(all_papers), sections, tags, paper, breakdowns)
        names = sorted({each for given in tags.values() for each in given})
        choices = [(self._words("library.all_tags"), ""), *((name, name) for name in names)]
        return {
            parts.table: table_html(self._words, shown, listing),
            parts.tag: gr.Dropdown(choices=choices, value=tag if tag in names else "", visible=bool(names)),
            parts.listing: listing,
            parts.seen: now,
        }

    def add_files(self, files: Sequence[str] | None) -> Updates:
        """Files or a folder were dropped: keep them in the library's folder of papers, then ingest them."""
        uploads = Path(get_upload_folder()).resolve()
        given = [path for path in map(Path, files or ()) if uploads in path.resolve().parents]  # nothing else is moved
        pdfs = [path for path in given if is_pdf_name(path.name)]
        notes = [] if len(pdfs) == len(given) else [self._words("library.not_pdfs", count=len(given) - len(pdfs))]
        folder, kept = self._screen.context.index_settings.home / "papers", []
        for path in set(given) - set(pdfs):
            path.unlink(missing_ok=True)
        for path in pdfs:
            try:
                kept.append(keep_upload(path, folder))
            except OSError as error:
                reason = error.strerror or type(error).__name__
                notes.append(self._words("library.not_kept", file=path.name, reason=reason))
        self._jobs.add([str(path) for path in kept], kept)
        return {self._parts.files: None, self._parts.note: _notes(notes), **self._job(0)}

    def add_pasted(self, text: str) -> Updates:
        """arXiv ids, links or a folder were entered; any other line stays in the box, with the reason."""
        local = self._screen.shared.local
        pasted = read_pasted(text, folders=local)
        key = "library.not_a_source_local" if local else "library.not_a_source"
        notes = [self._words(key, line=line) for line in pasted.refused]
        if not pasted.sources and not notes:
            notes = [self._words("library.nothing_given")]
        self._jobs.add(pasted.sources)
        refused = "\n".join(pasted.refused)
        return {self._parts.pasted: refused, self._parts.note: _notes(notes), **self._job(0)}

    def cancel(self, hidden: int) -> Updates:
        """Stop adding was clicked."""
        self._jobs.cancel()
        return self._job(hidden)

    def hide(self) -> Updates:
        """The report of the last job was hidden, on this page."""
        return {self._parts.note: "", **self._job(self._jobs.state.number)}

    def search(self, query: str, tag: str) -> Updates:
        """Words were searched for in the text of all papers, or of those with a tag."""
        parts, words, query = self._parts, self._words, query.strip()
        if not query:
            return {parts.hits: "", parts.close_hits: gr.Button(visible=False)}
        filters = Filters(papers=papers_tagged(self._library, tag)) if tag else Filters()
        with self._library.one_moment():
            scores = dict(self._library.search_text(query, HITS, filters))
            chunks = self._library.chunk(list(scores))
            passages = [Passage(self._library.paper(each.paper_id), each.span, scores[each.id]) for each in chunks]
            records = self._screen.context.records()
        shapes = [
            {**passage_json(each, records), "span": [each.span.start, each.span.end]} for each in passages
        ]  # fmt: skip
        said = words("library.hits" if shapes else "library.no_hits", count=len(shapes), query=query)
        found = f'<p class="told" role="status">{escaped(said)}</p>{passages_html(words, shapes)}'
        return {parts.hits: f'<div class="hits">{found}</div>', parts.close_hits: gr.Button(visible=True)}

    def clicked(self, text: str, tag: str, listing: Listing, event: gr.EventData) -> Updates:
        """A button of the list was clicked; what it says came from a browser and is checked here."""
        data = event._data if isinstance(event._data, dict) else {}
        act, id, value = (str(data.get(name, "")) for name in ("act", "id", "value"))
        parts = self._parts
        try:
            if act == "ask" and self._library.record(id):
                return {self._screen.chosen: [id], self._screen.tabs: gr.Tabs(selected=CHAT)}
            if act == "breakdown" and self._library.record(id):
                return {self._screen.subjects: [id], self._screen.tabs: gr.Tabs(selected=BREAKDOWN)}
            if act == "really":
                return {**self._removed(id), **self.shown(text, tag, replace(listing, open="", sure=""))}
            if act == "tag":
                set_tag(self._library, id, value)
            if act == "untag":
                remove_tag(self._library, id, value)
        except PaperAssistantError as error:
            return {parts.note: note_html(str(error), "fault"), **self.shown(text, tag, listing)}
        return {parts.note: "", **self.shown(text, tag, _moved(listing, act, id, value))}

    def _removed(self, id: str) -> Updates:
        record = self._library.record(id)
        if self._jobs.state.running:
            return {self._parts.note: note_html(self._words("library.busy"), "fault")}
        remove_paper(self._library, self._screen.context.vectors, record)
        return {self._parts.note: note_html(self._words("library.deleted", title=record.title))}

    def _job(self, hidden: int) -> Updates:
        """The job, its buttons, and how soon to look again."""
        parts, state = self._parts, self._jobs.state
        ended_for = time.monotonic() - state.ended if state.ended else 0
        visible = state.running or (state.number > hidden and ended_for < TOLD_SECONDS)
        return {
            parts.job: job_html(self._words, state) if visible else "",
            parts.job_buttons: gr.Row(visible=visible),
            parts.cancel: gr.Button(visible=state.running, interactive=not state.stopping),
            parts.hide: gr.Button(visible=not state.running),
            parts.timer: gr.Timer(BUSY_SECONDS if state.running else IDLE_SECONDS),
            parts.hidden: hidden,
        }

    def _now(self) -> tuple[int, int]:
        return self._jobs.state.version, self._library.generation

    def _has_tab(self, name: str) -> bool:
        return any(isinstance(each, gr.Tab) and each.id == name for each in self._screen.tabs.children)


def _moved(listing: Listing, act: str, id: str, value: str) -> Listing:
    """The listing after a click that changes only what is shown."""
    match act:
        case "sort" if value in SORTS:
            sort, down = listing.sorted_by(value)
            return replace(listing, sort=sort, down=down)
        case "open":
            return replace(listing, open="" if listing.open == id else id, sure="")
        case "more":
            return replace(listing, rows=listing.rows + ROWS)
        case "delete":
            return replace(listing, sure=id)
        case "keep":
            return replace(listing, sure="")
    return listing


def _notes(notes: Sequence[str]) -> str:
    return "".join(note_html(note, "fault") for note in notes)
