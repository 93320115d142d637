"""Which papers a question is about: those that introduce what it names, or those that it describes.

A name ("the Transformer", "YOLO v3") leads to the papers that own it. A description ("the very deep convnet paper from
Oxford", "Hinton's distillation paper") is matched with title, authors and front of each paper. Where several papers
own one name the description decides; where it does not, the earliest comes first, as it introduced the name, and all
of them are choices.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from index.model.records import Filters
from index.store.cards import Named
from index.store.fulltext import STOP_WORDS
from index.store.library import Library
from index.structure.paper_card import FRAGMENT, HEAD, MAX_NAME_WORDS, name_key

MAX_SUBJECTS = 4
MAX_WORDS = 80  # of a question that are looked at
CARDS = 20  # papers that a description is compared with
CLOSE = 0.75  # share of the best score from which a description does not tell two papers apart
NEAR_TOP = 3  # rank of a description from which a fragment of a title or an author's name counts
_WORD = re.compile(r"[A-Za-z0-9]+|[^\W_]+")


@dataclass(frozen=True, slots=True)
class Mention:
    """A name in a question: its words as they are written, and the papers that it may mean, the likeliest first.

    `is_own`: the paper uses it of itself all over, as it does not its authors' names.
    """

    text: str
    papers: tuple[str, ...]
    is_own: bool = True


@dataclass(frozen=True, slots=True)
class Subjects:
    """What a question is about: `named` by `mentions`, or `described` with scores; the best first in both."""

    mentions: tuple[Mention, ...] = ()
    described: tuple[tuple[str, float], ...] = ()

    @property
    def named(self) -> tuple[str, ...]:
        """The likeliest paper of each mention, in the question's order."""
        return tuple(dict.fromkeys(mention.papers[0] for mention in self.mentions))[:MAX_SUBJECTS]

    @property
    def weights(self) -> dict[str, float]:
        """How much a search goes into each paper: 1 for a named one, a half for another owner of the same name.

        Not into one that is only described: that gained nothing on everyday questions, and a wrong guess lost 0.03 of
        page@5 on OHR-Bench, whose questions name no paper.
        """
        found = dict.fromkeys(self.named, 1.0)
        for mention in self.mentions:
            for paper in mention.papers[1:2]:
                found.setdefault(paper, 0.5)
        return dict(list(found.items())[:MAX_SUBJECTS])

    @property
    def owners(self) -> frozenset[str]:
        """All papers that one of the names may mean."""
        return frozenset(paper for mention in self.mentions for paper in mention.papers)

    def names_in(self, text: str) -> bool:
        """Whether a text has one of the names, in whatever case and with whatever marks between its parts."""
        bare = f" {' '.join(_WORD.findall(text.casefold()))} "
        return any(f" {' '.join(_WORD.findall(each.text.casefold()))} " in bare for each in self.mentions)

    def without_names(self, text: str) -> str:
        """A text without what its subjects call themselves, which all their passages share."""
        for mention in self.mentions:
            text = text.replace(mention.text, " ") if mention.is_own else text
        return " ".join(text.split())


def find_subjects(library: Library, forms: Sequence[str], filters: Filters | None = None) -> Subjects:
    """The papers that a question, given in all its wordings, is about."""
    allowed = filters.papers if filters else None
    described: dict[str, float] = {}
    for form in forms:
        for paper, score in library.search_cards(form, CARDS):
            if allowed is None or paper in allowed:
                described[paper] = max(score, described.get(paper, 0.0))
    ranked = dict(sorted(described.items(), key=lambda pair: -pair[1]))
    mentions = tuple(mention for form in forms for mention in _mentions(library, form, ranked, allowed))
    return Subjects(mentions, tuple(ranked.items()))


def _mentions(
    library: Library, text: str, described: dict[str, float], allowed: frozenset[str] | None
) -> Iterator[Mention]:
    """The names in a text, the longest first where they overlap, in the text's order."""
    words = list(_WORD.finditer(text))[:MAX_WORDS]
    runs = dict(_runs(text, words))
    owned: dict[str, list[Named]] = {}
    for named in library.owners(set(runs.values())):
        if allowed is None or named.paper_id in allowed:
            owned.setdefault(named.name, []).append(named)
    near = list(described)[:NEAR_TOP]
    taken: set[int] = set()
    found: list[tuple[int, Mention]] = []
    for (first, last), key in sorted(runs.items(), key=lambda run: run[0][0] - run[0][1]):
        if key not in owned or taken & set(range(first, last + 1)):
            continue
        written = text[words[first].start() : words[last].end()]
        sure = own = [each for each in owned[key] if each.weight >= HEAD]
        if not sure and (owned[key][0].weight >= FRAGMENT or (first and written[0].isupper())):
            sure = [each for each in owned[key] if each.paper_id in near]
        if sure:
            taken |= set(range(first, last + 1))
            found.append((first, Mention(written, _likeliest(sure, described), bool(own))))
    yield from (mention for _, mention in sorted(found, key=lambda pair: pair[0]))


def _runs(text: str, words: list[re.Match[str]]) -> Iterator[tuple[tuple[int, int], str]]:
    """Each run of words that may be a name, by its first and last word, with its key."""
    for first in range(len(words)):
        for last in range(first, min(first + MAX_NAME_WORDS, len(words))):
            if first < last or words[first].group().casefold() not in STOP_WORDS:
                yield (first, last), name_key(text[words[first].start() : words[last].end()])


def _likeliest(owners: list[Named], described: dict[str, float]) -> tuple[str, ...]:
    """The owners of a name, the best described first; of those that are described alike the earliest."""
    best = max(described.get(each.paper_id, 0.0) for each in owners)

    def order(each: Named) -> tuple[bool, int, float]:
        score = described.get(each.paper_id, 0.0)
        return score < CLOSE * best, each.year or 9999, -score

    return tuple(each.paper_id for each in sorted(owners, key=order))
