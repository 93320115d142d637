"""The PDF's own outline: used where its entries are found as lines on their pages."""

import re
import unicodedata
from dataclasses import dataclass

from index.layout.headings import Heading, plain_name
from index.layout.page_layout import Row

_LEAST_FOUND = 0.6  # share of the entries that must be anchored, or the outline is not of this text
_LEAST_ENTRIES = 3
_NUMBER = re.compile(r"^(?:(?:appendix\s+)?[a-z0-9]{1,3}(?:\.\d{1,2})*[.:]?|[ivx]{1,5}\.)\s+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class OutlineEntry:
    """An entry of a PDF's outline: its level and page begin with 1."""

    level: int
    title: str
    page: int


def follow_outline(outline: list[OutlineEntry], rows: list[Row], found: list[Heading]) -> list[Heading]:
    """The outline's headings where it is plausible, with those that fonts show and outlines leave out."""
    anchored = _anchored(outline, rows)
    if len(anchored) < _LEAST_ENTRIES or len(anchored) < _LEAST_FOUND * len(outline):
        return found
    top = min(heading.level for heading in anchored)
    if sum(heading.level == top for heading in anchored) == 1 and len(anchored) > _LEAST_ENTRIES:
        anchored = [heading for heading in anchored if heading.level > top]  # the title holds all the others
        top = min(heading.level for heading in anchored)
    merged = {h.first: Heading(h.first, h.last, h.text, h.level - top + 1, h.runs_in) for h in anchored}
    covered = {row for heading in anchored for row in range(heading.first, heading.last + 1)}
    for heading in found:
        if not covered & set(range(heading.first, heading.last + 1)) and heading.level == 1:
            merged[heading.first] = heading
    return [merged[first] for first in sorted(merged)]


def _anchored(outline: list[OutlineEntry], rows: list[Row]) -> list[Heading]:
    """Each entry at the first row of its page, or the next, that begins with its words."""
    by_page: dict[int, list[int]] = {}
    for index, row in enumerate(rows):
        by_page.setdefault(row.page, []).append(index)
    taken: set[int] = set()
    forms = [_forms(row.text) for row in rows]
    found: list[Heading] = []
    for entry in outline:
        for page in (entry.page, entry.page + 1, entry.page - 1):
            heading = _match(entry, by_page.get(page, []), rows, forms, taken)
            if heading:
                taken.update(range(heading.first, heading.last + 1))
                found.append(heading)
                break
    return sorted(found, key=lambda heading: heading.first)


def _match(
    entry: OutlineEntry, indices: list[int], rows: list[Row], forms: list[tuple[str, ...]], taken: set[int]
) -> Heading | None:
    wanted = _plain(_NUMBER.sub("", entry.title)) or _plain(entry.title)
    if len(wanted) < 2:
        return None
    whole: list[Heading] = []
    run_in = None
    for index in indices:
        if index in taken or not any(
            form.startswith(wanted) or wanted.startswith(form) for form in forms[index] if form
        ):
            continue
        text = rows[index].text
        for last in range(index, min(index + 4, len(rows))):
            if last > index:
                text += " " + rows[last].text
            if wanted in _forms(text):
                whole.append(Heading(index, last, _clean(text), entry.level))
                break
        begins = any(form.startswith(wanted) for form in forms[index])
        look = rows[index].lines[0]
        if run_in is None and begins and len(wanted) > 3 and (look.bold or look.italic or look.lead):
            run_in = Heading(index, index, " ".join(entry.title.split()), entry.level, runs_in=True)
    # A label in a figure or a running head may say the same: the heading is bolder, larger or numbered.
    return max(whole, key=lambda h: (rows[h.first].main.bold, rows[h.first].main.size, len(h.text)), default=run_in)


def _forms(text: str) -> tuple[str, ...]:
    """A row with and without what may be its number, letters and digits only."""
    return _plain(text), _plain(_NUMBER.sub("", text)), _plain(plain_name(text))


def _clean(text: str) -> str:
    return re.sub(r"(?<=[a-z])- (?=[a-z])", "", text)


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text).lower()
    return re.sub(r"[\W_]+", "", decomposed)
