"""A reference list as somebody else wrote it: BibTeX, RIS or CSL-JSON in any encoding. No path in it is opened."""

from collections.abc import Callable
from pathlib import Path

from assistant.references.bibtex import read_bibtex
from assistant.references.csl import read_csl
from assistant.references.reference import Reference
from assistant.references.ris import read_ris
from index.files.regular_file import read_regular
from index.model.errors import PaperAssistantError

MAX_BYTES = 64 << 20  # a library of 50,000 entries with abstracts
_READERS: dict[str, Callable[[str], list[Reference]]] = {
    ".bib": read_bibtex,
    ".bibtex": read_bibtex,
    ".ris": read_ris,
    ".json": read_csl,
}
_FORMS = "BibTeX (.bib), RIS (.ris) or CSL-JSON (.json)"


class BadReferences(PaperAssistantError):
    """A file that is no reference list."""


def read_references(file: Path) -> list[Reference]:
    """The references in a file that have a title, a DOI or an arXiv id. Raises BadReferences."""
    try:
        text = _decoded(read_regular(file, MAX_BYTES))
    except OSError as error:
        raise BadReferences(f"{file} cannot be read: {error.strerror}. Give a file of {_FORMS}.") from error
    reader = _READERS.get(file.suffix.lower()) or _reader_of(text)
    try:
        found = reader(text)
    except (ValueError, RecursionError, KeyError, IndexError, TypeError) as error:  # what the three parsers raise
        raise BadReferences(f"{file} is broken ({type(error).__name__}). Give a file of {_FORMS}.") from error
    found = [each for each in found if each.title or each.doi or each.arxiv_id]
    if not found and text.strip():
        raise BadReferences(f"No reference was found in {file}. Give a file of {_FORMS}.")
    return found


def _reader_of(text: str) -> Callable[[str], list[Reference]]:
    start = text.lstrip()[:1]
    if start in ("[", "{"):
        return read_csl
    return read_ris if text.lstrip().startswith("TY ") else read_bibtex


def _decoded(data: bytes) -> str:
    """Text in UTF-8 or UTF-16 with its mark, or else in what its bytes are most like."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        from charset_normalizer import from_bytes

        guess = from_bytes(data[: 1 << 18]).best()
        return data.decode(guess.encoding if guess else "cp1252", "replace")
