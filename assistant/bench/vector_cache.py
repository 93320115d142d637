"""An embedder that remembers: vectors of passages on disk, token vectors in memory, for one measurement after another.

So a corpus can be cut anew whenever the code changes, a killed run goes on, and only new texts are embedded.
"""

import hashlib
import sqlite3
from collections import OrderedDict
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np

from index.embedding.embed import Embedder, Vectors
from index.files.home import private_folder

TOKEN_BYTES = 1_000_000_000  # of token vectors kept in memory
STEP = 32  # texts between two commits


class TokenVectors:
    """Token vectors by text, the oldest forgotten first."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Vectors] = OrderedDict()
        self._bytes = 0

    def get(self, text: str) -> Vectors | None:
        """What was kept, or None."""
        return self._kept.get(text)

    def put(self, text: str, vectors: Vectors) -> None:
        """Keeps the vectors of a text that is not there yet."""
        self._kept[text] = vectors
        self._bytes += vectors.nbytes
        while self._bytes > TOKEN_BYTES:
            self._bytes -= self._kept.popitem(last=False)[1].nbytes


@cache
def _token_vectors(identity: str) -> TokenVectors:
    """One for all systems of a process that use the same embedder."""
    return TokenVectors()


class RememberingEmbedder:
    """Gives what `embedder` gives. Use it for ranks, not for times: a text that was seen before costs nothing."""

    def __init__(self, embedder: Embedder, file: Path) -> None:
        private_folder(file.parent)
        self._embedder = embedder
        self.identity, self.dimension = embedder.identity, embedder.dimension
        self.multilingual, self.max_tokens = embedder.multilingual, embedder.max_tokens
        self._database = sqlite3.connect(file, timeout=60)
        self._database.execute("create table if not exists vectors(key blob primary key, vector blob) without rowid")
        self._tokens = _token_vectors(embedder.identity)

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Vectors of passages, (n, dimension), unit length."""
        found = np.zeros((len(texts), self.dimension), dtype=np.float32)
        keys = [self._key(text) for text in texts]
        missing = []
        for row, key in enumerate(keys):
            line = self._database.execute("select vector from vectors where key = ?", (key,)).fetchone()
            if line is None:
                missing.append(row)
            else:
                found[row] = np.frombuffer(line[0], dtype=np.float32)
        missing.sort(key=lambda row: len(texts[row]))  # one batch of like lengths wastes little padding
        for start in range(0, len(missing), STEP):
            rows = missing[start : start + STEP]
            found[rows] = self._embedder.embed([texts[row] for row in rows])
            with self._database:
                self._database.executemany(
                    "insert or ignore into vectors values (?, ?)", [(keys[row], found[row].tobytes()) for row in rows]
                )
        return found

    def embed_question(self, question: str) -> Vectors:
        """Vector of a question, (dimension,), unit length."""
        return self._embedder.embed_question(question)

    def token_vectors(self, texts: Sequence[str]) -> list[Vectors]:
        """For each text its token vectors, (tokens, dimension), unit length."""
        found = {text: self._tokens.get(text) for text in texts}
        missing = [text for text, vectors in found.items() if vectors is None]
        if missing:
            for text, vectors in zip(missing, self._embedder.token_vectors(missing), strict=True):
                found[text] = vectors
                self._tokens.put(text, vectors)
        return [vectors for vectors in map(found.get, texts) if vectors is not None]

    def count_tokens(self, text: str) -> int:
        """Tokens of a text, special tokens not included."""
        return self._embedder.count_tokens(text)

    def _key(self, text: str) -> bytes:
        return hashlib.sha256(f"{self.identity}\0{text}".encode("utf-8", "surrogatepass")).digest()
