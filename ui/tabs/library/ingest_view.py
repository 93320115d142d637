"""Papers on their way into the library as HTML: how far, how long, what failed and what to do about it."""

import time
from pathlib import Path

from index.ingest.ingest import Outcome, PaperDone
from ui.jobs.ingest_jobs import IngestState
from ui.pages.labels import Labels
from ui.pages.render import status_html
from ui.pages.safe_html import escaped
from ui.pages.sentences import retold

OUTCOMES = (Outcome.ADDED, Outcome.REPLACED, Outcome.UNCHANGED, Outcome.FAILED)
LONGEST_NAME = 80  # characters of a file name or title


def job_html(words: Labels, state: IngestState, now: float | None = None) -> str:
    """The job at work or the last one; empty before the first. `now` is a time of `time.monotonic`."""
    if not state.number:
        return ""
    moment = time.monotonic() if now is None else now
    parts = [_working(words, state, moment) if state.running else _ended(words, state)]
    if state.fault:
        parts.append(f'<p class="fault" role="alert">{escaped(retold(words, state.fault))}</p>')
    parts.append(_failures(words, state))
    return f'<section class="job" data-running="{str(state.running).lower()}">{"".join(parts)}</section>'


def _working(words: Labels, state: IngestState, now: float) -> str:
    done, total = state.finished, state.total
    step = words("library.stopping") if state.stopping else _step(words, state)
    left = state.seconds_left(now)
    about = "" if left is None or state.stopping else words("library.left", time=_time(words, left))
    later = words("library.waiting", count=state.waiting) if state.waiting else ""
    label = escaped(words("library.done_of", done=done, total=total))
    share = state.step / state.steps if state.steps else 0.0
    most = max(total, 1)
    bar = f'<progress aria-label="{label}" max="{most}" value="{min(done + share, most):.2f}"></progress>'
    told = " · ".join(part for part in (label, escaped(about), escaped(later)) if part)
    latest = _latest(words, state.latest)
    return f'{status_html(words, step, now - state.started)}{bar}<p class="told">{told}</p>{latest}'


def _step(words: Labels, state: IngestState) -> str:
    if not state.file:
        return words("library.stage_preparing")
    name = short(Path(state.file).name)
    if state.stage == "embedding":
        return words("library.stage_embedding", file=name, done=state.step, total=state.steps)
    return words("library.stage_reading", file=name)


def _ended(words: Labels, state: IngestState) -> str:
    counted = [(outcome, state.counts.get(outcome, 0)) for outcome in OUTCOMES]
    told = words("library.and").join(
        words(f"library.outcome_{outcome.value}", count=count) for outcome, count in counted if count
    )
    left = state.total - state.finished + state.dropped
    stopped = " " + words("library.stopped", count=left) if state.stopping else ""
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
    """Why a file was not added; its name stands out, once."""
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
