"""Which words of the sources carry which words of a sentence: those of the same stem."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from assistant.verify.terms import COMMON_VERBS, content_stems

Vectors = NDArray[np.float32]

MAX_UNION = 3  # source sentences that may carry a sentence together
_WORD = re.compile(r"[A-Za-z]+(?:['’][a-z]+)?|\d+(?:[.,]\d+)*|[^\W\d_A-Za-z]+")
_VAGUE = COMMON_VERBS | {"model", "method", "approach", "system", "paper", "author", "result", "work", "studi", "one"}


@dataclass(frozen=True)
class Word:
    """A word of a text, its stem where it has content, and how much it says: 0 for "the", 1 for "convolution"."""

    start: int
    end: int
    text: str
    stem: str
    weight: float


@lru_cache(maxsize=8192)
def read_words(text: str) -> tuple[Word, ...]:
    """The words of a text in order.

    >>> [(word.text, word.stem, word.weight) for word in read_words("The models use 3 layers")]
    [('the', '', 0.0), ('models', 'model', 0.5), ('use', 'use', 0.5), ('3', '', 0.0), ('layers', 'layer', 1.0)]
    """
    found = []
    for match in _WORD.finditer(text):
        stems = content_stems(match.group())
        stem = stems[0] if stems else ""
        weight = 0.0 if not stem else 0.5 if stem in _VAGUE else 1.0
        found.append(Word(match.start(), match.end(), match.group().casefold(), stem, weight))
    return tuple(found)


@dataclass(frozen=True, eq=False)
class Alignment:
    """A sentence beside source sentences: `scores[i][row, column]` is 1 where word `row` of the sentence has the stem
    of word `column` of source `i`, else 0; `union` are the sources, best first, that carry it together."""

    sentence: str
    words: tuple[Word, ...]
    sources: tuple[str, ...]
    scores: tuple[Vectors, ...]
    union: tuple[int, ...]
    _best: dict[int, Vectors] = field(default_factory=dict)

    @property
    def weights(self) -> Vectors:
        """How much each word of the sentence says."""
        return np.array([word.weight for word in self.words], dtype=np.float32)

    def best(self, source: int) -> Vectors:
        """For each word of the sentence: 1 if a source has it, else 0."""
        if source not in self._best:
            scores = self.scores[source]
            self._best[source] = scores.max(axis=1) if scores.shape[1] else np.zeros(len(self.words), np.float32)
        return self._best[source]

    def carried(self, sources: Iterable[int]) -> Vectors:
        """The same over several sources."""
        found = [self.best(source) for source in sources]
        return np.max(found, axis=0) if found else np.zeros(len(self.words), np.float32)

    def share(self, sources: Iterable[int]) -> float:
        """Share of the words of the sentence that these sources have, by weight."""
        total = float(self.weights.sum())
        return float((self.carried(sources) * self.weights).sum()) / total if total else 0.0


def align(sentence: str, sources: Sequence[str]) -> Alignment:
    """Pairs the words of a sentence with those of source sentences."""
    words = read_words(sentence)
    scores = tuple(_same_stem(words, read_words(source)) for source in sources)
    found = Alignment(sentence, words, tuple(sources), scores, ())
    return replace(found, union=_union(found))


MIN_GAIN = 0.02  # of the share that another source sentence must add


def _union(found: Alignment) -> tuple[int, ...]:
    """The source sentences that carry the sentence together: the best one, then each that adds most."""
    if not found.sources:
        return ()
    best = np.stack([found.best(row) for row in range(len(found.sources))])
    weights = found.weights / max(float(found.weights.sum()), 1e-9)
    chosen: list[int] = []
    carried, share = np.zeros(len(found.words), dtype=np.float32), 0.0
    while len(chosen) < min(MAX_UNION, len(found.sources)):
        shares = np.maximum(best, carried) @ weights
        shares[chosen] = -1.0
        row = int(shares.argmax())
        if chosen and float(shares[row]) - share < MIN_GAIN:
            break
        chosen.append(row)
        carried, share = np.maximum(best[row], carried), float(shares[row])
    return tuple(chosen)


def _same_stem(words: Sequence[Word], others: Sequence[Word]) -> Vectors:
    stems = np.array([word.stem or f"={word.text}" for word in words], dtype=object)
    theirs = np.array([word.stem or f"={word.text}" for word in others], dtype=object)
    same: Vectors = (stems[:, None] == theirs[None, :]).astype(np.float32).reshape(len(words), len(others))
    return same
