"""Whether a sentence and the source words that it is paired with agree: negation, direction, strength, order, names."""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import numpy as np

from assistant.verify.alignment import Alignment, Word, read_words
from assistant.verify.amounts import Amount, given, read_amounts

REACH = 5  # words behind a negation that it may speak of, and before a word that may negate it
SAME_WORD = 0.03  # by which a second occurrence of a word in a source may be less alike
PAIRED = 0.62  # score from which two words are taken to speak of the same
_NEGATION = re.compile(
    r"\b(?:not(?! only)|no(?! more than\b| less than\b)|never|none|neither|nor|cannot|without|fail(?:s|ed|ing|ure)?"
    r"|unable|lack(?:s|ed|ing)?|nobody|nothing|nowhere|hardly|scarcely|barely|rarely|seldom|instead of|rather than"
    r"|dispens\w+ with|do(?:es)? away with|avoid\w*|prevent\w*|ignor\w+|exclud\w+|omit\w*|absen\w+|discard\w*|far from"
    r"|drop(?:s|ped)? the|remov\w+|untouched|un(?:shared|changed|affected|necessary|able|trained|labell?ed|supervised)"
    r"|un(?:known|related|published|modified|like)|in(?:sufficient|adequate|ability|dependent|capable|sensitive|feasible)"
    r"|im(?:possible|material)|ir(?:relevant|respective)|leav\w+ (?:\w+ )?out|no longer|too \w+ to|until)\b|n[’']t\b"
    r"|[不没未无非]",
    re.IGNORECASE,
)
_NAME = re.compile(r"[A-Z][\w’'-]{0,40}[A-Z0-9]\w*|(?<![a-z])[a-z]{1,40}[A-Z]\w*|[A-Z]{2,}\w*")
_PROPER = re.compile(r"(?<![.!?:;“\"'’]\s)(?<!^)\b[A-Z][a-z]{2,}\b")
_NO_NAME = frozenset(
    """the this these our english figure table section equation appendix average january february march april may june
    july august september october november december state network networks neural learning deep language
    model""".split()
)


@cache
def _words() -> dict[str, frozenset[str]]:
    values = tomllib.loads((Path(__file__).parent / "agreement.toml").read_text("utf-8"))
    return {name: frozenset(value.split()) for name, value in values.items() if isinstance(value, str)}


@cache
def _axes() -> tuple[tuple[frozenset[str], frozenset[str]], ...]:
    values = tomllib.loads((Path(__file__).parent / "agreement.toml").read_text("utf-8"))
    return tuple((frozenset(one.split()), frozenset(other.split())) for one, other in values["axes"])


@cache
def _ends() -> dict[str, list[tuple[int, int]]]:
    found: dict[str, list[tuple[int, int]]] = {}
    for row, axis in enumerate(_axes()):
        for end, words in enumerate(axis):
            for word in words:
                found.setdefault(word, []).append((row, end))
    return found


@dataclass(frozen=True)
class Pairs:
    """The words of a sentence and the likest word of its union of sources for each: (source, column, score)."""

    words: tuple[Word, ...]
    of: tuple[tuple[int, int, float], ...]


def paired(found: Alignment) -> Pairs:
    """Each word of the sentence with its likest word among the sources of the union."""
    rows = []
    for row in range(len(found.words)):
        options = [
            (float(found.scores[source][row].max()), source, int(found.scores[source][row].argmax()))
            for source in found.union
            if found.scores[source].shape[1]
        ]
        score, source, column = max(options, default=(0.0, -1, -1))
        rows.append((source, column, score))
    return Pairs(found.words, tuple(rows))


