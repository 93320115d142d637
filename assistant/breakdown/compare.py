"""Compare papers side by side, one question per column: cited findings of their breakdowns, or an empty cell."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import Literal

from assistant.answering.events import Working
from assistant.breakdown.breakdown import Breaker
from assistant.breakdown.record import ALL_FIELDS, Breakdown, Column, Comparison, Finding, Subject
from assistant.llm.prompts import Language
from index.model.paper import Paper

ColumnName = Literal["problem", "method", "data", "metrics", "results", "limits", "code"]

COLUMNS: dict[ColumnName, tuple[str, ...]] = {
    "problem": ("drive", "pain"),
    "method": ("core_idea", "pipeline"),
    "data": ("datasets",),
    "metrics": ("metrics",),
    "results": ("results",),
    "limits": ("limitations",),
    "code": ("code",),
}
"""The columns of a comparison and the fields of a breakdown that fill them."""

FEWEST, MOST = 2, 6  # papers
MOST_FINDINGS = 3  # per cell


def compare(
    breaker: Breaker,
    papers: Sequence[tuple[Subject, Paper]],
    columns: Sequence[ColumnName],
    language: Language,
    cancelled: Callable[[], bool] | None = None,
) -> Iterator[Working | Comparison]:
    """Yield the events of each paper's fields, counted over all papers, then the `Comparison`.

    Stored fields are reused, new ones are stored. Raises ModelError as `Breaker.run` does.
    """
    fields = [name for name in ALL_FIELDS if any(name in COLUMNS[column] for column in columns)]
    breakdowns: list[Breakdown] = []
    for row, (subject, paper) in enumerate(papers):
        for event in breaker.run(subject, paper, language, fields=fields, cancelled=cancelled):
            if isinstance(event, Breakdown):
                breakdowns.append(event)
            else:
                done, total = row * len(fields) + event.done, len(papers) * len(fields)
                yield replace(event, step=f"{subject.title}: {event.step}", done=done, total=total)
    yield Comparison(
        subjects=tuple(subject for subject, _ in papers),
        language=language,
        columns=tuple(
            Column(name=column, cells=tuple(_cell(breakdown, COLUMNS[column]) for breakdown in breakdowns))
            for column in columns
        ),
    )


def _cell(breakdown: Breakdown, fields: Sequence[str]) -> tuple[Finding, ...]:
    """The first findings of each field in turn, so that no field crowds out another; ordered by field."""
    found = [breakdown.field(name).findings for name in fields]
    chosen: list[Finding] = []
    for turn in zip_longest(*found):
        chosen += [finding for finding in turn if finding and not _said(finding, chosen)]
    chosen = chosen[:MOST_FINDINGS]
    return tuple(dict.fromkeys(finding for findings in found for finding in findings if finding in chosen))


def _said(finding: Finding, chosen: Sequence[Finding]) -> bool:
    return any(finding.text == each.text or finding.references == each.references for each in chosen)
