"""Embedders: unit vectors, the same text the same vector, the same weights the same through both libraries."""

import json

import numpy as np
import pytest
from onnx_to_sentence_transformers import convert

from index.embedding.embed import OnnxEmbedder, SentenceTransformersEmbedder, load_embedder
from index.model.errors import EmbedderMissing, ExtraMissing
from index.model.settings import IndexSettings

TEXTS = [
    "The Transformer relies entirely on self-attention.",
    "x",
    "注意力机制",
    "Dropout is applied to the output of each sub-layer. " * 30,
    "",
]


def test_vectors_have_unit_length_and_do_not_depend_on_the_batch(embedder):
    together = embedder.embed(TEXTS)
    assert together.shape == (len(TEXTS), embedder.dimension) and together.dtype == np.float32
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    for row, text in enumerate(TEXTS):
        assert np.allclose(embedder.embed([text])[0], together[row], atol=1e-5)
    assert np.array_equal(embedder.embed(TEXTS), together)
    assert embedder.embed([]).shape == (0, embedder.dimension)


def test_a_question_is_nearest_to_the_text_that_answers_it(embedder):
    passages = embedder.embed(["We use the Adam optimizer.", "Cats are mammals.", "The encoder has six layers."])
    assert int(np.argmax(passages @ embedder.embed_question("Which optimizer was used?"))) == 0


def test_token_vectors_are_one_a_token(embedder):
    texts = ["hello world", "a much longer text than that"]
    vectors = embedder.token_vectors(texts)
    assert [len(each) for each in vectors] == [embedder.count_tokens(text) for text in texts]
    assert all(np.allclose(np.linalg.norm(each, axis=1), 1, atol=1e-4) for each in vectors)


def test_a_missing_embedder_says_how_to_get_it(tmp_path):
    with pytest.raises(EmbedderMissing, match="papers setup"):
        load_embedder(IndexSettings(tmp_path))
    with pytest.raises(EmbedderMissing, match="papers setup"):
        load_embedder(IndexSettings(tmp_path, embedder="bge-small-en-v1.5"))


def test_a_model_that_needs_the_extra_names_the_command(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "sentence_transformers", None)  # as it is without the extra
    with pytest.raises(ExtraMissing, match="--extra sentence-transformers"):
        load_embedder(IndexSettings(tmp_path, embedder="intfloat/multilingual-e5-small"))


def test_the_embedder_that_is_there_is_loaded(home, model_folder):
    found = load_embedder(IndexSettings(home))
    assert isinstance(found, OnnxEmbedder)
    assert found.identity.startswith(json.loads((model_folder / "embedder.json").read_text())["name"])


@pytest.mark.slow
def test_the_same_weights_give_the_same_vectors(tmp_path, model_folder, embedder):
    """Through ONNX and, converted, through sentence-transformers: cosine at least 0.999, tokens and passages."""
    pytest.importorskip("sentence_transformers", reason="the extra is not installed: uv sync --all-extras")
    other = SentenceTransformersEmbedder(str(convert(model_folder, tmp_path / "converted")))
    texts = [text for text in TEXTS if text]
    assert (embedder.embed(texts) * other.embed(texts)).sum(axis=1).min() >= 0.999
    for ours, theirs in zip(embedder.token_vectors(texts), other.token_vectors(texts), strict=True):
        assert (ours * theirs).sum(axis=1).min() >= 0.999
    assert other.dimension == embedder.dimension and other.max_tokens == embedder.max_tokens
    assert [other.count_tokens(text) for text in texts] == [embedder.count_tokens(text) for text in texts]
