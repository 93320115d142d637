"""A worker that reads hostile files may die, hang or starve; the reader goes on."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import made_pdfs as made
import pytest

from index.model.errors import NotAPdf, PdfTooLarge, PdfTooSlow, UnreadablePdf
from index.reading.read_pdf import PdfLimits, read_pdf
from index.reading.worker import PdfReader

ROOT = Path(__file__).parents[1]


def children_of(pid):
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in listed.read_text().split()] if listed.exists() else []


def test_papers_and_errors_come_back_from_the_worker(tmp_path):
    good = made.one_page(tmp_path / "good.pdf")
    wrong = tmp_path / "wrong.pdf"
    wrong.write_text("no PDF at all")
    with PdfReader() as reader:
        first, second, third = (reader.submit(path) for path in (good, wrong, good))
        assert first.result().text == read_pdf(good).text
        with pytest.raises(NotAPdf, match=r"wrong\.pdf"):
            second.result()
        assert third.result().id == first.result().id


@pytest.mark.slow
def test_a_deflate_bomb_ends_at_the_cap_and_the_next_paper_is_read(tmp_path):
    bomb = made.deflate_bomb(tmp_path / "bomb.pdf", 300)
    assert bomb.stat().st_size < 10_000
    with PdfReader(PdfLimits(memory=400_000_000, seconds=60)) as reader:
        hostile, good = reader.submit(bomb), reader.submit(made.one_page(tmp_path / "good.pdf"))
        with pytest.raises(PdfTooLarge, match=r"bomb\.pdf"):
            hostile.result()
        assert "The reader of a paper" in good.result().text


@pytest.mark.slow
def test_a_slow_file_is_stopped_and_the_next_paper_is_read(tmp_path):
    document = made.new_document()
    for _ in range(60):
        page = made.page_of(document)
        for line in range(60):
            made.put(page, 72, 60 + 12 * line, " ".join(made.BODY)[:90])
    slow = made.saved(document, tmp_path / "slow.pdf")
    with PdfReader(PdfLimits(seconds=0.2)) as reader:
        with pytest.raises(PdfTooSlow, match=r"slow\.pdf was not read within 0\.2 seconds"):
            reader.submit(slow).result()
        assert reader.submit(made.one_page(tmp_path / "good.pdf")).result().pages


@pytest.mark.slow
def test_a_worker_that_dies_is_an_error_of_its_file(tmp_path):
    document = made.new_document()
    for _ in range(200):
        made.put_lines(made.page_of(document), 72, 60, made.BODY * 10)
    path = made.saved(document, tmp_path / "long.pdf")
    with PdfReader() as reader:
        reader.submit(made.one_page(tmp_path / "good.pdf")).result()
        before = set(children_of(os.getpid()))
        future = reader.submit(path)
        time.sleep(0.1)
        for child in before:
            if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes():
                os.kill(child, signal.SIGKILL)
        with pytest.raises(UnreadablePdf, match=r"died on long\.pdf"):
            future.result()
        assert reader.submit(made.one_page(tmp_path / "good.pdf")).result().pages


PROGRAM = """
import sys, time
from pathlib import Path
from index.reading.worker import PdfReader
if __name__ == "__main__":
    with PdfReader(workers=2) as reader:
        futures = [reader.submit(Path(sys.argv[1])) for _ in range(300)]
        futures[0].result()
        print("reading", flush=True)
        for future in futures:
            future.result()
"""


@pytest.mark.slow
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
def test_no_worker_outlives_a_parent_that_is_stopped(tmp_path, end):
    script = tmp_path / "program.py"
    script.write_text(PROGRAM)
    path = made.one_page(tmp_path / "good.pdf")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, str(script), str(path)], env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as parent:
        assert parent.stdout is not None and parent.stdout.readline() == b"reading\n"
        workers = children_of(parent.pid)
        assert workers
        parent.send_signal(end)
        assert parent.wait(timeout=30) != 0
        deadline = time.monotonic() + 10
        while any(Path(f"/proc/{worker}/exe").exists() and alive(worker) for worker in workers):
            assert time.monotonic() < deadline, "a worker is still there"
            time.sleep(0.1)


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
