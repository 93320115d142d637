"""A follow-up question rewritten into one that stands alone, or left as it is."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from pydantic import BaseModel, Field

from assistant.llm.chat_model import ChatModel, PromptTooLong, SchemaFailure
from assistant.llm.prompts import Language, load_prompt
from assistant.llm.server import Cancelling
from assistant.verify.quantities import quantities
from assistant.verify.terms import content_stems, is_chinese, names
from index.store.fulltext import STOP_WORDS

_TURNS = 3  # that the model reads; what a follow-up points at stands in the last ones
_ANSWER_CHARACTERS = 200
_TOKENS = 120
_LONGEST = 300
_KEPT = 0.5  # of the question's own content words
_MARKS = ("?", "？")
_NEW_STEMS = 2  # content words of a rewrite from outside the talk: "use", "reach"

_POINTING = re.compile(
    r"\b(it|its|they|them|their|theirs|this|these|those|he|she|his|her|there|former|latter|ones?|others?|another|"
    r"above|previous|earlier|same|instead|that(?=\W*$| (?:paper|model|method|work|result|number|approach|one|case)))\b"
    r"|\b(?:does|do|did|is|was|would|could|can|will|about|than|to|of|with|from) that\b"
    r"|\b(?:the|both) (?:paper|authors?|models?|methods?|approach(?:es)?|work|study|datasets?|systems?|results?|"
    r"algorithms?|architectures?|experiments?)\b",
    re.IGNORECASE,
)
_CARRYING_ON = re.compile(
    r"^(?:and|but|so|or|then|also|what about|how about|how so|why|really|such as|like what|for example|any others?|"
    r"compared|more details?|explain)\b",
    re.IGNORECASE,
)
_CHINESE_POINTING = re.compile(
    r"它|他们|她们|其(?!他模型|他方法|余)|这|那|该|此|上述|前者|后者|另一|另外|作者|本文|论文里|论文中|文中|呢[？?]?\s*$|"
    r"^(?:和|与|跟|同|比).{1,20}(?:相比|比较|比起来|区别|不同)|"
    r"^(?:为什么|怎么|如何|还有|而|然后|再|具体|比如|有没有|有吗)"
)
_CHINESE_ASKING = re.compile(
    r"什么样?|如何|怎么样?|怎样|为什么|为何|哪些|哪个|哪种|几个|多少|是不是|是否|有没有|吗|呢|请问|主要|介绍一下|使用|它们?|[？?，,。的了是有在用那这该其此个]"
)


class Exchange(Protocol):
    """A question as it was asked and as it was understood, and the words of its answer."""

    @property
    def question(self) -> str: ...  # noqa: D102
    @property
    def standalone_question(self) -> str: ...  # noqa: D102
    @property
    def answer(self) -> str: ...  # noqa: D102


@dataclass(frozen=True)
class Asked:
    """An exchange that has no answer yet."""

    question: str
    answer: str = ""

    @property
    def standalone_question(self) -> str:
        """The question, which stands alone."""
        return self.question


class StandaloneQuestion(BaseModel):
    """What the model makes of a follow-up."""

    question: str = Field(min_length=2, max_length=_LONGEST)


def standalone_question(
    model: ChatModel | None,
    turns: Sequence[Exchange],
    question: str,
    language: Language,
    cancelled: Cancelling = None,
) -> str:
    """The question, with what it leaves to the turns before put in where it leaves something.

    The model is asked only where the question points back, and believed only where its rewrite keeps the question's
    words, numbers and names and brings in none from outside the talk; else the topic of the question before is added
    in brackets. No `model`: always so.
    """
    if not turns or not points_back(question):
        return question
    if model is not None:
        try:
            messages = load_prompt("standalone", language, talk=_talk(turns, language), question=question)
            rewritten, _ = model.fill(StandaloneQuestion, messages, answer_tokens=_TOKENS, cancelled=cancelled)
        except (SchemaFailure, PromptTooLong):
            pass
        else:
            if _faithful(rewritten.question, question, turns):
                return rewritten.question.strip()
    return with_topic(question, turns[-1].standalone_question)


def points_back(question: str) -> bool:
    """Whether a question needs the talk before it: pronouns, "the model", "and …?", or too few words of its own.

    >>> points_back("How many layers does it have?"), points_back("And on CIFAR-100?"), points_back("What is BLEU?")
    (True, True, False)
    >>> points_back("那学习率呢？"), points_back("自注意力的计算复杂度是多少？")
    (True, False)
    """
    if is_chinese(question):
        return bool(_CHINESE_POINTING.search(question)) or len(_CHINESE_ASKING.sub("", question)) < 3
    if _CARRYING_ON.search(question.strip()):
        return len(content_stems(question)) < 5
    pointing = _POINTING.search(question)
    return bool(pointing) or (
        len(content_stems(question)) < 2 and not re.match(r"(?i)what (?:is|are) (?!the\b)\w", question)
    )


def with_topic(question: str, before: str) -> str:
    """The question with the words of the one before that name its topic, in brackets.

    >>> with_topic("And the learning rate?", "Which optimizer does BERT use?")
    'And the learning rate? (optimizer BERT use)'
    """
    if is_chinese(before):
        topic = re.sub(r"\s+", " ", _CHINESE_ASKING.sub(" ", before)).strip()
    else:
        said = set(content_stems(question))
        words = re.findall(r"[^\W_][\w.-]*\w|\w", before)
        topic = " ".join(word for word in words if word.casefold() not in STOP_WORDS and not _held(word, said))
    return f"{question} ({topic})" if topic else question


def _held(word: str, stems: set[str]) -> bool:
    found = set(content_stems(word))
    return bool(found) and found <= stems


def _talk(turns: Sequence[Exchange], language: Language) -> str:
    asked, answered, colon = ("问", "答", "：") if language == "zh" else ("Q", "A", ": ")
    lines = []
    for turn in turns[-_TURNS:]:
        lines.append(f"{asked}{colon}{_line(turn.standalone_question)}")
        lines.append(f"{answered}{colon}{_line(turn.answer)[:_ANSWER_CHARACTERS] or '-'}")
    return "\n".join(lines)


def _line(text: str) -> str:
    return " ".join(text.split())


def _faithful(rewritten: str, question: str, turns: Sequence[Exchange]) -> bool:
    """Whether a rewrite asks the same: nothing of the question lost, nothing from outside the talk."""
    talk = " ".join([question, *(f"{turn.question} {turn.standalone_question} {turn.answer}" for turn in turns)])
    own, kept, said, before = (_stems(text) for text in (question, rewritten, talk, turns[-1].standalone_question))
    return bool(
        is_chinese(rewritten) == is_chinese(question)
        and quantities(question) <= quantities(rewritten) <= quantities(talk)
        and names(question) <= names(rewritten) <= names(talk)
        and len(own & kept) >= _KEPT * len(own)
        and (kept - own) & said  # something was put in
        and len(kept - said) <= _NEW_STEMS
        and (kept != before or question.strip(" ?？") in rewritten)
        and (rewritten.rstrip().endswith(_MARKS) or not question.rstrip().endswith(_MARKS))
        and len(rewritten) <= len(question) + len(turns[-1].standalone_question) + 40
    )


def _stems(text: str) -> set[str]:
    return set(content_stems(_CHINESE_ASKING.sub(" ", text) if is_chinese(text) else text)) | names(text)
