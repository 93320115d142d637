"""A worker that reads hostile files may die, hang or starve; the reader goes on."""

import os
import signal
import subprocess
import sys
import threading
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


SPINNING = """
import sys, threading
from pathlib import Path
from index.reading.worker import PdfReader
from index.reading.read_pdf import PdfLimits
if __name__ == "__main__":
    with PdfReader(PdfLimits(seconds=60)) as reader:
        reader.draw(Path(sys.argv[2]), 1, 1).result()
        drawing = reader.draw(Path(sys.argv[1]), 1, 1)
        threading.Timer(1, lambda: print("drawing", flush=True)).start()
        drawing.result()
"""


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_a_worker_that_never_gives_the_lock_back_ends_with_a_parent_that_is_killed(tmp_path):
    script = tmp_path / "program.py"
    script.write_text(SPINNING)
    files = [made.many_groups(tmp_path / "groups.pdf"), made.one_page(tmp_path / "good.pdf")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(script), *map(str, files)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as parent:
        assert parent.stdout is not None and parent.stdout.readline() == b"drawing\n"
        workers = children_of(parent.pid)
        parent.kill()
    deadline = time.monotonic() + 3
    try:
        while any(alive(worker) for worker in workers):
            assert time.monotonic() < deadline, "a worker is still there"
            time.sleep(0.1)
    finally:
        for worker in filter(alive, workers):
            os.kill(worker, signal.SIGKILL)


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_a_worker_outlives_the_thread_that_had_it_started(tmp_path):
    path = made.one_page(tmp_path / "good.pdf")
    with PdfReader() as reader:
        thread = threading.Thread(target=lambda: reader.submit(path).result())
        thread.start()
        thread.join()
        deadline = time.monotonic() + 10
        while not (before := spawned()):  # the kernel hands it to this thread a moment after the other one ended
            assert time.monotonic() < deadline
            time.sleep(0.05)
        time.sleep(0.5)
        assert reader.submit(path).result().pages and spawned() == before


@pytest.mark.slow
@pytest.mark.timeout(120)
@pytest.mark.parametrize("pause", [0, 1], ids=["at once", "when the pool knows"])
def test_after_an_idle_worker_was_killed_papers_are_read(tmp_path, pause):
    path = made.one_page(tmp_path / "good.pdf")
    with PdfReader() as reader:
        reader.submit(path).result()
        for worker in spawned():
            os.kill(worker, signal.SIGKILL)
        time.sleep(pause)
        for read in [reader.submit(path) for _ in range(3)]:
            assert read.result(timeout=60).pages


@pytest.mark.timeout(120)
def test_a_file_that_is_another_by_the_time_it_is_read_is_not_read(tmp_path):
    path = made.one_page(tmp_path / "good.pdf")
    with PdfReader() as reader:
        for read in (reader.submit(path, "0" * 64), reader.draw(path, 1, 1, "0" * 64)):
            with pytest.raises(UnreadablePdf, match=r"good\.pdf has changed in the meantime: add it again"):
                read.result()


@pytest.mark.timeout(120)
def test_closing_stops_what_is_at_work_and_ends_what_waits(tmp_path):
    with PdfReader(PdfLimits(seconds=60)) as reader:
        reader.start()
        waiting = [reader.draw(made.many_groups(tmp_path / "groups.pdf"), 1, 1) for _ in range(2)]
        time.sleep(2)
        began = time.monotonic()
    assert time.monotonic() - began < 10
    for each in waiting:
        with pytest.raises(UnreadablePdf, match="run it again"):
            each.result(timeout=1)
    with pytest.raises(UnreadablePdf, match="has ended"):
        reader.submit(tmp_path / "groups.pdf")


@pytest.mark.timeout(120)
def test_the_processor_time_of_a_task_is_capped_without_the_pool(tmp_path):
    code = "import sys, pathlib, index.reading.worker as p; p._PROCESSOR_GRACE = 1; "
    code += "p._work(p._draw, pathlib.Path(sys.argv[1]), p.PdfLimits(seconds=1), 1, 1, None)"
    path = made.many_groups(tmp_path / "groups.pdf")
    done = subprocess.run([sys.executable, "-c", code, str(path)], cwd=ROOT, timeout=60)
    assert done.returncode == -signal.SIGXCPU


def spawned():
    """The workers of this process."""
    return [pid for pid in children_of(os.getpid()) if alive(pid) and b"spawn_main" in command_of(pid)]


def command_of(pid):
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
