"""The questions in a question: which of them an answer leaves open, and each of those as one that stands alone."""

import re
from collections.abc import Iterable, Sequence

from assistant.answering.follow_up import Asked, standalone_question
from assistant.answering.records import AnswerSentence
from assistant.llm.chat_model import ChatModel
from assistant.llm.server import Cancelling
from assistant.verify.terms import COMMON_VERBS, content_stems, is_chinese, names, words
from index.search.searcher import Question

# A plural behind the question word: "what advantages", "list the data sets"; not behind "what is".
_SEVERAL = re.compile(
    r"\b(?:what|which|list|name|describe|enumerate|summari[sz]e)\b(?! (?:is|was|does|did|has)\b)"
    r"(?: [\w-]+){0,3}? (?!(?:does|is|was|has|this|its|us)\b)[a-z-]{3,}(?<![suia])s\b"
    r"|\bin (?:what|which) ways\b",
    re.IGNORECASE,
)
_CHINESE_SEVERAL = re.compile(r"哪些|哪几|列出|列举|分别")
MOST_PARTS = 2  # that are searched by themselves
LEAST_SPOKEN_OF = 0.5  # of a part's own words, by the sentences and quotes of an answer: it is then not left open
_WORDS = r"(?:what|which|how|why|when|where|who|whose)\b"
_ASKING = r"(?:what|which|how|why|when|where|who|whose|does|do|did|is|are|was|were|can)\b"
# On text with single spaces: a run of them must not be tried from each of its places.
_BETWEEN = re.compile(rf"(?: ?[,;?] ?(?:and |or )?| and )(?={_ASKING})", re.IGNORECASE)
_CHINESE_BETWEEN = re.compile(r"[？?；;] ?(?=\S)")


def parts_of(question: str) -> list[str]:
    """The questions in a question; one where it asks one thing.

    >>> parts_of("What is BLEU, and how is it computed?")
    ['What is BLEU', 'how is it computed']
    >>> parts_of("In Figure 4, which nodes are red?")
    ['In Figure 4, which nodes are red']
    >>> parts_of("For all papers that are in Table 1, how many are new?")
    ['For all papers that are in Table 1, how many are new']
    >>> parts_of("模型基于什么？是什么带来了挑战？")
    ['模型基于什么', '是什么带来了挑战']
    """
    text = " ".join(question.split())
    cuts = list((_CHINESE_BETWEEN if is_chinese(question) else _BETWEEN).finditer(text))
    if (
        cuts
        and cuts[0].group().strip() == ","
        and not re.search(rf"^{_ASKING}|\b{_WORDS}", text[: cuts[0].start()], re.IGNORECASE)
    ):
        del cuts[0]  # "In Figure 4, which ..." asks one thing
    edges = [0, *(edge for cut in cuts for edge in cut.span()), len(text)]
    parts = [text[start:end].strip(" ,;?？；。.") for start, end in zip(edges[::2], edges[1::2], strict=True)]
    return [part for part in parts if content_stems(part)] or [question]


def parts_left_open(question: str, sentences: Iterable[AnswerSentence]) -> list[int]:
    """The rows of those `parts_of` a question that the answer's sentences and quotes do not speak of.

    What another part says, too, is no sign: "BERT" of both parts is spoken of by an answer to either. Two names that
    stand in no other part are a sign by themselves.
    """
    parts = parts_of(question)
    if len(parts) < 2:
        return []
    said = [each.text for each in sentences]
    said += [" ".join([cited.quote, *cited.heading, *cited.table]) for each in sentences for cited in each.citations]
    spoken = set(content_stems(" ".join(said)))
    named = words(" ".join(said))
    left = []
    for row, part in enumerate(parts):
        others = " ".join(parts[:row] + parts[row + 1 :])
        own = set(content_stems(part)) - set(content_stems(others)) - COMMON_VERBS
        own_names = names(part) - names(others)
        speaks = len(own & spoken) >= LEAST_SPOKEN_OF * len(own) or (len(own_names) > 1 and own_names <= named)
        if own and not speaks:
            left.append(row)
    return left


def asks_for_several(question: str) -> bool:
    """Whether a question asks for more than one thing of a kind.

    >>> asks_for_several("What advantages does it have?"), asks_for_several("What is the number of heads?")
    (True, False)
    >>> asks_for_several("模型使用了哪些数据集？"), asks_for_several("学习率是多少？")
    (True, False)
    """
    return bool((_CHINESE_SEVERAL if is_chinese(question) else _SEVERAL).search(question))


def open_parts(
    model: ChatModel, asked: Question, sentences: Sequence[AnswerSentence], cancelled: Cancelling = None
) -> list[Question]:
    """The first `MOST_PARTS` that an answer leaves open, as questions of their own; none where one thing is asked.

    "and how is it computed?" is a follow-up of the part before it, and is made to stand alone as one.
    """
    parts, said = parts_of(asked.forms[-1]), parts_of(asked.text)
    cited = [each.quote for sentence in sentences for each in sentence.citations]
    if len(parts) != len(said) or (asked.translation and any(map(is_chinese, cited))):
        return []  # the translation joined them, or its words cannot be compared with the papers'
    found = []
    for row in parts_left_open(asked.forms[-1], sentences)[:MOST_PARTS]:
        before = parts[row - 1] if row else ""
        turns = [Asked(before)] if before else []
        alone = standalone_question(model, turns, f"{parts[row]}?", "en", cancelled)
        found.append(Question(said[row], alone) if asked.translation else Question(alone))
    return found
