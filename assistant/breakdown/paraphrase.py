"""Paraphrase a sentence of a paper as a short, self-contained statement; kept only if code finds it says the same.

A small model shortens well and judges badly, so it is given one sentence and nothing to choose. Whether the statement
says what the sentence says is decided by words: it may drop words, it may not add any.
"""

import re

from pydantic import BaseModel, Field

from assistant.llm.chat_model import ChatModel, SchemaFailure
from assistant.llm.errors import AnswerCut, PromptTooLong
from assistant.llm.prompts import Language, load_prompt
from assistant.llm.server import Cancelling
from assistant.verify.claim import Citation, contradicts
from assistant.verify.fact_check import faults_of_facts
from assistant.verify.terms import content_stems, is_chinese
from assistant.verify.text_faults import Fault, FaultKind, faults_of_text

MOST_NEW = 0.1  # share of the statement's content words that may be missing from its sentence, title and headings
LEAST_KEPT = 0.3  # share of the sentence's content words that the statement must keep
STATEMENT_TOKENS = 160
SHORT = 120  # characters of a sentence that is as short as a statement would be

_MEANING = {FaultKind.UNSUPPORTED_NAME, FaultKind.UNSUPPORTED_NUMBER, FaultKind.CONTRADICTORY_NUMBERS}
# How a sentence refers to its own paper: a statement may use other words for it.
_SELF = {
    "author",
    "paper",
    "work",
    "studi",
    "model",
    "method",
    "approach",
    "system",
    "use",
    "作者",
    "该模",
    "模型",
    "方法",
}
# Words that give the direction of a comparison; content words in everything but length.
_COMPARED = re.compile(
    r"\b(?:better|best|worse|worst|more|most|less|least|fewer|higher|highest|lower|lowest|larger|largest|smaller"
    r"|smallest|faster|slower|outperform\w*|exceed\w*|surpass\w*|improv\w*|reduc\w*|increas\w*|decreas\w*|except|only"
    r"|always|never|all|every|first)\b|[高低多少快慢优劣增减]",
    re.IGNORECASE,
)
# A sentence that compares two things: the one named first must come first in the statement as well.
_AGAINST = re.compile(
    r"\b(?:than|against|over|versus|vs|compared|outperform\w*|exceed\w*|surpass\w*|beats?|unlike|instead|rather)\b"
    r"|[比于超胜]",
    re.IGNORECASE,
)
_CITED = re.compile(
    r"\s?\[\d+(?:\s*[,;–-]\s*\d+)*\]"
    r"|\s?\((?:[^()]*\bet al\.[^()]*|[^()]*\b(?:19|20)\d\d[a-z]?\s*)\)"
    r"|\s?\[[^\[\]]*(?:\bet al\.?|\b(?:19|20)\d\d)[^\[\]]*\]"
)

_HEADING_NUMBER = re.compile(r"^\s*\d+(?:\.\d+)*\.?\s+")  # a position, not a quantity


class Paraphrase(BaseModel):
    """What the model makes of a sentence."""

    statement: str = Field(min_length=1, max_length=400)


def paraphrase(
    model: ChatModel, citation: Citation, cancelled: Cancelling = None
) -> tuple[str | None, list[FaultKind]]:
    """The statement, in the sentence's language, and the faults of drafts that were turned down.

    The statement is None if the sentence is short already, if the draft says something else, or after two malformed
    drafts.
    """
    sentence = readable(citation.quote)
    language: Language = "zh" if is_chinese(sentence) else "en"
    if len(sentence) <= (SHORT if language == "en" else SHORT // 3):
        return None, []
    messages = load_prompt("restate", language, sentence=sentence)
    broken: list[FaultKind] = []
    for _ in range(2):  # a second try repairs the form; the meaning was not seen to improve with the 1.5B model
        try:
            drafted = model.fill(Paraphrase, messages, answer_tokens=STATEMENT_TOKENS, cancelled=cancelled)[0].statement
        except (SchemaFailure, AnswerCut, PromptTooLong):
            return None, [*broken, FaultKind.CUT]
        faults = faults_of_paraphrase(drafted.strip(), citation, language)
        if not faults:
            return drafted.strip(), broken
        broken += [fault.kind for fault in faults]
        if not {fault.kind for fault in faults} - _MEANING:
            return None, broken
        problem = "; ".join(f"“{drafted}” {fault.detail}" for fault in faults)
        messages = [*messages, *load_prompt("retry", "en", problem=problem)]
    return None, broken


def faults_of_paraphrase(statement: str, citation: Citation, language: Language) -> list[Fault]:
    """Why a statement may not replace the cited sentence; empty if it may."""
    quote = citation.quote
    examples = load_prompt("restate", language, sentence="-")[0].content
    shown = [line for line in re.findall(r'"statement": "([^"]+)"', examples)]
    found = faults_of_text(statement, language=language, prompts=shown)
    headings = [_HEADING_NUMBER.sub("", heading) for heading in citation.heading]
    found += faults_of_facts(statement, quote, " ".join([citation.paper.title, *headings]))
    if says := _says_otherwise(statement, citation):
        found.append(Fault(FaultKind.UNSUPPORTED_NAME, says, 0, len(statement)))
    return found


def readable(quote: str) -> str:
    """A quote on one line, without the marks of its citations.

    >>> readable("Attention [2, 19] lets models (Vaswani et al., 2017)\\nlook anywhere (see Fig. 2).")
    'Attention lets models look anywhere (see Fig. 2).'
    """
    return " ".join(_CITED.sub("", " ".join(quote.split())).split())


def _says_otherwise(statement: str, citation: Citation) -> str:
    quote = citation.quote
    said, held = set(content_stems(statement)), set(content_stems(quote))
    near = held | set(content_stems(" ".join([citation.paper.title, *citation.heading]))) | _SELF
    if len(said - near) > MOST_NEW * len(said):
        return f"brings in words that the sentence does not have: {', '.join(sorted(said - near)[:5])}"
    if len(said & held) < LEAST_KEPT * len(held):
        return "leaves out most of the sentence"
    compared = {match.group().casefold() for match in _COMPARED.finditer(statement)}
    if new := {word for word in compared if word not in quote.casefold()}:
        return f"compares in words that the sentence does not have: {', '.join(sorted(new))}"
    if _AGAINST.search(quote) and not _in_order(statement, quote):
        return "says it in another order than the sentence, which compares"
    if contradicts(statement, quote):
        return "is negated where the sentence is not, or the other way round"
    return ""


def _in_order(statement: str, quote: str) -> bool:
    """Whether the words that both share are in the same order."""
    order = content_stems(quote)
    shared = set(order)
    rest = iter(order)
    return all(stem in rest for stem in content_stems(statement) if stem in shared)
