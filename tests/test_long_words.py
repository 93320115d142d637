"""A "word" of hundreds of thousands of letters, which a PDF of a kilobyte can hold."""

from itertools import pairwise

import numpy as np

from index.layout.lines import MAX_WORD, split_word
from index.model.paper import Chunk, Span, Zone
from index.reading.read_pdf import read_pdf
from index.store.library import Library


def test_a_long_word_is_cut_into_words_with_their_shares_of_its_box():
    words = split_word("x" * 1200 + "用", (0.0, 0.0, 120.1, 10.0))
    assert [len(word.text) for word in words] == [500, 500, 200, 1]
    assert [word.glued for word in words] == [False, False, False, True]
    assert words[0].box[0] == 0.0 and words[-1].box[2] == 120.1
    assert all(left.box[2] == right.box[0] for left, right in pairwise(words))


def test_a_paper_of_one_endless_word_is_read_and_kept(shared, tmp_path):
    paper = read_pdf(shared / "hostile" / "one_long_word.pdf")
    assert max(map(len, paper.text.split())) <= MAX_WORD
    assert sum(map(str.isalpha, paper.text)) >= 100_000  # cut into words, not off
    rows = zip(paper.words.starts, paper.words.ends, paper.words.boxes, strict=True)
    assert all(0 < end - start <= MAX_WORD and box[2] > box[0] for start, end, box in rows)
    chunk = Chunk(paper.id, Span(0, len(paper.text)), Zone.BODY, paper.text)
    with Library.open(tmp_path) as library:
        library.put(paper, [chunk], np.zeros((1, 3), np.float32), file="a.pdf", sha256="0" * 64, embedder="none")
        assert library.has(paper.id)
