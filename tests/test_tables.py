"""Rows of a table: what says what their cells mean, and whether a sentence reads them right."""

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_papers import small_paper

from assistant.verify.claim import Citation, Evidence, as_read, verify
from assistant.verify.table_check import misread
from assistant.verify.terms import numbers
from index.model.paper import Passage, Span, Zone
from index.reading.read_pdf import read_pdf
from index.structure.element_references import NamedPlace, find_place
from index.structure.sentences import prose_spans
from index.structure.tables import cells, table_at, table_head

CAPTION = "Table 1: F1 of the taggers."
HEADER = "Model | GPT-3 web | GPT-4 web | mail"
ROWS = ("Small | 81.2 | 77.0 | 70.3", "Small + tuning | 84.9 | 80.1 | 74.4", "Large | 88.0 | 83.5 | 75.2")


def paper_with(*parts):
    """Parts are pairs of zone and text; one section, so that no heading says what a table's header says."""
    first, *others = [(text.split("\n", 1)[0], zone, text.partition("\n")[2]) for zone, text in parts]
    return replace(small_paper(parts=(first, *others), title="Taggers"), sections=())


PAPER = paper_with((Zone.CAPTION, CAPTION), (Zone.TABLE, "\n".join([HEADER, *ROWS, "Huge | 89.1 | 84.6 | 76.0"])))


def passage(paper, text):
    start = paper.text.index(text)
    return Passage(paper, Span(start, start + len(text)), 1.0)


def whole(paper):
    return Passage(paper, Span(0, len(paper.text)), 1.0)


def test_a_row_has_its_caption_and_header():
    row = passage(PAPER, ROWS[1])
    assert table_head(PAPER, row.span) == (CAPTION, HEADER)
    assert as_read(row) == "\n".join([CAPTION, HEADER, ROWS[1]])
    assert Citation(PAPER, row.span).table == (CAPTION, HEADER)
    assert as_read(whole(PAPER)) == PAPER.text  # which begins with both
    assert table_head(PAPER, Span(0, 5)) == ()


def test_a_header_is_no_evidence():
    assert [PAPER.quote(span) for span in prose_spans(PAPER, whole(PAPER).span)][:2] == [CAPTION, ROWS[0]]
    verdict = verify("The models are GPT-3 and GPT-4.", HEADER, Evidence((whole(PAPER),)))
    assert verdict.citation is None and verdict.located is None


def test_captions_that_stand_below_their_tables():
    table = "Model | web\nSmall | 1.5\nLarge | 2.5"
    paper = paper_with(
        (Zone.TABLE, table), (Zone.CAPTION, "Table 1: One."), (Zone.TABLE, table), (Zone.CAPTION, "Table 2: Two."),
        (Zone.BODY, "Words. " * 40),
    )  # fmt: skip
    first, second = (table_at(paper, zoned.span.start) for zoned in paper.zones if zoned.zone is Zone.TABLE)
    assert [paper.quote(each.caption).strip() for each in (first, second)] == ["Table 1: One.", "Table 2: Two."]
    for number, each in (("1", first), ("2", second)):
        assert find_place(paper, NamedPlace("table", number)).overlaps(each.rows)


def test_words_inside_a_figure_are_no_table():
    figure = (Zone.TABLE, "input | output\nlayer | 3"), (Zone.CAPTION, "Figure 1: A net."), (Zone.BODY, "x " * 60)
    paper = paper_with(*figure)
    assert table_at(paper, 0) is None


