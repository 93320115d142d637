"""Models that think before they answer: what they are told, and how their thoughts are kept out of the answer.

Which way works is a matter of model and server: some servers let a model that is told not to think ignore the form of
its answer, gpt-oss cannot be told not to, and a model that somebody imported may write its thoughts into the answer.
"""

from typing import Literal, get_args

Way = Literal["never", "off", "low", "on", "aloud"]
"""never: it cannot; off: told not to; low: told to think little; on: left to think first; aloud: in the answer."""

WAYS: tuple[Way, ...] = get_args(Way)
ASKED: dict[Way, bool | str | None] = {"never": None, "off": False, "low": "low", "on": True, "aloud": None}
THINKING = frozenset({"low", "on", "aloud"})
SPARE_TOKENS = 2048  # for thoughts, on top of those for the answer; at most a quarter of the window
_PAIRS = (
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<reasoning>", "</reasoning>"),
    ("[THINK]", "[/THINK]"),
    ("◁think▷", "◁/think▷"),
    ("<|channel|>analysis<|message|>", "<|channel|>final<|message|>"),
)


def first_way(capabilities: frozenset[str], architecture: str) -> Way:
    """How a model is asked at first, by what the server says of it."""
    if architecture.replace("-", "") == "gptoss":
        return "low"
    return "off" if "thinking" in capabilities else "never"


class AnswerOnly:
    """Takes an answer piece by piece and gives on what does not belong to the thoughts at its beginning.

    `inside`: the template has opened the thoughts already, so that only their end is written.
    """

    def __init__(self, inside: bool = False) -> None:
        self.thought = False  # whether thoughts were found, finished or not
        self._opened = inside
        self._close = _PAIRS[0][1] if inside else ""
        self._held: str | None = ""  # what cannot be judged yet; None once the answer has begun

    def feed(self, piece: str) -> str:
        """What of the answer is sure after one more piece."""
        if self._held is None:
            return piece
        self._held += piece
        if not self._close:
            begun = self._held.lstrip()
            pair = next((pair for pair in _PAIRS if begun.startswith(pair[0])), None)
            if pair is None:
                return "" if any(opening.startswith(begun) for opening, _ in _PAIRS) else self._release(self._held)
            self.thought, self._close = True, pair[1]
        _, close, behind = self._held.partition(self._close)
        self.thought = self.thought or bool(close)
        return self._release(behind.lstrip()) if behind.strip() else ""

    def end(self, *, cut: bool) -> str:
        """What is left when the answer has ended, or was `cut` off: nothing, if it never came out of its thoughts."""
        if self._held is None or self.thought or (self._opened and cut):
            self.thought = self.thought or (self._held is not None and self._opened)
            return ""
        return self._release(self._held)

    def _release(self, text: str) -> str:
        self._held = None
        return text
