"""Text to vectors: ONNX by fastembed, or sentence-transformers with the extra. Only home of those libraries."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from index.model.errors import EmbedderMissing, ExtraMissing
from index.model.settings import IndexSettings

if TYPE_CHECKING:
    from fastembed import TextEmbedding
    from fastembed.text.onnx_embedding import OnnxTextEmbedding
    from tokenizers import Tokenizer

Vectors = NDArray[np.float32]

MANIFEST = "embedder.json"
INT8 = "int8"  # the folder in a model's folder that holds its weights in 8 bits
PREFERRED = "bge-small-en-v1.5"  # what set-up fetches first
BATCH = 16  # of about 250 tokens each; larger batches pad more and were not faster on two cores


class Embedder(Protocol):
    """Turns text into unit vectors; the same text gives the same vector."""

    identity: str  # stored with the index: another identity means that the index must be rebuilt
    dimension: int
    multilingual: bool  # whether a Chinese question finds an English passage
    max_tokens: int  # what the model reads, special tokens included; longer text would be cut in silence

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Vectors of passages, (n, dimension), unit length."""
        ...

    def embed_question(self, question: str) -> Vectors:
        """Vector of a question, (dimension,), unit length."""
        ...

    def token_vectors(self, texts: Sequence[str]) -> list[Vectors]:
        """For each text its contextual token vectors, (tokens, dimension), unit length, for late interaction."""
        ...

    def count_tokens(self, text: str) -> int:
        """Tokens of a text, special tokens not included."""
        ...


@dataclass(frozen=True)
class EmbedderManifest:
    """What `embedder.json` beside the model's files says; written by set-up."""

    name: str
    dimension: int
    max_tokens: int
    pooling: str  # cls or mean
    query_prefix: str
    sha256: str  # of the exact weights
    precision: str = ""  # int8, or empty for the exact weights

    @classmethod
    def read(cls, folder: Path) -> "EmbedderManifest":
        """The manifest of a model folder; unknown keys are left to set-up."""
        values = json.loads((folder / MANIFEST).read_text("utf-8"))
        return cls(**{name: values[name] for name in cls.__dataclass_fields__ if name in values})

    @property
    def identity(self) -> str:
        """What the library calls it. The vectors of 8 bits are near, but not the same on every machine."""
        return f"{self.name}@{self.sha256[:12]}" + (f"-{self.precision}" if self.precision else "")


def load_embedder(settings: IndexSettings) -> Embedder:
    """The configured embedder, or the one that is there.

    Raises EmbedderMissing where its files are absent, ExtraMissing where it needs sentence-transformers.
    """
    models = settings.home / "models"
    name = settings.embedder.rsplit("/", 1)[-1]
    there = sorted(models.glob(f"*/{MANIFEST}"), key=lambda path: (path.parent.name != PREFERRED, path))
    folder = models / name if name else next((path.parent for path in there), models)
    if (folder / MANIFEST).is_file():
        return OnnxEmbedder(folder, settings.threads)
    if (folder / "modules.json").is_file():
        return SentenceTransformersEmbedder(str(folder))
    if "/" in settings.embedder:
        return SentenceTransformersEmbedder(settings.embedder)
    wanted = f"The embedder {settings.embedder}" if settings.embedder else "An embedder"
    raise EmbedderMissing(f"{wanted} is not in {models}. Fetch it with: papers setup")


