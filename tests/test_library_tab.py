"""The library as a reader uses it: the real server and a real Chromium."""

import json

import pytest
from browser import HOSTILE_TITLE, answered, ask, opened, own_server, served  # noqa: F401  (a fixture)
from made_pdfs import BODY, new_document, one_page, page_of, put_lines, saved, wrapped

from index.store.library import PaperRecord
from ui.tabs.library.view import COLUMNS, Listing, matching, ordered

SAMPLE = "Two Legs"
FILES = "#drop-papers input[type=file]"

slow = pytest.mark.slow


def record(id, title="A title", authors=("Ada Muster",), year=2020, pages=9):
    return PaperRecord(
        id, f"/papers/{id}.pdf", id, title, authors, year, None, pages, 3, "ready", f"2026-01-0{id}", (), "e"
    )


def test_papers_are_filtered_by_every_word_and_sorted_with_the_unknown_last():
    papers = [
        record("1", "Zebra kites", ("Bo Beispiel",), 2019),
        record("2", "apple kites", year=None),
        record("3", "Winds", ("Cy Zhang", "Ada Muster"), 2024),
    ]
    assert [each.id for each in matching(papers, {"3": ("to read",)}, "  ADA ")] == ["2", "3"]
    assert [each.id for each in matching(papers, {"3": ("to read",)}, "read 2024")] == ["3"]
    assert matching(papers, {}, "kites winds") == [] and matching(papers, {}, " ") == papers
    for sort, down, ids in (
        ("year", True, "312"), ("year", False, "132"), ("title", False, "231"), ("authors", False, "123"),
        ("added", True, "321"), ("no such column", True, "321"),
    ):  # fmt: skip
        assert "".join(each.id for each in ordered(papers, Listing(sort, down))) == ids, sort
    assert Listing("year", True).sorted_by("year") == ("year", False)
    assert Listing("year", True).sorted_by("title") == ("title", False)


def library(page):
    """Opens the tab and waits for the list."""
    page.get_by_role("tab", name="Library").click()
    page.wait_for_selector("table.papers")


def titled(page, title):
    return page.locator("table.papers button.title").filter(has_text=title)


def open_paper(page, title):
    titled(page, title).click()
    page.wait_for_selector("tr.detail")


def delete_open(page):
    """Deletes the paper that is open."""
    page.wait_for_selector("[data-act=delete]")
    page.click("[data-act=delete]")
    page.click("[data-act=really]")
    page.wait_for_selector("#library-note .note")


def ended(page):
    page.wait_for_selector(".job[data-running=false]")


@slow
def test_a_paper_is_deleted_after_a_yes_and_added_by_dropping_it_and_every_page_shows_the_job(served, sample_papers):  # noqa: F811
    with served.page() as page:
        library(page)
        open_paper(page, SAMPLE)
        page.click("[data-act=delete]")
        page.click("[data-act=keep]")
        delete_open(page)
        assert titled(page, SAMPLE).count() == 0
        page.set_input_files(FILES, str(sample_papers / "two_legs.pdf"))
        page.wait_for_selector(".job")
        second = page.context.new_page()
        second.goto(served.url)
        opened(second)
        library(second)
        second.wait_for_selector(".job")
        page.reload()
        opened(page)
        library(page)
        ended(page)
        assert "1 added" in page.inner_text(".job")
        titled(page, SAMPLE).wait_for()
        titled(second, SAMPLE).wait_for()
        assert list((served.home / "papers").glob("*/two_legs.pdf"))
        page.click("#hide-job")
        page.wait_for_selector(".job", state="detached")


@slow
def test_a_folder_is_added_with_the_folders_in_it(served, home, tmp_path):  # noqa: F811
    folder = tmp_path / "folder"
    (folder / "below").mkdir(parents=True)
    for name in ("first.pdf", "below/second.PDF"):
        one_page(folder / name, [f"A paper on the {name.split('.')[0]} kind of kites", "", *BODY])
    (folder / "notes.txt").write_text("no paper")
    with own_server(served, home) as own, own.page() as page:
        page.get_by_role("tab", name="Library").click()
        with page.expect_file_chooser() as chooser:
            page.click("#drop-folder")
        chooser.value.set_files(folder)
        ended(page)
        assert "2 added" in page.inner_text(".job")
        page.wait_for_selector("#library-note .fault:has-text('1 files were skipped')")
        page.wait_for_function("document.querySelectorAll('table.papers button.title').length === 2")
        assert {path.name for path in (home / "papers").glob("*/*")} == {"first.pdf", "second.pdf"}


