"""Sentence boundaries in English and Chinese scientific text.

nupunkt gets "et al.", "Fig. 3", "Sec. 4.2" and "cf." right, and knows no Chinese; a Chinese sentence ends at its own
full stop, so one pattern after it is enough.
"""

import re
from itertools import pairwise

from index.paper import Span

_CHINESE_END = re.compile(r"[。！？]+[”’」』）]*")


def sentence_spans(text: str, offset: int = 0) -> list[Span]:
    """The sentences of a text, in order, without the white space around them; `offset` is added to each span.

    >>> [(span.start, span.end) for span in sentence_spans("See Fig. 3. It works.")]
    [(0, 11), (12, 21)]
    """
    import nupunkt

    spans = []
    for paragraph in re.finditer(r"(?:[^\n]|\n(?!\n))+", text):
        for start, end in nupunkt.sent_spans(paragraph.group()):
            spans += _cut_chinese(text, paragraph.start() + start, paragraph.start() + end)
    return [Span(span.start + offset, span.end + offset) for span in spans]


def _cut_chinese(text: str, start: int, end: int) -> list[Span]:
    ends = [match.end() for match in _CHINESE_END.finditer(text, start, end)]
    edges = [start, *ends, end]
    cut = []
    for left, right in pairwise(edges):
        piece = text[left:right]
        if piece.strip():
            cut.append(Span(left + len(piece) - len(piece.lstrip()), right - len(piece) + len(piece.rstrip())))
    return cut
