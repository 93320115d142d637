"""What arXiv announces on a day: one paper's announcement, a whole listing, and the text of both made clean.

Announce types are arXiv's own: "new", "cross" (listed in a further category), "replace" (a new version),
"replace-cross"; "unknown" where a listing does not say it. Titles, names and abstracts are hostile input.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal, get_args

from index.arxiv.ids import ArxivId, parse_arxiv_id
from index.arxiv.tex import plain_text, title_text

AnnounceType = Literal["new", "cross", "replace", "replace-cross", "unknown"]
ANNOUNCE_TYPES: tuple[AnnounceType, ...] = get_args(AnnounceType)  # the strongest first

# https://arxiv.org/category_taxonomy: an archive, and a class such as CV, mes-hall or optics. MSC and ACM classes,
# which the API mixes in, are none.
_CATEGORY = re.compile(r"[a-z]{2,8}(?:-[a-z]{2,4})?(?:\.(?:[A-Z]{2}|[a-z]{4,6}|[a-z]{2,6}-[a-z]{2,4}))?", re.ASCII)
ABOVE_ABSTRACT = re.compile(
    r"\s*(?:arXiv:(?P<id>\S+)\s+Announce Type:\s*(?P<type>[a-z-]+)\s*)?(?:Abstract:\s*)?", re.IGNORECASE
)
_LONGEST_TITLE, _LONGEST_ABSTRACT = 2_000, 20_000  # characters; arXiv takes at most 1,920 for an abstract
_AFFILIATION = re.compile(r"\([^()]*\)")
_AND_BEFORE = re.compile(r"^\s*(?:and|&)\s", re.IGNORECASE)
_AND = re.compile(r"\s(?:and|&)\s", re.IGNORECASE)
_OTHERS = re.compile(r"et\.? ?al\.?|and others|others", re.IGNORECASE)
_GROUP = re.compile(
    r"\b(?:collaborations?|groups?|teams?|consorti(?:um|a)|institutes?|laborator(?:y|ies)|labs?|cent(?:er|re)s?|"
    r"networks?|societ(?:y|ies)|universit(?:y|ies)|projects?|departments?|facult(?:y|ies)|schools?|inc|ltd|working|"
    r"for|of|the)\b",
    re.IGNORECASE,
)
_SUFFIX = re.compile(r"(?:Jr|Sr)\.?|I{2,3}|IV|V", re.ASCII)


_WITHDRAWN = re.compile(
    r"^\W*(?:withdrawn|retracted)\b"
    r"|\b(?:paper|article|manuscript|submission|preprint|(?:this|the) (?:work|version|draft|note)) "
    r"(?:has been|have been|is|was) (?:temporarily )?(?:withdrawn|retracted)\b"
    r"|\b(?:authors?|we) (?:have |has |are |is )?(?:withdrawn?|withdrew|withdrawing|retract(?:ed)?) "
    r"(?:this|the) (?:paper|article|manuscript|submission|preprint|work|version)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Announcement:
    """One paper as a listing announces it. The primary category comes first; the abstract is one line of plain text.

    `id` holds the version where the listing has it; `announced_on` is the day of the announcement, not of submission.
    """

    id: ArxivId
    title: str
    authors: tuple[str, ...]
    abstract: str
    categories: tuple[str, ...]
    announced: AnnounceType
    announced_on: date | None
    comment: str | None


@dataclass(frozen=True, slots=True)
class Listing:
    """What one source announces, each paper once, in its order.

    `complete` is False where something is known to be missing; `warnings` say what. `quiet` says why a complete
    listing is rightly empty (weekend, holiday), and is empty otherwise.
    """

    announcements: tuple[Announcement, ...]
    day: date | None
    source: str
    complete: bool
    warnings: tuple[str, ...]
    quiet: str


def is_category(text: str) -> bool:
    """Whether `text` has the shape of one of arXiv's categories or archives: cs.CV, cond-mat.mes-hall, hep-th.

    >>> is_category("cs.CV"), is_category("astro-ph.GA"), is_category("cs.cv"), is_category("68T50")
    (True, True, False, False)
    """
    return _CATEGORY.fullmatch(text) is not None


def is_withdrawn(abstract: str, comment: str | None) -> bool:
    """Whether a version is the notice of its withdrawal, as its abstract or comment says; arXiv has no field for it.

    >>> is_withdrawn("This paper has been withdrawn by the authors.", None), is_withdrawn("Drugs withdrawn late.", "")
    (True, False)
    """
    return any(_WITHDRAWN.search(text) for text in (comment or "", abstract))


def author_names(line: str) -> tuple[str, ...]:
    """The names in arXiv's comma-separated line, affiliations in brackets left out, and signs that name nobody.

    >>> author_names("J. Doe (1, 2), K.~Roe (MIT (USA)), L. Poe, Jr.")
    ('J. Doe', 'K. Roe', 'L. Poe, Jr.')
    >>> author_names("ATLAS Collaboration, :, A. Lind (1) and P. Sund (2), et al.")
    ('ATLAS Collaboration', 'A. Lind', 'P. Sund')
    """
    line = plain_text(line).replace("~", " ")
    for _ in range(3):  # brackets in brackets
        line = _AFFILIATION.sub(" ", line)
    names: list[str] = []
    for part in line.split(","):
        piece = " ".join(_AND_BEFORE.sub("", part).split())
        if names and _SUFFIX.fullmatch(piece):
            names[-1] += f", {piece}"
        elif not _GROUP.search(piece):  # the D0 and CDF Collaborations are no two persons
            names += map(str.strip, _AND.split(piece))
        else:
            names.append(piece)
    return real_names(names)


def real_names(names: Iterable[str]) -> tuple[str, ...]:
    """The names that name somebody: arXiv sends ":" behind a collaboration as an author, and people write "et al."

    >>> real_names(["ATLAS Collaboration", ":", "Ada Lind", "et al."])
    ('ATLAS Collaboration', 'Ada Lind')
    """
    clean = (" ".join(name.strip(" :;,").split()) for name in names)
    return tuple(name for name in clean if any(map(str.isalpha, name)) and not _OTHERS.fullmatch(name))


def merge_announcements(announcements: Iterable[Announcement]) -> tuple[tuple[Announcement, ...], int]:
    """Each paper once, in the order of first mention; and how many mentions contradict an earlier one.

    Categories are united, the strongest announce type and the highest version win. Two titles, two versions, or a
    paper both new and replaced are a contradiction; new in one category and cross-listed in another is none.
    """
    papers: dict[str, Announcement] = {}
    contradictions = 0
    for announcement in announcements:
        earlier = papers.get(announcement.id.base)
        if earlier is not None:
            contradictions += _contradict(earlier, announcement)
            announcement = _unite(earlier, announcement)
        papers[announcement.id.base] = announcement
    return tuple(papers.values()), contradictions


def merge_listings(listings: Sequence[Listing]) -> Listing:
    """Several listings, at least one, as one: complete if all are; `day` is the latest; sources joined by commas."""
    papers, contradictions = merge_announcements(paper for listing in listings for paper in listing.announcements)
    warnings = [warning for listing in listings for warning in listing.warnings]
    return Listing(
        announcements=papers,
        day=max((listing.day for listing in listings if listing.day), default=None),
        source=", ".join(dict.fromkeys(listing.source for listing in listings)),
        complete=all(listing.complete for listing in listings),
        warnings=tuple(dict.fromkeys([*warnings, *contradiction_warnings(contradictions)])),
        quiet="" if papers else " ".join(dict.fromkeys(listing.quiet for listing in listings if listing.quiet)),
    )


def contradiction_warnings(count: int) -> tuple[str, ...]:
    """The warning for `count` contradictory mentions: none for none."""
    if count == 0:
        return ()
    return (f"{count} papers are announced twice, with other titles, versions or types; the highest version stands.",)


def make_announcement(
    ids: Iterable[object],
    title: object,
    authors: Iterable[str],
    abstract: object,
    categories: Iterable[object],
    announced: object,
    announced_on: date | None,
    comment: object,
) -> Announcement | None:
    """The announcement that these parts of a hostile record make, cleaned; None without identifier, title or abstract.

    Of `ids` the first that is one counts, with the version that another of them gives; `announced` may be anything.
    """
    known = [id for id in (parse_arxiv_id(text) for text in ids if isinstance(text, str)) if id]
    named = title_text(title[: 2 * _LONGEST_TITLE]) if isinstance(title, str) else ""
    text = abstract[: 2 * _LONGEST_ABSTRACT] if isinstance(abstract, str) else ""
    prefix = ABOVE_ABSTRACT.match(text)
    text = plain_text(text[prefix.end() if prefix else 0 :])
    if not (known and 0 < len(named) <= _LONGEST_TITLE and 0 < len(text) <= _LONGEST_ABSTRACT):
        return None
    versions = (id for id in known if id.base == known[0].base and id.version)
    kind = str(announced).strip().lower()
    types: dict[str, AnnounceType] = {name: name for name in ANNOUNCE_TYPES}
    return Announcement(
        id=next(versions, known[0]),
        title=named,
        authors=real_names(authors),
        abstract=text,
        categories=tuple(dict.fromkeys(name for name in categories if isinstance(name, str) and is_category(name))),
        announced=types.get(kind, "unknown"),
        announced_on=announced_on,
        comment=(plain_text(comment[:_LONGEST_ABSTRACT]) or None) if isinstance(comment, str) else None,
    )


def make_listing(
    papers: list[Announcement | None], day: date | None, own: date | None, source: str, warnings: list[str], quiet: str
) -> Listing:
    """A listing of what could be read of `papers` (None: what could not); any of `warnings` makes it incomplete.

    `day` is what the reader says, `own` what the listing says of itself.
    """
    whole = [paper for paper in papers if paper is not None]
    if len(whole) < len(papers):
        warnings.append(f"{len(papers) - len(whole)} papers of {source} have no identifier, title or abstract.")
    merged, contradictions = merge_announcements(whole)
    notes = [*contradiction_warnings(contradictions)]
    if day and own and day != own:
        notes.append(f"{source} is of {own}, not of {day}.")
    return Listing(merged, day or own, source, not warnings, (*warnings, *notes), quiet)


def _contradict(one: Announcement, other: Announcement) -> bool:
    replaced = {paper.announced.startswith("replace") for paper in (one, other) if paper.announced != "unknown"}
    versions = {one.id.version, other.id.version} - {None}
    return one.title.casefold() != other.title.casefold() or len(versions) > 1 or len(replaced) > 1


def _unite(one: Announcement, other: Announcement) -> Announcement:
    first, second = (other, one) if (other.id.version or 0) > (one.id.version or 0) else (one, other)
    return replace(
        first,
        categories=tuple(dict.fromkeys(one.categories + other.categories)),
        announced=min(one.announced, other.announced, key=ANNOUNCE_TYPES.index),
        announced_on=first.announced_on or second.announced_on,
        comment=first.comment or second.comment,
    )
