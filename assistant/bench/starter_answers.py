"""What the starter's citation engine wrote, as an answer of the bench: sentences, what they cite, whether it refuses.

Read to its advantage: "[1, 2]", "[1][2]" and "Source 1" all count as citations, also behind the full stop, and many
ways to say that the sources do not help count as a refusal.
"""

import re
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from assistant.bench.systems import Cited, GivenAnswer, GivenSentence, Hit
from index.structure.sentences import sentence_spans

if TYPE_CHECKING:
    from llama_index.core.base.base_query_engine import BaseQueryEngine
    from llama_index.core.schema import BaseNode

_CITED = re.compile(
    r"\[\s*(?:sources?\s*)?(\d{1,3}(?:\s*,\s*(?:source\s*)?\d{1,3})*)\s*\]|\bsource\s+(\d{1,3})\b", re.IGNORECASE
)
_TOLD = (
    r"(?:provided|mentioned|specified|stated|given|available|discussed|addressed|described|answered|included|reported)"
)
_REFUSES = re.compile(
    r"empty response|\bi(?:['’]m| am) sorry|\bi (?:do not|don['’]t) (?:know|have)"
    r"|\b(?:sources?|texts?|papers?|contexts?|information|documents?|passages?|authors?|excerpts?|articles?)\b[^.]{0,60}?"
    r"\b(?:do|does|did)(?: not|n['’]t)\s+(?:\w+\s+){0,3}?"
    r"(?:provide|mention|contain|specify|include|discuss|address|state|give|answer|describe|explain|say|indicate|report|help)"
    rf"|\b(?:is|are|was|were)(?: not|n['’]t)\s+(?:\w+\s+){{0,2}}?{_TOLD}"
    r"|\b(?:cannot|can['’]t|unable to|not possible to)\s+(?:be\s+)?(?:\w+ly\s+)?"
    r"(?:determine|answer|find|provide|say|tell|identify|confirm)"
    r"|\bno (?:\w+ )?(?:information|mention|answer|details)\b|\bnone of the (?:\w+ )?sources\b"
    r"|\b(?:not enough|not sufficient|insufficient) (?:information|context)",
    re.IGNORECASE,
)
_HEAD = re.compile(r"^\s*Source \d+:\s*")


def cited_answer(engine: "BaseQueryEngine", question: str, hit_of: Callable[["BaseNode"], Hit]) -> GivenAnswer:
    """Asks the engine; the sources that a sentence cites are taken whole, as the engine gives no smaller span."""
    started = time.perf_counter()
    response = engine.query(question)
    seconds = time.perf_counter() - started
    sources = [(hit_of(each.node), _HEAD.sub("", each.node.get_content())) for each in response.source_nodes]
    return read_answer(str(response), sources, seconds)


def read_answer(text: str, sources: Sequence[tuple[Hit, str]], seconds: float) -> GivenAnswer:
    """The answer in `text`, whose citations are the places of `sources`, from 1."""
    sentences, invented = [], 0
    for sentence in _sentences(text):
        numbers = _numbers(sentence)
        invented += sum(not 1 <= number <= len(sources) for number in numbers)
        cited = [sources[number - 1] for number in numbers if 1 <= number <= len(sources)]
        bare = " ".join(_CITED.sub(" ", sentence).split())
        sentences.append(GivenSentence(bare, tuple(Cited(hit.paper, hit.pages, part, True) for hit, part in cited)))
    return GivenAnswer(text.strip(), tuple(sentences), refuses(text), invented, 0, seconds)


def refuses(text: str) -> bool:
    """Whether an answer says, in its first two sentences, that the sources do not answer.

    >>> refuses("The sources do not provide the number of layers."), refuses("It has 12 layers [1].")
    (True, False)
    """
    return not text.strip() or bool(_REFUSES.search(" ".join(_sentences(text)[:2])))


def _sentences(text: str) -> list[str]:
    """Sentences; a citation that stands alone behind the full stop belongs to the sentence before it."""
    found: list[str] = []
    for span in sentence_spans(text):
        part = text[span.start : span.end].strip()
        lead = re.match(r"(?:\s*+\[[^\]]*+\]\s*+[.,;]?+)++", part)
        if lead and found:
            found[-1] += f" {lead.group().strip()}"
            part = part[lead.end() :].strip()
        if part:
            found.append(part)
    return found


def _numbers(sentence: str) -> list[int]:
    found = [
        int(n) for match in _CITED.finditer(sentence) for n in re.findall(r"\d+", match.group(1) or match.group(2))
    ]
    return list(dict.fromkeys(found))
