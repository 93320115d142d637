"""What a soak works on: made papers on disk and the jobs that are killed, each derived from one seed."""

import json
import shutil
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from random import Random

import pymupdf
from bench_papers import WordEmbedder

from assistant.chat import conversation
from assistant.config.profiles import place_order
from assistant.config.settings import Settings
from assistant.context import AppContext
from assistant.digest.run import Asked, run_report
from assistant.report.files import deliver
from index.ingest.embedding import reindex_library
from index.ingest.ingest import Outcome, PaperDone, remove_paper
from index.model.errors import PaperNotFound
from index.reading.read_pdf import PdfLimits, read_pdf
from index.store.backup import back_up, restore
from index.store.tags import set_tag
from ui.jobs.chat_jobs import Asked as Question
from ui.jobs.chat_jobs import ChatJobs
from ui.jobs.ingest_jobs import IngestJobs
from ui.jobs.model_in_use import ModelInUse
from ui.jobs.queue import JobQueue

Ack = Callable[[str, str], None]  # "it is done", as a user reads it: the kind, and what

TOPICS = ("rivers", "kites", "gliders", "ovens", "violins", "glaciers", "looms", "lighthouses")
VERSIONS = 3
FIRST_DAY = date(2026, 3, 2)
_VERBS = ("measures", "bends", "stores", "turns", "warms", "counts", "joins", "splits")


class OtherEmbedder(WordEmbedder):
    """Another length of vectors, as another model has."""

    identity, dimension = "words-48", 48


EMBEDDERS = {each.identity: each for each in (WordEmbedder, OtherEmbedder)}


class Reader:
    """The reader of PDFs in this process, which saves the second that a worker takes to start."""

    limits = PdfLimits()

    def submit(self, path: Path, sha256: str | None = None) -> "Future[object]":
        future: Future[object] = Future()
        try:
            future.set_result(read_pdf(path, self.limits, sha256=sha256))
        except Exception as error:
            future.set_exception(error)
        return future


class SoakContext(AppContext):
    """The application with an embedder of words; everything else is the real one."""

    def __init__(self, home: Path, embedder: str | None = None) -> None:
        super().__init__(Settings(home=home), lambda line: None)
        self._embedder = embedder

    @cached_property
    def embedder(self) -> WordEmbedder:
        return EMBEDDERS[self._embedder or self.library.embedder or WordEmbedder.identity]()

    def reader(self, workers: int = 1) -> Reader:
        return Reader()


def sentences(dice: Random, topic: str, count: int) -> str:
    words = [f"{topic}{dice.randrange(10_000)}" for _ in range(12)]
    return " ".join(
        f"The {dice.choice(words)} {dice.choice(_VERBS)} {dice.randrange(2, 98)} percent of every {dice.choice(words)} "
        f"while the {topic} stand still."
        for _ in range(count)
    )


def word_of(work: int) -> str:
    """A word that only this work has."""
    return f"Number{work}"


def paper_bytes(work: int, version: int) -> bytes:
    """A version of a work: most of its text is that of the version before."""
    topic = TOPICS[work % len(TOPICS)]
    parts = [("Abstract", sentences(Random(f"{work}"), topic, 5)), ("1 Introduction", "")]
    parts[1] = ("1 Introduction", sentences(Random(f"{work}-body"), topic, 16))
    parts.append(("2 Results", sentences(Random(f"{work}-{version}"), topic, 4)))
    with pymupdf.open() as document:
        page = document.new_page()
        page.insert_text((72, 80), f"A Study of {topic.title()} {word_of(work)}", fontsize=18)
        page.insert_text((72, 104), f"Ada {topic.title()}, Bo Writer", fontsize=11)
        y = 130.0
        for heading, body in parts:
            page.insert_text((72, y), heading, fontsize=13)
            y -= page.insert_textbox(pymupdf.Rect(72, y + 6, 520, 830), body, fontsize=9) - (830 - y - 6) - 26
        return bytes(document.tobytes(no_new_id=True))


