"""The shape of the code: arrows point one way, each big library has one home, small functions, lean start."""

import ast
import os
import re
import subprocess
import sys
import tomllib
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
    "chromadb": {"index/store/vectors.py", "index/store/open_chroma.py"},
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
        "ui/commands/options.py",
        "ui/commands/setup.py",
        "ui/commands/ask.py",
        "ui/commands/library.py",
        "ui/commands/serve.py",
        "ui/commands/digest.py",
        "ui/commands/breakdown.py",
        "ui/commands/bench.py",
    },
    "pydantic_settings": {"assistant/config/settings.py", "index/store/open_chroma.py"},
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


# What a command that should answer at once may load: libraries, and our packages. Both are what it was measured with.
HELP_LIBRARIES = {"typer", "annotated_doc", "shellingham"}
LIST_LIBRARIES = {"rich", "pydantic", "pydantic_core", "pydantic_settings", "annotated_types", "dotenv"}
LIST_LIBRARIES |= {"typing_extensions", "typing_inspection"}
AT_ONCE = {
    "--help": (HELP_LIBRARIES, {"ui", "index.model"}),
    "list": (
        HELP_LIBRARIES | LIST_LIBRARIES,
        {"ui", "assistant.config", "assistant.llm", "index.arxiv", "index.files", "index.model", "index.store"},
    ),
}
LOADED = """
import sys
from ui.cli import main
sys.argv = ["papers", *sys.argv[1:]]
try:
    main()
finally:
    files = ((name, getattr(module, "__file__", None) or "") for name, module in list(sys.modules.items()))
    sys.stderr.write("".join(f"{name}\\n" for name, file in files if "site-packages" in file or name.startswith(OURS)))
"""


@pytest.mark.parametrize("command", AT_ONCE)
def test_a_command_that_should_answer_at_once_loads_little(command, tmp_path):
    code = f"OURS = ('index.', 'assistant.', 'ui.'){LOADED}"
    arguments = [sys.executable, "-c", code, "--home", str(tmp_path / "home"), command]
    done = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout, done.stderr
    names = [name.split(".") for name in done.stderr.split()]
    libraries, packages = AT_ONCE[command]
    ours = {name[0] if name[0] == "ui" else ".".join(name[:2]) for name in names if name[0] in MAY_IMPORT}
    modules_of_assistant = {"assistant.context", "assistant.contract"}
    assert ours <= packages | (modules_of_assistant if command == "list" else set())
    # Names with an underscore are what installers leave in site-packages to run at every start.
    others = {name[0] for name in names if not name[0].startswith("_")} - set(MAY_IMPORT)
    assert others <= libraries
    assert not libraries & HEAVY


def test_windows_is_told_where_to_run_this():
    code = "import sys; sys.platform = 'win32'; from ui.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("papers: ") and "WSL 2" in done.stderr and len(done.stderr.splitlines()) == 1


def private_parts(tree: ast.AST) -> set[str]:
    """The private names that a module takes of values that it did not define itself."""
    own = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    taken = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    own |= {each.attr for each in taken if isinstance(each.value, ast.Name) and each.value.id in ("self", "cls")}
    private = {each.attr for each in taken if each.attr.startswith("_") and not each.attr.startswith("__")}
    return private - own - {"_exit"}  # of os: public, whatever its name


def test_a_library_whose_private_parts_are_used_has_an_upper_bound():
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    bounded = {re.split("[<>=]", each)[0] for each in listed if "<" in each}
    using = {path: names for path in MODULES if (names := private_parts(ast.parse(path.read_text("utf-8"))))}
    assert using, "the search itself finds what it should"
    for path, names in using.items():
        assert imported(ast.parse(path.read_text("utf-8"))) & bounded, f"{name_of(path)} uses {names}"


def test_the_runtime_of_the_embedder_is_told_not_to_report_before_it_is_loaded():
    code = "import index, os, sys; assert 'onnxruntime' not in sys.modules; print(os.environ['ORT_DISABLE_TELEMETRY'])"
    environment = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == "1\n", done.stderr
