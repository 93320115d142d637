"""The questions of the bench: one noun for all data sets, and the two ways in which they are divided."""

import ast
import csv
import hashlib
import json
import random
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from assistant.bench.corpora import PdfCorpus, TextCorpus, paged_paper, sectioned_paper
from assistant.bench.systems import BenchError, DataAbsent
from index.model.paper import Paper, Span

Half = Literal["dev", "test", "all"]

SALT = 686  # the halves of each data set are then of like size; chosen by counts alone, before any result was seen


@dataclass(frozen=True)
class BenchQuestion:
    """A question with its gold. `paper` is the name of its paper in the corpus; `within` asks it in that paper alone.

    `pages` are 1-based; `spans` lie in the text of the paper of a text corpus; `evidence` are the words of the gold
    evidence; `relevant` names papers where more than one is right; `chinese` is the question in Chinese. Of everyday
    questions, a right answer holds a string of each group of `must` and none of `must_not`; `quotes` are words that
    answer, each behind the name of its paper.
    """

    id: str
    text: str
    paper: str
    group: str
    within: bool
    answerable: bool = True
    answers: tuple[str, ...] = ()
    pages: frozenset[int] = frozenset()
    evidence: tuple[str, ...] = ()
    spans: tuple[Span, ...] = ()
    relevant: frozenset[str] = field(default_factory=frozenset)
    chinese: str = ""
    must: tuple[tuple[str, ...], ...] = ()
    must_not: tuple[str, ...] = ()
    quotes: tuple[tuple[str, str], ...] = ()


def half_of(paper: str) -> Literal["dev", "test"]:
    """The half that a paper, and so every question about it, belongs to: by the hash of its name, for ever.

    An arXiv id at the beginning of the name counts alone, without its version, so that one paper under two file names
    falls into one half. Nothing may be tuned on "test".

    >>> half_of("1810.04805__bert.pdf") == half_of("1810.04805v2")
    True
    """
    name = paper.casefold().removesuffix(".pdf")
    if identifier := re.match(r"\d{4}\.\d{4,5}", name):
        name = identifier.group()
    return "dev" if hashlib.sha256(f"{SALT}:{name}".encode()).digest()[0] % 2 == 0 else "test"


def chosen(questions: Sequence[BenchQuestion], half: Half, sample: int | None, seed: int) -> list[BenchQuestion]:
    """The questions of a half, or `sample` of them drawn with a seed, in their own order."""
    kept = [each for each in questions if half == "all" or half_of(each.paper) == half]
    if sample is None or sample >= len(kept):
        return kept
    rows = sorted(random.Random(seed).sample(range(len(kept)), sample))
    return [kept[row] for row in rows]


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


_CHINESE = Path(__file__).parent / "page_questions.zh.toml"
WITHOUT_PAPER = {"ARAGOG"}  # its questions do not name their paper: they are asked of the whole corpus


def pdf_corpus(folder: Path, name: str = "papers") -> PdfCorpus:
    """All PDFs of a folder. Raises DataAbsent where there is none."""
    files = tuple(sorted(folder.glob("*.pdf")))
    if not files:
        raise DataAbsent(f"no PDF in {folder}: give the folder of the papers with --papers")
    return PdfCorpus(name, files)


def pdf_questions(file: Path, corpus: PdfCorpus) -> list[BenchQuestion]:
    """The questions whose paper is in the corpus. Raises DataAbsent where the file is not there."""
    if not file.is_file():
        raise DataAbsent(f"{file} is not there: give the folder of the data with --data")
    names = {each.name for each in corpus.files}
    lines = [json.loads(line) for line in file.read_text("utf-8").splitlines() if line.strip()]
    return [_question(line) for line in lines if line["pdf"] in names]


def chinese_questions(questions: Sequence[BenchQuestion]) -> list[BenchQuestion]:
    """Those that are translated, with their translations."""
    translated = tomllib.loads(_CHINESE.read_text("utf-8"))
    return [replace(each, chinese=translated[each.id]) for each in questions if each.id in translated]


def _question(line: dict[str, object]) -> BenchQuestion:
    sources = str(line.get("evidence_sources") or "")
    pages = line.get("evidence_pages")
    kind = "figure/chart" if re.search("Figure|Chart", sources) else "text/table"
    group = str(line["set"]) if line["set"] in WITHOUT_PAPER or not line["answerable"] else kind
    answers, evidence = line.get("answers"), line.get("evidence_text")
    return BenchQuestion(
        id=str(line["id"]),
        text=str(line["question"]),
        paper=str(line["pdf"]),
        group=group,
        within=line["set"] not in WITHOUT_PAPER,
        answerable=bool(line["answerable"]),
        answers=tuple(_plain(str(each)) for each in answers) if isinstance(answers, list) else (),
        pages=frozenset(int(page) for page in pages) if isinstance(pages, list) else frozenset(),
        evidence=(evidence,) if isinstance(evidence, str) and evidence.strip() else (),
    )


def _plain(answer: str) -> str:
    """An answer in words; MMLongBench writes lists as Python does."""
    if answer.strip().startswith("["):
        try:
            value = ast.literal_eval(answer)
        except (ValueError, SyntaxError):
            return answer.strip()
        if isinstance(value, list):
            return ", ".join(str(each) for each in value)
    return answer.strip()


def own_questions(file: Path, corpus: PdfCorpus) -> list[BenchQuestion]:
    """A CSV with the columns question, paper (file name, or the beginning of one) and page (1-based; several by ";").

    Raises BenchError that names the line where something does not fit.
    """
    if not file.is_file():
        raise BenchError(f"{file} is not there. Give a CSV with the columns question, paper, page with --csv.")
    with file.open(encoding="utf-8-sig", newline="") as opened:
        reader = csv.DictReader(opened)
        if missing := {"question", "paper"} - set(reader.fieldnames or ()):
            raise BenchError(
                f"{file.name} has no column {', '.join(sorted(missing))}. Its columns: question,paper,page."
            )
        rows = [row for row in reader if (row["question"] or "").strip()]
    return [_own(file.name, number, row, [each.name for each in corpus.files]) for number, row in enumerate(rows, 2)]


def _own(file: str, number: int, row: dict[str, str], names: Sequence[str]) -> BenchQuestion:
    wanted = (row["paper"] or "").strip()
    found = [name for name in names if wanted in (name, name.removesuffix(".pdf"))]
    found = found or [name for name in names if wanted and name.startswith(wanted)]
    if len(found) != 1:
        raise BenchError(f"{file}, line {number}: {wanted!r} names {len(found)} files. Give the whole file name.")
    pages = re.findall(r"\d+", row.get("page") or "")
    text = row["question"].strip()
    return BenchQuestion(f"line-{number}", text, found[0], "own", False, pages=frozenset(int(page) for page in pages))
