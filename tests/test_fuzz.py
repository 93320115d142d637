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
