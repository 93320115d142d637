"""The list of papers as HTML: filtered, sorted, one of them open. Everything that a paper says is escaped here.

A button with `data-act` reports a click to ui/tabs/library/actions.py by its `data-id` and `data-value`; one with
`data-paper` opens the source panel (ui/web/app.js).
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assistant.contract import sections_json
from index.ingest.ingest import Outcome, PaperDone
from index.model.paper import Paper
from index.model.records import PaperRecord
from ui.jobs.ingest_jobs import IngestState
from ui.pages.labels import Labels
from ui.pages.render import status_html
from ui.pages.safe_html import escaped
from ui.pages.sentences import retold

ROWS = 100  # that are shown at first, and added by each "more"
FEW_AUTHORS = 2  # that a row names

SORTS: dict[str, Callable[[PaperRecord], Any]] = {
    "title": lambda record: record.title.casefold(),
    "authors": lambda record: (record.authors[0].casefold().split() or [""])[-1] if record.authors else "",
    "year": lambda record: record.year or 0,
    "pages": lambda record: record.pages,
    "state": lambda record: (record.state, not record.warnings),
    "added": lambda record: record.added_at,
}
COLUMNS = ("title", "authors", "year", "pages", "sections", "tags", "state")
_FIRST_DOWN = ("year", "pages", "added")  # the largest first
_NARROW = ("title", "year", "state")  # columns that a phone shows, too


@dataclass(frozen=True)
class Listing:
    """How a user looks at the list; ids are those of papers, empty for none."""

    sort: str = "added"
    down: bool = True
    rows: int = ROWS
    open: str = ""
    sure: str = ""  # the paper whose deletion waits for a yes

    def sorted_by(self, column: str) -> tuple[str, bool]:
        """The next order when a column's head is clicked."""
        return column, not self.down if column == self.sort else column in _FIRST_DOWN


@dataclass(frozen=True)
class Shown:
    """What a list is drawn from: the papers that the filter lets through, in order, and facts by paper id."""

    records: Sequence[PaperRecord]
    total: int
    sections: Mapping[str, int] = field(default_factory=dict)
    tags: Mapping[str, Sequence[str]] = field(default_factory=dict)
    paper: Paper | None = None  # the open one
    breakdowns: bool = False  # whether there is a tab for them


def matching(records: Sequence[PaperRecord], tags: Mapping[str, Sequence[str]], text: str) -> list[PaperRecord]:
    """Return the records that contain every word of `text` in title, authors, year, arXiv id, file name or tags."""
    words = text.casefold().split()
    if not words:
        return list(records)
    return [record for record in records if all(word in _haystack(record, tags) for word in words)]


def ordered(records: Sequence[PaperRecord], listing: Listing) -> list[PaperRecord]:
    """The records in the listing's order; those without a year or author come last either way."""
    key = SORTS.get(listing.sort, SORTS["added"])
    known = [record for record in records if key(record) not in ("", 0)]
    unknown = [record for record in records if key(record) in ("", 0)]
    return sorted(known, key=key, reverse=listing.down) + unknown


def table_html(words: Labels, shown: Shown, listing: Listing) -> str:
    """The table with its heads, and how many papers there are."""
    if not shown.total:
        return f'<div class="empty"><h2>{_say(words, "empty_title")}</h2><p>{_say(words, "empty")}</p></div>'
    found = len(shown.records)
    said = "count" if found == shown.total else "count_some"
    counted = f'<p class="counted" role="status">{_say(words, said, found=found, total=shown.total)}</p>'
    if not found:
        return f'{counted}<p class="note">{_say(words, "none_match")}</p>'
    heads = "".join(_head(words, column, listing) for column in COLUMNS)
    rows = "".join(_row(words, record, shown, listing) for record in shown.records[: listing.rows])
    more = found - listing.rows
    rest = _action(words("library.more", count=more), "more") if more > 0 else ""
    caption = f'<caption class="sr">{_say(words, "table")}</caption>'
    return (
        f'{counted}<div class="papers-frame"><table class="papers">{caption}<thead><tr>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>{rest}"
    )


def _head(words: Labels, column: str, listing: Listing) -> str:
    text, kind = words(f"library.{column}"), _width(column)
    if column not in SORTS:
        return f'<th scope="col"{kind}>{escaped(text)}</th>'
    mine = column == listing.sort
    order = ("descending" if listing.down else "ascending") if mine else "none"
    sign = (" ↓" if listing.down else " ↑") if mine else ""
    button = _action(text + sign, "sort", value=column, label=words("library.sort_by", column=text))
    return f'<th scope="col" aria-sort="{order}"{kind}>{button}</th>'


