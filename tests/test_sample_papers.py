"""The committed sample papers are what their sources give, and they are PDFs as a reader of papers expects them."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pymupdf
import pytest

from index.reading.read_pdf import read_pdf

SCRIPTS = Path(__file__).parents[1] / "scripts"
PAPERS = {
    "evidence_first": "Evidence First, Claim Second: Checked Answers from Small Local Language Models",
    "many_spans": "One Text, Many Spans: Citations that Cannot Drift",
    "two_legs": "Two Legs and a Late Interaction: Finding Passages on Two Cores",
}


def check(scripts: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, scripts / "make_sample_papers.py", "--check"]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def words(document: pymupdf.Document) -> str:
    """All text in one line, words joined that a line end cuts."""
    return re.sub(r"\s+", " ", re.sub(r"(?<=\w)-\s*\n", "", "".join(page.get_text() for page in document)))


def test_typesetting_again_gives_the_committed_bytes():
    done = check(SCRIPTS)
    assert done.returncode == 0, done.stderr


def test_a_pdf_that_its_source_does_not_give_is_named(tmp_path: Path):
    copy = tmp_path / "scripts"
    copy.mkdir()
    shutil.copy(SCRIPTS / "make_sample_papers.py", copy)
    shutil.copytree(SCRIPTS / "sample_papers", copy / "sample_papers")
    source = copy / "sample_papers" / "many_spans.typ"
    source.write_text(source.read_text("utf-8").replace("one string", "one rope"), "utf-8")
    (copy / "sample_papers" / "two_legs.pdf").unlink()
    done = check(copy)
    assert done.returncode == 1
    assert "many_spans.pdf, two_legs.pdf" in done.stderr and "evidence_first" not in done.stderr


def test_every_source_is_a_listed_paper():
    folder = SCRIPTS / "sample_papers"
    assert {path.stem for path in folder.glob("*.typ")} - {"template"} == set(PAPERS)
    assert {path.stem for path in folder.glob("*.pdf")} == set(PAPERS)


@pytest.mark.parametrize("name", PAPERS)
def test_a_paper_has_what_a_paper_has(name: str):
    path = SCRIPTS / "sample_papers" / f"{name}.pdf"
    assert path.stat().st_size < 300_000
    with pymupdf.open(path) as document:
        assert 2 <= document.page_count <= 4
        assert all(len(page.get_text()) > 500 for page in document)
        assert document.metadata["title"] == PAPERS[name]
        assert document.metadata["author"] == "The paper-assistant developers"
        headings = [title for _, title, _ in document.get_toc()]
        assert headings[:2] == ["Abstract", "1 Introduction"] and "References" in headings
        assert any(re.match(r"\d\.\d ", heading) for heading in headings)
        text, first_page = words(document), document[0].get_text()
        assert "CC BY 4.0" in first_page and "Table 1." in text and "Figure 1." in text
        assert not re.search("[\ufb00-\ufb06\ufffd]", text)
        fonts = {font for page in document for font in page.get_fonts()}
        assert fonts and all(extension != "n/a" for _, extension, *_ in fonts), "a font is not embedded"
        for page in document.pages(1):
            assert PAPERS[name].split(":")[0] in page.get_text(clip=pymupdf.Rect(0, 0, 600, 60)), "no running head"


@pytest.mark.parametrize("name", PAPERS)
def test_the_text_stands_in_two_columns(name: str):
    with pymupdf.open(SCRIPTS / "sample_papers" / f"{name}.pdf") as document:
        page = document[0]
        middle = page.rect.width / 2
        blocks = [block for block in page.get_text("blocks") if len(block[4]) > 300]
        assert any(block[2] < middle for block in blocks) and any(block[0] > middle - 5 for block in blocks)


@pytest.mark.parametrize("name", PAPERS)
def test_every_reference_is_cited(name: str):
    with pymupdf.open(SCRIPTS / "sample_papers" / f"{name}.pdf") as document:
        lines = "".join(page.get_text() for page in document).split("\n")
    listed = {match[1] for line in lines if (match := re.match(r"\[(\d+)\]\s*($|[A-Z])", line))}
    text = " ".join(re.sub(r"^\[\d+\]", "", line) for line in lines)
    cited = {number for group in re.findall(r"\[([\d, ]+)\]", text) for number in group.split(", ")}
    assert listed and listed == cited


@pytest.mark.parametrize("name", PAPERS)
def test_a_reading_has_no_word_that_its_source_lacks(name: str):
    sources = [SCRIPTS / "sample_papers" / f"{stem}.typ" for stem in (name, "template")]
    written = re.findall("[a-z]+", "".join(path.read_text("utf-8") for path in sources).lower())
    read = re.findall("[a-z]+", read_pdf(SCRIPTS / "sample_papers" / f"{name}.pdf").text.lower())
    assert set(read) <= {*written, "equation", "references", "section"}  # typst's own words
