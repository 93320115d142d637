"""The reports as they are kept in the library, whole or not at all, with what they show in the ledger."""

from datetime import UTC, date, datetime

from assistant.digest.ledger import record_report_rows
from assistant.digest.record import Digest, Kind
from assistant.llm.prompts import Language
from index.arxiv.ids import parse_arxiv_id
from index.store.library import Library


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
