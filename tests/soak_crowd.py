"""Everything at once over one library: two ingestions, a reindex, digests, a server's searches, lists, commands.

Writers note what they have acknowledged in a log; readers pick from it, and what they are answered must be at least as
new: a paper that was acknowledged before the question is found, one whose removal was acknowledged is not.
"""

import multiprocessing
import os
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import urllib.request
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random

from soak_crash import in_child, warm_up
from soak_state import faults_of_database, faults_when_mended
from soak_world import FIRST_DAY, SoakContext, digest, feed, ingestion, paper_bytes, reindexing, word_of

from index.ingest.ingest import remove_paper
from index.model.errors import LibraryBusy

BATCH = 4  # papers that one run takes in
FORKS = multiprocessing.get_context("fork")


@dataclass
class Report:
    """What a process did, and what went wrong."""

    name: str
    done: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


class Crowd:
    """One library and everybody who uses it until the time is over."""

    def __init__(self, folder: Path, seconds: float, seed: int) -> None:
        self.folder, self.home, self.log = folder, folder / "home", folder / "acknowledged"
        self.until, self.seed = time.monotonic() + seconds, seed
        self.log.touch()

    def told(self, state: str, work: int) -> None:
        with self.log.open("a") as file:
            file.write(f"{state} {work}\n")

    def known(self) -> dict[int, str]:
        """The last word on each paper: added, removing, removed."""
        lines = self.log.read_text().splitlines()
        return {int(work): state for state, work in (line.split() for line in lines)}

    def loop(self, report: Report, context: SoakContext, act: Callable[[Random], None], name: str, rest: float) -> None:
        """Act until the time is over; somebody else's turn is no fault, anything else is."""
        dice = Random(f"{self.seed} {report.name} {name}")
        while time.monotonic() < self.until:
            try:
                act(dice)
                report.done[name] += 1
            except LibraryBusy:
                report.done["waited"] += 1
                time.sleep(0.1)
            except Exception:
                report.faults.append(f"{report.name}: {name}: {traceback.format_exc()}")
            time.sleep(rest * dice.random())

    def ingests(self, report: Report, context: SoakContext) -> None:
        place = self.folder / report.name
        place.mkdir()
        first, works = (1 + int(report.name[-1])) * 100_000, []

        def act(dice: Random) -> None:
            if not (place / f"{len(works)}.pdf").exists():
                for number in range(len(works), len(works) + BATCH):
                    (place / f"{number}.pdf").write_bytes(paper_bytes(first + number, 0))
            ingestion([str(place)])(context, acknowledge)
            work = dice.choice(works)
            if dice.random() < 0.4 and self.known()[work] == "added":
                self._remove(context, work, place / f"{work - first}.pdf")

        def acknowledge(kind: str, file: str) -> None:
            if kind == "failed":
                report.faults.append(f"{report.name}: {file}")
                return
            work = first + int(Path(file).stem)
            if work not in works:
                works.append(work)
                self.told("added", work)

        self.loop(report, context, act, "ingest", 0.2)

    def _remove(self, context: SoakContext, work: int, file: Path) -> None:
        self.told("removing", work)
        record = context.library.by_file(str(file))
        file.unlink()
        while True:
            try:
                remove_paper(context.library, context.vectors, record)
                break
            except LibraryBusy:
                time.sleep(0.05)
        self.told("removed", work)

    def reindexes(self, report: Report, context: SoakContext) -> None:
        def act(dice: Random) -> None:
            reindexing(dice.random() < 0.3)(context, lambda kind, what: None)

        self.loop(report, context, act, "reindex", 4)

    def digests(self, report: Report, context: SoakContext) -> None:
        days = iter(range(10_000))

        def act(dice: Random) -> None:
            day = FIRST_DAY + timedelta(days=next(days))
            digest(feed(self.folder / f"{day}.jsonl", dice, day), day, "digest")(context, lambda kind, what: None)

        self.loop(report, context, act, "digest", 0.5)

    def serves(self, report: Report, context: SoakContext) -> None:
        """Threads of one process over one searcher, as those of the server's visitors are."""
        context.searcher  # noqa: B018  # opened in one thread, as the server does

        def search(dice: Random) -> None:
            known = self.known()
            if not known:
                return
            work = dice.choice(list(known))
            # As many as both legs give: vectors of a bag of words are alike, and a new paper has its words alone.
            found = {each.paper.title for each in context.searcher.search(word_of(work), 120).passages}
            there = any(word_of(work) in title for title in found)
            if known[work] == "added" and not there and self.known()[work] == "added":
                report.faults.append(f"acknowledged and not found: {work} among {found}")
            if known[work] == "removed" and there:
                report.faults.append(f"removed and found: {work}")

        def list_papers(dice: Random) -> None:
            known = self.known()
            titles = {record.title for record in context.library.papers()}
            now = self.known()
            for work, state in known.items():
                there = any(title.endswith(word_of(work)) for title in titles)
                if state == now[work] and state != "removing" and there != (state == "added"):
                    report.faults.append(f"{state}, and {'in' if there else 'not in'} the list: {work}")

        acts = [(search, "search")] * 3 + [(list_papers, "list")]
        threads = [
            threading.Thread(target=self.loop, args=(report, context, act, name, 0.05)) for act, name in acts
        ]  # fmt: skip
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def commands(self, report: Report, context: SoakContext) -> None:
        """Commands as a shell runs them, and a server that is asked for its page meanwhile."""
        base = [sys.executable, "-m", "words_cli", "--home", str(self.home)]
        serve = [*base, "serve", "--no-open", "--no-model", "--no-token", "--port", "0"]
        with subprocess.Popen(serve, stderr=subprocess.PIPE, text=True) as server:
            address = server.stderr.readline().split()[2]

            def act(dice: Random) -> None:
                with urllib.request.urlopen(f"{address}/en/", timeout=60) as page:
                    page.read()
                command = dice.choice(
                    (["list", "--json"], ["search", "rivers", "--json"], ["ask", "rivers", "--no-model"])
                )
                done = subprocess.run([*base, *command], capture_output=True, text=True, timeout=120)
                if done.returncode or "Traceback" in done.stderr:
                    report.faults.append(f"papers {' '.join(command)}: {done.returncode} {done.stderr}")

            self.loop(report, context, act, "command", 0.5)
            server.terminate()
            if rest := server.stderr.read().replace("Everybody who has an account", "").strip():
                report.faults += [f"serve said: {rest}"] if "Traceback" in rest or "locked" in rest else []

    def run(self) -> list[Report]:
        roles = {"ingest0": self.ingests, "ingest1": self.ingests, "reindex": self.reindexes,
                 "digest": self.digests, "serve": self.serves, "shell": self.commands}  # fmt: skip
        results = FORKS.SimpleQueue()

        def act(name: str, role: Callable[[Report, SoakContext], None]) -> None:
            report = Report(name)
            try:
                with SoakContext(self.home) as context:
                    role(report, context)
            except BaseException:
                report.faults.append(f"{name}: {traceback.format_exc()}")
            results.put(report)
            os._exit(0)

        processes = [FORKS.Process(target=act, args=each) for each in roles.items()]
        for process in processes:
            process.start()
        reports = [results.get() for _ in processes]
        for process in processes:
            process.join()
        return reports


