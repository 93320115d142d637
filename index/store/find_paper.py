"""Which paper a name means: its id, its arXiv id, its file name, or a part of its title."""

import difflib
import sqlite3
from functools import partial
from pathlib import Path, PurePath

from index.arxiv.ids import parse_arxiv_id
from index.model.errors import AmbiguousPaper, PaperNotFound
from index.model.records import PaperRecord

_MOST_LISTED = 8


def arxiv_base(arxiv_id: str) -> str:
    """An arXiv id without its version.

    >>> arxiv_base("1706.03762v5"), arxiv_base("math.GT/0309136v1")
    ('1706.03762', 'math/0309136')
    """
    parsed = parse_arxiv_id(arxiv_id)
    return parsed.base if parsed else arxiv_id


def file_key(file: str) -> bytes:
    """The last part of a path or name, case folded: what `papers.file_name` holds."""
    return PurePath(file).name.casefold().encode("utf-8", "surrogatepass")


def find_paper(connection: sqlite3.Connection, name: str, home: Path) -> str:
    """The id of the one paper that `name` means; the most exact reading that fits any paper decides.

    Raises `PaperNotFound` with the closest titles, `AmbiguousPaper` with the candidates.
    """
    storable = "".join(letter for letter in name if not "\ud800" <= letter <= "\udfff")
    if _by_id(connection, storable):
        return storable
    wanted = storable.strip()
    readings = (_by_id, _by_arxiv_id, partial(_by_file, home=home), _by_title)
    for reading in readings:
        found = reading(connection, wanted)
        if len(found) == 1:
            return found[0]
        if found:
            raise AmbiguousPaper(_several(connection, wanted, found))
    raise PaperNotFound(_none(connection, wanted))


def _by_id(connection: sqlite3.Connection, name: str) -> list[str]:
    return _ids(connection.execute("SELECT id FROM papers WHERE id = ?", (name,)))


def _by_arxiv_id(connection: sqlite3.Connection, name: str) -> list[str]:
    wanted = parse_arxiv_id(name)
    if wanted is None:
        return []
    papers = list(
        connection.execute("SELECT id, arxiv_id FROM papers WHERE arxiv_base = ? ORDER BY id", (wanted.base,))
    )
    same_version = [id for id, arxiv_id in papers if parse_arxiv_id(arxiv_id) == wanted]
    return same_version or [id for id, _ in papers]


def names_exactly(record: PaperRecord, name: str) -> bool:
    """Whether a name is a paper's id, arXiv id, path or file name, and not only a part of what it is called.

    A version that the paper does not have, or a folder in which it is not, names another paper.
    """
    wanted = name.strip()
    if record.id in (name, wanted):
        return True
    asked, own = parse_arxiv_id(wanted), parse_arxiv_id(record.arxiv_id or "")
    if asked and own and asked.base == own.base:
        return asked.version in (None, own.version)
    if wanted == record.file:
        return True
    key = file_key(wanted)
    return PurePath(wanted).name == wanted and file_key(record.file) in (key, key + b".pdf")


def _by_file(connection: sqlite3.Connection, name: str, home: Path) -> list[str]:
    if not name:
        return []
    below = PurePath(name).relative_to(home) if PurePath(name).is_relative_to(home) else PurePath()
    key = file_key(name)
    readings: tuple[tuple[str, tuple[bytes, ...]], ...] = (
        ("(file = ? AND NOT in_home) OR (file = ? AND in_home)", (name.encode(), str(below).encode())),
        ("file_name IN (?, ?)", (key, key + b".pdf")),
    )
    for condition, values in readings:
        query = f"SELECT id, file_lost FROM papers WHERE {condition} ORDER BY id"
        found = list(connection.execute(query, values))
        if found:  # a paper that has its file goes before one that has lost it
            return [id for id, lost in found if not lost] or [id for id, _ in found]
    return []


def _by_title(connection: sqlite3.Connection, name: str) -> list[str]:
    wanted = _folded(name)
    if not wanted:
        return []
    titles = [(id, _folded(title)) for id, title in connection.execute("SELECT id, title FROM papers ORDER BY id")]
    same = [id for id, title in titles if title == wanted]
    return same or [id for id, title in titles if wanted in title]


def _ids(rows: sqlite3.Cursor) -> list[str]:
    return [str(row[0]) for row in rows]


def _folded(title: str) -> str:
    return " ".join(title.casefold().split())


def _several(connection: sqlite3.Connection, name: str, ids: list[str]) -> str:
    lines = [f"  {_shown(id)}  {_shown(_title(connection, id))}" for id in ids[:_MOST_LISTED]]
    if len(ids) > _MOST_LISTED:
        lines.append(f"  and {len(ids) - _MOST_LISTED} more: papers list")
    return f"“{_shown(name)}” fits {len(ids)} papers. Name one by its id:\n" + "\n".join(lines)


def _none(connection: sqlite3.Connection, name: str) -> str:
    titles = {_folded(title): (id, title) for id, title in connection.execute("SELECT id, title FROM papers")}
    if not titles:
        return f"No paper goes by “{_shown(name)}”: the library is empty. Add papers with: papers ingest FOLDER"
    close = difflib.get_close_matches(_folded(name)[:200], titles, n=3, cutoff=0.4)
    nearest = "".join(f"\n  {_shown(titles[key][0])}  {_shown(titles[key][1])}" for key in close)
    meant = f" The closest titles are:{nearest}\n" if nearest else " "
    return f"No paper goes by “{_shown(name)}”.{meant}See what is there with: papers list"


def _title(connection: sqlite3.Connection, id: str) -> str:
    return str(connection.execute("SELECT title FROM papers WHERE id = ?", (id,)).fetchone()[0])


def _shown(text: str) -> str:
    """One line without control characters: titles and names come from files that anybody may have written."""
    plain = "".join(letter if letter.isprintable() else " " for letter in " ".join(text.split()))
    return plain if len(plain) <= 90 else plain[:89] + "…"
