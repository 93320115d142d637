"""What is read of an announced paper: the library's text, a PDF from (a recorded) arXiv, or the abstract and why."""

import os
import time
from datetime import date

import pytest
from small_papers import put, small_paper

from assistant.breakdown.record import Basis
from assistant.breakdown.sources import FullTexts
from index.arxiv.announcements import Announcement
from index.arxiv.client import ArxivClient
from index.arxiv.ids import ArxivId
from index.reading.worker import PdfReader
from index.store.library import Library

ABSTRACT = "We teach a robot to fold shirts. It folds 90% of them."


def announced(base="2601.00001", version=1):
    id = ArxivId(base, version)
    return Announcement(id, "Robots", ("Ana Roe",), ABSTRACT, ("cs.RO",), "new", date(2026, 1, 19), None)


@pytest.fixture
def library(tmp_path):
    with Library.open(tmp_path / "home") as opened:
        yield opened


@pytest.fixture(scope="module")
def reader():
    with PdfReader() as opened:
        yield opened


@pytest.fixture
def arxiv(httpserver):
    with ArxivClient(delay_seconds=0.0, timeout=(2.0, 5.0), pdf_url=httpserver.url_for("/pdf")) as client:
        yield client


def requests(httpserver):
    return [request.path for request, _ in httpserver.log]


def test_a_pdf_is_fetched_read_and_kept_and_not_fetched_again(
    library, reader, arxiv, httpserver, sample_papers, tmp_path
):
    data = (sample_papers / "two_legs.pdf").read_bytes()
    httpserver.expect_request("/pdf/2601.00001v1").respond_with_data(data, content_type="application/pdf")
    texts = FullTexts(library, reader, arxiv, tmp_path / "downloads")
    subject, paper = texts.of(announced(), "en")
    assert (subject.basis, subject.title, subject.pages) == (Basis.FULL_TEXT, "Robots", len(paper.pages))
    assert len(paper.text) > 3000 and subject.file == str(tmp_path / "downloads" / "2601.00001v1.pdf")
    again, _ = FullTexts(library, reader, None, tmp_path / "downloads").of(announced(), "en")
    assert again == subject and len(requests(httpserver)) == 1
    assert library.papers() == []


def test_the_library_is_asked_first(library, reader, tmp_path):
    put(library, small_paper("p1", arxiv_id="2601.00001v2"))
    texts = FullTexts(library, reader, None, tmp_path)
    subject, paper = texts.of(announced(version=1), "en")
    assert (subject.paper, subject.basis, paper.id) == ("p1", Basis.FULL_TEXT, "p1")
    assert texts.of(announced(version=3), "en")[0].basis is Basis.ABSTRACT  # the library's text is older


def test_offline_the_abstract_is_read_and_says_why(library, reader, tmp_path):
    subject, paper = FullTexts(library, reader, None, tmp_path).of(announced(), "zh")
    assert subject.basis is Basis.ABSTRACT and ABSTRACT in paper.text and "--offline" in subject.reason


def test_a_paper_without_a_pdf_or_with_a_bad_one(library, reader, arxiv, httpserver, tmp_path):
    httpserver.expect_request("/pdf/2601.00001v1").respond_with_data("no such paper", status=404)
    httpserver.expect_request("/pdf/2601.00002v1").respond_with_data(b"%PDF-1.7\nthe rest is missing")
    texts = FullTexts(library, reader, arxiv, tmp_path / "downloads")
    for base, reason in (("2601.00001", "arXiv knows no paper"), ("2601.00002", "2601.00002v1.pdf")):
        subject, _ = texts.of(announced(base), "en")
        assert subject.basis is Basis.ABSTRACT and reason in subject.reason


def test_after_no_answer_nothing_more_is_fetched(library, reader, tmp_path):
    with ArxivClient(delay_seconds=0, timeout=(0.5, 0.5), pdf_url="http://127.0.0.1:9/pdf") as closed:
        texts = FullTexts(library, reader, closed, tmp_path / "downloads")
        first, _ = texts.of(announced(), "en")
        assert "cannot be reached" in first.reason
        started = time.monotonic()
        second, _ = texts.of(announced("2601.00002"), "en")
    assert second.reason == "no PDF was read: arXiv does not answer" and time.monotonic() - started < 0.4


def test_a_pdf_of_an_unsaid_version_grows_old(library, reader, sample_papers, tmp_path):
    path = tmp_path / "2601.00001.pdf"
    path.write_bytes((sample_papers / "two_legs.pdf").read_bytes())
    texts = FullTexts(library, reader, None, tmp_path)
    assert texts.of(announced(version=None), "en")[0].basis is Basis.FULL_TEXT
    os.utime(path, (0, 0))
    assert texts.of(announced(version=None), "en")[0].basis is Basis.ABSTRACT
