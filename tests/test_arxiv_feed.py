"""Metadata and PDFs over a real socket: recorded and tiny synthetic answers, and a far world that misbehaves."""

import json
import os
import signal
import socketserver
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from index.arxiv.client import ArxivClient
from index.arxiv.ids import ArxivId, parse_arxiv_id
from index.model.errors import ArxivError, ArxivUnreachable, BadArxivId, PdfTooLarge

DATA = Path(__file__).parent / "data" / "arxiv"
RECORDINGS = Path(__file__).parents[2] / "shared" / "feeds" / "arxiv_py_api_recordings"
TWO = (DATA / "two_papers.atom.xml").read_bytes()
NONE = (DATA / "no_papers.atom.xml").read_bytes()
PDF = b"%PDF-1.7\n" + bytes(range(256)) * 400
ID = ArxivId("2512.99999", 2)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")


@pytest.fixture
def make(httpserver):
    clients = []

    def make(**options):
        options = {"delay_seconds": 0.0, "timeout": (2.0, 5.0), **options}
        clients.append(ArxivClient(api_url=httpserver.url_for("/api"), pdf_url=httpserver.url_for("/pdf"), **options))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


def feed(httpserver: HTTPServer, *answers: Response | bytes) -> list[float]:
    """Serve `answers` in turn, the last one for ever; the times of the requests are put into the result."""
    times: list[float] = []

    def answer(request: Request) -> Response:
        times.append(time.monotonic())
        given = answers[min(len(times), len(answers)) - 1]
        return Response(given) if isinstance(given, bytes) else given

    httpserver.expect_request("/api").respond_with_handler(answer)
    return times


def pdf(httpserver: HTTPServer, *answers: Response, id: ArxivId = ID) -> list[int]:
    """Serve `answers` for the PDF in turn, the last one for ever; the result has one entry a request."""
    seen: list[int] = []

    def answer(request: Request) -> Response:
        seen.append(1)
        return answers[min(len(seen), len(answers)) - 1]

    httpserver.expect_request(f"/pdf/{id}").respond_with_handler(answer)
    return seen


def cut(whole: bytes, at: int) -> Response:
    """A connection that closes before all is sent; each can be served once."""
    return Response(iter([whole[:at]]), headers={"Content-Length": str(len(whole))})


# Metadata


def test_fields_of_a_paper(httpserver, make):
    feed(httpserver, TWO)
    legacy, paper = make().metadata([ArxivId("math/0312999"), ID])
    assert paper.id == ID
    assert paper.title == "A Paper That Was Never Written"
    assert paper.authors == ("Ada Example", "李 例子")
    assert paper.abstract == "We show nothing. Twice."
    assert paper.categories == ("cs.CL", "cs.DL")
    assert paper.published == datetime(2025, 11, 1, 10, tzinfo=UTC)
    assert paper.updated == datetime(2025, 12, 2, 10, tzinfo=UTC)
    assert paper.comment == "2 pages; withdrawn results of others are discussed"
    assert paper.doi == "10.1000/nothing"
    assert not paper.withdrawn
    assert legacy.id == ArxivId("math/0312999", 3)
    assert legacy.withdrawn
    assert legacy.comment is None


def test_what_arxiv_sees(httpserver, make):
    feed(httpserver, TWO)
    make().metadata([ID, ArxivId("math/0312999")])
    [(request, _)] = httpserver.log
    assert request.args["id_list"] == "2512.99999v2,math/0312999"
    assert request.headers["User-Agent"].startswith("paper-assistant/0.1.0 arxiv.py/")


def test_no_ids_no_request(httpserver, make):
    feed(httpserver, TWO)
    assert make().metadata([]) == []
    assert httpserver.log == []


def test_many_ids_are_asked_for_in_batches(httpserver, make):
    def answer(request: Request) -> Response:
        entries = [
            f"<entry><id>http://arxiv.org/abs/{id}v1</id><title>{id}</title><summary>x</summary>"
            "<published>2024-01-01T00:00:00Z</published><updated>2024-01-01T00:00:00Z</updated></entry>"
            for id in request.args["id_list"].split(",")
        ]
        head, tail = NONE.decode().split("</feed>")
        head = head.replace("totalResults>0<", f"totalResults>{len(entries)}<")
        return Response("".join([head, *reversed(entries), "</feed>", tail]))

    httpserver.expect_request("/api").respond_with_handler(answer)
    ids = [ArxivId(f"2401.{number:05}") for number in range(230)]
    assert [paper.title for paper in make().metadata(ids)] == [id.text for id in ids]
    assert len(httpserver.log) == 3


