"""Which code a result was made by: a digest of modules and of all of ours that they import, at any depth."""

import ast
import hashlib
from functools import cache
from importlib import metadata
from pathlib import Path

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
