"""Which words of the sources carry which words of a sentence: by stem, and by the embedder's token vectors.

Late interaction (ColBERT's MaxSim) between the words of a sentence and those of a source sentence: each word is paired
with the likest one. The vectors know words in their context, so a paraphrase is found that shares no word.
"""

import re
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from assistant.verify.terms import COMMON_VERBS, content_stems

Vectors = NDArray[np.float32]

MAX_KEPT = 4000  # sentences of sources whose vectors are kept, about 30 words of 384 halves each: 90 MB at most
MAX_UNION = 3  # source sentences that may carry a sentence together
# A word as an embedder's tokenizer cuts it from its neighbours, too: at spaces and marks.
_WORD = re.compile(r"[A-Za-z]+(?:['’][a-z]+)?|\d+(?:[.,]\d+)*|[^\W\d_A-Za-z]+")
_VAGUE = COMMON_VERBS | {"model", "method", "approach", "system", "paper", "author", "result", "work", "studi", "one"}


class TokenEmbedder(Protocol):
    """What the alignment asks of an embedder; every `Embedder` of the index does it."""

    def token_vectors(self, texts: Sequence[str]) -> list[Any]:
        """Token vectors of each text, unit length."""
        ...

    def count_tokens(self, text: str) -> int:
        """Tokens of a text, special tokens not included."""
        ...


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


class WordVectors:
    """The vectors of the words of texts, kept for the texts that were asked for last."""

    def __init__(self, embedder: TokenEmbedder) -> None:
        self._embedder = embedder
        self._kept: OrderedDict[str, NDArray[np.float16]] = OrderedDict()

    def of(self, texts: Sequence[str]) -> list[Vectors]:
        """(words, dimension) of each text, unit length; zeros for words that the embedder did not read to."""
        missing = [text for text in dict.fromkeys(texts) if text not in self._kept]
        fresh = {}
        if missing:
            for text, tokens in zip(missing, self._embedder.token_vectors(missing), strict=True):
                fresh[text] = self._by_word(text, np.asarray(tokens, dtype=np.float32)).astype(np.float16)
        found = [fresh[text] if text in fresh else self._kept[text] for text in texts]
        for text in texts:
            self._kept[text] = fresh[text] if text in fresh else self._kept[text]
            self._kept.move_to_end(text)
        while len(self._kept) > MAX_KEPT:
            self._kept.popitem(last=False)
        return [each.astype(np.float32) for each in found]

    def _by_word(self, text: str, tokens: Vectors) -> Vectors:
        """The mean of the tokens of each word; its place among them is counted, as no embedder tells offsets."""
        words = read_words(text)
        vectors = np.zeros((len(words), tokens.shape[1]), dtype=np.float32)
        position, end = 0, 0
        for row, word in enumerate(words):
            start = position + self._count(text[end : word.start])
            position, end = start + self._count(text[word.start : word.end]), word.end
            part = tokens[start : max(position, start + 1)]
            if len(part):
                mean = part.mean(axis=0)
                vectors[row] = mean / max(float(np.linalg.norm(mean)), 1e-9)
        return vectors

    def _count(self, text: str) -> int:
        return self._embedder.count_tokens(text) if text.strip() else 0


@dataclass(frozen=True, eq=False)
class Alignment:
    """A sentence beside source sentences: `scores[i][row, column]` is how alike word `row` of the sentence is to word
    `column` of source `i`, 0 to 1; `union` are the sources, best first, that carry it together."""

    sentence: str
    words: tuple[Word, ...]
    sources: tuple[str, ...]
    scores: tuple[Vectors, ...]
    similar: Vectors  # (sources,): cosine of the mean vectors, 0 without vectors
    union: tuple[int, ...]
    semantic: bool
    _best: dict[int, Vectors] = field(default_factory=dict)

    @property
    def weights(self) -> Vectors:
        """How much each word of the sentence says."""
        return np.array([word.weight for word in self.words], dtype=np.float32)

    def best(self, source: int) -> Vectors:
        """For each word of the sentence the score of the likest word of a source; 0 if it has none."""
        if source not in self._best:
            scores = self.scores[source]
            self._best[source] = scores.max(axis=1) if scores.shape[1] else np.zeros(len(self.words), np.float32)
        return self._best[source]

    def carried(self, sources: Iterable[int]) -> Vectors:
        """The same over several sources."""
        found = [self.best(source) for source in sources]
        return np.max(found, axis=0) if found else np.zeros(len(self.words), np.float32)

    def share(self, sources: Iterable[int]) -> float:
        """Mean score of the words of the sentence by their weights."""
        total = float(self.weights.sum())
        return float((self.carried(sources) * self.weights).sum()) / total if total else 0.0


def align(sentence: str, sources: Sequence[str], vectors: WordVectors | None) -> Alignment:
    """Pairs the words of a sentence with those of source sentences; without vectors only words of one stem."""
    words = read_words(sentence)
    scores = [_same_stem(words, read_words(source)) for source in sources]
    similar = np.zeros(len(sources), dtype=np.float32)
    if vectors is not None and words:
        own, *others = vectors.of([sentence, *sources])
        scores = [np.maximum(same, own @ other.T) for same, other in zip(scores, others, strict=True)]
        similar = np.array([_cosine(own, other) for other in others], dtype=np.float32)
    found = Alignment(sentence, words, tuple(sources), tuple(scores), similar, (), vectors is not None)
    return Alignment(sentence, words, found.sources, found.scores, similar, _union(found), found.semantic, found._best)


SIMILAR = 0.1  # weight of the likeness of whole sentences beside that of the words
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
        order = shares + SIMILAR * found.similar
        order[chosen] = -1.0
        row = int(order.argmax())
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


def _cosine(one: Vectors, other: Vectors) -> float:
    if not len(one) or not len(other):
        return 0.0
    a, b = one.mean(axis=0), other.mean(axis=0)
    return float(a @ b / max(float(np.linalg.norm(a) * np.linalg.norm(b)), 1e-9))
