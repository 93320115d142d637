"""The JSON shapes that other tools rely on; every command's --json prints one of these, and turns are kept in them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assistant.answering.records import Answer, AnswerSentence
    from assistant.llm.chat_model import ChatModel, Usage
    from assistant.verify.claim import Citation
    from index.model.paper import Paper, Passage, Rectangle, Span
    from index.model.records import PaperRecord
    from index.search.searcher import Search

Json = dict[str, Any]


def paper_json(record: "PaperRecord") -> Json:
    """A paper's line in the catalogue."""
    return {
        "id": record.id,
        "file": record.file,
        "file_lost": record.file_lost,
        "title": record.title,
        "authors": list(record.authors),
        "year": record.year,
        "arxiv_id": record.arxiv_id,
        "pages": record.pages,
        "chunks": record.chunks,
        "state": record.state,
        "warnings": list(record.warnings),
    }


def span_json(paper: "Paper", span: "Span", records: "dict[str, PaperRecord]") -> Json:
    """The words of a span with their place: pages, headings, zone, and rectangles on the pages."""
    return {
        "paper": paper.id,
        "file": file_of(paper, records),
        "title": paper.title,
        "heading": list(paper.headings(span.start)),
        "pages": list(paper.page_range(span)),
        "zone": paper.zone(span.start).value,
        "span": [span.start, span.end],
        "text": paper.quote(span),
        "rects": [_rectangle_json(each) for each in paper.rectangles(span)],
    }


def file_of(paper: "Paper", records: "dict[str, PaperRecord]") -> str:
    """The file of a paper; empty for one that was removed while it was read."""
    return records[paper.id].file if paper.id in records else ""


def sections_json(paper: "Paper") -> list[Json]:
    """The section tree as a list in reading order, with levels and pages."""
    return [
        {"heading": each.heading, "level": each.level, "pages": list(paper.page_range(each.span))}
        for each in paper.sections
    ]


def passage_json(passage: "Passage", records: "dict[str, PaperRecord]") -> Json:
    """A passage that a search found."""
    return {
        "paper": passage.paper.id,
        "file": file_of(passage.paper, records),
        "title": passage.paper.title,
        "heading": list(passage.heading),
        "pages": list(passage.pages),
        "zone": passage.zone.value,
        "span": [passage.span.start, passage.span.end],
        "text": passage.text,
        "score": round(passage.score, 6),
    }


def search_json(found: "Search", records: "dict[str, PaperRecord]") -> Json:
    """What one search found, and how long each step took."""
    passages = [passage_json(passage, records) for passage in found.passages]
    return {"passages": passages, "seconds": found.seconds}


def answer_json(answer: "Answer", records: "dict[str, PaperRecord]", model: "ChatModel | None") -> Json:
    """An answer with everything that is needed to check it."""
    return {
        "question": answer.question,
        "searched_as": list(answer.searched_as),
        "language": answer.language,
        "answer": answer.text,
        "grounding": answer.grounding.value,
        "sentences": [sentence_json(each, answer.citations, records) for each in answer.sentences],
        "missing": list(answer.missing),
        "passages": [passage_json(passage, records) for passage in answer.passages],
        "invented_citations": answer.invented_citations,
        "seconds": answer.seconds,
        "model": _model_json(model, answer.usage),
    }


def _model_json(model: "ChatModel | None", usage: "Usage | None") -> Json:
    named = {"name": model.settings.model, "num_ctx": model.settings.num_ctx} if model else {"name": None}
    return named | ({"prompt_tokens": usage.prompt_tokens, "answer_tokens": usage.answer_tokens} if usage else {})


def sentence_json(sentence: "AnswerSentence", cited: "Sequence[Citation]", records: "dict[str, PaperRecord]") -> Json:
    """A sentence of an answer; its citations have the numbers of their places in `cited`."""
    citations = [
        {
            "number": number,
            "paper": citation.paper.id,
            "file": file_of(citation.paper, records),
            "title": citation.paper.title,
            "pages": list(citation.pages),
            "heading": list(citation.heading),
            "table": list(citation.table),
            "quote": citation.quote,
            "span": [citation.span.start, citation.span.end],
            "rects": [_rectangle_json(each) for each in citation.rectangles],
        }
        for number, citation in enumerate(cited, start=1)
        if citation in sentence.citations
    ]
    return {
        "text": sentence.text,
        "supported": sentence.supported,
        "support": sentence.support.value if sentence.supported else "",
        "citations": citations,
        "note": sentence.reason,
        "about": sentence.about,
    }


def _rectangle_json(rectangle: "Rectangle") -> Json:
    box = [round(value, 2) for value in (rectangle.x0, rectangle.y0, rectangle.x1, rectangle.y1)]
    return {"page": rectangle.page, "box": box}
