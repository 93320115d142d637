"""Titles and authors of first pages: printed papers where they are at hand, and pages in the layouts of publishers.

Counts are bars, so that what is read better never goes back: title share, and F1 over all names.
"""

import tomllib
from pathlib import Path

import pytest
from made_front_pages import PAGES, write
from read_once import read_once

from index.reading.read_pdf import read_pdf

GOLD = tomllib.loads((Path(__file__).parent / "data/front_pages.toml").read_text("utf-8"))["pages"]
MIN_TITLES, MIN_AUTHORS = 0.97, 0.95


def plain(text):
    return "".join(filter(str.isalnum, text.casefold()))


def scores(read, wanted):
    """The share of right titles, F1 of the authors, and what is wrong."""
    titles = right = found = total = 0
    wrong = []
    for name, (title, authors) in wanted.items():
        paper = read[name]
        names, expected = {plain(each) for each in paper.authors}, {plain(each) for each in authors}
        titles += plain(paper.title) == plain(title)
        right, found, total = right + len(names & expected), found + len(names), total + len(expected)
        if plain(paper.title) != plain(title) or names != expected:
            wrong.append(f"{name}: {paper.title!r} {paper.authors}")
    return titles / len(wanted), 2 * right / (found + total), wrong


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_publishers_first_page(page, tmp_path):
    paper = read_pdf(write(page, tmp_path))
    assert plain(paper.title) == plain(page.title)
    assert paper.authors == page.authors or plain("".join(paper.authors)) == plain("".join(page.authors))


def test_front_matter_of_printed_papers(shared):
    wanted = {name: (title, [each for each in names.split("; ") if each]) for name, (title, names) in GOLD.items()}
    titles, authors, wrong = scores({name: read_once(shared / name) for name in wanted}, wanted)
    assert titles >= MIN_TITLES and authors >= MIN_AUTHORS, wrong
