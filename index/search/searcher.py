"""A question to passages: dense and lexical search, fused, deeper in the papers it is about, neighbours merged."""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from index.embedding.embed import Embedder, Vectors
from index.model.paper import Paper, Passage, Span
from index.model.records import Filters
from index.search.fusion import Scores, best_first, max_sim, reciprocal_rank_fusion, score_fusion
from index.search.missing_vectors import MissingVectors
from index.search.passages import MAX_MERGED, figures_last, interleaved, merged, spread, whole_floats
from index.search.subjects import Subjects, find_subjects
from index.store.fulltext import is_chinese
from index.store.library import Library
from index.store.vectors import VectorIndex
from index.structure.element_references import (
    MOST,
    NamedPlace,
    asked_floats,
    find_place,
    floats,
    mentions,
    named_places,
)

_CHINESE = re.compile(r"[\u4e00-\u9fff]{2}")  # two characters together: a name may hold one

CANDIDATES = 50  # of each leg
DEEPER = 4  # times as many for a question to each paper: one that is all about it must not crowd out the rest
MAX_CARDS = 50  # that an old library is given at a question: about a second at most
RERANKED = 24  # candidates whose token vectors are computed: about two seconds on two cores


@dataclass(frozen=True, slots=True)
class SearchSettings:
    """How a search goes, as one value; the defaults are the product's, others are for measuring.

    `dense`, `lexical` and `max_sim` are the weights of the three rankings in the fusion; a ranking of weight 0 is not
    made at all; MaxSim is not made unless it is asked for (1.8 s a question, no gain on papers: see RESULTS.md).
    `subject` is the weight of a second search inside each paper that the question names. Scores are fused; `rrf_k`
    above 0 fuses ranks instead, by reciprocal rank fusion with that k. `places` above 0 looks figures, tables, sections
    and pages up by the numbers that the question gives.
    """

    candidates: int = CANDIDATES
    reranked: int = RERANKED
    rrf_k: int = 0
    max_merged: int = MAX_MERGED
    dense: float = 1.0
    lexical: float = 1.0
    max_sim: float = 0.0
    subject: float = 1.0
    places: int = 1


@dataclass(frozen=True)
class Question:
    """A question as the two legs see it: in its own words, and in the language of the papers if that differs.

    `subjects` are the papers that it is about, if they were found already; else the search finds them.
    """

    text: str
    translation: str | None = None
    subjects: Subjects | None = None

    @property
    def forms(self) -> tuple[str, ...]:
        """All wordings to search with."""
        return (self.text, self.translation) if self.translation else (self.text,)

    def wording(self, chinese: bool) -> str | None:
        """The wording in Chinese, or in the papers' other language, English before the user's own; None without one."""
        return next((form for form in reversed(self.forms) if bool(_CHINESE.search(form)) == chinese), None)


@dataclass
class Search:
    """What one search found, and how long each step took, in seconds.

    `subjects` are the papers that the question names or describes. If it is about one paper, `paper`: `placed` are the
    figures, tables and algorithms that it names, by the spans of their passages, which come first; `absent` are what it
    names and the paper neither has nor mentions.
    """

    passages: list[Passage] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    paper: Paper | None = None
    placed: dict[Span, NamedPlace] = field(default_factory=dict)
    absent: tuple[NamedPlace, ...] = ()
    subjects: Subjects = field(default_factory=Subjects)


