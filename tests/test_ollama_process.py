import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from assistant.llm.errors import OllamaUnreachable
from assistant.setup.process import (
    OllamaMissing,
    find_binary,
    models_folder,
    processor,
    running_server,
    server_url,
    server_version,
)

ROOT = Path(__file__).parents[1]

needs_ollama = pytest.mark.usefixtures("with_ollama")

PROGRAM = """
import sys, time
from pathlib import Path
from assistant.setup.process import running_server
with running_server(sys.argv[1], Path(sys.argv[2])) as server:
    print(server.url, flush=True)
    sys.stdin.read(1)
    if sys.argv[3] == "raise":
        raise KeyError("a bug")
"""


@pytest.fixture
def home(tmp_path):
    """A home with a place for the binary, where every server is gone at the end of the test."""
    (tmp_path / "tools" / "ollama" / "bin").mkdir(parents=True)
    return tmp_path


@pytest.fixture
def with_ollama(home, ollama_binary):
    """The home, with the real binary."""
    (home / "tools" / "ollama" / "bin" / "ollama").symlink_to(ollama_binary)


@pytest.fixture
def port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextmanager
def program(host, home, end="leave"):
    """A program of ours in a process of its own, which uses the server until it is written to."""
    command = [sys.executable, "-c", PROGRAM, host, str(home), end]
    quiet = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, cwd=ROOT, text=True, **quiet) as process:
        try:
            process.url = process.stdout.readline().strip()
            assert process.url, "no server was found or started"
            yield process
        finally:
            process.kill()


def gone(url, seconds=10.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if server_version(url) is None:
            return True
        time.sleep(0.05)
    return False


def served_by(url):
    """The process ids of the servers that listen at `url`, by their environment."""
    address = f"OLLAMA_HOST={url.removeprefix('http://')}\0".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command, environment = (folder / "cmdline").read_bytes(), (folder / "environ").read_bytes() + b"\0"
        except OSError:
            continue
        if command.endswith(b"ollama\0serve\0") and address in environment:
            found.append(int(folder.name))
    return found


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("", "http://127.0.0.1:11434"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("0.0.0.0:5000", "http://127.0.0.1:5000"),
        (":5000", "http://127.0.0.1:5000"),
        ("localhost", "http://localhost:11434"),
        ("box.local:80", "http://box.local:80"),
        ("http://box.local", "http://box.local:80"),
        ("https://box.local", "https://box.local:443"),
        ("https://box.local:8443/ollama/", "https://box.local:8443/ollama"),
        ("::1", "http://[::1]:11434"),
        ("[::1]:5000", "http://[::1]:5000"),
        ("[::]:5000", "http://127.0.0.1:5000"),
        ('"127.0.0.1:5000"', "http://127.0.0.1:5000"),
        ("http://localhost:11434/v1", "http://localhost:11434"),
        ("http://localhost:11434/v1/", "http://localhost:11434"),
        ("http://localhost:11434/api", "http://localhost:11434"),
        ("http://localhost:11434/api/chat", "http://localhost:11434"),
        ("https://box.local/ollama/v1/chat/completions", "https://box.local:443/ollama"),
        ("localhost:11434/v1", "http://localhost:11434"),
        ("HTTP://LOCALHOST:5000", "http://localhost:5000"),
        ("11434", "http://127.0.0.1:11434"),
        ("5000", "http://127.0.0.1:5000"),
        ("https://me:s%40cret@box.local/ollama", "https://box.local:443/ollama"),
        ("me:secret@box.local:80", "http://box.local:80"),
    ],
)
def test_every_spelling_of_the_host(monkeypatch, host, url):
    monkeypatch.setenv("OLLAMA_HOST", host)
    assert server_url() == url
    assert server_url(host) == url


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1:abc",
        "127.0.0.1:99999",
        "http://a:11434;http://b:11434",
        "http://a:11434,http://b:11434",
        "a b",
        "tcp://127.0.0.1:11434",
        "unix:///run/ollama.sock",
        "http://[::1",
        "http://me:secret@box:abc",
    ],
)
def test_what_is_no_address_is_an_error_that_says_what_to_set(host):
    with pytest.raises(OllamaUnreachable, match=r"OLLAMA_HOST.*Set it to 127.0.0.1:11434") as error:
        server_url(host)
    assert "secret" not in str(error.value)


@needs_ollama
def test_a_server_is_started_on_loopback_without_cloud_and_ends_with_the_block(home, port):
    said = []
    with running_server(f"0.0.0.0:{port}", home, said.append) as server:
        assert server.url == f"http://127.0.0.1:{port}"
        assert server.started_by_us
        assert server_version(server.url) == server.version
        assert any("started" in line for line in said)
        if sys.platform == "linux":
            (serving,) = served_by(server.url)
            assert b"OLLAMA_NO_CLOUD=1" in Path(f"/proc/{serving}/environ").read_bytes()
            table = Path("/proc/net/tcp").read_text().splitlines()[1:]
            listening = [line.split()[1] for line in table if line.split()[3] == "0A"]
            assert [entry for entry in listening if entry.endswith(f":{port:04X}")] == [f"0100007F:{port:04X}"]
    assert server_version(server.url) is None
    assert (home / "logs" / "ollama.log").stat().st_size > 0


