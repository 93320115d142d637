"""Writing, for models of about 4B and more: one call over whole passages, an answer of several sentences.

The answer is cut into sentences as it streams; each is judged against the passages that it cites before it is shown.
What fails is written again in one further call that says why; what fails again gives way or is dropped and counted.
"""

import re
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

from pydantic import BaseModel, Field

from assistant.answering.evidence import passage_block
from assistant.llm.chat_model import ChatModel, Usage
from assistant.llm.prompts import Language, load_prompt
from assistant.llm.server import Cancelling
from index.model.paper import Passage

NOT_FOUND = "NOT FOUND"  # what prompts/write.*.md ask for
WRITE_TOKENS = 600  # of an answer: six sentences, or a table of a dozen cells
REPAIR_TOKENS = 500
MAX_SENTENCES = 12  # that are judged: a model that does not stop is stopped
MAX_SENTENCE = 1_500  # characters; more than twice what a repaired sentence may have
MIN_LOOP = 12  # words of which a third must differ
_MARKS = re.compile(r"\s{0,3}[\[【]\s{0,2}\d{1,3}(?:\s{0,2}[,，;、–-]\s{0,2}\d{1,3}){0,20}\s{0,2}[\]】]")
# The end of a sentence: marks behind or before its full stop, and white space or the end of the line behind them.
_END = re.compile(
    r"(?:[.!?](?:[\"”’)]*)(?:\s*[\[【][\d\s,，;、–-]+[\]】])*|(?:[\[【][\d\s,，;、–-]+[\]】])+[.。]?)(?=\s|$)"
    r"|[。！？](?:[”’」』）]*)(?:\s*[\[【][\d\s,，;、–-]+[\]】])*"
)
_ABBREVIATED = re.compile(r"(?:\b(?:cf|e\.g|i\.e|vs|resp|approx|al|Figs?|Eqs?|Secs?|Tabs?|No|[A-Z]))\.$")


@dataclass(frozen=True)
class Written:
    """A sentence as the model wrote it, without its marks; `cited` are rows of the passages, from 0, in order.

    `marked` is false for a sentence that cites nothing.
    """

    text: str
    cited: tuple[int, ...]

    @property
    def marked(self) -> bool:
        """Whether it claims to rest on a passage."""
        return bool(self.cited)


class _Repaired(BaseModel):
    row: int
    text: str = Field(max_length=600)


class _Repairs(BaseModel):
    sentences: list[_Repaired]


def write(
    model: ChatModel, question: str, passages: Sequence[Passage], language: Language, cancelled: Cancelling = None
) -> Generator[Written, None, Usage | None]:
    """The sentences of the model's answer as they are completed; none for an answer of NOT FOUND.

    The generator returns the usage, None if it was stopped early. Raises as `ChatModel.write` does.
    """
    messages = load_prompt("write", language, passages=blocks(passages), question=question)
    call = model.write(messages, answer_tokens=WRITE_TOKENS, cancelled=cancelled)
    waiting, given = "", 0
    with closing(call):
        while True:
            try:
                waiting += next(call)
            except StopIteration as end:
                yield from _sentences(waiting, len(passages))
                return end.value  # type: ignore[no-any-return]
            if waiting.lstrip().upper().startswith(NOT_FOUND):
                return None
            *whole, waiting = cut(waiting)
            for text in whole:
                yield from _sentences(text, len(passages))
                given += 1
            if given >= MAX_SENTENCES:
                return None


def repair(
    model: ChatModel,
    question: str,
    passages: Sequence[Passage],
    failed: Sequence[tuple[Written, str]],
    cancelled: Cancelling = None,
) -> dict[int, Written]:
    """The failed sentences written again, by their rows in `failed`; each comes with the reason of its failure.

    A row that the model leaves out, or answers with an empty text, is not in the result. Raises SchemaFailure.
    """
    lines = [
        f"{row}. {each.text} {marks(each.cited)}\n   Not supported: {reason}"
        for row, (each, reason) in enumerate(failed, start=1)
    ]
    messages = load_prompt("repair", "en", passages=blocks(passages), question=question, sentences="\n".join(lines))
    reply, _ = model.fill(_Repairs, messages, answer_tokens=REPAIR_TOKENS, cancelled=cancelled)
    mended: dict[int, Written] = {}
    for each in reply.sentences:
        if 1 <= each.row <= len(failed) and each.row - 1 not in mended:
            for written in _sentences(each.text, len(passages)):
                mended.setdefault(each.row - 1, written)
    return mended


def blocks(passages: Sequence[Passage]) -> str:
    """All passages as the model reads them."""
    return "\n".join(passage_block(row, each) for row, each in enumerate(passages, start=1))


def marks(cited: Sequence[int]) -> str:
    """Rows as the marks that a model writes: [1][4]."""
    return "".join(f"[{row + 1}]" for row in cited)


def cut(text: str) -> list[str]:
    """Whole sentences of a text that still grows, and last what may not be whole yet.

    >>> cut("BERT has 12 layers [1]. It is trained on Wikipedia [2]. The")
    ['BERT has 12 layers [1].', 'It is trained on Wikipedia [2].', 'The']
    >>> cut("As Smith et al. say [1], it works. [2] And")
    ['As Smith et al. say [1], it works. [2]', 'And']
    """
    pieces, start = [], 0
    for end in _END.finditer(text):
        rest = text[end.end() :]
        if not rest.strip() or _MARKS.match(rest):  # a mark may still follow
            continue
        piece = text[start : end.end()].strip()
        if piece and not _ABBREVIATED.search(piece):
            pieces.append(piece)
            start = end.end()
    return [*pieces, text[start:].lstrip()]


def _sentences(text: str, passages: int) -> Iterator[Written]:
    """What a piece of the answer says: lines of a table, or sentences; what is only a mark or a heading is left out."""
    for line in text.splitlines():
        for piece in cut(f"{line.strip()} \0") if line.strip() else ():
            said = piece.replace("\0", "").strip()
            rows = [int(number) - 1 for mark in _MARKS.findall(said) for number in _numbers(mark)]
            plain = _MARKS.sub("", said).strip(" *#-")
            if (len(plain.split()) > 1 or len(plain) > 8) and not is_babble(plain):
                cited = tuple(dict.fromkeys(row for row in rows if 0 <= row < passages))
                yield Written(plain, cited)


def is_babble(text: str) -> bool:
    """Whether a model has lost itself in a loop: no sentence has thousands of characters, or few words many times.

    >>> is_babble("word " * 20), is_babble("The cat sat on the mat, and the dog on the cat, and the mat on the dog.")
    (True, False)
    """
    words = text.casefold().split()
    return len(text) > MAX_SENTENCE or (len(words) >= MIN_LOOP and len(set(words)) < len(words) / 3)


def _numbers(mark: str) -> list[str]:
    found: list[str] = []
    for part in re.split(r"[,，;、]", mark):
        numbers = re.findall(r"\d+", part)
        if len(numbers) == 2 and re.search(r"\d\s*[–-]\s*\d", part) and int(numbers[0]) < int(numbers[1]) <= 99:
            found += [str(each) for each in range(int(numbers[0]), int(numbers[1]) + 1)]
        else:
            found += numbers
    return found
