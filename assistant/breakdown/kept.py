"""Store breakdowns in the library, field by field, so that an interrupted run resumes, and list and load them.

A stored field belongs to one text, language, model and version of the prompts.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from assistant.breakdown.record import ALL_FIELDS, Breakdown, Field, Subject
from assistant.llm.prompts import PROMPTS, Language
from index.store.library import Library


class KeptFields:
    """Stored fields of one subject in one language, made by one model with one version of the prompts."""

    def __init__(self, library: Library, subject: str, language: Language, model: str, prompts: str) -> None:
        self._library = library
        self._key = (subject, language, model, prompts)

    def load(self) -> dict[str, Field]:
        """The stored fields by name."""
        with self._library.read() as connection:
            rows = connection.execute(
                "SELECT field, record FROM breakdown_fields "
                "WHERE subject = ? AND language = ? AND model = ? AND prompts = ?",
                self._key,
            ).fetchall()
        return {name: Field.model_validate_json(record) for name, record in rows}

    def keep(self, field: Field) -> None:
        """Store a field in place of the one with its name."""
        with self._library.transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO breakdown_fields VALUES (?, ?, ?, ?, ?, ?, ?)",
                (*self._key, field.name, field.model_dump_json(), datetime.now(UTC).isoformat(timespec="seconds")),
            )

    def made_at(self) -> str:
        """When the newest field was made, UTC; empty if there is none."""
        with self._library.read() as connection:
            (made,) = connection.execute(
                "SELECT max(made_at) FROM breakdown_fields "
                "WHERE subject = ? AND language = ? AND model = ? AND prompts = ?",
                self._key,
            ).fetchone()
        return made or ""

    def forget(self, names: frozenset[str] | None = None) -> None:
        """Delete the fields of these names, or all."""
        with self._library.transaction() as connection:
            for name in names if names is not None else self.load():
                connection.execute(
                    "DELETE FROM breakdown_fields "
                    "WHERE subject = ? AND language = ? AND model = ? AND prompts = ? AND field = ?",
                    (*self._key, name),
                )


@dataclass(frozen=True)
class KeptBreakdown:
    """A stored breakdown: the key of its subject; `model` is empty if none was used; `fields` is their number."""

    key: str
    language: Language
    model: str
    fields: int
    made_at: str

    @property
    def whole(self) -> bool:
        """Whether every field is made."""
        return self.fields >= len(ALL_FIELDS)


def kept_breakdowns(library: Library) -> list[KeptBreakdown]:
    """All breakdowns made with the current prompts, the newest first."""
    with library.read() as connection:
        rows = connection.execute(
            "SELECT subject, language, model, count(*), max(made_at) FROM breakdown_fields WHERE prompts = ? "
            "GROUP BY subject, language, model ORDER BY max(made_at) DESC, subject, language, model",
            (prompts_version(),),
        ).fetchall()
    return [KeptBreakdown(*row) for row in rows]


def load_breakdown(library: Library, subject: Subject, language: Language, model: str) -> Breakdown:
    """A breakdown with its stored fields in the order of the sections; without fields if none is stored."""
    store = KeptFields(library, subject.key, language, model, prompts_version())
    kept = store.load()
    return Breakdown(
        subject=subject,
        language=language,
        model=model,
        prompts=prompts_version(),
        made_at=store.made_at(),
        fields=tuple(kept[name] for name in ALL_FIELDS if name in kept),
    )


def prompts_version() -> str:
    """A hash of the prompts and field questions; with another one, breakdowns are made again."""
    files = sorted([PROMPTS / "fields.toml", *PROMPTS.glob("restate.*"), *PROMPTS.glob("translate.*")])
    return sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]
