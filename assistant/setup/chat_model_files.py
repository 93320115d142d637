"""A chat model for the Ollama server: one that is there, else `ollama pull`, else the weights that packages carry.

The packages are a way out for machines that reach a package index but no model hub. What each holds is pinned in
`modelfiles/<name>.toml`; a file that is not byte for byte the model publisher's own is refused.
"""

import hashlib
import json
import math
import os
import re
import shutil
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from assistant.llm.address import is_elsewhere, is_loopback
from assistant.setup.process import session_for
from index.embedding.downloads import (
    BLOCK,
    DownloadError,
    PinnedFile,
    PinnedWheel,
    accept,
    fetch_member,
    is_whole,
    megabytes,
    progress,
    reachable,
    require_disk,
    set_up_lock,
)
from index.model.errors import ModelError
from index.model.plain_text import Say

MODELFILES = Path(__file__).with_name("modelfiles")
REGISTRY = "https://registry.ollama.ai"
TOO_SMALL = 300_000_000  # bytes; smaller models answer nothing, so they are used only by name
HELD = 0.8  # of the memory, at most, by a model and what it needs besides
BESIDE = 1_500_000_000  # bytes that a model needs besides its size
# Models made for something else than reading prose, by their names, and what share of their size counts.
SPECIAL = (
    (re.compile(r"guard|shield|minicheck|reader-lm|nuextract|embed|ocr|rerank", re.IGNORECASE), 0.01),
    (re.compile(r"llava|moondream|minicpm-v|math|sql|function", re.IGNORECASE), 0.25),
    (re.compile(r"code|starcoder|codestral", re.IGNORECASE), 0.6),
)
SILENCE_SECONDS = 300.0  # verifying a large model takes a while without a word

# What to pull by memory (GB), best first; all Apache-2.0. A model needs about its size plus 1 GB while it answers.
RECOMMENDED = ((12, "qwen3:4b-instruct"), (6, "qwen3:1.7b"), (0, "qwen2.5:1.5b"))
PACKAGED_DEFAULT = "qwen2.5-coder:1.5b"


class ChatModelMissing(ModelError):
    """No chat model is there and none could be fetched."""


@dataclass(frozen=True)
class PackagedModel:
    """A model that packages of the Python package index carry, as one or several parts of one GGUF file."""

    name: str
    licence: str
    gguf: PinnedFile
    parts: tuple[tuple[PinnedWheel, str, PinnedFile], ...]  # the wheel, the file in it, what that must be
    template: str
    system: str
    parameters: dict[str, Any]


def obtain_chat_model(server_url: str, home: Path, name: str | None, say: Say) -> str:
    """The name of a chat model that the server at `server_url` has; fetched where it has none (or not `name`).

    Raises ChatModelMissing, which says what was tried.
    """
    with set_up_lock(home, say):
        present = chat_models(server_url)
        chosen = choose_model(name, present, elsewhere=is_elsewhere(server_url))
        if chosen:
            say(f"Chat model: {chosen} is on the server, {megabytes(present[chosen])}")
        if chosen and (name or chosen != PACKAGED_DEFAULT):
            return chosen
        wanted = name or recommended()
        tried = _pull(server_url, wanted, say)
        if tried is None:
            return wanted
        if chosen:  # the packaged model is for those who reach no hub
            return chosen
        packaged = packaged_models()
        fallback = name or PACKAGED_DEFAULT
        if fallback not in packaged:
            raise ChatModelMissing(
                f"The chat model {fallback} is not on the server and could not be pulled: {tried} Packages "
                f"carry only {', '.join(packaged)}. Use one of those, or run: ollama pull {fallback}"
            )
        try:
            install_packaged(server_url, home, packaged[fallback], say)
        except DownloadError as error:
            raise ChatModelMissing(
                f"No chat model. Pulling {wanted}: {tried} From packages: {error} Or put one on the server yourself: "
                "ollama pull NAME, or ollama create NAME -f Modelfile with a GGUF file that you copied here."
            ) from error
        return fallback


