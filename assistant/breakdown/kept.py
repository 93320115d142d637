"""The breakdowns that the library keeps, whole or begun, as they can be listed and shown without making anything."""

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.breakdown.breakdown import ALL_FIELDS, prompts_version
from assistant.breakdown.kept_fields import KeptFields
from assistant.breakdown.record import Breakdown, Subject
from assistant.breakdown.subjects import library_subject
from assistant.llm.prompts import Language
from index.model.records import PaperRecord
from index.store.library import Library


@dataclass(frozen=True)
class KeptBreakdown:
    """One that is kept, by the key of its subject; `model` is empty where none was used, `fields` counts those made."""

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
    """All that were made with the present prompts, the newest first."""
    with library.read() as connection:
        rows = connection.execute(
            "SELECT subject, language, model, count(*), max(made_at) FROM breakdown_fields WHERE prompts = ? "
            "GROUP BY subject, language, model ORDER BY max(made_at) DESC, subject, language, model",
            (prompts_version(),),
        ).fetchall()
    return [KeptBreakdown(*row) for row in rows]


def load_breakdown(library: Library, subject: Subject, language: Language, model: str) -> Breakdown:
    """What is kept of one, in the order of its sections; without fields where nothing is."""
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


class SubjectKeys:
    """Which paper of the library has which key; a paper's text is read once."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._subjects: dict[tuple[str, str, str], Subject] = {}  # by what `_reading` gives

    def subject(self, record: PaperRecord) -> Subject:
        """The subject of a paper. Raises PaperNotFound where it went away."""
        read = _reading(record)
        if read not in self._subjects:
            self._subjects[read] = library_subject(record, self._library.paper(record.id))
        return self._subjects[read]

    def papers(self, keys: Sequence[str], records: Sequence[PaperRecord]) -> dict[str, PaperRecord]:
        """The papers of these keys among `records`; stops to read when all are found."""
        wanted, found = set(keys), dict[str, PaperRecord]()
        known = sorted(records, key=lambda record: _reading(record) not in self._subjects)
        for record in known:
            if len(found) == len(wanted):
                break
            key = self.subject(record).key
            if key in wanted:
                found[key] = record
        return found


def _reading(record: PaperRecord) -> tuple[str, str, str]:
    """A paper, when it was read and from which file: a second may see two of them."""
    return record.id, record.added_at, record.sha256
