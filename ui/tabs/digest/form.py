"""What a user filled in for a digest, and the order that it becomes."""

from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from assistant.config.profiles import TOP, DigestProfile, ProfileError, listed, place_order
from assistant.digest.run import Asked
from ui.pages.labels import Labels

if TYPE_CHECKING:
    from assistant.config.profiles import Kind
    from assistant.config.settings import Settings

FILE_TYPES = [".xml", ".rss", ".atom", ".json", ".jsonl", ".ndjson", ".txt"]
LONGEST = 4000  # characters of the interests, as in a profile


@dataclass(frozen=True)
class DigestForm:
    """The components of the form, in the order in which `DigestWanted` takes their values."""

    kind: gr.Radio
    profile: gr.Dropdown
    day: gr.Textbox
    language: gr.Radio
    categories: gr.Textbox
    keywords: gr.Textbox
    interests: gr.Textbox
    top: gr.Number
    files: gr.File
    offline: gr.Checkbox
    with_model: gr.Checkbox
    again: gr.Checkbox

    @property
    def inputs(self) -> list[gr.components.Component]:
        """All of them."""
        return [getattr(self, each.name) for each in fields(self)]


@dataclass(frozen=True)
class DigestWanted:
    """The values of the form."""

    kind: str
    profile: str | None
    day: str
    language: str
    categories: str
    keywords: str
    interests: str
    top: float | None
    files: list[str] | None
    offline: bool
    with_model: bool
    again: bool


def profile_values(profile: DigestProfile | None, kind: str) -> dict[str, Any]:
    """What a profile puts into the form, by the component's name."""
    known = profile or DigestProfile()
    chosen = known.kind or ("monitor" if kind == "monitor" else "digest")
    values: dict[str, Any] = {
        "kind": chosen,
        "categories": ", ".join(known.categories),
        "keywords": ", ".join(known.keywords),
        "interests": known.interests,
        "top": TOP[chosen] if known.top is None else known.top,
    }
    return values | ({"language": known.language} if known.language in ("en", "zh") else {})


def order_of(words: Labels, settings: "Settings", wanted: DigestWanted) -> Asked:
    """Return the order. Raises ProfileError, with what to change in the form, if it is impossible."""
    name, profiles = wanted.profile or "", dict(settings.digest)
    if name in profiles:  # the form wins over the profile, even an empty line
        emptied = {"categories": (), "keywords": (), "interests": "", "top": None}
        profiles[name] = profiles[name].model_copy(update=emptied)
    flags = {
        "categories": listed([wanted.categories]),
        "keywords": listed([wanted.keywords]),
        "interests": wanted.interests,
        "top": None if wanted.top is None else int(wanted.top),
        "language": wanted.language,
    }
    files = tuple(Path(each) for each in wanted.files or ())
    kind: Kind = "monitor" if wanted.kind == "monitor" else "digest"
    if kind == "monitor" and not flags["keywords"]:
        raise ProfileError(words("digest.need_keywords"))
    if not files and (wanted.offline or not flags["categories"]):
        raise ProfileError(words("digest.need_listing") if wanted.offline else words("digest.need_categories"))
    folder = settings.index().home / "digests"
    order = place_order(kind, name, profiles, flags, language=settings.language, folder=folder)
    return Asked(order, files, _day(words, wanted.day), wanted.offline, wanted.with_model, wanted.again)


def _day(words: Labels, text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip()) if text.strip() else None
    except ValueError:
        raise ProfileError(words("digest.bad_day", day=text.strip())) from None
