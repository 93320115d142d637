"""What the model is asked for: one passage, one question, the words that answer it, then the answer.

A passage at a time, so that the passage behind a statement is known and not a number that the model gives: with real
chunks a 1.5B model names the right number in 5 of 10 cases.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import BaseModel, Field

from assistant.llm.chat_model import ChatModel, Usage
from assistant.llm.prompts import Language, load_prompt
from assistant.llm.server import Cancelling
from assistant.verify.evidence import as_read
from index.model.paper import Passage

NOT_FOUND = "NOT FOUND"  # what prompts/statement.*.md ask for where the passage does not answer
STATEMENT_TOKENS = 320
_CHOICES = 8  # likeliest tokens: NOT is among them where it is worth a thought
_QUOTE_BEGINS = re.compile(r'\s*\{\s*"quote"\s*:\s*"')


class Statement(BaseModel):
    """A claim, and before it the words of the passage that it relies on."""

    quote: str = Field(max_length=300)
    statement: str = Field(max_length=300)

    @property
    def answered(self) -> bool:
        """Whether the model found an answer; said with words, as a flag in the schema misses near misses."""
        words = self.statement.strip()
        return bool(words) and NOT_FOUND not in words.upper()


@dataclass(frozen=True)
class Draft:
    """A statement and the model's doubt: the probability of NOT FOUND, 0 to 1; None where the server tells none."""

    statement: Statement
    doubt: float | None
    usage: Usage

    def doubt_or(self, other: float) -> float:
        """The doubt, or another value where it is not known."""
        return other if self.doubt is None else self.doubt


def draft_statement(
    model: ChatModel, question: str, passage: Passage, language: Language, cancelled: Cancelling = None
) -> Draft:
    """What one passage alone answers; few-shot, with a near miss among the examples."""
    messages = load_prompt("statement", language, passage=as_read(passage), question=question)
    statement, usage = model.fill(
        Statement, messages, answer_tokens=STATEMENT_TOKENS, cancelled=cancelled, choices=_CHOICES
    )
    return Draft(statement, doubt_of(usage.choices), usage)


def doubt_of(choices: Sequence[tuple[str, Mapping[str, float]]]) -> float | None:
    """How likely the quote was to begin with NOT FOUND, from the first tokens of the answer.

    >>> doubt_of([('{"', {}), ("quote", {}), ('":"', {}), ("We", {"We": 0.6, "NOT": 0.3, "Not": 0.1})])
    0.3
    """
    before = ""
    for token, likely in choices:
        if _QUOTE_BEGINS.fullmatch(before):
            return sum(share for other, share in likely.items() if other and NOT_FOUND.startswith(other.strip() or "-"))
        before += token
    return None


def overhead_tokens(model: ChatModel, question: str, language: Language) -> int:
    """Tokens of the window that a statement needs beside its passage."""
    messages = load_prompt("statement", language, passage="-", question=question)
    return model.settings.num_ctx - model.room(messages, STATEMENT_TOKENS)
