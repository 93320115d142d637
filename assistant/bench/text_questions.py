"""Data sets whose papers come as text: OHR-Bench (pages), QASPER (paragraphs) and SciFact (abstracts)."""

import json
from pathlib import Path
from typing import Any

from assistant.bench.bench_errors import DataAbsent
from assistant.bench.corpora import TextCorpus, paged_paper, sectioned_paper
from assistant.bench.questions import BenchQuestion
from index.model.paper import Paper, Span

Loaded = tuple[TextCorpus, list[BenchQuestion]]


def ohr_bench(folder: Path) -> Loaded:
    """Papers as pages of text, questions with the page of their evidence. Raises DataAbsent."""
    files = sorted((_there(folder) / "pages").glob("*.json"))
    papers = []
    for file in files:
        pages = sorted(json.loads(file.read_text("utf-8")), key=lambda page: page["page_idx"])
        texts = [page["text"] for page in pages]
        title = next((line.strip() for text in texts for line in text.splitlines() if line.strip()), file.stem)
        papers.append(paged_paper(file.stem, title, texts))
    names = {paper.id for paper in papers}
    questions = [
        BenchQuestion(
            id=line["ID"],
            text=line["questions"],
            paper=line["doc_name"].rsplit("/", 1)[-1],
            group=line["evidence_source"],
            within=True,
            answers=(str(line["answers"]),),
            pages=frozenset([int(line["evidence_page_no"]) + 1]),  # they are counted from 0 there
            evidence=(str(line["evidence_context"]),),
        )
        for line in json.loads((folder / "questions.json").read_text("utf-8"))
    ]
    return TextCorpus("ohr", tuple(papers)), [each for each in questions if each.paper in names]


def qasper(folder: Path) -> Loaded:
    """Papers as sections of paragraphs, questions with the paragraphs of their evidence. Raises DataAbsent."""
    papers: list[Paper] = []
    questions: list[BenchQuestion] = []
    for file in sorted(_there(folder).glob("*.json")):
        for entry in json.loads(file.read_text("utf-8")):
            paper, paragraphs = _qasper_paper(entry)
            papers.append(paper)
            questions += [_qasper_question(asked, paper, paragraphs) for asked in _records(entry["qas"])]
    return TextCorpus("qasper", tuple(papers)), questions


def _qasper_paper(entry: dict[str, Any]) -> tuple[Paper, list[Span]]:
    sections: list[tuple[str, int, list[str]]] = [("Abstract", 1, [entry["abstract"]])]
    for section in _records(entry["full_text"]):
        *above, heading = (section["section_name"] or "").split(" ::: ")
        sections.append((heading, len(above) + 1, [part for part in section["paragraphs"] if part.strip()]))
    return sectioned_paper(entry["id"], entry["title"], sections)


def _qasper_question(asked: dict[str, Any], paper: Paper, paragraphs: list[Span]) -> BenchQuestion:
    given = [each.get("answer", each) for each in _records(asked["answers"])]
    evidence = {" ".join(text.split()) for answer in given for text in answer["evidence"]}
    spans = [span for span in paragraphs if " ".join(paper.quote(span).split()) in evidence]
    answers = [_qasper_answer(answer) for answer in given if not answer["unanswerable"]]
    return BenchQuestion(
        id=asked["question_id"],
        text=asked["question"],
        paper=paper.id,
        group="paragraphs",
        within=True,
        answerable=2 * len(answers) >= len(given),  # as most of those who were asked say
        answers=tuple(answer for answer in answers if answer),
        evidence=tuple(sorted(evidence)),
        spans=tuple(spans),
    )


def _qasper_answer(answer: dict[str, Any]) -> str:
    if answer["yes_no"] is not None:
        return "yes" if answer["yes_no"] else "no"
    return ", ".join(answer["extractive_spans"]) or str(answer["free_form_answer"])


def scifact(folder: Path) -> Loaded:
    """Abstracts, and the claims of the test split with the abstracts that bear on them. Raises DataAbsent."""
    lines = (_there(folder) / "beir_corpus.jsonl").read_text("utf-8").splitlines()
    documents = [json.loads(line) for line in lines]
    papers = tuple(paged_paper(each["_id"], each["title"], [each["text"]]) for each in documents)
    queries = [json.loads(line) for line in (folder / "beir_queries.jsonl").read_text("utf-8").splitlines()]
    texts = {query["_id"]: query["text"] for query in queries}
    relevant: dict[str, set[str]] = {}
    for line in (folder / "qrels_test.tsv").read_text("utf-8").splitlines()[1:]:
        query, document, grade = line.split("\t")
        if int(grade) > 0:
            relevant.setdefault(query, set()).add(document)
    questions = [
        BenchQuestion(query, texts[query], min(right), "claims", False, relevant=frozenset(right))
        for query, right in relevant.items()
    ]
    return TextCorpus("scifact", papers), questions


def _there(folder: Path) -> Path:
    if not folder.is_dir():
        raise DataAbsent(f"{folder} is not there: give the folder of the data with --data")
    return folder


def _records(value: dict[str, list[Any]] | list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A list of records, also where a table was written as one list a column."""
    if isinstance(value, dict):
        return [dict(zip(value, row, strict=True)) for row in zip(*value.values(), strict=True)]
    return list(value)
