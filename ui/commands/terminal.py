"""What a terminal shows: lines of progress on stderr, results on stdout. Loads no more than `rich`."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from index.model.plain_text import shown_text

if TYPE_CHECKING:
    from assistant.answering.records import Answer
    from assistant.doctor import Check
    from index.model.paper import Paper, Passage
    from index.model.records import PaperRecord

out = Console(highlight=False, soft_wrap=True, emoji=False)
err = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)


def say(line: str) -> None:
    """Print a line of progress on stderr."""
    err.print(plain(line))


def plain(text: str) -> str:
    """Return hostile text as rich may print it: no markup, and nothing that the terminal obeys."""
    return escape(shown_text(text))


def write_result(text: str) -> None:
    """Write text to stdout without what a terminal obeys: a result may contain a paper's words."""
    sys.stdout.write(shown_text(text))
    sys.stdout.flush()


def deliver(page: str, file: Path | None) -> None:
    """Write a result to a file, whole or not at all, or else to stdout. Raises OutputError."""
    if file is None:
        write_result(page)
        return
    from index.files.whole_file import write_whole

    try:
        write_whole(file.expanduser(), page.encode("utf-8", "replace"))
    except OSError as error:
        from assistant.report.files import OutputError

        raise OutputError(f"{file} cannot be written: {error.strerror}. Name another file with --out.") from error
    say(f"written: {file}")


def print_answer(answer: "Answer", records: "dict[str, PaperRecord]") -> None:
    """Print an answer with its numbered sources; a refusal with the nearest passages."""
    from assistant.answering.records import Backing, Grounding

    citations = answer.citations
    if answer.grounding is Grounding.REFUSED:
        out.print(plain(answer.text) + "\n")
        print_passages(answer.passages[:3], records)
        return
    if not answer.sentences:  # the catalogue's answer, or a greeting
        out.print(plain(answer.text))
        return
    for sentence in answer.sentences:
        numbers = "".join(f"[{citations.index(each) + 1}]" for each in sentence.citations)
        mark = " (backed)" if sentence.support is Backing.BACKED else ""
        out.print(plain(f"{sentence.as_text} {numbers or '[unsupported]'}{mark}"))
    for line in answer.missing:
        out.print(plain(line), style="yellow")
    out.print()
    for number, citation in enumerate(citations, start=1):
        file = _file_name(citation.paper, records)
        out.print(plain(f"[{number}] {citation.paper.title}, {place(citation.heading, citation.pages)} ({file})"))
        for line in "\n".join(citation.table).splitlines():
            out.print(plain(f"    {line}"), style="dim")
        out.print(plain(f"    “{' '.join(citation.quote.split())}”"), style="italic")
    if count := answer.invented_citations:
        left = "1 drafted sentence was" if count == 1 else f"{count} drafted sentences were"
        err.print(f"{left} left out: no span of the papers holds what the model wrote.")


def print_passages(passages: "Sequence[Passage]", records: "dict[str, PaperRecord]") -> None:
    """Print passages, each with its place in the paper."""
    for number, passage in enumerate(passages, start=1):
        file = _file_name(passage.paper, records)
        out.print(
            plain(f"{number}. {passage.paper.title}, {place(passage.heading, passage.pages)} ({file})"), style="bold"
        )
        out.print(plain(f"{' '.join(passage.text.split())}\n"))


def place(heading: Sequence[str], pages: tuple[int, int]) -> str:
    """Return heading and pages as people cite them."""
    first, last = pages
    numbers = f"p. {first}" if first == last else f"pp. {first}–{last}"
    return f"{heading[-1]}, {numbers}" if heading else numbers


def print_papers(records: "Sequence[PaperRecord]") -> None:
    """Print the catalogue as a table."""
    from rich.table import Table

    table = Table("id", "title", "year", "pages", "chunks", "state", "file", box=None, header_style="bold")
    for each in records:
        cells = (each.id, each.title, str(each.year or ""), str(each.pages), str(each.chunks), each.state)
        table.add_row(*(plain(cell) for cell in cells), plain(Path(each.file).name))
    out.print(table if records else "The library is empty. Add papers with: papers ingest FOLDER")


def print_paper(paper: "Paper", record: "PaperRecord") -> None:
    """Print a paper's metadata and section tree."""
    out.print(plain(paper.title), style="bold")
    facts = [
        ", ".join(paper.authors),
        str(paper.year or ""),
        paper.arxiv_id or "",
        f"{len(paper.pages)} pages",
        record.file,
    ]
    out.print(plain(" · ".join(fact for fact in facts if fact)) + "\n")
    for section in paper.sections:
        first, _ = paper.page_range(section.span)
        out.print(plain(f"{'  ' * (section.level - 1)}{section.heading}  p. {first}"))
    if record.file_lost:
        out.print(plain(f"note: {lost_file(record)}"))
    for warning in paper.warnings:
        out.print(plain(f"note: {warning}"))


def lost_file(record: "PaperRecord") -> str:
    """Return a sentence about a paper whose file is now another paper."""
    return f"Another paper was found at {record.file}. If this one's PDF is elsewhere, add it: papers ingest FILE"


def print_check(check: "Check") -> None:
    """Print one check of `papers doctor`."""
    remedy = f"\n      fix: {check.remedy}" if not check.well and check.remedy else ""
    out.print(plain(f"{'ok  ' if check.well else 'FAIL'} {check.name}: {check.found}{remedy}"))


def _file_name(paper: "Paper", records: "dict[str, PaperRecord]") -> str:
    """The name of a paper's file; empty if the paper was removed meanwhile."""
    return Path(records[paper.id].file).name if paper.id in records else ""
