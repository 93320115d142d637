"""The weights of a BERT in ONNX as a sentence-transformers folder, so that one set of weights tests both embedders."""

import json
import shutil
from pathlib import Path

import numpy as np


def convert(folder: Path, target: Path) -> Path:
    """Writes `target` from a folder that `OnnxEmbedder` loads.

    A dense layer's weight is stored transposed and unnamed in ONNX: its name is that of the MatMul node that uses it.
    """
    from safetensors.numpy import save_file

    target.mkdir(parents=True)
    weights = _weights(folder / "model_optimized.onnx")
    save_file({name: np.ascontiguousarray(value) for name, value in weights.items()}, target / "model.safetensors")
    vocabulary, hidden = weights["embeddings.word_embeddings.weight"].shape
    manifest = json.loads((folder / "embedder.json").read_text())
    _write(target / "config.json", _config(weights, vocabulary, hidden))
    shutil.copy(folder / "tokenizer.json", target / "tokenizer.json")
    shutil.copy(folder / "tokenizer_config.json", target / "tokenizer_config.json")
    kinds = ("Transformer", "Pooling", "Normalize")
    paths = ("", "1_Pooling", "2_Normalize")
    _write(
        target / "modules.json",
        [
            {"idx": row, "name": str(row), "path": path, "type": f"sentence_transformers.models.{kind}"}
            for row, (kind, path) in enumerate(zip(kinds, paths, strict=True))
        ],
    )
    for path in paths[1:]:
        (target / path).mkdir()
    cls = manifest["pooling"] == "cls"
    _write(
        target / "1_Pooling" / "config.json",
        {"word_embedding_dimension": hidden, "pooling_mode_cls_token": cls, "pooling_mode_mean_tokens": not cls},
    )
    _write(target / "sentence_bert_config.json", {"max_seq_length": manifest["max_tokens"], "do_lower_case": True})
    return target


def _weights(path: Path) -> dict[str, np.ndarray]:
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(str(path)).graph
    values = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    named = {name: value for name, value in values.items() if name.startswith(("embeddings.", "encoder.", "pooler."))}
    for node in graph.node:
        used = [name for name in node.input if name in values]
        if node.op_type == "MatMul" and used:
            layer = node.name.strip("/").rsplit("/MatMul", 1)[0].replace("/", ".")
            named[f"{layer}.weight"] = values[used[0]].T
    named.pop("embeddings.position_ids", None)
    return named


def _config(weights: dict[str, np.ndarray], vocabulary: int, hidden: int) -> dict[str, object]:
    layers = {name.split(".")[2] for name in weights if name.startswith("encoder.layer.")}
    return {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "hidden_size": hidden,
        "num_hidden_layers": len(layers),
        "num_attention_heads": hidden // 32,
        "intermediate_size": weights["encoder.layer.0.intermediate.dense.weight"].shape[0],
        "vocab_size": vocabulary,
        "max_position_embeddings": weights["embeddings.position_embeddings.weight"].shape[0],
        "type_vocab_size": 2,
        "hidden_act": "gelu",
        "layer_norm_eps": 1e-12,
        "pad_token_id": 0,
    }


def _write(path: Path, value: object) -> None:
    path.write_text(json.dumps(value))
