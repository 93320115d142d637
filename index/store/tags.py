"""Tags: words of the reader's own on papers. A paper that leaves the library and comes back has its tags again."""

import unicodedata

from index.store.library import Library

LONGEST = 40  # characters


def set_tag(library: Library, paper_id: str, tag: str) -> str:
    """Puts a tag on a paper; the tag as it is kept, empty where nothing is left of it. Twice is once.

    Raises PaperNotFound.
    """
    kept = clean_tag(tag)
    library.record(paper_id)
    if kept:
        with library.transaction() as connection:
            connection.execute("INSERT OR IGNORE INTO paper_tags VALUES (?, ?)", (paper_id, kept))
    return kept


def remove_tag(library: Library, paper_id: str, tag: str) -> None:
    """Takes a tag off a paper; no error where it is not there."""
    with library.transaction() as connection:
        connection.execute("DELETE FROM paper_tags WHERE paper_id = ? AND tag = ?", (paper_id, tag))


def tags_of_papers(library: Library) -> dict[str, tuple[str, ...]]:
    """The tags of each paper of the library that has any, in alphabetical order."""
    found: dict[str, tuple[str, ...]] = {}
    with library.read() as connection:
        rows = connection.execute(
            "SELECT paper_id, tag FROM paper_tags JOIN papers ON papers.id = paper_id ORDER BY paper_id, tag"
        )
        for paper_id, tag in rows:
            found[paper_id] = (*found.get(paper_id, ()), tag)
    return found


def papers_tagged(library: Library, tag: str) -> frozenset[str]:
    """The ids of the papers with a tag, for `Filters(papers=...)`."""
    return frozenset(paper_id for paper_id, tags in tags_of_papers(library).items() if tag in tags)


def clean_tag(text: str) -> str:
    """A tag as it is kept: one line, one form of each letter, no blanks around it, at most `LONGEST` characters.

    >>> clean_tag("  to   read "), clean_tag("\\n")
    ('to read', '')
    """
    letters = unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode("utf-8"))
    printable = "".join(each if each.isprintable() else " " for each in letters)
    return " ".join(printable.split())[:LONGEST].strip()
