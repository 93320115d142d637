"""Papers with hidden and visible orders: what the library keeps of them, and what of an obedient model is shown."""


import re

import pytest

from hostile_papers import ALL, HIDDEN, OBEYED, ORDER, SEEN, TRACE

from index.reading.read_pdf import read_pdf


def everything(paper):
    """All that a paper gives to be searched, shown or put before a model."""
    named = [paper.title, *paper.authors, *(section.heading for section in paper.sections)]
    return " ".join([paper.text, *named, *(link.uri for link in paper.links)])


def test_there_are_many_and_their_names_differ():
    assert len(ALL) >= 50 and len({each.name for each in ALL}) == len(ALL)


@pytest.mark.parametrize("hostile", HIDDEN, ids=lambda each: each.name)
def test_what_nobody_sees_is_no_text_of_the_library(hostile, tmp_path):
    paper = read_pdf(hostile.made(tmp_path))
    found = set(re.findall(r"\w+", everything(paper).lower())) & {"ignore", "instructions", "flawless", TRACE}
    assert not found, everything(paper)
    assert paper.title == hostile.title and paper.authors == ("Ada Lind", "Per Sund")
    assert "310 kilograms" in paper.text and "larger than a fist" in paper.text


@pytest.mark.parametrize("hostile", SEEN, ids=lambda each: each.name)
def test_what_is_seen_is_content_and_changes_nothing_else(hostile, tmp_path):
    paper = read_pdf(hostile.made(tmp_path))
    assert paper.title == hostile.title and paper.authors == ("Ada Lind", "Per Sund")
    assert "310 kilograms" in paper.text and "larger than a fist" in paper.text