@lru_cache(maxsize=8192)
def negated(text: str) -> frozenset[int]:
    """The rows of the words of a text that a negation before or in them speaks of.

    >>> sorted(negated("It does not use recurrence but attention"))
    [3, 4]
    """
    words = read_words(text)
    rows: set[int] = set()
    for match in _NEGATION.finditer(text):
        behind = [row for row, word in enumerate(words) if word.start >= match.end() and word.weight > 0]
        own = [
            row
            for row, word in enumerate(words)
            if word.start >= match.start() and word.end <= match.end() and word.weight
        ]
        clause = re.search(r"[,;:()]|\bbut\b", text[match.end() :])
        end = match.end() + clause.start() if clause else len(text)
        rows |= {row for row in behind[:2] if words[row].start < end}
        rows |= set(own)
    return frozenset(rows)


def negation_faults(found: Alignment, pairs: Pairs, sentence: str) -> tuple[int, int]:
    """How many words are negated in the sentence but not in their source, and how many the other way round."""
    own = negated(sentence)
    only_here = only_there = 0
    for row, (source, _, score) in enumerate(pairs.of):
        if not found.words[row].weight or score < PAIRED:
            continue
        theirs = negated(found.sources[source])
        columns = np.flatnonzero(found.scores[source][row] >= score - SAME_WORD)
        if not any((column in theirs) == (row in own) for column in columns):
            only_here += row in own
            only_there += row not in own
    return only_here, only_there


def opposed_words(found: Alignment, pairs: Pairs, sentence_negated: frozenset[int]) -> list[str]:
    """Words of the sentence whose opposite, and none of whose own side, occurs in the sources; negations counted in."""
    said = [word.text for word in found.words]
    held: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for source in found.union:
        for column, each in enumerate(read_words(found.sources[source])):
            for side in _ends().get(each.text, ()):
                held.setdefault(side, []).append((source, column))
    faults = []
    for row, word in enumerate(said):
        for axis, end in _ends().get(word, ()):
            other = held.get((axis, 1 - end), [])
            if held.get((axis, end)) or not other or any((axis, 1 - end) in _ends().get(text, ()) for text in said):
                continue
            theirs = any(column in negated(found.sources[source]) for source, column in other)
            if theirs == (row in sentence_negated):
                faults.append(word)
                break
    return faults


def strength(sentence: str, held: str) -> dict[str, float]:
    """Flags of a claim that is stronger than its source, each 0 or 1."""
    said, source = _of_kinds(sentence), _of_kinds(held)
    return {
        "universal": float(bool(said["universal"]) and not source["universal"]),
        "universal_partial": float(bool(said["universal"]) and not source["universal"] and bool(source["partial"])),
        "certain": float(bool(said["certain"]) and not source["certain"]),
        "unhedged": float(bool(source["hedged"]) and not said["hedged"]),
        "causal": float(bool(said["causal"]) and not source["causal"]),
        "future": float(bool(source["future"]) and not said["future"]),
    }


@lru_cache(maxsize=8192)
def _of_kinds(text: str) -> dict[str, frozenset[str]]:
    words = {word.text for word in read_words(text)}
    return {
        kind: frozenset(each for each in listed if each in words or (not each.isascii() and each in text))
        for kind, listed in _words().items()
    }


def names_of(text: str) -> set[str]:
    """The names of a text in lower case: capitals inside, acronyms, capitalised words inside a sentence."""
    found = {name.casefold() for name in _NAME.findall(text)}
    found |= {name.casefold() for name in _PROPER.findall(text)}
    return {name.removesuffix("’s").removesuffix("'s") for name in found} - _NO_NAME


def missing_names(sentence: str, held: str) -> set[str]:
    """The names of a sentence that a text does not hold, neither as a word, a beginning nor initials."""
    text = held.casefold()
    plain = re.sub(r"[-–‐\s]", "", text)
    initials = "".join(word.text[0] for word in read_words(held))
    return {
        name
        for name in names_of(sentence)
        if name not in text
        and re.sub(r"[-–‐\s]", "", name).removesuffix("s") not in plain
        and not (len(name) > 2 and name in initials)
    }


