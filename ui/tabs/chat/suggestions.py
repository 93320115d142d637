"""First questions, made from the titles and headings of the library by code."""

import re
from dataclasses import dataclass

from index.model.paper import Paper
from index.store.library import Library
from ui.pages.labels import Labels

COUNT = 3
_LONGEST_TITLE = 90  # a longer one makes no question that anybody would ask
_HEADINGS = (
    ("chat.suggest_limits", re.compile(r"\b(?:limitation|future work|局限)", re.IGNORECASE)),
    ("chat.suggest_results", re.compile(r"\b(?:results?|experiments?|evaluation)\b|实验|结果", re.IGNORECASE)),
    ("chat.suggest_method", re.compile(r"\b(?:methods?|approach|model|architecture)\b|方法|模型", re.IGNORECASE)),
)


@dataclass(frozen=True)
class Suggestion:
    """A question that the library can be asked, and the paper that it is about."""

    question: str
    paper: str


def suggestions(library: Library, words: Labels) -> list[Suggestion]:
    """Questions about the papers added last, each of another kind where the headings allow it."""
    newest = sorted(library.papers(), key=lambda record: record.added_at, reverse=True)
    asked: list[str] = []
    found = []
    for record in [each for each in newest if len(each.title) <= _LONGEST_TITLE][:COUNT]:
        key = _kind(library.paper(record.id), asked)
        asked.append(key)
        found.append(Suggestion(words(key, title=record.title), record.id))
    return found


def _kind(paper: Paper, asked: list[str]) -> str:
    headings = " | ".join(section.heading for section in paper.sections)
    return next((key for key, form in _HEADINGS if key not in asked and form.search(headings)), "chat.suggest_about")
