"""The source panel: the frame in which ui/app.js shows a page of a paper with the quoted words marked.

There is one on every page, beside all tabs. Nothing of a paper is in it before a reader opens a source.
"""

import hashlib

from ui.pages.labels import Labels
from ui.pages.safe_html import escaped


def panel_html(words: Labels) -> str:
    """The empty panel, hidden; its words for ui/app.js are in data attributes."""
    buttons = (
        ("previous", "‹", "app.page_before"),
        ("next", "›", "app.page_after"),
        ("smaller", "−", "app.smaller"),
        ("larger", "+", "app.larger"),
    )
    tools = "".join(
        f'<button type="button" data-panel="{name}" title="{_word(words, key)}" aria-label="{_word(words, key)}">'
        f"{sign}</button>"
        for name, sign, key in buttons
    )
    said = " ".join(
        f'data-{name}="{_word(words, f"app.{name}")}"' for name in ("page_of", "loading", "unreachable", "page_image")
    )
    return (
        f'<div id="source" role="dialog" aria-label="{_word(words, "app.source")}" tabindex="-1" hidden {said}>'
        f'<header><h2 id="source-title"></h2>'
        f'<button type="button" data-panel="close" title="{_word(words, "app.close")}" '
        f'aria-label="{_word(words, "app.close")}">✕</button></header>'
        f'<div class="tools">{tools}<span id="source-place" role="status"></span>'
        f'<a id="source-pdf" target="_blank" rel="noopener" href="#">{_word(words, "app.open_pdf")}</a></div>'
        f'<p id="source-changed" role="note" hidden>{_word(words, "app.changed")}</p>'
        '<blockquote id="source-quote"></blockquote>'
        f'<div id="source-scroll" tabindex="0" role="region" aria-label="{_word(words, "app.page_region")}">'
        '<div id="source-sheet"></div></div></div>'
    )


def quote_key(quote: str) -> str:
    """A few letters that tell a quote from other words; line ends and spaces do not count."""
    return hashlib.sha256(" ".join(quote.split()).encode("utf-8", "surrogatepass")).hexdigest()[:12]


def _word(words: Labels, key: str) -> str:
    return escaped(words(key))
