"""Make the executive summary of a report from verified findings of its breakdowns and from counts, never from titles.

A theme is a group of papers whose findings are similar and share a term; its label is that term. Groups are merged as
in average-linkage clustering, but only while all members share a term, so that no paper gets a label that it does not
contain. Key terms are short phrases that are compared by their stems and shown as they are written.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assistant.breakdown.record import Finding, Origin
from assistant.digest.record import Card, Linked, Summary
from assistant.digest.similarity import ORDINARY_NEAREST, stretched
from assistant.language.phrases import say
from assistant.llm.prompts import Language
from assistant.verify.terms import content_stems, numbers
from index.embedding.embed import Embedder

_RUN = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[-‐-–][A-Za-z0-9]+)*(?:[ \n][A-Za-z][A-Za-z0-9]*(?:[-‐-–][A-Za-z0-9]+)*)*")
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_LONGEST_TERM = 3  # words of a term
# Words that papers of every field use about themselves, so they distinguish none. As stems.
_OF_ANY_PAPER = frozenset(
    content_stems(
        """across against although among another because before between both during each either every however instead
        many much often per rather several since still than though through thus toward towards unlike until upon
        versus whereas whether while within without yet also highlight
        ability able abstract academic according accuracy accurate achieve across adapt adaptive additional address
        advance advantage aim algorithm allow analysis analyze apply application approach article art aspect author
        automatic available average base baseline behavior benchmark benefit best better bridge build call capability
        capture case central challenge change code combine common compare comparison competitive complex component
        comprehensive compute computational concept condition conduct consider consist consistent constraint construct
        contain context contribute contribution core cost create critical current data dataset day deep demonstrate
        depend derive describe design detail develop development difference different difficult direct directly
        distinct diverse domain drive due early effect effective effectively effectiveness efficiency efficient
        efficiently effort element employ enable end enhance ensure establish estimate evaluate evaluation evidence
        example exceed excel exist existing experiment experimental explore extend extensive extract face fact factor
        feature field final find finding first focus follow form framework full fully function further future gain gap
        general generate generation give given goal good great group growing handle help high higher highly however
        human idea identify impact implement implementation importance important improve improvement include increase
        incorporate indicate individual information inform input insight instance integrate interest introduce
        investigate involve issue joint key knowledge known lack large later lead learn learning level leverage limit
        limitation limited line little local long low lower main maintain make mean measure mechanism method metric
        minimal model modern module multiple mutual name natural need network new next novel number objective observe
        obtain offer one open operate optimal order original output outperform overall paper parameter part particular
        perform performance pipeline point possible potential power practical practice precise predict prediction
        present previous primary principle prior problem procedure process produce promising propose prove provide
        publicly purpose quality quantitative question range rate ratio reach real recent recently reduce reduction
        refer relate related relation release rely remain report represent representation require research respect
        respectively result reveal robust robustness role run sample scalable scale score second section set setting
        several share show significant significantly similar simple simultaneously single situation size small solution
        solve source specific stage standard state step strategy strong structure study subject substantial
        substantially success successful suggest suitable superior support surpass system systematic take target task
        technique term test theoretical therefore three time tool top total train training two type typical under
        underlying understand unified unify unique unknown use user utilize validate validation value variety various
        version via way well wide widely work world yield zero"""
    )
)


def key_terms(texts: Iterable[str]) -> dict[tuple[str, ...], str]:
    """The key terms of texts: their stems, and the spelling of the first occurrence.

    A term is one to three consecutive words without stop words, and begins with a word that not every paper uses.
    English only: a Chinese text has no words to count without a segmenter.

    >>> sorted(key_terms(["We propose traffic prediction on road graphs."]))
    [('graph',), ('road',), ('road', 'graph'), ('traffic',), ('traffic', 'predict')]
    """
    found: dict[tuple[str, ...], str] = {}
    for text in texts:
        for run in _RUN.finditer(text):
            words = list(_WORD.finditer(run.group()))
            stems = [_stem(word.group()) for word in words]
            for first in range(len(words)):
                for last in range(first, min(first + _LONGEST_TERM, len(words))):
                    term = tuple(stems[first : last + 1])
                    if _is_term(term):
                        written = run.group()[words[first].start() : words[last].end()]
                        found.setdefault(term, " ".join(written.split()))
    return found


def _stem(word: str) -> str:
    stems = content_stems(word)
    return stems[0] if len(stems) == 1 else ""


def _is_term(stems: tuple[str, ...]) -> bool:
    if not all(stems):
        return False
    own = [stem not in _OF_ANY_PAPER and len(stem) > 2 for stem in stems]
    return own[0] and (own[-1] or len(stems) > 1)


_MOST = {"themes": 5, "highlights": 6, "emerging": 5, "reading": 5}
_ALIKE = (
    0.15  # of `stretched`, the minimum average similarity inside a theme: low, because its papers also share a term
)
_LABELS = 2  # terms that name a theme
_ENOUGH = 500  # titles announced before, from which "rare" is meaningful
_UNSEEN = 3  # none in n is a rate of at most 3/n, with 95 % certainty (the rule of three)
_TIMES = 2  # how many times more frequent a term must be today than it can have been before
_USUAL, _SOME = 0.4, 5  # a term in more than this share of at least five papers names no group
_IDEA = ("core_idea", "contributions", "difference", "abstract")
_RESULT = ("results", "strengths", "contributions", "abstract")
_LONGEST = 400  # characters in a highlight
# A result (percentage, factor, decimal number), not a year, an amount of data or "2.5D".
_GAIN = re.compile(
    r"\d\s*(?:\\?%|percent\b|percentage points|(?:x|×|times)(?!\w)|倍|个百分点)|\b[x×]\d|(?<![\w.])\d+\.\d+(?![\w.])",
    re.IGNORECASE,
)
_ACRONYM = re.compile(r"(?=[a-z]*[A-Z][a-z0-9]*[A-Z])[A-Za-z0-9]+")

Terms = dict[tuple[str, ...], str]


@dataclass(frozen=True)
class Titles:
    """Titles in which terms are counted: of the whole listing of the day, and of earlier days."""

    today: Sequence[str]
    before: Sequence[str]


@dataclass(frozen=True)
class _Read:
    """A card with a breakdown, the findings that represent it, and their terms."""

    card: Card
    findings: tuple[Finding, ...]
    terms: Terms


def summarise(cards: Sequence[Card], titles: Titles, embedder: Embedder, language: Language) -> Summary:
    """The summary of a report's cards, best first; each statement names its papers and the findings it is based on."""
    read = [_read(card) for card in cards if card.breakdown]
    read = [each for each in read if each.findings]
    return Summary(
        themes=tuple(_themes(read, embedder, language))[: _MOST["themes"]],
        highlights=tuple(filter(None, (_highlight(each, language) for each in read)))[: _MOST["highlights"]],
        emerging=tuple(_emerging(read, titles, language))[: _MOST["emerging"]],
        reading=tuple(_reading(each, language) for each in read[: _MOST["reading"]]),
    )


