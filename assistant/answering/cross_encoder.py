"""How well a sentence answers a question, by a small cross-encoder of our own that reads both at once.

all-MiniLM-L6-v2, trained further on questions with the sentences that answer them and with sentences beside the point;
`scripts/cross_encoder` trains it, and the card beside its weights says on what and how well. English only.
"""

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

FOLDER = Path(__file__).parent / "cross_encoder_files"
MAX_TOKENS = 160  # of a question and a sentence together; of what is longer the end is cut
_BATCH = 16
_KNOWN = 5_000  # scores that are kept


class CrossEncoder:
    """The weights of a folder, `model.onnx` and `tokenizer.json`, read when they are first needed."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder
        self._known: dict[tuple[str, str], float] = {}  # what is marked at once is numbered for a model next

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        """For each text the log-odds that it answers the question: above 0, more likely than not."""
        if len(self._known) > _KNOWN:
            self._known = {}
        known = self._known  # another thread may begin a new one
        new = sorted({text for text in texts if (question, text) not in known}, key=len)  # so that little is padded
        for start in range(0, len(new), _BATCH):
            batch = new[start : start + _BATCH]
            known |= zip([(question, text) for text in batch], self._read(question, batch), strict=True)
        return [known[question, text] for text in texts]

    def _read(self, question: str, texts: Sequence[str]) -> list[float]:
        read = self._tokenizer.encode_batch([(question, text) for text in texts])
        feeds = {
            "input_ids": np.array([each.ids for each in read], dtype=np.int64),
            "attention_mask": np.array([each.attention_mask for each in read], dtype=np.int64),
            "token_type_ids": np.array([each.type_ids for each in read], dtype=np.int64),
        }
        return [float(score) for score in self._session.run(["score"], feeds)[0]]

    @functools.cached_property
    def _tokenizer(self) -> "Tokenizer":
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(self._folder / "tokenizer.json"))
        tokenizer.enable_truncation(MAX_TOKENS)
        tokenizer.enable_padding()
        return tokenizer

    @functools.cached_property
    def _session(self) -> "InferenceSession":
        from onnxruntime import InferenceSession

        return InferenceSession(self._folder / "model.onnx", providers=["CPUExecutionProvider"])


@functools.cache
def packaged() -> CrossEncoder:
    """The cross-encoder that comes with the package; one for the whole process."""
    return CrossEncoder()
