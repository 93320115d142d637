"""The LlamaIndex starter as a system of the bench: what most people build first, with its own defaults.

SimpleDirectoryReader with its own PDF reader, SentenceSplitter 1024/20, all-MiniLM-L6-v2, Chroma, top k; answers come
from CitationQueryEngine. Two things are set for it, as without them it would be crippled here: pages are counted, since
its reader gives page labels ("i", "6902"); and its model reads as large a window as ours does.
"""

import hashlib
import json
import re
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from assistant.bench.corpora import Corpus, PdfCorpus, TextCorpus
from assistant.bench.ours import RememberingEmbedder
from assistant.bench.systems import (
    BenchError,
    Cited,
    GivenAnswer,
    GivenSentence,
    Hit,
    code_digest,
    needs_extra,
    versions,
)
from index.embedding.embed import MANIFEST, Embedder, OnnxEmbedder, SentenceTransformersEmbedder
from index.model.paper import Span
from index.model.plain_text import Say
from index.store.vectors import chroma_settings, load_chroma
from index.structure.sentences import sentence_spans

if TYPE_CHECKING:
    from llama_index.core import Document, VectorStoreIndex
    from llama_index.core.base.base_query_engine import BaseQueryEngine
    from llama_index.core.base.base_retriever import BaseRetriever
    from llama_index.core.base.embeddings.base import BaseEmbedding
    from llama_index.core.llms import LLM
    from llama_index.core.schema import BaseNode, TextNode
    from llama_index.core.vector_stores.types import BasePydanticVectorStore

    from assistant.bench.ours import ModelOf
    from assistant.llm.chat_model import ModelSettings

_CITED = re.compile(
    r"\[\s*(?:sources?\s*)?(\d{1,3}(?:\s*,\s*(?:source\s*)?\d{1,3})*)\s*\]|\bsource\s+(\d{1,3})\b", re.IGNORECASE
)
_TOLD = (
    r"(?:provided|mentioned|specified|stated|given|available|discussed|addressed|described|answered|included|reported)"
)
_REFUSES = re.compile(
    r"empty response|\bi(?:['’]m| am) sorry|\bi (?:do not|don['’]t) (?:know|have)"
    r"|\b(?:sources?|texts?|papers?|contexts?|information|documents?|passages?|authors?|excerpts?|articles?)\b[^.]{0,60}?"
    r"\b(?:do|does|did)(?: not|n['’]t)\s+(?:\w+\s+){0,3}?"
    r"(?:provide|mention|contain|specify|include|discuss|address|state|give|answer|describe|explain|say|indicate|report|help)"
    rf"|\b(?:is|are|was|were)(?: not|n['’]t)\s+(?:\w+\s+){{0,2}}?{_TOLD}"
    r"|\b(?:cannot|can['’]t|unable to|not possible to)\s+(?:be\s+)?(?:\w+ly\s+)?"
    r"(?:determine|answer|find|provide|say|tell|identify|confirm)"
    r"|\bno (?:\w+ )?(?:information|mention|answer|details)\b|\bnone of the (?:\w+ )?sources\b"
    r"|\b(?:not enough|not sufficient|insufficient) (?:information|context)",
    re.IGNORECASE,
)
_HEAD = re.compile(r"^\s*Source \d+:\s*")


def cited_answer(engine: "BaseQueryEngine", question: str, hit_of: Callable[["BaseNode"], Hit]) -> GivenAnswer:
    """Asks the engine; the sources that a sentence cites are taken whole, as the engine gives no smaller span."""
    started = time.perf_counter()
    response = engine.query(question)
    seconds = time.perf_counter() - started
    sources = [(hit_of(each.node), _HEAD.sub("", each.node.get_content())) for each in response.source_nodes]
    return read_answer(str(response), sources, seconds)


def read_answer(text: str, sources: Sequence[tuple[Hit, str]], seconds: float) -> GivenAnswer:
    """The answer in `text`, whose citations are the places of `sources`, from 1."""
    sentences, invented = [], 0
    for sentence in _sentences(text):
        numbers = _numbers(sentence)
        invented += sum(not 1 <= number <= len(sources) for number in numbers)
        cited = [sources[number - 1] for number in numbers if 1 <= number <= len(sources)]
        bare = " ".join(_CITED.sub(" ", sentence).split())
        sentences.append(GivenSentence(bare, tuple(Cited(hit.paper, hit.pages, part, True) for hit, part in cited)))
    return GivenAnswer(text.strip(), tuple(sentences), refuses(text), invented, 0, seconds)


def refuses(text: str) -> bool:
    """Whether an answer says, in its first two sentences, that the sources do not answer.

    >>> refuses("The sources do not provide the number of layers."), refuses("It has 12 layers [1].")
    (True, False)
    """
    return not text.strip() or bool(_REFUSES.search(" ".join(_sentences(text)[:2])))


