"""A question understood once: what it asks for, of which papers, in which words it is searched.

Everything that is read from a question's words is read here, for ask, search, chat and the bench alike. What follows
from the papers' text (whether a passage answers) is not part of it.
"""

import re
import tomllib
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from itertools import pairwise
from pathlib import Path

from assistant.question.follow_up import points_back
from assistant.question.form import asks_amount, without_form
from assistant.question.library_facts import FactAsked, fact_asked
from assistant.question.parts import parts_of
from assistant.question.per_paper import asked_of_one
from assistant.question.whole_paper import aspects_asked
from assistant.verify.table_check import compares
from assistant.verify.terms import COMMON_VERBS, content_stems
from index.model.records import Filters
from index.search.searcher import Question as Wordings
from index.search.subjects import Subjects, find_subjects
from index.store.library import Library
from index.structure.element_references import NamedPlace, named_places

MAX_SUBQUESTIONS = 4
MIN_OWN_STEMS = 2  # content words of a question that points back, with fewer of which nothing can be searched
CARDS_A_QUESTION = 50  # cards that an old library is given at a question: about a second at most
_WORDS = Path(__file__).parent / "question_words.toml"
_JOINED = re.compile(
    r"\W*(?:\w+\W+){0,2}?(?:and|or|vs|versus|with|und|oder|et|ou|y|e)\b\W*(?:\w+\W+){0,2}|\W*[,/&、和与跟或]\W*"
)
_LATIN_WORD = re.compile(r"[^\W\d_]+")
_SCRIPTS = (("ja", "[\u3040-\u30ff]"), ("ko", "[\uac00-\ud7af]"), ("zh", "[\u4e00-\u9fff]"), ("ru", "[\u0400-\u04ff]"))
SCRIPT_SHARE = 0.1  # of the letters; a question in Japanese may be mostly Latin names
MIN_FUNCTION_WORDS = 2  # of a language other than English


class Kind(StrEnum):
    """What has to be done for a question."""

    CONTENT = "content"  # passages answer it
    COMPARE = "compare"  # passages of several papers, each by itself, answer it
    EACH_PAPER = "each paper"  # asked of one paper after another
    WHOLE_PAPER = "whole paper"  # read section by section
    LIBRARY = "library"  # the catalogue answers it, without passages
    SMALL_TALK = "small talk"  # a sentence of our own answers it
    UNCLEAR = "unclear"  # "it" without anything before


@dataclass(frozen=True, slots=True)
class Choice:
    """A name in the question that more than one paper owns: the papers, the likeliest first."""

    name: str
    papers: tuple[str, ...]


@dataclass(frozen=True)
class Question:
    """A question as everything behind it takes it.

    `wordings` are what is searched: without the form of the answer, with the translation where there is one.
    `subjects` are the papers that it names or describes, `choices` the names among them that several papers own.
    `subquestions` are searched separately, each with the papers that it is about; none if one search does.
    """

    text: str
    kind: Kind
    language: str
    wordings: Wordings
    subjects: Subjects
    subquestions: tuple["SubQuestion", ...] = ()
    elements: tuple[NamedPlace, ...] = ()
    wants_amount: bool = False
    of_one: str = ""
    fact: FactAsked | None = None

    @property
    def queries(self) -> tuple[str, ...]:
        """All wordings to search with."""
        return self.wordings.forms

    @property
    def subject(self) -> tuple[str, ...]:
        """The ids of the papers that it names, in its order; empty if it names none."""
        return self.subjects.named

    @property
    def choices(self) -> tuple[Choice, ...]:
        """The names that several papers own."""
        mentions = {mention.text: mention.papers for mention in self.subjects.mentions if len(mention.papers) > 1}
        return tuple(Choice(name, papers) for name, papers in mentions.items())


@dataclass(frozen=True, slots=True)
class SubQuestion:
    """A part of a question, and the paper that it is asked of; None if it is asked of all."""

    text: str
    paper: str | None = None


