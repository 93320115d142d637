"""What the model is asked for: one passage, one question, the words that answer it, then the answer.

A passage at a time, so that the passage behind a statement is known and not a number that the model gives: with real
chunks a 1.5B model names the right number in 5 of 10 cases.
"""

from pydantic import BaseModel, Field

from assistant.chat_model import ChatModel, Usage
from assistant.ollama_server import Cancelling
from assistant.prompts import Language, load_prompt
from index.paper import Passage

NOT_FOUND = "NOT FOUND"  # what prompts/statement.*.md ask for where the passage does not answer
STATEMENT_TOKENS = 320


class Statement(BaseModel):
    """A claim, and before it the words of the passage that it relies on."""

    quote: str = Field(max_length=300)
    statement: str = Field(max_length=300)

    @property
    def answered(self) -> bool:
        """Whether the model found an answer; said with words, as a flag in the schema misses near misses."""
        words = self.statement.strip()
        return bool(words) and NOT_FOUND not in words.upper()


def draft_statement(
    model: ChatModel, question: str, passage: Passage, language: Language, cancelled: Cancelling = None
) -> tuple[Statement, Usage]:
    """What one passage alone answers; few-shot, with a near miss among the examples."""
    messages = load_prompt("statement", language, passage=passage.text, question=question)
    return model.fill(Statement, messages, answer_tokens=STATEMENT_TOKENS, cancelled=cancelled)


def overhead_tokens(model: ChatModel, question: str, language: Language) -> int:
    """Tokens of the window that a statement needs beside its passage."""
    messages = load_prompt("statement", language, passage="-", question=question)
    return model.settings.num_ctx - model.room(messages, STATEMENT_TOKENS)
