"""What a paper is called: by its title, or as it names its own method (T5, DPR, ELMo), which many titles do not say."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from index.paper import Paper
from index.sentences import sentence_spans

FRONT = 9000  # characters of abstract and introduction, where a paper names what it proposes
OFTEN = 8  # times that a paper uses a name of its own
_TITLED = re.compile(r"([^\s:,–—]+(?: [^\s:,–—]+)?)\s*(?:[:,–—]|$)")  # one or two words before a break or the end
_NAME = r"\b([A-Z][A-Za-z0-9]*(?:[-–@][A-Z0-9][A-Za-z0-9]*)*|[a-z]+[A-Z][A-Za-z0-9]*)\b"
_OURS = re.compile(r"\b(?:we|our|this (?:paper|work|article))\b", re.IGNORECASE)
_FILLED = r"(?: (?:it|them|this|these|our|as|the|to|by|a|an|new|novel|model|method|approach|framework|system|network)\b)*"
_NAMING = r"\b(?:call(?:ed)?|named|dub(?:bed)?|termed|refer(?:red)?|abbreviated|propose|introduce|present|develop|design)\b"
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
    for name in dict.fromkeys(given):
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
    """Whether a name is made of the beginnings of the title's first words, in order: GAT of Graph Attention Networks."""
    letters = re.sub("[^a-z]", "", name.casefold())
    words = [word for word in re.findall("[a-z]+", title.casefold()) if word not in ("a", "an", "the")]
    return bool(words) and not words[0].startswith(letters) and _begins(letters, words)


def _begins(letters: str, words: Sequence[str]) -> bool:
    if not letters or not words:
        return not letters
    longest = next((size for size in range(3, 0, -1) if words[0].startswith(letters[:size])), 0)
    sizes = range(1, min(longest, len(letters)) + 1)
    return any(_begins(letters[size:], words[1:]) for size in sizes)


def _is_name(name: str) -> bool:
    capitals = sum(letter.isupper() for letter in name)
    return capitals >= 2 or (capitals > 0 and any(letter.isdigit() for letter in name))
