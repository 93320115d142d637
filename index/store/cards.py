"""The cards of papers as rows: names that a question may use, and a small full-text index over titles and fronts.

Derived from the papers: made as a paper is put, and made later, a few at a time, for papers of an earlier format.
Nothing here grows with the length of papers, so that a question to twenty thousand of them takes milliseconds.
"""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from index.model.paper import Paper
from index.store.fulltext import indexed, match_expression

# bm25 weights of the columns title, authors, front.
_WEIGHTS = (3.0, 2.0, 1.0)


@dataclass(frozen=True, slots=True)
class Named:
    """A paper that owns a name, and how surely."""

    paper_id: str
    name: str
    weight: float
    year: int | None


def put_card(connection: sqlite3.Connection, paper: Paper) -> None:
    """Keep the card of a paper that is there, in place of its old one."""
    from index.structure.paper_card import paper_card  # a command that only lists papers reads none

    remove_card(connection, paper.id)
    card = paper_card(paper)
    row = connection.execute("INSERT INTO cards (paper_id) VALUES (?)", (paper.id,)).lastrowid
    connection.execute(
        "INSERT INTO card_words (rowid, title, authors, front) VALUES (?, ?, ?, ?)",
        (row, *(indexed(text) for text in (card.title, card.authors, card.front))),
    )
    names = [(name, paper.id, weight) for name, weight in card.names.items()]
    connection.executemany("INSERT INTO paper_names (name, paper_id, weight) VALUES (?, ?, ?)", names)


def remove_card(connection: sqlite3.Connection, paper_id: str) -> None:
    """Forget the card of a paper, if there is one."""
    row = connection.execute("SELECT id FROM cards WHERE paper_id = ?", (paper_id,)).fetchone()
    if row:
        connection.execute("DELETE FROM card_words WHERE rowid = ?", row)
        connection.execute("DELETE FROM cards WHERE id = ?", row)
    connection.execute("DELETE FROM paper_names WHERE paper_id = ?", (paper_id,))


def without_card(connection: sqlite3.Connection, limit: int) -> list[str]:
    """The ids of papers that have no card yet, at most `limit`."""
    query = "SELECT id FROM papers WHERE id NOT IN (SELECT paper_id FROM cards) LIMIT ?"
    return [str(row[0]) for row in connection.execute(query, (limit,))]


def owners(connection: sqlite3.Connection, keys: Iterable[str]) -> list[Named]:
    """The papers that own one of the names, which are given by their keys."""
    query = """SELECT paper_id, name, weight, year FROM paper_names JOIN papers ON papers.id = paper_id
               WHERE name IN (SELECT value FROM json_each(?))"""
    return [Named(*row) for row in connection.execute(query, (json.dumps(list(keys)),))]


def search_cards(connection: sqlite3.Connection, query: str, limit: int) -> list[tuple[str, float]]:
    """The papers whose title, authors or front share a word with `query`, best first, with their BM25 score."""
    match = match_expression(query)
    if not match or limit < 1:
        return []
    rows = connection.execute(
        f"""SELECT cards.paper_id, bm25(card_words, {", ".join(map(str, _WEIGHTS))}) AS badness
            FROM card_words JOIN cards ON cards.id = card_words.rowid
            WHERE card_words MATCH ? ORDER BY badness, cards.paper_id LIMIT ?""",
        (match, limit),
    )
    return [(str(paper_id), -badness) for paper_id, badness in rows]


def card_text(connection: sqlite3.Connection, paper_id: str) -> str:
    """The indexed words of a card; empty if there is none."""
    query = """SELECT title, authors, front FROM card_words
               WHERE rowid = (SELECT id FROM cards WHERE paper_id = ?)"""
    row = connection.execute(query, (paper_id,)).fetchone()
    return " ".join(row) if row else ""
