"""The ledger: which papers arXiv announced, and which of them a profile's reports have shown.

A paper is shown once in each version. A higher version that comes later is an update of what was shown, never new; a
version that a listing does not say is kept as 0 and counts as the one that was shown.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime

from assistant.config.profiles import Kind
from assistant.digest.record import Digest, Shown
from assistant.llm.prompts import Language
from index.arxiv.announcements import ANNOUNCE_TYPES, Announcement
from index.arxiv.ids import ArxivId, parse_arxiv_id
from index.store.library import Library

_PAGE = 500  # rows a read transaction: none is held while the caller works


def note_announcements(library: Library, announcements: Iterable[Announcement], now: datetime) -> int:
    """Write announcements down, in one transaction; the number that were not there before.

    `now` has a time zone. Said again, an announcement keeps its first title and when it was first seen; the stronger
    announce type, more categories and a day that was missing are added.
    """
    seen = now.astimezone(UTC).isoformat(timespec="seconds")
    with library.transaction() as connection:
        return sum(_note(connection, announcement, seen) for announcement in announcements)


def earlier_versions(
    library: Library, kind: str, profile: str, ids: Iterable[ArxivId], *, besides: date | None = None
) -> dict[str, Shown]:
    """What the profile's reports have shown of these papers: base identifier -> highest version and its day.

    `besides` is the day of the report in the making, whose own rows (from a run before this one) do not count.
    """
    found: dict[str, Shown] = {}
    with library.read() as connection:
        for base in dict.fromkeys(id.base for id in ids):
            row = connection.execute(
                "SELECT version, day FROM reported WHERE kind = ? AND profile = ? AND arxiv_base = ? AND day IS NOT ? "
                "ORDER BY version DESC LIMIT 1",
                (kind, profile, base, besides and besides.isoformat()),
            ).fetchone()
            if row is not None:
                found[base] = Shown(int(row[0]), date.fromisoformat(row[1]))
    return found


def shown(library: Library, kind: str, profile: str) -> dict[tuple[str, int], tuple[date, str]]:
    """All that the profile's reports have shown: (base identifier, version) -> (day of the report, treatment)."""
    with library.read() as connection:
        rows = connection.execute(
            "SELECT arxiv_base, version, day, treatment FROM reported WHERE kind = ? AND profile = ?", (kind, profile)
        ).fetchall()
    return {(base, int(version)): (date.fromisoformat(day), treatment) for base, version, day, treatment in rows}


def record_report_rows(
    connection: sqlite3.Connection, kind: str, profile: str, day: date, rows: Iterable[tuple[ArxivId, str]]
) -> None:
    """Write down what the report of `day` shows, as (paper, treatment), inside the caller's transaction.

    The report and its rows thus stand together or not at all. Written again, the same day's treatment is replaced;
    a version that another day's report has shown stays with that day.
    """
    connection.executemany(
        "INSERT INTO reported (kind, profile, arxiv_base, version, day, treatment) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT DO UPDATE SET treatment = excluded.treatment WHERE day = excluded.day",
        [(kind, profile, id.base, id.version or 0, day.isoformat(), treatment) for id, treatment in rows],
    )


def announced_before(library: Library, day: date) -> Iterator[str]:
    """The titles of papers announced before `day`, each paper's once; where no day was said, first seen before it."""
    after = ""
    while True:
        with library.read() as connection:
            rows = connection.execute(
                "SELECT arxiv_base, title, MAX(version) FROM announcements WHERE arxiv_base > ? "
                "GROUP BY arxiv_base HAVING MIN(COALESCE(announced_on, substr(first_seen, 1, 10))) < ? "
                "ORDER BY arxiv_base LIMIT ?",
                (after, day.isoformat(), _PAGE),
            ).fetchall()
        if not rows:
            return
        after = rows[-1][0]
        yield from (title for _, title, _ in rows)


def _note(connection: sqlite3.Connection, announcement: Announcement, seen: str) -> bool:
    key = (announcement.id.base, announcement.id.version or 0)
    day = announcement.announced_on and announcement.announced_on.isoformat()
    row = connection.execute(
        "SELECT announce_type, announced_on, categories FROM announcements WHERE arxiv_base = ? AND version = ?", key
    ).fetchone()
    if row is None:
        connection.execute(
            "INSERT INTO announcements VALUES (?, ?, ?, ?, ?, ?, ?)",
            (*key, announcement.announced, day, json.dumps(announcement.categories), announcement.title, seen),
        )
        return True
    strongest = min(row[0], announcement.announced, key=ANNOUNCE_TYPES.index)
    categories = dict.fromkeys([*json.loads(row[2]), *announcement.categories])
    connection.execute(
        "UPDATE announcements SET announce_type = ?, announced_on = ?, categories = ? "
        "WHERE arxiv_base = ? AND version = ?",
        (strongest, row[1] or day, json.dumps(list(categories)), *key),
    )
    return False


def keep_report(library: Library, digest: Digest) -> None:
    """Keep a report and write down what it shows, in one transaction; the same day's report is replaced."""
    shown = [(parse_arxiv_id(card.arxiv_id), card.treatment) for card in digest.cards]
    with library.transaction() as connection:
        connection.execute(
            "INSERT INTO reports (kind, profile, day, language, record, made_at) VALUES (?, ?, ?, ?, ?, ?) "
            "ON CONFLICT DO UPDATE SET record = excluded.record, made_at = excluded.made_at",
            (
                digest.kind,
                digest.profile,
                digest.day.isoformat(),
                digest.language,
                digest.model_dump_json(),
                digest.made_at,
            ),
        )
        rows = [(id, treatment) for id, treatment in shown if id]
        record_report_rows(connection, digest.kind, digest.profile, digest.day, rows)


def report_of(library: Library, kind: Kind, profile: str, day: date, language: Language) -> Digest | None:
    """The report of a day, as it is kept."""
    found = _reports(
        library, "WHERE kind = ? AND profile = ? AND day = ? AND language = ?", kind, profile, day.isoformat(), language
    )
    return found[0] if found else None


def newest_reports(library: Library, most: int) -> list[Digest]:
    """The newest reports of all kinds and profiles, at most `most`, the newest day first."""
    return _reports(library, "ORDER BY day DESC, made_at DESC, kind, profile, language LIMIT ?", most)


def list_reports(library: Library) -> list[tuple[Kind, str, date, Language]]:
    """Kind, profile, day and language of every report, the newest day first."""
    with library.read() as connection:
        rows = connection.execute(
            "SELECT kind, profile, day, language FROM reports ORDER BY day DESC, made_at DESC, kind, profile, language"
        ).fetchall()
    return [(kind, profile, date.fromisoformat(day), language) for kind, profile, day, language in rows]


def now() -> str:
    """This moment as records say it: UTC, ISO 8601, whole seconds."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _reports(library: Library, where: str, *values: object) -> list[Digest]:
    with library.read() as connection:
        rows = connection.execute(f"SELECT record FROM reports {where}", values).fetchall()
    return [Digest.model_validate_json(record) for (record,) in rows]
