"""What else is known of a paper besides its text: DOI, venue, citation key, as a reference list or arXiv says it.

The facts are JSON whose shape belongs to whoever keeps them (`assistant/references`); the library keeps them whole.
"""

import json
from typing import Any

from index.store.library import Library

Facts = dict[str, Any]


def keep_facts(library: Library, facts: dict[str, Facts]) -> None:
    """Keep the facts of papers, by their ids, in place of the earlier ones; all or nothing."""
    rows = [(paper_id, json.dumps(each, ensure_ascii=False, sort_keys=True)) for paper_id, each in facts.items()]
    with library.transaction() as connection:
        connection.executemany("INSERT OR REPLACE INTO paper_facts VALUES (?, ?)", rows)


def note_facts(library: Library, paper_id: str, facts: Facts) -> None:
    """Keep facts of a paper besides those that are kept of it; what its user's bibliography said of the same stays."""
    keep_facts(library, {paper_id: facts | kept_facts(library).get(paper_id, {})})


def kept_facts(library: Library) -> dict[str, Facts]:
    """The facts of each paper of the library that has any, by its id."""
    query = "SELECT paper_id, record FROM paper_facts JOIN papers ON papers.id = paper_id"
    with library.read() as connection:
        return {paper_id: json.loads(record) for paper_id, record in connection.execute(query)}
