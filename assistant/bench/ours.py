"""This program as a system of the bench; its ablations are the same with other settings."""

import hashlib
import sqlite3
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, fields, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from assistant.bench.corpora import Corpus, TextCorpus, named_papers
from assistant.bench.systems import BenchError, Cited, GivenAnswer, GivenSentence, Hit, code_digest
from assistant.config.settings import Settings
from index.embedding.embed import Embedder, Vectors, load_embedder
from index.files.home import private_folder
from index.model.plain_text import Say
from index.model.records import Filters
from index.model.settings import IndexSettings
from index.search.searcher import Searcher, SearchSettings
from index.store.library import Library

if TYPE_CHECKING:
    from assistant.answering.records import Answer
    from assistant.llm.chat_model import ChatModel
    from index.store.vectors import VectorIndex

TOKEN_BYTES = 1_000_000_000  # of token vectors kept in memory
STEP = 32  # texts between two commits


class TokenVectors:
    """Token vectors by text, the oldest forgotten first."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Vectors] = OrderedDict()
        self._bytes = 0

    def get(self, text: str) -> Vectors | None:
        """What was kept, or None."""
        return self._kept.get(text)

    def put(self, text: str, vectors: Vectors) -> None:
        """Keeps the vectors of a text that is not there yet."""
        self._kept[text] = vectors
        self._bytes += vectors.nbytes
        while self._bytes > TOKEN_BYTES:
            self._bytes -= self._kept.popitem(last=False)[1].nbytes


@cache
def _token_vectors(identity: str) -> TokenVectors:
    """One for all systems of a process that use the same embedder."""
    return TokenVectors()


class RememberingEmbedder:
    """Gives what `embedder` gives. Use it for ranks, not for times: a text that was seen before costs nothing."""

    def __init__(self, embedder: Embedder, file: Path) -> None:
        private_folder(file.parent)
        self._embedder = embedder
        self.identity, self.dimension = embedder.identity, embedder.dimension
        self.multilingual, self.max_tokens = embedder.multilingual, embedder.max_tokens
        self._database = sqlite3.connect(file, timeout=60)
        self._database.execute("create table if not exists vectors(key blob primary key, vector blob) without rowid")
        self._tokens = _token_vectors(embedder.identity)

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Vectors of passages, (n, dimension), unit length."""
        found = np.zeros((len(texts), self.dimension), dtype=np.float32)
        keys = [self._key(text) for text in texts]
        missing = []
        for row, key in enumerate(keys):
            line = self._database.execute("select vector from vectors where key = ?", (key,)).fetchone()
            if line is None:
                missing.append(row)
            else:
                found[row] = np.frombuffer(line[0], dtype=np.float32)
        missing.sort(key=lambda row: len(texts[row]))  # one batch of like lengths wastes little padding
        for start in range(0, len(missing), STEP):
            rows = missing[start : start + STEP]
            found[rows] = self._embedder.embed([texts[row] for row in rows])
            with self._database:
                self._database.executemany(
                    "insert or ignore into vectors values (?, ?)", [(keys[row], found[row].tobytes()) for row in rows]
                )
        return found

    def embed_question(self, question: str) -> Vectors:
        """Vector of a question, (dimension,), unit length."""
        return self._embedder.embed_question(question)

    def token_vectors(self, texts: Sequence[str]) -> list[Vectors]:
        """For each text its token vectors, (tokens, dimension), unit length."""
        found = {text: self._tokens.get(text) for text in texts}
        missing = [text for text, vectors in found.items() if vectors is None]
        if missing:
            for text, vectors in zip(missing, self._embedder.token_vectors(missing), strict=True):
                found[text] = vectors
                self._tokens.put(text, vectors)
        return [vectors for vectors in map(found.get, texts) if vectors is not None]

    def count_tokens(self, text: str) -> int:
        """Tokens of a text, special tokens not included."""
        return self._embedder.count_tokens(text)

    def _key(self, text: str) -> bytes:
        return hashlib.sha256(f"{self.identity}\0{text}".encode("utf-8", "surrogatepass")).digest()


