"""Sentence boundaries in English and Chinese scientific text.

nupunkt gets "et al.", "Fig. 3", "Sec. 4.2" and "cf." right, and knows no Chinese; a Chinese sentence ends at its own
full stop, so one pattern after it is enough.
"""

import re
from itertools import pairwise

from index.model.paper import Paper, Span, Zone
from index.structure.tables import is_header

# Where nupunkt ends a sentence all the same, seen in papers: a citation or an abbreviation before a capital.
_UNFINISHED = re.compile(r"(?:\b(?:cf|e\.g|i\.e|vs|resp|approx|al|Figs?|Eqs?|Secs?|Tabs?|Refs?|No|Dr|Prof))\.$")
_BULLET = re.compile(r"[•·●○■▪◦‣]\s*")
_CHINESE_END = re.compile(r"[。！？]+[”’」』）]*")


def sentence_spans(text: str, offset: int = 0) -> list[Span]:
    """The sentences of a text, in order, without the white space around them; `offset` is added to each span.

    >>> [(span.start, span.end) for span in sentence_spans("See Fig. 3. It works.")]
    [(0, 11), (12, 21)]
    """
    import nupunkt

    spans = []
    for paragraph in re.finditer(r"[^\n]+", text):  # of running text; a row, of a table
        for start, end in _joined(paragraph.group(), nupunkt.sent_spans(paragraph.group())):
            spans += _cut_chinese(text, paragraph.start() + start, paragraph.start() + end)
    return [Span(span.start + offset, span.end + offset) for span in spans]


def prose_spans(paper: Paper, span: Span) -> list[Span]:
    """The sentences and rows inside a span: neither headings, header rows nor bullets, which are no evidence."""
    headings = {section.span.start for section in paper.sections}
    spans: list[Span] = []
    for line in re.finditer(r"[^\n]+", paper.quote(span)):
        if paper.zone(span.start + line.start()) is Zone.TABLE:
            row = Span(span.start + line.start(), span.start + line.end())
            spans += [] if not line.group().strip() or is_header(paper, row) else [row]
        else:
            spans += sentence_spans(line.group(), span.start + line.start())
    spans = [each for each in spans if each.start not in headings]
    return [_without_bullet(paper.text, each) for each in spans]


def _without_bullet(text: str, span: Span) -> Span:
    bullet = _BULLET.match(text, span.start, span.end)
    return Span(bullet.end(), span.end) if bullet and bullet.end() < span.end else span


def _joined(text: str, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Sentences that end in an abbreviation, or go on in lower case, joined to the next."""
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        before = text[slice(*joined[-1])].rstrip() if joined else ""
        if joined and (_UNFINISHED.search(before) or text[start:end].lstrip()[:1].islower()):
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def _cut_chinese(text: str, start: int, end: int) -> list[Span]:
    ends = [match.end() for match in _CHINESE_END.finditer(text, start, end)]
    edges = [start, *ends, end]
    cut = []
    for left, right in pairwise(edges):
        piece = text[left:right]
        if piece.strip():
            cut.append(Span(left + len(piece) - len(piece.lstrip()), right - len(piece) + len(piece.rstrip())))
    return cut
