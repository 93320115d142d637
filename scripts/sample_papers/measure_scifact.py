"""Measure the retrieval steps of the paper `two_legs.typ` on SciFact: its table is this program's output.

    export OMP_NUM_THREADS=1
    python scripts/sample_papers/measure_scifact.py SCIFACT_FOLDER MODEL.onnx TOKENIZER.json CACHE_FOLDER

SCIFACT_FOLDER holds `beir_corpus.jsonl`, `beir_queries.jsonl` and `qrels_test.tsv` (BEIR form). The token vectors of
the 5,183 abstracts are computed once, on one thread, and kept in CACHE_FOLDER (about 1.2 GB). Times are processor
times of one thread, so that other work on the machine does not count.
"""

import argparse
import json
import re
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnxruntime  # type: ignore[import-untyped]
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from index.embedding.embed import Vectors
from index.search.fusion import max_sim, reciprocal_rank_fusion
from index.search.searcher import CANDIDATES, RERANKED
from index.store.fulltext import match_expression

INSTRUCTION = "Represent this sentence for searching relevant passages: "  # of the BGE model card, question side only
BATCH = 16
SHUFFLES = 10_000  # of the paired randomisation test

Ranking = list[int]


class Collection(NamedTuple):
    """Abstracts (title and text), questions, and for each question the rows of its relevant abstracts."""

    abstracts: list[str]
    questions: list[str]
    relevant: list[set[int]]


class TokenVectors(NamedTuple):
    """Unit token vectors of all abstracts, float16 (tokens, 384); abstract i owns rows offsets[i] to offsets[i+1].

    The first token of an abstract is [CLS], which is its dense vector; the last is [SEP].
    """

    vectors: NDArray[np.float16]
    offsets: NDArray[np.int64]


