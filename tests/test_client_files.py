"""What a client may have the server read: on the real server, each function of each page is asked for a file."""

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from browser import key_of, running
from conftest import ROOT

from ui.pages.labels import LANGUAGES
from ui.web.uploads import upload_folder

SECRET = "the diary of somebody else"
META = {"meta": {"_type": "gradio.FileData"}}
NO_MODEL = "127.0.0.1:9"
SETTLED = 3  # seconds in which a call that was let through would have copied the file


def post(url, key, body, content_type="application/json"):
    """The status and the answer of a call."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(url, content, {"content-type": content_type, **key})
    try:
        with urllib.request.urlopen(request, timeout=30) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def get(url, key):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=key), timeout=30) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def multipart(name, content):
    return (
        f'--edge\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n'
        f"Content-Type: application/pdf\r\n\r\n{content}\r\n--edge--\r\n"
    ).encode()


def functions(url, key):
    """Every function of every page: address of the page, number, number of values that it takes."""
    for language in LANGUAGES:
        page = f"{url}/{language}"
        found = json.loads(get(f"{page}/config", key)[1])["dependencies"]
        assert len(found) > 30
        yield from ((page, each["id"], len(each["inputs"])) for each in found)


@pytest.fixture
def diary(tmp_path):
    """A file that the server may read and that nobody uploaded."""
    path = tmp_path / "diary.txt"
    path.write_text(SECRET)
    return path


@pytest.mark.slow
def test_no_function_of_any_page_reads_a_file_or_a_url_for_a_client(home, diary):
    with running(home, NO_MODEL, "--no-model") as (url, said):
        key = key_of(said)
        answers = set()
        for page, number, count in functions(url, key):
            for file in ({"path": str(diary), **META}, {"path": str(diary)}, {"path": "https://example.com/", **META},
                         {"path": None, "url": "https://example.com/", **META}):  # fmt: skip
                call = {"data": [file] * count, "event_data": file, "fn_index": number, "session_hash": "a1b2c3"}
                answers.add(post(f"{page}/gradio_api/queue/join", key, call)[0])
                if number == 0:
                    for door in ("run", "api", "call", "call/v2", "stream"):
                        assert post(f"{page}/gradio_api/{door}/predict", key, call)[0] in (403, 404)
                    assert post(f"{page}/gradio_api/component_server", key, call)[0] in (403, 404)
        time.sleep(SETTLED)
        assert answers == {403}
        assert not [path for path in home.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]
        for outside in (diary, "/etc/passwd", home / "library.db", "https://example.com/"):
            assert get(f"{url}/en/gradio_api/file={outside}", key)[0] == 403


@pytest.mark.slow
def test_what_was_uploaded_can_be_named_and_nobody_else_may_read_it(home, diary):
    with upload_folder(home) as uploads:
        (uploads / "left.pdf").write_text("of the last start")
    with running(home, NO_MODEL, "--no-model") as (url, said):
        key = key_of(said)
        address = f"{url}/en/gradio_api"
        status, answer = post(
            f"{address}/upload", key, multipart("a.pdf", "an upload"), "multipart/form-data; boundary=edge"
        )
        (path,) = json.loads(answer)
        assert status == 200 and Path(path).is_relative_to(home / "uploads")
        assert not (uploads / "left.pdf").exists()
        assert (home / "uploads").stat().st_mode & 0o777 == 0o700
        assert get(f"{address}/file={path}", key) == (200, "an upload")
        page, number, count = next(functions(url, key))
        call = {"data": [{"path": path, **META}] * count, "fn_index": number, "session_hash": "a1b2c3"}
        assert post(f"{page}/gradio_api/queue/join", key, call)[0] != 403
        for name in ("../../diary.txt", "..%2f..%2fdiary.txt", "/etc/diary.txt"):
            _, answer = post(f"{address}/upload", key, multipart(name, "x"), "multipart/form-data; boundary=edge")
            assert all(Path(each).resolve().is_relative_to(home / "uploads") for each in json.loads(answer))
        assert diary.read_text() == SECRET


SECOND_WALL = """
import sys
from pathlib import Path
from gradio.context import LocalContext
from gradio.exceptions import InvalidPathError
from gradio.processing_utils import _check_allowed
from small_desk import small_desk
from ui.web.app import build_page
with small_desk(Path(sys.argv[1])) as desk:
    LocalContext.blocks.set(build_page(desk, "en"))
    try:
        _check_allowed(sys.argv[2], True)
    except InvalidPathError:
        print("refused")
"""


@pytest.mark.slow
def test_gradios_own_check_is_on_too(home, diary):
    """A second wall, which pages that are mounted have off. In a process of its own: Gradio leaves event loops open."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "tests")}
    command = [sys.executable, "-c", SECOND_WALL, str(home), str(diary)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.stdout == "refused\n", done.stderr