@pytest.mark.parametrize(
    ("sentence", "row", "reason"),
    [
        ("Small with tuning reaches 84.9 on GPT-3 web.", 1, None),
        ("Large has an F1 of 75.2 on mail.", 2, None),
        ("Large has an F1 of 83.5 on mail.", 2, "another column"),
        ("On GPT-4 web Large has an F1 of 88.0.", 2, "another column"),
        ("Large has an F1 of 88.0 on GPT-4.", 2, "another column"),
        ("Large has an F1 of 83.5.", 2, "which column"),
        ("Large has 88.0 on GPT-3 web and 75.2 on mail.", 2, None),
        ("Large has 75.2 on GPT-3 web and 88.0 on mail.", 2, "another column"),
        ("The Large tagger has 75.2 on mail.", 2, None),
        ("Huge has an F1 of 75.2 on mail.", 2, "another row"),
        ("Small reaches 74.4 on mail.", 1, "another row"),
    ],
)
def test_a_number_belongs_to_its_row_and_column(sentence, row, reason):
    verdict = verify(sentence, ROWS[row], Evidence((whole(PAPER),)))
    if reason is None:
        assert verdict.citation is not None and verdict.citation.quote == ROWS[row]
    else:
        assert verdict.citation is None
        assert reason in misread(sentence, PAPER, passage(PAPER, ROWS[row]).span)


@pytest.mark.parametrize(
    ("sentence", "quote"),
    [
        ("Small has an F1 of 77.0 on GPT-3 web.", CAPTION),  # the row below it is GPT-4's
        ("Small reaches 84.9 on GPT-3 web.", "\n".join(ROWS[:2])),  # the row below is that of another
        ("Small reaches 88.0 on GPT-3 web and Large reaches 81.2.", "\n".join(ROWS)),
    ],
)
def test_rows_are_read_one_by_one(sentence, quote):
    assert verify(sentence, quote, Evidence((whole(PAPER),))).citation is None


def test_rows_with_a_blank_cell_are_only_quoted():
    paper = paper_with((Zone.CAPTION, CAPTION), (Zone.TABLE, f"{HEADER}\n{ROWS[0]}\nHuge | 84.6 | 76.0"))
    row = passage(paper, "Huge | 84.6 | 76.0").span
    assert "could not be told apart" in misread("Huge has 84.6 on GPT-3 web.", paper, row)


def test_pairs_of_words_have_no_header():
    paper = paper_with((Zone.TABLE, "Optimizer | Adam\nSchedule | cosine\nBatch size | 256"), (Zone.BODY, "x " * 60))
    assert verify("The optimizer is Adam.", "Optimizer | Adam", Evidence((whole(paper),))).citation is not None
    assert table_at(paper, 0).header is None


@pytest.mark.parametrize(
    ("titles", "row"),
    [
        ("Of retrieval and data\nTask | Sub task | Data | Method", "QA | Single | NQ | DPR"),
        ("Retrieval | Retrieval\nMethod | Source\nType | Grain", "CoG [29] | Wikipedia | Phrase | Once"),
        ("Task | Data | Method", "QA | NQ | DPR"),
    ],
)
def test_titles_of_a_table_of_words(titles, row):
    paper = paper_with((Zone.CAPTION, CAPTION), (Zone.TABLE, "\n".join([titles, row, "Chat | Web"])))
    table = table_at(paper, paper.text.index(row))
    assert paper.quote(table.header) == titles
    quotable = [paper.quote(span) for span in prose_spans(paper, whole(paper).span)]
    assert quotable == [CAPTION, row, "Chat | Web"]


def test_what_stands_in_another_row_is_not_said_of_this_one():
    rows = "Method | Data | Stage | Steps\nCoG | Wikipedia | Pre-training | Once\nEAR | Books | Tuning | Twice"
    paper = paper_with((Zone.CAPTION, CAPTION), (Zone.TABLE, rows))
    row = passage(paper, "CoG | Wikipedia | Pre-training | Once").span
    assert misread("The method with the stage pre-training is CoG.", paper, row) is None
    assert "another row" in misread("The method with the stage tuning is CoG.", paper, row)


