"""What a sentence says, as code can compare it: stems of its content words, its numbers, its negations.

English words are stemmed (Snowball); Chinese runs become character pairs, the usual unit without a segmenter.
"""

import re
from functools import cache
from typing import TYPE_CHECKING

from index.model.spelling import american
from index.store.fulltext import STOP_WORDS
from index.store.fulltext import is_chinese as is_chinese  # what compares words asks it of all it compares

if TYPE_CHECKING:
    from snowballstemmer.basestemmer import BaseStemmer

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?|[\u4e00-\u9fff]+")
_CHINESE = re.compile(r"[\u4e00-\u9fff]+")
# A digit behind a letter, or behind a letter and a hyphen, belongs to a name: "V100", "GPT-3" hold no number.
_NUMBER = re.compile(
    r"(?<![A-Za-z\d.])(?<![A-Za-z][-−–])(?:(?<!\d)[-−])?(?:\d{1,3}(?:[,\u00a0\u2009]\d{3})+(?!\d)|\d+)(?:\.\d+)?"
)
# Numbers of references, figures and sections say where something stands, not what.
_REFERENCE = re.compile(
    r"\[\d+(?:\s*[,;–-]\s*\d+)*\]"
    r"|\b(?:Fig(?:ure|\.)?|Tab(?:le|\.)?|Sec(?:tion|\.)?|Eq(?:uation|\.)?|Appendix)s?\s*\(?[A-Z]?\d+(?:\.\d+)*\)?",
    re.IGNORECASE,
)
_VERSION = re.compile(r"\bv(?=\d+\.\d)", re.IGNORECASE)  # SQuAD v1.1 is SQuAD 1.1
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:-\d[A-Za-z0-9]*)?")
_CAPITALISED = re.compile(r"(?<![\w-])[A-Z][\w'’-]*(?:\s+[A-Z][\w'’-]*)*")
_SENTENCE_BEGINS = ".:!?([;“\"‘'—•"
# What a translation writes in its own script: nations and languages, men whose names are terms, parts of a paper.
_TRANSLATABLE = frozenset(
    """american british chinese dutch english european french german greek italian japanese korean latin russian spanish
    western african asian america britain china europe france germany india japan earth internet moon sun universe web
    bayes bayesian bernoulli boltzmann boolean cauchy dirichlet einstein euclidean euler fourier gauss gaussian hamilton
    hamiltonian hessian hilbert hubble jacobian kalman lagrange lagrangian laplace laplacian markov newton newtonian
    pareto pearson poisson riemann shannon taylor turing wiener algorithm appendix chapter definition eq equation fig
    figure layer part phase section stage step table theorem accuracy attention precision recall the this these we our
    january february march april may june july august september october november december""".split()
)
_NEGATION = re.compile(
    r"\b(?:not(?! only)|no|never|none|neither|nor|cannot|without|fail(?:s|ed)? to|unable|lacks?)\b(?!-)"
    r"|n[’']t\b|[不没未无非]",
    re.IGNORECASE,
)
_NUMBER_WORDS = dict(
    zip(
        ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
        (str(value) for value in range(13)),
        strict=True,
    )
)
_SMALL_NUMBER = re.compile(
    rf"(?<![\w.,-])(?:\d{{1,2}}(?![\d.,%]*\d)(?!\s?%)|{'|'.join(_NUMBER_WORDS)})(?![\w-])", re.IGNORECASE
)
_CLAUSE_ENDS = re.compile(r"[.,:;()|\n]\s|[()|]")
_COUNTED = 3
# Of a noun and its verb that the stemmer keeps apart, one for both: "size reduction" is "reduces the size".
_SAME_STEM = {
    "reduct": "reduc", "introduct": "introduc", "comparison": "compar", "extens": "extend", "expans": "expand",
    "assumpt": "assum", "descript": "describ", "explan": "explain", "decis": "decid", "inclus": "includ",
}  # fmt: skip
# Negations are compared on their own, and degrees are beyond comparing words.
# What any question and any answer may say, so that it tells nothing of what they are about.
COMMON_VERBS = frozenset("use work make made give given show shown get have appli".split())
_NO_CONTENT = STOP_WORDS | {
    "not",
    "no",
    "yes",
    "more",
    "most",
    "very",
    "over",
    "during",
    "within",
    "through",
    "via",
    "upon",
}