def shared_groups(alike: NDArray[np.float32], terms: Sequence[Terms]) -> list[list[int]]:
    """Groups of two or more rows, the largest first: at least `_ALIKE` on average, with a term that all members share.

    `alike` (n, n) are similarities between 0 and 1.
    """
    groups = [[row] for row in range(len(terms))]
    while pairs := [
        (float(alike[np.ix_(one, other)].mean()), -i, -j)
        for i, one in enumerate(groups)
        for j, other in enumerate(groups[:i])
        if _shared([terms[row] for row in one + other])
    ]:
        likeness, i, j = max(pairs)
        if likeness < _ALIKE:
            break
        groups[-j] += groups.pop(-i)
    return sorted((sorted(group) for group in groups if len(group) > 1), key=lambda group: (-len(group), group))


def _read(card: Card) -> _Read:
    findings = [finding for name in _IDEA for finding in _findings(card, name)]
    return _Read(card, tuple(findings), key_terms(_source(finding) for finding in findings))


def _findings(card: Card, field: str) -> tuple[Finding, ...]:
    return card.breakdown.field(field).findings if card.breakdown else ()


def _source(finding: Finding) -> str:
    """The finding in the paper's language."""
    return finding.original or finding.text


def _themes(read: Sequence[_Read], embedder: Embedder, language: Language) -> list[Linked]:
    if len(read) < 2:
        return []
    vectors = embedder.embed([" ".join(_source(finding) for finding in each.findings) for each in read])
    products = vectors @ vectors.T
    upper = np.triu_indices(len(read), 1)
    alike = np.ones_like(products)
    alike[upper] = stretched(products[upper], ORDINARY_NEAREST)
    alike.T[upper] = alike[upper]
    telling = _telling([each.terms for each in read])
    return [_theme([read[row] for row in group], telling, language) for group in shared_groups(alike, telling)]


def _telling(terms: Sequence[Terms]) -> list[Terms]:
    """For each paper the terms that may name a group: several words or an acronym, and not in most papers.

    A single plain word ("motion") is shared by unrelated papers.
    """
    common = _frequencies(terms)
    most = _USUAL * len(terms) if len(terms) >= _SOME else len(terms)
    return [
        {
            term: written
            for term, written in each.items()
            if common[term] <= most and (len(term) > 1 or _ACRONYM.fullmatch(written))
        }
        for each in terms
    ]


