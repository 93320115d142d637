"""Whether words are about a question at all, and whether a sentence says anything that was not said before."""

import re
from collections.abc import Sequence

from assistant.verify.claim import Citation
from assistant.verify.terms import COMMON_VERBS, content_stems, is_chinese, numbers
from index.model.paper import Passage
from index.search.searcher import Question as Wordings

MIN_RELATED = 0.4  # share of the question's content words that a citation with its headings must hold
MIN_COVERAGE = 0.34  # the same of all passages together, if they are read or quoted at all
_OPEN = re.compile(r"\W*(?:what|which|how|why|when|where|who)\b", re.IGNORECASE)


def is_of(question: str, citation: Citation) -> bool:
    """Whether what is cited, with title and headings, holds enough of the question's content words to be about it."""
    asked = set(content_stems(question)) - COMMON_VERBS
    return len(asked & set(content_stems(citation.context))) >= MIN_RELATED * len(asked)


def speaks_of(asked: Wordings, passages: Sequence[Passage]) -> bool:
    """Whether passages hold enough of a question's content words to be about it at all."""
    for chinese in (False, True):
        own = [passage for passage in passages if is_chinese(passage.text) == chinese]
        wording = asked.wording(chinese)
        wanted = set(content_stems(wording or ""))
        held = {stem for passage in own for stem in content_stems(f"{passage.paper.title} {passage.text}")}
        if own and (wording is None or len(wanted & held) >= MIN_COVERAGE * len(wanted)):
            return True
    return False


def adds(question: str, claim: str) -> bool:
    """Whether a claim says more than its question does, as an answer to "which" or "how" must.

    >>> adds("Which optimizer is used?", "An optimizer is used."), adds("Which optimizer is used?", "Adam is used.")
    (False, True)
    """
    if not _OPEN.match(question):
        return True
    return bool(set(content_stems(claim)) - set(content_stems(question)) or numbers(claim) - numbers(question))


def says_again(later: str, earlier: str) -> bool:
    """Whether a sentence has no content word and no number that an earlier one does not have."""
    said = set(content_stems(earlier)) | numbers(earlier)
    return later == earlier or (bool(stems := set(content_stems(later)) | numbers(later)) and stems <= said)
