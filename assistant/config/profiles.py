"""What a digest or a monitor is asked for: a profile of papers.toml (`[digest.robotics]`), flags, or both."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from assistant.config.keywords import KeywordError, distinct_keywords
from assistant.llm.prompts import Language
from index.arxiv.announcements import is_category
from index.model.errors import PaperAssistantError

Kind = Literal["digest", "monitor"]
Format = Literal["md", "html", "json", "rss"]
FORMATS: tuple[Format, ...] = ("md", "html", "json", "rss")
TOP = {"digest": 10, "monitor": 20}  # papers that are broken down where nobody says how many
_COMMA = re.compile(r"[,，](?![^()\[\]]{0,40}[)\]])")  # and not one inside brackets
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
_TAKEN = {"en", "zh", "monitor"}  # parts of the names of files


class ProfileError(PaperAssistantError):
    """A profile is unknown, or asks for what cannot be."""


def _categories(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        if not is_category(value):
            raise ValueError(f"{value!r} is no arXiv category; they are written like cs.CV or hep-th")
    return tuple(dict.fromkeys(values))


def _keywords(values: tuple[str, ...]) -> tuple[str, ...]:
    try:
        return distinct_keywords(values)
    except KeywordError as error:
        raise ValueError(str(error)) from None


def _authors(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        if value.strip() and not any(map(str.isalpha, value)):
            raise ValueError(f"{value[:40]!r} is nobody's name")
    return values


class DigestProfile(BaseModel):
    """One `[digest.NAME]` of papers.toml; every key may be left out, a key that is not here is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind | None = None
    categories: Annotated[tuple[str, ...], AfterValidator(_categories)] = ()
    interests: str = Field(default="", max_length=4000)
    like: str = ""
    keywords: Annotated[tuple[str, ...], AfterValidator(_keywords)] = ()
    authors: Annotated[tuple[str, ...], AfterValidator(_authors)] = ()
    top: int | None = Field(default=None, ge=0, le=1000)
    language: Literal["auto", "en", "zh"] | None = None
    out: Path | None = None
    format: tuple[Format, ...] = ()


@dataclass(frozen=True)
class Order:
    """What one run is to make. `profile` is empty where flags alone ask."""

    kind: Kind
    profile: str
    categories: tuple[str, ...]
    interests: str
    like: str
    keywords: tuple[str, ...]
    authors: tuple[str, ...]
    top: int
    language: Language
    out: Path
    formats: tuple[Format, ...]

    @property
    def name(self) -> str:
        """How messages call it."""
        return f"{self.kind} {self.profile}".strip()


def place_order(
    kind: Kind,
    name: str,
    profiles: dict[str, DigestProfile],
    flags: dict[str, Any],
    *,
    language: Literal["auto", "en", "zh"],
    folder: Path,
) -> Order:
    """A profile with the flags of this run over it; flags that are None or empty are not given.

    `language` is the setting that holds where neither says one ("auto": that of the interests), `folder` where files go
    by default. Raises ProfileError for an unknown profile, one of the other kind, or a value that cannot be.
    """
    profile = _merge(_chosen(kind, name, profiles), flags)
    if kind == "monitor" and not profile.keywords:
        raise ProfileError("A monitor watches for keywords. Give some: papers monitor --keywords vla,robot")
    spoken = profile.language or language
    return Order(
        kind=kind,
        profile=name,
        categories=profile.categories,
        interests=" ".join(profile.interests.split()),
        like=profile.like.strip(),
        keywords=profile.keywords,
        authors=tuple(" ".join(author.split()) for author in profile.authors if author.strip()),
        top=TOP[kind] if profile.top is None else profile.top,
        language=_spoken(profile) if spoken == "auto" else spoken,
        out=(profile.out or folder).expanduser().absolute(),
        formats=tuple(each for each in FORMATS if each in profile.format) or FORMATS,
    )


def listed(text: Sequence[str] | None) -> tuple[str, ...]:
    """The values of a flag that may be repeated and holds commas.

    >>> listed(["cs.CV, cs.RO", "cs.AI"]), listed(["SO(2,1),vla"])
    (('cs.CV', 'cs.RO', 'cs.AI'), ('SO(2,1)', 'vla'))
    """
    return tuple(part.strip() for each in text or () for part in _COMMA.split(each) if part.strip())


def _chosen(kind: Kind, name: str, profiles: dict[str, DigestProfile]) -> DigestProfile:
    if not name:
        return DigestProfile()
    if name not in profiles:
        there = f"There are: {', '.join(sorted(profiles))}." if profiles else "There is none yet."
        raise ProfileError(f"papers.toml has no profile {name!r}. {there} Write one as [digest.{name}].")
    if not _NAME.fullmatch(name) or name in _TAKEN:
        raise ProfileError(
            f"A profile cannot be called {name!r}: its name is part of file names. Take up to 40 of a-z, 0-9, - and _, "
            f"other than {', '.join(sorted(_TAKEN))}."
        )
    profile = profiles[name]
    if profile.kind not in (None, kind):
        raise ProfileError(f"The profile {name} is for a {profile.kind}. Run: papers {profile.kind} {name}")
    return profile


def _merge(profile: DigestProfile, flags: dict[str, Any]) -> DigestProfile:
    given = {name: value for name, value in flags.items() if value is not None and value != () and value != ""}
    try:
        return DigestProfile.model_validate(profile.model_dump() | given)
    except ValidationError as error:
        faults = "; ".join(f"--{each['loc'][0]}: {each['msg']}" for each in error.errors())
        raise ProfileError(f"This cannot be done: {faults}. Mend the flag.") from None


def _spoken(profile: DigestProfile) -> Language:
    from assistant.verify.terms import is_chinese

    return "zh" if is_chinese(" ".join((profile.interests, *profile.keywords))) else "en"


def asked_categories(categories: Sequence[str], asked: Sequence[str]) -> tuple[str, ...]:
    """The categories of a paper that were asked for: "cs" matches every cs.*, an empty `asked` matches all.

    >>> asked_categories(["cs.CV", "eess.IV"], ["cs"]), asked_categories(["cs.CV"], [])
    (('cs.CV',), ('cs.CV',))
    """
    wanted = {each.casefold() for each in asked}
    return tuple(
        each
        for each in categories
        if not wanted or each.casefold() in wanted or each.casefold().split(".")[0] in wanted
    )
