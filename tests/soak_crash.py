"""Kill jobs at any moment, open the library again, and compare it with one whose job was never killed.

A step takes one seed: a library is built, a job is made for it, and it runs once undisturbed. Then it runs over copies
of the same library and is killed, by SIGKILL, between two commits (or file operations, or changes of the vector index)
or at a random moment. What is there must be, thing by thing, as before or as after the job; what was acknowledged must
be as after. Then the job runs again, perhaps to be killed again, and in the end both libraries must be equal.
"""

import importlib
import os
import pickle
import select
import shutil
import signal
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random

from soak_state import State, differences, faults_of_database, faults_of_search, faults_when_mended, half_way, state_of
from soak_world import FIRST_DAY, KINDS, Job, Shelf, SoakContext, back_up_to, ingestion, make_job

from index.store.database import Database
from index.store.vectors import VectorIndex, load_chroma
from index.structure.sentences import sentence_spans

Ack = Callable[[str, str], None]
ROUNDS_A_STEP = 8


class Points:
    """Counts the moments between two durable changes of this process, and ends it, without a word, at one of them."""

    def __init__(self, kill_at: int | None) -> None:
        self.kill_at, self.count, self.name = kill_at, 0, ""
        self._lock = threading.Lock()

    def reach(self, name: str) -> None:
        with self._lock:
            self.count += 1
            if self.count == self.kill_at:
                os.write(2, f"killed before: {name}\n".encode())
                os.kill(os.getpid(), signal.SIGKILL)

    def watch(self) -> None:
        """From here on: commits, changes of the vector index, and files that are moved, removed or opened to write."""
        connect, overwrite = Database._connect, Database.overwrite

        def connected(database: Database) -> object:
            connection = connect(database)
            connection.set_trace_callback(self._statement)
            return connection

        def overwritten(database: Database, source: object) -> None:
            self.reach("overwrite")
            overwrite(database, source)
            self.reach("after overwrite")

        Database._connect, Database.overwrite = connected, overwritten
        for name in ("add", "remove", "clear"):
            setattr(VectorIndex, name, self._around(f"vectors.{name}", getattr(VectorIndex, name)))
        sys.addaudithook(self._audit)

    def _statement(self, sql: str) -> None:
        if sql == "COMMIT" or sql.startswith("BEGIN IMMEDIATE"):
            self.reach(sql)

    def _around(self, name: str, function: Callable[..., None]) -> Callable[..., None]:
        def watched(*arguments: object) -> None:
            self.reach(name)
            function(*arguments)
            self.reach(f"after {name}")

        return watched

    def _audit(self, event: str, arguments: tuple[object, ...]) -> None:
        if event in ("os.rename", "os.remove", "os.mkdir", "shutil.rmtree"):
            self.reach(f"{event} {arguments[0]}")
        elif event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+"):
            self.reach(f"open {arguments[0]}")


@dataclass
class Ended:
    """What became of a process."""

    killed: bool = False
    acks: list[tuple[str, str]] = field(default_factory=list)
    points: int = 0
    seconds: float = 0.0
    result: object = None
    error: str = ""


