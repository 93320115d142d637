"""Findings, their citations and what a report is made of, as HTML. All that a paper or a model wrote is escaped here.

A citation of a paper in the library is the same chip as in an answer (ui/pages/render.py); of another paper it is a
link to the page on arXiv, which only a click of the user opens.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from assistant.breakdown.record import SECTIONS, Basis, Breakdown, Field, Finding, Origin, Reference, Subject
from assistant.language.phrases import Phrases as Words
from assistant.language.phrases import phrases_of as words_of
from assistant.llm.prompts import Language
from assistant.report.escape import arxiv_address, page_link, plain, split_links
from ui.pages.labels import Labels
from ui.pages.render import chip_html
from ui.pages.safe_html import escaped, prose_html, quote_html
from ui.pages.sentences import retold

_ORDERED = ("pipeline", "remember")


@dataclass
class Citer:
    """Makes and numbers the citations of one page; `papers` are the ids in the library."""

    words: Labels
    papers: Collection[str]
    _numbers: dict[tuple[str, int, int], int] = field(default_factory=dict)

    def cites(self, finding: Finding, subject: Subject, language: Language) -> str:
        """The references of a finding, each span once."""
        spans: dict[tuple[int, int], Reference] = {}
        for reference in finding.references:
            spans.setdefault((reference.start, reference.end), reference)
        return " ".join(self._cite(reference, subject, words_of(language)) for reference in spans.values())

    def _cite(self, reference: Reference, subject: Subject, said: Words) -> str:
        where = said.place(plain(reference.label), reference.pages)
        if subject.paper in self.papers and reference.pages[0] > 0:
            return chip_html(self.words, self._citation(reference, subject))
        hover = f'title="“{escaped(plain(reference.quote))}”"'
        address = page_link(subject, reference)
        if address.startswith("https://"):
            return outer_link(address, where, f'class="where" {hover}')
        return f'<span class="where" {hover}>{escaped(where)}</span>'

    def _citation(self, reference: Reference, subject: Subject) -> dict[str, object]:
        span = (reference.start, reference.end)
        number = self._numbers.setdefault((subject.paper, *span), len(self._numbers) + 1)
        return {
            "number": number,
            "paper": subject.paper,
            "title": subject.title,
            "pages": list(reference.pages),
            "heading": [plain(reference.label)] if plain(reference.label) else [],
            "quote": reference.quote,
            "span": list(span),
        }


def outer_link(address: str, text: str, attributes: str = "") -> str:
    """A link out of the app, which the page itself never follows."""
    return f'<a href="{escaped(address)}" target="_blank" rel="noopener noreferrer" {attributes}>{escaped(text)}</a>'


def arxiv_links(arxiv_id: str) -> str:
    """Return links to the paper on arXiv; the bare id if it is not an arXiv id."""
    address = arxiv_address(arxiv_id)
    if not address:
        return escaped(arxiv_id)
    return f"{outer_link(address, arxiv_id)} · {outer_link(arxiv_address(arxiv_id, 'pdf'), 'PDF')}"


def finding_html(citer: Citer, finding: Finding, subject: Subject, language: Language) -> str:
    """A statement with its citations, and what it is: verified, the paper's own words, or found by code."""
    kind = finding.origin.value
    cites = citer.cites(finding, subject, language)
    name, why = citer.words(f"breakdown.origin_{kind}"), citer.words(f"breakdown.origin_{kind}_why")
    badge = f'<span class="origin {kind}" title="{escaped(why)}">{escaped(name)}</span>'
    original = ""
    if finding.original:
        summary = escaped(citer.words("breakdown.original"))
        original = (
            f'<details class="original"><summary>{summary}</summary>'
            f'<blockquote lang="en">{quote_html(finding.original)}</blockquote></details>'
        )
    return f'<span class="said {kind}">{_text(finding)}</span> {cites} {badge}{original}'


def field_html(citer: Citer, said: Field, subject: Subject, language: Language) -> str:
    """Return all findings of a field; if there are none a quiet note, and what comes nearest."""
    found = [each for each in said.findings if plain(each.text)]
    if not found:
        phrases = words_of(language)
        absent = phrases("page.not_found_abstract" if subject.basis is Basis.ABSTRACT else "page.not_found")
        if said.nearest is None:
            return f'<p class="absent">{escaped(absent)}</p>'
        near = escaped(phrases("page.nearest") + phrases("page.colon"))
        row = finding_html(citer, said.nearest, subject, language)
        return f'<p class="absent">{escaped(absent)}</p><div class="finding">{near}{row}</div>'
    rows = [finding_html(citer, each, subject, language) for each in found]
    if len(rows) == 1:
        return f'<div class="finding">{rows[0]}</div>'
    kind = "ol" if said.name in _ORDERED else "ul"
    items = "".join(f'<li class="finding">{row}</li>' for row in rows)
    return f"<{kind}>{items}</{kind}>"


def sections_html(citer: Citer, breakdown: Breakdown, level: int = 3) -> str:
    """The seven sections with the fields that were made so far."""
    subject, language = breakdown.subject, breakdown.language
    said, made = words_of(language), {each.name: each for each in breakdown.fields}
    parts = []
    for number, (section, names) in enumerate(SECTIONS.items(), start=1):
        shown = [made[name] for name in names if name in made]
        if not shown:
            continue
        name = escaped(said("section." + section))
        title = f"<h{level}>{number}. {name}</h{level}>"
        fields = "".join(
            f'<dt{_alone(names)}>{escaped(said("field." + each.name))}</dt><dd data-field="{escaped(each.name)}">'
            f"{field_html(citer, each, subject, language)}</dd>"
            for each in shown
        )
        parts.append(f'{title}<dl class="fields">{fields}</dl>')
    return "".join(parts)


def made_by(model: str, language: Language) -> str:
    """Who made it, in the page's language."""
    said = words_of(language)
    return said("page.made_by_model", model=plain(model)) if model else said("page.made_by_quotes")


def basis_text(subject: Subject, language: Language) -> str:
    """What was read of the paper, and why it is no more."""
    said = words_of(language)
    if subject.basis is Basis.ABSTRACT:
        reason = retold(Labels(language), plain(subject.reason)) or said("page.no_reason")
        return said("page.only_abstract") + said("page.colon") + reason
    return said("page.full_text_pages", number=subject.pages) if subject.pages > 0 else said("page.full_text")


def downloads_html(words: Labels, path: str, forms: Sequence[tuple[str, str]], query: object) -> str:
    """Return links that save a report; `forms` are file extensions and their names."""
    asked = escaped(urlencode(query, doseq=True))  # type: ignore[arg-type]
    links = "".join(f'<a href="{escaped(path)}.{form}?{asked}" download>{name}</a>' for form, name in forms)
    return f'<p class="downloads"><span>{escaped(words("breakdown.save"))}</span>{links}</p>'


def _alone(names: Sequence[str]) -> str:
    """A section of one field says its name once."""
    return ' class="sr"' if len(names) == 1 else ""


def _text(finding: Finding) -> str:
    if finding.origin is Origin.CODE:
        pieces = split_links(plain(finding.text))
        return "".join(outer_link(url, piece) if url else escaped(piece) for piece, url in pieces)
    if finding.origin is Origin.QUOTE and not finding.original:
        return f"“{quote_html(plain(finding.text))}”"
    return prose_html(plain(finding.text))
