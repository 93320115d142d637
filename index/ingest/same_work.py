"""Whether two texts are versions of one work: what decides if a paper may take another one's place."""

from index.arxiv.ids import parse_arxiv_id
from index.model.paper import Paper

# Of the shorter text's runs of letters. Chosen, not measured: chance and a common style give next to none.
MIN_MOSTLY = 0.5
MIN_PARTLY = 0.2
_RUN = 24  # letters and digits, about four words; without white space, so that Chinese counts as well
_MAX_COMPARED = 400_000  # letters of a text: about 120 pages
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
