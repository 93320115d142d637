"""RIS, written for Zotero, EndNote and Mendeley, and read from whatever they and publishers write."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from rispy import RisParser, RisWriter

from assistant.references.reference import (
    MAX_AUTHORS,
    MAX_FIELD,
    Kind,
    Name,
    Reference,
    arxiv_of,
    clean_address,
    clean_doi,
    clean_year,
    page_range,
    read_names,
)

_TYPES: dict[Kind, str] = {
    "article-journal": "JOUR",
    "paper-conference": "CPAPER",
    "article": "UNPB",
    "book": "BOOK",
    "chapter": "CHAP",
    "thesis": "THES",
    "report": "RPRT",
    "dataset": "DATA",
}
_KINDS: dict[str, Kind] = {name: kind for kind, name in _TYPES.items()} | {
    "CONF": "paper-conference",
    "EJOUR": "article-journal",
    "JFULL": "article-journal",
    "EBOOK": "book",
    "ECHAP": "chapter",
}
_TAG = re.compile(r"\s*([A-Z][A-Z0-9]) {0,2}-(?: |$)(.*)")
_MAX_LINES = 40  # of one field


class _Writer(RisWriter):  # type: ignore[misc]  # it ships no types
    def set_header(self, count: int) -> str:
        """No line of its own before an entry: some programs take it for a broken one."""
        return ""


def ris(references: Sequence[Reference], keys: Sequence[str]) -> str:
    """The entries, each with its key as ID, in their order; empty for none."""
    entries = [_entry(reference, key) for reference, key in zip(references, keys, strict=True)]
    return str(_Writer(delimiter_tags_mapping={}).formats(entries)) if entries else ""


def read_ris(text: str) -> list[Reference]:
    """The entries of a file; unknown tags and paths of files are left out."""
    parser = RisParser(skip_unknown_tags=True, delimiter_tags_mapping={})  # an address may hold ";"
    return [_reference(each) for each in parser.parse_lines(_lines(text))]


def _entry(reference: Reference, key: str) -> dict[str, Any]:
    first, last = _page_numbers(reference.pages)
    facts = {
        "type_of_reference": _TYPES[reference.kind],
        "id": key,
        "title": reference.title,
        "authors": [_name(each) for each in reference.authors],
        "year": str(reference.year or ""),
        "secondary_title": reference.venue,
        "volume": reference.volume,
        "number": reference.issue,
        "start_page": first,
        "end_page": last,
        "publisher": reference.publisher or ("arXiv" if _is_preprint(reference) else ""),
        "doi": reference.doi,
        "accession_number": f"arXiv:{reference.arxiv_id}" if reference.arxiv_id else "",
        "urls": [reference.address] if reference.address else [],
    }
    return {name: value for name, value in facts.items() if value}


def _is_preprint(reference: Reference) -> bool:
    return reference.kind == "article" and bool(reference.arxiv_id)


def _page_numbers(pages: str) -> tuple[str, str]:
    first, _, last = page_range(pages).partition("–")
    return first, last


def _name(name: Name) -> str:
    if name.whole:
        return name.family
    return ", ".join(filter(None, (f"{name.particle} {name.family}".strip(), name.given, name.suffix)))


def _lines(text: str) -> Iterator[str]:
    """The lines of the file as the standard spaces them; of one field, a few."""
    more = _MAX_LINES  # nothing can go on before the first field
    for line in text.splitlines():
        if tag := _TAG.match(line):
            more = _MAX_LINES if tag[1] in ("TY", "ER") or not tag[2].strip() else 0
            yield f"{tag[1]}  - {tag[2].strip()[:MAX_FIELD]}"
        elif line.strip() and more < _MAX_LINES:
            more += 1
            yield line.strip()[:MAX_FIELD]


def _reference(entry: dict[str, Any]) -> Reference:
    def said(*names: str) -> str:
        values = (entry.get(name, "") for name in names)
        texts = (value[0] if isinstance(value, list) and value else value for value in values)
        return next((text for text in texts if isinstance(text, str) and text.strip()), "")

    first, last = said("start_page"), said("end_page")
    return Reference(
        kind=_KINDS.get(said("type_of_reference"), "article"),
        title=said("title", "primary_title"),
        authors=read_names([*entry.get("authors", []), *entry.get("first_authors", [])][:MAX_AUTHORS]),
        year=clean_year(said("year", "publication_year", "date")),
        venue=said("secondary_title", "journal_name", "alternate_title3", "alternate_title2"),
        volume=said("volume"),
        issue=said("number"),
        pages=first if not last or last == first or "–" in first or "-" in first else f"{first}–{last}",
        publisher=said("publisher"),
        doi=clean_doi(said("doi")) or clean_doi(said("urls") if "doi.org/" in said("urls") else ""),
        arxiv_id=arxiv_of(said("accession_number"), said("doi"), said("urls")),
        url=clean_address(said("urls")),
        key=said("id", "label")[:200],
    )
