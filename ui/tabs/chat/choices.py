"""What the chat offers to choose from: papers and tags to search, and suggested questions for an empty chat."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.chat.turn import TAG
from index.model.paper import Paper
from index.store.library import Library
from index.store.tags import tags_of_papers
from ui.pages.labels import Labels

COUNT = 3  # suggested questions
_PAPERS = 2000  # that are offered
_LONGEST_TITLE = 90  # a longer one makes no question that anybody would ask
_HEADINGS = (
    ("chat.suggest_limits", re.compile(r"\b(?:limitation|future work|局限)", re.IGNORECASE)),
    ("chat.suggest_results", re.compile(r"\b(?:results?|experiments?|evaluation)\b|实验|结果", re.IGNORECASE)),
    ("chat.suggest_method", re.compile(r"\b(?:methods?|approach|model|architecture)\b|方法|模型", re.IGNORECASE)),
)


def scope_choices(library: Library, words: Labels, chosen: Sequence[str] = ()) -> list[tuple[str, str]]:
    """Return pairs of label and value: the tags in use, then the papers, each in alphabetical order.

    If the library is very large, only its first papers are offered, and those that are `chosen`.
    """
    tags = Counter(tag for given in tags_of_papers(library).values() for tag in given)
    tagged = [(words("chat.scope_tag", tag=tag, count=tags[tag]), f"{TAG}{tag}") for tag in sorted(tags)]
    records = [each for row, each in enumerate(library.papers()) if row < _PAPERS or each.id in chosen]
    return [*tagged, *((record.title, record.id) for record in records)]


@dataclass(frozen=True)
class Suggestion:
    """A question that the library can be asked, and the paper that it is about."""

    question: str
    paper: str


def suggestions(library: Library, words: Labels) -> list[Suggestion]:
    """Return questions about the newest papers, each of another kind if the headings allow it."""
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
