"""The breakdown tab in a real Chromium: field by field, stopped and gone on with, chips, files, a comparison."""

import json

import pymupdf
import pytest
from browser import HOSTILE_TITLE, served  # noqa: F401  (a fixture)
from fake_ollama import Reply
from test_app import get, marked, open_source

from assistant.breakdown.kept import load_breakdown
from assistant.breakdown.record import ALL_FIELDS, Breakdown, Comparison
from assistant.breakdown.sources import library_subject
from assistant.report import render as report
from index.store.library import Library

pytestmark = pytest.mark.slow


def open_tab(page, name):
    """A click on a tab; on a phone the last ones stand in a menu behind the others."""
    page.wait_for_selector(f"#tabs button:has-text('{name}')", state="attached")
    page.wait_for_timeout(500)  # the row is measured before it is folded
    tab = page.locator(f"#tabs [role=tab]:has-text('{name}'):visible")
    if tab.count():
        tab.click()
    else:
        page.click("#tabs .overflow-menu > button")
        page.click(f"#tabs .overflow-dropdown button:has-text('{name}')")


def choose(page, *titles, model):
    """Opens the tab and chooses papers by words of their titles."""
    open_tab(page, "Breakdown")
    page.wait_for_selector("#breakdown-page .empty")
    for title in titles:
        page.click("#breakdown-papers input")
        page.fill("#breakdown-papers input", title)
        page.keyboard.press("Enter")
        page.wait_for_selector(f"#breakdown-papers .token:has-text({json.dumps(title)})")
    page.keyboard.press("Escape")
    page.set_checked("#breakdown-model input", model)
    page.wait_for_selector("#ask-breakdown:visible")


def titles(served):  # noqa: F811
    with Library.open(served.home) as library:
        return {record.title: record.id for record in library.papers()}


def sample(served):  # noqa: F811
    """The title of a paper that does no harm."""
    return min(title for title in titles(served) if "gazebo" not in title.lower())


def saved(page, served, form):  # noqa: F811
    """What a link below "Save as" gives."""
    address = page.locator(f".downloads a[href*='.{form}?']").evaluate("link => link.href")
    status, headers, body = get(address, **served.key)
    assert status == 200 and headers["content-disposition"].startswith("attachment")
    return body.decode("utf-8-sig")


def serious_faults(page):
    from axe_playwright_python.sync_playwright import Axe

    page.wait_for_timeout(500)
    found = Axe().run(page).response["violations"]
    return {each["id"]: [node["html"][:200] for node in each["nodes"]] for each in found
            if each["impact"] in ("serious", "critical")}  # fmt: skip


def test_it_is_made_field_by_field_found_again_stopped_at_once_and_gone_on_with(served):  # noqa: F811
    served.script(Reply("never", pause=60))
    served.ollama.waiting.clear(), served.ollama.hung_up.clear()
    with served.page() as page:
        choose(page, sample(served), model=True)
        page.click("#break-down")
        assert served.ollama.waiting.wait(60)
        page.wait_for_selector("#breakdown-page [data-field=abstract] .said")
        shown = page.locator("#breakdown-page [data-field]").count()
        assert 1 <= shown < len(ALL_FIELDS)
        assert page.get_attribute("#breakdown-status progress", "value") == str(shown)
        page.reload()
        page.wait_for_selector("#question textarea")
        open_tab(page, "Breakdown")
        page.wait_for_selector("#breakdown-status .making")
        page.click("#stop-breakdown")
        assert served.ollama.hung_up.wait(5)
        page.wait_for_selector("#breakdown-status .note:has-text('Stopped')")
        assert page.locator("#breakdown-page [data-field]").count() == shown
        served.script()
        page.click(f"#break-down:has-text('{len(ALL_FIELDS) - shown} fields left')")
        page.wait_for_selector("#breakdown-page .downloads")
        assert page.locator("#breakdown-page [data-field]").count() == len(ALL_FIELDS)
        assert page.locator("#kept-breakdowns label").count() >= 1


