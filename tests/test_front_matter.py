import pytest

from index.layout.lines import Line, PageLines, Word
from index.reading.authors import names_in
from index.reading.front_matter import arxiv_id, find_year


def page_with(*texts, sideways=()):
    def line(text, y):
        words = tuple(Word(word, (10.0, y, 20.0, y + 10)) for word in text.split())
        return Line(words, 10.0, y, 300.0, y + 10, y + 8, 10.0, "Times", False, False)

    lines = tuple(line(text, 20.0 * row) for row, text in enumerate(texts))
    return PageLines(1, 612, 792, 612, 792, lines, tuple(line(text, 0.0) for text in sideways), (), (), False, 0)


@pytest.mark.parametrize(
    ("stamp", "name", "found"),
    [
        ("arXiv:1706.03762v5 [cs.CL] 6 Dec 2017", "x.pdf", "1706.03762v5"),
        ("arXiv:hep-th/9901001v3 1 Jan 1999", "x.pdf", "hep-th/9901001v3"),
        ("", "2401.18059v1.pdf", "2401.18059v1"),
        ("", "1810.04805__bert.pdf", "1810.04805"),
        ("", "report 2023.12.pdf", None),
        ("", "9913.12345.pdf", None),
    ],
)
def test_the_arxiv_id(stamp, name, found):
    assert arxiv_id([page_with("Title", sideways=(stamp,) if stamp else ())], name) == found


def test_an_arxiv_id_that_is_only_cited_is_not_the_papers():
    assert arxiv_id([page_with("as shown in arXiv:1706.03762v5 before")], "x.pdf") is None


def test_the_year_in_order_of_trust():
    dated = page_with("Copyright 2019 by the authors", "Grant of 2035")
    assert find_year("1706.03762v5", [dated], {}) == 2017
    assert find_year("hep-th/9901001", [dated], {}) == 1999
    assert find_year(None, [dated], {"creationDate": "D:20221212"}) == 2019
    assert find_year(None, [page_with("No date")], {"creationDate": "D:20221212"}) == 2022
    assert find_year(None, [page_with("No date")], {}) is None


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("Łukasz Kowalski, Čeněk Dvořák and Đorđe Petrović", ["Łukasz Kowalski", "Čeněk Dvořák", "Đorđe Petrović"]),
        ("By G. A. LEBOUR, M.A.", ["G. A. LEBOUR"]),
        ("LAURENS VAN DER MAATEN", ["LAURENS VAN DER MAATEN"]),
        ("Ωmega Ελένη, Юрий Петров", ["Ωmega Ελένη", "Юрий Петров"]),
        ("We study kites in strong wind", []),
        ("Abstract", []),
    ],
)
def test_names_in_whatever_alphabet(line, names):
    assert names_in(line) == names
