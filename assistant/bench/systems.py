"""The seam between suites and what they measure: a system opens a corpus, then finds and answers.

An ablation is a system with other settings; the starter is a system like ours. A suite never knows which one it asks.
"""

import ast
import hashlib
import os
import platform
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Protocol

from assistant.bench.corpora import Corpus
from index.model.errors import PaperAssistantError
from index.model.paper import Span
from index.model.plain_text import Say


@dataclass(frozen=True, slots=True)
class Hit:
    """What a system found: the paper's name in the corpus, first and last page, the text that a reader would see.

    `span` is where it stands in the paper's text, of a text corpus only.
    """

    paper: str
    pages: tuple[int, int]
    text: str
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Cited:
    """A citation as it is shown: `stands` says whether the quoted words are in the paper."""

    paper: str
    pages: tuple[int, int]
    quote: str
    stands: bool


@dataclass(frozen=True, slots=True)
class GivenSentence:
    """A sentence of an answer and what it cites."""

    text: str
    cited: tuple[Cited, ...]


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """An answer as a reader gets it. `invented` counts citations that were shown and lead nowhere; `dropped`, drafts
    that were not shown because nothing carries them; `pointed`: it does no more than say where to look."""

    text: str
    sentences: tuple[GivenSentence, ...]
    refused: bool
    invented: int
    dropped: int
    seconds: float
    pointed: bool = False


class Opened(Protocol):
    """A system with a corpus in it."""

    def find(self, question: str, limit: int, paper: str | None = None) -> list[Hit]:
        """The best passages, best first; of one paper where it is named."""
        ...

    def answer(self, question: str, paper: str | None = None) -> GivenAnswer:
        """An answer by the chat model; of one paper where it is named. Raises a ModelError where there is no model."""
        ...


class System(Protocol):
    """Something that can be measured. `settings` is all that makes it differ from another system, ready for JSON."""

    @property
    def name(self) -> str:
        """Short, for the table."""
        ...

    def settings(self) -> dict[str, object]:
        """What it was run with: with its code and its corpus, all that its results depend on."""
        ...

    def open(self, corpus: Corpus, place: Path, say: Say) -> AbstractContextManager[Opened]:
        """The system with the corpus in it, made below `place` where it is not there yet."""
        ...


class BenchError(PaperAssistantError):
    """A measurement cannot be made as it was asked for."""


class BenchExtraMissing(BenchError):
    """The libraries that only the bench needs are not installed."""


class DataAbsent(BenchError):
    """The data of a suite are not on this machine; the suite is skipped and the others run."""


@contextmanager
def needs_extra() -> Iterator[None]:
    """Around the imports of what only the extra `bench` brings: raises BenchExtraMissing in place of ImportError."""
    try:
        yield
    except ImportError as error:
        raise BenchExtraMissing(
            f"The bench needs {error.name}, which is not installed. Install it with: uv sync --extra bench"
        ) from error


ROOT = Path(__file__).parents[2]
PACKAGES = ("index", "assistant")


@cache
def code_digest(*modules: str) -> str:
    """Changes when the source of one of `modules`, or of what it imports of this program, changes."""
    waiting, sources = list(modules), dict[str, bytes]()
    while waiting:
        name = waiting.pop()
        path = ROOT / f"{name.replace('.', '/')}.py"
        if name in sources or not path.is_file():  # the second: a name inside a module
            continue
        sources[name] = path.read_bytes()
        for node in ast.walk(ast.parse(sources[name])):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in PACKAGES:
                waiting += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    prompts = (ROOT / "assistant" / "llm" / "prompts").iterdir() if "assistant.llm.prompts" in sources else ()
    texts = [path.read_bytes() for path in sorted(prompts) if path.is_file()]
    parts = [sources[name] for name in sorted(sources)] + texts
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:12]


def versions(*packages: str) -> dict[str, str]:
    """The installed versions of packages, those that are there."""
    found = {}
    for package in packages:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


LIBRARIES = (
    "paper-assistant",
    "pymupdf",
    "fastembed",
    "onnxruntime",
    "chromadb",
    "llama-index-core",
    "llama-index-readers-file",
    "llama-index-vector-stores-chroma",
    "llama-index-llms-ollama",
    "pypdf",
    "numpy",
    "ir-measures",
    "sentence-transformers",
)


def run_facts() -> dict[str, object]:
    """Date, machine and versions, ready for JSON. The load tells whether times can be trusted."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {
            "cpu": _cpu(),
            "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
            "ram_gb": round(_ram() / 2**30, 1),
            "system": f"{platform.system()} {platform.machine()}",
            "load": [round(value, 1) for value in os.getloadavg()] if hasattr(os, "getloadavg") else [],
        },
        "versions": {"python": platform.python_version(), **versions(*LIBRARIES)},
    }


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _ram() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError, AttributeError):
        return 0
