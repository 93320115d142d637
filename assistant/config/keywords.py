"""Which of a reader's keywords stand in a title or an abstract: by word, with plurals, hyphens and spaces as they come.

"Vision-Language-Action" is also "vision language actions"; "vla" is VLA and VLAs, not "vlan" or "OpenVLA".
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from index.model.errors import PaperAssistantError

Where = Literal["title", "abstract"]

_HYPHENS = "\\-\u00ad\u2010-\u2015\u2212"
_JOINT = rf"[\s{_HYPHENS}~{{}}]*"  # TeX writes "spatio{-}temporal" and "vision~language"
_WORD = re.compile(r"[^\W_]+(?:[+#]+(?![^\W_]))?")  # C++ and C# are words too
_CHINESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_SINGULAR_IN_S = ("ss", "us", "is")  # loss, corpus, analysis: their s is no plural
_LONGEST = 200  # characters of a keyword


class KeywordError(PaperAssistantError):
    """A keyword that can match nothing."""


@dataclass(frozen=True, slots=True)
class Match:
    """A keyword as the reader wrote it and where it stands."""

    keyword: str
    where: Where


def distinct_keywords(keywords: Sequence[str]) -> tuple[str, ...]:
    """The keywords without those that say the same in another spelling; the first spelling stays.

    Raises KeywordError for one that holds no letter or digit, or is longer than a keyword is.

    >>> distinct_keywords(["Vision Language Action ", "vla", "Vision-Language-Action"])
    ('Vision Language Action', 'vla')
    """
    chosen: dict[str, str] = {}
    for keyword in keywords:
        chosen.setdefault(_pattern(keyword).pattern, " ".join(keyword.split()))
    return tuple(chosen.values())


def find_keywords(keywords: Sequence[str], title: str, abstract: str) -> tuple[Match, ...]:
    """The keywords that stand in a paper's title, else in its abstract, in the order of `keywords`.

    >>> find_keywords(["vla", "traffic prediction"], "OpenVLA", "We study VLAs; predictions of traffic.")
    (Match(keyword='vla', where='abstract'),)
    """
    texts: tuple[tuple[Where, tuple[str, str]], ...] = (("title", _texts(title)), ("abstract", _texts(abstract)))
    found = []
    for keyword in distinct_keywords(keywords):
        pattern = _pattern(keyword)
        where = next((name for name, forms in texts if any(pattern.search(form) for form in forms)), None)
        if where:
            found.append(Match(keyword, where))
    return tuple(found)


def _texts(text: str) -> tuple[str, str]:
    """A text as it is and with its hyphenated words closed up: the keyword "pretraining" finds "pre-training"."""
    plain = _plain(text)
    return plain, re.sub(rf"(?<=[^\W\d_])[{_HYPHENS}]+\s*(?=[^\W\d_])", "", plain)


@lru_cache(maxsize=256)
def _pattern(keyword: str) -> re.Pattern[str]:
    text = _plain(keyword)
    words = _WORD.findall(text)
    if not words or len(text) > _LONGEST:
        raise KeywordError(f"{keyword.strip()[:40]!r} cannot be a keyword. Give a word or a few, without other signs.")
    before = "" if _CHINESE.match(words[0][0]) else r"(?<![^\W_])"
    after = "" if _CHINESE.match(words[-1][-1]) else r"(?![^\W_])"
    return re.compile(before + _JOINT.join(map(_forms, words)) + after)


def _plain(text: str) -> str:
    """A text in the one spelling that is compared; both steps, as the first may make capitals of signs."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _forms(word: str) -> str:
    """A word in singular and plural, whichever of the two was given."""
    if not re.fullmatch(r"[a-z]{2,}", word):
        return re.escape(word)
    if len(word) > 4 and word.endswith(("ies", "ry", "dy", "ty", "gy", "cy", "ny", "my", "phy", "ly")):
        return f"{word.removesuffix('ies').removesuffix('y')}(?:y|ies)"
    if len(word) > 4 and word.endswith(("sses", "xes", "ches", "shes")):
        return f"{word[:-2]}(?:es)?"
    if word.endswith(("s", "x", "ch", "sh")) and (word.endswith(_SINGULAR_IN_S) or not word.endswith("s")):
        return f"{word}(?:es)?"
    return f"{word.removesuffix('s') if len(word) > 3 else word}s?"
