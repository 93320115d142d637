"""Jobs on a disk with less and less room: `python -m full_disk DISK SHELF`, on a small file system of its own.

Each job is done or says that the disk is full; with room again the same job ends as if nothing had been.
"""

import os
import shutil
import sys
from datetime import timedelta
from pathlib import Path
from random import Random

from soak_state import faults_of_database, faults_when_mended
from soak_world import FIRST_DAY, Shelf, SoakContext, digest, feed, ingestion

from assistant.chat import conversation
from assistant.report.files import OutputError
from index.files.home import DISK_FULL
from index.model.errors import LibraryError, PaperAssistantError

ROOMS = (0, 4, 16, 40, 80, 150, 300, 600, 1200)  # KiB that are left


def main() -> None:
    disk, shelf = Path(sys.argv[1]), Shelf(Path(sys.argv[2]))
    (shelf.folder / "first.pdf").write_bytes(shelf.books[0, 0])
    run(disk, ingestion([str(shelf.folder)]))
    for number, room in enumerate(ROOMS):
        paper = shelf.folder / f"{number}.pdf"
        paper.write_bytes(shelf.books[1 + number % 7, number // 7])
        day = FIRST_DAY + timedelta(days=number)
        listing = feed(shelf.folder / f"{day}.jsonl", Random(number), day)
        for name, job in (
            ("ingest", ingestion([str(shelf.folder)])),
            ("conversation", talk(f"question {number}")),
            ("digest", digest(listing, day, "digest")),
        ):
            attempt(disk, name, job, room)


def attempt(disk: Path, name, job, room: int) -> None:
    filler = disk / "filler"
    with filler.open("wb") as file:
        file.write(b"\0" * max(0, shutil.disk_usage(disk).free - room * 1024))
    try:
        run(disk, job)
        said = "was done"
    except (LibraryError, OutputError) as error:
        said = f"was refused: {error}"
        assert DISK_FULL in str(error) or "No space left" in str(error), error
    except PaperAssistantError as error:
        raise AssertionError(f"{name} with {room} KiB: {type(error).__name__}: {error}") from error
    finally:
        filler.unlink()
    sys.stdout.write(f"{name} with {room} KiB {said}\n")
    assert not (faults := faults_of_database(disk / "home")), faults
    run(disk, job)
    with SoakContext(disk / "home") as context:
        list(context.ingestion().run([]))
        for left in (disk / "home").rglob("*.part*"):
            os.utime(left, (0, 0))
        faults = [each for each in faults_when_mended(context) if ".part" not in each]
        assert not faults, f"{name} with {room} KiB: {faults}"


def run(disk: Path, job) -> None:
    failed = []
    with SoakContext(disk / "home") as context:
        job(context, lambda kind, what: failed.append(what) if kind == "failed" else None)
    assert not failed, failed


def talk(question: str):
    def job(context: SoakContext, ack) -> None:
        if question not in {each.title for each in conversation.conversations(context.library)}:
            begun = conversation.start(context.library, question)
            conversation.add_turn(context.library, begun.id, question, question, '{"answer": "' + "x" * 30_000 + '"}')

    return job


if __name__ == "__main__":
    main()
