"""The references of papers: what the library and arXiv know of them, and what the user's bibliography said."""

import re
from collections.abc import Iterable, Sequence

import pydantic

from assistant.references.reference import Reference, arxiv_of, clean_doi, read_names
from index.arxiv.ids import parse_arxiv_id
from index.model.paper import Paper, Zone
from index.model.records import PaperRecord
from index.store.bibliography import Facts, kept_facts
from index.store.library import Library

ARXIV_DOI = "10.48550/arXiv."  # arXiv registers one for every paper
# The paper's own DOI as publishers print it: alone on its line, or after a word that says so.
_OWN_DOI = re.compile(
    r"^.{0,80}?(?:\bdoi\s*:?\s*|\bdigital object identifier\s*:?\s*|https?://(?:dx\.)?doi\.org/)(10\.\d{4,9}/\S+)\s*$",
    re.IGNORECASE | re.MULTILINE,
)


def references_of(library: Library, records: Iterable[PaperRecord]) -> list[Reference]:
    """The reference of each paper, in their order."""
    kept = kept_facts(library)
    return [paper_reference(library, record, kept.get(record.id, {})) for record in records]


def paper_reference(library: Library, record: PaperRecord, facts: Facts) -> Reference:
    """What is known of one paper; what its user's bibliography says goes before what was read from its pages."""
    known = read_facts(facts)
    if record.arxiv_id:
        own = arxiv_reference(record.arxiv_id, record.title, record.authors, record.year)
    else:
        doi = known.doi or own_doi(library.paper(record.id))
        own = Reference(title=record.title, authors=read_names(record.authors), year=record.year, doi=doi)
    return own.with_facts(known)


def read_facts(facts: Facts) -> Reference:
    """What was kept with a paper; nothing if another version of this program kept something else."""
    try:
        return Reference.model_validate(facts)
    except pydantic.ValidationError:
        return Reference()


def arxiv_reference(arxiv_id: str, title: str, authors: Sequence[str], year: int | None = None) -> Reference:
    """The reference of a paper on arXiv; its year is that of its id if no other is given."""
    base = arxiv_of(arxiv_id)
    return Reference(
        title=title,
        authors=read_names(tuple(authors)),
        year=year or _year_of(base),
        doi=f"{ARXIV_DOI}{base}" if base else "",
        arxiv_id=base,
    )


def own_doi(paper: Paper) -> str:
    """The DOI that a paper's first page prints as its own; empty if it prints none, or several."""
    if not paper.pages:
        return ""
    first = paper.pages[0].span
    found = set()
    for each in _OWN_DOI.finditer(paper.quote(first)):
        if paper.zone(first.start + each.start(1)) is not Zone.REFERENCES:
            found.add(clean_doi(each[1]))
    return found.pop() if len(found) == 1 else ""


def _year_of(base: str) -> int | None:
    """The year in an arXiv id: 1706.03762 is of 2017, hep-th/9901001 of 1999."""
    parsed = parse_arxiv_id(base)
    if parsed is None:
        return None
    digits = parsed.base.rpartition("/")[2][:2]
    return 2000 + int(digits) if int(digits) < 91 else 1900 + int(digits)
