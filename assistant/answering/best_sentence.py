"""Which sentence answers a question best: what is marked at once, and what is numbered for a model.

The cross-encoder says how well each answers, for questions and papers in English. Others are compared by the question's
telling words, each weighted by how rare it is among the sentences at hand, and by the embedder's cosine.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assistant.answering.cross_encoder import CrossEncoder
from assistant.question.question import language_of
from assistant.verify.terms import content_stems, is_chinese
from index.embedding.embed import Embedder
from index.model.paper import Passage, Span
from index.search.searcher import Question as Wordings
from index.structure.method_names import own_names
from index.structure.sentences import prose_spans
from index.structure.tables import table_head


@dataclass(frozen=True)
class Weights:
    """What counts for a sentence that a model may pick, beside what the cross-encoder says of it."""

    words: float = 2.0
    place: float = 0.15
    meaning: float = 4.0  # of a cosine, where the cross-encoder cannot read


WEIGHTS = Weights()
_EMBEDDED = 40  # sentences, where the cross-encoder cannot read


def mark_sentences(
    wordings: Wordings, passages: Sequence[Passage], embedder: Embedder, encoder: CrossEncoder
) -> list[tuple[Passage, Span]]:
    """Each passage with its best sentence, or row of a table; in the order of the passages.

    Where the cross-encoder cannot read, the rarest words that it shares with the question decide, names of the papers
    that it is about left out; a passage that shares none is compared by the embedder's cosine.
    """
    spans = [prose_spans(passage.paper, passage.span) or [passage.span] for passage in passages]
    texts = [[text_of(passage, span) for span in own] for passage, own in zip(passages, spans, strict=True)]
    flat = [text for own in texts for text in own]
    labels = [short_name(passage) for passage, own in zip(passages, spans, strict=True) for _ in own]
    answers = answer_scores(wordings, flat, labels, encoder)
    by_words = _by_words(_wanted(wordings), texts)
    marked = []
    for passage, own, said, score in zip(passages, spans, texts, by_words, strict=True):
        if answers is not None:
            score, answers = answers[: len(own)], answers[len(own) :]
        elif not any(score):
            score = _by_meaning(wordings.text, said, embedder)
        marked.append((passage, own[max(range(len(own)), key=score.__getitem__)]))
    return marked


def answer_scores(
    wordings: Wordings, texts: Sequence[str], labels: Sequence[str], encoder: CrossEncoder
) -> list[float] | None:
    """What the cross-encoder says of each sentence, under its paper's short name; None where it cannot read."""
    english = wordings.wording(False)
    if english is None or language_of(english) != "en" or any(is_chinese(text) for text in texts):
        return None
    return encoder.scores(english, [f"({label}) {text}" for label, text in zip(labels, texts, strict=True)])


def closeness(
    wordings: Wordings,
    texts: Sequence[str],
    places: Sequence[int],
    labels: Sequence[str],
    embedder: Embedder,
    encoder: CrossEncoder,
    weights: Weights = WEIGHTS,
) -> list[float]:
    """How well each sentence seems to answer: what the cross-encoder says, shared telling words, its passage's place.

    `places` are the ranks of the sentences' passages, from 0, and `labels` their papers' short names. Where the
    cross-encoder cannot read, the embedder's cosine stands for it; only the sentences that share most words, or stand
    in the first passages, are then embedded.
    """
    words = _by_words(_wanted(wordings), [texts])[0]
    base = [weights.words * score - weights.place * place for score, place in zip(words, places, strict=True)]
    answers = answer_scores(wordings, texts, labels, encoder)
    if answers is not None:
        return [score + own for score, own in zip(base, answers, strict=True)]
    best = sorted(range(len(texts)), key=lambda row: -base[row])[:_EMBEDDED]
    scores = [score - weights.meaning for score in base]  # behind all that are embedded
    if best:
        cosines = np.asarray(embedder.embed([texts[row] for row in best])) @ embedder.embed_question(wordings.forms[-1])
        for row, cosine in zip(best, cosines, strict=True):
            scores[row] = base[row] + weights.meaning * float(cosine)
    return scores


def text_of(passage: Passage, span: Span) -> str:
    """The words as a reader sees them, on one line; a row of a table stands behind its caption and header."""
    return " ".join(" ".join([*table_head(passage.paper, span), passage.paper.quote(span)]).split())


def short_name(passage: Passage) -> str:
    """How a paper is called in a word or two: what it names its method, else its title before the colon."""
    names = own_names(passage.paper)
    return names[0] if names else passage.paper.title.partition(":")[0].strip()[:60] or passage.paper.id


def _wanted(wordings: Wordings) -> set[str]:
    subjects = wordings.subjects
    plain = [subjects.without_names(form) if subjects else form for form in wordings.forms]
    return set(content_stems(" ".join(plain))) or set(content_stems(" ".join(wordings.forms)))


def _by_words(wanted: set[str], texts: Sequence[Sequence[str]]) -> list[list[float]]:
    """For each text of each passage the share of the wanted stems that it has, the rare ones counting more."""
    held = [[wanted & set(content_stems(text)) for text in own] for own in texts]
    counts = Counter(stem for own in held for stems in own for stem in stems)
    sentences = sum(map(len, held))
    weights = {stem: math.log(1 + sentences / (0.5 + counts[stem])) for stem in wanted}
    total = sum(weights.values()) or 1.0
    return [[sum(weights[stem] for stem in stems) / total for stems in own] for own in held]


def _by_meaning(question: str, texts: Sequence[str], embedder: Embedder) -> list[float]:
    if len(texts) < 2:
        return [0.0] * len(texts)
    return [float(score) for score in np.asarray(embedder.embed(texts)) @ embedder.embed_question(question)]