@needs_ollama
def test_a_server_that_ran_before_is_used_and_left_alone(home, port, ollama_binary):
    environment = {**os.environ, "OLLAMA_HOST": f"127.0.0.1:{port}", "OLLAMA_MODELS": str(home / "theirs")}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen([ollama_binary, "serve"], env=environment, **quiet) as theirs:
        try:
            url = f"http://127.0.0.1:{port}"
            end = time.monotonic() + 20
            while server_version(url) is None and time.monotonic() < end:
                time.sleep(0.05)
            with running_server(f"127.0.0.1:{port}", home) as server:
                assert (server.url, server.started_by_us) == (url, False)
            time.sleep(1)
            assert server_version(url) is not None
            assert theirs.poll() is None
        finally:
            theirs.terminate()


@needs_ollama
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, "leave", "raise"])
def test_however_the_program_ends_no_server_stays(home, port, end):
    with program(f"127.0.0.1:{port}", home, str(end)) as process:
        assert server_version(process.url) is not None
        if isinstance(end, signal.Signals):
            process.send_signal(end)
        else:
            process.stdin.write("x")
            process.stdin.close()
        process.wait(30)
        assert gone(process.url)
        assert served_by(process.url) == []


@needs_ollama
@pytest.mark.skipif(sys.platform != "linux", reason="Linux tells a child that its parent died")
def test_the_server_ends_when_its_supervisor_is_killed(home, port):
    with program(f"127.0.0.1:{port}", home) as process:
        (serving,) = served_by(process.url)
        supervisor = int(Path(f"/proc/{serving}/stat").read_text().rpartition(")")[2].split()[1])
        os.kill(supervisor, signal.SIGKILL)
        assert gone(process.url)


@needs_ollama
def test_two_programs_share_a_server_until_the_last_one_ends(home, port):
    host = f"127.0.0.1:{port}"
    with program(host, home) as first, program(host, home) as second:
        assert first.url == second.url
        assert len(served_by(first.url)) == 1
        first.kill()
        first.wait(10)
        time.sleep(1)
        assert server_version(second.url) is not None
        second.stdin.close()
        second.wait(20)
        assert gone(second.url)


@needs_ollama
def test_programs_that_begin_at_once_start_one_server(home, port):
    command = [sys.executable, "-c", PROGRAM, f"127.0.0.1:{port}", str(home), "leave"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    programs = [subprocess.Popen(command, cwd=ROOT, text=True, **pipes) for _ in range(3)]
    try:
        urls = {each.stdout.readline().strip() for each in programs}
        assert urls == {f"http://127.0.0.1:{port}"}
        assert len(served_by(urls.pop())) == 1
    finally:
        for each in programs:
            each.communicate("x", timeout=30)


@needs_ollama
def test_a_port_that_something_else_has_is_left_to_it(home, httpserver):
    said = []
    with running_server(f"127.0.0.1:{httpserver.port}", home, said.append) as server:
        assert server.started_by_us
        assert not server.url.endswith(f":{httpserver.port}")
        with program(f"127.0.0.1:{httpserver.port}", home) as other:
            assert other.url == server.url
    assert "taken by something else" in said[0]


def test_another_machine_that_does_not_answer_is_never_started_here(home):
    with pytest.raises(OllamaUnreachable, match=r"192\.0\.2\.1.*OLLAMA_HOST"), running_server("192.0.2.1:9", home):
        pass


def test_no_ollama_at_all_is_an_error_with_the_command_that_installs_it(tmp_path, port, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(OllamaMissing, match="papers setup"), running_server(f"127.0.0.1:{port}", tmp_path):
        pass


def broken_binary(home, text):
    binary = home / "tools" / "ollama" / "bin" / "ollama"
    binary.unlink(missing_ok=True)
    binary.write_text(text)
    binary.chmod(0o755)


@pytest.mark.parametrize("text", ["#!/bin/sh\necho no such instruction >&2\nexit 1\n", "not a program"])
def test_a_server_that_does_not_start_is_an_error_with_its_last_words(home, port, monkeypatch, text):
    broken_binary(home, text)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    if find_binary(home) != home / "tools" / "ollama" / "bin" / "ollama":
        pytest.skip("an installed ollama goes before the broken one")
    began = time.monotonic()
    with (
        pytest.raises(OllamaUnreachable, match=r"does not start.*ollama\.log"),
        running_server(f"127.0.0.1:{port}", home),
    ):
        pass
    assert time.monotonic() - began < 10


def test_a_binary_for_another_processor_does_not_count(home, monkeypatch):
    broken_binary(home, "#!/bin/sh\n")
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    if find_binary(home) != home / "tools" / "ollama" / "bin" / "ollama":
        pytest.skip("an installed ollama goes before ours")
    (home / "tools" / "ollama" / "processor.txt").write_text(processor())
    assert find_binary(home) is not None
    (home / "tools" / "ollama" / "processor.txt").write_text("some other processor")
    assert find_binary(home) is None


def test_the_users_own_models_are_used_where_there_are_some(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    assert models_folder(tmp_path / "home") == tmp_path / "home" / "models" / "ollama"
    (tmp_path / "user" / ".ollama" / "models").mkdir(parents=True)
    assert models_folder(tmp_path / "home") == tmp_path / "user" / ".ollama" / "models"
    (tmp_path / "home" / "models" / "ollama").mkdir(parents=True)
    assert models_folder(tmp_path / "home") == tmp_path / "home" / "models" / "ollama"


def test_something_that_is_not_ollama_is_not_taken_for_it(httpserver):
    httpserver.expect_request("/api/version").respond_with_json(["not", "a", "version"])
    assert server_version(httpserver.url_for("").rstrip("/")) is None


def test_a_proxy_is_not_asked_about_this_machine(httpserver, monkeypatch):
    httpserver.expect_request("/api/version").respond_with_json({"version": "1.2.3"})
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert server_version(f"http://127.0.0.1:{httpserver.port}") == "1.2.3"