@dataclass
class Shelf:
    """A folder of PDFs and the bytes that may be put into it."""

    folder: Path

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.books = {(work, version): paper_bytes(work, version) for work in range(8) for version in range(VERSIONS)}

    def names(self) -> list[str]:
        return sorted(path.name for path in self.folder.glob("*.pdf"))

    def rearrange(self, dice: Random, changes: int) -> None:
        """New, newer, other, copied, renamed and deleted files, as people leave them."""
        for _ in range(changes):
            there = self.names()
            change = dice.choice(("add", "add", "newer", "other", "copy", "rename", "delete")) if there else "add"
            one = self.folder / dice.choice(there) if there else self.folder
            another = self.folder / f"{dice.choice('abcdef')}{dice.randrange(30)}.pdf"
            match change:
                case "add":
                    another.write_bytes(self.books[dice.randrange(8), 0])
                case "newer":
                    known = one.read_bytes()
                    work, version = next(key for key, data in self.books.items() if data == known)
                    one.write_bytes(self.books[work, min(version + 1, VERSIONS - 1)])
                case "other":
                    one.write_bytes(self.books[dice.randrange(8), dice.randrange(VERSIONS)])
                case "copy":
                    shutil.copy(one, another)
                case "rename":
                    one.rename(another)
                case "delete":
                    one.unlink()


def feed(path: Path, dice: Random, day: date, papers: int = 5) -> Path:
    """A day's listing with made papers; some of them are newer versions of the day before."""
    lines = []
    for number in range(papers):
        topic = dice.choice(TOPICS)
        announced = {
            "id": f"2603.{day.day:02}{number:03}",
            "title": f"{topic.title()} that {dice.choice(_VERBS).title()} Number {number}",
            "authors": ["Ada Example", "Łukasz Sample"],
            "categories": ["cs.RO"],
            "summary": f"We present a study of {topic}. {sentences(dice, topic, 5)} It fails where the rain begins.",
            "announce_type": "new",
        }
        lines.append(json.dumps(announced, ensure_ascii=False))
    path.write_text("\n".join(lines), "utf-8")
    return path


@dataclass(frozen=True)
class Job:
    """One command or one busy minute of the server. `run` may be killed and run again."""

    name: str
    run: Callable[[SoakContext, Ack], None]
    embedder: str | None = None  # that the user has configured from now on; None: as before
    asks: tuple[str, ...] = ()  # questions, each at most once
    resume: Callable[[SoakContext, Ack], None] | None = None  # what is run again; None: the same


def ingestion(sources: list[str]) -> Callable[[SoakContext, Ack], None]:
    def run(context: SoakContext, ack: Ack) -> None:
        for event in context.ingestion().run(sources):
            if isinstance(event, PaperDone):
                failed = event.outcome is Outcome.FAILED
                ack("failed" if failed else "paper", f"{event.file}: {event.detail}" if failed else event.file)

    return run


def reindexing(chunks: bool) -> Callable[[SoakContext, Ack], None]:
    def run(context: SoakContext, ack: Ack) -> None:
        library, settings = context.library, context.index_settings
        for _ in reindex_library(library, context.vectors, context.embedder, settings, chunks=chunks):
            pass

    return run


def removal(id: str) -> Callable[[SoakContext, Ack], None]:
    def run(context: SoakContext, ack: Ack) -> None:
        try:
            record = context.library.record(id)
        except PaperNotFound:  # taken out before the kill
            return
        remove_paper(context.library, context.vectors, record)
        ack("removed", id)

    return run


def tagging(id: str, tag: str) -> Callable[[SoakContext, Ack], None]:
    def run(context: SoakContext, ack: Ack) -> None:
        set_tag(context.library, id, tag)
        ack("tag", f"{id} {tag}")

    return run