def crowd(seconds: float, seed: int) -> tuple[str, list[str]]:
    """Run everybody for so long; a line of what was done, and the faults."""
    with tempfile.TemporaryDirectory(prefix="crowd-") as name:
        folder = Path(name)
        warm_up(folder / "warm")
        everybody = Crowd(folder, seconds, seed)
        reports = everybody.run()
        done = sum((report.done for report in reports), Counter())
        faults = [fault for report in reports for fault in report.faults] + faults_of_database(everybody.home)

        def look(ack: Callable[[str, str], None]) -> list[str]:
            with SoakContext(everybody.home) as context:
                list(context.ingestion().run([]))
                titles = Counter(record.title.split()[-1] for record in context.library.papers())
                wanted = Counter(word_of(work) for work, state in everybody.known().items() if state == "added")
                missing, more = wanted - titles, titles - wanted
                found = faults_when_mended(context)
                return found + [f"lost: {[*missing]}"] * bool(missing) + [f"not acknowledged: {[*more]}"] * bool(more)

        looked = in_child(look, folder / "log")
        faults += list(looked.result or []) + ([looked.error] if looked.error else [])
        papers = Counter(everybody.known().values())
        line = ", ".join(f"{count} {what}" for what, count in sorted((done + papers).items()))
        return f"{seconds:.0f} s: {line}; {len(faults)} faults", faults