def test_unknown_papers_and_versions_are_named(httpserver, make):
    feed(httpserver, TWO)
    with pytest.raises(BadArxivId, match=r"knows no paper 2512\.00001, 2512\.99999v7\. Check"):
        make().metadata([ArxivId("2512.00001"), ID, ArxivId("2512.99999", 7)])


def test_an_empty_feed_means_no_such_paper(httpserver, make):
    requests = feed(httpserver, NONE)
    with pytest.raises(BadArxivId, match=r"knows no paper 2512\.99999v2"):
        make().metadata([ID])
    assert len(requests) == 1


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"<html><body>Rate exceeded.</body></html>",
        TWO[: len(TWO) // 2],
        TWO[:500],  # cut before the number of results
        TWO[: TWO.rindex(b"<entry>")],
        TWO[: TWO.rindex(b"<entry>")] + b"</feed>",  # one entry where two are announced
    ],
)
def test_a_broken_feed_is_not_taken_for_no_such_paper(httpserver, make, broken):
    requests = feed(httpserver, broken)
    with pytest.raises(ArxivUnreachable, match="broke off 3 times"):
        make().metadata([ID])
    assert len(requests) == 3


def test_a_broken_feed_is_asked_for_again(httpserver, make):
    feed(httpserver, TWO[:700], cut(TWO, 700), TWO)
    assert make().metadata([ID])[0].id == ID


def recorded(name: str) -> dict[str, str | int]:
    found = sorted(RECORDINGS.glob(f"id_{name}_s0_m100_*.json"))
    if not found:
        pytest.skip(f"no recorded answer {name} in ../shared/feeds")
    return json.loads(found[0].read_text(encoding="utf-8"))


def replay(httpserver: HTTPServer, name: str) -> None:
    answer = recorded(name)
    feed(httpserver, Response(str(answer["body"]), status=int(answer["status_code"])))


@pytest.mark.parametrize(
    ("name", "asked", "id", "authors", "category"),
    [
        ("1605.08386", "1605.08386", "1605.08386v1", 2, "math.CO"),
        ("2104.12255v1", "2104.12255v1", "2104.12255v1", 1, "cs.CR"),
        ("quant-ph_0201082v1", "quant-ph/0201082v1", "quant-ph/0201082v1", 1, "quant-ph"),
        ("1707.08567", "1707.08567", "1707.08567v1", 34, "cs.IT"),
        ("astro-ph_0601001", "astro-ph/0601001", "astro-ph/0601001v1", None, "astro-ph"),
    ],
)
def test_recorded_papers(httpserver, make, name, asked, id, authors, category):
    replay(httpserver, name)
    [paper] = make().metadata([parse_arxiv_id(asked)])
    assert paper.id == parse_arxiv_id(id)
    assert authors is None or len(paper.authors) == authors
    assert paper.categories[0] == category
    assert not paper.withdrawn
    assert paper.title
    assert paper.abstract
    assert paper.published.tzinfo is not None


def test_recorded_unknown_paper(httpserver, make):
    replay(httpserver, "0808.05394")
    with pytest.raises(BadArxivId, match=r"knows no paper 0808\.05394\."):
        make().metadata([ArxivId("0808.05394")])


def test_recorded_batch_with_an_unknown_paper(httpserver, make):
    replay(httpserver, "0808.05394_1707.08567")
    with pytest.raises(BadArxivId, match=r"knows no paper 0808\.05394\."):
        make().metadata([ArxivId("0808.05394"), ArxivId("1707.08567")])


def test_recorded_bad_request(httpserver, make):
    replay(httpserver, "abc")
    with pytest.raises(BadArxivId, match="incorrect id format for abc"):
        make().metadata([ID])


# Patience and its end


def test_too_many_requests_waits_as_long_as_arxiv_says(httpserver, make):
    times = feed(httpserver, Response(status=429, headers={"Retry-After": "1"}), TWO)
    assert make().metadata([ID])[0].id == ID
    assert len(times) == 2
    assert times[1] - times[0] >= 1.0


