"""Each printed paper is read once in a run of the tests."""

from functools import cache
from pathlib import Path

from index.model.paper import Paper
from index.reading.read_pdf import read_pdf


@cache
def read_once(path: Path) -> Paper:
    return read_pdf(path)
