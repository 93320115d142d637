"""An embedder's ONNX weights in 8 bits: about twice as fast on a CPU that can multiply them, nearly the same vectors.

The weights of all linear layers, each column with its own scale; embeddings, attention itself and normalisation stay as
they are. Quantised per tensor and everywhere, as onnxruntime does by default, one neighbour in six is another one.
Kept only where this machine's own trial says that it pays and that the vectors agree.
"""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from onnx import ModelProto

MIN_COSINE = 0.985  # of the worst of the trial's texts
MIN_GAIN = 1.2  # times as fast; below it the exact weights are kept
_ROUNDS = 5
# Sentences as papers have them, long enough to take time.
_TRIAL = (
    "The dominant sequence transduction models are based on complex recurrent or convolutional neural networks.",
    "We evaluate on 12 data sets and report the mean of five seeds; the standard deviation is below 0.3 points.",
    "Table 2: Ablation of the loss terms on the validation set. Lower is better for both metrics.",
    "In contrast to earlier work, no labels of the target domain are needed, neither for training nor for selection.",
    "A 45-year-old patient presented with a history of intermittent fever; blood cultures remained negative.",
    "Let f be a continuous function on a compact set K; then f attains its maximum, and the proof is elementary.",
    "All experiments ran on a single GPU with 24 GB of memory, a batch size of 64 and the Adam optimizer.",
    "Limitations. The corpus is in English, and annotators were students of one university in their second year.",
)


def quantize(exact: Path, target: Path) -> None:
    """Write the weights of the ONNX file `exact` in 8 bits to `target`. Raises what onnx and onnxruntime raise."""
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    model = onnx.load(exact)
    quantize_dynamic(
        model,
        target,
        weight_type=QuantType.QInt8,
        per_channel=True,
        op_types_to_quantize=["MatMul"],
        nodes_to_exclude=_of_two_activations(model),
    )


def pays(exact: Path, quantized: Path, tokenizer: Path) -> bool:
    """Whether the second file gives nearly the same vectors as the first on this machine, and gives them faster."""
    import onnxruntime
    from tokenizers import Tokenizer

    reader = Tokenizer.from_file(str(tokenizer))
    reader.enable_padding()
    read = reader.encode_batch([f"{text} {other}" for text in _TRIAL for other in _TRIAL[:2]])
    feeds = {
        "input_ids": np.array([each.ids for each in read], dtype=np.int64),
        "attention_mask": np.array([each.attention_mask for each in read], dtype=np.int64),
        "token_type_ids": np.array([each.type_ids for each in read], dtype=np.int64),
    }
    sessions = [onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"]) for path in (exact, quantized)]
    wanted = {each.name for each in sessions[0].get_inputs()}
    feeds = {name: values for name, values in feeds.items() if name in wanted}
    vectors: list[list[NDArray[np.float32]]] = [[], []]
    seconds: list[list[float]] = [[], []]
    for _ in range(_ROUNDS):  # in turn, so that other work on the machine slows both
        for row, session in enumerate(sessions):
            started = time.perf_counter()
            states = session.run(None, feeds)[0]
            seconds[row].append(time.perf_counter() - started)
            vectors[row] = [states[:, 0], (states * feeds["attention_mask"][..., None]).sum(axis=1)]
    cosines = [_cosines(a, b).min() for a, b in zip(*vectors, strict=True)]
    return bool(min(cosines) >= MIN_COSINE and min(seconds[0]) >= MIN_GAIN * min(seconds[1]))


def _of_two_activations(model: "ModelProto") -> Sequence[str]:
    """The products of attention, which have no weights."""
    weights = {each.name for each in model.graph.initializer}
    weights |= {node.output[0] for node in model.graph.node if node.op_type == "Constant"}
    return [node.name for node in model.graph.node if node.op_type == "MatMul" and not weights & set(node.input)]


def _cosines(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    return np.asarray((one * other).sum(axis=1) / lengths, dtype=np.float32)