def _sentences(text: str) -> list[str]:
    """Sentences; a citation that stands alone behind the full stop belongs to the sentence before it."""
    found: list[str] = []
    for span in sentence_spans(text):
        part = text[span.start : span.end].strip()
        lead = re.match(r"(?:\s*+\[[^\]]*+\]\s*+[.,;]?+)++", part)
        if lead and found:
            found[-1] += f" {lead.group().strip()}"
            part = part[lead.end() :].strip()
        if part:
            found.append(part)
    return found


def _numbers(sentence: str) -> list[int]:
    found = [
        int(n) for match in _CITED.finditer(sentence) for n in re.findall(r"\d+", match.group(1) or match.group(2))
    ]
    return list(dict.fromkeys(found))


Starts = dict[str, tuple[str, int, int | None]]

CHUNK_TOKENS, OVERLAP = 1024, 20
ANSWER_PASSAGES = 3  # similarity_top_k of the citation engine's documentation
SECONDS = 1800.0  # for a whole answer: its engine does not stream, so that our limit of silence would end slow answers
MODEL = "all-MiniLM-L6-v2"
PACKAGES = (
    "llama-index-core",
    "llama-index-readers-file",
    "pypdf",
    "llama-index-vector-stores-chroma",
    "llama-index-llms-ollama",
    "chromadb",
)


def starter_embedder(folder: Path | None, home: Path, threads: int | None = None) -> Embedder:
    """The embedder of the starter, from `folder` or from `home`/models. Raises BenchError where it is not there."""
    place = folder or home / "models" / MODEL
    if (place / MANIFEST).is_file():
        return OnnxEmbedder(place, threads)
    if (place / "modules.json").is_file():
        return SentenceTransformersEmbedder(str(place))
    raise BenchError(
        f"The starter's embedder {MODEL} is not in {place}. Fetch it with: papers setup --embedder {MODEL} (with "
        "PAPERS_HOME set to another folder, then give its folder with --baseline-embedder), or leave out --baseline."
    )


@dataclass(frozen=True)
class Starter:
    """The starter with an embedder, and with a chat model where it is to answer."""

    embedder: Embedder
    remember: bool = True
    model: "ModelOf | None" = None
    name: str = "starter"

    def settings(self) -> dict[str, object]:
        """Its embedder, its splitter and the versions of its parts."""
        answers: dict[str, object] = {}
        if self.model is not None:
            answers = {"answer_passages": ANSWER_PASSAGES, "code": code_digest("assistant.bench.starter")}
        splitter = {"chunk_tokens": CHUNK_TOKENS, "overlap": OVERLAP}
        return {"embedder": self.embedder.identity, **splitter, **answers, "versions": versions(*PACKAGES)}

    @contextmanager
    def open(self, corpus: Corpus, place: Path, say: Say) -> Iterator["OpenedStarter"]:
        """Its Chroma index of the corpus below `place`, made whole or not at all."""
        key = hashlib.sha256(f"{corpus.digest} {self.embedder.identity} {versions(*PACKAGES)}".encode()).hexdigest()[
            :12
        ]
        folder = place / f"starter-{corpus.name}-{key}"
        with closing(RememberingEmbedder(self.embedder, place / "vectors.db")) as embedder:
            if not (folder / "starts.json").is_file():
                shutil.rmtree(folder, ignore_errors=True)
                _make(folder, corpus, embedder, say)
            starts = json.loads((folder / "starts.json").read_text("utf-8"))
            index = _index(folder, embedder if self.remember else self.embedder)
            yield OpenedStarter(index, starts, self.model)


@dataclass(frozen=True)
class OpenedStarter:
    """The starter with a corpus in it. `starts` says of each of its documents: paper, page, offset in a text corpus."""

    index: "VectorStoreIndex"
    starts: Starts
    model: "ModelOf | None"

    def find(self, question: str, limit: int, paper: str | None = None) -> list[Hit]:
        """The nodes nearest to the question, best first."""
        nodes = self._retriever(limit, paper).retrieve(question)
        return [self._hit(each.node) for each in nodes]

    def answer(self, question: str, paper: str | None = None) -> GivenAnswer:
        """Its citation engine's answer, by the same model with the same settings as ours."""
        from llama_index.core.query_engine import CitationQueryEngine

        if self.model is None:
            raise BenchError("This system was opened to find only. Open it with a chat model.")
        engine = CitationQueryEngine(self._retriever(ANSWER_PASSAGES, paper), llm=_llm(self.model().settings))
        return cited_answer(engine, question, self._hit)

    def _hit(self, node: "BaseNode") -> Hit:
        part = cast("TextNode", node)
        paper, page, start = self.starts[part.ref_doc_id or ""]
        span = None
        if start is not None and part.start_char_idx is not None and part.end_char_idx is not None:
            span = Span(start + part.start_char_idx, start + part.end_char_idx)
        return Hit(paper, (page, page), part.text, span)

    def _retriever(self, limit: int, paper: str | None) -> "BaseRetriever":
        from llama_index.core.vector_stores import MetadataFilter, MetadataFilters

        only = MetadataFilters(filters=[MetadataFilter(key="file_name", value=paper)]) if paper else None
        return self.index.as_retriever(similarity_top_k=limit, filters=only)


