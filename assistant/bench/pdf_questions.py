"""Questions about PDF files: the file questions.jsonl of the data, and a reader's own CSV."""

import ast
import csv
import json
import re
import tomllib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from assistant.bench.bench_errors import BenchError, DataAbsent
from assistant.bench.corpora import PdfCorpus
from assistant.bench.questions import BenchQuestion

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
