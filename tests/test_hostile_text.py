"""Titles without end, escape characters and turns of direction, in files and where they are printed."""

import json
import subprocess
import sys
import unicodedata
from pathlib import Path

import pymupdf

from index.model.plain_text import json_text, one_line, shown_text
from index.reading.front_matter import MAX_TITLE
from index.reading.read_pdf import read_pdf
from index.reading.writer import MAX_HEADING

ROOT = Path(__file__).parents[1]
OBEYED = "a\x1b]0;owned\x07b\x9b31mc\u202ed\u2066e\r\x08f"


def is_harmless(text):
    return all(unicodedata.category(each) not in ("Cc", "Cf", "Cs") or each in "\n\t" for each in text)


def made_pdf(path, **metadata):
    with pymupdf.open() as document:
        page = document.new_page()
        for row in range(20):
            page.insert_text((72, 72 + 14 * row), "Some words of a text by Ada Lovelace that say nothing special.")
        document.set_metadata(metadata)
        document.set_toc([[1, "Some words " * 10_000, 1]])
        document.save(path)
    return path


def test_title_and_names_of_the_metadata_have_the_length_of_printed_ones(tmp_path):
    names = ", ".join(["Ada Lovelace"] * 10_000)
    paper = read_pdf(made_pdf(tmp_path / "a.pdf", title="Endless words " * 150_000, author=names))
    assert paper.title.startswith("Endless words") and len(paper.title) <= MAX_TITLE
    assert len(paper.authors) <= 60 and all(len(name) <= 100 for name in paper.authors)
    assert all(len(section.heading) <= MAX_HEADING for section in paper.sections)


def test_a_hostile_file_has_short_harmless_names(shared):
    paper = read_pdf(shared / "hostile" / "ansi.pdf")
    named = [paper.title, *paper.authors, *(section.heading for section in paper.sections)]
    assert len(paper.title) <= MAX_TITLE
    assert all(is_harmless(each) for each in named)


def test_what_a_terminal_obeys_is_taken_out_of_texts_and_escaped_in_json():
    assert is_harmless(shown_text(OBEYED)) and shown_text("é\n用\tñ") == "é\n用\tñ"
    assert is_harmless(json_text({OBEYED: [OBEYED, "\ud800"]}))
    assert json.loads(json_text({"é": [OBEYED, "😀", "\ud800"]})) == {"é": [OBEYED, "😀", "\ud800"]}
    assert one_line("a\rb\u2028c " * 1000, 20) == "a b c a b c a b c…"


def test_an_error_line_is_harmless(tmp_path):
    command = [sys.executable, "-m", "ui.cli", "--home", str(tmp_path), "show", OBEYED]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, encoding="utf-8")
    assert done.returncode == 1 and done.stderr.startswith("papers: ")
    assert is_harmless(done.stdout + done.stderr)
