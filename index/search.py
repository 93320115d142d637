"""A question to passages: dense and lexical search, fused, reranked, neighbours merged."""

import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import repeat

import numpy as np

from index.embed import Embedder, Vectors
from index.library import Library
from index.paper import Passage, Span
from index.records import Filters, StoredChunk
from index.sentences import prose_spans
from index.vectors import VectorIndex

_CHINESE = re.compile(r"[\u4e00-\u9fff]{2}")  # two characters together: a name may hold one

CANDIDATES = 50  # of each leg
RERANKED = 24  # candidates whose token vectors are computed: about two seconds on two cores
RRF_K = 60  # Cormack, Clarke and Buettcher 2009: reciprocal rank fusion, k = 60
MAX_MERGED = 3  # chunks in one passage, so that few long passages do not crowd out the rest


@dataclass(frozen=True, slots=True)
class SearchSettings:
    """How a search goes, as one value; the defaults are the product's, others are for measuring.

    `dense`, `lexical` and `max_sim` are the weights of the three rankings in the fusion; a ranking of weight 0 is not
    made at all.
    """

    candidates: int = CANDIDATES
    reranked: int = RERANKED
    rrf_k: int = RRF_K
    max_merged: int = MAX_MERGED
    dense: float = 1.0
    lexical: float = 1.0
    max_sim: float = 1.0


@dataclass(frozen=True)
class Question:
    """A question as the two legs see it: in its own words, and in the language of the papers where that differs."""

    text: str
    translation: str | None = None

    @property
    def forms(self) -> tuple[str, ...]:
        """All wordings to search with."""
        return (self.text, self.translation) if self.translation else (self.text,)

    def wording(self, chinese: bool) -> str | None:
        """The wording in Chinese, or in another language; None where there is none."""
        return next((form for form in self.forms if bool(_CHINESE.search(form)) == chinese), None)


@dataclass
class Search:
    """What one search found, and how long each step took, in seconds."""

    passages: list[Passage] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)


