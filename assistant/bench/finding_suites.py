"""The suites that only find: from questions and an opened system to a row for each question.

A page counts as found where one of the first five passages touches it: that is what a reader is shown. As passages of
two systems differ in length (five nodes of the starter can be a whole short paper), the characters of the five are
reported too, what their first 4,000 characters hold, and the stricter ranking of single pages.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from assistant.bench.questions import BenchQuestion
from assistant.bench.rows import Row
from assistant.bench.systems import Hit, Opened, needs_extra
from index.model.paper import Span

Rankings = Mapping[str, Sequence[str]]  # by question: what was found, best first, each once
Relevant = Mapping[str, Iterable[str]]  # by question: what is right


def rank_metrics(names: Sequence[str], rankings: Rankings, relevant: Relevant) -> dict[str, dict[str, float]]:
    """For each question the metrics that ir-measures knows by `names` ("nDCG@10", "RR", "Success@1"); 0 for no result.

    Raises BenchExtraMissing where the library is not installed.
    """
    with needs_extra():
        import ir_measures  # type: ignore[import-not-found,import-untyped,unused-ignore]

    measures = [ir_measures.parse_measure(name) for name in names]
    judged = [ir_measures.Qrel(question, item, 1) for question in rankings for item in relevant[question]]
    run = [
        ir_measures.ScoredDoc(question, item, 1 / rank)
        for question, items in rankings.items()
        for rank, item in enumerate(items, start=1)
    ]
    values = {question: dict.fromkeys(names, 0.0) for question in rankings}
    for each in ir_measures.iter_calc(measures, judged, run):
        values[each.query_id][str(each.measure)] = float(each.value)
    return values


def unique(items: Iterable[str]) -> list[str]:
    """Each item at its first place."""
    return list(dict.fromkeys(items))


LIMIT = 5
PAPERS_LIMIT = 10  # passages from which papers are ranked
DOCUMENTS_LIMIT = 15  # passages that give ten different abstracts, even where a long one was cut
BUDGET = 4_000  # characters, some 1,000 tokens: what a small model reads of the evidence in reasonable time
COVERED = 0.5  # of a gold paragraph or of the passage, whichever is shorter

Find = Callable[[Opened, Sequence[BenchQuestion]], list[Row]]


def find_papers(opened: Opened, questions: Sequence[BenchQuestion]) -> list[Row]:
    """Right paper over the corpus where the question names none; evidence page in the top five within the paper."""
    open_ones = [each for each in questions if not each.within]
    paged = [each for each in questions if each.within and each.answerable and each.pages]
    return _right_papers(opened, open_ones) + [_evidence_page(opened, each, each.group) for each in paged]


def find_own(opened: Opened, questions: Sequence[BenchQuestion]) -> list[Row]:
    """Right paper over the corpus for every question; evidence page within the paper where one is given."""
    rows = {row.question: row for row in _right_papers(opened, questions)}
    for each in questions:
        if each.pages:
            rows[each.id].values.update(_evidence_page(opened, each, "own").values)
    return list(rows.values())


def find_pages(opened: Opened, questions: Sequence[BenchQuestion]) -> list[Row]:
    """The page of the evidence, looked for in all papers and within its own."""
    rows = []
    for each in questions:
        gold = {_place(each.paper, page) for page in each.pages}
        values: dict[str, float] = {}
        for where, paper in (("all papers", None), ("in its paper", each.paper)):
            hits = opened.find(each.text, LIMIT, paper)
            for depth in (1, LIMIT):
                values[f"page@{depth} {where}"] = float(bool(gold & set(_places(hits[:depth]))))
            values[f"page@5 {where}, {each.group}"] = values[f"page@5 {where}"]
            values[f"page in 4000 characters {where}"] = float(bool(gold & set(_places(_first_characters(hits)))))
            values[f"characters of 5 {where}"] = _characters(hits)
        rows.append(Row(each.id, each.paper, values))
    return rows


def find_paragraphs(opened: Opened, questions: Sequence[BenchQuestion]) -> list[Row]:
    """The paragraphs of the evidence within the paper: any of them, and the share of them, in the top five."""
    rows = []
    for each in questions:
        if not each.answerable or not each.spans:
            continue
        hits = opened.find(each.text, LIMIT, each.paper)
        found = [any(_covers(hit.span, span) for hit in hits) for span in each.spans]
        first = [any(_covers(hit.span, span) for hit in hits[:1]) for span in each.spans]
        values = {"paragraph@1": float(any(first)), "paragraph@5": float(any(found))}
        values["paragraph recall@5"] = sum(found) / len(found)
        early = _first_characters(hits)
        values["paragraph in 4000 characters"] = float(
            any(_covers(hit.span, span) for hit in early for span in each.spans)
        )
        values["characters of 5"] = _characters(hits)
        rows.append(Row(each.id, each.paper, values))
    return rows


def find_in_two_languages(opened: Opened, questions: Sequence[BenchQuestion]) -> list[Row]:
    """The evidence page within the paper, asked in English and in Chinese, side by side."""
    rows = []
    for each in questions:
        values: dict[str, float] = {}
        for language, text in (("English", each.text), ("Chinese", each.chinese)):
            places = unique(_places(opened.find(text, LIMIT, each.paper)))
            gold = {_place(each.paper, page) for page in each.pages}
            ranks = rank_metrics(("RR",), {each.id: places}, {each.id: gold})
            values[f"page@5 {language}"] = float(bool(gold & set(places)))
            values[f"page recall@5 {language}"] = len(gold & set(places)) / len(gold)
            values[f"page MRR {language}"] = ranks[each.id]["RR"]
        rows.append(Row(each.id, each.paper, values))
    return rows


def find_abstracts(opened: Opened, questions: Sequence[BenchQuestion]) -> list[Row]:
    """The abstracts that bear on a claim."""
    rankings = {
        each.id: unique(hit.paper for hit in opened.find(each.text, DOCUMENTS_LIMIT))[:10] for each in questions
    }
    values = rank_metrics(("nDCG@10", "RR@10", "R@10"), rankings, {each.id: each.relevant for each in questions})
    return [Row(each.id, each.paper, values[each.id]) for each in questions]


def _right_papers(opened: Opened, questions: Sequence[BenchQuestion]) -> list[Row]:
    rankings = {each.id: unique(hit.paper for hit in opened.find(each.text, PAPERS_LIMIT)) for each in questions}
    values = rank_metrics(("Success@1", "Success@5", "RR"), rankings, {each.id: [each.paper] for each in questions})
    names = {"Success@1": "paper@1", "Success@5": "paper@5", "RR": "paper MRR"}
    return [
        Row(each.id, each.paper, {names[name]: value for name, value in values[each.id].items()}) for each in questions
    ]


def _evidence_page(opened: Opened, question: BenchQuestion, group: str) -> Row:
    hits = opened.find(question.text, LIMIT, question.paper)
    places, gold = unique(_places(hits)), {_place(question.paper, page) for page in question.pages}
    strict = rank_metrics(("Success@5",), {question.id: places}, {question.id: gold})
    values = {
        f"page@5 {group}": float(bool(gold & set(places))),
        f"page recall@5 {group}": len(gold & set(places)) / len(gold),
        f"page in 4000 characters {group}": float(bool(gold & set(_places(_first_characters(hits))))),
        f"page among first 5 pages, {group}": strict[question.id]["Success@5"],
        "characters of 5": _characters(hits),
    }
    return Row(question.id, question.paper, values)


def _places(hits: Sequence[Hit]) -> list[str]:
    return [_place(hit.paper, page) for hit in hits for page in range(hit.pages[0], hit.pages[1] + 1)]


def _place(paper: str, page: int) -> str:
    return f"{paper}#{page}"


def _first_characters(hits: Sequence[Hit]) -> list[Hit]:
    """The hits that begin within the budget, the last one cut where the budget ends."""
    kept, left = [], BUDGET
    for hit in hits:
        if left > 0:
            span = hit.span and Span(hit.span.start, min(hit.span.end, hit.span.start + left))
            kept.append(replace(hit, text=hit.text[:left], span=span))
        left -= len(hit.text)
    return kept


def _characters(hits: Sequence[Hit]) -> float:
    return float(sum(len(hit.text) for hit in hits))


def _covers(found: Span | None, wanted: Span) -> bool:
    if found is None:
        return False
    shared = min(found.end, wanted.end) - max(found.start, wanted.start)
    return shared > 0 and shared >= COVERED * min(found.length, wanted.length)
