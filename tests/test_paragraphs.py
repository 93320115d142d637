from collections import Counter

import pytest

from index.layout.paragraphs import join


@pytest.mark.parametrize(
    ("before", "after", "seen", "joined"),
    [
        ("net-", "work", "", "network"),
        ("self-", "attention", "self-attention", "self-attention"),
        ("Encoder-", "Decoder", "", "Encoder-Decoder"),
        ("PAS-", "CAL", "pascal", "PASCAL"),
        ("d-", "dimensional", "", "d-dimensional"),
        ("state-of-the-", "art", "", "state-of-the-art"),
        ("English-", "to-German", "", "English-to-German"),
        ("GPT-", "3", "", "GPT-3"),
        ("1998–", "2000", "", "1998–2000"),
        ("模", "型", "", "模型"),
        ("用", "BERT", "", "用 BERT"),
        ("the", "cat", "", "the cat"),
        ("a-" * 3_000, "b", "", "a-" * 3_000 + "b"),
    ],
)
def test_two_lines_are_joined_as_the_paper_writes_it(before, after, seen, joined):
    gap, drop = join(before, after, Counter(seen.split()))
    assert (before[:-1] if drop else before) + gap + after == joined