def understand(
    text: str,
    library: Library,
    *,
    translation: str | None = None,
    filters: Filters | None = None,
    has_turns: bool = False,
) -> Question:
    """What a question asks for.

    `translation` is the question in the language of the papers, where a model made one. `filters` restrict the papers
    that it may be about. With `has_turns` there is a talk before it that "it" may point back to.
    """
    asked = without_form(text)
    wordings = Wordings(asked, translation)
    library.make_cards(limit=CARDS_A_QUESTION)
    subjects = find_subjects(library, wordings.forms, filters)
    fact = None if filters and filters.papers else fact_asked(asked, library, subjects)
    of_one = asked_of_one(asked) or ""
    alone = filters is not None and filters.papers is not None and len(filters.papers) == 1
    kind = _kind(asked, wordings, subjects, fact, of_one if not alone else "", points=not (alone or has_turns))
    return Question(
        text=text,
        kind=kind,
        language=language_of(text),
        wordings=replace(wordings, subjects=subjects),
        subjects=subjects,
        subquestions=_subquestions(asked, subjects) if kind in (Kind.COMPARE, Kind.CONTENT) else (),
        elements=tuple(dict.fromkeys(place for form in wordings.forms for place in named_places(form))),
        wants_amount=asks_amount(asked),
        of_one=of_one if kind is Kind.EACH_PAPER else "",
        fact=fact if kind is Kind.LIBRARY else None,
    )


def language_of(text: str) -> str:
    """The ISO 639-1 code of a question's language: by its script, or by its function words; English if unsure.

    >>> language_of("焦点损失里 γ 取多少？"), language_of("Wie lange trainiert es und mit welchen Daten?")
    ('zh', 'de')
    """
    letters = len(re.findall(r"[^\W\d_]", text))
    for language, script in _SCRIPTS:
        if SCRIPT_SHARE * letters < len(re.findall(script, text)):
            return language
    said = [word.casefold() for word in _LATIN_WORD.findall(text)]
    counts = {each: sum(word in known for word in said) for each, known in _function_words().items()}
    best = max(counts, key=lambda each: (counts[each], each == "en"))
    return best if counts[best] >= MIN_FUNCTION_WORDS else "en"


def _kind(
    asked: str, wordings: Wordings, subjects: Subjects, fact: FactAsked | None, of_one: str, *, points: bool
) -> Kind:
    if _is_small_talk(asked):
        return Kind.SMALL_TALK
    if fact is not None:
        return Kind.LIBRARY
    if of_one:
        return Kind.EACH_PAPER
    if len(subjects.named) == 1 and aspects_asked(wordings.forms[-1]):
        return Kind.WHOLE_PAPER
    if len(subjects.named) > 1 and (compares(asked) or _are_listed(asked, subjects)):
        return Kind.COMPARE
    if points and not subjects.named and _is_bare(asked):
        return Kind.UNCLEAR
    return Kind.CONTENT


def _are_listed(asked: str, subjects: Subjects) -> bool:
    """Whether two names of different papers are joined: "BERT and RoBERTa", "DPR or the RAG paper"."""
    for first, second in pairwise(subjects.mentions):
        between = asked.partition(first.text)[2].partition(second.text)[0]
        if first.papers[0] != second.papers[0] and _JOINED.fullmatch(between):
            return True
    return False


def _is_small_talk(asked: str) -> bool:
    """Whether a text is nothing but a greeting, thanks, or the question what the program can do."""
    plain = " ".join(re.findall(r"\w+", asked.casefold()))
    return plain in _small_talk()


def _is_bare(asked: str) -> bool:
    """Whether a question points back and has next to nothing of its own to search for."""
    own = set(content_stems(asked)) - COMMON_VERBS - {"mani"}
    return points_back(asked) and len(own) < MIN_OWN_STEMS


def _subquestions(asked: str, subjects: Subjects) -> tuple[SubQuestion, ...]:
    """One for each named paper if there are several, else the parts of a question that asks more than one thing."""
    if len(subjects.named) > 1:
        return tuple(SubQuestion(asked, paper) for paper in subjects.named[:MAX_SUBQUESTIONS])
    parts = parts_of(asked)
    return tuple(map(SubQuestion, parts[:MAX_SUBQUESTIONS])) if len(parts) > 1 else ()


@cache
def _file() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads(_WORDS.read_text("utf-8"))


@cache
def _small_talk() -> frozenset[str]:
    return frozenset(phrase for phrases in _file()["small_talk"].values() for phrase in phrases)


@cache
def _function_words() -> dict[str, frozenset[str]]:
    return {language: frozenset(words) for language, words in _file()["function_words"].items()}