def test_each_of_several_tables_has_its_own_head():
    captions, other = "Table 1: One.\n\nTable 2: Two.", "Model | GPU | CPU\nTiny | 5.5 | 6.6"
    paper = paper_with(
        (Zone.CAPTION, captions), (Zone.TABLE, f"{HEADER}\n{ROWS[0]}\n\n{other}"), (Zone.BODY, "x " * 99)
    )
    assert table_head(paper, passage(paper, "Tiny | 5.5 | 6.6").span) == ("Table 2: Two.", "Model | GPU | CPU")
    assert table_head(paper, passage(paper, ROWS[0]).span) == ("Table 1: One.", HEADER)


@given(st.text(max_size=80), st.integers(0, 80), st.integers(0, 80))
def test_nothing_breaks_it(text, start, length):
    paper = paper_with((Zone.CAPTION, CAPTION), (Zone.TABLE, f"|{text}"))
    span = Span(min(start, len(paper.text)), min(start + length, len(paper.text)))
    assert misread(text, paper, span) is None or isinstance(misread(text, paper, span), str)
    assert all(isinstance(part, str) for part in table_head(paper, span))


def test_a_real_table(shared):
    paper = read_pdf(shared / "papers" / "1706.03762.pdf")
    place = find_place(paper, NamedPlace("table", "2"))
    table = table_at(paper, paper.text.index("ConvS2S [9]", place.start))
    assert paper.quote(table.caption).startswith("Table 2: The Transformer achieves better BLEU")
    assert "EN-DE" in paper.quote(table.header) and "25.16" not in paper.quote(table.header)
    row = next(line for line in paper.quote(table.rows).split("\n") if "ConvS2S [9]" in line)
    assert len(cells(row)) >= 4
    span = passage(paper, row).span
    right = f"ConvS2S reaches {cells(row)[1]} on EN-DE."
    assert misread(right, paper, span) is None
    assert "another column" in misread(right.replace("EN-DE", "EN-FR"), paper, span)


PAPERS = ("1905.11946.pdf", "1910.10683.pdf", "2401.18059v1.pdf", "2105.12655__codenet.pdf", "1906.01787.pdf")


@pytest.mark.slow
def test_statements_made_from_the_cells_of_real_tables(shared):
    """Of each row one: a true one is carried, one with the number of another column or another row is not."""
    chosen, told = random.Random(1), {"true": [], "column": [], "row": []}
    for paper in (read_pdf(shared / "papers" / name) for name in PAPERS):
        for table, title, rows in _tables_of_figures(paper):
            evidence = Evidence((Passage(paper, table.rows, 1.0),))
            for row in rows:
                column = chosen.randrange(1, len(row))
                others = [value for value in row[1:] if not numbers(value) & numbers(row[column])]
                below = [other for other in rows if not numbers(other[column]) & numbers(row[column])]
                says = f"The {title[column]} of {row[0]} is {{}}.".format
                told["true"].append(verify(says(row[column]), " | ".join(row), evidence))
                if others:
                    told["column"].append(verify(says(chosen.choice(others)), " | ".join(row), evidence))
                if below:
                    other = chosen.choice(below)
                    told["row"].append(verify(says(other[column]), " | ".join(other), evidence))
    carried = {kind: sum(each.citation is not None for each in found) / len(found) for kind, found in told.items()}
    assert len(told["true"]) > 100
    assert carried["true"] > 0.75 and carried["column"] < 0.06 and carried["row"] < 0.02


def _tables_of_figures(paper):
    """Tables whose last header row has a different title for each cell of the rows: titles, and rows by their cells."""
    for zoned in paper.zones:
        table = table_at(paper, zoned.span.start) if zoned.zone is Zone.TABLE else None
        if table is None or table.header is None:
            continue
        title = cells(paper.quote(table.header).split("\n")[-1])
        rows = [cells(line) for line in paper.quote(table.rows)[table.header.length :].strip().split("\n")]
        rows = [row for row in rows if len(row) == len(title) > 2 and len(row[0]) > 2 and all(map(numbers, row[1:]))]
        if len(set(title)) == len(title) and len({row[0] for row in rows}) == len(rows) > 1:
            yield table, title, rows
