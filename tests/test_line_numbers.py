"""Numbers that count the lines of a manuscript are left out, whatever side they stand on; other numbers are not."""

import re

import pytest
from made_pdfs import BODY, new_document, page_of, put, put_lines, saved, wrapped

from index.reading.read_pdf import read_pdf

WORDS = " ".join(BODY)


def manuscript(path, number, pages=2, columns=1):
    """Pages of running text whose lines `number(page, column, line)` numbers: [(x, text), …]."""
    document = new_document()
    width = 440 if columns == 1 else 205
    lines = wrapped(WORDS * 12, width)
    for page_number in range(pages):
        page = page_of(document)
        for column in range(columns):
            x = 80 + 240 * column
            for row, line in enumerate(lines[column * 40 : column * 40 + 40]):
                y = 80 + 16 * row
                put(page, x, y, line)
                for at, text in number(page_number, column, row):
                    put(page, at, y, text, size=7)
    return saved(document, path)


def every_line(page, column, row):
    return [(50, str(page * 40 + row + 1))]


def every_fifth(page, column, row):
    return [(52, str(row + 1))] if (row + 1) % 5 == 0 else []


def both_margins(page, column, row):
    return [(40 if column == 0 else 540, f"{page * 80 + column * 40 + row:03}")]


def gutter(page, column, row):
    return [(50 if column == 0 else 300, f"{page * 80 + column * 40 + row:03}")]


def a_digit_lost(page, column, row):
    return [(50, str(page * 40 + row + 101)[: 2 if row == 17 else 3])]


@pytest.mark.parametrize(
    ("number", "columns", "pages"),
    [
        (every_line, 1, 2),
        (every_fifth, 1, 1),
        (every_fifth, 1, 3),
        (both_margins, 2, 2),
        (gutter, 2, 2),
        (a_digit_lost, 1, 3),
    ],
)
def test_numbers_of_lines_are_left_out(tmp_path, number, columns, pages):
    plain = read_pdf(manuscript(tmp_path / "plain.pdf", lambda *_: [], pages, columns))
    numbered = read_pdf(manuscript(tmp_path / "numbered.pdf", number, pages, columns))
    assert numbered.text == plain.text
    assert not re.search(r"\d", numbered.text)


def test_numbers_inside_the_text_stay(tmp_path):
    document = new_document()
    page = page_of(document)
    y = put_lines(page, 72, 80, BODY * 3)
    for row in range(1, 11):  # a table that counts its rows
        y += 14
        put(page, 80, y, str(row))
        put(page, 160, y, f"Model {row}")
        put(page, 300, y, f"{3 * row}.5")
    put_lines(page, 72, y + 30, BODY * 3)
    text = read_pdf(saved(document, tmp_path / "table.pdf")).text
    assert all(re.search(rf"\b{row}\b[ |]+Model {row}\b", text) for row in range(1, 11))


def test_steps_that_stand_under_each_other_keep_their_numbers(tmp_path):
    document = new_document()
    for _ in range(2):
        page = page_of(document)
        put_lines(page, 72, 80, [f"In step {row} the encoder reads its part of the page." for row in range(1, 30)])
    text = read_pdf(saved(document, tmp_path / "steps.pdf")).text
    assert all(f"step {row} the" in text for row in range(1, 30))
