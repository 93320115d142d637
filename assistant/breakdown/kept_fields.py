"""Fields of breakdowns as they are kept in the library: one row a field, so that a run that was killed goes on."""

from datetime import UTC, datetime

from assistant.breakdown.record import Field
from assistant.llm.prompts import Language
from index.store.library import Library


class KeptFields:
    """The fields of one subject in one language, made by one model with one version of the prompts."""

    def __init__(self, library: Library, subject: str, language: Language, model: str, prompts: str) -> None:
        self._library = library
        self._key = (subject, language, model, prompts)

    def load(self) -> dict[str, Field]:
        """The kept fields by name."""
        with self._library.read() as connection:
            rows = connection.execute(
                "SELECT field, record FROM breakdown_fields "
                "WHERE subject = ? AND language = ? AND model = ? AND prompts = ?",
                self._key,
            ).fetchall()
        return {name: Field.model_validate_json(record) for name, record in rows}

    def keep(self, field: Field) -> None:
        """Keep a field, in place of the one of its name."""
        with self._library.transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO breakdown_fields VALUES (?, ?, ?, ?, ?, ?, ?)",
                (*self._key, field.name, field.model_dump_json(), datetime.now(UTC).isoformat(timespec="seconds")),
            )

    def made_at(self) -> str:
        """When the newest field was made, UTC; empty without one."""
        with self._library.read() as connection:
            (made,) = connection.execute(
                "SELECT max(made_at) FROM breakdown_fields "
                "WHERE subject = ? AND language = ? AND model = ? AND prompts = ?",
                self._key,
            ).fetchone()
        return made or ""

    def forget(self, names: frozenset[str] | None = None) -> None:
        """Drop the fields of these names, or all."""
        with self._library.transaction() as connection:
            for name in names if names is not None else self.load():
                connection.execute(
                    "DELETE FROM breakdown_fields "
                    "WHERE subject = ? AND language = ? AND model = ? AND prompts = ? AND field = ?",
                    (*self._key, name),
                )
