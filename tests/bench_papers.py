"""Three short papers as text, questions about them, and an embedder of words: small enough to embed in no time."""

import zlib

import numpy as np

from assistant.bench.corpora import TextCorpus, paged_paper
from assistant.bench.questions import BenchQuestion

TREES = "Trees in the northern forest grow slowly because the winters are long and dark."
TREE_AGE = "The oldest tree that we measured has 412 rings, counted under a microscope."
ENGINES = "Diesel engines of ships burn heavy oil at 500 degrees in two strokes."
BREAD = "Bread rises because yeast turns sugar into gas, which the dough holds."

CORPUS = TextCorpus(
    "made",
    (
        paged_paper("trees", "On trees", [TREES, TREE_AGE]),
        paged_paper("engines", "On engines", [ENGINES]),
        paged_paper("bread", "On bread", [BREAD]),
    ),
)

QUESTIONS = [
    BenchQuestion(
        "q-age",
        "How many rings has the oldest tree that was measured?",
        "trees",
        "text/table",
        True,
        answers=("412",),
        pages=frozenset([2]),
    ),
    BenchQuestion("q-heat", "At how many degrees do ships burn oil?", "engines", "ARAGOG", False, answers=("500",)),
    BenchQuestion("q-none", "Who painted the ceiling of the chapel?", "bread", "none", True, answerable=False),
]


class WordEmbedder:
    """Vectors of counted words, by their hashes."""

    identity, dimension, multilingual, max_tokens = "words-64", 64, False, 256

    def __init__(self):
        self.embedded = 0

    def embed(self, texts):
        self.embedded += len(texts)
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in self._words(text):
                vectors[row, zlib.crc32(word.encode()) % self.dimension] += 1
        return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)

    def embed_question(self, question):
        return self.embed([question])[0]

    def token_vectors(self, texts):
        return [self.embed(self._words(text) or [text]) for text in texts]

    def count_tokens(self, text):
        return len(self._words(text))

    def _words(self, text):
        return [word.strip(".,?").casefold() for word in text.split()]
