"""What a citation promises: its quote stands on the pages it names, below the rectangles that will be highlighted."""

import pymupdf


def check_citation(file, pages, quote, rectangles):
    """`rectangles`: (page, x0, y0, x1, y1) each; nine in ten words of the quote must be what the PDF has below them."""
    assert rectangles and {page for page, *_ in rectangles} <= set(range(pages[0], pages[1] + 1))
    with pymupdf.open(file) as document:
        found = [
            document[page - 1].get_textbox(pymupdf.Rect(x0 - 1, y0 - 1, x1 + 1, y1 + 1))
            for page, x0, y0, x1, y1 in rectangles
        ]
    under = "".join(" ".join(found).casefold().split()).replace("\u00ad", "").replace("-", "")
    words = [word for word in quote.casefold().split() if word.isalpha() and word.isascii()]
    there = [word for word in words if word in under]
    assert len(there) >= 0.9 * len(words), (quote, under)
