"""How a reader is pointed to words of a paper."""

import pytest
from small_papers import small_paper

from assistant.breakdown.locators import label_of, refer
from assistant.breakdown.sources import abstract_subject
from assistant.verify.claim import Citation
from index.arxiv.announcements import Announcement
from index.arxiv.ids import ArxivId
from index.model.paper import Span, Zone


@pytest.mark.parametrize(
    ("heading", "zone", "label"),
    [
        ("3 Method", Zone.BODY, "§3"),
        ("4.1.2 Ablations", Zone.BODY, "§4.1.2"),
        ("2. Related Work", Zone.BODY, "§2"),
        ("IV. RESULTS", Zone.BODY, "§IV"),
        ("B.1 Details", Zone.APPENDIX, "§B.1"),
        ("Appendix A Proofs", Zone.APPENDIX, "§A"),
        ("A Proofs", Zone.APPENDIX, "§A"),
        ("A Survey of Kites", Zone.BODY, "A Survey of Kites"),
        ("I Fly Kites", Zone.BODY, "I Fly Kites"),
        ("3D Kites", Zone.BODY, "3D Kites"),
        ("Conclusion", Zone.BODY, "Conclusion"),
        ("一、引言", Zone.BODY, "一、引言"),
        ("1 Abstract", Zone.ABSTRACT, "Abstract"),
        ("Words " * 20, Zone.BODY, ("Words " * 20)[:60]),
    ],
)
def test_the_label_of_a_section(heading, zone, label):
    paper = small_paper(parts=(("Title", Zone.FRONT, "x"), (heading, zone, "Kites fly in wind.")))
    start = paper.text.index("Kites fly in wind")
    assert label_of(paper, Span(start, start + 10)) == label


def test_a_table_and_its_caption_are_called_by_its_number():
    parts = (
        ("5 Results", Zone.BODY, "See below."),
        ("Table 2: Accuracy.", Zone.CAPTION, ""),
        ("KiteNet 87.2", Zone.TABLE, ""),
        ("Figure 3: A kite.", Zone.CAPTION, ""),
    )
    paper = small_paper(parts=parts)
    for words, label in (("KiteNet 87", "Table 2"), ("Table 2: A", "Table 2"), ("Figure 3: A", "Figure 3")):
        start = paper.text.index(words)
        assert label_of(paper, Span(start, start + len(words))) == label


def test_before_the_first_heading_there_is_no_label():
    paper = small_paper()
    assert label_of(small_paper(parts=()), Span(0, 0)) == ""
    whole = refer(Citation(paper, Span(13, 38)))
    assert (whole.quote, whole.label) == (paper.quote(Span(13, 38)), "Introduction")
    assert whole.pages == paper.page_range(Span(13, 38))


def test_an_abstract_alone_has_no_pages():
    listed = Announcement(ArxivId("2601.00001", 1), "Kites", (), "Kites fly. They turn.", (), "new", None, None)
    _, paper = abstract_subject(listed, "offline")
    start = paper.text.index("They")
    reference = refer(Citation(paper, Span(start, len(paper.text))))
    assert (reference.label, reference.pages, reference.quote) == ("Abstract", (0, 0), "They turn.")