def _make(folder: Path, corpus: Corpus, embedder: Embedder, say: Say) -> None:
    """Reads, splits, embeds and stores; `starts.json` is written last and says that all of it is there."""
    with needs_extra():
        from llama_index.core import StorageContext, VectorStoreIndex
        from llama_index.core.node_parser import SentenceSplitter

    folder.mkdir(parents=True)
    say(f"{corpus.name}: the starter reads it")
    documents, starts = _pdf_documents(corpus) if isinstance(corpus, PdfCorpus) else _text_documents(corpus)
    nodes = SentenceSplitter(chunk_size=CHUNK_TOKENS, chunk_overlap=OVERLAP).get_nodes_from_documents(documents)
    say(f"{corpus.name}: the starter embeds {len(nodes)} nodes")
    storage = StorageContext.from_defaults(vector_store=_store(folder))
    VectorStoreIndex(nodes, storage_context=storage, embed_model=_embed_model(embedder))
    (folder / "starts.json").write_text(json.dumps(starts), "utf-8")


def _pdf_documents(corpus: PdfCorpus) -> "tuple[list[Document], Starts]":
    """One document a page, as its reader makes them; pages counted, not read from their labels."""
    with needs_extra():
        # Without this reader PDFs would be read as bytes.
        import llama_index.readers.file  # type: ignore[import-not-found,import-untyped,unused-ignore]  # noqa: F401
        from llama_index.core import SimpleDirectoryReader

    documents: list[Document] = []
    starts: Starts = {}
    for file in corpus.files:
        for page, document in enumerate(SimpleDirectoryReader(input_files=[str(file)]).load_data(), start=1):
            documents.append(document)
            starts[document.doc_id] = (file.name, page, None)
    return documents, starts


def _text_documents(corpus: TextCorpus) -> "tuple[list[Document], Starts]":
    """One document a page, as its PDF reader would have made them."""
    from llama_index.core import Document

    documents: list[Document] = []
    starts: Starts = {}
    for paper in corpus.papers:
        for page in paper.pages:
            metadata = {"page_label": str(page.number), "file_name": paper.id}
            hidden = ["file_name"]
            document = Document(
                text=paper.quote(page.span),
                metadata=metadata,
                excluded_embed_metadata_keys=hidden,
                excluded_llm_metadata_keys=hidden,
            )
            documents.append(document)
            starts[document.doc_id] = (paper.id, page.number, page.span.start)
    return documents, starts


def _index(folder: Path, embedder: Embedder) -> "VectorStoreIndex":
    from llama_index.core import VectorStoreIndex

    return VectorStoreIndex.from_vector_store(_store(folder), embed_model=_embed_model(embedder))


def _store(folder: Path) -> "BasePydanticVectorStore":
    with needs_extra():
        chroma = load_chroma()
        from llama_index.vector_stores.chroma import (  # type: ignore[import-not-found,import-untyped,unused-ignore]
            ChromaVectorStore,
        )

    client = chroma.PersistentClient(path=str(folder / "chroma"), settings=chroma_settings())
    # Its own vectors are given; without this Chroma would write down a model that it fetches from the internet.
    collection = client.get_or_create_collection("quickstart", embedding_function=None)
    store: BasePydanticVectorStore = ChromaVectorStore(chroma_collection=collection)
    return store


def _embed_model(embedder: Embedder) -> "BaseEmbedding":
    """The embedder as LlamaIndex takes it."""
    from llama_index.core.base.embeddings.base import BaseEmbedding

    class _Embedding(BaseEmbedding):
        def _get_text_embedding(self, text: str) -> list[float]:
            return self._get_text_embeddings([text])[0]

        def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
            found: list[list[float]] = embedder.embed(texts).tolist()
            return found

        def _get_query_embedding(self, query: str) -> list[float]:
            found: list[float] = embedder.embed_question(query).tolist()
            return found

        async def _aget_query_embedding(self, query: str) -> list[float]:
            return self._get_query_embedding(query)

    return _Embedding(model_name=embedder.identity, embed_batch_size=64)


def _llm(settings: "ModelSettings") -> "LLM":
    with needs_extra():
        from llama_index.llms.ollama import Ollama  # type: ignore[import-not-found,import-untyped,unused-ignore]

    model: LLM = Ollama(
        model=settings.model,
        base_url=settings.host,
        temperature=settings.temperature,
        context_window=settings.num_ctx,
        request_timeout=SECONDS,
        keep_alive=settings.keep_alive,
        additional_kwargs={"seed": settings.seed},
    )
    return model
