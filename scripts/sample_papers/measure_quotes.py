"""Measure what the paper `many_spans.typ` says about quotes: it takes its figures from `quotes.json`.

    python scripts/sample_papers/measure_quotes.py FOLDER_OF_PDFS     write quotes.json; then run make_sample_papers.py

A quote is each run of n words (separated by white space, letter case ignored) inside one stretch of abstract, body or
appendix text, as `read_pdf` gives it.
"""

import argparse
import json
import re
from bisect import bisect_left
from collections import Counter
from pathlib import Path

from index.model.errors import PdfError
from index.model.paper import Paper, Span, Zone
from index.reading.read_pdf import read_pdf

LENGTHS = (3, 5, 8, 12, 20)
ZONES = (Zone.ABSTRACT, Zone.BODY, Zone.APPENDIX)


def word_spans(paper: Paper) -> list[list[Span]]:
    """The words of each stretch of running text."""
    stretches = [zoned.span for zoned in paper.zones if zoned.zone in ZONES]
    return [
        [Span(stretch.start + word.start(), stretch.start + word.end()) for word in re.finditer(r"\S+", text)]
        for stretch in stretches
        for text in [paper.quote(stretch)]
    ]


def cut_words(paper: Paper) -> list[int]:
    """Offsets inside words that stand on two lines and lost their hyphen: there a row of the word map begins."""
    words, found = paper.words, []
    for row in range(1, len(words.starts)):
        start, gap = int(words.starts[row]), words.boxes[row][0] - words.boxes[row - 1][2]
        same_line = words.pages[row] == words.pages[row - 1] and -1 < gap < 5  # points to the right of the part before
        if start == words.ends[row - 1] and not same_line and paper.text[start - 1 : start + 1].isalpha():
            found.append(start)
    return found


def measure(paper: Paper, length: int) -> Counter[str]:
    """Counts over all quotes of one length: all of them, and how many repeat, cross a page, hold a cut word."""
    cuts, counts = cut_words(paper), Counter[str]()
    quotes: list[tuple[str, Span]] = []
    for stretch in word_spans(paper):
        folded = [paper.quote(span).casefold() for span in stretch]
        for first in range(len(stretch) - length + 1):
            span = Span(stretch[first].start, stretch[first + length - 1].end)
            quotes.append((" ".join(folded[first : first + length]), span))
    often = Counter(quote for quote, _ in quotes)
    for quote, span in quotes:
        pages = paper.page_range(span)
        cut = bisect_left(cuts, span.start + 1)
        counts["all"] += 1
        counts["repeated"] += often[quote] > 1
        counts["crosses a page"] += pages[0] != pages[1]
        counts["holds a cut word"] += cut < len(cuts) and cuts[cut] < span.end
    return counts


def main() -> None:
    """Read every paper, count, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    papers = []
    for path in sorted(parser.parse_args().folder.glob("*.pdf")):
        try:
            papers.append(read_pdf(path))
        except PdfError as error:
            print("left out:", error)
    figures = {
        "papers": len(papers),
        "pages": sum(len(paper.pages) for paper in papers),
        "words": sum(len(stretch) for paper in papers for stretch in word_spans(paper)),
        "cut": sum(len(cut_words(paper)) for paper in papers),
        "lengths": {str(length): sum((measure(paper, length) for paper in papers), Counter()) for length in LENGTHS},
    }
    text = json.dumps(figures, indent=2)
    (Path(__file__).parent / "quotes.json").write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
