"""Store announcements, reports and the ledger: which papers arXiv announced, and which a profile's reports have shown.

Each version of a paper is shown once. A later, higher version is an update of what was shown, never new; an unknown
version is stored as 0 and counts as the one that was shown. A report and its rows of the ledger are stored in one
transaction.
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

_PAGE = 500  # rows per read transaction, so that none stays open while the caller works


def note_announcements(library: Library, announcements: Iterable[Announcement], now: datetime) -> int:
    """Store announcements in one transaction; return the number of new ones.

    `now` has a time zone. A repeated announcement keeps its first title and the time when it was first seen; a stronger
    announce type, further categories and a missing day are added.
    """
    seen = now.astimezone(UTC).isoformat(timespec="seconds")
    with library.transaction() as connection:
        return sum(_note(connection, announcement, seen) for announcement in announcements)


def earlier_versions(
    library: Library, kind: str, profile: str, ids: Iterable[ArxivId], *, besides: date | None = None
) -> dict[str, Shown]:
    """Versions of these papers that the profile's reports have shown: base identifier -> highest version and its day.

    `besides` is the day of the report being made, whose own rows (from an earlier run) do not count.
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
    """What the profile's reports have shown: (base identifier, version) -> (day of the report, treatment)."""
    with library.read() as connection:
        rows = connection.execute(
            "SELECT arxiv_base, version, day, treatment FROM reported WHERE kind = ? AND profile = ?", (kind, profile)
        ).fetchall()
    return {(base, int(version)): (date.fromisoformat(day), treatment) for base, version, day, treatment in rows}


def record_report_rows(
    connection: sqlite3.Connection, kind: str, profile: str, day: date, rows: Iterable[tuple[ArxivId, str]]
) -> None:
    """Record what the report of `day` shows, as (paper, treatment), inside the caller's transaction.

    If recorded again, the treatment of the same day is replaced; a version that the report of another day has shown
    stays with that day.
    """
    connection.executemany(
        "INSERT INTO reported (kind, profile, arxiv_base, version, day, treatment) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT DO UPDATE SET treatment = excluded.treatment WHERE day = excluded.day",
        [(kind, profile, id.base, id.version or 0, day.isoformat(), treatment) for id, treatment in rows],
    )


def announced_before(library: Library, day: date) -> Iterator[str]:
    """The titles of papers announced before `day`, or first seen before it if no day is known; one title per paper."""
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


def last_day_read(library: Library, before: date) -> date | None:
    """The latest day before `before` of which announcements are known."""
    with library.read() as connection:
        query = "SELECT MAX(announced_on) FROM announcements WHERE announced_on < ?"
        found = connection.execute(query, (before.isoformat(),)).fetchone()[0]
    return date.fromisoformat(found) if found else None


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
    """Store a report and record what it shows, in one transaction; the report of the same day is replaced."""
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
    """The stored report of a day."""
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
    """The current time as records store it: UTC, ISO 8601, whole seconds."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _reports(library: Library, where: str, *values: object) -> list[Digest]:
    with library.read() as connection:
        rows = connection.execute(f"SELECT record FROM reports {where}", values).fetchall()
    return [Digest.model_validate_json(record) for (record,) in rows]
