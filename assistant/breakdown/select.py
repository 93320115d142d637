"""Select the sentences of a paper that answer a field of its breakdown, by cue phrases, heading and position.

Cue phrases, headings and position show the role of a sentence in a paper (after Teufel and Moens, "Summarizing
Scientific Articles", 2002: argumentative zones); the embedder then ranks the candidates by the field's question.
Nothing is drafted here: the model paraphrases what is selected; if it fails, the sentence is quoted.
"""

import re
import tomllib
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import zip_longest
from typing import Any

import numpy as np

from assistant.breakdown.method_block import leans, method_runs
from assistant.llm.prompts import PROMPTS
from assistant.verify.terms import is_chinese, numbers
from index.embedding.embed import Embedder, Vectors
from index.model.paper import Paper, Span, Zone
from index.structure.sentences import prose_spans

OWN_ZONES = (Zone.ABSTRACT, Zone.BODY, Zone.APPENDIX)
SHORTEST, LONGEST = 40, 450  # characters of a sentence that can be read at a glance
SHORTEST_CHINESE = 12
BROKEN_OFF = r"^[的了，、；）)\]。%]|^[a-z]"  # the rest of a sentence that began elsewhere
ENDS = r"[.!?。！？][\"'”’)\]\d]*$"
LEAST_ABSTRACT = 2  # sentences; fewer are a heading or a stray line
EASY = 220  # characters; longer sentences score a little lower
MOST_EMBEDDED = 24  # sentences of a field that are compared with its question
LEAST_SCORE = 2.0  # by cues and position alone: one cue under the right heading, or two near the right end of the paper
ALIKE = 6.0  # weight of the cosine between sentence and question, above that of any two sentences
ALIKE_FLOOR = 0.55
# Sections about the work of others, unless a field asks for them.
OTHERS = r"related work|previous work|prior work|background|literature|acknowledg|相关工作|文献|致谢"
# Sentences that guide through the paper and say nothing about its subject.
SIGNPOST = (
    r"^(?:table|figure|fig\.|algorithm|section|appendix)\b|(?:shown|showed|listed|given|reported|depicted|illustrated"
    r"|summari[sz]ed|found|presented|described|discussed) (?:in|on) (?:table|figure|fig|section|sec|appendix)"
    r"|\b(?:rest|remainder) of (?:the|this) (?:paper|article)|organi[sz]ed as follows|^(?:表|图)\s*\d|结构安排|如[表图]"
)

KEYWORDS = r"\W*(?:index terms|key ?words|ccs concepts|关键词|关键字|摘\s*要\s*$|abstract\W*$|中图分类号|文献标)"
# Text around an abstract on a title page that says nothing about the work.
IMPRINT = (
    r"\S@\S|©|⃝|\bdoi\b|\bISSN\b|ePrint|creative ?commons|all rights reserved|^\W*(?:received|accepted|available online"
    r"|to cite|contact|article (?:history|info)|correspond|permission to|copyright|proceedings of)"
    r"|作者简介|通讯作者|联系电话|基金项目|收稿日期|邮编"
)

METHOD_FIELDS = ("pipeline", "structure", "algorithm")

_FIELDS = PROMPTS / "fields.toml"


@dataclass(frozen=True)
class FieldQuestion:
    """The question of a field and how its sentences are recognized; prompts/fields.toml documents each part."""

    name: str
    most: int
    en: str
    zh: str
    headings: str = ""
    cues: str = ""
    against: str = ""
    restated: bool = True
    strict: bool = False
    titled: bool = False
    numbers: bool = False
    early: bool = False
    late: bool = False


@cache
def field_questions() -> dict[str, FieldQuestion]:
    """The fields whose sentences are selected here, by name."""
    table: dict[str, dict[str, Any]] = tomllib.loads(_FIELDS.read_text("utf-8"))
    return {name: FieldQuestion(name=name, **row) for name, row in table.items()}


