"""How far a chat model's doubt counts, as measured for the models that the bench was run with."""

import tomllib
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from assistant.llm.prompts import PROMPTS

_FILE = Path(__file__).with_suffix(".toml")


@dataclass(frozen=True)
class Calibration:
    """Limits of the doubt (0 to 1) of a draft: up to `believed` a claim counts, below `quoted` a NOT FOUND does not.

    The defaults take a model at its word: every claim counts, and every NOT FOUND.
    """

    believed: float = 1.0
    quoted: float = 0.0


def calibration_of(model: str) -> Calibration:
    """What was fitted for a model with the prompts of today; the defaults for all others.

    >>> calibration_of("some-model:7b")
    Calibration(believed=1.0, quoted=0.0)
    """
    fitted = _fitted().get(model)
    if fitted is None or fitted["prompts"] != statement_prompts():
        return Calibration()
    return Calibration(float(fitted["believed"]), float(fitted["quoted"]))


@cache
def statement_prompts() -> str:
    """The version of the prompts that a calibration belongs to."""
    texts = [file.read_bytes() for file in sorted(PROMPTS.glob("statement.*.md"))]
    return sha256(b"".join(texts)).hexdigest()[:12]


@cache
def _fitted() -> dict[str, dict[str, str | float]]:
    return tomllib.loads(_FILE.read_text("utf-8"))
