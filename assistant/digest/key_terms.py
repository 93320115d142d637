"""Terms of a few words that stand in a text, compared by their stems and shown as they are written."""

import re
from collections.abc import Iterable

from assistant.verify.terms import content_stems

_RUN = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[-‐-–][A-Za-z0-9]+)*(?:[ \n][A-Za-z][A-Za-z0-9]*(?:[-‐-–][A-Za-z0-9]+)*)*")
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_LONGEST = 3  # words of a term
# What papers of every field say of themselves; no term of theirs tells one field from another. As stems.
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
    """The terms of texts: their stems, and the term as it is first written.

    A term is one to three words that follow one another, begins and ends with a word that is not of every paper, and
    holds no word without content. English only: a Chinese text has no words to count without a segmenter.

    >>> sorted(key_terms(["We propose traffic prediction on road graphs."]))
    [('graph',), ('road',), ('road', 'graph'), ('traffic',), ('traffic', 'predict')]
    """
    found: dict[tuple[str, ...], str] = {}
    for text in texts:
        for run in _RUN.finditer(text):
            words = list(_WORD.finditer(run.group()))
            stems = [_stem(word.group()) for word in words]
            for first in range(len(words)):
                for last in range(first, min(first + _LONGEST, len(words))):
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