def test_a_nonsensical_retry_after_is_no_crash(httpserver, make):
    feed(httpserver, Response(status=503, headers={"Retry-After": "soon"}), TWO)
    assert make().metadata([ID])[0].id == ID


@pytest.mark.parametrize(("status", "words"), [(503, "out of order"), (429, "Wait a quarter of an hour")])
def test_refusing_for_ever_ends(httpserver, make, tmp_path, status, words):
    times = feed(httpserver, Response(status=status))
    seen = pdf(httpserver, Response(status=status))
    with pytest.raises(ArxivUnreachable, match=rf"{status}.*{words}|{words}.*{status}"):
        make().metadata([ID])
    with pytest.raises(ArxivUnreachable, match=rf"{status}.*{words}|{words}.*{status}"):
        make().download(ID, tmp_path)
    assert len(times) == len(seen) == 5
    assert list(tmp_path.iterdir()) == []


def test_forbidden_is_not_retried(httpserver, make):
    times = feed(httpserver, Response(status=403))
    with pytest.raises(ArxivUnreachable, match="HTTP 403"):
        make().metadata([ID])
    assert len(times) == 1


def test_a_hang_ends(httpserver, make, tmp_path):
    httpserver.expect_request("/api").respond_with_handler(lambda _: time.sleep(0.6) or Response(TWO))
    started = time.monotonic()
    with pytest.raises(ArxivUnreachable, match=r"cannot be reached: Read timed out.*Check the network"):
        make(timeout=(0.2, 0.2)).metadata([ID])
    assert time.monotonic() - started < 2.0


