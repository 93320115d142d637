"""Questions about the library itself, answered from its catalogue at once: who wrote it, from when, how many, which.

A question is taken for one only if its words are used up by what the catalogue knows: people, papers, years, a topic
behind "about", and the vocabulary of catalogues. One word too many and it is left to the papers' own words.
"""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from assistant.llm.prompts import Language
from assistant.verify.terms import content_stems, is_chinese
from index.model.records import PaperRecord
from index.search.searcher import Searcher
from index.search.subjects import Subjects
from index.search.topics import papers_about
from index.store.fulltext import STOP_WORDS
from index.store.library import Library

MAX_LISTED = 20
MAX_NAME = 4  # words of a person's name
MAX_UNKNOWN = 1  # content word that neither the vocabulary nor the meant paper knows: "first and last is enough"
_WORDS = Path(__file__).parent / "library_facts.toml"
_YEAR = re.compile(r"(?<![\d.,])(?:19|20)\d\d(?![\d.,]*\d)")
_CAPITALISED = re.compile(r"(?<=[ (])[A-Z]\w*")  # not the first word
_LATIN_NAME = re.compile(r"[^\W\d_][\w.'’-]*")


class Fact(StrEnum):
    """What is asked of the catalogue."""

    AUTHORS = "authors"
    YEAR = "year"
    COUNT = "count"
    PAPERS = "papers"
    ADDED = "added"


@dataclass(frozen=True)
class FactAsked:
    """A question to the catalogue: `facts` of `papers`, or the papers by `people`, of `years`, about a `topic`."""

    facts: tuple[Fact, ...]
    papers: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    years: tuple[int, ...] = ()
    topic: str = ""


@dataclass(frozen=True)
class LibraryAnswer:
    """What the catalogue says: a line each, and the papers that it is about."""

    lines: tuple[str, ...]
    papers: tuple[PaperRecord, ...]


def fact_asked(question: str, library: Library, subjects: Subjects) -> FactAsked | None:
    """What a question asks of the catalogue; None if it asks the papers."""
    text = " ".join(question.split())
    vocabulary = _vocabulary(is_chinese(text))
    facts = tuple(fact for fact in Fact if re.search(vocabulary[fact.value], text, re.IGNORECASE))
    if not facts:
        return None
    of_one = [fact for fact in facts if fact in (Fact.AUTHORS, Fact.YEAR)]
    if of_one and (papers := _meant(library, text, subjects, vocabulary)):
        return FactAsked(tuple(of_one), papers)
    if not set(facts) & {Fact.COUNT, Fact.PAPERS, Fact.ADDED}:
        return None
    asked, topic = _before_topic(text, vocabulary)
    people = _people(library, asked)
    years = tuple(int(year) for year in _YEAR.findall(asked))
    rest = _YEAR.sub(" ", _without(asked, people))
    if _unknown(rest, vocabulary) or re.search(vocabulary["clause"], topic, re.IGNORECASE):
        return None
    if Fact.ADDED not in facts and not re.search(vocabulary["catalogue"], rest, re.IGNORECASE):
        return None
    return FactAsked(facts, (), people, years, topic)


def answer_fact(asked: FactAsked, searcher: Searcher, library: Library, language: Language) -> LibraryAnswer | None:
    """What the catalogue says to a question, in sentences of one language.

    None if it finds no paper about a topic: the papers' own text may know more than titles and abstracts.
    """
    words = _sentences(language)
    if asked.papers:
        records = [library.record(paper) for paper in asked.papers]
        lines = [_of_paper(record, asked.facts, words) for record in records]
        return LibraryAnswer((*lines, words["source"]), tuple(records))
    if Fact.ADDED in asked.facts:
        latest = sorted(library.papers(), key=lambda record: record.added_at, reverse=True)[:1]
        lines = [words["added"].format(title=_named(each), day=each.added_at[:10]) for each in latest]
        return LibraryAnswer((*(lines or [words["none"]]), words["source"]), tuple(latest))
    records = _chosen(asked, searcher, library)
    if asked.topic and not records:
        return None
    count = words["count_one" if len(records) == 1 else "count"] if records else words["none"]
    if not (asked.people or asked.years or asked.topic):
        count = words["count_all"]
    lines = [count.format(number=len(records)), *(f"- {_named(record)}" for record in records[:MAX_LISTED])]
    if len(records) > MAX_LISTED:
        lines.append(words["more"].format(number=len(records) - MAX_LISTED))
    return LibraryAnswer((*lines, words["source"]), tuple(records))


def _chosen(asked: FactAsked, searcher: Searcher, library: Library) -> list[PaperRecord]:
    records = library.papers()
    if asked.people:
        records = [each for each in records if all(_wrote(each, person) for person in asked.people)]
    if asked.years:
        records = [each for each in records if each.year is not None and each.year in asked.years]
    if asked.topic:
        about = papers_about(searcher, library, asked.topic)
        by_id = {each.id: each for each in records}
        records = [by_id[paper] for paper in about if paper in by_id]
    return records


