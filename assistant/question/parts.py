"""The questions in a question: which of them an answer leaves open, and each of those as one that stands alone."""

import re
from collections.abc import Iterable

from assistant.verify.terms import COMMON_VERBS, content_stems, is_chinese, names, words

LEAST_SPOKEN_OF = 0.5  # of a part's own words, by the sentences and quotes of an answer: it is then not left open
_WORDS = r"(?:what|which|how|why|when|where|who|whose)\b"
_ASKING = r"(?:what|which|how|why|when|where|who|whose|does|do|did|is|are|was|were|can)\b"
# On text with single spaces: a run of them must not be tried from each of its places.
_BETWEEN = re.compile(rf"(?: ?[,;?] ?(?:and |or )?| and )(?={_ASKING})", re.IGNORECASE)
_CHINESE_BETWEEN = re.compile(r"[？?；;] ?(?=\S)")


def parts_of(question: str) -> list[str]:
    """The questions in a question; one where it asks one thing.

    >>> parts_of("What is BLEU, and how is it computed?")
    ['What is BLEU', 'how is it computed']
    >>> parts_of("In Figure 4, which nodes are red?")
    ['In Figure 4, which nodes are red']
    >>> parts_of("For all papers that are in Table 1, how many are new?")
    ['For all papers that are in Table 1, how many are new']
    >>> parts_of("模型基于什么？是什么带来了挑战？")
    ['模型基于什么', '是什么带来了挑战']
    """
    text = " ".join(question.split())
    cuts = list((_CHINESE_BETWEEN if is_chinese(question) else _BETWEEN).finditer(text))
    if (
        cuts
        and cuts[0].group().strip() == ","
        and not re.search(rf"^{_ASKING}|\b{_WORDS}", text[: cuts[0].start()], re.IGNORECASE)
    ):
        del cuts[0]  # "In Figure 4, which ..." asks one thing
    edges = [0, *(edge for cut in cuts for edge in cut.span()), len(text)]
    parts = [text[start:end].strip(" ,;?？；。.") for start, end in zip(edges[::2], edges[1::2], strict=True)]
    return [part for part in parts if content_stems(part)] or [question]


def parts_left_open(question: str, said: Iterable[str]) -> list[int]:
    """The rows of those `parts_of` a question that nothing of what was `said`, sentences and quotes, is about.

    What another part says, too, is no sign: an answer to either part is about the "BERT" of both. Two names that
    occur in no other part are a sign on their own.
    """
    parts = parts_of(question)
    if len(parts) < 2:
        return []
    text = " ".join(said)
    spoken, named = set(content_stems(text)), words(text)
    left = []
    for row, part in enumerate(parts):
        others = " ".join(parts[:row] + parts[row + 1 :])
        own = set(content_stems(part)) - set(content_stems(others)) - COMMON_VERBS
        own_names = names(part) - names(others)
        speaks = len(own & spoken) >= LEAST_SPOKEN_OF * len(own) or (len(own_names) > 1 and own_names <= named)
        if own and not speaks:
            left.append(row)
    return left
