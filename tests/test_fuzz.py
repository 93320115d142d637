"""Hostile bytes and text, a few examples of each kind; `scripts/soak fuzz` tries them for as long as one likes."""

import random

import fuzz
import pytest


@pytest.mark.parametrize("name", fuzz.TARGETS)
def test_hostile_input_gives_a_value_that_keeps_its_promises_or_the_error_of_its_reader(name, tmp_path):
    assert fuzz.fuzz(name, 25, random.randrange(1 << 32), tmp_path) >= 20


def test_a_broken_reader_is_found_out(tmp_path, monkeypatch):
    def broken(quote, passage):
        return fuzz.Span(0, len(passage.paper.text) + 1)

    monkeypatch.setattr(fuzz, "locate", broken)
    with pytest.raises(AssertionError):
        fuzz.fuzz("citation", 25, 1, tmp_path, shrink=False)


def test_a_column_of_footnote_marks_is_no_fault(tmp_path):
    """What is a digit to Python is no number to it: a column with a superscript one in the margin ended as our bug."""
    body = [fuzz.Word("word", (72.0, 0.0, 90.0, 8.0))] * 4
    made = [
        fuzz.Line(tuple(body), 72.0, y, 90.0, y + 8, y + 8, 8.0, "Times", False, False) for y in range(100, 220, 10)
    ]
    mark = fuzz.Word("¹", (20.0, 92.0, 24.0, 100.0))
    marks = [fuzz.Line((mark,), 20.0, y, 24.0, y + 8, y + 8, 8.0, "Times", False, False) for y in range(100, 220, 10)]
    fuzz.check_page_text([fuzz.page_lines(1, [*made, *marks], False)])