class Gatherer:
    """The sentences of one paper, read once and ranked for any field."""

    def __init__(self, paper: Paper, embedder: Embedder) -> None:
        self.paper = paper
        self.chinese = is_chinese(paper.text)
        self.sentences = [span for span in _own_sentences(paper) if is_chinese(paper.quote(span)) == self.chinese]
        self._texts = [" ".join(paper.quote(span).split()) for span in self.sentences]
        self._embedder = embedder
        self._vectors: dict[int, Vectors] = {}
        self._of_texts: dict[str, Vectors] = {}

    def gather(self, field: FieldQuestion, used: Collection[Span] = ()) -> list[Span]:
        """The sentences that answer the field, best first, at most `field.most`, without those in `used`."""
        free = [row for row, span in enumerate(self.sentences) if not any(span.overlaps(each) for each in used)]
        scores = {row: self._score(field, row) for row in free}
        best = sorted((row for row, score in scores.items() if score >= LEAST_SCORE), key=lambda row: -scores[row])
        best = best[:MOST_EMBEDDED]
        if not best:
            return []
        wording = self.paper.title if field.titled else field.zh if self.chinese else field.en
        question = self._embedder.embed_question(wording)
        alike = self._embedded(best) @ question
        total = {row: scores[row] + ALIKE * (float(each) - ALIKE_FLOOR) for row, each in zip(best, alike, strict=True)}
        chosen: list[int] = []
        for row in sorted(best, key=lambda row: -total[row]):
            if not any(self._same(row, other) for other in chosen):
                chosen.append(row)
        whole = [span for row in chosen if (span := self._whole(row)) is not None]
        return list(dict.fromkeys(whole))[: field.most]

    def _whole(self, row: int) -> Span | None:
        """A sentence with the one before, if it leans on that; None if that stands elsewhere."""
        span = self.sentences[row]
        if not leans(self._texts[row]):
            return span
        before = self.sentences[row - 1] if row else span
        apart = self.paper.text[before.end : span.start].strip()
        return None if before == span or apart or leans(self._texts[row - 1]) else Span(before.start, span.end)

    def nearest(self, field: FieldQuestion) -> Span | None:
        """The sentence with a cue of the field, wherever it stands, that is nearest to its question; None without."""
        if not field.cues:
            return None
        cues = {row: len(set(re.findall(field.cues, text, re.IGNORECASE))) for row, text in enumerate(self._texts)}
        rows = sorted((row for row in cues if cues[row]), key=lambda row: -cues[row])[:MOST_EMBEDDED]
        if not rows:
            return None
        alike = self._embedded(rows) @ self._embedder.embed_question(field.zh if self.chinese else field.en)
        return self.sentences[rows[int(np.argmax(alike))]]

    def method(self) -> dict[str, list[Span]]:
        """The runs of sentences that tell the method, in the paper's order, each in the field that it answers best.

        The first run of each subsection comes before the second of any; in the last round those nearest to the title.
        """
        asked = {name: field_questions()[name] for name in METHOD_FIELDS}
        subsections = method_runs(self.paper, self.sentences)
        if not subsections:
            return {name: [] for name in asked}
        room, chosen = sum(each.most for each in asked.values()), list[Span]()
        for found in zip_longest(*subsections):
            new = [each for each in found if each is not None]
            if len(chosen) + len(new) > room:
                near = self._alike(new, self.paper.title)
                new = [new[row] for row in np.argsort(-near)[: room - len(chosen)]]
            chosen += new
        return self._by_field(sorted(chosen), asked)

    def _by_field(self, spans: list[Span], asked: dict[str, FieldQuestion]) -> dict[str, list[Span]]:
        """Each span in the field whose question it is nearest to, compared with the others, while that has room."""
        alike = np.stack([self._alike(spans, each.zh if self.chinese else each.en) for each in asked.values()])
        alike -= alike.mean(axis=1, keepdims=True)  # a question may be near to everything
        fields: dict[str, list[Span]] = {name: [] for name in asked}
        names = list(asked)
        for place in np.argsort(-(alike - alike.mean(axis=0)), axis=None):
            field, row = divmod(int(place), len(spans))
            taken = any(spans[row] in own for own in fields.values())
            if not taken and len(fields[names[field]]) < asked[names[field]].most:
                fields[names[field]].append(spans[row])
        return {name: sorted(own) for name, own in fields.items()}

    def _alike(self, spans: Sequence[Span], question: str) -> Vectors:
        texts = [" ".join(self.paper.quote(span).split()) for span in spans]
        new = [text for text in texts if text not in self._of_texts]
        if new:
            self._of_texts |= dict(zip(new, self._embedder.embed(new), strict=True))
        return np.stack([self._of_texts[text] for text in texts]) @ self._embedder.embed_question(question)

    def gist(self) -> list[Span]:
        """The sentence of the abstract that is nearest to the title; empty if the paper has no abstract."""
        rows = [row for row, span in enumerate(self.sentences) if self.paper.zone(span.start) is Zone.ABSTRACT]
        if not rows:
            return []
        alike = self._embedded(rows) @ self._embedder.embed_question(self.paper.title)
        return [self.sentences[rows[int(np.argmax(alike))]]]

    def _score(self, field: FieldQuestion, row: int) -> float:
        """The score by cues, heading, position and numbers; 0 without a cue."""
        text = self._texts[row]
        cues = {match.group().casefold() for match in re.finditer(field.cues, text, re.IGNORECASE)}
        if not cues or re.search(f"{field.against}|{SIGNPOST}", text, re.IGNORECASE):
            return 0.0
        under = self._heading_score(field, row)
        if field.strict and under <= 0:
            return 0.0
        place = row / max(len(self.sentences), 1)
        score = float(min(len(cues), 3)) + under - 1.0 * bool(leans(text))
        score += 1.5 * (1 - place) * field.early + 1.0 * place * field.late
        score += 1.5 * bool(numbers(text)) * field.numbers
        return score - max(0, len(text) - EASY) / EASY

    def _heading_score(self, field: FieldQuestion, row: int) -> float:
        span = self.sentences[row]
        zone = self.paper.zone(span.start)
        above = list(self.paper.headings(span.start)) or (["Abstract"] if zone is Zone.ABSTRACT else [])
        if zone is Zone.ABSTRACT:
            above.append("Abstract")
        late = 1.0 * (zone is Zone.APPENDIX)
        if above and re.search(field.headings, above[-1], re.IGNORECASE):
            return 2.0 - late
        if any(re.search(field.headings, heading, re.IGNORECASE) for heading in above):
            return 1.2 - late
        others = any(re.search(OTHERS, heading, re.IGNORECASE) for heading in above)
        return -2.0 * others - late

    def _same(self, row: int, other: int) -> bool:
        """Whether two sentences say nearly the same, as abstract and introduction often do."""
        return float(self._vectors[row] @ self._vectors[other]) > 0.93

    def _embedded(self, rows: Sequence[int]) -> Vectors:
        new = [row for row in rows if row not in self._vectors]
        if new:
            vectors = self._embedder.embed([self._texts[row] for row in new])
            self._vectors |= dict(zip(new, vectors, strict=True))
        return np.stack([self._vectors[row] for row in rows])