class Searcher:
    """Searches one library; notices when another process has written to it."""

    def __init__(
        self, library: Library, vectors: VectorIndex, embedder: Embedder, settings: SearchSettings | None = None
    ) -> None:
        self._library, self._vectors, self.embedder = library, vectors, embedder
        self.settings = settings or SearchSettings()
        self._generation = library.generation
        self._token_vectors: dict[int, Vectors] = {}

    def search(
        self, question: Question | str, limit: int = 8, filters: Filters | None = None, *, rerank: bool = True
    ) -> Search:
        """The best passages, sorted by score, unique, neighbours of the same section merged.

        Raises EmbedderMismatch where the library was made with another embedder.
        """
        asked = Question(question) if isinstance(question, str) else question
        chosen = filters or Filters()
        self._follow_writers()
        self._library.check_embedder(self.embedder.identity)
        found, started = Search(), time.perf_counter()

        rankings = [self._dense(form, chosen) for form in asked.forms if self.settings.dense]
        started = _lap(found, "dense", started)
        rankings += [self._lexical(form, chosen) for form in asked.forms if self.settings.lexical]
        started = _lap(found, "lexical", started)
        scores = self._fused(rankings, asked)
        if rerank and scores and self.settings.max_sim:
            scores = self._rerank(asked, scores, rankings, max(self.settings.reranked, limit))
            started = _lap(found, "rerank", started)
        ranked = sorted(scores, key=lambda chunk: -scores[chunk])
        found.passages = self._passages(ranked, scores, limit)
        _lap(found, "merge", started)
        return found

    def papers(self, filters: Filters | None = None) -> int:
        """How many papers a search with these filters looks through; years are not counted apart."""
        chosen = filters.papers if filters else None
        return len(chosen) if chosen is not None else len(self._library.papers())

    def _follow_writers(self) -> None:
        generation = self._library.generation
        if generation != self._generation:
            self._vectors.reopen()
            self._generation = generation
            self._token_vectors.clear()

    def _dense(self, text: str, filters: Filters) -> list[int]:
        vector = self.embedder.embed_question(text)
        return [chunk for chunk, _ in self._vectors.query(vector, self.settings.candidates, filters)]

    def _lexical(self, text: str, filters: Filters) -> list[int]:
        return [chunk for chunk, _ in self._library.search_text(text, self.settings.candidates, filters)]

    def _fused(self, rankings: list[list[int]], asked: Question, third: list[int] | None = None) -> dict[int, float]:
        """The legs in the order in which they were searched, each wording's ranking with the weight of its leg."""
        settings, forms = self.settings, len(asked.forms)
        weights = [weight for weight in (settings.dense, settings.lexical) if weight for _ in range(forms)]
        if third is None:
            return reciprocal_rank_fusion(rankings, k=settings.rrf_k, weights=weights)
        weights.append(settings.max_sim)
        return reciprocal_rank_fusion([*rankings, third], among=third, k=settings.rrf_k, weights=weights)

    def _rerank(
        self, asked: Question, fused: dict[int, float], rankings: list[list[int]], depth: int
    ) -> dict[int, float]:
        """Fuses the legs with a third ranking: MaxSim (ColBERT, Khattab and Zaharia 2020) over token vectors."""
        best = sorted(fused, key=lambda chunk: -fused[chunk])[:depth]
        question = self.embedder.token_vectors([asked.forms[-1]])[0]
        similarity = {chunk: max_sim(question, vectors) for chunk, vectors in self._vectors_of(best).items()}
        return self._fused(rankings, asked, sorted(similarity, key=lambda chunk: -similarity[chunk]))

    def _vectors_of(self, chunks: Sequence[int]) -> dict[int, Vectors]:
        missing = [chunk for chunk in self._library.chunk(chunks) if chunk.id not in self._token_vectors]
        texts = [self._library.paper(chunk.paper_id).quote(chunk.span) for chunk in missing]
        if len(self._token_vectors) > 500:  # about 200 MB of float32 at 384 dimensions
            self._token_vectors.clear()
            return self._vectors_of(chunks)
        for chunk, vectors in zip(missing, self.embedder.token_vectors(texts), strict=True):
            self._token_vectors[chunk.id] = vectors
        return {chunk: self._token_vectors[chunk] for chunk in chunks if chunk in self._token_vectors}

    def _passages(self, ranked: list[int], scores: dict[int, float], limit: int) -> list[Passage]:
        groups: list[list[StoredChunk]] = []
        for chunk in self._library.chunk(ranked[: limit * 3]):
            touching = [group for group in groups if self._belongs(chunk, group)]
            if touching:
                touching[0].append(chunk)
                for other in touching[1:]:  # the chunk closed the gap between two groups
                    if len(touching[0]) + len(other) <= self.settings.max_merged:
                        touching[0] += other
                        groups.remove(other)
            elif len(groups) < limit:
                groups.append([chunk])
        return [self._passage(group, scores) for group in groups]

    def _belongs(self, chunk: StoredChunk, group: list[StoredChunk]) -> bool:
        """Whether a chunk touches a group of its own paper, section and zone that still has room."""
        first = group[0]
        if len(group) >= self.settings.max_merged or chunk.paper_id != first.paper_id or chunk.zone != first.zone:
            return False
        paper = self._library.paper(chunk.paper_id)
        start, end = min(each.span.start for each in group), max(each.span.end for each in group)
        between = paper.text[end : chunk.span.start] if chunk.span.start >= end else paper.text[chunk.span.end : start]
        touches = chunk.span.start >= end or chunk.span.end <= start
        return touches and not between.strip() and paper.headings(chunk.span.start) == paper.headings(first.span.start)

    def _passage(self, group: list[StoredChunk], scores: dict[int, float]) -> Passage:
        span = Span(min(chunk.span.start for chunk in group), max(chunk.span.end for chunk in group))
        return Passage(self._library.paper(group[0].paper_id), span, max(scores[chunk.id] for chunk in group))


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


def best_sentences(
    embedder: Embedder, question: str, passages: Sequence[Passage], limit: int
) -> list[tuple[Passage, Span]]:
    """The sentence of each of the first `limit` passages that is most like the question, by MaxSim."""
    asked = embedder.token_vectors([question])[0]
    best = []
    for passage in passages[:limit]:
        spans = prose_spans(passage.paper, passage.span) or [passage.span]
        vectors = embedder.token_vectors([passage.paper.quote(span) for span in spans])
        best.append((passage, spans[int(np.argmax([max_sim(asked, each) for each in vectors]))]))
    return best


def _lap(found: Search, step: str, started: float) -> float:
    now = time.perf_counter()
    found.seconds[step] = round(now - started, 3)
    return now
