"""What the index needs to know, as one frozen value; `assistant/config/settings.py` builds it at the edge."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class IndexSettings:
    """Where the library lives and how papers are cut and embedded."""

    home: Path
    embedder: str = (
        ""  # the name of a folder below home/models or of a sentence-transformers model; empty: what is there
    )
    chunk_tokens: int = 220  # of the embedder's tokens; a 1.5B model reads passages of about 200 tokens best
    threads: int | None = None  # of the embedder; None leaves it to onnxruntime (all physical cores)
