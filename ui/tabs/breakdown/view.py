"""What the breakdown tab shows: a breakdown as far as it is made, a comparison. Makes HTML."""

from collections.abc import Collection

from assistant.breakdown.record import Breakdown, Comparison, Field, Subject
from assistant.language.phrases import phrases_of as words_of
from assistant.llm.prompts import Language
from assistant.report.escape import plain
from ui.pages.labels import Labels
from ui.pages.report_parts import (
    Citer,
    arxiv_links,
    basis_text,
    downloads_html,
    field_html,
    made_by,
    sections_html,
)
from ui.pages.safe_html import escaped, quote_html

PAGE_FORMS = (("md", "Markdown"), ("html", "HTML"), ("json", "JSON"))
TABLE_FORMS = (("csv", "CSV"), *PAGE_FORMS)


def breakdown_page(words: Labels, breakdown: Breakdown, papers: Collection[str], *, whole: bool) -> str:
    """A breakdown as far as it is made, with its downloads once it is `whole`."""
    subject, language = breakdown.subject, breakdown.language
    said = words_of(language)
    facts = [", ".join(map(plain, subject.authors)), str(subject.year or "")]
    line = " · ".join([escaped(each) for each in facts if each])
    line += (" · " if line and subject.arxiv_id else "") + (arxiv_links(subject.arxiv_id) if subject.arxiv_id else "")
    quiet = escaped(f"{basis_text(subject, language)} {made_by(breakdown.model, language)}")
    query = {"language": language, "model": breakdown.model}
    saved = downloads_html(words, f"../breakdowns/{subject.paper}", PAGE_FORMS, query) if whole else ""
    broken = ", ".join(f"{said.known('violation', name)} ({n})" for name, n in breakdown.violations.items())
    footer = f'<p class="quiet">{escaped(said("page.violations") + said("page.colon") + broken)}</p>' if broken else ""
    return (
        f'<article class="report breakdown" lang="{language}"><header>'
        f'<h2 lang="en">{_title(subject, language)}</h2><p class="quiet">{line}</p><p class="quiet">{quiet}</p>{saved}'
        f"</header>{sections_html(Citer(words, papers), breakdown)}{footer}</article>"
    )


def comparison_page(words: Labels, comparison: Comparison, papers: Collection[str], query: object) -> str:
    """Papers side by side, a row for each; `query` names the comparison for its downloads."""
    language, citer = comparison.language, Citer(words, papers)
    said = words_of(language)
    names = [said(f"column.{column.name}") for column in comparison.columns]
    head = "".join(f'<th scope="col">{escaped(each)}</th>' for each in [said("page.paper"), *names])
    rows = ""
    for row, subject in enumerate(comparison.subjects):
        link = f'<div class="quiet">{arxiv_links(subject.arxiv_id)}</div>' if subject.arxiv_id else ""
        cells = "".join(
            f'<td data-column="{escaped(name)}">'
            f"{field_html(citer, Field(name=column.name, findings=column.cells[row]), subject, language)}</td>"
            for name, column in zip(names, comparison.columns, strict=True)
        )
        rows += f'<tr><th scope="row"><span lang="en">{_title(subject, language)}</span>{link}</th>{cells}</tr>'
    title = escaped(said("page.comparison", number=len(comparison.subjects)))
    return (
        f'<article class="report comparison" lang="{language}"><header><h2>{title}</h2>'
        f"{downloads_html(words, '../comparisons/table', TABLE_FORMS, query)}</header>"
        f'<div class="scroll" tabindex="0" role="region" aria-label="{title}">'
        f'<table class="compared"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div></article>'
    )


def empty_page(words: Labels, papers: int) -> str:
    """Return the text for an empty choice."""
    said = words("breakdown.empty") if papers else words("breakdown.empty_library")
    return f'<div class="empty"><h2>{escaped(words("breakdown.empty_title"))}</h2><p>{escaped(said)}</p></div>'


def _title(subject: Subject, language: Language) -> str:
    return quote_html(plain(subject.title) or words_of(language)("page.untitled"))