def _row(words: Labels, record: PaperRecord, shown: Shown, listing: Listing) -> str:
    is_open = record.id == listing.open
    authors = ", ".join(record.authors[:FEW_AUTHORS]) + (" …" if len(record.authors) > FEW_AUTHORS else "")
    title = record.title.strip() or Path(record.file).name
    tags = "".join(f'<span class="tag">{escaped(tag)}</span>' for tag in shown.tags.get(record.id, ()))
    cells = {
        "title": _action(title, "open", record.id, kind="title", extra=f'aria-expanded="{str(is_open).lower()}"'),
        "authors": escaped(authors),
        "year": str(record.year or "–"),
        "pages": str(record.pages),
        "sections": str(shown.sections.get(record.id, "–")),
        "tags": tags or "–",
        "state": _state(words, record),
    }
    row = "".join(f'<td class="{name}{"" if name in _NARROW else " wide"}">{cells[name]}</td>' for name in COLUMNS)
    drawn = f"<tr{' class=opened' if is_open else ''}>{row}</tr>"
    if not is_open:
        return drawn
    return f'{drawn}<tr class="detail"><td colspan="{len(COLUMNS)}">{_detail(words, record, shown, listing)}</td></tr>'


def _state(words: Labels, record: PaperRecord) -> str:
    if record.state == "pending":
        return f'<span class="warned">{_say(words, "state_pending")}</span>'
    if record.warnings:
        return f'<span class="warned">{_say(words, "state_notes", count=len(record.warnings))}</span>'
    return _say(words, "state_ready")


def _detail(words: Labels, record: PaperRecord, shown: Shown, listing: Listing) -> str:
    facts = [
        str(record.year or ""), f"arXiv:{record.arxiv_id}" if record.arxiv_id else "",
        words("library.pages_passages", pages=record.pages, passages=record.chunks),
        words("library.added_on", day=record.added_at[:10]),
    ]  # fmt: skip
    lines = [", ".join(record.authors), " · ".join(fact for fact in facts if fact), record.file]
    told = "".join(f"<li>{escaped(line)}</li>" for line in lines if line)
    notes = "".join(f"<li>{escaped(retold(words, note))}</li>" for note in record.warnings)
    warned = f'<ul class="warnings">{notes}</ul>' if notes else ""
    return (
        f'<div class="paper"><ul class="facts">{told}</ul>{warned}{_buttons(words, record, shown, listing)}'
        f"{_tags(words, record, shown)}{_sections(words, record, shown.paper)}</div>"
    )


def _buttons(words: Labels, record: PaperRecord, shown: Shown, listing: Listing) -> str:
    if listing.sure == record.id:
        asked = _say(words, "delete_asked", title=record.title.strip() or Path(record.file).name)
        yes = _action(words("library.delete_sure"), "really", record.id, kind="stop")
        no = _action(words("library.keep"), "keep", record.id)
        return f'<div class="sure" role="group"><p role="alert">{asked}</p><p class="acts">{yes}{no}</p></div>'
    pages = f'<button type="button" class="act" data-paper="{escaped(record.id)}">{_say(words, "show_pages")}</button>'
    ask = _action(words("library.ask"), "ask", record.id)
    broken = _action(words("library.break_down"), "breakdown", record.id) if shown.breakdowns else ""
    return f'<p class="acts">{pages}{ask}{broken}{_action(words("library.delete"), "delete", record.id)}</p>'


def _tags(words: Labels, record: PaperRecord, shown: Shown) -> str:
    chips = "".join(
        f'<span class="tag">{escaped(tag)} '
        f"{_action('✕', 'untag', record.id, tag, label=words('library.untag', tag=tag), kind='cross')}</span>"
        for tag in shown.tags.get(record.id, ())
    )
    name = f'<input type="text" maxlength="40" data-enter aria-label="{_say(words, "new_tag")}" '
    box = f'{name}placeholder="{_say(words, "new_tag")}">'
    return (
        f'<p class="tagging">{chips}{box}{_action(words("library.add_tag"), "tag", record.id, extra="data-field")}</p>'
    )


def _sections(words: Labels, record: PaperRecord, paper: Paper | None) -> str:
    if paper is None or not paper.sections:
        return f'<p class="note">{_say(words, "no_sections")}</p>'
    rows = "".join(
        f'<li style="--level: {min(max(each["level"], 1), 6)}"><button type="button" class="open" '
        f'data-paper="{escaped(record.id)}" data-page="{each["pages"][0]}">{escaped(each["heading"] or "–")}</button> '
        f"<small>{escaped(words('chat.page', page=each['pages'][0]))}</small></li>"
        for each in sections_json(paper)
    )
    title = _say(words, "section_tree", count=len(paper.sections))
    return f'<h3>{title}</h3><ol class="outline">{rows}</ol>'