def read_collection(folder: Path) -> Collection:
    """The test split: questions in the order of the relevance file."""
    documents = [json.loads(line) for line in (folder / "beir_corpus.jsonl").open(encoding="utf-8")]
    row_of = {document["_id"]: row for row, document in enumerate(documents)}
    texts = {q["_id"]: q["text"] for q in map(json.loads, (folder / "beir_queries.jsonl").open(encoding="utf-8"))}
    relevant: dict[str, set[int]] = {}
    for line in (folder / "qrels_test.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        question, document, grade = line.split("\t")
        if int(grade) > 0:
            relevant.setdefault(question, set()).add(row_of[document])
    abstracts = [f"{document['title']} {document['text']}".strip() for document in documents]
    return Collection(abstracts, [texts[question] for question in relevant], list(relevant.values()))


class Encoder:
    """bge-small-en-v1.5 on one thread; every token's last hidden state, scaled to unit length."""

    def __init__(self, model: Path, tokenizer: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        self.tokenizer = Tokenizer.from_file(str(tokenizer))
        self.tokenizer.enable_truncation(512)
        self.tokenizer.no_padding()

    def encode(self, texts: list[str]) -> list[Vectors]:
        """One array (tokens, 384) a text, [CLS] first and [SEP] last; computed longest first to waste no padding."""
        encodings = self.tokenizer.encode_batch(texts)
        order = sorted(range(len(texts)), key=lambda row: -len(encodings[row].ids))
        found: dict[int, Vectors] = {}
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            for row, vectors in zip(rows, self._run([encodings[row] for row in rows]), strict=True):
                found[row] = vectors
            if start % (BATCH * 20) == 0 and len(texts) > 1000:
                print(f"  encoded {start:5d} of {len(texts)}", flush=True)
        return [found[row] for row in range(len(texts))]

    def _run(self, encodings: list[Encoding]) -> list[Vectors]:
        longest = max(len(encoding.ids) for encoding in encodings)
        ids = np.zeros((len(encodings), longest), np.int64)
        mask = np.zeros_like(ids)
        for row, encoding in enumerate(encodings):
            ids[row, : len(encoding.ids)] = encoding.ids
            mask[row, : len(encoding.ids)] = 1
        inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        states = self.session.run(["last_hidden_state"], inputs)[0]
        states /= np.linalg.norm(states, axis=-1, keepdims=True)
        return [states[row, : len(encoding.ids)] for row, encoding in enumerate(encodings)]


def abstract_vectors(encoder: Encoder, abstracts: list[str], cache: Path) -> TokenVectors:
    """From the cache, or computed and kept; prints the seconds it took."""
    if not (cache / "vectors.npy").exists():
        start = time.process_time()
        parts = encoder.encode(abstracts)
        seconds = time.process_time() - start
        lengths = np.array([len(part) for part in parts])
        np.save(cache / "offsets.npy", np.concatenate([[0], np.cumsum(lengths)]))
        np.save(cache / "vectors.npy", np.concatenate(parts).astype(np.float16))
        (cache / "seconds.txt").write_text(f"{seconds:.1f}\n")
    offsets = np.load(cache / "offsets.npy")
    lengths = np.diff(offsets)
    print("seconds to encode the abstracts:", (cache / "seconds.txt").read_text().strip())
    print(f"tokens: mean {lengths.mean():.1f}, median {np.median(lengths):.0f}, cut at 512: {(lengths == 512).sum()}")
    return TokenVectors(np.load(cache / "vectors.npy"), offsets)


def lexical_rankings(collection: Collection, tokenize: str, expression: Callable[[str], str]) -> list[Ranking]:
    """SQLite FTS5, one column, its built-in bm25() with the built-in constants."""
    database = sqlite3.connect(":memory:")
    database.execute(f"create virtual table abstracts using fts5(text, tokenize = '{tokenize}')")
    database.executemany("insert into abstracts(rowid, text) values (?, ?)", enumerate(collection.abstracts))
    rankings, start = [], time.process_time()
    for question in collection.questions:
        rows = database.execute(
            "select rowid from abstracts where abstracts match ? order by rank, rowid limit ?",
            (expression(question), CANDIDATES),
        )
        rankings.append([row for (row,) in rows])
    report_time(f"lexical leg, {tokenize}", start, len(rankings))
    return rankings


def every_word(question: str) -> str:
    """The plain query: every word of the question, joined by OR."""
    return " OR ".join(f'"{word}"' for word in dict.fromkeys(re.findall(r"\w+", question.lower())))


def dense_rankings(questions: list[Vectors], abstracts: TokenVectors) -> list[Ranking]:
    """Exact search: the inner product of the [CLS] vectors."""
    matrix = abstracts.vectors[abstracts.offsets[:-1]].astype(np.float32)
    start = time.process_time()
    rankings = [np.argsort(-(matrix @ question[0]), kind="stable")[:CANDIDATES].tolist() for question in questions]
    report_time("dense leg, exact search, without encoding the question", start, len(rankings))
    return rankings


def fuse(*legs: list[Ranking]) -> list[Ranking]:
    """The product's reciprocal rank fusion, question by question."""
    return [best_first(reciprocal_rank_fusion(rankings)) for rankings in zip(*legs, strict=True)]


def max_sim_rankings(fused: list[Ranking], questions: list[Vectors], abstracts: TokenVectors) -> list[Ranking]:
    """The first 24 of each fused ranking by the product's MaxSim, token vectors without [CLS] and [SEP]."""
    rankings, start = [], time.process_time()
    for ranking, question in zip(fused, questions, strict=True):
        scores = {}
        for row in ranking[:RERANKED]:
            first, last = abstracts.offsets[row] + 1, abstracts.offsets[row + 1] - 1
            scores[row] = max_sim(question[1:-1], abstracts.vectors[first:last].astype(np.float32))
        rankings.append(best_first(scores))
    report_time(f"MaxSim over {RERANKED}, without encoding them", start, len(rankings))
    return rankings


def fuse_third(lexical: list[Ranking], dense: list[Ranking], third: list[Ranking]) -> list[Ranking]:
    """The product's last step: the two legs and MaxSim as three rankings of the same 24."""
    return [
        best_first(reciprocal_rank_fusion(rankings, among=rankings[2]))
        for rankings in zip(lexical, dense, third, strict=True)
    ]


def best_first(scores: dict[int, float]) -> Ranking:
    """The keys, best score first, ties by their order."""
    return sorted(scores, key=lambda row: -scores[row])


def scores_of(rankings: list[Ranking], relevant: list[set[int]]) -> dict[str, NDArray[np.float64]]:
    """Per question: nDCG@10 (binary gains), reciprocal rank within 10, recall in 10 and in 24."""
    names = ("nDCG@10", "MRR@10", "R@10", "R@24")
    table = np.zeros((len(rankings), len(names)))
    for line, (ranking, gold) in enumerate(zip(rankings, relevant, strict=True)):
        ranks = [rank for rank, row in enumerate(ranking, start=1) if row in gold]
        ideal = sum(1 / np.log2(1 + rank) for rank in range(1, min(len(gold), 10) + 1))
        table[line, 0] = sum(1 / np.log2(1 + rank) for rank in ranks if rank <= 10) / ideal
        table[line, 1] = 1 / ranks[0] if ranks and ranks[0] <= 10 else 0.0
        table[line, 2] = sum(rank <= 10 for rank in ranks) / len(gold)
        table[line, 3] = sum(rank <= 24 for rank in ranks) / len(gold)
    return {name: table[:, column] for column, name in enumerate(names)}


def chance_of_difference(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Two-sided p of a paired randomisation test: signs of the differences flipped 10,000 times, seed 0."""
    difference = a - b
    signs = np.random.default_rng(0).choice([-1.0, 1.0], size=(SHUFFLES, len(difference)))
    beyond = np.abs(signs @ difference) >= abs(difference.sum()) - 1e-12
    return float((beyond.sum() + 1) / (SHUFFLES + 1))


def report_time(what: str, start: float, number: int) -> None:
    """Milliseconds of processor time a question."""
    print(f"time: {what}: {1000 * (time.process_time() - start) / number:.2f} ms a question")


def report(runs: dict[str, list[Ranking]], relevant: list[set[int]]) -> None:
    """The table of the paper, and p for neighbours that the text compares."""
    scores = {name: scores_of(rankings, relevant) for name, rankings in runs.items()}
    for name, measures in scores.items():
        print(f"{name:40s}", "  ".join(f"{measure} {values.mean():.3f}" for measure, values in measures.items()))
    names = list(scores)
    for i, a in enumerate(names):
        for b in names[i + 1 :]:
            first, second = scores[a]["nDCG@10"], scores[b]["nDCG@10"]
            better, worse = (second > first + 1e-9).sum(), (second < first - 1e-9).sum()
            print(f"  {b} against {a}: {second.mean() - first.mean():+.3f} nDCG@10,", end=" ")
            print(f"better on {better}, worse on {worse}, p {chance_of_difference(first, second):.4f}")


def main() -> None:
    """Read, encode, rank, report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("scifact", "model", "tokenizer", "cache"):
        parser.add_argument(name, type=Path)
    options = parser.parse_args()
    options.cache.mkdir(parents=True, exist_ok=True)
    collection = read_collection(options.scifact)
    print(len(collection.abstracts), "abstracts,", len(collection.questions), "questions")
    encoder = Encoder(options.model, options.tokenizer)
    abstracts = abstract_vectors(encoder, collection.abstracts, options.cache)
    start = time.process_time()
    plain = [encoder.encode([question])[0] for question in collection.questions]
    report_time("encoding the question, one at a time", start, len(plain))
    instructed = [encoder.encode([INSTRUCTION + question])[0] for question in collection.questions]
    plain_lexical = lexical_rankings(collection, "unicode61", every_word)
    lexical = lexical_rankings(collection, "porter unicode61 remove_diacritics 2", match_expression)
    dense = dense_rankings(instructed, abstracts)
    fused = fuse(dense, lexical)
    third = max_sim_rankings(fused, plain, abstracts)
    runs = {
        "BM25, every word, no stems": plain_lexical,
        "lexical leg": lexical,
        "dense without instruction": dense_rankings(plain, abstracts),
        "dense leg": dense,
        "fused": fused,
        "24 in the order of MaxSim alone": third,
        "24 fused with MaxSim": fuse_third(dense, lexical, third),
    }
    report(runs, collection.relevant)


if __name__ == "__main__":
    main()
