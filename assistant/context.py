"""Everything that a command or a screen works with, opened when it is first needed and closed together."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING

from assistant.config.settings import Settings
from index.model.errors import ModelError
from index.model.plain_text import Say

if TYPE_CHECKING:
    from assistant.answering.answer import Asker
    from assistant.llm.chat_model import ChatModel
    from index.arxiv.client import ArxivClient
    from index.embedding.embed import Embedder
    from index.ingest.ingest import Ingestion
    from index.model.records import PaperRecord
    from index.reading.read_pdf import PdfLimits
    from index.reading.worker import PdfReader
    from index.search.searcher import Question, Searcher
    from index.store.library import Library
    from index.store.vectors import VectorIndex


DRAW_SECONDS = 10.0  # a scatter plot of 100,000 points takes 3
DRAW_MEMORY = 1_000_000_000  # beyond what the worker needs to start


class AppContext:
    """One library with its index, embedder and chat model. Use it in a `with`: leaving it closes what was opened."""

    def __init__(self, settings: Settings, say: Say) -> None:
        self.settings = settings
        self.index_settings = settings.index()
        self._say = say
        self._opened = ExitStack()

    def __enter__(self) -> "AppContext":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._opened.__exit__(kind, error, at)

    @cached_property
    def library(self) -> "Library":
        """The library, made if there is none."""
        from index.store.library import Library

        return self._opened.enter_context(Library.open(self.index_settings.home))

    @cached_property
    def embedder(self) -> "Embedder":
        """The configured embedder. Raises EmbedderMissing or ExtraMissing."""
        from index.embedding.embed import load_embedder

        return load_embedder(self.index_settings)

    @cached_property
    def vectors(self) -> "VectorIndex":
        """The vector index of the library."""
        from index.store.vectors import VectorIndex

        index = VectorIndex(self.index_settings.home / "vectors", self.embedder.dimension)
        self._opened.callback(index.close)
        return index

    @cached_property
    def searcher(self) -> "Searcher":
        """Search over the library."""
        from index.search.searcher import Searcher

        searcher = Searcher(self.library, self.vectors, self.embedder)
        searcher.missing.tell = self._say
        return searcher

    def ingestion(self, reader_workers: int = 1) -> "Ingestion":
        """Return the ingestion; its worker processes end with the context."""
        from index.ingest.ingest import Ingestion

        reader = self.reader(reader_workers)
        return Ingestion(self.library, self.vectors, self.embedder, self.index_settings, reader, self.arxiv())

    def reader(self, workers: int = 1) -> "PdfReader":
        """Return a PDF reader, in its own processes, which end with the context."""
        from index.reading.worker import PdfReader

        return self._opened.enter_context(PdfReader(self.pdf_limits(), workers))

    def drawer(self) -> "PdfReader":
        """Return a drawer of pages, in its own process: a reader of papers may be busy for minutes."""
        from index.reading.worker import PdfReader

        limits = replace(self.pdf_limits(), seconds=DRAW_SECONDS, memory=DRAW_MEMORY)
        return self._opened.enter_context(PdfReader(limits))

    def pdf_limits(self) -> "PdfLimits":
        """Return the limits on a PDF from the settings."""
        from index.reading.read_pdf import PdfLimits

        settings = self.settings
        return PdfLimits(bytes=settings.pdf_megabytes << 20, pages=settings.pdf_pages, seconds=settings.pdf_seconds)

    def arxiv(self) -> "ArxivClient":
        """Return an arXiv client, at the pace that all processes with this home share."""
        from index.arxiv.client import ArxivClient

        return self._opened.enter_context(ArxivClient(pace_file=self.index_settings.home / "arxiv.pace"))

    def chat_model(self) -> "ChatModel":
        """Return the chat model, starting its server if none runs. Raises a ModelError that says what to do."""
        from assistant.llm.address import is_elsewhere
        from assistant.llm.chat_model import ChatModel
        from assistant.llm.errors import ModelMissing
        from assistant.setup.chat_model_files import chat_models, choose_model
        from assistant.setup.process import running_server

        home = self.index_settings.home
        server = self._opened.enter_context(running_server(None, home, self._say))
        name = choose_model(
            self.settings.chat_model or None, chat_models(server.url), elsewhere=is_elsewhere(server.url)
        )
        if name is None:
            wanted = self.settings.chat_model or "a chat model"
            raise ModelMissing(
                f"The Ollama server at {server.url} does not have {wanted}. Fetch one with: papers setup"
            )
        return ChatModel(self.settings.model(server.url, name, home / "cache"))

    def asker(self, *, with_model: bool = True) -> "Asker":
        """Return the asker; without Ollama it says so and quotes."""
        from assistant.answering.answer import Asker

        model = None
        if with_model:
            try:
                model = self.chat_model()
            except ModelError as error:
                self._say(f"Answering with quotes only: {error}")
        return Asker(self.searcher, model, self.settings.passages)

    def asked(self, question: str, chat_model: "Callable[[], ChatModel] | None" = None) -> "Question":
        """Return a question for the search: a Chinese one with its translation, if the embedder needs one.

        `chat_model` gives a model that is open already, or raises a ModelError.
        """
        from assistant.language.translate import to_english
        from assistant.verify.terms import is_chinese
        from index.search.searcher import Question

        if not is_chinese(question) or self.embedder.multilingual:
            return Question(question)
        try:
            return Question(question, to_english((chat_model or self.chat_model)(), question))
        except ModelError as error:
            self._say(f"Searching for the Chinese words only: {error}")
            return Question(question)

    def records(self) -> "dict[str, PaperRecord]":
        """Return the catalogue by paper id."""
        return {record.id: record for record in self.library.papers()}
