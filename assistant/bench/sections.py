"""Headings that the reader finds by itself, the outline hidden from it, against those that people wrote.

Three golds: outlines of PDFs, the LaTeX of one, TEI files corrected by hand. A heading is right where its words are
nearly the same (numbers in front left out) and, where the gold has pages, its page is at most one off. Outlines leave
out abstract, acknowledgements and references in some styles: finding those is no fault.
"""

import json
import re
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

from assistant.bench.rows import Row
from assistant.bench.systems import DataAbsent
from index.model.errors import PdfError
from index.reading.read_pdf import read_pdf, warm_up

ALIKE = 0.9  # of difflib's ratio
_NUMBER = re.compile(
    r"^(?:appendix\s+)?(?:[0-9]+(?:\.[0-9]+)*|[a-z](?:\.[0-9]+)*|[ivxlc]+)[.:)]?\s+(?=\S)", re.IGNORECASE
)
_OFTEN_LEFT_OUT = re.compile(r"^(?:abstract|acknowledge?ments?|references|bibliography)$")


@dataclass(frozen=True, slots=True)
class GoldHeadings:
    """The headings of a PDF as its authors or a corrector have them: (words, 1-based page or None)."""

    kind: str
    file: Path
    headings: tuple[tuple[str, int | None], ...]


def gold_headings(data: Path, papers: Path) -> list[GoldHeadings]:
    """The golds whose PDF is in `papers`. Raises DataAbsent where there is none."""
    folder = data / "section_gold"
    found = [*_outlines(folder, papers), *_latex(folder, papers), *_tei(folder, papers)]
    if not found:
        raise DataAbsent(f"no PDF of {papers} has its headings in {folder}: give --data and --papers")
    return found


def measure_headings(golds: Sequence[GoldHeadings]) -> tuple[list[Row], tuple[str, ...]]:
    """A row for each gold, and the figures of all headings of a kind together; times are those of the processor."""
    warm_up()
    rows, counts = [], dict[str, list[float]]()
    for gold in golds:
        started = time.process_time()
        try:
            paper = read_pdf(gold.file, use_outline=False)
        except PdfError:  # a file that cannot be read has no headings found, and counts
            rows.append(
                Row(f"{gold.kind} {gold.file.name}", gold.file.name, _values(gold.kind, 0, 0, len(gold.headings)))
            )
            continue
        seconds = time.process_time() - started
        headings = [(section.heading, paper.page_range(section.span)[0]) for section in paper.sections]
        right, found, wanted = compare_headings(headings, gold.headings)
        values = _values(gold.kind, right, found, wanted) | {"pages/s (CPU)": len(paper.pages) / max(seconds, 1e-6)}
        rows.append(Row(f"{gold.kind} {gold.file.name}", gold.file.name, values))
        total = counts.setdefault(gold.kind, [0, 0, 0, 0, 0])
        counts[gold.kind] = [
            a + b for a, b in zip(total, (right, found, wanted, len(paper.pages), seconds), strict=True)
        ]
    return rows, tuple(_note(kind, *total) for kind, total in counts.items())


def compare_headings(found: Sequence[tuple[str, int]], gold: Sequence[tuple[str, int | None]]) -> tuple[int, int, int]:
    """How many are right, how many were found (of those that the gold would have), how many there are."""
    names = {plain(words) for words, _ in gold}
    kept = [(plain(words), page) for words, page in found]
    kept = [(words, page) for words, page in kept if words in names or not _OFTEN_LEFT_OUT.match(words)]
    left, right = list(kept), 0
    for words, page in gold:
        match = next((each for each in left if _same(each, (plain(words), page))), None)
        if match is not None:
            left.remove(match)
            right += 1
    return right, len(kept), len(gold)


def plain(heading: str) -> str:
    """The letters and digits of a heading without the number in front.

    >>> plain("3.1 Encoder and Decoder Stacks"), plain("A.2. Proofs"), plain("Encoder:")
    ('encoderanddecoderstacks', 'proofs', 'encoder')
    """
    words = " ".join(heading.split())
    rest = _NUMBER.sub("", words)
    return "".join(filter(str.isalnum, (rest or words).casefold()))


def _same(found: tuple[str, int], gold: tuple[str, int | None]) -> bool:
    if gold[1] is not None and abs(found[1] - gold[1]) > 1:
        return False
    return found[0] == gold[0] or SequenceMatcher(None, found[0], gold[0], autojunk=False).ratio() >= ALIKE


def _values(kind: str, right: int, found: int, wanted: int) -> dict[str, float]:
    precision, recall, both = _scores(right, found, wanted)
    return {f"{kind} precision": precision, f"{kind} recall": recall, f"{kind} F1": both}


def _scores(right: float, found: float, wanted: float) -> tuple[float, float, float]:
    return right / found if found else 0.0, right / wanted if wanted else 0.0, 2 * right / ((found + wanted) or 1)


def _note(kind: str, right: float, found: float, wanted: float, pages: float, seconds: float) -> str:
    precision, recall, both = _scores(right, found, wanted)
    speed = pages / max(seconds, 1e-6)
    return (
        f"{kind}, all {wanted:.0f} headings together: precision {precision:.3f}, recall {recall:.3f}, F1 {both:.3f}; "
        f"{pages:.0f} pages at {speed:.1f} pages a second of one processor"
    )


def _outlines(folder: Path, papers: Path) -> list[GoldHeadings]:
    file = folder / "pdf_outline_gold.json"
    if not file.is_file():
        return []
    entries = json.loads(file.read_text("utf-8")).items()
    return [
        GoldHeadings("outline", papers / name, tuple((each["title"], int(each["page"])) for each in headings))
        for name, headings in entries
        if (papers / name).is_file() and headings
    ]


def _latex(folder: Path, papers: Path) -> list[GoldHeadings]:
    found = []
    for file in sorted(folder.glob("latex_*/sections.json")):
        pdf = papers / f"{file.parent.name.removeprefix('latex_')}.pdf"
        if pdf.is_file():
            titles = tuple((each["title"], None) for each in json.loads(file.read_text("utf-8")))
            found.append(GoldHeadings("latex", pdf, titles))
    return found


def _tei(folder: Path, papers: Path) -> list[GoldHeadings]:
    """The heads of sections; those of figures and tables are captions."""
    found = []
    for file in sorted(folder.glob("grobid_fulltext_tei/*.xml")):
        name = file.name.split(".training")[0].split("._")[-1]
        for pdf in sorted(papers.glob("*.pdf")):
            if pdf.name.startswith(name):
                root = ElementTree.parse(file).getroot()
                captions = {head for figure in root.iter("figure") for head in figure.iter("head")}
                heads = [
                    " ".join("".join(each.itertext()).split()) for each in root.iter("head") if each not in captions
                ]
                found.append(GoldHeadings("tei", pdf, tuple((head, None) for head in heads if head)))
    return found
