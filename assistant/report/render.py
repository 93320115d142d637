"""Render breakdowns, comparisons and digests as pages: pure functions of a record, so that JSON is enough for a page.

Everything that a template prints is escaped for its format, phrases of the program included; only what report/escape.py
made safe passes unchanged. A missing value or phrase is an error.
"""

import csv
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from assistant.breakdown.record import (
    SECTIONS,
    Basis,
    Breakdown,
    Comparison,
    Field,
    Finding,
    Origin,
    Reference,
    Subject,
)
from assistant.digest.record import Card, Counts, Digest, Linked
from assistant.language.phrases import Phrases, phrases_of
from assistant.llm.prompts import Language
from assistant.report.escape import (
    arxiv_address,
    csv_text,
    markdown_text,
    markdown_title,
    page_link,
    plain,
    short_title,
    split_links,
    web_address,
)

if TYPE_CHECKING:
    from jinja2 import Environment

Link = Callable[[Subject, Reference], str]

_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Cited:
    """A reference as it is shown: the place, its address or an empty string, and the paper's words."""

    where: str
    address: str
    quote: str


@dataclass(frozen=True)
class Named:
    """A paper on which a statement of the executive summary is based."""

    name: str
    address: str


def breakdown_markdown(breakdown: Breakdown, link: Link = page_link) -> str:
    """The page of one paper as Markdown for GitHub and Obsidian."""
    return _page("breakdown.md.j2", breakdown.language, link, breakdown=breakdown)


def breakdown_html(breakdown: Breakdown, link: Link = page_link) -> str:
    """The page of one paper as self-contained HTML."""
    return _page("breakdown.html.j2", breakdown.language, link, breakdown=breakdown)


def comparison_markdown(comparison: Comparison, link: Link = page_link) -> str:
    """A table with a row for each paper, as Markdown."""
    return _page("comparison.md.j2", comparison.language, link, comparison=comparison)


def comparison_html(comparison: Comparison, link: Link = page_link) -> str:
    """A table with a row for each paper, as self-contained HTML."""
    return _page("comparison.html.j2", comparison.language, link, comparison=comparison)


def comparison_csv(comparison: Comparison) -> str:
    """A CSV row for each paper; each statement of a cell on its own line, with its place in the paper."""
    words, out = phrases_of(comparison.language), io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(
        [words("page.paper"), words("page.arxiv"), *(words(f"column.{column.name}") for column in comparison.columns)]
    )
    for row, subject in enumerate(comparison.subjects):
        cells = [_csv_cell(column.cells[row], subject, words) for column in comparison.columns]
        writer.writerow([csv_text(cell) for cell in [plain(subject.title), plain(subject.arxiv_id or ""), *cells]])
    return out.getvalue()


def digest_markdown(digest: Digest, link: Link = page_link) -> str:
    """A digest or a monitor report as Markdown for GitHub and Obsidian."""
    return _page(f"{digest.kind}.md.j2", digest.language, link, digest=digest, anchors=_anchors(digest))


def digest_html(digest: Digest, link: Link = page_link) -> str:
    """A digest or a monitor report as self-contained HTML."""
    return _page(f"{digest.kind}.html.j2", digest.language, link, digest=digest, anchors=_anchors(digest))


def digest_item(digest: Digest) -> str:
    """The counts and the executive summary of a digest as an HTML fragment for feed readers."""
    return _page("item.html.j2", digest.language, page_link, digest=digest, anchors={})


def digest_title(digest: Digest) -> str:
    """The title of a digest: its kind, profile and day."""
    kind = phrases_of(digest.language)(f"digest.{digest.kind}")
    return " · ".join(part for part in (kind, plain(digest.profile), digest.day.isoformat()) if part)


def counts_line(counts: Counts, language: Language) -> list[str]:
    """The counts of a run in words: "120 papers announced (new submission: 80, …)", "12 shown", …"""
    words = phrases_of(language)

    def named(name: str, number: int, group: str, by: dict[str, int]) -> str:
        by_reason = [f"{words.known(group, key)}{words('page.colon')}{value}" for key, value in by.items() if value]
        reasons = ", ".join(by_reason)
        return words(f"counts.{name}", number=number) + (f" ({reasons})" if reasons else "")

    return [
        named("announced", counts.announced, "announced", counts.by_type),
        named("kept", counts.kept, "", {}),
        named("full_text", counts.full_text, "", {}),
        named("abstract_only", counts.abstract_only, "", {}),
        named("listed", counts.listed, "", {}),
        named("failed", counts.failed, "failed", counts.failures),
        named("seen", counts.seen, "", {}),
        named("left_out", sum(counts.left_out.values()), "left_out", counts.left_out),
    ]