def test_a_page_that_the_reader_left_does_not_come_back_by_itself(served):  # noqa: F811
    """What a choice followed went on after the next choice of the same kind, and took the place of its page."""
    served.script(Reply("never", pause=25))
    served.ollama.waiting.clear()
    with served.page() as page, served.page() as other:
        choose(page, sample(served), model=True)
        page.click("#break-down")
        assert served.ollama.waiting.wait(60)
        open_tab(other, "Breakdown")  # where it is followed to its end
        other.wait_for_selector("#breakdown-status .making")
        for language, state in (("中文", "detached"), ("English", "attached"), ("中文", "detached")):
            page.click(f"#breakdown-language label:has-text('{language}')")
            page.wait_for_selector("#breakdown-status .making", state=state)
        other.wait_for_selector("#breakdown-page .downloads")
        page.wait_for_timeout(1000)
        assert page.locator("#breakdown-page [data-field]").count() == 0


def test_a_chip_opens_the_page_at_the_quoted_words_and_the_files_are_those_of_the_report(served):  # noqa: F811
    with served.page() as page:
        choose(page, sample(served), model=False)
        page.click("#break-down")
        page.wait_for_selector("#breakdown-page .downloads")
        assert page.locator("#breakdown-page .absent").count() >= 1  # what the paper does not state
        open_source(page, "#breakdown-page .chip")
        chip, quote = page.locator("#breakdown-page .chip").first, page.inner_text("#source-quote").split()
        assert " ".join(quote) in chip.get_attribute("title") or len(" ".join(quote)) > 300
        boxes, number = marked(page), int(page.inner_text("#source-place").split()[1])
        _, _, pdf = get(f"{served.url}/papers/{chip.get_attribute('data-paper')}/paper.pdf", **served.key)
        with pymupdf.open(stream=pdf, filetype="pdf") as document:
            words = document[number - 1].get_text("words")
        middles = [(word[4], (word[0] + word[2]) / 2, (word[1] + word[3]) / 2) for word in words]
        under = [text for text, x, y in middles if any(a <= x <= c and b <= y <= d for a, b, c, d in boxes)]
        assert under and "".join(under).replace("-", "") == "".join(quote).replace("-", "")
        with Library.open(served.home) as library:
            record = library.record(chip.get_attribute("data-paper"))
            kept = load_breakdown(library, library_subject(record, library.paper(record.id)), "en", "")
        assert saved(page, served, "md") == report.breakdown_markdown(kept)
        assert saved(page, served, "html") == report.breakdown_html(kept)
        assert Breakdown.model_validate_json(saved(page, served, "json")) == kept
        assert not (faults := serious_faults(page)), json.dumps(faults, indent=1)


def test_two_papers_stand_side_by_side_and_a_hostile_one_does_no_harm(served):  # noqa: F811
    with served.page() as page:  # which also fails for a request to another origin
        choose(page, sample(served), "Gazebo Method", model=False)
        page.click("#break-down:has-text('Compare')")
        page.wait_for_selector("#breakdown-page .compared")
        rows = page.locator("#breakdown-page .compared tbody tr")
        assert rows.count() == 2 and HOSTILE_TITLE in rows.nth(1).inner_text()
        assert rows.nth(0).locator("td .chip").count() >= 1
        assert page.locator("#breakdown-page").locator("script, img, [onerror], a[href^=javascript]").count() == 0
        assert page.evaluate("window.harmed") is None
        made = Comparison.model_validate_json(saved(page, served, "json"))
        assert saved(page, served, "csv").replace("\r\n", "\n") == report.comparison_csv(made).replace("\r\n", "\n")
        open_source(page, "#breakdown-page .compared .chip")


def test_in_chinese_on_a_phone(served):  # noqa: F811
    with served.page(width=390, height=844, locale="zh-CN") as page:
        open_tab(page, "解读")
        page.wait_for_selector("#breakdown-page .empty:has-text('拆解一篇论文')")
        page.wait_for_selector("#kept-breakdowns label")  # made in the tests before
        page.click("#kept-breakdowns label:has-text('原句')")
        page.wait_for_selector("#breakdown-page .breakdown")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
