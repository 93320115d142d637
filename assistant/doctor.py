"""Is everything in order, and if not, which command mends it."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass

from assistant.context import Workbench
from index.model.errors import PaperAssistantError

LEAST_FREE = 2 << 30  # bytes; a library of a thousand papers and a small model fit


@dataclass(frozen=True)
class Check:
    """One check: what was looked at, whether it is well, what was found, and the command that mends it if not."""

    name: str
    well: bool
    found: str
    remedy: str = ""


def examine(bench: Workbench) -> Iterator[Check]:
    """Every check in turn; a check that raises an error of ours is one that is not well."""
    for name, look in (
        ("disk", _disk),
        ("library", _library),
        ("embedder", _embedder),
        ("vectors", _vectors),
        ("chat model", _chat_model),
    ):
        try:
            yield look(bench, name)
        except PaperAssistantError as error:
            yield Check(name, False, str(error), "papers setup" if "papers setup" in str(error) else "")


def _disk(bench: Workbench, name: str) -> Check:
    home = bench.index_settings.home
    home.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(home).free
    return Check(name, free > LEAST_FREE, f"{free / 1e9:.1f} GB free for {home}", "free some space, or set PAPERS_HOME")


def _library(bench: Workbench, name: str) -> Check:
    with bench.library.read() as connection:
        fault = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if fault != "ok":
        return Check(name, False, f"library.db is damaged: {fault}", "restore it from a backup, or ingest again")
    records = bench.library.papers()
    pending = sum(record.state == "pending" for record in records)
    detail = f"{len(records)} papers, {len(bench.library.ids())} chunks, {pending} pending"
    return Check(name, pending == 0, detail, "papers ingest (or papers reindex)")


def _embedder(bench: Workbench, name: str) -> Check:
    bench.library.check_embedder(bench.embedder.identity)
    return Check(name, True, f"{bench.embedder.identity}, {bench.embedder.dimension} dimensions")


def _vectors(bench: Workbench, name: str) -> Check:
    from index.store.vectors import lost_vectors

    wanted, held = {int(each) for each in bench.library.ids()}, bench.vectors.ids()
    lost = lost_vectors(bench.library, bench.vectors) if wanted == held else []
    detail = f"{len(wanted & held)} of {len(wanted)} chunks, {len(held - wanted)} of removed papers, {len(lost)} lost"
    return Check(name, wanted == held and not lost, detail, "papers reindex")


def _chat_model(bench: Workbench, name: str) -> Check:
    model = bench.chat_model()
    return Check(name, True, f"{model.settings.model} at {model.settings.host}, window {model.settings.num_ctx} tokens")
