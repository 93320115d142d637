import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.layout.lines import clean_word, split_word


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("eﬃcient", "efficient"),
        ("re\u00adpair", "repair"),
        ("´\xa0A", "Á"),
        ("Lemaˆıtre", "Lemaître"),
        ("Schr¨odinger", "Schrödinger"),
        ("na\u0308ive\u200b", "näive"),
        ("\x00\x01", ""),
        ("⽤于", "用于"),
        ("x²", "x²"),
        ("（图）", "（图）"),
    ],
)
def test_a_word_is_cleaned(raw, clean):
    assert clean_word(raw) == clean


@given(st.text(max_size=30))
def test_cleaning_twice_changes_nothing_and_leaves_no_controls(text):
    once = clean_word(text)
    assert all(unicodedata.category(letter) not in ("Cc", "Cf", "Co", "Zs") for letter in once) or text.isascii()
    assert clean_word(once) == once


@given(st.text(alphabet="模型用a1，B", min_size=1, max_size=20))
def test_the_pieces_of_a_word_lie_side_by_side(text):
    pieces = split_word(text, (10.0, 5.0, 110.0, 15.0))
    assert "".join(piece.text for piece in pieces) == text
    assert pieces[0].box[0] == 10.0 and abs(pieces[-1].box[2] - 110.0) < 1e-6
    assert [piece.glued for piece in pieces] == [False] + [True] * (len(pieces) - 1)
    assert all(abs(a.box[2] - b.box[0]) < 1e-6 for a, b in pairwise(pieces))
