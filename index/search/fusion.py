"""Several rankings to one, and the similarity that makes one of them: fusion of scores, fusion of ranks, MaxSim."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import repeat

import numpy as np

from index.embedding.embed import Vectors

RRF_K = 60  # Cormack, Clarke and Buettcher 2009: reciprocal rank fusion, k = 60

Scores = Mapping[int, float]  # of chunks by their ids, higher is better


def score_fusion(
    scored: Iterable[Scores], among: Iterable[int] | None = None, *, weights: Iterable[float] | None = None
) -> dict[int, float]:
    """Convex combination (Bruch, Gai and Ingber 2023): the weighted mean of scores that each go from 0 to 1.

    Of each ranking the best is 1 and the last is 0, as what it did not find; a ranking that found one thing, or many
    that are equal, gives them 1. Unlike ranks, scores tell a clear winner from a close race. Only for the items in
    `among` where it is given.

    >>> score_fusion([{7: 9, 8: 8, 9: 7}, {8: 12.5}])
    {7: 0.5, 8: 0.75, 9: 0.0}
    """
    wanted = None if among is None else set(among)
    scores: dict[int, float] = {}
    total = 0.0
    for scoring, weight in zip(scored, repeat(1.0) if weights is None else weights, strict=False):
        total += weight
        low, high = min(scoring.values(), default=0.0), max(scoring.values(), default=0.0)
        for item, score in scoring.items():
            if wanted is None or item in wanted:
                share = (score - low) / (high - low) if high > low else 1.0
                scores[item] = scores.get(item, 0.0) + weight * share
    return {item: score / (total or 1) for item, score in scores.items()}


def best_first(scores: Scores) -> list[int]:
    """The items by falling score."""
    return sorted(scores, key=lambda item: -scores[item])


def reciprocal_rank_fusion(
    rankings: Iterable[Sequence[int]],
    among: Iterable[int] | None = None,
    *,
    k: int = RRF_K,
    weights: Iterable[float] | None = None,
) -> dict[int, float]:
    """Scores by the sum of weight / (k + rank), rank from 1; only for the items in `among` where it is given.

    `weights` are those of the rankings in their order, 1 by default.

    >>> reciprocal_rank_fusion([[7, 8], [7]])[7] == 2 / 61
    True
    """
    wanted = None if among is None else set(among)
    scores: dict[int, float] = {}
    for ranking, weight in zip(rankings, repeat(1.0) if weights is None else weights, strict=False):
        for rank, item in enumerate(ranking, start=1):
            if wanted is None or item in wanted:
                scores[item] = scores.get(item, 0.0) + weight / (k + rank)
    return scores


def max_sim(question: Vectors, passage: Vectors) -> float:
    """Mean over the question's tokens of the best cosine among the passage's tokens; shapes (q, d) and (p, d)."""
    if not len(question) or not len(passage):
        return 0.0
    return float(np.max(question @ passage.T, axis=1).mean())