def _page(template: str, language: Language, link: Link, **values: object) -> str:
    """One page: no trailing blanks, no two empty lines in a row, one line feed at the end."""
    environment = _environment("md" if template.endswith(".md.j2") else "html", language)
    text = environment.get_template(template).render(link=link, **values)
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"(?<![ \t])[ \t]+$", "", text, flags=re.MULTILINE)).strip() + "\n"


@cache
def _environment(form: Literal["md", "html"], language: Language) -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    def printed(value: object) -> object:
        if value is None:
            raise ValueError("a template prints a value that is missing")
        if isinstance(value, Markup):
            return value
        return Markup(markdown_text(str(value))) if form == "md" else plain(str(value))

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        undefined=StrictUndefined,
        autoescape=True,
        finalize=printed,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    words = phrases_of(language)
    marks = {name: Markup(words(f"page.{name}")) for name in ("colon", "semicolon")}
    environment.globals.update(marks, word=words, language=language, sections=SECTIONS, short_title=short_title)
    environment.globals.update(arxiv_address=arxiv_address, web_address=web_address, split_links=split_links)
    environment.globals.update(shown=_shown, quoted=_quoted, absent=_absent, counts_line=counts_line, known=words.known)
    environment.globals.update(digest_title=digest_title, named=_named, time=_time, cited=_cited(words), of=_of)
    environment.filters["title_text"] = lambda text: Markup(markdown_title(text))
    environment.filters["address"] = Markup if form == "md" else str
    return environment


def _shown(findings: Sequence[Finding]) -> list[Finding]:
    return [finding for finding in findings if plain(finding.text)]


def _quoted(finding: Finding) -> bool:
    """Whether the text is the paper's own words, not put into another language."""
    return finding.origin is Origin.QUOTE and not finding.original


def _absent(subject: Subject) -> str:
    return "page.not_found_abstract" if subject.basis is Basis.ABSTRACT else "page.not_found"


def _of(breakdown: Breakdown, names: Sequence[str]) -> list[Field]:
    """The fields of a section that were asked for, in its order."""
    asked = {field.name for field in breakdown.fields}
    return [breakdown.field(name) for name in names if name in asked]


def _cited(words: Phrases) -> Callable[[Finding, Subject, Link], list[Cited]]:
    def cited(finding: Finding, subject: Subject, link: Link) -> list[Cited]:
        """The references of a finding, each place once."""
        places: dict[str, Cited] = {}
        for reference in finding.references:
            where = words.place(plain(reference.label), reference.pages)
            places.setdefault(where, Cited(where, link(subject, reference), plain(reference.quote)))
        return list(places.values())

    return cited


def _anchors(digest: Digest) -> dict[str, str]:
    """The anchor of each card by its arXiv id: letters, digits, dots and hyphens, unique on the page."""
    anchors: dict[str, str] = {}
    for card in digest.cards:
        anchor = "arxiv-" + re.sub(r"[^A-Za-z0-9.-]+", "-", card.arxiv_id)
        while anchor in anchors.values() and card.arxiv_id not in anchors:
            anchor += "-again"
        anchors.setdefault(card.arxiv_id, anchor)
    return anchors


def _named(linked: Linked, cards: Sequence[Card], anchors: dict[str, str]) -> list[Named]:
    """The papers of a statement, linked to their card on this page, else to arXiv."""
    titles = {card.arxiv_id: card.title for card in cards}
    return [
        Named(
            short_title(titles.get(paper, "")) or plain(paper),
            f"#{anchors[paper]}" if paper in anchors else arxiv_address(paper),
        )
        for paper in linked.papers
    ]


def _time(moment: str) -> str:
    """A time for display: 2026-01-20T06:14:09+00:00 as 2026-01-20 06:14 UTC."""
    return f"{moment[:10]} {moment[11:16]} UTC" if re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d", moment) else moment


def _csv_cell(findings: Sequence[Finding], subject: Subject, words: Phrases) -> str:
    lines = []
    for finding in _shown(findings):
        places = "; ".join(each.where for each in _cited(words)(finding, subject, page_link))
        text = f"“{plain(finding.text)}”" if _quoted(finding) else plain(finding.text)
        lines.append(f"{text} ({places})" if places else text)
    return "\n".join(lines) or words(_absent(subject))
