"""Check that everything is in order; each failed check names the command that fixes it."""

import shlex
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from assistant.context import AppContext
from index.files.home import is_open_to_others, private_folder
from index.files.source_files import is_there
from index.model.errors import PaperAssistantError
from index.store.backup import BACKUP_FACT

NAMED = 3  # of the files that are gone
MOVED_REMEDY = "papers ingest FOLDER, with the folder where they are now (or papers remove ID)"
_THINKS = {
    "low": "; it always thinks before it answers, which takes longer",
    "on": "; it thinks before each answer, as this Ollama does not hold it to a form else: update Ollama",
    "aloud": "; it thinks before each answer, and its thoughts are cut out",
}
LEAST_FREE = 2 << 30  # bytes; a library of a thousand papers and a small model fit


@dataclass(frozen=True)
class Check:
    """One check: its name, whether it passed, what was found, and the command that fixes it if it failed."""

    name: str
    well: bool
    found: str
    remedy: str = ""


def examine(context: AppContext) -> Iterator[Check]:
    """Yield every check in turn; a check that raises a PaperAssistantError has failed."""
    for name, look in (
        ("disk", _disk),
        ("privacy", _privacy),
        ("library", _library),
        ("files", _files),
        ("backup", _backup),
        ("embedder", _embedder),
        ("vectors", _vectors),
        ("chat model", _chat_model),
    ):
        try:
            yield look(context, name)
        except PaperAssistantError as error:
            yield Check(name, False, str(error), "papers setup" if "papers setup" in str(error) else "")


def _disk(context: AppContext, name: str) -> Check:
    home = context.index_settings.home
    private_folder(home)
    free = shutil.disk_usage(home).free
    return Check(name, free > LEAST_FREE, f"{free / 1e9:.1f} GB free for {home}", "free some space, or set PAPERS_HOME")


def _privacy(context: AppContext, name: str) -> Check:
    home = context.index_settings.home
    if is_open_to_others(home):
        return Check(name, False, f"other users of this machine can open {home}", f"chmod 700 {shlex.quote(str(home))}")
    return Check(name, True, f"{home} is open to you alone")


def _library(context: AppContext, name: str) -> Check:
    with context.library.read() as connection:
        fault = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if fault != "ok":
        return Check(
            name,
            False,
            f"library.db is damaged: {fault}",
            "papers restore FILE, a copy that papers backup made; without one, ingest again",
        )
    records = context.library.papers()
    pending = sum(record.state == "pending" for record in records)
    detail = f"{len(records)} papers, {len(context.library.ids())} chunks, {pending} pending"
    return Check(name, pending == 0, detail, "papers ingest (or papers reindex)")


def _files(context: AppContext, name: str) -> Check:
    """Check that the PDFs are where they were read; their bytes are checked when a page is shown."""
    records = context.library.papers()
    gone = [each.file for each in records if each.file_lost or not is_there(each.file)]
    there, everything = len(records) - len(gone), len(records)
    if not gone:
        return Check(name, True, f"{there} of {everything} PDFs are where they were read")
    named = ", ".join(gone[:NAMED]) + (", …" if len(gone) > NAMED else "")
    found = f"{there} of {everything} PDFs are where they were read; not {named}"
    return Check(name, False, found, MOVED_REMEDY)


def _backup(context: AppContext, name: str) -> Check:
    """When `papers backup` was last run; no fault if it never was, as a home may be copied by other means."""
    last = context.library.fact(BACKUP_FACT)
    if not context.library.papers():
        return Check(name, True, "nothing to copy yet")
    if last is None:
        return Check(name, True, "never made by papers backup FILE; other copies are not known here")
    days = (datetime.now(UTC) - datetime.fromisoformat(last)).days
    return Check(name, True, f"last made by papers backup {days} days ago; whether it is still there is not known here")


def _embedder(context: AppContext, name: str) -> Check:
    context.library.check_embedder(context.embedder.identity)
    return Check(name, True, f"{context.embedder.identity}, {context.embedder.dimension} dimensions")


def _vectors(context: AppContext, name: str) -> Check:
    from index.store.vectors import lost_vectors

    wanted, held = {int(each) for each in context.library.ids()}, context.vectors.ids()
    lost = lost_vectors(context.library, context.vectors) if wanted == held else []
    detail = f"{len(wanted & held)} of {len(wanted)} chunks, {len(held - wanted)} of removed papers, {len(lost)} lost"
    return Check(name, wanted == held and not lost, detail, "papers reindex")


def _chat_model(context: AppContext, name: str) -> Check:
    model = context.chat_model()
    found = f"{model.settings.model} at {model.settings.host}, window {model.settings.num_ctx} tokens"
    return Check(name, True, f"{found}{_THINKS.get(model.thinking(), '')}")