def recommended() -> str:
    """The model to pull for this machine's memory."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return next(name for least, name in RECOMMENDED if memory >= least)


def chat_models(server_url: str) -> dict[str, int]:
    """The models on the server that can chat and run on it (none in a cloud), with their sizes in bytes."""
    with session_for(server_url) as session:
        listed = _json(session.get(f"{server_url}/api/tags", timeout=SILENCE_SECONDS)).get("models", [])
        local = {str(model["name"]): int(model["size"]) for model in listed if not model.get("remote_host")}
        return {name: size for name, size in local.items() if _can_chat(session, server_url, name)}


def _can_chat(session: requests.Session, server_url: str, name: str) -> bool:
    answer = session.post(f"{server_url}/api/show", json={"model": name}, timeout=SILENCE_SECONDS)
    return answer.ok and "completion" in answer.json().get("capabilities", ["completion"])


def choose_model(name: str | None, present: dict[str, int], *, elsewhere: bool = False) -> str | None:
    """Of the models on the server (sizes in bytes) the one called `name`; without a name the most capable one.

    That is the largest that this machine's memory holds (any, if the server is `elsewhere`), where a recommended model
    counts as twice as large, and one that was made for code or for pictures as smaller. None where there is none.
    """
    if name:
        return next((found for found in (name, f"{name}:latest") if found in present), None)
    memory = math.inf if elsewhere else HELD * os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    favoured = {model for _, model in RECOMMENDED}

    def capability(model: str) -> tuple[bool, float]:
        share = next((share for what, share in SPECIAL if what.search(model)), 2.0 if model in favoured else 1.0)
        return present[model] + BESIDE < memory, present[model] * share

    able = [model for model in present if present[model] >= TOO_SMALL]
    return max(sorted(able), key=capability, default=None)


def _pull(server_url: str, name: str, say: Say) -> str | None:
    """Pull a model; None when it is there, else why not, as a sentence."""
    if name.endswith("cloud"):
        return f"{name} runs in a cloud, and everything here runs on this machine."
    if not reachable(REGISTRY):
        say(f"Chat model: {REGISTRY} cannot be reached, so {name} cannot be pulled")
        return f"{REGISTRY} cannot be reached."
    say(f"Chat model: ollama pull {name}")
    tells: dict[str, Callable[[int], None]] = {}
    try:
        for line in _stream(server_url, "/api/pull", {"model": name}):
            if line.get("digest") and line.get("total"):
                tell = tells.setdefault(line["digest"], progress(line["digest"][:19], line["total"], say))
                tell(line.get("completed", 0))
    except ModelError as error:
        say(f"  not pulled: {error}")
        return str(error)
    return None


def packaged_models() -> dict[str, PackagedModel]:
    """The models that packages carry, by name."""
    models = [_read(path) for path in sorted(MODELFILES.glob("*.toml"))]
    return {model.name: model for model in models}


def _read(path: Path) -> PackagedModel:
    values = tomllib.loads(path.read_text("utf-8"))
    parts = tuple(
        (
            PinnedWheel(part["package"], part["version"], part["wheel_sha256"]),
            part["member"],
            PinnedFile(f"{part['package']}.part", part["size"], part["sha256"]),
        )
        for part in values["parts"]
    )
    gguf = PinnedFile(values["file"], values["size"], values["sha256"])
    template = (MODELFILES / values["template"]).read_text("utf-8")
    return PackagedModel(
        values["name"], values["licence"], gguf, parts, template, values["system"], values["parameters"]
    )


def install_packaged(server_url: str, home: Path, model: PackagedModel, say: Say) -> None:
    """Fetch a packaged model and give it to the server under its name. Raises DownloadError, ChatModelMissing."""
    folder = home / "downloads" / "chat-models"
    blob = f"{server_url}/api/blobs/sha256:{model.gguf.sha256}"
    with session_for(server_url) as session:
        if not session.head(blob, timeout=SILENCE_SECONDS).ok:
            gguf = assemble(model, folder, say, copies=2 if is_loopback(server_url) else 1)
            say(f"Chat model: handing {model.gguf.name} to the server")
            answer = session.post(blob, data=_blocks(gguf, model.gguf, say), timeout=SILENCE_SECONDS)
            if not answer.ok:
                raise ChatModelMissing(
                    f"The server refused {gguf}: {answer.text[:200]} Is its disk full? Then run again."
                )
    request = {
        "model": model.name,
        "files": {model.gguf.name: f"sha256:{model.gguf.sha256}"},
        "template": model.template,
        "system": model.system,
        "parameters": model.parameters,
        "license": model.licence,
    }
    for _ in _stream(server_url, "/api/create", request):
        pass
    shutil.rmtree(folder, ignore_errors=True)  # the server has its own copy
    say(f"Chat model: {model.name} is ready")


def assemble(model: PackagedModel, folder: Path, say: Say, copies: int = 1) -> Path:
    """The model's GGUF file in `folder`, put together part by part; parts of an earlier run are kept if they are right.

    `copies` of the file are counted into the disk need. Raises DownloadError.
    """
    whole, partial = folder / model.gguf.name, folder / f"{model.gguf.name}.partial"
    if is_whole(whole, model.gguf):
        return whole
    have = _verified_parts(partial, model)
    done = sum(pin.size for _, _, pin in model.parts[:have])
    need = model.gguf.size * copies - done + 2 * max(pin.size for _, _, pin in model.parts)
    require_disk(folder, need, f"Chat model {model.name}", say)
    if have:
        say(f"  {have} of {len(model.parts)} parts are here already and right, going on from there")
    tell = progress(model.gguf.name, model.gguf.size, say)
    for wheel, member, pin in model.parts[have:]:
        part = folder / pin.name
        fetch_member(wheel, member, part, pin)
        with partial.open("ab") as output, part.open("rb") as source:
            shutil.copyfileobj(source, output, BLOCK)
        part.unlink()
        done += pin.size
        tell(done)
    accept(partial, whole, model.gguf)
    return whole


def _verified_parts(partial: Path, model: PackagedModel) -> int:
    """How many leading parts the partial file holds unharmed; the rest of it is cut off."""
    if not partial.exists():
        return 0
    have = end = 0
    with partial.open("r+b") as handle:
        for _, _, pin in model.parts:
            if hashlib.sha256(handle.read(pin.size)).hexdigest() != pin.sha256:
                break
            have, end = have + 1, end + pin.size
        handle.truncate(end)
    return have


def _blocks(path: Path, pin: PinnedFile, say: Say) -> Iterator[bytes]:
    tell, done = progress(pin.name, pin.size, say), 0
    with path.open("rb") as handle:
        while block := handle.read(BLOCK):
            yield block
            done += len(block)
            tell(done)


def _stream(server_url: str, path: str, request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    try:
        with (
            session_for(server_url) as session,
            session.post(f"{server_url}{path}", json=request, stream=True, timeout=SILENCE_SECONDS) as answer,
        ):
            for line in answer.iter_lines():
                value = json.loads(line)
                if "error" in value:
                    raise ChatModelMissing(f"Ollama says: {value['error']}.")
                yield value
    except (requests.RequestException, ValueError) as error:
        raise ChatModelMissing(
            f"Ollama at {server_url} broke off ({type(error).__name__}). Run papers setup again."
        ) from error


def _json(answer: requests.Response) -> dict[str, Any]:
    answer.raise_for_status()
    value = answer.json()
    return value if isinstance(value, dict) else {}
