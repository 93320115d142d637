"""What every test builds on: no settings from outside, the parts that set-up fetched, papers beside or inside.

A test that asks for a fetched part, directly or through other fixtures, is marked `fetched`; one that asks for the
long shared papers is marked `slow`. `scripts/test --quick` runs the rest, so no list of files is kept by hand.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from assistant.config.settings import Settings
from assistant.context import Workbench
from assistant.setup.chat_model_files import PACKAGED_DEFAULT, chat_models
from assistant.setup.process import find_binary, running_server
from index.embedding.embed import Embedder, OnnxEmbedder
from index.model.errors import ModelError

settings.register_profile("papers", deadline=None)  # no timing stands in a test: the first example may load a model
settings.register_profile("quick", settings.get_profile("papers"), max_examples=15)  # of scripts/test --quick
settings.load_profile("papers")

ROOT = Path(__file__).parents[1]
ENVIRONMENT = dict(os.environ)  # as it was before the tests took PAPERS_* out of it


@pytest.hookimpl(tryfirst=True)  # before pytest selects by marker
def pytest_collection_modifyitems(items):
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        if "fetched" in fixtures:
            item.add_marker("fetched")
        if "shared" in fixtures:
            item.add_marker("slow")


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch):
    for name in list(os.environ):
        if name.startswith("PAPERS_"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def shared():
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip(f"the shared test papers are not at {folder}")
    return folder


@pytest.fixture(scope="session")
def sample_papers():
    return ROOT / "scripts" / "sample_papers"


def absent(what):
    """A part that set-up fetches is not there: the tests that need it are skipped, but not under scripts/test."""
    if "PAPERS_TEST_HOME" in ENVIRONMENT:
        pytest.fail(f"{what}, though scripts/test has set it up")
    pytest.skip(f"{what}; scripts/test fetches it")


@pytest.fixture(scope="session")
def fetched() -> Path:
    """The folder of what set-up fetches: the only way to it, so that whatever needs a part of it is known."""
    return Path(ENVIRONMENT.get("PAPERS_TEST_HOME", ROOT / ".tools"))


@pytest.fixture(scope="session")
def chromium(fetched) -> str:
    """The Chromium of the system; `scripts/test` installs it there."""
    found = ENVIRONMENT.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    return found or absent("no Chromium")


@pytest.fixture(scope="session")
def ollama_binary(fetched) -> str:
    found = find_binary(fetched)
    return str(found) if found else absent(f"no ollama in {fetched}")


@pytest.fixture(scope="session")
def model_folder(fetched):
    folder = fetched / "models" / "bge-small-en-v1.5"
    if not (folder / "embedder.json").is_file():
        absent(f"no embedder in {folder}")
    return folder


@pytest.fixture(scope="session")
def ollama_url(fetched) -> Iterator[str]:
    """A real Ollama with the packaged model: one that runs, else the one that scripts/test has set up."""
    try:
        with running_server(ENVIRONMENT.get("OLLAMA_HOST"), fetched) as running:
            if PACKAGED_DEFAULT not in chat_models(running.url):
                absent(f"{running.url} does not have {PACKAGED_DEFAULT}")
            yield running.url
    except ModelError as error:
        absent(f"no Ollama ({error})")


@pytest.fixture(scope="session")
def embedder(model_folder) -> Embedder:
    return OnnxEmbedder(model_folder)


def new_home(folder: Path, model_folder: Path) -> Path:
    """A home of its own for one test, with the models that set-up fetched."""
    (folder / "models").mkdir(parents=True)
    (folder / "models" / model_folder.name).symlink_to(model_folder)
    return folder


@pytest.fixture
def home(tmp_path, model_folder):
    return new_home(tmp_path / "home", model_folder)


@pytest.fixture(scope="session")
def sample_bench(tmp_path_factory, model_folder, sample_papers) -> Iterator[Workbench]:
    """A library with the sample papers; tests that share it read only."""
    home = new_home(tmp_path_factory.mktemp("sample") / "home", model_folder)
    with Workbench(Settings(home=home), lambda line: None) as bench:
        assert len(list(bench.ingestion().run([str(sample_papers)]))) > 3
        yield bench