class Searcher:
    """Searches one library; notices when another process has written to it."""

    def __init__(
        self, library: Library, vectors: VectorIndex, embedder: Embedder, settings: SearchSettings | None = None
    ) -> None:
        self._library, self._vectors, self.embedder = library, vectors, embedder
        self.settings = settings or SearchSettings()
        self.missing = MissingVectors(library, vectors)
        self._generation = library.generation
        self._token_vectors: dict[int, Vectors] = {}

    @property
    def library(self) -> Library:
        """The library that is searched."""
        return self._library

    def search(
        self,
        question: Question | str,
        limit: int = 8,
        filters: Filters | None = None,
        *,
        rerank: bool = True,
        per_paper: int = 0,
    ) -> Search:
        """The best passages, sorted by score, unique, neighbours of the same section merged.

        With `per_paper` above 0 no more than so many are of one paper, for a question that is asked of each.

        Where one paper is searched or named, what the question gives by number (figures, tables, sections, pages)
        stands before all others.

        Raises EmbedderMismatch where the library was made with another embedder.
        """
        asked = Question(question) if isinstance(question, str) else question
        chosen = filters or Filters()
        self._follow_writers()
        self._library.check_embedder(self.embedder.identity)
        self.missing.look()
        if asked.subjects is None:
            self._library.make_cards(MAX_CARDS)
        with self._library.one_moment():
            return self._search(asked, limit, chosen, rerank, per_paper)

    def _search(self, asked: Question, limit: int, chosen: Filters, rerank: bool, per_paper: int) -> Search:
        found, started = Search(), time.perf_counter()
        depth = self.settings.candidates * (DEEPER if per_paper else 1)
        legs = [self._dense(form, asked, depth, chosen) for form in asked.forms if self.settings.dense]
        started = _lap(found, "dense", started)
        legs += [self._lexical(form, depth, chosen) for form in asked.forms if self.settings.lexical]
        started = _lap(found, "lexical", started)
        scores = self._fused(legs, len(asked.forms))
        if per_paper:
            scores = {chunk: scores[chunk] for chunk in spread(self._library, scores, per_paper)}
        if rerank and scores and self.settings.max_sim:
            scores = self._rerank(asked, scores, legs, max(self.settings.reranked, limit))
            started = _lap(found, "rerank", started)
        found.subjects = self._subjects(asked, chosen)
        if self.settings.subject and not per_paper:
            scores = self._deeper(asked, found.subjects, scores, chosen)
            started = _lap(found, "subjects", started)
        found.passages = self._passages(scores, found.subjects, limit, per_paper)
        self.missing.want([*(passage.paper.id for passage in reversed(found.passages)), *(chosen.papers or ())])
        found.paper = self._one_paper(scores, found.subjects, chosen)
        if self.settings.places and found.paper is not None:
            self._put_places_first(found, asked, found.paper, scores, limit)
        _lap(found, "merge", started)
        return found

    def nearest(self, text: str, limit: int, filters: Filters) -> Scores:
        """The chunks whose vectors are nearest to that of a text, with their cosines."""
        self._follow_writers()
        self._library.check_embedder(self.embedder.identity)
        if self._library.read_only:
            return {}
        return dict(self._vectors.query(self.embedder.embed_question(text), limit, filters))

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

    def _dense(self, form: str, asked: Question, depth: int, filters: Filters) -> Scores:
        """The nearest chunks of one wording; of two wordings, each those in its own language.

        An embedder of one language puts a question in another near anything; a multilingual one does not.
        """
        if self._library.read_only:  # Chroma opens nothing that it may not write
            return {}
        found = dict(self._vectors.query(self.embedder.embed_question(form), depth, filters))
        chinese = bool(_CHINESE.search(form))
        if self.embedder.multilingual or asked.wording(not chinese) is None:
            return found
        own = {
            chunk.id
            for chunk in self._library.chunk(list(found))
            if is_chinese(self._library.paper(chunk.paper_id).quote(chunk.span)) == chinese
        }
        return {chunk: score for chunk, score in found.items() if chunk in own}

    def _lexical(self, text: str, depth: int, filters: Filters) -> Scores:
        return dict(self._library.search_text(text, depth, filters))

    def _fused(self, legs: list[Scores], forms: int, third: Scores | None = None) -> dict[int, float]:
        """The legs in the order in which they were searched, each of `forms` wordings with the weight of its leg.

        With a `third` ranking only what occurs in it is kept.
        """
        settings = self.settings
        weights = [weight for weight in (settings.dense, settings.lexical) if weight for _ in range(forms)]
        parts = legs if third is None else [*legs, third]
        weights += [] if third is None else [settings.max_sim]
        if settings.rrf_k:
            return reciprocal_rank_fusion(map(best_first, parts), third, k=settings.rrf_k, weights=weights)
        return score_fusion(parts, third, weights=weights)

    def _subjects(self, asked: Question, filters: Filters) -> Subjects:
        if asked.subjects is not None:
            return asked.subjects
        return find_subjects(self._library, asked.forms, filters)

    def _deeper(
        self, asked: Question, subjects: Subjects, scores: dict[int, float], filters: Filters
    ) -> dict[int, float]:
        """The scores, and to them those of a search inside each paper that the question names.

        There its name tells nothing, as it occurs everywhere, and is not searched for.
        """
        deeper = dict(scores)
        for paper, weight in subjects.weights.items():
            if filters.papers is not None and paper not in filters.papers:
                continue
            inside = replace(filters, papers=frozenset([paper]))
            depth = self.settings.candidates
            legs = [self._dense(form, asked, depth, inside) for form in asked.forms if self.settings.dense]
            plain = [subjects.without_names(form) or form for form in asked.forms if self.settings.lexical]
            legs += [self._lexical(form, depth, inside) for form in plain]
            for chunk, score in self._fused(legs, len(asked.forms)).items():
                deeper[chunk] = deeper.get(chunk, 0.0) + self.settings.subject * weight * score
        return deeper

    def _passages(self, scores: dict[int, float], subjects: Subjects, limit: int, per_paper: int) -> list[Passage]:
        most = self.settings.max_merged
        passages = merged(self._library, scores, limit, most=most, per_paper=per_paper)
        if self.settings.subject and not per_paper and len(subjects.named) > 1:
            passages = interleaved(self._library, scores, subjects.named, limit, most=most) or passages
        return figures_last(whole_floats(passages))

    def _rerank(self, asked: Question, fused: Scores, legs: list[Scores], depth: int) -> dict[int, float]:
        """Fuses the legs with a third ranking: MaxSim (ColBERT, Khattab and Zaharia 2020) over token vectors."""
        best = best_first(fused)[:depth]
        question = self.embedder.token_vectors([asked.forms[-1]])[0]
        similarity = {chunk: max_sim(question, vectors) for chunk, vectors in self._vectors_of(best).items()}
        return self._fused(legs, len(asked.forms), similarity)

    def _vectors_of(self, chunks: Sequence[int]) -> dict[int, Vectors]:
        missing = [chunk for chunk in self._library.chunk(chunks) if chunk.id not in self._token_vectors]
        texts = [self._library.paper(chunk.paper_id).quote(chunk.span) for chunk in missing]
        if len(self._token_vectors) > 500:  # about 200 MB of float32 at 384 dimensions
            self._token_vectors.clear()
            return self._vectors_of(chunks)
        for chunk, vectors in zip(missing, self.embedder.token_vectors(texts), strict=True):
            self._token_vectors[chunk.id] = vectors
        return {chunk: self._token_vectors[chunk] for chunk in chunks if chunk in self._token_vectors}

    def _one_paper(self, scores: Scores, subjects: Subjects, filters: Filters) -> Paper | None:
        """The paper, if only one is searched or named: numbers of figures mean nothing in many."""
        chosen = filters.papers
        if not scores:  # nothing there, or the paper was removed meanwhile
            return None
        if chosen is None or len(chosen) != 1:
            chosen = frozenset(subjects.named)
        return self._library.paper(next(iter(chosen))) if len(chosen) == 1 else None

    def _put_places_first(self, found: Search, asked: Question, paper: Paper, scores: Scores, limit: int) -> None:
        wanted = dict.fromkeys(place for form in asked.forms for place in named_places(form))
        kinds = {kind for form in asked.forms for kind in asked_floats(form)}
        chunks = [chunk.span for chunk in self._library.chunk(best_first(scores)) if chunk.paper_id == paper.id]
        first: dict[Span, NamedPlace | None] = {}
        for place in list(wanted)[:MOST]:
            span = find_place(paper, place)
            if span is None and not mentions(paper.text, place):
                # Of a scanned paper no caption may have been recognised: then nothing is said to be absent.
                found.absent += (place,) if any(floats(paper)) else ()
            elif span is None:
                first |= {chunk: None for chunk in chunks if mentions(paper.quote(chunk), place)}
            elif place.kind in ("figure", "table", "algorithm"):
                first[span] = place
            elif inside := [each for each, other in floats(paper) if other.overlaps(span) and each.kind in kinds]:
                first[find_place(paper, inside[0]) or span] = inside[0]
            else:
                first |= {chunk: None for chunk in [each for each in chunks if each.overlaps(span)][:1]}
        best = max((passage.score for passage in found.passages), default=0.0)
        ahead: list[Passage] = []
        for row, span in enumerate(list(first)[:MOST]):
            if not any(passage.span.overlaps(span) for passage in ahead):
                ahead.append(Passage(paper, span, best + MOST - row))
        found.placed = {span: place for span, place in first.items() if place}
        taken = [passage.span for passage in ahead]
        rest = [
            passage
            for passage in found.passages
            if passage.paper.id != paper.id or not any(span.overlaps(passage.span) for span in taken)
        ]
        found.passages = [*ahead, *rest][:limit]


def _lap(found: Search, step: str, started: float) -> float:
    now = time.perf_counter()
    found.seconds[step] = round(now - started, 3)
    return now