def _theme(members: Sequence[_Read], telling: Sequence[Terms], language: Language) -> Linked:
    common = _frequencies(telling)
    shared = _shared([each.terms for each in members]) & set(common)
    labels = _apart(sorted(shared, key=lambda term: (-len(term), common[term], term)))[:_LABELS]
    written = say("mark.and", language).join(_spelled(label, members) for label in labels)
    return Linked(
        text=say("statement.theme", language, terms=written, count=len(members)),
        papers=tuple(each.card.arxiv_id for each in members),
        words=tuple(_finding_with(each, labels[0]).text for each in members),
    )


def _spelled(term: tuple[str, ...], members: Sequence[_Read]) -> str:
    """A term in its most frequent spelling, without the capital letter of the beginning of a sentence."""
    spellings = [each.terms[term] for each in members]
    lower = [each for each in spellings if each == each.lower()]
    return max(lower or spellings, key=(lower or spellings).count)


def _finding_with(read: _Read, term: tuple[str, ...]) -> Finding:
    return next(finding for finding in read.findings if term in key_terms([_source(finding)]))


def _shared(terms: Sequence[Terms]) -> set[tuple[str, ...]]:
    return set.intersection(*(set(each) for each in terms))


def _apart(terms: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """The terms that share no word with an earlier one."""
    chosen: list[tuple[str, ...]] = []
    for term in terms:
        if not any(set(term) & set(other) for other in chosen):
            chosen.append(term)
    return chosen


def _frequencies(terms: Sequence[Terms]) -> dict[tuple[str, ...], int]:
    counted: dict[tuple[str, ...], int] = {}
    for each in terms:
        for term in each:
            counted[term] = counted.get(term, 0) + 1
    return counted


def _highlight(read: _Read, language: Language) -> Linked | None:
    """The paper's own result with its number, which was checked against the paper when the finding was made."""
    found = (each for name in _RESULT for each in _findings(read.card, name) if len(each.text) <= _LONGEST)
    best = next((each for each in found if _GAIN.search(_source(each)) and numbers(_source(each))), None)
    if best is None:
        return None
    words = tuple(reference.quote for reference in best.references) or (best.text,)
    return Linked(text=_as_statement(best, language), papers=(read.card.arxiv_id,), words=words)


def _emerging(read: Sequence[_Read], titles: Titles, language: Language) -> list[Linked]:
    """Terms in the findings of two papers or more that are far more frequent in today's titles than before."""
    if len(titles.before) < _ENOUGH:
        return []
    today = _frequencies([key_terms([title]) for title in titles.today])
    before = _frequencies([key_terms([title]) for title in titles.before])
    common = {term: count for term, count in _frequencies([each.terms for each in read]).items() if count > 1}
    per_title = len(titles.today) / len(titles.before)
    rising = [
        term
        for term in common
        if today.get(term, 0) > _TIMES * (before.get(term, 0) + _UNSEEN) * per_title
        and (len(term) > 1 or today[term] > 1)
    ]
    chosen = _apart(sorted(rising, key=lambda term: (before.get(term, 0), -common[term], -len(term), term)))
    return [_rising(term, read, titles, (today[term], before.get(term, 0)), language) for term in chosen]


def _rising(
    term: tuple[str, ...], read: Sequence[_Read], titles: Titles, counts: tuple[int, int], language: Language
) -> Linked:
    having = [each for each in read if term in each.terms]
    facts = {"count": len(having), "read": len(read), "today": counts[0], "titles": len(titles.today)}
    facts |= {"before": counts[1], "known": len(titles.before)}
    return Linked(
        text=say("statement.emerging", language, term=_spelled(term, having), **facts),
        papers=tuple(each.card.arxiv_id for each in having),
        words=tuple(_finding_with(each, term).text for each in having),
    )


def _reading(read: _Read, language: Language) -> Linked:
    idea = read.findings[0]
    why = say("mark.and", language).join(read.card.reasons)
    return Linked(
        text=say("statement.reading", language, why=why[:1].upper() + why[1:], idea=_as_statement(idea, language)),
        papers=(read.card.arxiv_id,),
        words=(idea.text,),
    )


def _as_statement(finding: Finding, language: Language) -> str:
    """A finding as a statement of the summary; the paper's own words are put in quotation marks."""
    quoted = finding.origin is Origin.QUOTE and not finding.original
    return say("mark.quote", language, text=finding.text) if quoted else finding.text
