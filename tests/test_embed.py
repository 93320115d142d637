"""Embedders: unit vectors, the same text the same vector, the same weights the same through both libraries."""

import json
import shutil

import numpy as np
import onnx
import pytest
from onnx_to_sentence_transformers import convert

from index.embedding.embed import INT8, OnnxEmbedder, SentenceTransformersEmbedder, load_embedder
from index.embedding.files import TOKENIZER_FILES
from index.embedding.quantize import pays, quantize
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


@pytest.fixture(scope="module")
def in_8_bits(model_folder, tmp_path_factory):
    """The model's folder with a copy of its weights in 8 bits, as set-up makes it where that pays."""
    folder = tmp_path_factory.mktemp("eight") / model_folder.name
    shutil.copytree(model_folder, folder, ignore=shutil.ignore_patterns(INT8))
    (folder / INT8).mkdir()
    exact = next(folder.glob("*.onnx"))
    quantize(exact, folder / INT8 / exact.name)
    for name in TOKENIZER_FILES:
        shutil.copy(folder / name, folder / INT8 / name)
    manifest = json.loads((folder / "embedder.json").read_text())
    (folder / INT8 / "embedder.json").write_text(json.dumps({**manifest, "precision": INT8}))
    return folder


def test_8_bits_are_nearly_the_same_and_have_a_name_of_their_own(embedder, in_8_bits):
    small = OnnxEmbedder(in_8_bits)
    assert small.identity == f"{embedder.identity}-int8"
    texts = [text for text in TEXTS if len(text) > 1] + ["We use the Adam optimizer.", "Cats are mammals."]
    assert ((small.embed(texts) * embedder.embed(texts)).sum(axis=1) > 0.98).all()
    assert np.allclose(np.linalg.norm(small.embed(TEXTS), axis=1), 1, atol=1e-5)
    assert [len(each) for each in small.token_vectors(["hello world"])] == [2]


def test_8_bits_that_spoil_the_vectors_are_refused(model_folder, in_8_bits, tmp_path):
    exact, tokenizer = next(model_folder.glob("*.onnx")), model_folder / "tokenizer.json"
    spoiled = onnx.load(in_8_bits / INT8 / exact.name)
    weights = next(each for each in spoiled.graph.initializer if each.name.endswith("_quantized") and each.raw_data)
    weights.raw_data = bytes(len(weights.raw_data))
    onnx.save(spoiled, tmp_path / "spoiled.onnx")
    assert not pays(exact, tmp_path / "spoiled.onnx", tokenizer)
    assert not pays(exact, exact, tokenizer), "exact, and no faster"
