"""References as one text: BibTeX, RIS, CSL-JSON, or formatted in a citation style; and what an answer cites."""

from collections.abc import Sequence
from typing import Any, Literal

from assistant.references.bibtex import bibtex
from assistant.references.csl import csl_items, formatted
from assistant.references.keys import citation_keys
from assistant.references.reference import Reference
from assistant.references.ris import ris
from index.model.plain_text import json_text

Form = Literal["bibtex", "ris", "csl", "style"]


def bibliography(references: Sequence[Reference], form: Form, *, template: str | None = None, style: str = "") -> str:
    """The references in a form; `style` names the citation style of the form "style".

    Raises BadTemplate, UnknownStyle.
    """
    keys = citation_keys(references, template)
    if form == "bibtex":
        return bibtex(references, keys)
    if form == "ris":
        return ris(references, keys)
    if form == "csl":
        return json_text(csl_items(references, keys)) + "\n"
    return "".join(f"{entry}\n" for entry in formatted(references, style))


def reference_json(reference: Reference) -> dict[str, Any]:
    """One reference as CSL-JSON."""
    (item,) = csl_items([reference], citation_keys([reference]))
    return item


def cited_papers(answer: object) -> list[str]:
    """The ids of the papers that an answer cites, as assistant/contract.py shapes it, each once, in their order."""
    found: dict[str, None] = {}
    for sentence in _list(_dict(answer).get("sentences")):
        for citation in _list(_dict(sentence).get("citations")):
            if isinstance(paper := _dict(citation).get("paper"), str):
                found[paper] = None
    return list(found)


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
