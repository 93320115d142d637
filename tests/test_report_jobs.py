"""Digests and breakdowns of the server: however one ends, it lets go of what it held, and can be made again."""

from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest

from assistant.config.profiles import place_order
from assistant.digest.digest import only_run
from assistant.digest.record import NothingNew
from assistant.digest.run import Asked
from index.model.errors import PaperAssistantError
from index.store.library import Library
from ui.jobs import report_work
from ui.jobs.queue import ModelQueue
from ui.jobs.report_jobs import Line

ORDER = place_order("digest", "", {}, {"language": "en"}, language="en", folder=Path("digests"))


@pytest.fixture
def digests(tmp_path):
    """The line of digests over an empty library; it needs no model."""
    queue = ModelQueue()
    with Library.open(tmp_path) as library:
        line = Line(SimpleNamespace(library=library), queue, None, report_work.make_digest)
        yield SimpleNamespace(library=library, line=line)
        line.close()
    queue.close()


def made_by(monkeypatch, events):
    """Lets a digest be these events, said by the one run of its profile."""

    def run(bench, asked, chat_model):
        with only_run(bench.library, asked.order):
            yield from events

    monkeypatch.setattr(report_work, "run_report", run)


def ended(making):
    for _ in making.job.follow(5):
        pass
    assert making.job.ended and not making.job.done
    return making.job.error


def test_a_stopped_digest_can_be_made_again(digests, monkeypatch):
    made_by(monkeypatch, count())
    making = digests.line.start("daily", Asked(ORDER))
    next(making.job.follow(5))
    making.job.cancel()
    kept = ended(making)
    assert making.stopped and str(kept).startswith("Stopped")
    with only_run(digests.library, ORDER):
        pass


def test_a_digest_whose_files_cannot_be_written_can_be_made_again(digests, monkeypatch):
    def no_room(*_):
        raise PaperAssistantError("There is no room on the disk. Make some.")

    made_by(monkeypatch, [NothingNew(None, "", None)])
    monkeypatch.setattr(report_work, "deliver", no_room)
    kept = ended(digests.line.start("daily", Asked(ORDER)))
    assert str(kept).startswith("There is no room")
    with only_run(digests.library, ORDER):
        pass
