"""Where a question is searched: papers and tags of the library in one list of choices; no choice is everything.

A tag stands for the papers that have it when the question is asked, so it is kept as a tag.
"""

from collections import Counter
from collections.abc import Sequence

from index.model.errors import LibraryError
from index.store.library import Library
from index.store.tags import tags_of_papers
from ui.pages.labels import Labels

_TAG = "tag:"  # before a tag among ids of papers, which have no colon
_PAPERS = 2000  # that are offered


def scope_choices(library: Library, words: Labels, chosen: Sequence[str] = ()) -> list[tuple[str, str]]:
    """What is shown and what it stands for: the tags in use and then the papers, each in alphabetical order.

    Of a very large library only the first papers are offered, with those that are `chosen`.
    """
    tags = Counter(tag for given in tags_of_papers(library).values() for tag in given)
    tagged = [(words("chat.scope_tag", tag=tag, count=tags[tag]), f"{_TAG}{tag}") for tag in sorted(tags)]
    records = [each for row, each in enumerate(library.papers()) if row < _PAPERS or each.id in chosen]
    return [*tagged, *((record.title, record.id) for record in records)]


def papers_in_scope(library: Library, scope: Sequence[str]) -> frozenset[str] | None:
    """The ids of the papers that choices stand for now; None for no choice, which is the whole library.

    Raises LibraryError where they stand for none any more, so that nothing else is searched in their place.
    """
    if not scope:
        return None
    tags = {each.removeprefix(_TAG) for each in scope if each.startswith(_TAG)}
    given = tags_of_papers(library) if tags else {}
    tagged = {paper for paper, names in given.items() if tags.intersection(names)}
    papers = {record.id for record in library.papers()} & {*scope} | tagged
    if not papers:
        raise LibraryError(
            "No paper of the library is left in what this question was to search. Choose other papers or tags, or "
            "none for the whole library, and ask again."
        )
    return frozenset(papers)
