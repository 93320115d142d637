import io
import json
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from small_wheels import pin

from assistant.setup.install import (
    ARCHIVES,
    GPU_LIBRARIES,
    HEADERS,
    _from_source,
    collect_headers,
    install,
    install_archive,
    install_where_needed,
)
from assistant.setup.process import OllamaMissing, find_binary, processor
from index.embedding.downloads import DownloadError

SCRIPT = b"#!/bin/sh\necho ollama version is 0.0.1\n"


def silent(line):
    pass


def archive_of(members: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as opened:
        for name, data in members.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(data), 0o755
            opened.addfile(entry, io.BytesIO(data))
    return content.getvalue()


def served(httpserver, content, name="ollama-test.tgz"):
    httpserver.expect_request(f"/{name}").respond_with_data(content)
    return httpserver.url_for(f"/{name}"), pin(name, content)


def test_an_archive_is_unpacked_into_our_own_folder(httpserver, tmp_path):
    members = {"bin/ollama": SCRIPT, "lib/ollama/libggml-cpu.so": b"cpu", "lib/ollama/cuda_v13/libcuda.so": b"gpu"}
    url, archive = served(httpserver, archive_of(members))
    binary = install_archive(tmp_path, url, archive, silent)
    assert binary == tmp_path / "tools" / "ollama" / "bin" / "ollama"
    assert subprocess.run([binary], capture_output=True, text=True).stdout.startswith("ollama version")
    assert (tmp_path / "tools" / "ollama" / "lib" / "ollama" / "libggml-cpu.so").is_file()
    gpu = Path("/dev/nvidiactl").exists() or Path("/dev/kfd").exists() or sys.platform != "linux"
    assert (tmp_path / "tools" / "ollama" / "lib" / "ollama" / "cuda_v13").exists() == gpu
    assert list((tmp_path / "downloads").iterdir()) == []  # a large archive is not left lying about


def test_an_archive_without_a_bin_folder(httpserver, tmp_path):
    url, archive = served(httpserver, archive_of({"ollama": SCRIPT, "libggml.dylib": b"metal"}))
    binary = install_archive(tmp_path, url, archive, silent)
    assert binary.read_bytes() == SCRIPT
    assert (binary.parent / "libggml.dylib").is_file()


def test_an_archive_that_was_changed_is_refused(httpserver, tmp_path):
    good, bad = archive_of({"bin/ollama": SCRIPT}), archive_of({"bin/ollama": SCRIPT[::-1]})
    url, _ = served(httpserver, bad)
    with pytest.raises(DownloadError, match=r"not the file that was expected|larger than promised|broke off"):
        install_archive(tmp_path, url, pin("ollama-test.tgz", good), silent)
    assert not (tmp_path / "tools").exists()


def test_an_archive_without_ollama_is_refused(httpserver, tmp_path):
    url, archive = served(httpserver, archive_of({"README": b"nothing here"}))
    with pytest.raises(DownloadError, match="holds no ollama"):
        install_archive(tmp_path, url, archive, silent)
    assert not (tmp_path / "tools").exists()


def test_what_is_there_is_not_installed_again(tmp_path):
    binary = tmp_path / "tools" / "ollama" / "bin" / "ollama"
    binary.parent.mkdir(parents=True)
    binary.write_bytes(SCRIPT)
    binary.chmod(0o755)
    (tmp_path / "tools" / "ollama" / "processor.txt").write_text(processor())
    said = []
    assert install(tmp_path, said.append) == find_binary(tmp_path)
    assert len(said) == 1 and "is here" in said[0]


def test_headers_of_the_system_are_used(tmp_path):
    for name in HEADERS:
        (tmp_path / "system" / name).parent.mkdir(parents=True)
        (tmp_path / "system" / name).write_text("// header")
    (tmp_path / "headers" / "miniaudio").mkdir(parents=True)
    (tmp_path / "headers" / "miniaudio" / "miniaudio.h").write_text("// header")
    folder = collect_headers(tmp_path / "headers", (tmp_path / "nowhere", tmp_path / "system"), silent)
    assert all((folder / name).read_text() == "// header" for name in HEADERS)


def test_with_no_way_at_all_the_error_names_the_ways(tmp_path, monkeypatch):
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # nothing answers there
    with pytest.raises(OllamaMissing, match=r"official archive.*go install.*ollama\.com.*OLLAMA_HOST"):
        install(tmp_path / "home", silent)


def test_the_pins_are_of_the_platforms_that_python_names():
    assert all(system in ("linux", "darwin") and machine in ("x86_64", "arm64") for system, machine in ARCHIVES)
    assert all(len(archive.sha256) == 64 for archive in ARCHIVES.values())
    assert all(pattern.startswith("*") for pattern in GPU_LIBRARIES)


@pytest.mark.parametrize("checksum", ["h1:another=", None])
def test_a_source_with_another_checksum_is_never_compiled(tmp_path, monkeypatch, checksum):
    tools, asked = tmp_path / "tools", tmp_path / "asked"
    tools.mkdir()
    said = json.dumps({"Sum": checksum, "Dir": str(tmp_path)})
    (tools / "go").write_text(f"#!/bin/sh\necho \"$@\" >> {asked}\necho '{said}'\n")
    for tool in ("gcc", "g++"):
        (tools / tool).write_text("#!/bin/sh\n")
    for each in tools.iterdir():
        each.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:/usr/bin:/bin")
    monkeypatch.setattr("assistant.setup.install.collect_headers", lambda *given: tmp_path)
    with pytest.raises(DownloadError, match="another checksum"):
        _from_source(tmp_path / "home", silent)
    assert "install" not in asked.read_text()


def test_where_a_server_answers_nothing_is_installed(httpserver, tmp_path, monkeypatch):
    httpserver.expect_request("/api/version").respond_with_json({"version": "1.2.3"})
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))  # so that installing would fail
    install_where_needed(f"127.0.0.1:{httpserver.port}", tmp_path / "home", silent)
    install_where_needed("192.0.2.1:11434", tmp_path / "home", silent)
    assert not (tmp_path / "home").exists()
