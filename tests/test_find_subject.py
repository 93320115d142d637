"""What a reader's name means: a paper of the library, a PDF, or a paper of (a recorded) arXiv."""

import shutil
from pathlib import Path

import pytest
from conftest import new_home

from assistant.breakdown.record import Basis
from assistant.breakdown.sources import find_subject
from assistant.config.settings import Settings
from assistant.context import Workbench
from index.arxiv.client import ArxivClient
from index.model.errors import BadArxivId, PaperNotFound, PdfError, PdfTooLarge

ATOM = (Path(__file__).parent / "data" / "arxiv" / "two_papers.atom.xml").read_bytes()


class FarWorld(Workbench):
    """A workbench whose arXiv is a server of the test."""

    url = ""

    def arxiv(self):
        url = self.url
        return self._opened.enter_context(
            ArxivClient(delay_seconds=0.0, timeout=(2.0, 5.0), api_url=f"{url}/api", pdf_url=f"{url}/pdf")
        )


@pytest.fixture
def bench(tmp_path, model_folder, httpserver, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    home = new_home(tmp_path / "home", model_folder)
    with FarWorld(Settings(home=home), lambda line: None) as bench:
        bench.url = httpserver.url_for("").rstrip("/")
        yield bench


def test_a_paper_of_the_library_by_title_id_or_file(sample_bench, sample_papers):
    record = sample_bench.library.find("many_spans")
    for name in ("many spans", record.id, "many_spans.pdf", str(sample_papers / "many_spans.pdf")):
        subject, paper = find_subject(sample_bench, name)
        assert (subject.paper, subject.title, subject.pages) == (record.id, record.title, len(paper.pages))
        assert subject.basis is Basis.FULL_TEXT and subject.file == record.file


def test_a_file_is_its_bytes_not_its_name(sample_bench, sample_papers, tmp_path):
    copy = tmp_path / "my kites.pdf"
    shutil.copy(sample_papers / "many_spans.pdf", copy)
    assert find_subject(sample_bench, str(copy))[0].paper == sample_bench.library.find("many_spans").id
    other = tmp_path / "two_legs.pdf"  # another paper under the name of one that is in the library
    shutil.copy(sample_papers / "many_spans.pdf", other)
    assert find_subject(sample_bench, str(other))[0].title == sample_bench.library.find("many_spans").title


@pytest.mark.timeout(60)
def test_a_file_over_the_cap_is_not_hashed(bench, tmp_path):
    with (tmp_path / "huge.pdf").open("wb") as huge:
        huge.truncate(1 << 40)
    with pytest.raises(PdfTooLarge, match=r"huge\.pdf has 1,099,511,627,776 bytes, more than .* make it smaller"):
        find_subject(bench, str(tmp_path / "huge.pdf"))


def test_a_file_that_is_not_in_the_library_is_read_and_not_added(bench, sample_papers):
    path = sample_papers / "two_legs.pdf"
    subject, paper = find_subject(bench, str(path))
    assert (subject.paper, subject.file, subject.title) == ("", str(path.absolute()), paper.title)
    assert len(paper.text) > 3000 and bench.library.papers() == []
    assert find_subject(bench, str(path))[0].key == subject.key


@pytest.mark.parametrize("name", ["no such paper", "x" * 5000, "~nobody-at-all/x.pdf", "", "/", "a\0b"])
def test_a_name_of_nothing(bench, name):
    with pytest.raises(PaperNotFound):
        find_subject(bench, name)


def test_a_file_that_is_no_pdf(bench, tmp_path):
    (tmp_path / "x.pdf").write_text("no pdf")
    with pytest.raises(PdfError):
        find_subject(bench, str(tmp_path / "x.pdf"))


def test_a_paper_of_arxiv_is_fetched_and_read(bench, httpserver, sample_papers):
    httpserver.expect_request("/api").respond_with_data(ATOM)
    data = (sample_papers / "two_legs.pdf").read_bytes()
    httpserver.expect_request("/pdf/2512.99999v2").respond_with_data(data, content_type="application/pdf")
    subject, paper = find_subject(bench, "2512.99999v2")
    assert (subject.basis, subject.arxiv_id, subject.paper) == (Basis.FULL_TEXT, "2512.99999v2", "")
    assert subject.title != paper.title and Path(subject.file).parent == bench.index_settings.home / "downloads"


def test_without_its_pdf_the_abstract_is_read(bench, httpserver):
    httpserver.expect_request("/api").respond_with_data(ATOM)
    httpserver.expect_request("/pdf/2512.99999v2").respond_with_data("gone", status=404)
    subject, paper = find_subject(bench, "https://arxiv.org/abs/2512.99999v2")
    assert subject.basis is Basis.ABSTRACT and subject.reason and paper.text.startswith("Abstract\n")
    assert subject.pages == 0 and subject.file == ""


def test_a_paper_that_arxiv_does_not_have(bench, httpserver):
    empty = (Path(__file__).parent / "data" / "arxiv" / "no_papers.atom.xml").read_bytes()
    httpserver.expect_request("/api").respond_with_data(empty)
    with pytest.raises(BadArxivId):
        find_subject(bench, "2512.00001")
