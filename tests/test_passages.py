"""What passages are made of beyond their chunks: whole tables, the words in figures last, several papers in turns."""

from small_papers import small_paper

from index.model.paper import Passage, Zone
from index.search.passages import figures_last, whole_floats

PAPER = small_paper(
    parts=(
        ("box | arrow", Zone.TABLE, "arrow | box"),
        ("Figure 1:", Zone.CAPTION, "How the parts of it fit together, from left to right."),
        ("Text", Zone.BODY, "Kites fly in wind. " * 12),
        ("Table 1:", Zone.CAPTION, "The accuracy of all controllers."),
        ("Model | F1", Zone.TABLE, "KiteNet | 83.0\nRotor | 79.1"),
    )
)
FIGURE, FIGURE_CAPTION, TEXT, CAPTION, TABLE = (
    Passage(PAPER, zoned.span, score) for zoned, score in zip(PAPER.zones, (0.9, 0.8, 0.7, 0.6, 0.5), strict=True)
)


def test_a_table_comes_with_its_caption_and_a_caption_with_its_table_once():
    [whole] = whole_floats([CAPTION, TABLE])
    assert "The accuracy of all controllers." in whole.text and "KiteNet | 83.0" in whole.text
    assert whole.score == CAPTION.score
    assert whole_floats([FIGURE_CAPTION, TEXT]) == [FIGURE_CAPTION, TEXT]


def test_the_words_inside_a_figure_come_last_and_the_order_is_that_of_the_scores():
    found = figures_last([FIGURE, FIGURE_CAPTION, TEXT, TABLE])
    assert [each.span for each in found] == [each.span for each in (FIGURE_CAPTION, TEXT, TABLE, FIGURE)]
    assert [each.score for each in found] == sorted((each.score for each in found), reverse=True)
    assert figures_last([FIGURE]) == [FIGURE] and figures_last([]) == []
