"""Whether a sentence speaks of the row and the column of a table that its numbers stand in; words alone cannot tell."""

import re

from assistant.verify.terms import content_stems, names, numbers, words
from index.model.paper import Paper, Span
from index.structure.tables import Table, cells, table_at

_CLAUSES = re.compile(r"[,;:] |\b(?:and|while|whereas|but|versus|vs)\b|[，；、]", re.IGNORECASE)
_COMPARES = re.compile(
    r"\b(?:compar\w+|differ|differs|difference|differences|versus|vs|than|between|unlike|instead)\b"
    r"|\bdifferent (?:from|to)\b|相比|比较|区别|不同|差异",
    re.IGNORECASE,
)


def misread(sentence: str, paper: Paper, span: Span) -> str | None:
    """Why the rows in a span are not those that a sentence speaks of, or its numbers not those of the column; or None.

    What cannot be told is a reason, too: then the rows can still be quoted. A span without rows is never misread.
    """
    table = table_at(paper, span.start) or table_at(paper, max(span.start, span.end - 1))
    if table is None or not span.overlaps(table.rows):
        return None
    inside = Span(max(span.start, table.rows.start), min(span.end, table.rows.end))
    end = table.header.end if table.header else table.rows.start
    quoted = [paper.quote(row) for row in _lines(paper, inside) if row.start >= end]
    if _of_another_row(sentence, paper, table, quoted):
        return "it speaks of another row of the table"
    given = [row for row in quoted if any(numbers(cell) & _figures(sentence) for cell in cells(row)[1:])]
    if given and len(quoted) > 1:
        return "it speaks of several rows of the table at once"
    width = max(len(cells(paper.quote(row))) for row in _lines(paper, table.rows))
    return next((fault for row in given if (fault := _wrong_column(sentence, cells(row), width, paper, table))), None)


def _of_another_row(sentence: str, paper: Paper, table: Table, quoted: list[str]) -> bool:
    """Whether a sentence names another row: all words of a cell of it that stand neither in these rows nor in the head.

    Or the label of another row where the sentence holds all of it and not all of these: "Full" beside "Full + discr".
    """
    said = _words(sentence)
    head = [paper.quote(part) for part in (table.caption, table.header) if part]
    here = _words(" ".join([*quoted, *head, paper.title, *paper.headings(table.rows.start)]))
    lines = [paper.quote(row) for row in _lines(paper, table.rows)]
    others = [cells(line) for line in lines if line not in quoted]
    labels = [row[0] for row in others]
    values = {cell for row in others for cell in row[1:] if not numbers(cell)}
    here_named = words(" ".join([*quoted, *head]))
    for label in labels:
        own = _words(label) - here
        if (own and own <= said) or (names(sentence) & words(label)) - here_named:
            return True
    if any(own and own <= said for own in (_words(value) - here for value in values)):
        return True
    if any(_words(cells(row)[0]) <= said for row in quoted):
        return False
    return any(words_of and words_of <= said for words_of in map(_words, labels))


def _wrong_column(sentence: str, values: list[str], width: int, paper: Paper, table: Table) -> str | None:
    """Why the numbers of a sentence are not those of the columns that it names, clause by clause; or None."""
    if width < 3:
        return None
    columns = _columns(paper, table, width)
    if len(values) != width or not any(columns[1:]):
        return "the columns of the table could not be told apart"  # a row with a blank or a merged cell
    common = {word for word in columns[1] if all(word in column for column in columns[2:])}
    several = len({column for column in range(1, width) if numbers(values[column]) & _figures(sentence)}) > 1
    for clause in _CLAUSES.split(sentence) if several else [sentence]:
        named = [_words(clause) & column - common for column in columns]
        for number in _figures(clause):
            holding = [column for column in range(1, width) if number in numbers(values[column])]
            if holding and not any(named[1:]):
                return "it does not say which column of the table it speaks of"
            if holding and not any(_is_best(named, column, holding) for column in holding):
                return "its number stands in another column of the table"
    return None


def _columns(paper: Paper, table: Table, width: int) -> list[set[str]]:
    """The words of the header above each column; none where the header has other columns than the rows."""
    columns = [set[str]() for _ in range(width)]
    for row in _lines(paper, table.header) if table.header else ():
        titles = cells(paper.quote(row))
        shift = width - len(titles)
        if shift in (0, 1):  # the column of the labels may have no title
            for column, title in enumerate(titles, start=shift):
                columns[column] |= _words(title)
    return columns


def _is_best(named: list[set[str]], column: int, holding: list[int]) -> bool:
    """Whether a column is named, and no column without the number by all the same words and more."""
    others = [named[other] for other in range(1, len(named)) if other not in holding]
    return bool(named[column]) and not any(named[column] < other for other in others)


def _lines(paper: Paper, span: Span) -> list[Span]:
    lines = re.finditer(r"^[^\n]*\S[^\n]*", paper.quote(span), re.MULTILINE)
    return [Span(span.start + line.start(), span.start + line.end()) for line in lines]


def _figures(sentence: str) -> set[str]:
    """The numbers that a sentence gives in digits: "one of the best" is none."""
    return numbers(sentence) & numbers(" ".join(re.findall(r"(?<!\S)\S*\d\S*", sentence)))


def _words(text: str) -> set[str]:
    """Stems of the content words, and names with the digits that tell them from others: "GPT-3" and "GPT-4"."""
    return set(content_stems(text)) | set(
        re.findall(r"(?<![^\W\d_])[^\W\d_]++[-–@]?\d\w*+(?:\.\w++)*+", text.casefold())
    )


def compares(question: str) -> bool:
    """Whether a question compares: of two things, one can be answered by itself.

    >>> compares("How does BERT differ from XLNet?"), compares("What is the FID of XLNet?")
    (True, False)
    """
    return bool(_COMPARES.search(question))
