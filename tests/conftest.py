"""What every test stands on: no settings from outside, and the files that lie beside the repository."""

import os
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch):
    for name in list(os.environ):
        if name.startswith("PAPERS_"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def shared():
    folder = Path(__file__).parents[2] / "shared"
    if not folder.is_dir():
        pytest.skip(f"the shared test papers are not at {folder}")
    return folder
