"""Puts embedders into PAPERS_HOME/models: what is there and whole is used, else the first source that answers.

Each is a folder that fastembed loads without a network: the ONNX weights under the name that fastembed expects, the
tokenizer, and `embedder.json`, which says what `index/embedding/embed.py` must know and how each file's SHA-256 must
read.
"""

import json
import shutil
from pathlib import Path

from index.embedding.downloads import DownloadError, is_whole, reachable, require_disk, set_up_lock, sha256_of
from index.embedding.pins import EMBEDDERS, EmbedderPin, EmbedderSource, hub
from index.files.home import private_folder
from index.model.errors import EmbedderMissing
from index.model.plain_text import Say

MANIFEST = "embedder.json"
TOKENIZER_FILES = ("tokenizer.json", "config.json", "tokenizer_config.json", "special_tokens_map.json")


def obtain_embedder(home: Path, name: str | None, say: Say) -> Path:
    """The folder of an embedder in `home`/models, verified; fetched where it is not there yet.

    `name` is one of `EMBEDDERS`, with or without its organisation; None takes the first that is there, else the first
    that can be had. A folder of a sentence-transformers model is taken as it is; an unknown "organisation/model" is
    fetched from the hub for that library. Raises EmbedderMissing, which says what was tried.
    """
    with set_up_lock(home, say):
        if name is None:
            return obtain_pinned(home, EMBEDDERS, say)
        if (Path(name) / "modules.json").is_file():
            return Path(name)
        pins = tuple(pin for pin in EMBEDDERS if name in (pin.name, pin.library_name))
        if pins:
            return obtain_pinned(home, pins, say)
        return _from_hub_as_it_is(home, name, say)


def obtain_pinned(home: Path, pins: tuple[EmbedderPin, ...], say: Say) -> Path:
    """The first of `pins` that is there and whole, else the first that one of its sources gives."""
    for pin in pins:
        folder = home / "models" / pin.name
        if is_complete(folder, pin):
            say(f"Embedder: {pin.name} is here and whole ({folder})")
            return folder
    tried: list[str] = []
    for pin in pins:
        require_disk(home / "downloads", pin.disk, f"Embedder {pin.name}", say)
        for source in pin.sources:
            say(f"Embedder: fetching {pin.name} from {source.label}")
            try:
                return _fetch(home, pin, source, say)
            except DownloadError as error:
                tried.append(f"{pin.name} from {source.label}: {error}")
                say(f"  not from there: {error}")
    raise EmbedderMissing(
        "No embedder could be fetched. " + " | ".join(tried) + " What to do: let this machine reach one of these "
        f"sources and run papers setup again, or copy the folder {pins[0].name} of another machine's models to "
        f"{home / 'models'}."
    )


def is_complete(folder: Path, pin: EmbedderPin) -> bool:
    """Whether a folder holds all files of an embedder, each with the SHA-256 that is pinned or was noted by set-up."""
    try:
        noted: dict[str, str] = json.loads((folder / MANIFEST).read_text("utf-8"))["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    if not is_whole(folder / pin.model.name, pin.model):
        return False
    return all((folder / name).is_file() and sha256_of(folder / name) == noted.get(name) for name in TOKENIZER_FILES)


def _fetch(home: Path, pin: EmbedderPin, source: EmbedderSource, say: Say) -> Path:
    draft = home / "downloads" / pin.name  # kept when a download breaks off, so that the next run goes on from there
    private_folder(draft)
    if not is_whole(draft / pin.model.name, pin.model) or not is_whole(draft / pin.tokenizer.name, pin.tokenizer):
        source.fetch(draft, say)
    _write_settings(draft, pin, source)
    folder = home / "models" / pin.name
    private_folder(folder.parent)
    if folder.exists():
        say(f"  the files in {folder} were not whole and are replaced")
        shutil.rmtree(folder)
    draft.replace(folder)
    say(f"  done: {folder}, SHA-256 of each file verified")
    return folder


def _write_settings(folder: Path, pin: EmbedderPin, source: EmbedderSource) -> None:
    # A tokenizer.json may carry the padding and the length of its training; both are the caller's to choose.
    tokenizer = json.loads((folder / pin.tokenizer.name).read_text("utf-8"))
    _write(folder / "tokenizer.json", {**tokenizer, "truncation": None, "padding": None})
    special = {f"{word}_token": f"[{word.upper()}]" for word in ("cls", "mask", "pad", "sep", "unk")}
    _write(folder / "special_tokens_map.json", special)
    limits = {"tokenizer_class": "BertTokenizer", "do_lower_case": True, "model_max_length": pin.max_tokens}
    _write(folder / "tokenizer_config.json", {**limits, **special})
    _write(folder / "config.json", {"model_type": "bert", "hidden_size": pin.dimension, "pad_token_id": 0})
    for leftover in folder.iterdir():
        if leftover.name not in (pin.model.name, *TOKENIZER_FILES):
            leftover.unlink()
    manifest = {
        "name": pin.library_name,
        "dimension": pin.dimension,
        "max_tokens": pin.max_tokens,
        "pooling": pin.pooling,
        "query_prefix": pin.query_prefix,
        "sha256": pin.model.sha256,
        "licence": pin.licence,
        "source": source.label,
        "files": {name: sha256_of(folder / name) for name in (pin.model.name, *TOKENIZER_FILES)},
    }
    _write(folder / MANIFEST, manifest)


def _write(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", "utf-8")


def _from_hub_as_it_is(home: Path, name: str, say: Say) -> Path:
    folder = home / "models" / name.rsplit("/", 1)[-1]
    if (folder / "modules.json").is_file():
        say(f"Embedder: {name} is here ({folder})")
        return folder
    known = ", ".join(pin.name for pin in EMBEDDERS)
    if name.count("/") != 1 or ".." in name:
        raise EmbedderMissing(
            f"No embedder is called {name}. Known are {known}; others as organisation/model of the hub."
        )
    if not reachable(hub()):
        raise EmbedderMissing(
            f"{name} must come from {hub()}, which cannot be reached from here. "
            f"Use one of {known}, or copy the model's folder to {folder}."
        )
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError

    say(f"Embedder: fetching {name} from the hub, for sentence-transformers")
    draft = home / "downloads" / folder.name
    try:  # weights and settings only: no pickles, no code
        snapshot_download(name, local_dir=draft, allow_patterns=["*.json", "*.txt", "*.model", "*.safetensors"])
    except (HfHubHTTPError, OSError, ValueError) as error:
        raise EmbedderMissing(
            f"{name} could not be fetched from the hub ({type(error).__name__}). Check the name, then run papers setup "
            "again: it goes on where it stopped."
        ) from error
    private_folder(folder.parent)
    draft.replace(folder)
    return folder