def in_child(
    task: Callable[[Ack], object], log: Path, *, kill_at: int | None = None, kill_after: float | None = None,
    watched: bool = False,
) -> Ended:  # fmt: skip
    """Run a task in a fork of this process, which has no threads; killed at a point, or after some seconds."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _be_child(task, writing, log, Points(kill_at), watched)
    os.close(writing)
    ended, data, deadline = Ended(), b"", None
    while True:
        ready, _, _ = select.select(
            [reading], [], [], None if deadline is None else max(0.0, deadline - time.monotonic())
        )
        if not ready:
            os.kill(child, signal.SIGKILL)
            deadline = None
            continue
        block = os.read(reading, 1 << 16)
        if not block:
            break
        data += block
        while len(data) >= 8 and len(data) >= 8 + (size := int.from_bytes(data[:8], "big")):
            kind, value = pickle.loads(data[8 : 8 + size])
            data = data[8 + size :]
            if kind == "begun" and kill_after is not None:
                deadline = time.monotonic() + kill_after
            elif kind == "ack":
                ended.acks.append(value)
            elif kind == "end":
                ended.result, ended.error, ended.points, ended.seconds = value
    os.close(reading)
    _, status = os.waitpid(child, 0)
    ended.killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    if not ended.killed and status:
        ended.error = ended.error or f"ended with status {status}"
    return ended


def _be_child(task: Callable[[Ack], object], pipe: int, log: Path, points: Points, watched: bool) -> None:
    def send(kind: str, value: object) -> None:
        data = pickle.dumps((kind, value))
        whole = len(data).to_bytes(8, "big") + data
        while whole:
            whole = whole[os.write(pipe, whole) :]

    result, error = None, ""
    try:
        output = os.open(log, os.O_CREAT | os.O_APPEND | os.O_WRONLY)
        os.dup2(output, 1)
        os.dup2(output, 2)
        if watched:
            points.watch()
        send("begun", None)
        started = time.monotonic()
        result = task(lambda kind, what: send("ack", (kind, what)))
    except BaseException:
        error = traceback.format_exc()
    send("end", (result, error, points.count, time.monotonic() - started))
    os._exit(0)


@dataclass
class Tally:
    """What was done, and what was found; a fault says how to see it again."""

    rounds: Counter[str] = field(default_factory=Counter)
    kills: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)

    @property
    def line(self) -> str:
        seconds = time.monotonic() - self.started
        jobs = ", ".join(f"{count} {name}" for name, count in sorted(self.rounds.items()))
        kills = ", ".join(f"{count} {name}" for name, count in sorted(self.kills.items()))
        return f"{self.rounds.total()} rounds in {seconds:.0f} s ({jobs}); kills: {kills}; {len(self.faults)} faults"


class Step:
    """One library and one job."""

    def __init__(self, seed: int, folder: Path, tally: Tally, kind: str | None = None) -> None:
        self.seed, self.folder, self.tally = seed, folder, tally
        self.dice = Random(seed)
        self.kind = kind or self.dice.choice(KINDS)
        self.log = folder / "log"
        self.shelf = Shelf(folder / "shelf")
        self.base, self.twin, self.victim = folder / "base", folder / "twin", folder / "victim"
        self.embedder: str | None = None

    def run(self, rounds: int | None) -> None:
        """Kill the job `rounds` times; None: once before every point."""
        self._build()
        job = make_job(self.kind, self.dice, self.shelf, self.folder, self.base, FIRST_DAY + timedelta(days=9))
        shutil.copytree(self.base, self.twin)
        whole = self._do(job, self.twin, watched=True)
        if whole.error:
            self._fault(job, "undisturbed", [whole.error])
            return
        self._mend(self.twin, job)
        before, after = state_of(self.base), state_of(self.twin)
        for number in range(rounds or whole.points):
            at_point = rounds is None or self.dice.random() < 0.7
            point = number + 1 if rounds is None else self.dice.randint(1, max(whole.points, 1))
            moment = self.dice.random() * whole.seconds
            kill = {"kill_at": point, "watched": True} if at_point else {"kill_after": moment}
            said = f"point {point} of {whole.points}" if at_point else f"after {moment:.3f} of {whole.seconds:.3f} s"
            self._round(job, before, after, kill, said)

    def _build(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.base.mkdir(mode=0o700)
        self.shelf.rearrange(self.dice, self.dice.randint(3, 6))
        first = Job("ingest", ingestion([str(self.shelf.folder)]))
        jobs = [first, Job("backup", back_up_to(self.folder / "copy.db"))]
        for job in jobs:
            self._must(job)
        for number in range(self.dice.randint(0, 3)):
            kind = self.dice.choice(KINDS)
            day = FIRST_DAY + timedelta(days=number)
            self._must(make_job(kind, self.dice, self.shelf, self.folder, self.base, day))

    def _must(self, job: Job) -> None:
        ended = self._do(job, self.base)
        if ended.error:
            raise AssertionError(f"seed {self.seed}: {job.name} without any kill: {ended.error}")
        self.embedder = job.embedder or self.embedder
        if job.name == "restore":
            self.embedder = None  # that of the copy

    def _round(self, job: Job, before: State, after: State, kill: dict[str, object], said: str) -> None:
        shutil.rmtree(self.victim, ignore_errors=True)
        shutil.copytree(self.base, self.victim)
        ended = self._do(job, self.victim, **kill)
        self.tally.rounds[job.name] += 1
        how = "after its end" if not ended.killed else "at a point" if "kill_at" in kill else "at a moment"
        self.tally.kills[how] += 1
        faults = [ended.error] if ended.error else []
        faults += self._look(job, before, after, ended)
        if self.dice.random() < 0.25:
            self._a_day_later()
            point = self.dice.randint(1, 30)
            ended = self._do(job, self.victim, resumed=True, kill_at=point, watched=True)
            self.tally.kills["again"] += ended.killed
            said += f", again at point {point}"
            faults += [ended.error] if ended.error else []
            faults += self._look(job, before, after, ended)
        self._a_day_later()
        last = self._do(job, self.victim, resumed=True)
        faults += [last.error] if last.error else []
        faults += self._mend(self.victim, job)
        faults += differences(after, state_of(self.victim))
        if faults:
            self._fault(job, said, faults)

    def _a_day_later(self) -> None:
        """For unfinished files: young ones might be somebody's who still writes."""
        for left in self.victim.rglob("*.part*"):
            os.utime(left, (0, 0))

    def _look(self, job: Job, before: State, after: State, ended: Ended) -> list[str]:
        """At a library whose job has just died."""
        now = state_of(self.victim)
        faults = faults_of_database(self.victim) + half_way(
            before, after, now, cut_again="chunks" in job.name or "reindex" in job.name
        )
        for kind, what in ended.acks:
            faults += [f"acknowledged and not there: {kind} {what}" for _ in [0] if not _kept(kind, what, after, now)]
        double = Counter(now.turns) - Counter(before.turns + job.asks)
        lost = Counter(before.turns) - Counter(now.turns) if job.name != "restore" else {}
        faults += [f"turns lost: {[*lost]}; more than were asked: {[*double]}"] if lost or double else []

        def look(ack: Ack) -> list[str]:
            with SoakContext(self.victim, job.embedder or self.embedder) as context:
                return faults_of_search(context)

        looked = in_child(look, self.log)
        return faults + list(looked.result or []) + ([looked.error] if looked.error else [])

    def _do(self, job: Job, home: Path, *, resumed: bool = False, **kill: object) -> Ended:
        def task(ack: Ack) -> None:
            with SoakContext(home, job.embedder or self.embedder) as context:
                (job.resume if resumed and job.resume else job.run)(context, ack)

        return in_child(task, self.log, **kill)

    def _mend(self, home: Path, job: Job) -> list[str]:
        """What the next run of any kind does, and what must be true after it."""

        def task(ack: Ack) -> list[str]:
            embedder = None if job.name == "restore" else job.embedder or self.embedder
            with SoakContext(home, embedder) as context:
                list(context.ingestion().run([]))
                return faults_when_mended(context)

        ended = in_child(task, self.log)
        return list(ended.result or []) + ([ended.error] if ended.error else [])

    def _fault(self, job: Job, said: str, faults: list[str]) -> None:
        text = "\n  ".join(faults)
        self.tally.faults.append(f"seed {self.seed}, {job.name}, killed {said}:\n  {text}")
        sys.stderr.write(f"{self.tally.faults[-1]}\n")


