"""Which papers are about a topic: by the words of title and abstract, and by their meaning."""

from index.model.paper import Zone
from index.model.records import Filters
from index.search.searcher import Searcher
from index.store.fulltext import match_expression
from index.store.library import Library

MAX_NEAR = 200  # chunks of title pages and abstracts that are compared
MAX_ABOUT = 100
MIN_SHARE = 0.5  # of what the best paper has in words and in meaning; chosen on 13 topics over 49 papers
MIN_COVERED = 0.5  # more than this share of a topic's words must occur in the title page of one paper at least
_FRONT = frozenset({Zone.FRONT, Zone.ABSTRACT})


def papers_about(searcher: Searcher, library: Library, topic: str) -> list[str]:
    """The ids of the papers that are about a topic, the surest first; none if no title page has the topic's words."""
    said = dict(library.search_cards(topic, MAX_ABOUT))
    if not said or not _covered(library, topic, max(said, key=lambda paper: said[paper])):
        return []
    near = _nearest(searcher, library, topic)
    mean, best = sum(near.values()) / max(1, len(near)), max(near.values(), default=0.0)
    most = max(said.values())
    shares = {
        paper: 0.5 * max(0.0, near.get(paper, mean) - mean) / ((best - mean) or 1) + 0.5 * score / most
        for paper, score in said.items()
    }
    return [paper for paper in sorted(shares, key=lambda each: -shares[each]) if shares[paper] >= MIN_SHARE]


def _nearest(searcher: Searcher, library: Library, topic: str) -> dict[str, float]:
    """The cosine of each paper's nearest chunk among title pages and abstracts."""
    found = searcher.nearest(topic, MAX_NEAR, Filters(zones=_FRONT))
    near: dict[str, float] = {}
    for chunk in library.chunk(list(found)):
        near[chunk.paper_id] = max(found[chunk.id], near.get(chunk.paper_id, 0.0))
    return near


def _covered(library: Library, topic: str, paper: str) -> bool:
    """Whether a paper's card has more than `MIN_COVERED` of the topic's words, each as the full-text index finds it."""
    words = [word.strip('"') for word in match_expression(topic).split(" OR ")]
    found = [word for word in words if any(paper == each for each, _ in library.search_cards(word, MAX_ABOUT))]
    return len(found) > MIN_COVERED * len(words)
