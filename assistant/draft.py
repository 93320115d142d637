"""What the model is asked for: the answer of one passage, statements from several, one statement about a section."""

from collections.abc import Callable
from typing import Literal

from pydantic import BaseModel, Field

from assistant.chat_model import ChatModel, Usage
from assistant.evidence import Evidence
from assistant.prompts import load_prompt
from index.paper import Passage

Language = Literal["en", "zh"]
Cancelled = Callable[[], bool] | None

NOT_FOUND = "NOT FOUND"  # what prompts/gate.*.md ask the model to write
GATE_TOKENS = 60
STATEMENT_TOKENS = 160
DRAFT_TOKENS = 420


class Statement(BaseModel):
    """A claim, and the words of a passage that it relies on. The number is asked for because it helps, not believed."""

    passage: int
    quote: str = Field(max_length=400)
    statement: str = Field(max_length=400)


class Draft(BaseModel):
    """What the model makes of the evidence."""

    statements: list[Statement] = Field(min_length=1, max_length=3)


def passage_answer(
    model: ChatModel, question: str, passage: Passage, language: Language, cancelled: Cancelled = None
) -> str | None:
    """What one passage alone answers, in a short sentence, or None where it does not.

    Few-shot with a near miss among the examples: over four on-topic passages the `answered` flag of a schema missed all
    of 4 unanswerable questions, this check on one passage refused 16 of 20 and kept 18 of 20 answerable ones.
    """
    messages = load_prompt("gate", language, passage=passage.text, question=question)
    text = "".join(model.write(messages, answer_tokens=GATE_TOKENS, cancelled=cancelled)).strip()
    first = text.split("\n", 1)[0].strip()
    return None if not first or NOT_FOUND in first.upper() else first


def draft_statements(
    model: ChatModel, question: str, evidence: Evidence, language: Language, cancelled: Cancelled = None
) -> tuple[list[Statement], Usage]:
    """Statements that answer a question from numbered evidence, repeated ones left out."""
    messages = load_prompt("draft", language, passages=evidence.text(), question=question)
    draft, usage = model.fill(Draft, messages, answer_tokens=DRAFT_TOKENS, cancelled=cancelled)
    return list({each.statement.strip(): each for each in draft.statements}.values()), usage


def section_statement(
    model: ChatModel, aspect: str, passage: Passage, language: Language, cancelled: Cancelled = None
) -> tuple[Statement, Usage]:
    """One statement about an aspect of the paper, from one section of it."""
    heading = passage.heading[-1] if passage.heading else passage.paper.title
    values = {"aspect": aspect, "heading": heading, "title": passage.paper.title, "passage": passage.text}
    messages = load_prompt("section", language, **values)
    return model.fill(Statement, messages, answer_tokens=STATEMENT_TOKENS, cancelled=cancelled)


def overhead_tokens(model: ChatModel, question: str, language: Language) -> int:
    """Tokens of the window that a draft needs beside its passages."""
    messages = load_prompt("draft", language, passages="-", question=question)
    return model.settings.num_ctx - model.room(messages, DRAFT_TOKENS)
