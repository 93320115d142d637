"""Picking, for models of up to about 3B: one call over numbered sentences, which gives the numbers that answer.

Which of them answer is said by two: the model, by the probability of each number, and the cross-encoder. What the model
writes beside a number is shown only if code finds that the sentence says it; else the paper's own words are the answer.
"""

import math
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
# A number that the model wrote nothing of is picked, too, if it was that likely, or if the encoder finds that its
# sentence answers, and better than what the model chose: without the latter 24 in place of 29 of 43 have the words.
MIN_LIKELY = 0.1
# Of 40 everyday questions the two best have the words that answer for 23 by the model alone, for 27 by the encoder
# alone, and for 27 to 29 by both, with weights from 1 to 3.
_ENCODER_WEIGHT = 2.0
_UNLIKELY = 1e-3  # the probability of a number that is not among the likeliest tokens
# Log-odds of the model and of the encoder together from which an answer is believed. Of 33 right answers to everyday
# questions none is below, of 11 questions that nothing answers nine; by the model's alone, or the encoder's, six.
MIN_ODDS = 4.0
# The probability of an empty list up to which it is believed where the encoder cannot read. Of 27 everyday answers that
# were right two had more, of 11 questions that nothing answers six (with 0.2: none and two).
MAX_DOUBT = 0.1
_LEAST = 1e-4
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
    if order and most <= MAX_PICKS:
        order = _best(order, numbered, likely_numbers(usage.choices))[:most]
    picks = tuple((numbered[number - 1], chosen.get(number, "")) for number in order if 1 <= number <= len(numbered))
    return Picked(picks, doubt_of(usage.choices), usage)


def _best(chosen: Sequence[int], numbered: Sequence[Numbered], likely: Mapping[int, float]) -> list[int]:
    """The numbers that could be picked, best first by what the model and the cross-encoder say of each."""
    said = {number: 1 / (2 + rank) for rank, number in enumerate(chosen)}  # also where a server tells no probabilities
    scores = {number: each.score or 0.0 for number, each in enumerate(numbered, start=1)}
    best_said = max(scores[number] for number in chosen)
    values = {}
    for number, score in scores.items():
        share = max(likely.get(number, 0.0), said.get(number, 0.0))
        if share >= MIN_LIKELY or score > max(best_said, 0.0):
            values[number] = math.log(max(share, _UNLIKELY)) + _ENCODER_WEIGHT * score
    return sorted(values, key=lambda number: -values[number])


def answered(doubt: float, numbered: Sequence[Numbered]) -> bool:
    """Whether anything answers, by the log-odds of the model that its list is not empty and of the best sentence."""
    scores = [each.score for each in numbered if each.score is not None]
    odds = math.log((1 - doubt + _LEAST) / (doubt + _LEAST))
    return odds + max(scores) >= MIN_ODDS if scores else doubt <= MAX_DOUBT


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
