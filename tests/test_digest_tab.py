"""The digest tab in a real Chromium: a dropped listing becomes a page that is found again by its day."""

import json

import pytest
from arxiv_stand_in import arxiv_stand_in
from browser import answered, ask, own_server, served  # noqa: F401  (a fixture)
from made_pdfs import one_page, wrapped
from test_breakdown_tab import open_tab, saved, serious_faults

from assistant.digest.ledger import list_reports, report_of
from assistant.digest.record import Digest
from assistant.report import render as report
from index.store.library import Library

pytestmark = pytest.mark.slow

HOSTILE = "Kites <img src=http://evil.example/k.png onerror=window.harmed=1> steered by <script>harmed=2</script> wind"
ABSTRACT = (
    "We steer kites with sparse attention. Existing controllers attend to every sensor and fall behind at 200 Hz. "
    "Our controller holds a kite for 31.6 minutes, 4.2 minutes longer than the baseline. ![x](http://evil.example/y)"
)


def listing(folder, day, *numbers):
    """A saved listing with a paper for each number; the first has a title that would do harm."""
    records = [
        {
            "id": f"2601.{number:05}",
            "title": f"{HOSTILE} {number}" if place == 0 else f"On ships {number}",
            "authors": ["Ada Muster", "<b>Bo</b> Beispiel"],
            "abstract": ABSTRACT if place == 0 else f"Ships of kind {number} carry freight. They are slow.",
            "categories": ["cs.RO"],
        }
        for place, number in enumerate(numbers)
    ]
    path = folder / f"{day}.jsonl"
    path.write_text("\n".join(json.dumps(record) for record in records), "utf-8")
    return path


def make(page, path, day):
    """Fills the form in and waits for the page of that day."""
    page.wait_for_selector("#digest-page .empty, #digest-page .digest")
    if not page.locator("#digest-files").is_visible():
        page.click("#new-digest > button")
    page.wait_for_selector("#digest-files:visible")
    if page.locator("#digest-files [aria-label='Clear']").count():
        page.locator("#digest-files [aria-label='Clear']").first.click()
    page.set_input_files("#digest-files input[type=file]", path)
    page.wait_for_selector(f"#digest-files:has-text('{path.stem}')")
    page.fill("#digest-interests textarea", "kites that are steered")
    page.fill("#digest-top input", "1")
    page.check("#digest-offline input")
    page.uncheck("#digest-model input")
    page.click("#make-digest")
    page.wait_for_selector(f"#digest-page h2:has-text('{day}')")


def test_a_listing_becomes_a_page_that_is_kept_by_its_day(served, tmp_path):  # noqa: F811
    with served.page() as page:  # which also fails for a request to another origin
        open_tab(page, "Digest")
        make(page, listing(tmp_path, "2026-01-19", 101, 102, 103), "2026-01-19")
        assert page.locator("#digest-page .card").count() == 3
        first = page.locator("#digest-page .card").first
        assert f"{HOSTILE} 101" in first.locator("h4").inner_text()
        assert first.locator("details.analysis [data-field]").count() > 10
        for link in page.locator("#digest-page a[href^=http]").all():
            assert "noopener" in link.get_attribute("rel")
        assert page.locator("#digest-page").locator("script, img, [onerror], iframe").count() == 0
        assert page.evaluate("window.harmed") is None
        assert page.locator("#digest-page button[data-do=add]").count() == 3
        with Library.open(served.home) as library:
            kept = report_of(library, *list_reports(library)[0])
        assert saved(page, served, "md") == report.digest_markdown(kept)
        assert saved(page, served, "html") == report.digest_html(kept)
        assert Digest.model_validate_json(saved(page, served, "json")) == kept
        assert not (faults := serious_faults(page)), json.dumps(faults, indent=1)
        page.reload()
        page.wait_for_selector("#question textarea")
        open_tab(page, "Digest")
        make(page, listing(tmp_path, "2026-01-20", 104), "2026-01-20")
        assert page.locator("#digest-page .card").count() == 1
        page.click("#past-digests label:has-text('2026-01-19')")
        page.wait_for_selector("#digest-page h2:has-text('2026-01-19')")
        assert page.locator("#digest-page .card").count() == 3


def arxiv_feed(arxiv_id, title):
    """What arXiv's API says about one paper."""
    return f"""<feed xmlns="http://www.w3.org/2005/Atom" xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">
        <opensearch:totalResults>1</opensearch:totalResults><entry><id>http://arxiv.org/abs/{arxiv_id}</id>
        <title>{title}</title><summary>Ships.</summary><author><name>Ada Muster</name></author>
        <published>2026-01-20T00:00:00Z</published><updated>2026-01-20T00:00:00Z</updated></entry></feed>""".encode()


def test_a_card_adds_its_paper_to_the_library_and_asks_about_it(served, home, sample_papers, tmp_path, monkeypatch):  # noqa: F811
    title, day = "On ships 106", "2026-01-21"
    with arxiv_stand_in(tmp_path) as arxiv:
        for name, value in arxiv.environment.items():
            monkeypatch.setenv(name, value)
        with own_server(served, home, sample_papers / "two_legs.pdf") as own, own.page() as page:
            open_tab(page, "Digest")
            make(page, listing(tmp_path, day, 105, 106), day)
            card = page.locator("#digest-page .card", has_text=title)
            assert page.locator("#digest-page button[data-do=ask]").count() == 0
            card.locator("button[data-do=add]").click()
            page.wait_for_selector("#digest-note .fault:has-text('HTTP 403')")
            assert "Wait a quarter of an hour and try again" in page.inner_text("#digest-note")
            arxiv.answers["/api/query"] = arxiv_feed("2601.00106v1", title)
            arxiv.answers["/pdf/2601.00106v1"] = b"%PDF-1.4 cut short"
            card.locator("button[data-do=add]").click()
            page.wait_for_selector("#digest-note .fault:has-text('PDF')")
            lines = wrapped("Ships carry freight from port to port, and each ship has a number. " * 12, 450)
            arxiv.answers["/pdf/2601.00106v1"] = one_page(tmp_path / "ships.pdf", lines).read_bytes()
            card.locator("button[data-do=add]").click()
            card.locator("button[data-do=ask]").wait_for()
            assert "2601.00106" in page.inner_text("#digest-note .note")
            assert page.locator("#digest-page button[data-do=add]").count() == 1  # the other card's
            card.locator("button[data-do=ask]").click()
            page.wait_for_selector("#question:visible")
            page.wait_for_selector(f"#scope .token:has-text('{title}')")
            own.script()
            ask(page, "Why is the model's passage number not trusted?")  # which the other paper answers
            answered(page)
            assert set(page.locator("#log cite").all_inner_texts()) == {title}
    assert arxiv.asked.count("/pdf/2601.00106v1") == 2
    assert all(address.startswith("/") for address in arxiv.asked), "another host was asked"


def test_what_is_missing_in_the_form_is_said(served):  # noqa: F811
    with served.page(width=390, height=844, locale="zh-CN") as page:
        open_tab(page, "日报")
        page.wait_for_selector("#digest-page .empty, #digest-page .digest")
        page.click("#new-digest > button")
        page.click("#make-digest")
        page.wait_for_selector("#digest-note .fault:has-text('arXiv 分类')")
        page.click("#digest-kind label:has-text('监控')")
        page.click("#make-digest")
        page.wait_for_selector("#digest-note .fault:has-text('关键词')")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
