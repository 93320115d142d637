"""Rank the day's papers, with the reasons why each is shown, in the language of the report."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from assistant.config.keywords import Match, find_keywords
from assistant.config.profiles import Order, asked_categories
from assistant.digest.people import followed_authors
from assistant.digest.similarity import ORDINARY, ORDINARY_NEAREST, Similarities, stretched
from assistant.language.phrases import say

if TYPE_CHECKING:
    from index.arxiv.announcements import Announcement

# Authors and keywords that the user spelled out weigh more than similarity by an embedder.
_INTERESTS, _LIKE, _LIBRARY = 1.0, 1.0, 0.5
_SHARED = 0.4  # weight of shared words of the interests, beside their similarity (at most about 0.5 on a real day)
_AUTHOR = 1.0
_TITLE, _ABSTRACT, _KEYWORDS = 0.6, 0.4, 1.0  # a keyword in the title, in the abstract; the maximum of all
# Scores from which similarity is given as a reason: about 8 and 4 of 142 papers on 2026-01-19.
_CLOSE, _NEAR = {"interests": 0.3, "like": 0.2}, 0.4
_NAMED = 4  # authors or keywords that a reason names


@dataclass(frozen=True)
class Ranked:
    """A paper with its score, the highest first, and at least one reason."""

    announcement: "Announcement"
    score: float
    reasons: tuple[str, ...]
    matched: tuple[str, ...]


def rank(announcements: "Sequence[Announcement]", order: Order, similarities: Similarities) -> list[Ranked]:
    """The papers, best first; equal scores stay in the order of the listing."""
    interests, like = _interests(similarities), _stretched(similarities.like, ORDINARY_NEAREST)
    neighbours = similarities.library or (None,) * len(announcements)
    nearest = np.array([each.similarity if each else 0.0 for each in neighbours], dtype=np.float32)
    library = stretched(nearest, ORDINARY_NEAREST)
    ranked = []
    for row, announcement in enumerate(announcements):
        matches = find_keywords(order.keywords, announcement.title, announcement.abstract)
        followed = followed_authors(order.authors, announcement.authors)
        score = _INTERESTS * _at(interests, row) + _LIKE * _at(like, row) + _LIBRARY * _at(library, row)
        score += min(_KEYWORDS, sum(_TITLE if match.where == "title" else _ABSTRACT for match in matches))
        score += _AUTHOR * bool(followed)
        reasons = [*_keyword_reasons(matches, order), *_author_reason(followed, order)]
        reasons += _similarity_reason("interests", interests, row, order)
        reasons += _similarity_reason("like", like, row, order, title=similarities.like_title)
        neighbour = neighbours[row]
        if neighbour and (neighbour.same or library[row] >= _NEAR):
            name = "owned" if neighbour.same else "library"
            reasons.append(say(f"reason.{name}", order.language, title=neighbour.record.title))
        matched = tuple(match.keyword for match in matches)
        ranked.append(Ranked(announcement, score, tuple(reasons) or (_plain_reason(announcement, order),), matched))
    return sorted(ranked, key=lambda each: -each.score)


def _interests(similarities: Similarities) -> NDArray[np.float32] | None:
    near = _stretched(similarities.interests, ORDINARY)
    return near if near is None or similarities.shared is None else near + np.float32(_SHARED) * similarities.shared


def _stretched(similarities: NDArray[np.float32] | None, ordinary: float) -> NDArray[np.float32] | None:
    return None if similarities is None else stretched(similarities, ordinary)


def _at(values: NDArray[np.float32] | None, row: int) -> float:
    return 0.0 if values is None else float(values[row])


def _keyword_reasons(matches: Sequence[Match], order: Order) -> list[str]:
    reasons = []
    for where in ("title", "abstract"):
        found = [say("mark.quote", order.language, text=match.keyword) for match in matches if match.where == where]
        if found:
            words = say("mark.and", order.language).join(found[:_NAMED])
            reasons.append(
                say("reason.keyword", order.language, words=words, where=say(f"reason.{where}", order.language))
            )
    return reasons


def _author_reason(followed: Sequence[str], order: Order) -> list[str]:
    names = say("mark.and", order.language).join(followed[:_NAMED])
    return [say("reason.author", order.language, names=names)] if followed else []


def _similarity_reason(
    name: str, values: NDArray[np.float32] | None, row: int, order: Order, **words: str
) -> list[str]:
    """The paper's rank by similarity among the day's papers, if it is similar; a rank means more than a cosine."""
    if values is None or values[row] < _CLOSE[name]:
        return []
    place = int((values > values[row]).sum()) + 1
    return [say(f"reason.{name}", order.language, rank=place, count=len(values), **words)]


def _plain_reason(announcement: "Announcement", order: Order) -> str:
    asked = asked_categories(announcement.categories, order.categories) if order.categories else ()
    if asked:
        return say("reason.category", order.language, names=say("mark.and", order.language).join(asked))
    return say("reason.listed", order.language)
