"""The folder that a program is started from is anybody's: no library may take its settings or its code from there."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

HOSTILE = {
    "CHROMA_API_IMPL": "hostile.Impl",
    "CHROMA_SYSDB_IMPL": "hostile.Impl",
    "CHROMA_SEGMENT_MANAGER_IMPL": "hostile.Impl",
    "CHROMA_PRODUCER_IMPL": "hostile.Impl",
    "CHROMA_PRODUCT_TELEMETRY_IMPL": "hostile.Impl",
    "CHROMA_QUOTA_ENFORCER_IMPL": "hostile.Impl",
    "CHROMA_CLIENT_AUTH_PROVIDER": "hostile.Impl",
    "CHROMA_OTEL_COLLECTION_ENDPOINT": "http://192.0.2.1:4317",
    "CHROMA_SERVER_HOST": "192.0.2.1",
    "CHROMA_DB_IMPL": "chromadb.db.duckdb.DuckDB",
    "ANONYMIZED_TELEMETRY": "true",
    "IS_PERSISTENT": "false",
    "PERSIST_DIRECTORY": "./elsewhere",
    "ALLOW_RESET": "true",
    "MIGRATIONS": "none",
}

# Prints what was opened below the working folder, and the settings that Chroma made.
PROGRAM = """
import json, os, sys
sys.path[:0] = [sys.argv[1]]
here, opened = os.getcwd(), []
def watch(event, arguments):
    if event == "open" and isinstance(arguments[0], (str, bytes)):
        path = os.path.realpath(os.fsdecode(arguments[0]))
        if path.startswith(here + os.sep) and os.path.exists(path):  # and not linecache's "<string>"
            opened.append(path)
sys.addaudithook(watch)
from pathlib import Path
import numpy as np
from index.model.records import Filters
from index.store.vectors import chroma_settings
from index.store.vectors import VectorIndex
if sys.argv[3] == "file":
    import fastembed, gradio, huggingface_hub, llama_index.core, ollama, ui.web.app
index = VectorIndex(Path(sys.argv[2]), 2)
index.add([7], np.array([[1, 0]], np.float32), [{"paper": "a", "zone": "body"}])
found = index.query(np.array([1, 0], np.float32), 1, Filters())
import chromadb
made = {name: str(getattr(chroma_settings(), name)) for name in type(chroma_settings()).model_fields}
shared = {name: str(getattr(chromadb.get_settings(), name)) for name in made}
hostile = "hostile" in sys.modules
print(json.dumps({"opened": opened, "found": found, "made": made, "shared": shared, "hostile": hostile}))
"""


@pytest.mark.parametrize("where", ["file", "environment", "broken file"])
def test_settings_and_code_of_the_working_folder_are_not_read(tmp_path, where):
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "hostile.py").write_text("raise SystemExit('hostile code ran')")
    (folder / "matplotlibrc").write_text("backend: module://hostile")
    if where == "file":
        (folder / ".env").write_text("".join(f"{name}={value}\n" for name, value in HOSTILE.items()))
    elif where == "broken file":
        (folder / ".env").write_bytes(b"CHROMA_SERVER_HTTP_PORT=\xff\xfe\nCHROMA_SERVER_HEADERS={")
    given = {**os.environ, **(HOSTILE if where == "environment" else {})}
    command = [sys.executable, "-c", PROGRAM, str(ROOT), str(tmp_path / "vectors"), where]
    done = subprocess.run(command, cwd=folder, env=given, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    said = json.loads(done.stdout.splitlines()[-1])
    assert said["opened"] == []
    assert said["hostile"] is False
    assert [id for id, _ in said["found"]] == [7]
    assert (tmp_path / "vectors" / "chroma.sqlite3").is_file()
    for settings in (said["made"], said["shared"]):
        assert not (set(HOSTILE.values()) - {"true", "false"}) & set(settings.values())
        assert settings["chroma_api_impl"] == "chromadb.api.rust.RustBindingsAPI"
    assert said["made"]["anonymized_telemetry"] == said["made"]["allow_reset"] == "False"
