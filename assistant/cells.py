"""Whether a sentence speaks of the row and the column of a table that its numbers stand in; words alone cannot tell."""

import re
from collections.abc import Iterator, Sequence

from assistant.asked_form import compares
from assistant.terms import content_stems, is_chinese, names, numbers, words
from index.paper import Paper, Passage, Span, Zone
from index.tables import Table, cells, table_at, table_head

ONLY_ROWS = "the rows of the table that the question speaks of"
MOST_ROWS = 2  # that are quoted where no statement could be verified
LEAST_RELATED = 0.5  # share of the question's content words that a row, its table's head and the headings must hold

_REASON = re.compile(
    r"\bwhy\b|\bhow (?:do|does|did|is|are|was|were|can|could|to)\b|为什么|为何|怎么|如何", re.IGNORECASE
)


def misread(sentence: str, paper: Paper, span: Span) -> str | None:
    """Why the rows in a span are not those that a sentence speaks of, or its numbers not those of the column; or None.

    A span outside of tables is never misread.
    """
    table = table_at(paper, span.start)
    if table is None or not span.overlaps(table.rows):
        return None
    quoted = [line for line in paper.quote(span).split("\n") if line.strip()]
    if other := _of_other_rows(sentence, paper, table, quoted):
        return f"{', '.join(sorted(other))} is another row of the table"
    header = _lines(paper, table.header)
    for row in quoted:
        values = cells(row)
        given = [column for column, cell in enumerate(values) if column and numbers(cell) & numbers(sentence)]
        if given and (fault := _wrong_column(sentence, values, given, header)):
            return fault
    return None


def rows_asked_for(question: str, passages: Sequence[Passage]) -> list[tuple[Paper, Span]]:
    """The rows of the first table among passages that the question speaks of: by words of their labels that the
    table's caption and header do not have, where all names of the question and half of its content words stand there.

    None for a question about a reason or a way, which no cell gives.
    """
    if _REASON.search(question) and not compares(question):
        return []
    asked = set(content_stems(question))
    for passage in passages:
        paper, found = passage.paper, dict[int, list[Span]]()
        for row in _rows(passage):
            text, head = paper.quote(row), " ".join([paper.title, *table_head(paper, row)])
            context = " ".join([head, *paper.headings(row.start), text])
            if is_chinese(context) != is_chinese(question) or not names(question) <= words(context):
                continue
            own = (asked & set(content_stems(cells(text)[0]))) - set(content_stems(head))
            if own and len(asked & set(content_stems(context))) >= LEAST_RELATED * len(asked):
                found.setdefault(len(own), []).append(row)
        if found and len(best := found[max(found)]) <= MOST_ROWS:
            return [(paper, row) for row in best]
    return []


def _rows(passage: Passage) -> Iterator[Span]:
    """The rows of the tables in a passage that have figures in them, and no header."""
    paper, start = passage.paper, passage.span.start
    for line in passage.text.split("\n"):
        row = Span(start, start + len(line))
        start += len(line) + 1
        if len(cells(line)) > 1 and paper.zone(row.start) is Zone.TABLE:
            table = table_at(paper, row.start)
            if table is not None and not row.overlaps(table.header):
                yield row


def _of_other_rows(sentence: str, paper: Paper, table: Table, quoted: list[str]) -> set[str]:
    """The words of a sentence that stand in the labels of other rows, and neither in these rows nor in the header.

    Or the label of another row where the sentence holds all of it and not all of these: "Full" beside "Full + discr".
    """
    said = _words(sentence)
    here = _words(" ".join([*quoted, paper.quote(table.header)]))
    labels = [_words(cells(line)[0]) for line in _lines(paper, table.rows) if line not in quoted]
    if other := said & (set[str]().union(*labels) - here):
        return other
    if any(_words(cells(row)[0]) <= said for row in quoted):
        return set()
    return next((label for label in labels if label and label <= said), set())


def _wrong_column(sentence: str, values: list[str], given: list[int], header: list[str]) -> str | None:
    if len([cell for cell in values[1:] if numbers(cell)]) < 2:
        return None
    columns = [set[str]() for _ in values]
    for line in header:
        titles = cells(line)
        shift = len(values) - len(titles)
        if shift in (0, 1):  # the column of the labels may have no title
            for column, title in enumerate(titles, start=shift):
                columns[column] |= _words(title)
    if not any(columns[1:]):
        return "the columns of the table could not be told apart"
    said = _words(sentence) - {word for word in columns[1] if all(word in column for column in columns[2:])}
    named = [len(said & column) for column in columns]
    most = max(named[1:])
    if most == 0:
        return "it does not say which column of the table it speaks of"
    if any(named[column] < most for column in given):
        return "its number stands in another column of the table"
    return None


def _lines(paper: Paper, span: Span) -> list[str]:
    return [line for line in paper.quote(span).split("\n") if line.strip()]


def _words(text: str) -> set[str]:
    """Stems of the content words, and names with the digits that tell them from others: "GPT-3" and "GPT-4"."""
    return set(content_stems(text)) | set(re.findall(r"[^\W\d_]+[-–@]?\d[\w.]*", text.casefold()))
