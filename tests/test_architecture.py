"""The shape of the code: arrows point one way, each big library has one home, small functions, lean start."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = sorted(path for folder in ("index", "assistant", "ui") for path in (ROOT / folder).rglob("*.py"))
MAY_IMPORT = {
    "index": {"index"},
    "assistant": {"index", "assistant"},
    "ui": {"index", "assistant", "ui"},
}
HOMES = {
    "pymupdf": {"index/reading/read_pdf.py"},
    "pebble": {"index/reading/worker.py"},
    "chromadb": {"index/store/vectors.py", "assistant/bench/starter.py"},  # the second measures what others build
    "fastembed": {"index/embedding/embed.py"},
    "sentence_transformers": {"index/embedding/embed.py"},
    "arxiv": {"index/arxiv/client.py"},
    "feedparser": {"index/arxiv/feed_file.py"},
    "ollama": {"assistant/llm/server.py"},
    "ir_measures": {"assistant/bench/ranking_metrics.py"},
    "nupunkt": {"index/structure/sentences.py"},
    "rapidfuzz": {"assistant/verify/claim.py", "assistant/bench/everyday.py"},
    "snowballstemmer": {"assistant/verify/terms.py"},
    "typer": {
        "ui/cli.py",
        "ui/commands/serve.py",
        "ui/commands/digest.py",
        "ui/commands/breakdown.py",
        "ui/commands/bench.py",
    },
    "pydantic_settings": {"assistant/settings.py"},
}
HEAVY = {
    "torch",
    "chromadb",
    "gradio",
    "pymupdf",
    "llama_index",
    "fastembed",
    "onnxruntime",
    "ollama",
    "arxiv",
    "numpy",
}
LONGEST_BODY = 40
LONGEST_MODULE = 400


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imported(tree: ast.AST) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"relative import of {node.module}"
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_keeps_to_the_shape(path: Path):
    text = path.read_text("utf-8")
    tree = ast.parse(text)
    folder = path.relative_to(ROOT).parts[0]
    names = imported(tree)
    assert names & set(MAY_IMPORT) <= MAY_IMPORT[folder]
    for library, homes in HOMES.items():
        assert library not in names or name_of(path) in homes, f"{library} has its home in {homes}"
    assert sum(bool(line.strip()) for line in text.splitlines()) <= LONGEST_MODULE
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) and len(node.body) > 1 else node.body
            length = (body[-1].end_lineno or 0) - body[0].lineno + 1
            assert length <= LONGEST_BODY, f"{node.name} has {length} lines"


def test_names_say_what_is_inside():
    vague = {"utils", "helpers", "common", "core", "manager", "misc"}
    assert not [name_of(path) for path in MODULES if path.stem in vague]


def test_help_loads_no_heavy_library():
    code = f"""
import sys
from typer.testing import CliRunner
from ui.cli import app
result = CliRunner().invoke(app, ["--help"])
assert result.exit_code == 0, result.output
loaded = {HEAVY!r} & {{name.split(".")[0] for name in sys.modules}}
assert not loaded, loaded
"""
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_the_runtime_of_the_embedder_is_told_not_to_report_before_it_is_loaded():
    code = "import index, os, sys; assert 'onnxruntime' not in sys.modules; print(os.environ['ORT_DISABLE_TELEMETRY'])"
    environment = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == "1\n", done.stderr
