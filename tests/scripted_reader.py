"""A scripted model that reads: its reply follows from the prompt, so that a whole command can run against it.

It copies the sentence of a passage that shares most words with the question and says it in the mode that a test sets.
Nothing of it is clever: what it is for is that the same prompt always receives the same reply.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any, Literal

from fake_ollama import FakeOllama, Reply

Mode = Literal["faithful", "silent", "wrong number", "invented", "negated", "not json", "doubting"]
MIN_SHARED = 2  # words that a sentence must share with the question before it is copied
_FRONT = re.compile(r"^(?:Passage|段落)[:：](?P<passage>.*)\n(?:Question|问题)[:：](?P<question>.*)$", re.DOTALL)


@dataclass
class ScriptedReader:
    """Answers each chat request by its prompt; `translations` and `standalone` are looked up by the text asked for."""

    mode: Mode = "faithful"
    translations: dict[str, str] = field(default_factory=dict)
    standalone: dict[str, str] = field(default_factory=dict)

    def attach(self, ollama: FakeOllama) -> None:
        """Make the server answer with this reader."""
        ollama.reader = self

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
        if "quote" in fields:
            return self._statement(last)
        sentence = last.partition(":" if ":" in last else "：")[2].strip()
        return Reply.of({"statement": _shortened(sentence)})

    def _statement(self, prompt: str) -> Reply:
        match = _FRONT.match(prompt)
        assert match, prompt
        quote = _best(match["passage"], match["question"])
        if quote is None or self.mode == "silent":
            return _doubting({"quote": "NOT FOUND", "statement": "NOT FOUND"}, 0.99)
        said = {
            "wrong number": re.sub(r"\d+", lambda digits: str(int(digits.group()) + 1), quote),
            "negated": re.sub(r"\b(is|was|are|were|has|can|does)\b", r"\1 not", quote, count=1),
            "invented": "The authors thank the Zurich observatory for 4711 hours of telescope time.",
        }.get(self.mode, quote)
        copied = "words that stand nowhere in any of the papers" if self.mode == "invented" else quote
        return _doubting({"quote": copied[:300], "statement": said[:300]}, 0.9 if self.mode == "doubting" else 0.01)


def _doubting(value: dict[str, str], doubt: float) -> Reply:
    reply = Reply.of(value)
    reply.doubt = doubt
    return reply


def _best(passage: str, question: str) -> str | None:
    asked = _words(question)
    sentences = [each.strip() for each in re.split(r"(?<=[.。!?])\s+", passage) if each.strip()]
    best = max(sentences, key=lambda each: (len(asked & _words(each)), -len(each)), default="")
    return best if len(asked & _words(best)) >= MIN_SHARED else None


def _words(text: str) -> set[str]:
    return {word[:6] for word in re.findall(r"[a-z\d]{3,}|[\u4e00-\u9fff]", text.casefold())}


def _shortened(sentence: str) -> str:
    """The sentence without its brackets and its opening adverb."""
    bare = re.sub(r"\s*\([^()]*\)", "", json.loads(json.dumps(sentence)))
    return re.sub(r"^(?:However|Therefore|First|Second|Third), ", "", bare) or sentence
