"""The line before the model: one job at a time, in order, each of them stopped at any moment."""

import asyncio
import threading

import pytest

from index.model.errors import PaperAssistantError
from ui.jobs.queue import JobQueue


@pytest.fixture
def queue():
    queue = JobQueue()
    yield queue
    queue.close()


def followed(job):
    return [event for batch in job.follow(0.05) for event in batch]


def until_stopped(job):
    job.say("began")
    while not job.cancelled():
        threading.Event().wait(0.01)
    raise PaperAssistantError("Stopped. Ask again.")


def began(job):
    return next(iter(job.follow(5)))


def test_jobs_take_their_turn_and_know_their_place(queue):
    order = []
    first = queue.submit("first", until_stopped)
    assert began(first) == ["began"]
    others = [queue.submit(str(n), lambda job, n=n: order.append(n)) for n in range(3)]
    assert [job.place for job in (first, *others)] == [0, 1, 2, 3]
    assert queue.names() == ["first", "0", "1", "2"]
    first.cancel()
    for job in others:
        followed(job)
    assert order == [0, 1, 2] and all(job.done for job in others)
    assert first.ended and not first.done and str(first.error).startswith("Stopped")


def test_a_job_that_waits_is_stopped_at_once_and_never_starts(queue):
    first = queue.submit("first", until_stopped)
    began(first)
    started = []
    second = queue.submit("second", lambda job: started.append(1))
    second.cancel()
    assert followed(second) == [] and second.ended and not second.done
    third = queue.submit("third", lambda job: job.say("third"))
    first.cancel()
    assert followed(third) == ["third"] and not started


def test_everybody_who_follows_sees_every_event(queue):
    def work(job):
        for number in range(200):
            job.say(number)

    job = queue.submit("many", work)
    seen = [[], []]
    threads = [threading.Thread(target=lambda mine=mine: mine.extend(followed(job))) for mine in seen]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert seen == [list(range(200))] * 2 and job.events() == list(range(200))


def test_a_mistake_of_ours_is_kept_and_the_next_job_runs(queue):
    def broken(job):
        raise ZeroDivisionError

    job = queue.submit("broken", broken)
    assert followed(job) == [] and isinstance(job.bug, ZeroDivisionError) and job.error is None


@pytest.mark.parametrize("end", [SystemExit, KeyboardInterrupt, GeneratorExit, asyncio.CancelledError])
def test_no_end_of_a_job_ends_the_queue(queue, end):
    """Nor the server: what followers raise again is an Exception."""

    def ending(job):
        raise end("by a library")

    job, next_one = queue.submit("ends", ending), queue.submit("next", lambda job: job.say("done"))
    assert followed(next_one) == ["done"]
    assert followed(job) == [] and isinstance(job.bug, Exception) and end.__name__ in str(job.bug)
    assert followed(queue.submit("next", lambda job: job.say("well"))) == ["well"]


def test_closing_stops_what_works_and_what_waits():
    queue = JobQueue()
    first = queue.submit("first", until_stopped)
    began(first)
    second = queue.submit("second", until_stopped)
    queue.close()
    assert first.ended and second.ended and not second.done
