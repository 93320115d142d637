"""Train the cross-encoder that tells how well a sentence answers a question, and write it as ONNX.

    uv sync --all-extras
    python scripts/cross_encoder/train.py BASE OUT --squad FILE ... --selqa FILE ... --authored FILE ... --papers DIR

BASE is a folder with all-MiniLM-L6-v2, OUT gets model.onnx (24 MB) and tokenizer.json. Word embeddings stay as they
are. The loss of a question is that of a choice among its sentences and "none of them", whose score is 0, and half of
that of each sentence by itself, so that scores of different questions compare. An hour on one core.
"""

import argparse
import random
import sys
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from scripts.cross_encoder.groups import Group, authored, selqa, squad

MAX_TOKENS = 112
BESIDE = 5  # sentences beside the point that a question has in one step
ANSWERS = 3  # at most, in one step
QUESTIONS = 8  # of a step
RATE = 6e-5
TIMES_AUTHORED = 3  # questions about papers count so often
NAMED = 0.7  # how often a sentence has the title before it, as the product gives it
SMALL = 10_000  # weights that are not worth a scale
INPUTS = ("input_ids", "attention_mask", "token_type_ids")


class Trainer:
    """The model, its tokenizer and the dice."""

    def __init__(self, base: Path, seed: int = 1) -> None:
        torch.manual_seed(seed)
        self.dice = random.Random(seed)
        self.tokenizer = AutoTokenizer.from_pretrained(base)
        self.model = AutoModelForSequenceClassification.from_pretrained(base, num_labels=1, attn_implementation="eager")
        for weights in self.model.bert.embeddings.parameters():
            weights.requires_grad = False

    def train(self, groups: Sequence[Group]) -> None:
        """One pass over the groups; the rate rises for a sixteenth of the steps, and then falls to nothing."""
        trained = [weights for weights in self.model.parameters() if weights.requires_grad]
        optimizer = torch.optim.AdamW(trained, lr=RATE, weight_decay=0.01)
        order = self.dice.sample(list(groups), len(groups))
        steps = len(order) // QUESTIONS
        self.model.train()
        for step in range(steps):
            for each in optimizer.param_groups:
                each["lr"] = RATE * min((step + 1) / (steps / 16), 1.0) * (1 - step / steps)
            loss = self._loss(order[step * QUESTIONS : (step + 1) * QUESTIONS])
            loss.backward()
            nn.utils.clip_grad_norm_(trained, 1.0)
            optimizer.step()
            optimizer.zero_grad()
            if step % 50 == 0:
                print(f"step {step} of {steps}, loss {loss.item():.3f}", flush=True)

    def _loss(self, groups: Sequence[Group]) -> torch.Tensor:
        drawn = [self._drawn(group) for group in groups]
        scores = self._scores([pair for pairs, _ in drawn for pair in pairs])
        total = torch.zeros(())
        for own, (_, labels) in zip(scores.split([len(pairs) for pairs, _ in drawn]), drawn, strict=True):
            answers = torch.tensor(labels)
            choices = torch.cat([own, torch.zeros(1)])
            right = torch.logsumexp(own[answers], 0) if answers.any() else choices[-1]
            each = nn.functional.binary_cross_entropy_with_logits(own, answers.float())
            total = total + torch.logsumexp(choices, 0) - right + 0.5 * each
        return total / len(groups)

    def _drawn(self, group: Group) -> tuple[list[tuple[str, str]], list[bool]]:
        answers = [sentence for sentence, answer in group.sentences if answer]
        beside = [sentence for sentence, answer in group.sentences if not answer]
        answers = self.dice.sample(answers, min(ANSWERS, len(answers)))
        beside = self.dice.sample(beside, min(BESIDE, len(beside)))
        title = group.title.partition(":")[0].strip()[:60]
        named = [f"({title}) {each}" if title and self.dice.random() < NAMED else each for each in answers + beside]
        return [(group.question, each) for each in named], [True] * len(answers) + [False] * len(beside)

    def _scores(self, pairs: Sequence[tuple[str, str]], batch: int = 16) -> torch.Tensor:
        read = self.tokenizer([one for one, _ in pairs], [two for _, two in pairs], truncation="only_second",
                              max_length=MAX_TOKENS)  # fmt: skip
        order = sorted(range(len(pairs)), key=lambda row: len(read["input_ids"][row]))  # so that little is padded
        found = []
        for start in range(0, len(order), batch):
            rows = order[start : start + batch]
            padded = self.tokenizer.pad({name: [read[name][row] for row in rows] for name in read}, return_tensors="pt")
            with torch.autocast("cpu", torch.bfloat16):
                found.append(self.model(**padded).logits.float().squeeze(-1))
        back = torch.empty(len(order), dtype=torch.long)
        back[torch.tensor(order)] = torch.arange(len(order))
        return torch.cat(found)[back]


