"""Vectors of announced abstracts, kept on disk: a run that goes on, or a second profile, embeds nothing twice."""

import hashlib
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

from index.embedding.embed import Embedder, Vectors
from index.files.home import private_folder
from index.files.whole_file import whole_file

_MOST = 4000  # vectors, 6 MB at 384 dimensions; the oldest leave first


class AbstractVectors:
    """An embedder's vectors by their text, in a file that may be deleted at any time."""

    def __init__(self, file: Path, embedder: Embedder) -> None:
        self._file = file
        self._embedder = embedder
        self._rows = self._read()

    @property
    def dimension(self) -> int:
        """The length of a vector."""
        return self._embedder.dimension

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Vectors of passages (n, dimension), unit length; new ones are written down at once."""
        keys = [hashlib.sha256(f"{self._embedder.identity}\n{text}".encode()).hexdigest() for text in texts]
        new = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._rows}
        if new:
            self._rows |= dict(zip(new, self._embedder.embed(list(new.values())), strict=True))
            self._write()
        return np.array([self._rows[key] for key in keys], dtype=np.float32).reshape(len(texts), self.dimension)

    def _read(self) -> dict[str, Vectors]:
        try:
            with self._file.open("rb") as opened, np.load(opened, allow_pickle=False) as stored:
                keys, rows = stored["keys"], np.asarray(stored["rows"], dtype=np.float32)
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):  # not there, or not ours: made anew
            return {}
        if rows.ndim != 2 or len(keys) != len(rows) or not np.isfinite(rows).all():
            return {}
        return {str(key): row for key, row in zip(keys, rows, strict=True) if len(row) == self.dimension}

    def _write(self) -> None:
        kept = dict(list(self._rows.items())[-_MOST:])
        with suppress(OSError):  # a full disk costs time, not the report
            private_folder(self._file.parent)
            with whole_file(self._file) as file:
                np.savez(file, keys=np.array(list(kept)), rows=np.stack(list(kept.values())))
