"""Which paper of the library a reference means, and what it says of the paper kept with it."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from anyascii import anyascii

from assistant.references.reference import Reference
from assistant.references.sources import paper_reference, read_facts
from index.model.records import PaperRecord
from index.store.bibliography import keep_facts, kept_facts
from index.store.library import Library

MIN_TITLE = 12  # letters of a title that alone means a paper
By = Literal["doi", "arxiv", "title"]


class Fate(StrEnum):
    """What became of a reference."""

    ATTACHED = "attached"
    UNCHANGED = "unchanged"
    MISSING = "missing"  # no paper of the library
    REPEATED = "repeated"  # another reference of the list says more of the same paper
    AMBIGUOUS = "ambiguous"  # several papers have that title


@dataclass(frozen=True)
class Matched:
    """A reference, what became of it, and the paper that it means, by what it was found."""

    reference: Reference
    fate: Fate
    paper: PaperRecord | None = None
    by: By | None = None


def attach_references(library: Library, references: Sequence[Reference]) -> list[Matched]:
    """Keep with each paper what the best of its references says; twice is once. What became of each, in their order."""
    kept = kept_facts(library)
    finder = _Finder(library)
    found = [finder.find(each) for each in references]
    best: dict[str, int] = {}
    for row, match in enumerate(found):
        if match.paper and (match.paper.id not in best or _weight(match) > _weight(found[best[match.paper.id]])):
            best[match.paper.id] = row
    changed = {}
    for row, match in enumerate(found):
        if match.paper is None:
            continue
        if best[match.paper.id] != row:
            found[row] = Matched(match.reference, Fate.REPEATED, match.paper, match.by)
            continue
        facts = read_facts(kept.get(match.paper.id, {})).with_facts(match.reference).known
        if facts == kept.get(match.paper.id):
            found[row] = Matched(match.reference, Fate.UNCHANGED, match.paper, match.by)
        else:
            changed[match.paper.id] = facts
    keep_facts(library, changed)
    return found


def _weight(match: Matched) -> tuple[bool, int, int]:
    """A published version goes before its preprint, an identifier before a title, more facts before fewer."""
    reference = match.reference
    return bool(reference.venue), ("title", "arxiv", "doi").index(match.by or "title"), len(reference.known)


class _Finder:
    """The papers of a library by what a reference may say of them."""

    def __init__(self, library: Library) -> None:
        kept = kept_facts(library)
        self._dois, self._ids = dict[str, PaperRecord](), dict[str, PaperRecord]()
        self._titles: dict[str, list[tuple[PaperRecord, Reference]]] = defaultdict(list)
        for record in library.papers():
            said = paper_reference(library, record, kept.get(record.id, {}))
            read = paper_reference(library, record, {})
            for each in (said, read):
                if each.doi:
                    self._dois.setdefault(each.doi.lower(), record)
                if each.arxiv_id:
                    self._ids.setdefault(each.arxiv_id, record)
            for title in {_letters(said.title), _letters(read.title)} - {""}:
                self._titles[title].append((record, read))

    def find(self, reference: Reference) -> Matched:
        """The paper that a reference means."""
        if paper := self._dois.get(reference.doi.lower()) if reference.doi else None:
            return Matched(reference, Fate.ATTACHED, paper, "doi")
        if paper := self._ids.get(reference.arxiv_id) if reference.arxiv_id else None:
            return Matched(reference, Fate.ATTACHED, paper, "arxiv")
        papers = {record.id: record for record, own in self._titled(reference)}
        if len(papers) == 1:
            return Matched(reference, Fate.ATTACHED, next(iter(papers.values())), "title")
        return Matched(reference, Fate.AMBIGUOUS if papers else Fate.MISSING)

    def _titled(self, reference: Reference) -> Iterator[tuple[PaperRecord, Reference]]:
        """Papers of that title whose authors do not say that it is another work."""
        title = _letters(reference.title)
        for record, own in self._titles.get(title, ()) if title else ():
            mine, theirs = _families(own), _families(reference)
            if mine & theirs or (len(title) >= MIN_TITLE and not (mine and theirs)):
                yield record, own


def _families(reference: Reference) -> set[str]:
    """What the authors are called, in one spelling; of a name in one piece, each of its words."""
    words = (name.family.split() if name.whole else [name.family] for name in reference.authors)
    return {_letters(word) for each in words for word in each} - {""}


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, anyascii(text).casefold()))
