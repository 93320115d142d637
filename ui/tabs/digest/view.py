"""A digest or a monitor's report as the page of the tab, from its record: summary, cards, what each rests on.

Feeds are hostile: every title, abstract and keyword is escaped. The two buttons of a card have `data-do` and
`data-arxiv`; ui/tabs/digest/tab.py hands a click on them to the server.
"""

import re
from collections.abc import Mapping, Sequence

from assistant.digest.record import Card, Digest, Linked
from assistant.language.phrases import phrases_of as words_of
from assistant.report.escape import plain, short_title, web_address
from assistant.report.render import counts_line, digest_title
from index.arxiv.ids import parse_arxiv_id
from ui.pages.labels import Labels
from ui.pages.report_parts import Citer, arxiv_links, basis_text, downloads_html, made_by, outer_link, sections_html
from ui.pages.safe_html import escaped, quote_html
from ui.pages.sentences import retold

FORMS = (("md", "Markdown"), ("html", "HTML"), ("json", "JSON"))


def digest_page(words: Labels, digest: Digest, papers: Mapping[str, str]) -> str:
    """The whole page; `papers` gives the library's id of an arXiv id without version."""
    query = {"profile": digest.profile, "language": digest.language}
    path = f"../digests/{digest.kind}/{digest.day.isoformat()}"
    language = words.language  # text of the program is in the page's language, text of a model or a paper in its own
    counts = words_of(language)("page.semicolon").join(counts_line(digest.counts, language))
    title = digest_title(digest.model_copy(update={"language": language}))
    moment = digest.made_at[:16].replace("T", " ")
    made = f"{made_by(digest.model, language)} {words('digest.made', time=moment)}"
    return (
        f'<article class="report digest" lang="{language}"><header><h2>{escaped(title)}</h2>'
        f"{_warnings(words, digest)}{_facts(words, digest)}"
        f'<p class="quiet">{escaped(counts)}</p><p class="quiet">{escaped(made)}</p>'
        f"{downloads_html(words, path, FORMS, query)}</header>"
        f"{_summary(words, digest)}{_cards(words, digest, papers)}{_sources(words, digest)}</article>"
    )


def empty_page(words: Labels) -> str:
    """Return the text if there is no report yet."""
    title, text = escaped(words("digest.empty_title")), escaped(words("digest.empty"))
    return f'<div class="empty"><h2>{title}</h2><p>{text}</p></div>'


def anchor(arxiv_id: str) -> str:
    """The id of a card on the page."""
    return "card-" + re.sub(r"[^A-Za-z0-9.-]+", "-", arxiv_id)


def _warnings(words: Labels, digest: Digest) -> str:
    if not digest.warnings:
        return ""
    rows = "".join(f"<li>{escaped(retold(words, plain(each)))}</li>" for each in digest.warnings)
    return f'<div class="note" role="note"><strong>{escaped(words("digest.first"))}</strong><ul>{rows}</ul></div>'


def _facts(words: Labels, digest: Digest) -> str:
    facts = {
        "digest.categories": ", ".join(digest.categories),
        "digest.keywords": ", ".join(digest.keywords),
        "digest.interests": digest.interests,
    }
    return _list([(words(name), escaped(plain(value))) for name, value in facts.items() if plain(value)])


def _list(facts: Sequence[tuple[str, str]]) -> str:
    rows = "".join(f"<dt>{escaped(name)}</dt><dd>{shown}</dd>" for name, shown in facts)
    return f'<dl class="facts">{rows}</dl>' if rows else ""


def _summary(words: Labels, digest: Digest) -> str:
    summary = digest.summary
    groups = {
        "digest.themes": summary.themes,
        "digest.highlights": summary.highlights,
        "digest.emerging": summary.emerging,
        "digest.reading": summary.reading,
    }
    cards = {card.arxiv_id: card for card in digest.cards}
    shown = "".join(
        f"<h4>{escaped(words(name))}</h4><ul>{''.join(_linked(words, each, cards) for each in group)}</ul>"
        for name, group in groups.items()
        if group
    )
    nothing = f'<p class="absent">{escaped(words("digest.no_summary"))}</p>'
    return f"<h3>{escaped(words('digest.summary'))}</h3>{shown or nothing}"


