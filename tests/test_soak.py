"""`scripts/soak`: fifty kills leave nothing lost, double or half visible; and a soak of a broken program says so."""

import re
import subprocess
import sys

import pytest
from conftest import ROOT

ENVIRONMENT = {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}", "PATH": f"{sys.exec_prefix}/bin:/usr/bin:/bin"}


def run(*command):
    return subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, timeout=580)


@pytest.mark.slow
def test_fifty_kills_lose_nothing():
    done = run(sys.executable, "-m", "soak", "crash", "--rounds", "50", "--seed", "20260101")
    assert done.returncode == 0, done.stderr[-4000:]
    assert done.stdout.startswith("50 rounds") and done.stdout.rstrip().endswith("; 0 faults")


@pytest.mark.slow
def test_a_minute_of_everything_at_once_loses_nothing():
    """Two ingestions with removals, a reindex, digests, searches and lists in threads, commands and a server."""
    done = run(sys.executable, "-m", "soak", "crowd", "--seconds", "60")
    assert done.returncode == 0, done.stderr[-4000:]
    counts = {what: int(count) for count, what in re.findall(r"(\d+) (\w+)", done.stdout)}
    assert min(counts[each] for each in ("ingest", "reindex", "digest", "search", "list", "command", "removed")) > 0


# What must be noticed: each of these breaks one promise of the library.
NO_MENDING = "import index.ingest.ingest as broken; broken.sync_vectors = lambda *_: None"
WORDS_STAY = "import index.store.rows as broken; broken.remove_words = lambda *_: None"
TWO_COMMITS = """
from index.store.library import Library
put = Library.put
def broken(self, paper, chunks, vectors, **source):
    put(self, paper, chunks[:1], vectors[:1], **source)
    return put(self, paper, chunks, vectors, **source)
Library.put = broken
"""


@pytest.mark.slow
@pytest.mark.parametrize("damage", [NO_MENDING, WORDS_STAY, TWO_COMMITS], ids=["vectors", "words", "commits"])
def test_a_broken_program_is_found_out(damage):
    soak = "from soak_crash import soak; print(len(soak(24, 3, kinds=('ingest', 'chunks')).faults))"
    done = run(sys.executable, "-c", f"{damage}\n{soak}")
    assert int(done.stdout) > 0, done.stderr[-4000:]