class Scorer(nn.Module):
    """The model as ONNX has it: a mask that is added, one score a pair."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor, types: torch.Tensor) -> torch.Tensor:
        """The scores of a batch of pairs."""
        mask = (1.0 - attention_mask[:, None, None, :].float()) * -1e4
        states = self.model.bert.embeddings(input_ids=input_ids, token_type_ids=types)
        for layer in self.model.bert.encoder.layer:
            states = layer(states, mask)
            states = states[0] if isinstance(states, tuple) else states
        scores: torch.Tensor = self.model.classifier(self.model.bert.pooler(states))[:, 0]
        return scores


def export(trainer: Trainer, out: Path) -> None:
    """Write model.onnx, linear layers and word embeddings in 8 bits, and tokenizer.json."""
    out.mkdir(parents=True, exist_ok=True)
    read = trainer.tokenizer(["Why?", "What is it?"], ["Because of that.", "It is this."], padding=True,
                             return_tensors="pt")  # fmt: skip
    torch.onnx.export(
        Scorer(trainer.model).eval(), tuple(read[name] for name in INPUTS), str(out / "exact.onnx"),
        input_names=list(INPUTS), output_names=["score"], opset_version=17, dynamo=False,
        dynamic_axes={**{name: {0: "pairs", 1: "tokens"} for name in INPUTS}, "score": {0: "pairs"}},
    )  # fmt: skip
    model = onnx.load(out / "exact.onnx")
    store_in_8_bits(model)
    onnx.checker.check_model(model)
    onnx.save(model, out / "model.onnx")
    (out / "exact.onnx").unlink()
    trainer.tokenizer.backend_tokenizer.save(str(out / "tokenizer.json"))


def store_in_8_bits(model: onnx.ModelProto) -> None:
    """Keep the weights of linear layers (a scale a column) and of embeddings (a scale a row) in 8 bits in the file.

    What is computed stays in 32 bits, so that scores are the same on every machine and beside whatever else is scored:
    the products with the scales are made once, when the file is loaded, but for embeddings, which are read by rows.
    """
    graph = model.graph
    weights = {each.name: each for each in graph.initializer}
    for node in list(graph.node):
        table, axis = (0, 1) if node.op_type == "Gather" else (1, 0)
        if node.op_type not in ("MatMul", "Gather") or node.input[table] not in weights:
            continue
        kept = weights[node.input[table]]
        exact = numpy_helper.to_array(kept)
        if exact.ndim != 2 or exact.size < SMALL:
            continue
        scales = np.maximum(np.abs(exact).max(axis=axis, keepdims=True), 1e-12).astype(np.float32) / 127
        name = kept.name
        if name in [each.name for each in graph.initializer]:
            graph.initializer.remove(kept)
            graph.initializer.append(numpy_helper.from_array(np.round(exact / scales).astype(np.int8), f"{name}.int8"))
            graph.initializer.append(numpy_helper.from_array(scales, f"{name}.scales"))
        _read_scaled(graph, node, table, name)


def _read_scaled(graph: onnx.GraphProto, node: onnx.NodeProto, table: int, name: str) -> None:
    at, own = list(graph.node).index(node), node.output[0]
    if node.op_type == "Gather":
        ids = node.input[1]
        made = [
            helper.make_node("Gather", [f"{name}.int8", ids], [f"{own}.read"]),
            helper.make_node("Cast", [f"{own}.read"], [f"{own}.float"], to=TensorProto.FLOAT),
            helper.make_node("Gather", [f"{name}.scales", ids], [f"{own}.scales"]),
            helper.make_node("Mul", [f"{own}.float", f"{own}.scales"], [own]),
        ]
        graph.node.remove(node)
    else:
        made = [
            helper.make_node("Cast", [f"{name}.int8"], [f"{own}.float"], to=TensorProto.FLOAT),
            helper.make_node("Mul", [f"{own}.float", f"{name}.scales"], [f"{own}.weights"]),
        ]
        node.input[table] = f"{own}.weights"
    for place, each in enumerate(made):
        graph.node.insert(at + place, each)


def main() -> None:
    """Read the groups, train, export."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base", type=Path)
    parser.add_argument("out", type=Path)
    for form in ("squad", "selqa", "authored"):
        parser.add_argument(f"--{form}", type=Path, nargs="*", default=[])
    parser.add_argument("--papers", type=Path, help="the folder of the papers that --authored asks about")
    asked = parser.parse_args()
    dice = random.Random(7)
    read: Iterator[Group] = chain(
        chain.from_iterable(squad(file, dice) for file in asked.squad),
        chain.from_iterable(selqa(file, dice) for file in asked.selqa),
    )
    own = list(chain.from_iterable(authored(file, asked.papers, dice) for file in asked.authored))
    trainer = Trainer(asked.base)
    trainer.train([*read, *own * TIMES_AUTHORED])
    export(trainer, asked.out)


if __name__ == "__main__":
    main()
