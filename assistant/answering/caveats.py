"""What an answer leaves open, said below it: pure functions of the question, what was found and what was said."""

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.answering.records import AnswerSentence, quoted
from assistant.language.phrases import say
from assistant.llm.prompts import Language
from assistant.question.form import Absent, absent_words, only_about
from assistant.question.parts import parts_left_open, parts_of
from assistant.verify.claim import Citation
from assistant.verify.terms import content_stems
from index.ingest.same_work import version_pairs
from index.model.paper import Paper, Passage, Span
from index.search.searcher import Question as Wordings
from index.search.searcher import Search
from index.structure.element_references import NamedPlace, asked_floats, caption_in, floats
from index.structure.sentences import prose_spans

ONLY_CAPTION = "only its caption could be quoted"
FLOATS = ("figure", "table", "algorithm")
_KINDS = set(content_stems("figure figures fig chart plot diagram table algorithm 图 表 算法"))
_LOOKED_AT = 4  # passages among which a figure without a number is looked for
_CAPTION = 300  # characters of a caption that are quoted, in whole sentences


@dataclass(frozen=True)
class Pointer:
    """A picture or table that answers by itself: its caption as a quote, and where it is to be looked at."""

    sentence: AnswerSentence
    place: NamedPlace


def absent_names(asked: Wordings, found: Search) -> list[Absent]:
    """What the question names and no paper among those found holds."""
    papers = {passage.paper.id: passage.paper for passage in found.passages}.values()
    about = [" ".join([each.title, *each.authors, each.arxiv_id or "", each.text]) for each in papers]
    return absent_words(asked.text, about) if about else []


def absent_floats(found: Search) -> list[NamedPlace]:
    """The figures, tables and algorithms that the question names and its paper does not have."""
    return [place for place in found.absent if place.kind in FLOATS]


def must_refuse(asked: Wordings, found: Search) -> bool:
    """Whether a question is about nothing but what is not there, so that no model is asked."""
    return only_about(asked.text, absent_names(asked, found)) or bool(absent_floats(found) and not found.placed)


def absence_lines(asked: Wordings, found: Search, language: Language) -> list[str]:
    """Lines that name what is not there."""
    title = found.paper.title if found.paper else ""
    lines = [say("caveat.absent", language, word=each.word) for each in absent_names(asked, found)]
    return lines + [
        say(f"caveat.no_{place.kind}", language, number=place.number, title=title) for place in absent_floats(found)
    ]


def open_part_lines(asked: Wordings, sentences: Sequence[AnswerSentence], language: Language) -> list[str]:
    """Lines that name the parts of a question that no sentence is about.

    Words can be compared in one language only: those of a translation are, if it has as many parts.
    """
    said, compared = parts_of(asked.text), asked.forms[-1]
    if len(said) != len(parts_of(compared)):
        return []
    answered = [each.text for each in sentences]
    answered += [
        " ".join([cited.quote, *cited.heading, *cited.table]) for each in sentences for cited in each.citations
    ]
    return [say("caveat.part", language, part=said[row]) for row in parts_left_open(compared, answered)]


def version_lines(found: Search, sentences: Sequence[AnswerSentence], language: Language) -> list[str]:
    """A line for each work that is here in two versions, one of them cited: they may say different things."""
    cited = {each.paper.id for sentence in sentences for each in sentence.citations}
    papers = {passage.paper.id: passage.paper for passage in found.passages}
    return [
        say("caveat.versions", language, title=one.title, one=_version(one), other=_version(other))
        for one, other in version_pairs(list(papers.values()))
        if cited & {one.id, other.id}
    ]


def _version(paper: Paper) -> str:
    return f"arXiv {paper.arxiv_id}" if paper.arxiv_id else " ".join(filter(None, (str(paper.year or ""), paper.id)))


def per_paper_lines(
    passages: Sequence[Passage], searched: int, sentences: Sequence[AnswerSentence], language: Language
) -> list[str]:
    """How many papers were read of those that were searched, and the titles of those that say nothing."""
    said = {cited.paper.id for sentence in sentences for cited in sentence.citations}
    papers = {passage.paper.id: passage.paper.title for passage in passages}
    silent = [title for paper, title in papers.items() if paper not in said]
    lines = [say("caveat.each", language, read=len(papers), searched=searched)]
    return lines + ([say("caveat.silent", language, titles="; ".join(silent))] if silent else [])


def pointer(asked: Wordings, found: Search) -> Pointer | None:
    """The figure or table that is asked about, if nothing but its caption can be quoted.

    The one that the question names, else one of the same kind among the best passages of one paper.
    """
    for passage in found.passages[:_LOOKED_AT]:
        caption = caption_in(passage.paper, passage.span)
        if caption is None:
            continue
        named = found.placed.get(passage.span) if found.paper and passage.paper.id == found.paper.id else None
        place = named or _meant(asked, passage.paper, caption, found.passages)
        if place is not None:
            spans = prose_spans(passage.paper, caption) or [caption]
            fitting = [span.end for span in spans if span.end - spans[0].start <= _CAPTION] or [spans[0].end]
            citation = Citation(passage.paper, Span(spans[0].start, fitting[-1]))
            return Pointer(quoted(citation, ONLY_CAPTION), place)
    return None


def pointer_line(pointed: Pointer, language: Language) -> str:
    """The line that says which page to open."""
    page = pointed.sentence.citations[0].pages[0]
    return say(f"caveat.{pointed.place.kind}", language, number=pointed.place.number, page=page)


def _meant(asked: Wordings, paper: Paper, caption: Span, passages: Sequence[Passage]) -> NamedPlace | None:
    """The float of a caption, if the question is about its kind and about it, and one paper alone is searched."""
    kinds = {kind for form in asked.forms for kind in asked_floats(form)}
    words = {stem for form in asked.forms for stem in content_stems(form)} - _KINDS
    alike = words & set(content_stems(paper.quote(caption)))
    if not kinds or not alike or any(each.paper.id != paper.id for each in passages):
        return None
    return next((place for place, span in floats(paper) if place.kind in kinds and span.overlaps(caption)), None)
