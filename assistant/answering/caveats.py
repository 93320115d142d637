"""What is said below an answer: parts of the question that it leaves open, pictures, absent names and tables."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from assistant.answering.question_format import absent_words, only_about
from assistant.answering.question_parts import parts_left_open, parts_of
from assistant.answering.records import AnswerSentence, quoted
from assistant.language.phrases import say
from assistant.llm.prompts import Language
from assistant.verify.claim import Citation
from assistant.verify.terms import content_stems
from index.model.paper import Paper, Passage, Span
from index.search.searcher import Question, Search
from index.structure.element_references import NamedPlace, asked_floats, caption_in, floats
from index.structure.sentences import prose_spans

ONLY_CAPTION = "only its caption could be quoted"
FLOATS = ("figure", "table", "algorithm")
_KINDS = set(content_stems("figure figures fig chart plot diagram table algorithm 图 表 算法"))
_LOOKED_AT = 4  # passages among which a figure without a number is looked for
_CAPTION = 300  # characters of a caption that are quoted, in whole sentences


@dataclass
class Missing:
    """The lines that say what an answer leaves open, in its language."""

    asked: Question
    language: Language
    lines: list[str] = field(default_factory=list)
    pointed: bool = False  # at a picture or table: all of the answer, whatever was asked

    def parts(self, sentences: Sequence[AnswerSentence]) -> None:
        """Names the parts of the question that no sentence speaks of; of a quote that points at a figure, none.

        Words can be compared in one language only: those of a translation are, where it has as many parts, as the
        quotes are of papers in its language.
        """
        said, compared = parts_of(self.asked.text), self.asked.forms[-1]
        if not self.pointed and len(said) == len(parts_of(compared)):
            self.lines += [self._say("part", part=said[row]) for row in parts_left_open(compared, sentences)]

    def names(self, found: Search) -> bool:
        """Names what no paper among those found holds; whether the question is about nothing else."""
        papers = {passage.paper.id: passage.paper for passage in found.passages}.values()
        about = [" ".join([each.title, *each.authors, each.arxiv_id or "", each.text]) for each in papers]
        absent = absent_words(self.asked.text, about) if about else []
        self.lines += [self._say("absent", word=each.word) for each in absent]
        return only_about(self.asked.text, absent)

    def counted(self, count: int) -> None:
        """Says how many parts of a paper were listed, and which could not be."""
        self.lines.append(self._say("counted", count=count))

    def each(self, read: int, searched: int, silent: Sequence[str]) -> None:
        """Says how many papers were read of those that were searched, and the titles of those that say nothing."""
        self.lines.append(self._say("each", read=read, searched=searched))
        if silent:
            self.lines.append(self._say("silent", titles="; ".join(silent)))

    def absent(self, found: Search) -> bool:
        """Names the figures, tables and algorithms that the paper does not have; whether there are any."""
        named = [place for place in found.absent if place.kind in FLOATS]
        title = found.paper.title if found.paper else ""
        self.lines += [self._say(f"no_{place.kind}", number=place.number, title=title) for place in named]
        return bool(named)

    def shown(self, found: Search) -> AnswerSentence | None:
        """The caption of the figure or table that is asked about, as a quote; names what is to be looked at instead.

        The one that the question names, else one of the same kind among the best passages of one paper.
        """
        for passage in found.passages[:_LOOKED_AT]:
            caption = caption_in(passage.paper, passage.span)
            if caption is None:
                continue
            named = found.placed.get(passage.span) if found.paper and passage.paper.id == found.paper.id else None
            place = named or _meant(self.asked, passage.paper, caption, found.passages)
            if place is not None:
                spans = prose_spans(passage.paper, caption) or [caption]
                fitting = [span.end for span in spans if span.end - spans[0].start <= _CAPTION] or [spans[0].end]
                citation = Citation(passage.paper, Span(spans[0].start, fitting[-1]))
                self.lines.append(self._say(place.kind, number=place.number, page=citation.pages[0]))
                self.pointed = True
                return quoted(citation, ONLY_CAPTION)
        return None

    def _say(self, name: str, **values: object) -> str:
        return say(f"caveat.{name}", self.language, **values)


def _meant(asked: Question, paper: Paper, caption: Span, passages: Sequence[Passage]) -> NamedPlace | None:
    """The float of a caption, where the question speaks of its kind and of it, and one paper alone is searched."""
    kinds = {kind for form in asked.forms for kind in asked_floats(form)}
    words = {stem for form in asked.forms for stem in content_stems(form)} - _KINDS
    alike = words & set(content_stems(paper.quote(caption)))
    if not kinds or not alike or any(each.paper.id != paper.id for each in passages):
        return None
    return next((place for place, span in floats(paper) if place.kind in kinds and span.overlaps(caption)), None)