def _meant(library: Library, text: str, subjects: Subjects, vocabulary: dict[str, str]) -> tuple[str, ...]:
    """The papers whose authors or year are asked for; none if the question has words beyond them.

    A paper that is only described must have all the words of its description.
    """
    papers = subjects.named or tuple(paper for paper, _ in subjects.described[:1])
    held = " ".join(library.card_text(paper) for paper in papers)
    left = _unknown(subjects.without_names(text), vocabulary, held)
    if subjects.named:
        return papers if len(left) <= MAX_UNKNOWN else ()
    named = {word.casefold() for word in _CAPITALISED.findall(text)}
    return () if left or not named <= set(held.split()) else papers


def _before_topic(text: str, vocabulary: dict[str, str]) -> tuple[str, str]:
    """A question up to "about", and the topic behind it, without the words of a catalogue that follow it."""
    found = re.search(vocabulary["about"], text, re.IGNORECASE)
    if not found:
        return text, ""
    topic = text[found.end() :].strip(" ?.!？。")
    known = set(vocabulary["words"].split()) | STOP_WORDS
    words = topic.split()
    while words and words[-1].casefold() in known:
        words.pop()
    return text[: found.start()], re.sub(vocabulary["behind"], "", " ".join(words))


def _unknown(text: str, vocabulary: dict[str, str], held: str = "") -> list[str]:
    """The content stems of a text that neither the vocabulary of catalogues nor `held` has."""
    known = set(content_stems(vocabulary["words"])) | set(content_stems(held))
    return [stem for stem in dict.fromkeys(content_stems(text)) if stem not in known]


def _people(library: Library, text: str) -> tuple[str, ...]:
    """The authors of the library that a text names, each as the longest run of words that fits one."""
    authors = _by_last_name(library)
    words = _LATIN_NAME.findall(text)
    found: list[str] = []
    row = 0
    while row < len(words):
        runs = (" ".join(words[row : row + length]) for length in range(min(MAX_NAME, len(words) - row), 0, -1))
        name = next((name for run in runs if (name := _known(run, authors))), "")
        found += [name] if name else []
        row += max(1, len(name.split()))
    return tuple(dict.fromkeys(found))


def _by_last_name(library: Library) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for author in (author for record in library.papers() for author in record.authors if author.strip()):
        found.setdefault(author.split()[-1].casefold(), set()).add(author)
    return found


def _known(run: str, authors: dict[str, set[str]]) -> str:
    """A run of words without its genitive, if it is the name of an author; else nothing."""
    name = run.removesuffix("'s").removesuffix("’s")
    same = authors.get(name.split()[-1].casefold(), set()) if _is_person(name) else set()
    return name if any(_same_person(name, author) for author in same) else ""


def _is_person(name: str) -> bool:
    return all(part[:1].isupper() or part in ("van", "von", "de", "der", "le", "la", "di") for part in name.split())


def _same_person(name: str, author: str) -> bool:
    """Whether a name may be an author's: the last names alike, and first names, if given, one short for the other.

    >>> _same_person("Jeff Dean", "Jeffrey Dean"), _same_person("Q. Le", "Quoc V. Le"), _same_person("Kai Li", "Ke Li")
    (True, True, False)
    """
    asked, parts = (text.casefold().replace(".", "").split() for text in (name, author))
    if not asked or not parts or asked[-1] != parts[-1]:
        return False
    return len(asked) == 1 or asked[0].startswith(parts[0]) or parts[0].startswith(asked[0])


def _wrote(record: PaperRecord, person: str) -> bool:
    return any(_same_person(person, author) for author in record.authors)


def _without(text: str, people: Sequence[str]) -> str:
    for person in people:
        text = text.replace(person, " ")
    return text


def _of_paper(record: PaperRecord, facts: Sequence[Fact], words: dict[str, str]) -> str:
    parts = [words["title"].format(title=record.title)]
    if Fact.AUTHORS in facts:
        authors = ", ".join(record.authors)
        parts.append(words["authors"].format(authors=authors) if authors else words["no_authors"])
    if Fact.YEAR in facts:
        parts.append(words["year"].format(year=record.year) if record.year else words["no_year"])
    return " ".join(parts)


def _named(record: PaperRecord) -> str:
    """A paper as a list names it: title, first author, year."""
    author = record.authors[0].split()[-1] if record.authors and record.authors[0].split() else ""
    others = " et al." if len(record.authors) > 1 else ""
    told = ", ".join(part for part in (f"{author}{others}" if author else "", str(record.year or "")) if part)
    return f"{record.title} ({told})" if told else record.title


@cache
def _file() -> dict[str, dict[str, str]]:
    return tomllib.loads(_WORDS.read_text("utf-8"))


def _vocabulary(chinese: bool) -> dict[str, str]:
    return _file()["asked_zh" if chinese else "asked_en"]


def _sentences(language: Language) -> dict[str, str]:
    return _file()[f"answer_{language}"]
