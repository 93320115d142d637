"""A breakdown against the output contract, on its own page: what breaks it gives way to the paper's words, or goes."""

from collections import Counter

from assistant.breakdown.record import Breakdown, Field, Finding, Origin
from assistant.report.page_contract import breakdown_shape, faults_of_page
from assistant.report.render import breakdown_markdown
from assistant.verify.text_faults import Fault


def breakdown_faults(breakdown: Breakdown) -> list[Fault]:
    """What is wrong with a breakdown's page; empty where it may be shown."""
    return faults_of_page(breakdown_markdown(breakdown), breakdown_shape(breakdown))


def in_contract(breakdown: Breakdown) -> Breakdown:
    """The breakdown with a quote in place of each finding that breaks the contract, without what breaks it still.

    What was found is added to its `violations`. Faults that no finding brings in, such as one of the title, stay.
    """
    found = breakdown_faults(breakdown)
    if not found:
        return breakdown
    bare = breakdown.model_copy(update={"fields": tuple(Field(name=field.name) for field in breakdown.fields)})
    borne = len(breakdown_faults(bare))  # those of title, names and reason
    mended = breakdown
    for field in breakdown.fields:
        kept = tuple(each for finding in field.findings for each in _kept(bare, field, finding, borne))
        mended = _with(mended, field, kept)
    mended = _without_repeats(mended, borne)
    gone = Counter(fault.kind.value for fault in found)
    gone.subtract(fault.kind.value for fault in breakdown_faults(mended))
    return mended.model_copy(update={"violations": dict(Counter(breakdown.violations) + gone)})


def quoted(finding: Finding) -> Finding:
    """The finding in the paper's own words."""
    words = " ".join(finding.references[0].quote.split())
    return Finding(text=words, origin=Origin.QUOTE, references=finding.references[:1])


def _kept(bare: Breakdown, field: Field, finding: Finding, borne: int) -> list[Finding]:
    """The finding where its page, with it alone, has no more faults than without; else its quote, else nothing."""
    instead = [quoted(finding)] if finding.origin is not Origin.QUOTE and finding.references else []
    tried = (each for each in [finding, *instead] if len(breakdown_faults(_with(bare, field, (each,)))) <= borne)
    return [each for each in [next(tried, None)] if each]


def _without_repeats(breakdown: Breakdown, borne: int) -> Breakdown:
    """Faults that only several findings together make: the later ones go."""
    faults = len(breakdown_faults(breakdown))
    for field in reversed(breakdown.fields):
        kept = list(field.findings)
        for finding in reversed(field.findings) if faults > borne else ():
            rest = [each for each in kept if each is not finding]
            tried = _with(breakdown, field, tuple(rest))
            if (fewer := len(breakdown_faults(tried))) < faults:
                breakdown, kept, faults = tried, rest, fewer
    return breakdown


def _with(breakdown: Breakdown, changed: Field, findings: tuple[Finding, ...]) -> Breakdown:
    fields = (
        field.model_copy(update={"findings": findings}) if field.name == changed.name else field
        for field in breakdown.fields
    )
    return breakdown.model_copy(update={"fields": tuple(fields)})
