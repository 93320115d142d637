"""What a paper is called: by its title, or as it names its own method (T5, DPR, ELMo), which many titles do not say."""

import re
from collections.abc import Iterator
from functools import lru_cache

from index.model.paper import Paper
from index.structure.sentences import sentence_spans

FRONT = 9000  # characters of abstract and introduction, where a paper names what it proposes
MOST = 20  # names that are looked at: a text may be made to have thousands
OFTEN = 8  # times that a paper uses a name of its own
_ARTICLES = ("a", "an", "the")
_LETTERS_OF_WORD = 3  # of a title's word that stand in its initials: GAT of Graph ATtention Networks
_TITLED = re.compile(r"([^\s:,–—]+(?: [^\s:,–—]+)?)\s*(?:[:,–—]|$)")  # one or two words before a break or the end
_NAME = r"\b([A-Z][A-Za-z0-9]*(?:[-–@][A-Z0-9][A-Za-z0-9]*){0,9}|[a-z]+[A-Z][A-Za-z0-9]*)\b"
_OURS = re.compile(r"\b(?:we|our|this (?:paper|work|article))\b", re.IGNORECASE)
_FILLED = (
    r"(?: (?:it|them|this|these|our|as|the|to|by|a|an|new|novel|model|method|approach|framework|system|network)\b)*"
)
_NAMING = (
    r"\b(?:call(?:ed)?|named|dub(?:bed)?|termed|refer(?:red)?|abbreviated|propose|introduce|present|develop|design)\b"
)
_GIVEN = (
    re.compile(rf"{_NAMING}{_FILLED}[ “\"‘'(]+{_NAME}"),  # a model called SqueezeNet
    re.compile(rf"{_NAMING}[^().;]{{1,90}}\({_NAME}\)"),  # we present Program-Guided Fact-Checking (PROGRAMFC)
    re.compile(rf"{_NAME}[”\"’']? (?:refers to|denotes|stands for|is) our\b"),
)


def own_name(title: str) -> str | None:
    """What a paper calls itself before the colon, comma or dash of its title; None where it has no name.

    A name has two capitals or a digit, which tells it from a word.

    >>> own_name("SQuAD: 100,000+ Questions"), own_name("YOLOv3: An Improvement"), own_name("Attention: A Survey")
    ('SQuAD', 'YOLOv3', None)
    """
    found = _TITLED.match(" ".join(title.split()))
    name = found.group(1) if found else ""
    return name if _is_name(name) else None


def own_names(paper: Paper) -> tuple[str, ...]:
    """The names of a paper: its title's, those that it gives to what it proposes, and the initials of its title.

    The latter two only where the paper uses them often.
    """
    return _own_names(paper.title, paper.text)


@lru_cache(maxsize=1000)
def _own_names(title: str, text: str) -> tuple[str, ...]:
    front = " ".join(text[:FRONT].split())
    found = [name] if (name := own_name(title)) else []
    given = [*_given(front), *(name for name in re.findall(_NAME, front) if _are_initials(name, title))]
    for name in list(dict.fromkeys(given))[:MOST]:
        used = len(re.findall(rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])", text))
        if used >= OFTEN and _is_name(name) and name.casefold() not in map(str.casefold, found):
            found.append(name)
    return tuple(found)


def _given(front: str) -> Iterator[str]:
    """The names in sentences that say what the authors propose or how they call it."""
    for span in sentence_spans(front):
        sentence = front[span.start : span.end]
        for given in _GIVEN if _OURS.search(sentence) else ():
            yield from given.findall(sentence)


def _are_initials(name: str, title: str) -> bool:
    """Whether a name is made of the beginnings of the title's first words, in order, as GAT is of Graph Attention."""
    letters = re.sub("[^a-z]", "", name.casefold())
    read = {0}  # letters that the words so far may begin with
    for row, word in enumerate(word for word in re.findall("[a-z]+", title.casefold()) if word not in _ARTICLES):
        sizes = range(1, _LETTERS_OF_WORD + 1)
        read = {
            at + size
            for at in read
            for size in sizes
            if len(letters) >= at + size and word.startswith(letters[at : at + size])
        }
        if row and len(letters) in read:
            return True
    return False


def _is_name(name: str) -> bool:
    capitals = sum(letter.isupper() for letter in name)
    return capitals >= 2 or (capitals > 0 and any(letter.isdigit() for letter in name))
