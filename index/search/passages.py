"""Chunks that a search found to passages: neighbours of one section are read together."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest

from index.model.paper import Passage, Span, Zone
from index.model.records import StoredChunk
from index.search.fusion import Scores, best_first
from index.store.library import Library
from index.structure.element_references import floats

MAX_MERGED = 3  # chunks in one passage, so that few long passages do not crowd out the rest
_LOOKED_AT = 3  # chunks for each passage that is wanted, the best first


def merged(library: Library, scores: Scores, limit: int, *, most: int, per_paper: int = 0) -> list[Passage]:
    """The best `limit` passages, each of `most` chunks at most, with the score of its best.

    With `per_paper` above 0 no more than so many are of one paper.
    """
    taken: Counter[str] = Counter()
    groups: list[list[StoredChunk]] = []
    for chunk in library.chunk(best_first(scores)[: limit * _LOOKED_AT]):
        touching = [group for group in groups if _belongs(library, chunk, group, most)]
        if touching:
            touching[0].append(chunk)
            for other in touching[1:]:  # the chunk closed the gap between two groups
                if len(touching[0]) + len(other) <= most:
                    touching[0] += other
                    groups.remove(other)
                    taken[chunk.paper_id] -= 1
        elif len(groups) < limit and not (per_paper and taken[chunk.paper_id] >= per_paper):
            groups.append([chunk])
            taken[chunk.paper_id] += 1
    return [_passage(library, group, scores) for group in groups]


def spread(library: Library, scores: Scores, per_paper: int) -> list[int]:
    """The chunks by falling score, of each paper only as many as `per_paper` passages are made of."""
    kept, taken = [], Counter[str]()
    for chunk in library.chunk(best_first(scores)):
        if taken[chunk.paper_id] < per_paper * _LOOKED_AT:
            kept.append(chunk.id)
            taken[chunk.paper_id] += 1
    return kept


def interleaved(library: Library, scores: Scores, papers: Sequence[str], limit: int, *, most: int) -> list[Passage]:
    """The best passages of each of `papers` in turns, so that a question about several gets evidence from each."""
    own: dict[str, dict[int, float]] = {paper: {} for paper in papers}
    for chunk in library.chunk(list(scores)):
        if chunk.paper_id in own:
            own[chunk.paper_id][chunk.id] = scores[chunk.id]
    columns = [merged(library, found, limit, most=most) for found in own.values()]
    columns.sort(key=lambda column: -column[0].score if column else 0.0)
    rows = zip_longest(*columns)
    mixed = [passage for row in rows for passage in row if passage is not None][:limit]
    best = max((passage.score for passage in mixed), default=0.0)
    return [replace(passage, score=best - rank) for rank, passage in enumerate(mixed)]  # sorted by score, as always


def whole_floats(passages: Sequence[Passage]) -> list[Passage]:
    """The passages, a piece of a table with its caption and a table's caption with its rows; none inside another.

    Not so figures: the words inside them say nothing by themselves.
    """
    kept: list[Passage] = []
    for passage in map(_with_float, passages):
        if not any(each.paper.id == passage.paper.id and each.span.contains(passage.span) for each in kept):
            kept.append(passage)
    return kept


def figures_last(passages: Sequence[Passage]) -> list[Passage]:
    """The words inside figures behind all other passages: labels and arrows say nothing that can be quoted."""
    others = [passage for passage in passages if not _is_inside_figure(passage)]
    lowest = min((passage.score for passage in others), default=float("inf"))
    behind = [replace(each, score=min(each.score, lowest)) for each in passages if _is_inside_figure(each)]
    return others + behind


def _is_inside_figure(passage: Passage) -> bool:
    figures = (span for place, span in floats(passage.paper) if place.kind == "figure")
    return passage.zone is Zone.TABLE and any(span.overlaps(passage.span) for span in figures)


def _with_float(passage: Passage) -> Passage:
    if passage.zone not in (Zone.CAPTION, Zone.TABLE):
        return passage
    tables = (span for place, span in floats(passage.paper) if place.kind == "table")
    whole = next((span for span in tables if span.overlaps(passage.span)), passage.span)
    return replace(passage, span=Span(min(whole.start, passage.span.start), max(whole.end, passage.span.end)))


def _belongs(library: Library, chunk: StoredChunk, group: list[StoredChunk], most: int) -> bool:
    """Whether a chunk touches a group of its own paper, section and zone that still has room."""
    first = group[0]
    if len(group) >= most or chunk.paper_id != first.paper_id or chunk.zone != first.zone:
        return False
    paper = library.paper(chunk.paper_id)
    start, end = min(each.span.start for each in group), max(each.span.end for each in group)
    between = paper.text[end : chunk.span.start] if chunk.span.start >= end else paper.text[chunk.span.end : start]
    touches = chunk.span.start >= end or chunk.span.end <= start
    return touches and not between.strip() and paper.headings(chunk.span.start) == paper.headings(first.span.start)


def _passage(library: Library, group: list[StoredChunk], scores: Scores) -> Passage:
    span = Span(min(chunk.span.start for chunk in group), max(chunk.span.end for chunk in group))
    return Passage(library.paper(group[0].paper_id), span, max(scores[chunk.id] for chunk in group))
