"""Settings and health as HTML: what is running, the checks, the settings in use. Knows no screen library."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from assistant.config.settings import Settings
from assistant.doctor import Check
from assistant.llm.address import is_elsewhere, server_url
from assistant.setup.chat_model_files import chat_models, choose_model
from assistant.setup.process import server_version
from index.model.errors import PaperAssistantError
from ui.pages.labels import Labels
from ui.pages.safe_html import escaped
from ui.pages.screen import SharedState
from ui.pages.sentences import retold

BESIDE_THE_MODEL = 1_000_000_000  # bytes that a model needs besides its size; see assistant/setup/chat_model_files.py
HIDDEN = ("digest",)  # settings that have their own tab


@dataclass(frozen=True)
class ServerFacts:
    """The Ollama server; `version` is None if it does not answer, and `fault` says why if that is known."""

    url: str = ""
    version: str | None = None
    fault: str = ""


@dataclass(frozen=True)
class Facts:
    """What is running. Sizes are bytes; `model` is the one that answers, or will; empty if none was found."""

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
    """A setting with its value; `changed` if that is not the default."""

    name: str
    value: str
    changed: bool


def running_facts(shared: SharedState) -> tuple[Facts, list[ModelChoice]]:
    """Everything that runs, looked up now, and the models to choose from; asks the Ollama server, and starts none."""
    context, model = shared.context, shared.models.found
    records = context.library.papers()
    home = context.index_settings.home
    server = _server(model.settings.host if model else None)
    choices = model_choices(server)
    sizes = {each.name: each.size for each in choices}
    chosen = choose_model(context.settings.chat_model or None, sizes, elsewhere=is_elsewhere(server.url))
    facts = Facts(
        program=version("paper-assistant"),
        home=home,
        server=server,
        model=model.settings.model if model else chosen or context.settings.chat_model,
        model_fault=shared.models.reason,
        with_model=shared.models.wanted,
        embedder=f"{context.embedder.identity.partition('@')[0]}, {context.embedder.dimension}",
        papers=len(records),
        passages=len(context.library.ids()),
        pending=sum(record.state == "pending" for record in records),
        size=_size(home),
        adding=shared.ingest.state.running,
    )
    return facts, choices


def model_choices(server: ServerFacts) -> list[ModelChoice]:
    """Return the chat models of the server, the smallest first; none if it does not answer."""
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


def facts_html(words: Labels, facts: Facts) -> str:
    """What is running, one line a part."""
    server = facts.server
    if server.fault:
        ollama = retold(words, server.fault)
    elif server.version is None:
        ollama = words("settings.ollama_silent", url=server.url)
    else:
        ollama = words("settings.ollama_runs", url=server.url, version=server.version)
    model = facts.model or words("settings.model_later")
    if not facts.with_model:
        model = words("chat.chosen_no_model")
    elif facts.model_fault:
        model = retold(words, facts.model_fault)
    index = words("settings.index_pending", count=facts.pending) if facts.pending else words("settings.index_ready")
    rows = {
        "settings.ollama": ollama,
        "settings.model": model,
        "settings.embedder": words("settings.dimensions", embedder=facts.embedder),
        "settings.papers": words(
            "settings.papers_size", papers=facts.papers, passages=facts.passages, size=megabytes(facts.size)
        ),
        "settings.index": words("settings.index_adding") if facts.adding else index,
        "settings.home": str(facts.home),
        "settings.program": facts.program,
    }
    shown = "".join(f'<tr><th scope="row">{escaped(words(key))}</th><td>{escaped(value)}</td></tr>'
                    for key, value in rows.items())  # fmt: skip
    return f'<table class="settings"><tbody>{shown}</tbody></table>'


def checks_html(words: Labels, checks: Sequence[Check], *, done: bool) -> str:
    """Return the checks so far, each failed one with its fix."""
    rows = "".join(_check(words, each) for each in checks)
    if not done:
        told = f'<p class="status" role="status">{escaped(words("settings.checking"))}</p>'
    else:
        bad = sum(not each.well for each in checks)
        said = words("settings.some_bad", count=bad) if bad else words("settings.all_well")
        told = f'<p class="told" role="status">{escaped(said)}</p>'
    return f'<ul class="checks" data-done="{str(done).lower()}">{rows}</ul>{told}'


def settings_html(words: Labels, settings: Sequence[SettingFact]) -> str:
    """The settings with their values and what they are for."""
    heads = "".join(f'<th scope="col">{escaped(words(f"settings.head_{each}"))}</th>' for each in ("name", "value"))
    rows = "".join(
        f'<tr><th scope="row"><code>{escaped(each.name)}</code><small>{escaped(words(f"settings.about_{each.name}"))}'
        f"</small></th><td>{_value(words, each)}</td></tr>"
        for each in settings
    )
    return f'<table class="settings"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'


def megabytes(size: int) -> str:
    """Bytes as people say them.

    >>> megabytes(986_000_000), megabytes(4_700_000_000)
    ('986 MB', '4.7 GB')
    """
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"


def _check(words: Labels, check: Check) -> str:
    mark = words("settings.well" if check.well else "settings.bad")
    name = words(f"settings.check_{check.name.replace(' ', '_')}")
    remedy = ""
    if not check.well and check.remedy:
        command = escaped(retold(words, check.remedy))
        remedy = f'<p class="remedy">{escaped(words("settings.remedy"))} <code>{command}</code></p>'
    return (
        f'<li data-well="{str(check.well).lower()}"><strong class="sign">{escaped(mark)}</strong> '
        f"<b>{escaped(name)}</b> <span>{escaped(retold(words, check.found))}</span>{remedy}</li>"
    )


def _value(words: Labels, setting: SettingFact) -> str:
    shown = f"<code>{escaped(setting.value)}</code>" if setting.value else escaped(words("settings.by_itself"))
    return f'{shown} <span class="tag">{escaped(words("settings.changed"))}</span>' if setting.changed else shown