def _linked(words: Labels, linked: Linked, cards: Mapping[str, Card]) -> str:
    papers = []
    for arxiv_id in linked.papers:
        card = cards.get(arxiv_id)
        name = escaped(short_title(card.title) if card and plain(card.title) else plain(arxiv_id))
        papers.append(f'<a href="#{escaped(anchor(arxiv_id))}">{name}</a>' if card else name)
    rests = ""
    if linked.words:
        quotes = "".join(f"<blockquote>{quote_html(plain(each))}</blockquote>" for each in linked.words)
        made = escaped(words("digest.made_from"))
        rests = f'<details class="original"><summary>{made}</summary>{quotes}</details>'
    return f'<li>{quote_html(plain(linked.text))} <span class="quiet">({"; ".join(papers)})</span>{rests}</li>'


def _cards(words: Labels, digest: Digest, papers: Mapping[str, str]) -> str:
    if not digest.cards:
        return f'<p class="absent">{escaped(words("digest.nothing"))}</p>'
    citer = Citer(words, set(papers.values()))
    read = [card for card in digest.cards if card.breakdown]
    failed = [card for card in digest.cards if not card.breakdown and card.treatment == "failed"]
    listed = [card for card in digest.cards if not card.breakdown and card.treatment != "failed"]
    parts = []
    for name, cards in (("digest.papers", read), ("digest.listed", listed), ("digest.failed", failed)):
        if cards:
            shown = "".join(_card(words, card, digest, papers, citer) for card in cards)
            parts.append(f"<h3>{escaped(words(name, count=len(cards)))}</h3>{shown}")
    return "".join(parts)


def _card(words: Labels, card: Card, digest: Digest, papers: Mapping[str, str], citer: Citer) -> str:
    title = quote_html(plain(card.title)) or escaped(words("digest.untitled"))
    day = card.announced_on.isoformat() if card.announced_on else ""
    announced = " · ".join(filter(None, [day, words(f"digest.kind_{card.announced}")]))
    tags = escaped(words("digest.updated", day=card.updated_since)) if card.updated_since else ""
    links = [outer_link(web_address(url), url) for url in card.code_links if web_address(url)]
    facts = [
        (words("digest.why"), escaped("; ".join(map(plain, card.reasons)))),
        (words("digest.matched"), escaped(", ".join(map(plain, card.matched)))),
        (words("digest.authors"), escaped(", ".join(map(plain, card.authors)))),
        (words("digest.announced_on"), escaped(announced)),
        (words("digest.categories"), escaped(", ".join(map(plain, card.categories)))),
        ("arXiv", arxiv_links(card.arxiv_id)),
        (words("digest.code"), ", ".join(links)),
    ]
    note = f'<p class="note" role="note">{escaped(retold(words, plain(card.note)))}</p>' if plain(card.note) else ""
    abstract = (
        f"<details><summary>{escaped(words('digest.abstract'))}</summary>"
        f'<p lang="en">{quote_html(plain(card.abstract))}</p></details>'
    )
    return (
        f'<section class="card" id="{escaped(anchor(card.arxiv_id))}"><h4 lang="en">{title}</h4>'
        f"{f'<p><span class=tag>{tags}</span></p>' if tags else ''}"
        f"{_list([fact for fact in facts if fact[1]])}{_buttons(words, card, papers)}{note}{abstract}"
        f"{_analysis(words, card, citer)}</section>"
    )


def _analysis(words: Labels, card: Card, citer: Citer) -> str:
    if card.breakdown is None:
        return ""
    subject = card.breakdown.subject
    return (
        f'<details class="analysis"><summary>{escaped(words("digest.analysis"))}</summary>'
        f'<p class="quiet">{escaped(basis_text(subject, words.language))}</p>'
        f"{sections_html(citer, card.breakdown, 5)}</details>"
    )


def _buttons(words: Labels, card: Card, papers: Mapping[str, str]) -> str:
    identifier = parse_arxiv_id(card.arxiv_id)
    if identifier is None:
        return ""
    do, name = ("ask", "digest.ask") if identifier.base in papers else ("add", "digest.add")
    label = escaped(f"{words(name)}: {plain(card.title)}")
    return (
        f'<p class="card-buttons"><button type="button" data-do="{do}" data-arxiv="{escaped(card.arxiv_id)}" '
        f'aria-label="{label}">{escaped(words(name))}</button></p>'
    )


def _sources(words: Labels, digest: Digest) -> str:
    shown = [
        outer_link(web_address(each), each) if web_address(each) else escaped(plain(each)) for each in digest.sources
    ]
    return f'<p class="quiet">{escaped(words("digest.sources"))} {", ".join(shown)}</p>' if shown else ""