class OnnxEmbedder:
    """A model folder that fastembed can load: onnx weights, tokenizer files and our manifest."""

    def __init__(self, folder: Path, threads: int | None = None) -> None:
        folder = folder / INT8 if (folder / INT8 / MANIFEST).is_file() else folder
        manifest = EmbedderManifest.read(folder)
        self.identity = manifest.identity
        self.dimension = manifest.dimension
        self.multilingual = _is_multilingual(manifest.name)
        self.max_tokens = manifest.max_tokens
        self._manifest, self._folder, self._threads = manifest, folder, threads

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Vectors of passages, (n, dimension), unit length; embedded in order of length, so that little is padded."""
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for rows in _batches_by_length(texts):
            vectors[rows] = np.stack(list(self._model.embed([texts[row] for row in rows], batch_size=BATCH)))
        return _unit(vectors)

    def embed_question(self, question: str) -> Vectors:
        """Vector of a question, (dimension,), with the prefix that the model was trained with."""
        vector: Vectors = self.embed([self._manifest.query_prefix + question])[0]
        return vector

    def token_vectors(self, texts: Sequence[str]) -> list[Vectors]:
        """Token vectors from the model's last hidden state; special tokens left out."""
        found: list[Vectors] = [np.zeros((0, self.dimension), dtype=np.float32)] * len(texts)
        for rows in _batches_by_length(texts):
            output = self._onnx.onnx_embed([texts[row] for row in rows])
            masks = np.asarray(output.attention_mask, dtype=bool)
            for row, states, mask in zip(rows, output.model_output, masks, strict=True):
                found[row] = _unit(states[mask][1:-1])
        return found

    def count_tokens(self, text: str) -> int:
        """Tokens of a text, special tokens not included."""
        return len(self._tokenizer.encode(text, add_special_tokens=False).ids)

    @cached_property
    def _tokenizer(self) -> "Tokenizer":
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(self._folder / "tokenizer.json"))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer

    @property
    def _onnx(self) -> "OnnxTextEmbedding":
        """The implementation behind fastembed's front, which alone gives the last hidden state."""
        from fastembed.text.onnx_embedding import OnnxTextEmbedding

        model = self._model.model
        if not isinstance(model, OnnxTextEmbedding):
            raise TypeError(f"fastembed runs {self._manifest.name} by {type(model).__name__}, not by ONNX")
        return model

    @cached_property
    def _model(self) -> "TextEmbedding":
        from fastembed import TextEmbedding

        return TextEmbedding(
            self._manifest.name,
            specific_model_path=str(self._folder),
            threads=self._threads,
            local_files_only=True,
        )


class SentenceTransformersEmbedder:
    """Any model of the sentence-transformers library, on CUDA or MPS where present; from local files only."""

    def __init__(self, name: str) -> None:
        try:
            from sentence_transformers import SentenceTransformer
        except ImportError:
            raise ExtraMissing(
                f"The embedder {name} needs an extra. Install it with: uv sync --extra sentence-transformers"
            ) from None
        try:
            self._model = SentenceTransformer(name, local_files_only=True, trust_remote_code=False)
        except (OSError, ValueError) as error:
            raise EmbedderMissing(
                f"The embedder {name} is not on this machine ({type(error).__name__}). "
                f"Fetch it with: papers setup --embedder {name}"
            ) from error
        self.dimension = int(self._model.get_embedding_dimension() or 0)
        self.max_tokens = int(self._model.max_seq_length or 512)
        self.identity = f"sentence-transformers:{Path(name).name}"
        self.multilingual = _is_multilingual(name)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Vectors of passages, (n, dimension), unit length."""
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        return _unit(self._model.encode_document(list(texts), batch_size=BATCH, convert_to_numpy=True))

    def embed_question(self, question: str) -> Vectors:
        """Vector of a question, (dimension,), with the model's own query prompt where it has one."""
        vector: Vectors = _unit(self._model.encode_query([question], convert_to_numpy=True))[0]
        return vector

    def token_vectors(self, texts: Sequence[str]) -> list[Vectors]:
        """Token vectors from the last hidden state; special tokens left out."""
        states = self._model.encode(list(texts), output_value="token_embeddings", batch_size=BATCH)
        return [_unit(state.float().cpu().numpy()[1:-1]) for state in states]

    def count_tokens(self, text: str) -> int:
        """Tokens of a text, special tokens not included."""
        return len(self._model.tokenizer.encode(text, add_special_tokens=False))


def _is_multilingual(name: str) -> bool:
    """By its name, as the families that are trained across languages call themselves."""
    return bool(re.search(r"multilingual|bge-m3|labse|embeddinggemma|qwen3-embedding|arctic-embed.*v2", name.lower()))


def _batches_by_length(texts: Sequence[str]) -> Iterator[list[int]]:
    order = sorted(range(len(texts)), key=lambda row: len(texts[row]))
    for start in range(0, len(order), BATCH):
        yield order[start : start + BATCH]


def _unit(vectors: NDArray[Any]) -> Vectors:
    norms = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(norms, 1e-12), dtype=np.float32)
