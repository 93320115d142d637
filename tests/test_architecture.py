"""The shape of the code: arrows point one way, each big library has one home, small functions, lean start."""

import ast
import graphlib
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = sorted(path for folder in ("index", "assistant", "ui") for path in (ROOT / folder).rglob("*.py"))
FLOORS = {"index", "assistant", "ui"}
TABS = ("chat", "library", "breakdown", "digest", "settings")
# The packages in their order: each may import those that are named, and itself. Nothing imports upwards.
MODEL, FILES = {"index.model"}, {"index.model", "index.files"}
INDEX = {
    "index.model",
    "index.files",
    "index.structure",
    "index.store",
    "index.search",
    "index.embedding",
    "index.arxiv",
}
INDEX |= {"index.reading", "index.ingest"}
BELOW = {
    "index.model": set(),
    "index.files": MODEL,
    "index.layout": MODEL,
    "index.structure": MODEL | {"index.layout"},
    "index.reading": FILES | {"index.layout"},
    "index.embedding": FILES,
    "index.arxiv": FILES | {"index.reading"},
    "index.store": FILES | {"index.structure", "index.arxiv"},
    "index.search": MODEL | {"index.structure", "index.embedding", "index.store"},
    "index.ingest": FILES | {"index.structure", "index.reading", "index.embedding", "index.arxiv", "index.store"},
    "index": MODEL | {"index.search"},
    "assistant.llm": FILES,
    "assistant.setup": FILES | {"assistant.llm", "index.embedding"},
    "assistant.verify": MODEL | {"assistant.llm", "index.structure", "index.store"},
    "assistant.config": FILES | {"assistant.llm", "assistant.verify", "index.arxiv"},
    "assistant.language": {"assistant.llm", "assistant.verify"},
}
QUESTION = INDEX | {"assistant.llm", "assistant.verify", "assistant.language"}
CONTEXT = QUESTION | {"assistant.question", "assistant.answering", "assistant.config", "assistant.setup"}
REPORTS = CONTEXT | {"assistant", "assistant.breakdown", "assistant.digest", "assistant.report", "assistant.chat"}
REPORTS |= {"assistant.references"}
BELOW |= {
    "assistant.references": FILES | {"index.arxiv", "index.store"},
    "assistant.question": QUESTION,
    "assistant.answering": QUESTION | {"assistant.question"},
    "assistant": CONTEXT,  # context, contract, doctor
    "assistant.chat": CONTEXT | {"assistant", "assistant.references", "assistant.report"},
    "assistant.bench": CONTEXT | {"assistant"},
    "assistant.bench.gold": CONTEXT | {"assistant", "assistant.bench", "assistant.breakdown"},
    "assistant.breakdown": CONTEXT | {"assistant"},
    "assistant.digest": CONTEXT | {"assistant", "assistant.breakdown"},
    "assistant.report": CONTEXT | {"assistant.breakdown", "assistant.digest"},
    "assistant.vault": REPORTS,
    "ui.jobs": REPORTS,
    "ui.pages": REPORTS | {"ui.jobs"},
    **{f"ui.tabs.{tab}": REPORTS | {"ui.jobs", "ui.pages"} for tab in TABS},
    "ui.web": REPORTS | {"ui.jobs", "ui.pages"} | {f"ui.tabs.{tab}" for tab in TABS},
    "ui.mcp": REPORTS | {"ui.jobs", "ui.pages", "ui.web"},
    "ui.commands": REPORTS | {"assistant.vault", "assistant.bench", "assistant.bench.gold", "ui.web", "ui.mcp"},
    "ui": FILES | {"ui.commands"},
}
HOMES = {
    "pymupdf": {"index/reading/read_pdf.py"},
    "pebble": {"index/reading/worker.py"},
    "chromadb": {"index/store/vectors.py"},
    "fastembed": {"index/embedding/embed.py"},
    "sentence_transformers": {"index/embedding/embed.py"},
    "arxiv": {"index/arxiv/client.py"},
    "feedparser": {"index/arxiv/feed_file.py"},
    "ollama": {"assistant/llm/server.py"},
    "ir_measures": {"assistant/bench/finding_suites.py"},
    "nupunkt": {"index/structure/sentences.py"},
    "rapidfuzz": {"assistant/verify/claim.py", "assistant/verify/agreement.py", "assistant/bench/everyday.py"},
    "snowballstemmer": {"assistant/verify/terms.py"},
    "bibtexparser": {"assistant/references/bibtex.py", "assistant/references/reference.py"},
    "mcp": {"ui/mcp/tools.py", "ui/mcp/work.py", "ui/mcp/transport.py"},
    "rispy": {"assistant/references/ris.py"},
    "citeproc": {"assistant/references/csl.py"},
    "anyascii": {"assistant/references/keys.py", "assistant/references/matching.py", "assistant/vault/vault.py"},
    "typer": {
        "ui/cli.py",
        "ui/commands/options.py",
        "ui/commands/setup.py",
        "ui/commands/ask.py",
        "ui/commands/library.py",
        "ui/commands/references.py",
        "ui/commands/serve.py",
        "ui/commands/digest.py",
        "ui/commands/breakdown.py",
        "ui/commands/bench.py",
    },
    "pydantic_settings": {"assistant/config/settings.py", "index/store/vectors.py"},
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
MAX_BODY = 40  # lines
MAX_MODULE = 400  # lines that are not blank
MAX_PACKAGE = 12  # modules
MAX_LEVELS = 6  # of imports inside one package; most have four


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
    names = imported(tree)
    for library, homes in HOMES.items():
        assert library not in names or name_of(path) in homes, f"{library} has its home in {homes}"
    assert sum(bool(line.strip()) for line in text.splitlines()) <= MAX_MODULE
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) and len(node.body) > 1 else node.body
            length = (body[-1].end_lineno or 0) - body[0].lineno + 1
            assert length <= MAX_BODY, f"{node.name} has {length} lines"


def package(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).parts[:-1])


NAMES = {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in MODULES if path.stem != "__init__"}


def ours(path: Path) -> set[str]:
    """The modules of this program that a module imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    return found & NAMES.keys()


@pytest.mark.parametrize("name", sorted({package(path) for path in NAMES.values()}))
def test_a_package_keeps_to_its_arrows(name):
    own = {module: path for module, path in NAMES.items() if package(path) == name}
    imports = {module: ours(path) for module, path in own.items()}
    outside = {package(NAMES[each]) for found in imports.values() for each in found} - {name}
    assert outside <= BELOW[name], f"{name} may not import {', '.join(sorted(outside - BELOW[name]))}"
    assert len(own) <= MAX_PACKAGE

    def level(module, above=()):
        assert module not in above, f"{module} imports itself"
        return 1 + max((level(each, (*above, module)) for each in imports[module] & own.keys()), default=0)

    assert max(map(level, own)) <= MAX_LEVELS


def test_the_packages_have_an_order():
    graphlib.TopologicalSorter({name: below - {name} for name, below in BELOW.items()}).prepare()


def test_each_package_says_what_it_is_for():
    for folder in {path.parent for path in MODULES}:
        assert ast.get_docstring(ast.parse((folder / "__init__.py").read_text("utf-8"))), folder


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
    ours = {name[0] if name[0] == "ui" else ".".join(name[:2]) for name in names if name[0] in FLOORS}
    modules_of_assistant = {"assistant.context", "assistant.contract"}
    assert ours <= packages | (modules_of_assistant if command == "list" else set())
    # Names with an underscore are what installers leave in site-packages to run at every start.
    others = {name[0] for name in names if not name[0].startswith("_")} - FLOORS
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
