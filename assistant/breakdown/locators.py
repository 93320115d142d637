"""Name the place of a span in a paper, as a citation shows it: "§4.1.2", "Table 2", "Abstract"."""

import re

from assistant.breakdown.record import Reference
from assistant.verify.claim import Citation
from index.model.paper import Paper, Span, Zone

_NUMBER = re.compile(
    r"^(?:(\d+(?:\.\d+)*|[A-Z](?:\.\d+)+)[.:]?|(?:[Aa]ppendix|APPENDIX)\s+([A-Z])[.:]?|([A-Z]|[IVX]+)[.:])\s+\S"
)
_LETTER = re.compile(r"^([A-Z])\s+\S")  # a number only if it heads an appendix: "A Survey of …" is none
_FLOAT = re.compile(r"^\W*((?:Table|Tab\.|Figure|Fig\.)\s*\d+|[表图]\s*\d+)", re.IGNORECASE)
_LONGEST_HEADING = 60


def refer(citation: Citation) -> Reference:
    """The citation as it is stored; its pages are 0 if the paper is an abstract alone."""
    paged = len(citation.paper.words.starts) > 0
    return Reference(
        start=citation.span.start,
        end=citation.span.end,
        quote=citation.quote,
        pages=citation.pages if paged else (0, 0),
        label=label_of(citation.paper, citation.span),
    )


def label_of(paper: Paper, span: Span) -> str:
    """The number of the span's table or section, else the words of its heading."""
    zone = paper.zone(span.start)
    if zone in (Zone.TABLE, Zone.CAPTION) and (name := _float_name(paper, span)):
        return name
    if zone is Zone.ABSTRACT:
        return "Abstract"
    headings = paper.headings(span.start)
    if not headings:
        return ""
    numbered = _NUMBER.match(headings[-1]) or (_LETTER.match(headings[-1]) if zone is Zone.APPENDIX else None)
    return f"§{next(filter(None, numbered.groups()))}" if numbered else headings[-1][:_LONGEST_HEADING]


def _float_name(paper: Paper, span: Span) -> str:
    """The name of the table or figure whose caption is nearest, before or after the span."""
    captions = [zoned.span for zoned in paper.zones if zoned.zone is Zone.CAPTION]
    near = sorted(captions, key=lambda each: max(each.start - span.end, span.start - each.end, 0))
    match = _FLOAT.match(paper.quote(near[0])) if near else None
    return re.sub(r"\s+", " ", match.group(1)) if match else ""
