"""What models read, from the files prompts/<name>.<language>.md.

A file holds the user's message, or the system's and the user's with the line `--- user ---` between; `$name` stands
for a value.
"""

from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Literal

Language = Literal["en", "zh"]

PROMPTS = Path(__file__).parent / "prompts"  # the folder
_DIVIDER = "\n--- user ---\n"


@dataclass(frozen=True, slots=True)
class Message:
    """What one side says to the model, or the model said."""

    role: Literal["system", "user", "assistant"]
    content: str


def load_prompt(name: str, language: Language, **values: str) -> list[Message]:
    """The messages of a prompt, each `$name` filled in once; what stands in a value is never read as a template.

    Raises `ValueError` for a value that is missing, blank or not asked for, `FileNotFoundError` for a missing file.
    """
    text = (PROMPTS / f"{name}.{language}.md").read_text(encoding="utf-8")
    asked = set(Template(text).get_identifiers())
    blank = {key for key, value in values.items() if not value.strip()}
    if wrong := (asked ^ set(values)) | blank:
        raise ValueError(f"prompts/{name}.{language}.md: missing, blank or not asked for: {', '.join(sorted(wrong))}")
    system, divider, user = text.partition(_DIVIDER)
    if not divider:
        system, user = "", text
    parts: list[tuple[Literal["system", "user"], str]] = [("system", system), ("user", user)]
    return [Message(role, Template(part.strip()).substitute(values)) for role, part in parts if part.strip()]
