"""Picking, for models of up to about 3B: one call over numbered sentences, which gives the numbers that answer.

A small model finds the sentence that answers far better than it writes one, so what it writes beside each number is
shown only if code finds that the sentence says it; else the paper's own words are the answer. Where it writes of one
sentence only, the number that it found next likely is picked, too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, Field, create_model

from assistant.answering.evidence import Numbered, sentence_block
from assistant.llm.chat_model import ChatModel, Usage
from assistant.llm.prompts import Language, load_prompt
from assistant.llm.server import Cancelling

MAX_PICKS = 2  # a third cost 3 s and answered nothing that the first two left open (28 everyday questions)
PICK_TOKENS = 100  # of the reply for each pick: statements of some forty tokens
# The probability that makes a number a pick though the model wrote nothing of it. Of 53 everyday questions 29 in place
# of 23 then have the words that answer among two picks; the same with 0.02, 25 with 0.2.
MIN_LIKELY = 0.1
_CHOICES = 8  # likeliest tokens that are looked at for an empty list and for other numbers


class Pick(BaseModel):
    """A sentence that answers, by its number, and what it answers."""

    number: int
    statement: str = Field(max_length=400)


@dataclass(frozen=True)
class Picked:
    """What the model chose, best first, each with its statement, or with none where the number was only likely.

    `doubt` is the probability of the empty list, None if the server tells none.
    """

    picks: tuple[tuple[Numbered, str], ...]
    doubt: float | None
    usage: Usage
    seconds: dict[str, float] = field(default_factory=dict)


def pick(
    model: ChatModel,
    question: str,
    numbered: Sequence[Numbered],
    language: Language,
    cancelled: Cancelling = None,
    *,
    most: int = MAX_PICKS,
) -> Picked:
    """Ask once which of the numbered sentences answer, at most `most` of them; each is picked once.

    Raises SchemaFailure, AnswerCut, PromptTooLong, Cancelled and the errors of the server.
    """
    messages = load_prompt("pick", language, sentences=sentence_block(numbered), question=question)
    reply, usage = model.fill(
        _form(len(numbered), most), messages, answer_tokens=PICK_TOKENS * most, cancelled=cancelled, choices=_CHOICES
    )
    chosen = {each.number: each.statement.strip() for each in reversed(reply.answers)}
    order = list(dict.fromkeys(each.number for each in reply.answers))
    if order:
        likely = likely_numbers(usage.choices)
        order += [number for number in likely if number not in order and likely[number] >= MIN_LIKELY]
        order = order[: max(len(chosen), min(most, MAX_PICKS))]
    picks = tuple((numbered[number - 1], chosen.get(number, "")) for number in order if 1 <= number <= len(numbered))
    return Picked(picks, doubt_of(usage.choices), usage)


def likely_numbers(choices: Sequence[tuple[str, Mapping[str, float]]]) -> dict[int, float]:
    """The numbers that could have been written first, with their probabilities, the likeliest first.

    >>> likely_numbers([('{"answers": [{"number":', {}), (" 4", {" 4": 0.7, " 1": 0.2, " the": 0.1}), (",", {})])
    {4: 0.7, 1: 0.2}
    """
    for token, likely in choices:
        if token.strip().isdecimal():
            found = {int(other): share for other, share in likely.items() if other.strip().isdecimal()}
            return dict(sorted(found.items(), key=lambda each: -each[1]))
    return {}


def doubt_of(choices: Sequence[tuple[str, Mapping[str, float]]]) -> float | None:
    """How likely the list was to stay empty, from the first tokens of the reply; None if they do not tell.

    The bracket may be a token of its own or stand inside one (` []`, ` [{"`), so that both are looked at.

    >>> doubt_of([('{"answers":', {}), (" [", {" [": 0.7, " []": 0.25}), ('{"', {'{"': 0.9, "]": 0.1})])
    0.325
    """
    before, empty, left, opened = "", 0.0, 1.0, False
    for token, likely in choices:
        if "[" in token and "[" not in before:
            empty = sum(share for other, share in likely.items() if "[]" in other.replace(" ", ""))
            left, opened = 1.0 - empty, True
            if token.strip() != "[":
                return empty
        elif before.rstrip().endswith("["):
            return empty + left * sum(share for other, share in likely.items() if other.lstrip().startswith("]"))
        before += token
    return empty if opened else None


def _form(count: int, most: int) -> type[Any]:
    """The schema of a reply over `count` sentences: a number that is not among them cannot be written."""
    number: Any = Literal[tuple(range(1, count + 1))]
    one: Any = create_model("Pick", __base__=Pick, number=(number, ...))
    return create_model("Picks", answers=(list[one], Field(max_length=most)))
