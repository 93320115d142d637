"""Escape text of papers, feeds and models for a page: one line, no markup, only intended links.

All text is hostile until it is escaped here: a title may contain HTML, a link, the bar of a table, or a mark that
reverses the writing direction of the line.
"""

import re
from pathlib import Path
from urllib.parse import quote, urlsplit

from assistant.breakdown.record import Reference, Subject
from index.arxiv.ids import parse_arxiv_id

# Controls, marks that change the writing direction, invisible joiners of tags, and code points that XML cannot hold.
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff"
    "\ud800-\udfff\U000e0000-\U000e0fff]"
)
_SPECIAL = re.compile(r"[\\`*_\[\]<>|~$&#{}^]|(?<==)=|=(?==)|(?<=%)%|%(?=%)|:(?=//)|(?<=www)\.|!$", re.IGNORECASE)
_LEADING = re.compile(r"^(?:[-+=]|(?:\d{1,9})(?=[.)](?:\s|$)))")
_URL = re.compile(r"https?://[^\s<>\"“”「」（），。；、]+", re.IGNORECASE)
_IN_ADDRESS = "%/:?#@!$&*+,;=-._~[]"  # those of RFC 3986's characters that neither Markdown nor HTML interprets
_SHORT = 48  # characters of a short title


def plain(text: str) -> str:
    """One line of visible characters: white space becomes one space, controls and direction marks are removed."""
    return " ".join(_UNSEEN.sub("", text).split())


def markdown_text(text: str) -> str:
    """Text that CommonMark, GitHub and Obsidian show literally: no markup, link, formula or tag."""
    escaped = _SPECIAL.sub(lambda match: "\\" + match[0], plain(text))
    leading = _LEADING.match(escaped)
    if leading is None:
        return escaped
    digits = leading[0].isdigit()
    return f"{leading[0]}\\{escaped[leading.end() :]}" if digits else "\\" + escaped


def markdown_title(text: str) -> str:
    """Text for the title of a Markdown link, between double quotes."""
    return markdown_text(text).replace('"', '\\"')


def web_address(text: str) -> str:
    """The address of a link with illegal characters quoted; empty if it is not an address.

    Only http and https count as addresses; everything else is shown as text.
    """
    url = text.strip()
    try:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            return ""
    except ValueError:
        return ""
    if plain(url) != url or " " in url:
        return ""
    return re.sub(r"&(?=#?\w+;)", "%26", quote(url, safe=_IN_ADDRESS))


def split_links(text: str) -> list[tuple[str, str]]:
    """Text split at its web addresses: pairs of text and address, which is empty for plain text."""
    pieces, end = [], 0
    for match in _URL.finditer(text):
        shown = match[0].rstrip(".,;:!?'")
        while shown.endswith(")") and shown.count("(") < shown.count(")"):
            shown = shown[:-1].rstrip(".,;:!?'")
        pieces += [(text[end : match.start()], ""), (shown, web_address(shown))]
        end = match.start() + len(shown)
    return [piece for piece in [*pieces, (text[end:], "")] if piece[0]]


def arxiv_address(arxiv_id: str, part: str = "abs") -> str:
    """The address of a paper on arXiv (`part`: "abs" or "pdf"); empty if the identifier is invalid."""
    identifier = parse_arxiv_id(arxiv_id)
    return f"https://arxiv.org/{part}/{identifier.text}" if identifier else ""


def page_link(subject: Subject, reference: Reference) -> str:
    """A link to the words of a reference: the page on arXiv, else in the local file, else empty.

    Without a page (only the abstract was read) it is the paper's abstract on arXiv.
    """
    page = reference.pages[0]
    if subject.arxiv_id and (address := arxiv_address(subject.arxiv_id, "pdf" if page > 0 else "abs")):
        return f"{address}#page={page}" if page > 0 else address
    if page < 1 or not subject.file:
        return ""
    try:
        return f"{Path(subject.file).as_uri()}#page={page}"
    except ValueError:  # a relative path, or one that is not valid text
        return ""


def short_title(title: str) -> str:
    """A short title of a paper: the name before the colon ("BERT: …"), or the first words."""
    title = plain(title)
    name = title.split(":", 1)[0].strip()
    if 0 < len(name) <= _SHORT:
        return name
    return title if len(title) <= _SHORT else title[:_SHORT].rsplit(" ", 1)[0] + "…"


def csv_text(text: str) -> str:
    """The text of a CSV cell, with a quote before it if a spreadsheet would read it as a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text