READING = (
    "index.reading.read_pdf",
    "index.ingest.split_paper",
    "index.embedding.embed",
    "index.store.library",
    "index.store.vectors",
)
ANSWERING = ("assistant.answering.answer", "index.search.searcher", *READING)

PRESETS = {
    "ours": SearchSettings(),
    "fused": SearchSettings(subject=0),
    "reranked": SearchSettings(max_sim=1),
    "dense": SearchSettings(lexical=0, subject=0),
    "lexical": SearchSettings(dense=0, subject=0),
}

ModelOf = Callable[[], "ChatModel"]


@dataclass(frozen=True)
class OurSystem:
    """This program with its settings; `remember` keeps vectors from one run to the next, which hides times.

    `embedder` stands in for the configured one; `model` gives the chat model, asked only when it is needed.
    """

    name: str
    product: Settings
    search: SearchSettings = PRESETS["ours"]
    remember: bool = True
    model: ModelOf | None = None
    embedder: Embedder | None = None

    def settings(self) -> dict[str, object]:
        """Search settings, chunks, embedder, and those of the answers."""
        product = self.product
        answers = {name: getattr(product, name) for name in ("passages", "num_ctx", "seed", "temperature")}
        own = {"embedder": self._embedder().identity, "chunk_tokens": product.chunk_tokens}
        return own | asdict(self.search) | (answers if self.model else {}) | {"code": self._code()}

    @contextmanager
    def open(self, corpus: Corpus, place: Path, say: Say) -> Iterator["OpenedOurs"]:
        """A library of the corpus below `place`; what a killed run left is completed."""
        from index.store.vectors import VectorIndex

        plain = self._embedder()
        key = hashlib.sha256(
            f"{corpus.digest} {plain.identity} {self.product.chunk_tokens} {code_digest(*READING)}".encode()
        ).hexdigest()[:12]
        folder = place / f"ours-{corpus.name}-{key}"
        with (
            closing(RememberingEmbedder(plain, place / "vectors.db")) as embedder,
            Library.open(folder) as library,
            closing(VectorIndex(folder / "vectors", plain.dimension)) as vectors,
        ):
            _fill(library, vectors, embedder, corpus, self.product.chunk_tokens, say)
            searcher = Searcher(library, vectors, embedder if self.remember else plain, self.search)
            text_spans = isinstance(corpus, TextCorpus)
            yield OpenedOurs(library, searcher, self.product.passages, self.model, text_spans)

    def _embedder(self) -> Embedder:
        return self.embedder or _loaded(self.product.index())

    def _code(self) -> str:
        return code_digest(*(ANSWERING if self.model else ("index.search.searcher", *READING)))


@cache
def _loaded(settings: IndexSettings) -> Embedder:
    """One model in memory for all systems that use it."""
    return load_embedder(settings)


def our_system(text: str, product: Settings, model: ModelOf | None = None) -> OurSystem:
    """A preset ("ours", "fused", "reranked" …) with settings behind a colon: `ours:rrf_k=20,reranked=48`.

    Settings are those of `SearchSettings`, and chunk_tokens, embedder and passages. Raises BenchError on others.
    """
    name, _, given = text.partition(":")
    kinds = {
        each.name: float if each.name in ("dense", "lexical", "max_sim", "subject") else int
        for each in fields(SearchSettings)
    }
    own: dict[str, object] = {}
    search = PRESETS.get(name)
    if search is None:
        raise BenchError(
            f"No system is called {name}. Give one of {', '.join(PRESETS)}, or --baseline for the starter."
        )
    for part in filter(None, given.split(",")):
        key, _, value = part.partition("=")
        try:
            if key in kinds:
                search = replace(search, **{key: kinds[key](value)})  # type: ignore[arg-type]
            else:
                own[key] = {"chunk_tokens": int, "passages": int, "embedder": str}[key](value)
        except (KeyError, ValueError):
            known = ", ".join([*kinds, "chunk_tokens", "embedder", "passages"])
            raise BenchError(f"{part} is no setting of a system. Give NAME=NUMBER with one of {known}.") from None
    return OurSystem(text, product.model_copy(update=own), search, remember=model is None, model=model)


