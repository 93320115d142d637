"""Means with their 95 % bootstrap intervals, and paired differences of two systems on the same questions."""

from collections.abc import Sequence
from dataclasses import dataclass

RESAMPLES = 10_000
SEED = 20_260_101  # of the resampling alone, so that the same rows always give the same interval
SLICE = 500  # resamples drawn at once: 500 x 5,000 questions are 20 MB


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean over `n` questions, with the 2.5th and 97.5th percentile of the means of resamples (Efron 1979)."""

    mean: float
    low: float
    high: float
    n: int


def bootstrap(values: Sequence[float], resamples: int = RESAMPLES) -> Interval:
    """The mean of `values` and its percentile interval, questions drawn with replacement. Raises ValueError on none.

    >>> bootstrap([1.0, 1.0, 1.0])
    Interval(mean=1.0, low=1.0, high=1.0, n=3)
    """
    import numpy as np

    if not values:
        raise ValueError("no values, no interval")
    sample, random = np.asarray(values, dtype=np.float64), np.random.default_rng(SEED)
    means = np.concatenate(
        [
            sample[random.integers(0, len(sample), size=(min(SLICE, resamples - start), len(sample)))].mean(axis=1)
            for start in range(0, resamples, SLICE)
        ]
    )
    low, high = np.percentile(means, [2.5, 97.5])
    return Interval(float(sample.mean()), float(low), float(high), len(sample))


def paired_difference(ours: dict[str, float], theirs: dict[str, float]) -> Interval | None:
    """Ours less theirs on the questions that both have a value for, resampled in pairs; None where there are none."""
    shared = sorted(ours.keys() & theirs.keys())
    return bootstrap([ours[question] - theirs[question] for question in shared]) if shared else None