def _action(
    text: str, act: str, id: str = "", value: str = "", *, label: str = "", kind: str = "act", extra: str = ""
) -> str:
    said = f' aria-label="{escaped(label)}"' if label else ""
    return (
        f'<button type="button" class="{kind}" data-act="{act}" data-id="{escaped(id)}" data-value="{escaped(value)}"'
        f"{said} {extra}>{escaped(text)}</button>"
    )


def _haystack(record: PaperRecord, tags: Mapping[str, Sequence[str]]) -> str:
    parts = [record.title, *record.authors, str(record.year or ""), record.arxiv_id or "", Path(record.file).name]
    return "\n".join([*parts, *tags.get(record.id, ())]).casefold()


def _width(column: str) -> str:
    return "" if column in _NARROW else ' class="wide"'


def _say(words: Labels, key: str, **blanks: object) -> str:
    return escaped(words(f"library.{key}", **blanks))


OUTCOMES = (Outcome.ADDED, Outcome.REPLACED, Outcome.MOVED, Outcome.UNCHANGED, Outcome.FAILED)
LONGEST_NAME = 80  # characters of a file name or title


def job_html(words: Labels, state: IngestState, now: float | None = None) -> str:
    """Return the running job or the last one; empty before the first. `now` is a time of `time.monotonic`."""
    if not state.number or (not state.running and not state.total and not state.fault):  # it only made vectors
        return ""
    moment = time.monotonic() if now is None else now
    parts = [_working(words, state, moment) if state.running else _ended(words, state)]
    if state.fault:
        parts.append(f'<p class="fault" role="alert">{escaped(retold(words, state.fault))}</p>')
    parts.append(_failures(words, state))
    return f'<section class="job" data-running="{str(state.running).lower()}">{"".join(parts)}</section>'


def _working(words: Labels, state: IngestState, now: float) -> str:
    done, total = (state.step, state.steps) if state.embedding else (state.finished, state.total)
    step = words("library.stopping") if state.stopping else _step(words, state)
    left = state.seconds_left(now)
    about = "" if left is None or state.stopping else words("library.left", time=_time(words, left))
    later = words("library.waiting", count=state.waiting) if state.waiting else ""
    label = escaped(words("library.embedded_of" if state.embedding else "library.done_of", done=done, total=total))
    most = max(total, 1)
    bar = f'<progress aria-label="{label}" max="{most}" value="{min(done, most)}"></progress>'
    told = " · ".join(part for part in (label, escaped(about), escaped(later)) if part)
    latest = "" if state.embedding else _latest(words, state.latest)
    return f'{status_html(words, step, now - state.started)}{bar}<p class="told">{told}</p>{latest}'


def _step(words: Labels, state: IngestState) -> str:
    if not state.file:
        return words("library.stage_preparing")
    if state.embedding:
        return words("library.stage_embedding")
    return words("library.stage_reading", file=short(Path(state.file).name))


def _ended(words: Labels, state: IngestState) -> str:
    counted = [(outcome, state.counts.get(outcome, 0)) for outcome in OUTCOMES]
    told = words("library.and").join(
        words(f"library.outcome_{outcome.value}", count=count) for outcome, count in counted if count
    )
    left = state.total - state.finished + state.dropped
    rest = words("library.stopped", count=left) if left else words("library.stopped_vectors")
    stopped = f" {rest}" if state.stopping else ""
    seconds = (state.ended or state.started) - state.started
    said = words("library.ended", counts=told or words("library.nothing"), time=_time(words, seconds))
    return f'<p class="told" role="status">{escaped(said + stopped)}</p>'


def _failures(words: Labels, state: IngestState) -> str:
    if not state.failures:
        return ""
    rows = "".join(f"<li>{_failure(words, each)}</li>" for each in state.failures)
    title = escaped(words("library.failures", count=state.counts.get(Outcome.FAILED, 0)))
    return f'<details class="failures" open><summary>{title}</summary><ul>{rows}</ul></details>'


def _failure(words: Labels, failed: PaperDone) -> str:
    """Return why a file was not added; its name is highlighted once."""
    name, told = Path(failed.file).name, retold(words, failed.detail)
    before, found, after = told.partition(name)
    if not name or not found:
        return f"<strong>{escaped(short(name))}</strong> {escaped(told)}"
    return f"{escaped(before)}<strong>{escaped(short(name))}</strong>{escaped(after)}"


def _latest(words: Labels, latest: PaperDone | None) -> str:
    if latest is None:
        return ""
    name = short(latest.title or Path(latest.file).name)
    said = words(f"library.latest_{latest.outcome.value}", name=name)
    return f'<p class="latest">{escaped(said)}</p>'


def short(name: str) -> str:
    """A name that fits a line."""
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


def _time(words: Labels, seconds: float) -> str:
    if seconds < 90:
        return words("library.seconds", count=max(round(seconds), 1))
    if seconds < 5400:
        return words("library.minutes", count=round(seconds / 60))
    return words("library.hours", count=f"{seconds / 3600:.1f}")
