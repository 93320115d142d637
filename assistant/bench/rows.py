"""What suites make: a row for each question, and the runs of systems that the rows belong to."""

from collections.abc import Sequence
from dataclasses import dataclass, field

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


@dataclass(frozen=True, slots=True)
class Row:
    """One question's (or one paper's) values by the name of the measure; a measure that does not apply is left out."""

    question: str
    paper: str
    values: dict[str, float]


def joined(first: list[Row], second: list[Row]) -> list[Row]:
    """The rows of two measurements of the same questions, one row a question."""
    rows = {row.question: row for row in first}
    for row in second:
        values = rows[row.question].values if row.question in rows else {}
        rows[row.question] = Row(row.question, row.paper, values | row.values)
    return list(rows.values())


@dataclass(frozen=True)
class SuiteRun:
    """One system on one suite."""

    suite: str
    system: str
    settings: dict[str, object]
    rows: tuple[Row, ...]
    seconds: float
    notes: tuple[str, ...] = ()

    def by_measure(self) -> dict[str, dict[str, float]]:
        """For each measure, in order of appearance, its values by question."""
        found: dict[str, dict[str, float]] = {}
        for row in self.rows:
            for name, value in row.values.items():
                found.setdefault(name, {})[row.question] = value
        return found

    def intervals(self) -> dict[str, Interval]:
        """The mean of each measure with its interval."""
        return {name: bootstrap(list(values.values())) for name, values in self.by_measure().items()}


@dataclass(frozen=True, slots=True)
class Skipped:
    """A suite that was not run, and why."""

    suite: str
    reason: str


@dataclass(frozen=True, slots=True)
class Difference:
    """The first system less another one, measure by measure, on the questions that both have a value for."""

    suite: str
    first: str
    second: str
    measures: dict[str, Interval]


@dataclass(frozen=True)
class BenchReport:
    """All that one command measured."""

    facts: dict[str, object]
    runs: tuple[SuiteRun, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    differences: tuple[Difference, ...] = field(default=())


def differences(runs: list[SuiteRun]) -> tuple[Difference, ...]:
    """In each suite the first system against every other one."""
    found = []
    for suite in dict.fromkeys(run.suite for run in runs):
        first, *others = [run for run in runs if run.suite == suite]
        for other in others:
            theirs = other.by_measure()
            pairs = {
                name: paired_difference(values, theirs[name])
                for name, values in first.by_measure().items()
                if name in theirs
            }
            measures = {name: pair for name, pair in pairs.items() if pair is not None}
            found.append(Difference(suite, first.system, other.system, measures))
    return tuple(found)