def content_stems(text: str) -> list[str]:
    """Stems of the words that carry meaning, in order; numbers left out.

    >>> content_stems("The models were trained on the data.")
    ['model', 'train', 'data']
    """
    stems: list[str] = []
    for match in _WORD.finditer(text):
        word = match.group().casefold()
        if _CHINESE.fullmatch(word):
            stems += [word[start : start + 2] for start in range(max(1, len(word) - 1))]
        elif word not in _NO_CONTENT and len(word) > 1:
            stems.append(_stem(american(word)))
    return stems


def numbers(text: str) -> set[str]:
    """The numbers of a text in one spelling: no thousands separators, small number words as digits.

    Digits of names ("GPT-3") and of references ("[12]", "Table 2") are no numbers; those of versions are.

    >>> sorted(numbers("Six layers, 28.4 BLEU [12], 1,000 steps, SQuAD v1.1 and GPT-3 in Table 2"))
    ['1.1', '1000', '28.4', '6']
    """
    text = _VERSION.sub("", _REFERENCE.sub(" ", text))
    found = {re.sub(r"[,\u00a0\u2009]", "", match).replace("−", "-") for match in _NUMBER.findall(text)}
    spelled = {_NUMBER_WORDS[word] for word in re.findall(r"[a-z]+", text.casefold()) if word in _NUMBER_WORDS}
    return {_shortest(number) for number in found} | spelled


def counted(text: str) -> dict[str, list[set[str]]]:
    """What each number up to twelve counts: the stems of up to three content words behind it, in its own clause.

    >>> counted("It is used in three different ways: 3 heads.")["3"] == [{"differ", "way"}, {"head"}]
    True
    """
    found: dict[str, list[set[str]]] = {}
    text = _REFERENCE.sub(" ", text)
    for match in _SMALL_NUMBER.finditer(text):
        number = _NUMBER_WORDS.get(match[0].casefold(), match[0])
        behind = content_stems(_CLAUSE_ENDS.split(text[match.end() :], maxsplit=1)[0])[:_COUNTED]
        if number in _NUMBER_WORDS.values() and behind:
            found.setdefault(number, []).append(set(behind))
    return found


def names(text: str) -> set[str]:
    """Words that look like names of models, data sets or methods: capitals or digits inside, not sentence starts.

    >>> sorted(names("We compare BERT and RoBERTa with GloVe and GPT-3."))
    ['bert', 'glove', 'gpt-3', 'roberta']
    """
    return {word.casefold() for word in _NAME.findall(_VERSION.sub("", text)) if re.search(r".[A-Z]|\d", word)}


def proper_names(text: str) -> set[str]:
    """Names of one capitalised word inside a sentence, in lower case; none that has a Chinese form of its own.

    >>> sorted(proper_names("We follow the Chinchilla laws, as Zhang and Sennrich did in Section 2 for English text."))
    ['chinchilla', 'sennrich', 'zhang']
    """
    found = set()
    for match in _CAPITALISED.finditer(text):
        before = text[: match.start()].rstrip()
        if before and before[-1] not in _SENTENCE_BEGINS and re.fullmatch("[A-Z][a-z]{2,}", match[0]):
            found.add(match[0].casefold())
    return {name for name in found if name not in _TRANSLATABLE and name.removesuffix("s") not in _TRANSLATABLE}


def words(text: str) -> set[str]:
    """All Latin words of a text as `names` spells them, and without the number behind a hyphen."""
    found = {word.casefold() for word in _NAME.findall(_VERSION.sub("", text))}
    return found | {word.split("-")[0] for word in found}


def negations(text: str) -> list[int]:
    """The offsets behind each negation of a text."""
    return [match.end() for match in _NEGATION.finditer(text)]


def _shortest(number: str) -> str:
    return number.rstrip("0").rstrip(".") if "." in number else number


@cache
def _stem(word: str) -> str:
    stem: str = _stemmer().stemWord(word)
    return _SAME_STEM.get(stem, stem)


@cache
def _stemmer() -> "BaseStemmer":
    import snowballstemmer

    return snowballstemmer.stemmer("english")