def test_a_drip_ends(httpserver, make, tmp_path):
    def drip():
        yield PDF[:20000]
        for _ in range(200):
            time.sleep(0.02)
            yield b"x" * 20000

    pdf(httpserver, Response(drip()))
    with pytest.raises(ArxivUnreachable, match="too slowly"):
        make(patience_seconds=0.2).download(ID, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_nobody_there():
    closed = r"cannot be reached: .*refused.*on this machine\."
    with (
        ArxivClient(delay_seconds=0, api_url="http://127.0.0.1:9/api") as client,
        pytest.raises(ArxivUnreachable, match=closed),
    ):
        client.metadata([ID])


# The pace


def gaps(times: list[float]) -> list[float]:
    return [later - earlier for earlier, later in pairwise(times)]


def test_requests_keep_their_distance_retries_and_redirects_included(httpserver, make, tmp_path):
    busy = Response(status=503)
    times = feed(httpserver, busy, TWO[:700], TWO)
    pdf(httpserver, Response(status=302, headers={"Location": httpserver.url_for("/other.pdf")}))
    httpserver.expect_request("/other.pdf").respond_with_handler(
        lambda _: times.append(time.monotonic()) or Response(PDF)
    )
    client = make(delay_seconds=0.2)
    client.metadata([ID])
    client.download(ID, tmp_path)
    assert len(times) == 4
    assert min(gaps(times[:3])) >= 0.19
    assert times[3] - times[2] >= 0.39  # the redirect went between


SCRIPT = """
import sys
from pathlib import Path
from index.arxiv.client import ArxivClient
from index.arxiv.ids import ArxivId
api, folder, pace = sys.argv[1:]
with ArxivClient(delay_seconds=0.3, pace_file=Path(pace), api_url=api + "/api", pdf_url=api + "/pdf") as client:
    for _ in range(2):
        client.metadata([ArxivId("2512.99999", 2)])
    client.download(ArxivId("2512.99999", 2), Path(folder))
"""


def start(httpserver: HTTPServer, folder: Path, pace: Path) -> subprocess.Popen[bytes]:
    root = httpserver.url_for("").rstrip("/")
    return subprocess.Popen([sys.executable, "-c", SCRIPT, root, str(folder), str(pace)], cwd=Path(__file__).parents[1])


def test_processes_share_the_pace(httpserver, tmp_path):
    times = feed(httpserver, TWO)
    httpserver.expect_request(f"/pdf/{ID}").respond_with_handler(
        lambda _: times.append(time.monotonic()) or Response(PDF)
    )
    pace = tmp_path / "home" / "arxiv.pace"
    workers = [start(httpserver, tmp_path / name, pace) for name in ("a", "b")]
    assert [worker.wait(30) for worker in workers] == [0, 0]
    assert len(times) == 6
    assert min(gaps(times)) >= 0.29
    for name in ("a", "b"):
        assert (tmp_path / name / "2512.99999v2.pdf").read_bytes() == PDF


def test_killed_while_downloading(httpserver, make, tmp_path):
    def endless():
        yield PDF
        while True:
            time.sleep(0.02)
            yield b"x" * 20000

    feed(httpserver, TWO)
    pdf(httpserver, Response(endless()), Response(PDF))
    pace = tmp_path / "arxiv.pace"
    folder = tmp_path / "pdf"
    worker = start(httpserver, folder, pace)
    until = time.monotonic() + 30
    while not list(folder.glob(".*.part")) and time.monotonic() < until:
        time.sleep(0.02)
    worker.send_signal(signal.SIGKILL)
    worker.wait(10)
    [part] = folder.iterdir()
    assert part.suffix == ".part"
    os.utime(part, (0, 0))
    path = make(pace_file=pace).download(ID, folder)  # the dead process's turn is over, its half file swept
    assert path.read_bytes() == PDF
    assert list(folder.iterdir()) == [path]


# Downloads


def test_download(httpserver, make, tmp_path):
    pdf(httpserver, Response(PDF, mimetype="application/pdf"))
    seen: list[tuple[int, int | None]] = []
    path = make().download(ID, tmp_path / "new" / "folder", lambda done, whole: seen.append((done, whole)))
    assert path == tmp_path / "new" / "folder" / "2512.99999v2.pdf"
    assert path.read_bytes() == PDF
    assert list(path.parent.iterdir()) == [path]
    assert seen[-1] == (len(PDF), len(PDF))
    assert [done for done, _ in seen] == sorted({done for done, _ in seen})
    assert len(seen) > 2


def test_download_of_a_legacy_paper_without_stated_length(httpserver, make, tmp_path):
    id = ArxivId("quant-ph/0201082", 1)
    pdf(httpserver, Response(iter([PDF[:3], PDF[3:]])), id=id)
    seen: list[int | None] = []
    path = make().download(id, tmp_path, lambda _, whole: seen.append(whole))
    assert path == tmp_path / "quant-ph_0201082v1.pdf"
    assert path.read_bytes() == PDF
    assert set(seen) == {None}


def test_a_download_that_breaks_off_begins_again(httpserver, make, tmp_path):
    seen = pdf(httpserver, cut(PDF, 5000), Response(b""), Response(PDF))
    assert make().download(ID, tmp_path).read_bytes() == PDF
    assert len(seen) == 3


def test_a_download_that_always_breaks_off_leaves_the_old_file(httpserver, make, tmp_path):
    old = tmp_path / "2512.99999v2.pdf"
    old.write_bytes(b"%PDF-old")
    pdf(httpserver, cut(PDF, 5000), cut(PDF, 6000), cut(PDF, 7000))
    with pytest.raises(ArxivUnreachable, match=r"The PDF of 2512\.99999v2 broke off 3 times"):
        make().download(ID, tmp_path)
    assert [(path, path.read_bytes()) for path in tmp_path.iterdir()] == [(old, b"%PDF-old")]


class _CutChunks(socketserver.StreamRequestHandler):
    """What arXiv's front end sends for a PDF, no length but chunks, and the line goes dead between two of them."""

    def handle(self):
        while self.rfile.readline().strip():
            pass
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\nTransfer-Encoding: chunked\r\n\r\n"
        self.wfile.write(head + b"%x\r\n%b\r\n" % (len(PDF), PDF))


def test_chunks_that_stop_are_no_file(tmp_path):
    with socketserver.TCPServer(("127.0.0.1", 0), _CutChunks) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        root = f"http://127.0.0.1:{server.server_address[1]}"
        with (
            ArxivClient(delay_seconds=0, pdf_url=f"{root}/pdf") as client,
            pytest.raises(ArxivUnreachable, match="broke off 3 times"),
        ):
            client.download(ID, tmp_path)
        server.shutdown()
    assert list(tmp_path.iterdir()) == []


PAGE = "<!DOCTYPE html><html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>"


@pytest.mark.parametrize(
    ("status", "page", "error", "words"),
    [
        (404, "No document for '2512.99999v2'", BadArxivId, "knows no paper 2512.99999v2. Check"),
        (404, "File unavailable for 2512.99999v2", ArxivError, "no PDF of 2512.99999v2: this version was withdrawn"),
        (200, "No PDF for 2512.99999v2", ArxivError, "ask for an earlier version such as 2512.99999v1."),
        (500, "file unavailable", ArxivError, "no PDF of 2512.99999v2"),
        (500, "Internal Server Error", ArxivUnreachable, "out of order (HTTP 500)"),
        (200, "Are you a robot?", ArxivUnreachable, "something else than the PDF of 2512.99999v2"),
    ],
)
def test_a_page_instead_of_a_pdf(httpserver, make, tmp_path, status, page, error, words):
    pdf(httpserver, Response(PAGE.format(page), status=status, mimetype="text/html"))
    with pytest.raises(ArxivError) as caught:
        make().download(ID, tmp_path)
    assert type(caught.value) is error
    assert words in str(caught.value)
    assert str(caught.value).endswith(".")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("stated", [True, False])
def test_too_large(httpserver, make, tmp_path, stated):
    pdf(httpserver, Response(PDF if stated else iter([PDF[:1000], PDF[1000:]])))
    seen: list[int] = []
    with pytest.raises(PdfTooLarge, match="more than 0 MB"):
        make(largest_pdf=50_000).download(ID, tmp_path, lambda done, _: seen.append(done))
    assert all(done <= 50_000 for done in seen)
    assert bool(seen) != stated
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("where", ["http://{}/pdf", "//{}/pdf", "http://127.0.0.1:80@{}/pdf"])
def test_a_redirect_to_another_host_is_not_followed(httpserver, make, tmp_path, where):
    with HTTPServer(port=0) as foreign:
        foreign.expect_request("/pdf").respond_with_data(PDF)
        target = where.format(f"{foreign.host}:{foreign.port}")
        pdf(httpserver, Response(status=302, headers={"Location": target}))
        with pytest.raises(ArxivUnreachable, match="elsewhere, where we do not follow"):
            make().download(ID, tmp_path)
        assert foreign.log == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://arxiv.org/x", "http://arxiv.org/pdf/x"])
def test_a_redirect_to_another_scheme_is_not_followed(httpserver, make, tmp_path, target):
    pdf(httpserver, Response(status=302, headers={"Location": target}))
    with pytest.raises(ArxivUnreachable, match="elsewhere, where we do not follow"):
        make().download(ID, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_redirects_in_a_ring_end(httpserver, make, tmp_path):
    seen = pdf(httpserver, Response(status=302, headers={"Location": httpserver.url_for(f"/pdf/{ID}")}))
    with pytest.raises(ArxivUnreachable, match="elsewhere"):
        make().download(ID, tmp_path)
    assert len(seen) == 6


def test_a_folder_that_cannot_be_written(httpserver, make, tmp_path):
    pdf(httpserver, Response(PDF))
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ArxivError, match=r"could not be written.*choose another folder\."):
        make().download(ID, tmp_path / "file")
    with pytest.raises(ArxivError, match=r"cannot be written.*Make its folder writable\."):
        make(pace_file=tmp_path / "file" / "arxiv.pace").metadata([ID])


def test_a_damaged_pace_file_is_no_obstacle(httpserver, make, tmp_path):
    feed(httpserver, TWO)
    pace = tmp_path / "arxiv.pace"
    for damage in (b"", b"\xff\xfe", b"nan", b"1e400", b"99999999999"):
        pace.write_bytes(damage)
        assert make(pace_file=pace, delay_seconds=0.01).metadata([ID])


def test_half_downloads_of_others_are_left_alone(httpserver, make, tmp_path):
    pdf(httpserver, Response(PDF))
    young = tmp_path / ".2512.99999v2.pdf.abc.part"
    other = tmp_path / ".2512.00001v1.pdf.abc.part"
    for part in (young, other):
        part.write_bytes(b"%PDF-")
    os.utime(other, (0, 0))
    make().download(ID, tmp_path)
    assert young.exists()
    assert other.exists()
