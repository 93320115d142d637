"""Where and by what a figure was made."""

import os
import platform
from datetime import UTC, datetime
from pathlib import Path

from assistant.bench.fingerprint import versions

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
