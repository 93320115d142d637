"""A paper in a few lines, by which a question can mean it: the names of what it introduces, its authors, its front.

"The Transformer" means the paper that introduces it, not those that use the word most. A name counts as introduced if
the title gives it, if the authors say in abstract or introduction that they propose it, or if the title's own words
are it ("Feature Pyramid Networks for …").
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from index.model.paper import Paper, Zone
from index.structure.method_names import FRONT, OFTEN, own_name, own_names
from index.structure.sentences import sentence_spans

MAX_FRONT = 3000  # characters of title page and abstract: whom it is from and what it is about
MAX_NAMES = 80
MAX_AUTHORS = 30
MAX_GIVEN = 20  # names that are counted in the text
MIN_HEAD_USES = 3  # of a title's head in the text: "Focal Loss" is a name, "Exploring the Limits" is none
MAX_NAME_WORDS = 6  # of a title's head; a longer one is a sentence, not a name
# How surely a paper owns a name; only their order matters. The beginning of a title and an author name a paper only
# together with what else the question says.
TITLE, INTRODUCED, HEAD, FRAGMENT, AUTHOR = 1.0, 0.9, 0.8, 0.5, 0.4
FRAGMENT_WORDS = 3
LONGEST_FILLER = 4  # letters of "with" and "from": a beginning needs two longer words
_WORD = re.compile(r"[^\W_]+")
_HEAD_ENDS = re.compile(
    r"\s+(?:for|of|with|in|via|using|by|from|on|to|as|at|through|under|towards?|is|are|can)\s+|\s*[:?!,–—]\s*|\s+-+\s+",
    re.IGNORECASE,
)
_OURS = re.compile(r"\b(?:we|our|this (?:paper|work|article))\b", re.IGNORECASE)
# "We propose a new simple network architecture, the Transformer": one capital, so nothing else tells it from a word.
_APPOSITION = re.compile(
    r"\b(?:propose|introduce|present|develop|design|describe)\b[^.;()]{1,90}?, (?:the |called |named |dubbed |termed )?"
    r"[“\"‘']?([A-Z][A-Za-z0-9]+(?:-[A-Za-z0-9]+)*)\b"
    r"|\b(?:propose|introduce|present) the ([A-Z][A-Za-z0-9]+(?:-[A-Za-z0-9]+)*)\b"
    r"|\b(?:call(?:ed)?|named?|dub(?:bed)?|termed)(?: it| them| this| our \w+)? "
    r"[“\"‘']?([A-Z][A-Za-z0-9]+(?:-[A-Za-z0-9]+)*)\b(?! [A-Z])"
)


@dataclass(frozen=True, slots=True)
class PaperCard:
    """What is kept of a paper to find it by: names by their keys, each with how surely they are its own."""

    names: dict[str, float]
    title: str
    authors: str
    front: str


def name_key(name: str) -> str:
    """A name as it is compared: letters and digits alone, without case, width and the plural's s.

    >>> name_key("YOLO v3"), name_key("Mobile-Nets"), name_key("Fast R-CNN")
    ('yolov3', 'mobilenet', 'fastrcnn')
    """
    key = "".join(_WORD.findall(unicodedata.normalize("NFKC", name).casefold()))
    return key[:-1] if len(key) > 3 and key.endswith("s") and not key.endswith("ss") else key


def paper_card(paper: Paper) -> PaperCard:
    """The card of a paper."""
    found: dict[str, float] = {}
    title = " ".join(paper.title.split())
    for name, weight in _names(paper, title):
        key = name_key(name)
        if len(key) > 1 and len(found) < MAX_NAMES:
            found[key] = max(weight, found.get(key, 0.0))
    return PaperCard(found, title[:MAX_FRONT], " ".join(paper.authors)[:MAX_FRONT], _front(paper))


def _names(paper: Paper, title: str) -> Iterator[tuple[str, float]]:
    named = own_name(title)
    if named:
        yield named, TITLE
    words = list(_WORD.finditer(title))
    if 1 < len(words) <= MAX_NAME_WORDS:
        yield title, TITLE
    head = _HEAD_ENDS.split(title, maxsplit=1)[0]
    if 1 < len(_WORD.findall(head)) <= MAX_NAME_WORDS and _used(paper, head) >= MIN_HEAD_USES:
        yield head, HEAD
    for name in own_names(paper):
        yield name, INTRODUCED
    for name in _introduced(paper):
        yield name, INTRODUCED
    for author in paper.authors[:MAX_AUTHORS]:
        yield author.split()[-1] if author.split() else "", AUTHOR
    if len(words) >= FRAGMENT_WORDS:
        fragment = title[: words[FRAGMENT_WORDS - 1].end()]
        if sum(len(word) > LONGEST_FILLER for word in _WORD.findall(fragment)) > 1:
            yield fragment, FRAGMENT


def _introduced(paper: Paper) -> Iterator[str]:
    """Names of one capital that the authors say they propose, and use often."""
    front = " ".join(paper.text[:FRONT].split())
    sentences = (front[span.start : span.end] for span in sentence_spans(front))
    matches = (match for each in sentences if _OURS.search(each) for match in _APPOSITION.finditer(each))
    for name in list(dict.fromkeys(next(filter(None, match.groups())) for match in matches))[:MAX_GIVEN]:
        used = _used(paper, name)
        if used >= OFTEN and used > _used(paper, name.lower()):
            yield name


def _used(paper: Paper, name: str) -> int:
    """How often a name occurs; one of several words in any case and with any white space between them."""
    words = name.split()
    any_case = "(?i)" if len(words) > 1 else ""
    between = r"\s+".join(map(re.escape, words))
    return sum(1 for _ in re.finditer(rf"{any_case}(?<![A-Za-z0-9]){between}(?![A-Za-z0-9])", paper.text))


def _front(paper: Paper) -> str:
    """Title page and abstract, or the beginning where neither was recognised."""
    first = [zoned.span for zoned in paper.zones if zoned.zone in (Zone.FRONT, Zone.ABSTRACT)]
    text = " ".join(paper.quote(span) for span in first)
    if not any(zoned.zone is Zone.ABSTRACT for zoned in paper.zones):
        text = f"{text} {paper.text[:MAX_FRONT]}"
    return " ".join(text.split())[:MAX_FRONT]
