"""A scripted model that reads: its reply follows from the prompt, so that a whole command can run against it.

It copies the numbered sentences that share most words with the question, changed as its mode says. The same prompt
always receives the same reply.
"""

import re
from dataclasses import dataclass, field
from typing import Any, Literal

from fake_ollama import Reply

Mode = Literal["faithful", "silent", "wrong number", "invented", "negated", "not json", "doubting"]
MIN_SHARED = 2  # words that a sentence must share with the question before it is copied
MAX_PICKS = 2
_NUMBERED = re.compile(r"^\[(\d+)\] \((?P<label>.*?)\) (?P<text>.*)$", re.MULTILINE)
_QUESTION = re.compile(r"^(?:Question|问题)[:：] ?(?P<question>.*)\Z", re.MULTILINE | re.DOTALL)


@dataclass
class ScriptedReader:
    """Answers each chat request by its prompt; `translations` and `standalone` are looked up by the text asked for."""

    mode: Mode = "faithful"
    translations: dict[str, str] = field(default_factory=dict)
    standalone: dict[str, str] = field(default_factory=dict)

    def __call__(self, body: dict[str, Any]) -> Reply:
        """The reply to one chat request."""
        fields = set(body.get("format", {}).get("properties", {}))
        last = body["messages"][-1]["content"]
        if self.mode == "not json":
            return Reply("I would rather talk about the weather")
        if "translation" in fields:
            text = last.partition(":" if ":" in last else "：")[2].strip()
            return Reply.of({"translation": self.translations.get(text, text)})
        if "question" in fields:
            return Reply.of({"question": self.standalone.get(last.rpartition(":")[2].strip(), last)})
        if "answers" in fields:
            return self._picks(last)
        if not fields:
            return Reply("NOT FOUND")
        sentence = last.partition(":" if ":" in last else "：")[2].strip()
        return Reply.of({"statement": _shortened(sentence)})

    def _picks(self, prompt: str) -> Reply:
        question = _QUESTION.search(prompt)
        assert question, prompt
        asked = _words(question["question"])
        shared = {int(each[1]): len(asked & _words(each["text"])) for each in _NUMBERED.finditer(prompt)}
        texts = {int(each[1]): each["text"] for each in _NUMBERED.finditer(prompt)}
        best = sorted((number for number in shared if shared[number] >= MIN_SHARED), key=lambda each: -shared[each])
        if self.mode == "silent" or not best:
            return _doubting({"answers": []}, 0.99)
        picks = [{"number": number, "statement": self._said(texts[number])[:400]} for number in best[:MAX_PICKS]]
        return _doubting({"answers": picks}, 0.9 if self.mode == "doubting" else 0.01)

    def _said(self, sentence: str) -> str:
        return {
            "wrong number": re.sub(r"\d+", lambda digits: str(int(digits.group()) + 1), sentence),
            "negated": re.sub(r"\b(is|was|are|were|has|can|does)\b", r"\1 not", sentence, count=1),
            "invented": "The authors thank the Zurich observatory for 4711 hours of telescope time.",
        }.get(self.mode, sentence)


def _doubting(value: dict[str, str], doubt: float) -> Reply:
    reply = Reply.of(value)
    reply.doubt = doubt
    return reply


def _words(text: str) -> set[str]:
    return {word[:6] for word in re.findall(r"[a-z\d]{3,}|[\u4e00-\u9fff]", text.casefold())}


def _shortened(sentence: str) -> str:
    """The sentence without its brackets and its opening adverb."""
    bare = re.sub(r"\s*\([^()]*\)", "", sentence)
    return re.sub(r"^(?:However|Therefore|First|Second|Third), ", "", bare) or sentence