def digest(listing: Path, day: date, kind: str) -> Callable[[SoakContext, Ack], None]:
    def run(context: SoakContext, ack: Ack) -> None:
        keywords = {"keywords": ("rivers", "kites", "gliders")} if kind == "monitor" else {}
        order = place_order(
            kind, "", {}, {"top": 2, **keywords}, language="en", folder=context.index_settings.home / "digests"
        )
        *_, last = run_report(context, Asked(order, (listing,), day, offline=True, with_model=False))
        deliver(context.library, order, last)
        ack("report", f"{kind} {day}")

    return run


def restoring(copy: Path) -> Callable[[SoakContext, Ack], None]:
    def run(context: SoakContext, ack: Ack) -> None:
        restore(context.index_settings.home, copy)
        ack("restored", copy.name)

    return run


def serving(sources: list[str], questions: tuple[str, ...], tagged: str | None) -> Callable[[SoakContext, Ack], None]:
    """The server's own jobs, in its threads: papers come in while questions are answered and a tag is set."""

    def run(context: SoakContext, ack: Ack) -> None:
        context.searcher  # noqa: B018  # as the server does
        queue, models = JobQueue(), ModelInUse(context, with_model=False)
        chats, ingest = ChatJobs(context, queue, models), IngestJobs(context)
        ingest.add(sources)
        for asked in questions:
            talk = conversation.start(context.library, asked)
            running = chats.ask(Question(talk.id, asked))
            for events in running.job.follow(0.05):
                if not events and running.job.ended:
                    break
            if running.job.done:
                ack("turn", asked)
        if tagged:
            set_tag(context.library, tagged, "read")
        ingest._worker.join()  # type: ignore[union-attr]
        queue.close()

    return run


KINDS = ("ingest", "serve", "reindex", "digest", "chunks", "ingest", "embedder", "monitor", "remove", "restore", "tag")


def make_job(kind: str, dice: Random, shelf: Shelf, folder: Path, home: Path, day: date) -> Job:
    """A job for the library as it is now; `folder` holds feeds and copies, `day` is that of the feed."""
    sources = [str(shelf.folder)]
    ids, embedder = _ids(home)
    if kind in ("remove", "tag") and not ids:
        kind = "ingest"
    if kind in ("ingest", "serve"):
        shelf.rearrange(dice, dice.randint(2, 5))
    match kind:
        case "ingest":
            return Job("ingest", ingestion(sources))
        case "serve":
            asks = tuple(f"How many percent of {each} are measured on {day}?" for each in TOPICS[:2])
            tagged = dice.choice(ids) if ids else None
            return Job("serve", serving(sources, asks, tagged), asks=asks, resume=serving(sources, (), tagged))
        case "reindex" | "chunks":
            return Job(kind, reindexing(kind == "chunks"))
        case "embedder":
            other = next(each for each in EMBEDDERS if each != (embedder or WordEmbedder.identity))
            return Job("reindex with another embedder", reindexing(False), other)
        case "digest" | "monitor":
            return Job(kind, digest(feed(folder / f"{day}.jsonl", dice, day), day, kind))
        case "remove":
            return Job("remove", removal(dice.choice(ids)))
        case "tag":
            return Job("tag", tagging(dice.choice(ids), dice.choice(("mine", "later"))))
        case _:
            return Job("restore", restoring(folder / "copy.db"))


def _ids(home: Path) -> tuple[list[str], str | None]:
    import sqlite3
    from contextlib import closing

    if not (home / "library.db").exists():
        return [], None
    with closing(sqlite3.connect(home / "library.db")) as connection:
        rows = connection.execute("SELECT id FROM papers ORDER BY id").fetchall()
        embedder = connection.execute("SELECT value FROM facts WHERE name = 'embedder'").fetchone()
    return [row[0] for row in rows], embedder and embedder[0]


def back_up_to(copy: Path) -> Callable[[SoakContext, Ack], None]:
    def run(context: SoakContext, ack: Ack) -> None:
        back_up(context.library, copy)

    return run
