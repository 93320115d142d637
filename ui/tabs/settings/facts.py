"""What is running and what there is to choose from, looked up for the settings tab."""

import os
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from assistant.settings import Settings
from assistant.setup.chat_model_files import chat_models, choose_model
from assistant.setup.process import server_url, server_version
from index.model.errors import PaperAssistantError
from ui.pages.screen import Desk

BESIDE_THE_MODEL = (
    1_000_000_000  # bytes that a model needs beside its own size; see assistant/setup/chat_model_files.py
)
HIDDEN = ("digest",)  # settings that have their own tab


@dataclass(frozen=True)
class ServerFacts:
    """The Ollama server; `version` is None where none answers, and `fault` says why where that is known."""

    url: str = ""
    version: str | None = None
    fault: str = ""


@dataclass(frozen=True)
class Facts:
    """What is running. Sizes are bytes; `model` answers, or will; it is empty where none was found."""

    program: str
    home: Path
    server: ServerFacts
    model: str
    model_fault: str
    with_model: bool
    embedder: str
    papers: int
    passages: int
    pending: int
    size: int
    adding: bool


@dataclass(frozen=True)
class ModelChoice:
    """A chat model of the server: its size and need of memory in bytes, and whether this machine has that much."""

    name: str
    size: int
    need: int
    fits: bool


@dataclass(frozen=True)
class SettingFact:
    """A setting with its value; `changed` where that is not the default."""

    name: str
    value: str
    changed: bool


def running_facts(desk: Desk) -> tuple[Facts, list[ModelChoice]]:
    """Everything that runs, looked up now, and the models to choose from; asks the Ollama server, and starts none."""
    bench, model = desk.bench, desk.models.found
    records = bench.library.papers()
    home = bench.index_settings.home
    server = _server(model.settings.host if model else None)
    choices = model_choices(server)
    chosen = choose_model(bench.settings.chat_model or None, {each.name: each.size for each in choices})
    facts = Facts(
        program=version("paper-assistant"),
        home=home,
        server=server,
        model=model.settings.model if model else chosen or bench.settings.chat_model,
        model_fault=desk.models.reason,
        with_model=desk.models.wanted,
        embedder=f"{bench.embedder.identity.partition('@')[0]}, {bench.embedder.dimension}",
        papers=len(records),
        passages=len(bench.library.ids()),
        pending=sum(record.state == "pending" for record in records),
        size=_size(home),
        adding=desk.ingest.state.running,
    )
    return facts, choices


def model_choices(server: ServerFacts) -> list[ModelChoice]:
    """The chat models that the server has, the smallest first; none where it does not answer."""
    import requests

    if server.version is None:
        return []
    try:
        sizes = chat_models(server.url)
    except (requests.RequestException, ValueError, KeyError):
        return []
    memory = machine_memory()
    needs = {name: size + BESIDE_THE_MODEL for name, size in sizes.items()}
    found = [ModelChoice(name, size, needs[name], needs[name] <= memory) for name, size in sizes.items()]
    return sorted(found, key=lambda each: (each.size, each.name))


def machine_memory() -> int:
    """Bytes of memory in this machine."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def setting_facts(settings: Settings) -> list[SettingFact]:
    """The settings in use, in their order."""
    found = []
    for name, field in Settings.model_fields.items():
        if name not in HIDDEN:
            value = getattr(settings, name)
            shown = "" if value is None else str(value)
            found.append(SettingFact(name, shown, value != field.default))
    return found


def _server(host: str | None) -> ServerFacts:
    try:
        url = server_url(host)
    except PaperAssistantError as error:
        return ServerFacts(fault=str(error))
    return ServerFacts(url, server_version(url))


def _size(home: Path) -> int:
    """Bytes of the library and its index on the disk."""
    files = [*home.glob("*.db*"), *(home / "vectors").rglob("*")]
    total = 0
    for path in files:
        try:
            total += path.stat().st_size if path.is_file() else 0
        except OSError:  # the index replaces its files while they are counted
            continue
    return total