@dataclass(frozen=True)
class OpenedOurs:
    """This program with a corpus in it."""

    library: Library
    searcher: Searcher
    passages: int
    model: ModelOf | None
    text_spans: bool

    def find(self, question: str, limit: int, paper: str | None = None) -> list[Hit]:
        """The best passages, best first; with a chat model a Chinese question is searched in English, too."""
        from assistant.answering.answer import Asker

        asked = Asker(self.searcher, self.model() if self.model else None).understood(question).wordings
        found = self.searcher.search(asked, limit, self._filters(paper)).passages
        return [
            Hit(self._name(each.paper.id), each.pages, each.text, each.span if self.text_spans else None)
            for each in found
        ]

    def answer(self, question: str, paper: str | None = None) -> GivenAnswer:
        """The product's answer, as its screens show it."""
        from assistant.answering.answer import Asker
        from assistant.answering.events import AnswerReady

        if self.model is None:
            raise BenchError("This system was opened to find only. Open it with a chat model.")
        asker, started = Asker(self.searcher, self.model(), self.passages), time.perf_counter()
        events = asker.answer(question, filters=self._filters(paper))
        answer = next(event.answer for event in events if isinstance(event, AnswerReady))
        return self._given(answer, time.perf_counter() - started)

    def _given(self, answer: "Answer", seconds: float) -> GivenAnswer:
        from assistant.answering.caveats import ONLY_CAPTION

        sentences = tuple(
            GivenSentence(
                sentence.text,
                tuple(
                    Cited(self._name(each.paper.id), each.pages, each.quote, self._stands(each.paper.id, each.quote))
                    for each in sentence.citations
                ),
            )
            for sentence in answer.sentences
        )
        invented = sum(not cited.stands for sentence in sentences for cited in sentence.cited)
        refused = answer.grounding.value == "refused"
        pointed = [sentence.reason for sentence in answer.sentences] == [ONLY_CAPTION]
        return GivenAnswer(answer.text, sentences, refused, invented, answer.invented_citations, seconds, pointed)

    def _name(self, paper_id: str) -> str:
        return self.library.record(paper_id).file

    def _stands(self, paper_id: str, quote: str) -> bool:
        return " ".join(quote.split()) in " ".join(self.library.paper(paper_id).text.split())

    def _filters(self, paper: str | None) -> Filters | None:
        if paper is None:
            return None
        known = self.library.by_file(paper)
        if known is None:
            raise BenchError(f"{paper} is not in the corpus: it could not be read. Ask about another paper.")
        return Filters(papers=frozenset([known.id]))


def _fill(
    library: Library, vectors: "VectorIndex", embedder: Embedder, corpus: Corpus, chunk_tokens: int, say: Say
) -> None:
    """Every paper of the corpus into the library under its name there, then all vectors into the index."""
    from index.ingest.split_paper import embedding_text, split_paper
    from index.store.vectors import sync_vectors

    with library.writing():
        known = {record.file for record in library.papers()}
        for row, (name, paper) in enumerate(named_papers(corpus, known, say), start=1):
            chunks = split_paper(paper, embedder, chunk_tokens)
            made = embedder.embed([embedding_text(paper, chunk.span, embedder) for chunk in chunks])
            digest = hashlib.sha256(f"{name}\0{paper.text}".encode("utf-8", "surrogatepass")).hexdigest()
            library.put(paper, chunks, made, file=name, sha256=digest, embedder=embedder.identity)
            if row % (500 if isinstance(corpus, TextCorpus) else 10) == 0:
                say(f"{corpus.name}: {row} papers read and embedded")
        sync_vectors(library, vectors)