def misbound_amounts(found: Alignment, sentence: str) -> float:
    """By how much another amount of the sources fits the words beside an amount of the sentence better; 0 if none does.

    "Two layers of 4096 units" misreads "4096 units in two layers, 512 dimensions" for neither number, while "512 units"
    would stand beside words that go with 4096.
    """
    worst = 0.0
    theirs = [(row, amount) for row in range(len(found.sources)) for amount in read_amounts(found.sources[row])]
    for amount in read_amounts(sentence):
        beside = _beside(found.words, amount)
        if not beside or not theirs:
            continue
        fits = [(_fit(found, beside, source, other), given(amount, other)) for source, other in theirs]
        own = max((fit for fit, same in fits if same), default=None)
        other = max((fit for fit, same in fits if not same), default=0.0)
        if own is not None:
            worst = max(worst, other - own)
    return worst


def _beside(words: Sequence[Word], amount: Amount) -> list[int]:
    """The rows of up to two words with content before an amount and three behind it."""
    content = [row for row, word in enumerate(words) if word.weight and not word.text[0].isdigit()]
    before = [row for row in content if words[row].end <= amount.start][-2:]
    return before + [row for row in content if words[row].start >= amount.end][:3]


def _fit(found: Alignment, beside: Sequence[int], source: int, amount: Amount) -> float:
    """How well the words beside an amount of a source carry those beside one of the sentence."""
    columns = _beside(read_words(found.sources[source]), amount)
    return float(found.scores[source][np.ix_(beside, columns)].max(axis=1).mean()) if columns else 0.0


def inversions(found: Alignment, pairs: Pairs) -> tuple[float, float]:
    """Share of pairs of words that occur in the other order than in their source sentence, among the well paired; and
    the share of words so paired with the best source."""
    best = found.union[0] if found.union else -1
    if best >= 0 and bool(_PASSIVE.search(found.sentence)) != bool(_PASSIVE.search(found.sources[best])):
        return 0.0, 0.0  # another voice has another order
    order = [
        column
        for (source, column, score), word in zip(pairs.of, found.words, strict=True)
        if source == best and score >= PAIRED and word.weight
    ]
    if len(order) < 2:
        return 0.0, 0.0
    turned = sum(one > other for row, one in enumerate(order) for other in order[row + 1 :])
    content = sum(word.weight > 0 for word in found.words)
    return turned / (len(order) * (len(order) - 1) / 2), len(order) / max(content, 1)


def exchanged(found: Alignment) -> float:
    """By how much the sentence would read more like its best source with two of its phrases exchanged, 0 to 1.

    The longest common run of words in order, as a share of the words: "the student trains the teacher" gains by an
    exchange when the source says that the teacher trains the student.
    """
    own, theirs = _ordered(found)
    own = own[:MAX_EXCHANGED]
    if len(own) < 4:
        return 0.0
    now = _common(own, theirs)
    best = now
    for one in range(len(own)):
        for size in (1, 2):
            for other in range(one + size, len(own)):
                for width in (1, 2):
                    if other + width <= len(own):
                        turned = own[:one] + own[other : other + width] + own[one + size : other]
                        turned += own[one : one + size] + own[other + width :]
                        best = max(best, _common(turned, theirs))
    return (best - now) / len(own)


_PASSIVE = re.compile(
    r"(?<![^,;:()])(?P<subject>[^,;:()]{0,300}?)"  # from the beginning of a clause
    r"\b(?P<be>(?:is|are|was|were|be|been|being)\s+(?:\w{1,20}ly\s+)?)(?P<verb>\w{1,20}(?:ed|en|wn|ght|un|ut))"
    r"\s+by\s+(?P<agent>(?:(?!\b(?:with|through|using|via|which|that|while|whereas|and|but|for|in|on|at|of)\b)"
    r"[\w’'-]{1,40}\s*){1,5})",
    re.IGNORECASE,
)


