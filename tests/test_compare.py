"""Papers side by side: cells are cited findings of the breakdowns, at most three, or empty."""

import csv
import io

import pytest
from fake_ollama import Reply, fake_ollama  # noqa: F401
from made_papers import PARTS, chat_model, kite_paper, new_breaker, subject_of
from small_papers import small_paper

from assistant.breakdown.breakdown import FieldReady
from assistant.breakdown.compare import COLUMNS, MOST_FINDINGS, compare
from assistant.breakdown.locators import label_of
from assistant.breakdown.record import Comparison, Origin
from assistant.report.render import comparison_csv, comparison_markdown
from index.model.paper import Span


def two_papers():
    other = small_paper("reel", (PARTS[0], PARTS[1]), title="Reeling In", year=2025)
    return [(subject_of(paper), paper) for paper in (kite_paper(), other)]


def compared(breaker, columns=tuple(COLUMNS), language="en"):
    *events, made = compare(breaker, two_papers(), columns, language)
    assert isinstance(made, Comparison)
    return events, made


@pytest.fixture
def quoting(embedder, tmp_path):
    return new_breaker(embedder, None, tmp_path / "home")


def test_each_cell_is_cited_and_small(quoting):
    events, made = compared(quoting)
    papers = {subject.key: paper for subject, paper in two_papers()}
    assert [column.name for column in made.columns] == list(COLUMNS)
    for column in made.columns:
        assert len(column.cells) == 2
        for subject, cell in zip(made.subjects, column.cells, strict=True):
            assert len(cell) <= MOST_FINDINGS and len({finding.text for finding in cell}) == len(cell)
            for reference in (each for finding in cell for each in finding.references):
                span = Span(reference.start, reference.end)
                assert papers[subject.key].quote(span) == reference.quote
                assert reference.label == label_of(papers[subject.key], span)
    cells = {column.name: column.cells for column in made.columns}
    assert cells["problem"][0] and cells["method"][0] and cells["limits"][0] and cells["results"][0]
    assert cells["limits"][1] == cells["code"][0] == ()
    done = [event.done for event in events]
    assert done == sorted(done) and done[-1] == events[-1].total == 2 * sum(map(len, COLUMNS.values()))


def test_the_columns_that_were_asked_for_in_their_order(quoting):
    _, made = compared(quoting, ("results", "problem"))
    assert [column.name for column in made.columns] == ["results", "problem"]
    rows = list(csv.reader(io.StringIO(comparison_csv(made))))
    assert len(rows) == 3 and {len(row) for row in rows} == {4}
    page = comparison_markdown(made)
    assert "87.2" in page and page.count("\n|") == 4
    assert "not found" in comparison_markdown(compared(quoting, ("limits",))[1])


@pytest.fixture
def breaker(embedder, fake_ollama, tmp_path):  # noqa: F811
    fake_ollama.default = Reply.of({"statement": "Hello!", "translation": "你好"})
    return new_breaker(embedder, chat_model(fake_ollama), tmp_path / "home")


def test_what_was_made_is_used_again_and_a_wrong_draft_is_not_shown(breaker, fake_ollama):  # noqa: F811
    events, made = compared(breaker, ("problem", "results"))
    asked = len(fake_ollama.requests)
    assert asked > 0 and any(event.seconds for event in events if isinstance(event, FieldReady))
    assert {each.origin for column in made.columns for cell in column.cells for each in cell} == {Origin.QUOTE}
    assert compared(breaker, ("results",))[1].columns[0] == made.columns[1]
    assert len(fake_ollama.requests) == asked