def abstract_sentences(paper: Paper, chinese: bool) -> list[Span]:
    """The abstract, sentence by sentence, without keywords and imprint; empty if the paper has none.

    If a paper has an English and a Chinese abstract, `chinese` chooses one.
    """
    spans = [zoned.span for zoned in paper.zones if zoned.zone is Zone.ABSTRACT]
    found = [each for span in spans for each in prose_spans(paper, span)]
    found = [each for each in found if _says_something(paper.quote(each))]
    own = [each for each in found if is_chinese(paper.quote(each)) == chinese]
    return own if len(own) >= LEAST_ABSTRACT else [each for each in found if each not in own] or own


def _says_something(text: str) -> bool:
    flat = " ".join(text.split())
    stub = len(flat) < SHORTEST_CHINESE or not re.search(ENDS, flat) or re.search(BROKEN_OFF, flat)
    return not (stub or re.match(KEYWORDS, flat, re.IGNORECASE) or re.search(IMPRINT, flat, re.IGNORECASE))


def _own_sentences(paper: Paper) -> list[Span]:
    spans = [zoned.span for zoned in paper.zones if zoned.zone in OWN_ZONES]
    return [each for span in spans for each in prose_spans(paper, span) if _readable(paper.quote(each))]


def _is_torn(text: str) -> bool:
    """Whether a sentence opens with what is left of a formula, or a bracket of it is never closed.

    >>> _is_torn("N},⃗h′ In order to learn, a map is needed."), _is_torn("All of them (after 1."), _is_torn("(a) It is.")
    (True, True, False)
    """
    opening = text.split(" ", 1)[0]
    mathematical = any(unicodedata.category(each) in ("Sm", "Mn", "Me") or each in "{}\\′" for each in opening)
    return mathematical or text.count("(") > text.count(")")


def _readable(text: str) -> bool:
    """Whether a text is a whole sentence of prose, not a stub, a formula or a table row."""
    flat = " ".join(text.split())
    if (
        re.search(BROKEN_OFF, flat)
        or not re.search(ENDS, flat)
        or "�" in flat
        or _is_torn(flat)
        or re.search(IMPRINT, flat, re.IGNORECASE)
    ):
        return False
    if len(re.findall(r"[\u4e00-\u9fff]", flat)) >= SHORTEST_CHINESE:
        return len(flat) <= LONGEST
    found = re.findall(r"[A-Za-z]{2,}", flat)
    return SHORTEST <= len(flat) <= LONGEST and len(found) >= 6 and sum(map(len, found)) > 0.6 * len(flat)
