"""Whether two texts are versions of one work: what decides if a paper may take another one's place."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from index.arxiv.ids import parse_arxiv_id
from index.model.paper import Paper

if TYPE_CHECKING:
    from index.model.records import PaperRecord
    from index.store.library import Library

# Of the shorter text's runs of letters. Chosen, not measured: chance and a common style give next to none.
MIN_MOSTLY = 0.5
MIN_PARTLY = 0.2
_RUN = 24  # letters and digits, about four words; without white space, so that Chinese counts as well
_MAX_COMPARED = 400_000  # letters of a text: about 120 pages
_CANDIDATES = 8  # papers that may be another version: those whose title and authors are most alike
_MIN_TITLE_START = 10  # letters of a title that another one may continue


def same_work(old: Paper, new: Paper) -> bool:
    """Whether two papers are versions of one work.

    They are if most of the text is the same. Everything else that a file says of itself may be false or by chance, so
    it takes two signs: the arXiv id or the title, and another one of id, title, authors and a part of the text.
    """
    shared = shared_text(old.text, new.text)
    if shared >= MIN_MOSTLY:
        return True
    names = [same_arxiv_id(old, new), same_title(old.title, new.title)]
    return any(names) and sum((*names, _same_authors(old, new), shared >= MIN_PARTLY)) > 1


def other_versions(library: "Library", paper: Paper) -> list["PaperRecord"]:
    """The other papers of the library that are versions of one work with this one, such as preprint and proceedings."""
    alike = library.search_cards(" ".join((paper.title, *paper.authors)), _CANDIDATES + 1)
    others = [library.paper(id) for id, _ in alike if id != paper.id]
    return [library.record(other.id) for other in others if are_versions(paper, other)]


def version_note(other: "PaperRecord") -> str:
    """A sentence about another version of a paper that is in the library."""
    name = f"arXiv {other.arxiv_id}" if other.arxiv_id else Path(other.file).name
    return (
        f"The library has another version of this work, “{other.title}” ({name}). Answers may cite either; "
        f"to keep one: papers remove {other.id}"
    )


def version_pairs(papers: Sequence[Paper]) -> list[tuple[Paper, Paper]]:
    """The pairs among a few papers that are versions of one work."""
    return [(one, other) for row, one in enumerate(papers) for other in papers[row + 1 :] if are_versions(one, other)]


def are_versions(one: Paper, other: Paper) -> bool:
    """`same_work`, for papers that are by the same people or have the same title: their texts are then compared."""
    return (same_title(one.title, other.title) or _same_authors(one, other)) and same_work(one, other)


def same_arxiv_id(old: Paper, new: Paper) -> bool:
    """Whether both have the same arXiv id, the version aside."""
    first, second = (parse_arxiv_id(paper.arxiv_id or "") for paper in (old, new))
    return first is not None and second is not None and first.base == second.base


def same_title(one: str, another: str) -> bool:
    """Whether two titles have the same letters and digits, or one is the beginning of the other.

    >>> same_title("A Study of Rivers", "A study of rivers: Extended"), same_title("A", "A Study of Rivers")
    (True, False)
    """
    first, second = sorted((_letters(one), _letters(another)), key=len)
    return bool(first) and (first == second or (len(first) >= _MIN_TITLE_START and second.startswith(first)))


def shared_text(one: str, another: str) -> float:
    """The share of the shorter text's runs of letters that the longer one has, too: 0 to 1."""
    first, second = sorted((_runs(one), _runs(another)), key=len)
    return len(first & second) / len(first) if first else 0.0


def _same_authors(old: Paper, new: Paper) -> bool:
    """At least half of the longer list's names are in the other."""
    first, second = ({_letters(name) for name in paper.authors} - {""} for paper in (old, new))
    return bool(first and second) and 2 * len(first & second) >= max(len(first), len(second))


def _runs(text: str) -> set[str]:
    letters = _letters(text[: 2 * _MAX_COMPARED])[:_MAX_COMPARED]
    return {letters[start : start + _RUN] for start in range(len(letters) - _RUN + 1)}


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))
