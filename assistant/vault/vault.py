"""The notes of a library in a folder: `papers/`, `answers/` and `digests/`, linked to each other by relative links."""

import json
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from anyascii import anyascii

from assistant.breakdown.kept import kept_breakdowns, load_breakdown
from assistant.breakdown.sources import library_subject
from assistant.chat.conversation import Conversation, conversations, load
from assistant.chat.export import conversation_markdown, papers_cited
from assistant.digest.ledger import newest_reports
from assistant.references.keys import citation_keys
from assistant.references.reference import Reference
from assistant.references.sources import references_of
from assistant.report.escape import markdown_text, web_address
from assistant.report.files import OutputError, file_stem
from assistant.report.render import breakdown_markdown, digest_markdown
from assistant.vault.notes import Fate, put_note
from index.model.paper import Paper, Zone
from index.model.records import PaperRecord
from index.store.library import Library
from index.store.tags import tags_of_papers

MIN_TITLE = 20  # letters of a title that is looked for in a list of references
MAX_REPORTS = 1000
_NAME = re.compile(r"[^A-Za-z0-9_-]+")
_ID = re.compile(r'^paper: "([0-9a-zA-Z._-]{1,64})"$', re.MULTILINE)
_FRONT = 4096  # characters of a note in which its paper is named
_HEADING = re.compile(r"^(#{1,4}) ", re.MULTILINE)


@dataclass(frozen=True)
class Noted:
    """A note and what became of it."""

    file: Path
    fate: Fate


def write_vault(library: Library, folder: Path, records: Sequence[PaperRecord]) -> Iterator[Noted]:
    """Write or renew the notes of these papers, and of all conversations and reports.

    A note of a paper is known by the id in its front matter, wherever below `folder` the user has moved it. Raises
    OutputError.
    """
    try:
        yield from _Vault(library, folder, records).write()
    except OSError as error:
        name = error.filename or folder
        raise OutputError(f"{name} cannot be written: {error.strerror}. Choose another folder.") from error


class _Vault:
    """What all notes of one run are made of."""

    def __init__(self, library: Library, folder: Path, records: Sequence[PaperRecord]) -> None:
        self._library, self._folder = library, folder
        self._records = {record.id: record for record in records}
        self._references = dict(zip(self._records, references_of(library, records), strict=True))
        self._files = self._paper_files()
        self._titles = {id: _letters(record.title) for id, record in self._records.items()}
        self._tags = tags_of_papers(library)
        self._kept = {each.key: each for each in reversed(kept_breakdowns(library))}  # the newest of each text

    def write(self) -> Iterator[Noted]:
        """Write every note."""
        for id, file in self._files.items():
            yield Noted(file, put_note(file, self._front(id), self._paper_note(id)))
        for talk in (load(self._library, each.id) for each in conversations(self._library)):
            file = self._folder / "answers" / f"{_slug(talk.title)}-{talk.id[:8]}.md"
            yield Noted(file, put_note(file, "", self._answers(talk, file)))
        for report in newest_reports(self._library, MAX_REPORTS):
            file = self._folder / "digests" / f"{file_stem(report)}.md"
            yield Noted(file, put_note(file, "", digest_markdown(report)))

    def _paper_files(self) -> dict[str, Path]:
        """The note of each paper: where it is, or where it will be."""
        there = _notes_there(self._folder)
        names = citation_keys(list(self._references.values()))
        taken = {file.name.casefold() for file in there.values()}
        files = {}
        for id, key in zip(self._records, names, strict=True):
            name = f"{_slug(key)}.md"
            if id not in there and name.casefold() in taken:
                name = f"{_slug(key)}-{_slug(id)}.md"
            files[id] = there.get(id, self._folder / "papers" / name)
            taken.add(files[id].name.casefold())
        return files

    def _front(self, id: str) -> str:
        """Properties as Obsidian reads them; JSON is YAML. The note is known again by `paper`."""
        reference = self._references[id]
        facts = {
            "paper": id,
            "title": reference.title or self._records[id].title,
            "authors": [each.shown for each in reference.authors],
            "year": reference.year,
            "doi": reference.doi,
            "arxiv": reference.arxiv_id,
            "tags": [_slug(tag) for tag in self._tags.get(id, ())],
        }
        lines = [f"{name}: {json.dumps(value)}\n" for name, value in facts.items() if value]
        return f"---\n{''.join(lines)}---\n\n"

    def _paper_note(self, id: str) -> str:
        paper, reference = self._library.paper(id), self._references[id]
        parts = [f"# {markdown_text(reference.title or paper.title)}", _facts(reference)]
        if abstract := _zone(paper, Zone.ABSTRACT):
            parts.append(f"## Abstract\n\n{markdown_text(abstract)}")
        parts += [self._breakdown(id, paper), self._cited(id, paper)]
        return "\n\n".join(filter(None, parts)) + "\n"

    def _breakdown(self, id: str, paper: Paper) -> str:
        """The newest breakdown that is kept of this text, with its headings one level lower."""
        subject = library_subject(self._records[id], paper)
        kept = self._kept.get(subject.key)
        if kept is None:
            return ""
        page = breakdown_markdown(load_breakdown(self._library, subject, kept.language, kept.model))
        body = page.partition("\n## ")[2]
        return _HEADING.sub(r"#\1 ", f"## {body}").strip() if body else ""

    def _cited(self, id: str, paper: Paper) -> str:
        """Links to the papers of the vault whose titles occur in this one's references."""
        listed = _letters(_zone(paper, Zone.REFERENCES))
        cited = [
            other
            for other, title in self._titles.items()
            if other != id and len(title) >= MIN_TITLE and title in listed
        ]
        return "## Cites\n\n" + self._links(cited, self._files[id]) if cited else ""

    def _answers(self, talk: Conversation, file: Path) -> str:
        cited = [id for id in papers_cited(talk) if id in self._records]
        text = conversation_markdown(talk, self._references)
        return f"{text}\n## Notes\n\n{self._links(cited, file)}\n" if cited else text

    def _links(self, ids: Sequence[str], source: Path) -> str:
        """Relative links from the note `source`, which Obsidian and GitHub follow."""
        paths = [Path(os.path.relpath(self._files[id], source.parent)).as_posix() for id in ids]
        titles = [markdown_text(self._records[id].title) for id in ids]
        return "\n".join(f"- [{title}](<{quote(path)}>)" for title, path in zip(titles, paths, strict=True))


def _notes_there(folder: Path) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for file in sorted(folder.rglob("*.md")):
        if not any(each.startswith(".") for each in file.relative_to(folder).parts) and file.is_file():
            with file.open(encoding="utf-8", errors="replace") as text:
                front = text.read(_FRONT)
            if front.startswith("---\n") and (paper := _ID.search(front)):
                found.setdefault(paper[1], file)
    return found


def _facts(reference: Reference) -> str:
    authors = markdown_text(", ".join(each.shown for each in reference.authors[:30]))
    address = web_address(reference.address)
    where = " · ".join(filter(None, (reference.venue, str(reference.year or ""))))
    return "  \n".join(filter(None, (authors, markdown_text(where), f"<{address}>" if address else "")))


def _zone(paper: Paper, zone: Zone) -> str:
    return " ".join(paper.quote(each.span) for each in paper.zones if each.zone is zone)


def _slug(text: str) -> str:
    return _NAME.sub("-", anyascii(text)).strip("-")[:60].strip("-") or "note"


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))
