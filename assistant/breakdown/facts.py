"""Facts that code takes from a paper without a language model, each with the sentence or table row that states it.

Here are the sentences and rows in which facts are looked for, weighted by how much they are about the paper's own
experiments rather than about the work of others, and the paper's own links. named_things finds data sets and metrics,
training_facts hyper-parameters and hardware. Every function returns the best fact first and each name once, and takes
nothing from the list of references. A caller that wants several kinds makes one `FactPlaces(paper)` and passes it on.
"""

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property

from index.model.paper import Paper, Span, Zone
from index.structure.links import link_sentence, own_code_links
from index.structure.sentences import sentence_spans

_OWN_WORK = re.compile(
    r"experiment|evaluat|result|setup|set-up|settings?\b|dataset|data set|\bdata\b|corpus|corpora|benchmark"
    r"|implementation"
    r"|training|fine-?tuning|ablation|hyper-?parameter|optimi[sz]|hardware|resource|details|classification"
    r"|detection|segmentation"
    r"|translation|question answering|inference|\btasks?\b|comparison|analysis|study|performance"
    r"|实验|数据|结果|评估|方法与材料|资料|材料|指标|变量",
    re.IGNORECASE,
)
_OTHERS_WORK = re.compile(
    r"related|prior work|previous work|background|literature|acknowledg|preliminar|future work|broader impact|ethic"
    r"|changelog|existing (?:data|benchmark|work|method)|author contrib|相关工作|文献综述|致谢|研究背景",
    re.IGNORECASE,
)
_EXAMPLES = re.compile(
    r"prompt|\bcases?\b|example|error analysis|instruction|interface|qualitative|showcase|案例", re.IGNORECASE
)
_WEIGHTS = {Zone.CAPTION: 2.5, Zone.TABLE: 2.5, Zone.ABSTRACT: 2.5, Zone.FOOTNOTE: 0.8}
_LONGEST = 1_500  # characters; a longer "sentence" is a table or a formula that was read as running text


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact: its name, the whole sentence or table row that states it, and its wording there.

    `value` occurs in `paper.quote(span)`.
    """

    name: str
    span: Span
    value: str


@dataclass(frozen=True, slots=True)
class Place:
    """A sentence or row: its span, text and zone; `weight` from 0 (work of others) to 3 (own experiments)."""

    span: Span
    text: str
    zone: Zone
    weight: float


class FactPlaces:
    """The sentences and rows of a paper that facts are taken from, in order."""

    def __init__(self, paper: Paper) -> None:
        self._paper = paper

    @cached_property
    def places(self) -> list[Place]:
        """All of them except those of the references and the title page."""
        places = []
        for zoned in self._paper.zones:
            if zoned.zone in (Zone.REFERENCES, Zone.FRONT):
                continue
            for span in sentence_spans(self._paper.quote(zoned.span), zoned.span.start):
                if span.length <= _LONGEST:
                    weight = self._weight(span.start, zoned.zone)
                    places.append(Place(span, self._paper.quote(span), zoned.zone, weight))
        return places

    def _weight(self, offset: int, zone: Zone) -> float:
        """The weight of a place by its zone, or by the headings above running text; 0 for headings."""
        if offset in self._heading_starts:
            return 0.0
        above = " / ".join(self._headings_at(offset))
        if _EXAMPLES.search(above) and zone is not Zone.ABSTRACT:
            return 0.3  # words of a prompt or of a shown input are not the paper's own
        if zone in _WEIGHTS:
            return _WEIGHTS[zone]
        if _OTHERS_WORK.search(above):
            return 0.0
        return 3.0 if _OWN_WORK.search(above) else 1.0

    def _headings_at(self, offset: int) -> tuple[str, ...]:
        row = bisect_right(self._section_starts, offset) - 1
        if row not in self._chains:
            self._chains[row] = self._paper.headings(offset)
        return self._chains[row]

    @cached_property
    def _chains(self) -> dict[int, tuple[str, ...]]:
        return {}

    @cached_property
    def _section_starts(self) -> list[int]:
        return [section.span.start for section in self._paper.sections]

    @cached_property
    def _heading_starts(self) -> frozenset[int]:
        return frozenset(self._section_starts)


def code_links(paper: Paper) -> tuple[Fact, ...]:
    """Links to the paper's own code, models and project page, the likeliest first.

    `name` is the whole address; `value` is what the page prints of it, which may be broken over two lines or be a word
    such as "here". `span` is the sentence with the link; if the link is all of a footnote, it is the sentence that the
    footnote belongs to, and `value` is empty.
    """
    facts = []
    for link in own_code_links(paper):
        sentence = link_sentence(paper, link)
        value = paper.quote(link.span) if sentence.contains(link.span) else ""
        facts.append(Fact(link.url, sentence, value))
    return tuple(facts)