@lru_cache(maxsize=8192)
def in_active_voice(text: str) -> str:
    """The text with agents in front of their verbs, so that the order of words tells roles apart; no prose to show.

    >>> in_active_voice("The student is taught by the teacher.")
    'the teacher taught The student .'
    """
    return _PASSIVE.sub(lambda each: f"{each['agent'].strip()} {each['verb']} {each['subject'].strip()} ", text)


def _ordered(found: Alignment) -> tuple[list[str], list[str]]:
    """The content stems of the sentence that its best source has, and those of the source, agents before verbs."""
    if not found.union:
        return [], []
    theirs = [word.stem for word in read_words(in_active_voice(found.sources[found.union[0]])) if word.stem]
    held = set(theirs)
    return [word.stem for word in read_words(in_active_voice(found.sentence)) if word.stem in held], theirs


MAX_EXCHANGED = 16  # words of one sentence that exchanges are tried among: half a millisecond each


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """Length of the longest common subsequence."""
    from rapidfuzz.distance import LCSseq

    return int(LCSseq.similarity(one, other))


MIN_RUN = 3  # words in a row that count as copied


def copied(found: Alignment) -> float:
    """Share of the words of the sentence that are in a run of at least three words of a source sentence."""
    own = [word.stem or word.text for word in found.words]
    inside = np.zeros(len(own), dtype=bool)
    for source in found.sources:
        theirs = [word.stem or word.text for word in read_words(source)]
        grams = {tuple(theirs[row : row + MIN_RUN]) for row in range(len(theirs) - MIN_RUN + 1)}
        for row in range(len(own) - MIN_RUN + 1):
            if tuple(own[row : row + MIN_RUN]) in grams:
                inside[row : row + MIN_RUN] = True
    return float(inside.mean()) if len(own) else 0.0


def passed_over(found: Alignment, pairs: Pairs) -> float:
    """Share of the words with content of the best source, between the first and the last that the sentence takes up,
    that it leaves out: a condition, an exception, another subject."""
    if not found.union:
        return 0.0
    best = found.union[0]
    theirs = read_words(found.sources[best])
    taken = {column for source, column, score in pairs.of if source == best and score >= PAIRED}
    taken = {column for column in taken if theirs[column].weight}
    if len(taken) < 2:
        return 0.0
    between = [column for column in range(min(taken), max(taken) + 1) if theirs[column].weight]
    scores = found.scores[best].max(axis=0)
    return float(np.mean([scores[column] < PAIRED for column in between]))


def common_order(found: Alignment) -> float:
    """Longest common subsequence of content stems with the best source, as a share of those that both have."""
    own, theirs = _ordered(found)
    return _common(own, theirs) / len(own) if len(own) > 1 else 1.0


NEAR_WORDS = 3  # content words around a word of an axis among which its opposite would be seen


def opposed_nearby(found: Alignment) -> bool:
    """Whether a word of the sentence has its opposite beside the same neighbours in a source: "easy examples" for
    "hard examples", though the source speaks of easy ones elsewhere."""
    for row, word in enumerate(found.words):
        ends = _ends().get(word.text, ())
        if not ends:
            continue
        beside = {
            found.words[each].stem for each in range(max(0, row - 2), min(len(found.words), row + 3)) if each != row
        }
        beside -= {""}
        seen_own = seen_other = False
        for source in found.union:
            words = read_words(found.sources[source])
            for column, theirs in enumerate(words):
                around = {
                    words[each].stem
                    for each in range(max(0, column - NEAR_WORDS), min(len(words), column + NEAR_WORDS + 1))
                }
                if beside & around:
                    seen_own |= theirs.text == word.text or any(end in _ends().get(theirs.text, ()) for end in ends)
                    seen_other |= any((axis, 1 - end) in _ends().get(theirs.text, ()) for axis, end in ends)
        if seen_other and not seen_own:
            return True
    return False