@slow
def test_a_broken_file_shows_its_reason_and_hostile_names_stay_text(served, tmp_path):  # noqa: F811
    name = "<img src=x onerror=window.harmed=1>.pdf"
    (tmp_path / name).write_bytes(b"%PDF-1.4 nothing")
    with served.page() as page:
        library(page)
        page.set_input_files(FILES, str(tmp_path / name))
        page.wait_for_selector(".failures li")
        assert "onerror" in page.inner_text(".failures li") and "again" in page.inner_text(".failures li")
        assert not list((served.home / "papers").glob("*/*onerror*"))
        open_paper(page, HOSTILE_TITLE)
        page.fill(".tagging input", "<script>window.harmed=2</script>")
        page.press(".tagging input", "Enter")
        page.wait_for_selector(".tagging .tag")
        page.click(".tagging [data-act=untag]")
        page.wait_for_selector(".tagging .tag", state="detached")
        page.fill("#search-text textarea, #search-text input", "gazebo pavilion")
        page.press("#search-text textarea, #search-text input", "Enter")
        page.wait_for_selector("#hits li")
        assert page.locator("#papers img, #hits img, #job img, #papers script, #papers a").count() == 0
        assert page.evaluate("window.harmed") is None
        page.click("#hits .open >> nth=0")
        page.wait_for_selector("#source-sheet .marked")
        assert page.inner_text("#source-title") == HOSTILE_TITLE


@slow
def test_the_list_is_sorted_filtered_and_tagged_and_a_paper_opens(served):  # noqa: F811
    with served.page() as page:
        library(page)
        page.click("th button[data-value=title]")
        page.wait_for_selector("th[aria-sort=ascending]")
        titles = page.locator("table.papers button.title").all_inner_texts()
        assert titles == sorted(titles, key=str.casefold) and len(titles) > 3
        assert page.evaluate("document.activeElement.dataset.value") == "title"  # where it was before the click
        page.fill("#filter-papers textarea, #filter-papers input", SAMPLE.lower())
        page.wait_for_function("document.querySelectorAll('table.papers button.title').length === 1")
        open_paper(page, SAMPLE)
        page.fill(".tagging input", "to read")
        page.click("[data-act=tag]")
        page.wait_for_selector(".tagging .tag:has-text('to read')")
        page.wait_for_selector("#filter-tag")
        page.click("[data-act=untag]")
        page.wait_for_selector("#filter-tag", state="hidden")
        page.locator("ol.outline button").last.click()
        page.wait_for_selector("#source-sheet img")
        assert SAMPLE in page.inner_text("#source-title")
        page.keyboard.press("Escape")
        page.click("[data-act=ask]")
        page.wait_for_selector("#question:visible")
        page.wait_for_function(f"document.querySelector('#scope')?.innerText.includes({json.dumps(SAMPLE)})")


@slow
def test_the_chat_answers_while_papers_are_added_and_adding_is_stopped(served, tmp_path):  # noqa: F811
    document = new_document()
    for number in range(60):
        put_lines(page_of(document), 72, 80, wrapped(f"Trial {number}. " + " ".join(BODY) * 6, 450))
    file = saved(document, tmp_path / "long.pdf")
    served.script()
    with served.page() as page:
        library(page)
        page.set_input_files(FILES, str(file))
        page.wait_for_selector(".job[data-running=true]")
        page.get_by_role("tab", name="Chat").click()
        page.click("#new-talk")
        ask(page, "How many moons does the planet Jupiter have?")
        answered(page)
        library(page)
        assert page.locator(".job[data-running=true]").count() == 1
        page.click("#cancel-job")
        ended(page)
        assert "Stopped" in page.inner_text(".job")
        # Read by then or not: a paper is listed, with its file, or neither is there.
        kept = titled(page, "Trial").count()
        assert len(list((served.home / "papers").glob("*/long.pdf"))) == kept
        if kept:  # the other tests of this server know no paper that waits for its vectors
            open_paper(page, "Trial")
            delete_open(page)


@slow
def test_ids_that_are_none_are_said_and_stay_in_the_box(served):  # noqa: F811
    with served.page() as page:
        library(page)
        page.fill("#paste-papers textarea", "not an id\n/no/such/folder")
        page.click("#add-papers")
        page.wait_for_selector("#library-note .fault >> nth=1")
        assert page.input_value("#paste-papers textarea") == "not an id\n/no/such/folder"


@slow
def test_a_screen_reader_and_a_phone_find_their_way(served):  # noqa: F811
    from axe_playwright_python.sync_playwright import Axe

    with served.page(width=390, height=844, locale="zh-CN") as page:
        page.get_by_role("tab", name="论文库").click()
        page.wait_for_selector("table.papers")
        page.locator("table.papers button.title").first.click()
        page.wait_for_selector("tr.detail")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert page.locator("table.papers thead th:visible").count() < len(COLUMNS)
        page.wait_for_timeout(300)
        found = Axe().run(page).response["violations"]
        serious = {each["id"]: [node["html"][:200] for node in each["nodes"]] for each in found
                   if each["impact"] in ("serious", "critical")}  # fmt: skip
        assert not serious, json.dumps(serious, indent=1)
