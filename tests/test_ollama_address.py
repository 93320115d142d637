"""One way to the server for set-up and chat: user and password, proxies, certificates."""

import base64

import pytest
import requests
from fake_ollama import MODEL, FakeOllama, fake_ollama  # noqa: F401

from assistant.llm import address
from assistant.llm.address import is_elsewhere, is_loopback, server_url, way_to
from assistant.llm.chat_model import ChatModel, Message, ModelSettings
from assistant.llm.errors import OllamaUnreachable
from assistant.setup.chat_model_files import chat_models
from assistant.setup.process import running_server, server_version

ASK = [Message("user", "What is attention?")]
DEAD = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def clean(monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "OLLAMA_HOST"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setattr(address, "_direct", {})


def works(url: str) -> None:
    """Both halves of the program reach the server."""
    assert server_version(url) == "0.17.4"
    assert list(chat_models(url)) == [MODEL]
    assert "".join(ChatModel(ModelSettings(url, MODEL)).write(ASK, answer_tokens=5)) == "ok"


def elsewhere(ollama: FakeOllama) -> str:
    """The scripted server as if it ran on another machine: the system reads 127.1 as 127.0.0.1, we do not."""
    url = ollama.host.replace("127.0.0.1", "127.1")
    assert not is_loopback(url)
    return url


def test_a_server_of_the_network_is_asked_directly_if_the_proxy_does_not_know_it(fake_ollama, monkeypatch):  # noqa: F811
    monkeypatch.setenv("HTTP_PROXY", DEAD)
    works(elsewhere(fake_ollama))


def test_a_server_that_only_the_proxy_reaches_is_asked_through_it(fake_ollama, monkeypatch):  # noqa: F811
    monkeypatch.setenv("HTTP_PROXY", fake_ollama.host)  # which answers for every host
    monkeypatch.setattr(address, "CONNECT_SECONDS", 0.2)
    works("http://no-such-host.invalid:11434")
    assert all(path.startswith("http://no-such-host.invalid:11434/api/") for path in fake_ollama.targets)


def test_no_proxy_holds(fake_ollama, monkeypatch):  # noqa: F811
    monkeypatch.setenv("HTTP_PROXY", fake_ollama.host)
    monkeypatch.setenv("NO_PROXY", "no-such-host.invalid")
    assert way_to("http://no-such-host.invalid:11434").proxy is None
    assert server_version("http://no-such-host.invalid:11434") is None


@pytest.mark.parametrize("path", ["", "/v1", "/api/chat"])
def test_this_machine_is_never_asked_through_a_proxy(fake_ollama, monkeypatch, path):  # noqa: F811
    monkeypatch.setenv("HTTP_PROXY", DEAD)
    monkeypatch.setenv("ALL_PROXY", DEAD)
    works(server_url(fake_ollama.host + path))


def test_user_and_password_go_with_every_request_and_into_no_message(fake_ollama, monkeypatch, tmp_path):  # noqa: F811
    fake_ollama.login = "Basic " + base64.b64encode(b"me:s@cret").decode()
    port = fake_ollama.host.rpartition(":")[2]
    monkeypatch.setenv("OLLAMA_HOST", f"http://me:s%40cret@127.1:{port}/v1")
    works(server_url())
    told = []
    with running_server(None, tmp_path, told.append) as server:
        assert server.url == f"http://127.1:{port}"
    assert told and not any("cret" in line for line in told)


@pytest.mark.parametrize("named", ["127.1", "me:wrong@127.1"])
def test_a_refused_login_says_where_to_write_it(fake_ollama, monkeypatch, tmp_path, named):  # noqa: F811
    fake_ollama.login = "Basic " + base64.b64encode(b"me:s@cret").decode()
    monkeypatch.setenv("OLLAMA_HOST", f"http://{named}:{fake_ollama.host.rpartition(':')[2]}")
    said = r"asks for another user and password\. Write https://USER:PASSWORD@HOST into OLLAMA_HOST"
    with pytest.raises(OllamaUnreachable, match=said) as error, running_server(None, tmp_path):
        pass
    assert "wrong" not in str(error.value)
    with pytest.raises(OllamaUnreachable, match=said):
        ChatModel(ModelSettings(server_url(), MODEL)).check()


def test_a_user_for_one_server_is_told_to_no_other(monkeypatch):
    monkeypatch.setenv("OLLAMA_HOST", "http://me:secret@gpu.example:11434")
    assert way_to("http://gpu.example:11434").login == ("me", "secret")
    assert way_to("http://other.example:11434").login is None


def test_certificates_of_a_company_hold_for_both_halves(monkeypatch, tmp_path):
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    assert way_to("https://gpu.example:443").certificates == str(tmp_path / "none.pem")
    with pytest.raises(OSError, match=r"none\.pem"):
        requests.get("https://127.0.0.1:9", verify=way_to("https://127.0.0.1:9").certificates, timeout=2)


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://127.0.0.1:1", True),
        ("http://127.9.9.9:1", True),
        ("http://[::1]:1", True),
        ("http://a.localhost:1", True),
        ("http://host.docker.internal:1", True),
        ("http://192.168.1.5:1", False),
        ("http://localhost.example:1", False),
    ],
)
def test_which_servers_have_this_machines_memory(url, here):
    assert is_elsewhere(url) is not here
