"""What the screens' actions work with, without a browser and without a model: a real library and real lines of work."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields

from assistant.config.settings import Settings
from assistant.context import Workbench
from ui.jobs.chat_jobs import Talks
from ui.jobs.ingest_jobs import IngestJobs
from ui.jobs.model_in_use import ModelInUse
from ui.jobs.queue import ModelQueue
from ui.jobs.report_work import ReportJobs
from ui.pages.labels import Labels
from ui.pages.screen import Desk, Screen


@contextmanager
def small_desk(home) -> Iterator[Desk]:
    """A desk over an empty library."""
    with Workbench(Settings(home=home), lambda line: None) as bench:
        queue, models = ModelQueue(), ModelInUse(bench, with_model=False)
        reports = ReportJobs(bench, queue, models)
        yield Desk(bench, queue, models, Talks(bench, queue, models), IngestJobs(bench), reports)
        reports.close()
        queue.close()


@contextmanager
def busy(line: ModelQueue) -> Iterator[None]:
    """Somebody else's work at the head of a line: what is asked meanwhile waits."""
    gate = threading.Event()
    line.submit("busy", lambda job: gate.wait(60) and None)
    try:
        yield
    finally:
        gate.set()


def screen_of(desk: Desk) -> Screen:
    """A screen whose components are their names: an action only uses them as keys."""
    return Screen(desk, Labels("en"), page="page", tabs="tabs", chosen="chosen", subjects="subjects")


def named(parts):
    """The parts of a tab in the same way."""
    return parts(**{each.name: each.name for each in fields(parts)})