def _kept(kind: str, what: str, after: State, now: State) -> bool:
    match kind:
        case "paper":
            place = f"0 {what.encode()!r}"
            wanted = {id: each for id, each in after.papers.items() if each.file == place}
            return all(id in now.papers and now.papers[id].content == each.content for id, each in wanted.items())
        case "failed":  # each of the made papers can be read
            return False
        case "removed":
            return what not in now.papers
        case "tag":
            return tuple(what.split(" ", 1)) in now.tags
        case "turn":
            return what in now.turns
        case "report":
            reported, day = what.split(" ")
            key = str([reported, "", day, "en"])
            return key not in after.reports or key in now.reports
        case _:
            return True


def warm_up(folder: Path) -> None:
    """Import here what the jobs import, which takes seconds, so that no fork has to; and start nothing."""

    def task(ack: Ack) -> list[str]:
        for kind in ("ingest", "serve", "digest"):
            with SoakContext(folder / "home") as context:
                make_job(kind, Random(1), Shelf(folder / "shelf"), folder, folder / "home", FIRST_DAY).run(context, ack)
        return sorted(sys.modules)

    folder.mkdir(exist_ok=True)
    load_chroma()
    ended = in_child(task, folder / "log")
    assert not ended.error, ended.error
    for name in ended.result:  # type: ignore[attr-defined]
        with suppress(ImportError):
            importlib.import_module(name)
    sentence_spans("This loads a model. It is small.")


def soak(rounds: int, seed: int, *, every: bool = False, kinds: tuple[str, ...] = (), seconds: float = 1e9) -> Tally:
    """Do so many rounds, each step from a seed of its own; `every`: one step, killed before each of its points."""
    tally = Tally()
    chosen, step = kinds or tuple(dict.fromkeys(KINDS)), 0
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        warm_up(Path(folder))
        while tally.rounds.total() < rounds and time.monotonic() - tally.started < seconds:
            place = Path(folder) / str(step)
            kind = chosen[step % len(chosen)]
            Step(seed + step, place, tally, kind).run(
                None if every else min(ROUNDS_A_STEP, rounds - tally.rounds.total())
            )
            shutil.rmtree(place)
            step += 1
            sys.stderr.write(f"seed {seed + step - 1}, {kind}: {tally.line}\n")
    return tally
