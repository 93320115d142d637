"""The screens as a reader uses them: the real server, a real Chromium, a scripted model on a real socket."""

import json
import time
import unicodedata
import urllib.error
import urllib.request

import pymupdf
import pytest
from browser import HOSTILE_TITLE, answered, ask, fresh, opened, running, served  # noqa: F401  (a fixture)
from fake_ollama import Reply, picking

from index.store.library import Library
from index.store.tags import remove_tag, set_tag

QUESTION = "Why is the model's passage number not trusted?"
TRUE = "The passage number is not trusted because it was right for only 5 of 10 questions."
QUOTE = "because it was right for only 5 of 10 questions"
SAID = picking((QUOTE, TRUE))
NAME_BOX = "#talk-name input, #talk-name textarea"
UNANSWERED = "How many moons does the planet Jupiter have?"

pytestmark = pytest.mark.slow


def get(url, **headers):
    """Status, headers and body of a plain request."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=30) as reply:
            return reply.status, dict(reply.headers), reply.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, dict(error.headers), error.read()


def letters(words):
    """Words without what line ends and typesetting add: hyphens and ligatures."""
    return unicodedata.normalize("NFKC", "".join(words)).replace("-", "").replace("\u00ad", "")


def marked(page):
    """The marks of the panel in points of the page: x0, y0, x1, y1."""
    return page.evaluate(
        """async () => {
            const sheet = document.querySelector('#source-sheet'), whole = sheet.getBoundingClientRect();
            const size = (await (await fetch(sheet.querySelector('img').src.replace(/pages.*/, 'source'))).json())
                .pages[Number(sheet.querySelector('img').src.match(/pages\\/(\\d+)/)[1]) - 1];
            const scale = size.width / whole.width;
            return [...sheet.querySelectorAll('.marked')].map((each) => {
                const box = each.getBoundingClientRect();
                return [box.left - whole.left, box.top - whole.top, box.right - whole.left, box.bottom - whole.top]
                    .map((value) => value * scale);
            });
        }"""
    )


def open_source(page, selector="#log .chip"):
    page.locator(selector).first.click()
    page.wait_for_selector("#source-sheet .marked")
    page.wait_for_function("document.querySelector('#source-sheet img')?.naturalWidth > 0")


def test_a_question_is_answered_with_chips_and_is_there_after_a_reload_and_in_a_second_tab(served):  # noqa: F811
    served.script(SAID)
    with served.page() as page:
        ask(page, QUESTION)
        page.wait_for_selector("#live .status")
        answered(page)
        assert TRUE in page.inner_text("#log .answer")
        chip = page.locator("#log .chip").first
        assert "5 of 10" in chip.get_attribute("aria-label") and "5 of 10" in chip.get_attribute("title")
        assert chip.evaluate("each => each.tagName") == "BUTTON"
        before = page.locator("#log .turn").all_inner_texts()
        page.reload()
        opened(page)
        answered(page)
        assert page.locator("#log .turn").all_inner_texts() == before
        second = page.context.new_page()
        second.goto(served.url)
        opened(second)
        answered(second)
        assert second.locator("#log .turn").all_inner_texts() == before


def test_the_mark_lies_on_the_quoted_words(served):  # noqa: F811
    served.script(SAID)
    with served.page() as page:
        fresh(page)
        ask(page, QUESTION)
        answered(page)
        open_source(page)
        quote = page.inner_text("#source-quote").split()
        paper = page.get_attribute("#log .chip", "data-paper")
        boxes = marked(page)
        number = int(page.inner_text("#source-place").split()[1])
        status, headers, pdf = get(f"{served.url}/papers/{paper}/paper.pdf", **served.key)
        assert status == 200 and headers["content-type"] == "application/pdf"
        assert headers["content-disposition"].startswith("inline")
        with pymupdf.open(stream=pdf, filetype="pdf") as document:
            words = document[number - 1].get_text("words")
        middles = [(word[4], (word[0] + word[2]) / 2, (word[1] + word[3]) / 2) for word in words]
        under = [text for text, x, y in middles if any(a <= x <= c and b <= y <= d for a, b, c, d in boxes)]
        assert letters(under) == letters(quote)
        assert "5 of 10" in " ".join(quote)


def test_the_panel_turns_pages_zooms_and_closes_by_keys(served):  # noqa: F811
    served.script(SAID)
    with served.page() as page:
        fresh(page)
        ask(page, QUESTION)
        answered(page)
        open_source(page)
        first = page.inner_text("#source-place")
        address = page.get_attribute("#source-pdf", "href")
        assert address.endswith(f"#page={first.split()[1]}") and page.get_attribute("#source-pdf", "target") == "_blank"
        width = page.evaluate("document.querySelector('#source-sheet').clientWidth")
        page.keyboard.press("+")
        assert page.evaluate("document.querySelector('#source-sheet').clientWidth") > width * 1.2
        way = "ArrowLeft" if page.is_disabled("[data-panel=next]") else "ArrowRight"
        page.keyboard.press(way)
        page.wait_for_function(f"document.querySelector('#source-place')?.innerText !== {json.dumps(first)}")
        page.wait_for_function("document.querySelector('#source-sheet img')?.naturalWidth > 0")
        assert page.locator("#source-sheet .marked").count() == 0  # the words are on the other page
        page.keyboard.press("Escape")
        page.wait_for_selector("#source", state="hidden")
        assert page.evaluate("document.activeElement.className") == "chip"


def test_a_refusal_shows_what_was_searched_and_opens_the_nearest_passages(served):  # noqa: F811
    served.script()
    with served.page() as page:
        fresh(page)
        ask(page, UNANSWERED)
        answered(page)
        refusal = page.inner_text("#log .refusal")
        assert UNANSWERED in refusal
        assert 1 <= page.locator("#log .passages li").count() <= 3
        open_source(page, "#log .passages .open")
        words = page.inner_text("#source-quote").split()
        assert words[:5] == page.inner_text("#log .passages blockquote >> nth=0").split()[:5]


def test_a_statement_that_fails_the_check_gives_way_to_the_papers_words(served):  # noqa: F811
    served.script(picking((QUOTE, TRUE.replace("5", "7"))))
    with served.page() as page:
        fresh(page)
        ask(page, QUESTION)
        answered(page)
        assert "7 of 10" not in page.inner_text("#log")
        assert page.locator("#log blockquote.sentence").first.get_attribute("title")


def test_a_figure_is_quoted_by_its_caption_and_its_page_is_named(served):  # noqa: F811
    """Of the whole library, as the question names its paper; one click shows the page with the picture."""
    served.script()
    with served.page() as page:
        fresh(page)
        ask(page, "Which colours has Figure 1 of One Text, Many Spans?")
        answered(page)
        assert page.inner_text("#log blockquote.sentence").startswith("“Figure 1")
        assert "Open page 1 to see it" in page.inner_text("#log .answer .note")
        open_source(page)
        assert page.inner_text("#source-quote").startswith("Figure 1")


@pytest.mark.parametrize("by", ["button", "Escape"])
def test_stop_ends_the_call_to_the_model_at_once(served, by):  # noqa: F811
    served.script(Reply("never", pause=60))
    served.ollama.hung_up.clear()
    with served.page() as page:
        fresh(page)
        served.ollama.waiting.clear()
        ask(page, QUESTION)
        page.wait_for_selector("#stop:visible")
        assert served.ollama.waiting.wait(30)
        page.wait_for_selector("#live .status:has-text('Reading passage')")
        started = time.monotonic()
        page.click("#stop") if by == "button" else page.keyboard.press("Escape")
        assert served.ollama.hung_up.wait(5)
        assert time.monotonic() - started < 5
        page.wait_for_selector("#live .note:has-text('Stopped')")
        page.wait_for_selector("#send:visible")
        assert page.input_value("#question textarea") == QUESTION
        assert page.locator("#log .answer").count() == 0


def test_papers_text_does_no_harm(served):  # noqa: F811
    quote = "See the gazebo link [here](javascript:window.harmed=3) and ${window.harmed=4} for the pavilion scores."
    served.script(picking((quote, f"The gazebo link is [here](javascript:window.harmed=3). {quote}")))
    with served.page() as page:  # which also fails for a request to another origin
        fresh(page)
        ask(page, "What does the gazebo method reach on the pavilion benchmark, and where is the gazebo link?")
        answered(page)
        open_source(page, "#log button[data-paper]")
        assert page.inner_text("#source-title") == HOSTILE_TITLE
        assert "gazebo" in page.inner_text("#log")
        for holder in ("#log", "#source", "#live"):
            assert page.locator(f"{holder} script, {holder} a[href^=javascript], {holder} [onerror]").count() == 0
        assert page.locator("#log img, #log a").count() == 0
        assert page.evaluate("window.harmed") is None


def test_the_page_can_reach_no_other_server(served):  # noqa: F811
    with served.page(strict=False) as page:
        broken = page.evaluate(
            """() => new Promise((done) => {
                const found = [];
                document.addEventListener('securitypolicyviolation', (each) => found.push(each.violatedDirective));
                fetch('http://evil.example/').catch(() => {});
                const image = new Image(); image.src = 'http://evil.example/x.png';
                const script = document.createElement('script'); script.src = 'http://evil.example/x.js';
                document.head.append(script);
                setTimeout(() => done(found), 500);
            })"""
        )
        assert {"connect-src", "img-src"} <= set(broken) and any(each.startswith("script-src") for each in broken)


def test_only_the_librarys_papers_are_served(served):  # noqa: F811
    url = served.url
    assert get(url, Host="evil.example", **served.key)[0] == 400
    for address in (
        "/papers/000000000000/paper.pdf", "/papers/..%2f..%2fetc%2fpasswd/paper.pdf", "/papers/x/pages/1.png",
        "/own/app.py", "/own/..%2fapp.py", "/own/%2fetc%2fpasswd", "/talks/none.md", "/en/gradio_api/info",
    ):  # fmt: skip
        assert get(url + address, **served.key)[0] == 404, address
    for address in ("/en/gradio_api/file=/etc/passwd", f"/en/gradio_api/file={served.home}/library.db"):
        assert get(url + address, **served.key)[0] == 403, address
    status, headers, _ = get(url + "/en/", **served.key)
    assert status == 200 and headers["x-content-type-options"] == "nosniff"
    with served.page() as page:
        served.script(SAID)
        fresh(page)
        ask(page, QUESTION)
        answered(page)
        paper = page.get_attribute("#log .chip", "data-paper")
    for address in ("pages/0.png", "pages/9999.png", "pages/1.png?zoom=50", "source?start=9&end=1", "source?start=x"):
        assert get(f"{url}/papers/{paper}/{address}", **served.key)[0] == 404, address
    assert get(f"{url}/papers/{paper}/pages/1.png", **served.key)[2].startswith(b"\x89PNG")


def test_conversations_are_named_found_exported_and_deleted(served):  # noqa: F811
    served.script(SAID)
    with served.page() as page:
        fresh(page)
        ask(page, QUESTION)
        answered(page)
        page.wait_for_selector(f"#talks label:has-text({QUESTION[:20]!r})")  # the last of what the answer changes
        page.click("#manage button >> nth=0")
        page.fill(NAME_BOX, "Trust in <b>numbers</b>")
        page.click("#rename-talk")
        page.wait_for_selector("#talks label:has-text('Trust in <b>numbers</b>')")
        with page.expect_download() as download:
            page.click("#export-talk a")
        text = download.value.path().read_text("utf-8")
        assert TRUE in text and "```bibtex" in text and "\\[1\\]" in text
        page.fill("#find-talk input, #find-talk textarea", "trust numbers")
        page.wait_for_function("document.querySelectorAll('#talks label').length === 1")
        page.fill("#find-talk input, #find-talk textarea", "")
        page.click("#delete-talk")
        page.click("#delete-keep")
        page.wait_for_selector("#delete-sure", state="hidden")
        page.click("#delete-talk")
        page.click("#delete-sure")
        page.wait_for_selector("#log .empty")
        assert page.locator("#talks label:has-text('Trust in')").count() == 0


def test_a_name_and_words_to_find_that_are_typed_while_an_answer_is_made_stay(served):  # noqa: F811
    served.script(picking((QUOTE, TRUE), pause=3))
    with served.page() as page:
        fresh(page)
        ask(page, QUESTION)
        page.wait_for_selector("#live .status")
        page.wait_for_selector(f"#talks label:has-text({QUESTION[:20]!r})")
        page.click("#manage button >> nth=0")
        page.wait_for_function(f"document.querySelector({NAME_BOX!r})?.value")  # box and first value come late
        page.fill(NAME_BOX, "Named too early")
        page.fill("#find-talk input, #find-talk textarea", "too early")
        page.wait_for_function("document.querySelectorAll('#talks label').length === 0")
        answered(page)
        page.evaluate("document.querySelector('#refresh-talk').click()")  # as when the reader comes back to the page
        page.wait_for_timeout(3000)  # what ends an answer is sent twice
        assert page.locator("#talks label").count() == 0
        assert page.input_value(NAME_BOX) == "Named too early"
        page.click("#rename-talk")
        page.wait_for_selector("#talks label:has-text('Named too early')", timeout=20_000)


def test_the_last_question_is_answered_again_and_can_be_changed(served):  # noqa: F811
    served.script(SAID)
    with served.page() as page:
        fresh(page)
        ask(page, QUESTION)
        answered(page)
        served.script()
        page.click("#again")
        page.wait_for_selector("#log .answer[data-grounding=refused]")
        answered(page)
        page.click("#edit")
        page.wait_for_selector("#edit-note .note")
        assert page.input_value("#question textarea") == QUESTION
        served.script(SAID)
        ask(page, QUESTION.replace("trusted", "believed"))
        page.wait_for_selector("#log .question:has-text('believed')")
        answered(page)
        assert page.locator("#log .question").count() == 1


def test_a_follow_up_is_made_whole(served):  # noqa: F811
    whole = "Why was the passage number of the model wrong for 5 of 10 questions?"
    served.script(SAID, {"question": whole}, SAID)
    with served.page() as page:
        fresh(page)
        ask(page, QUESTION)
        answered(page)
        ask(page, "And why was it wrong?")
        answered(page, 2)
        assert whole in page.inner_text("#log .understood")


def test_two_tabs_wait_in_one_line_and_block_nothing(served):  # noqa: F811
    served.script(Reply("never", pause=60), SAID)
    served.ollama.waiting.clear()
    with served.page() as first, served.page() as second:
        fresh(first)
        ask(first, QUESTION)
        assert served.ollama.waiting.wait(30)
        fresh(second)
        ask(second, QUESTION)
        second.wait_for_selector("#live .status:has-text('Waiting: 1 ahead')")
        assert served.ollama.running == 1
        assert get(served.url + "/en/", **served.key)[0] == 200
        first.click("#stop")
        answered(second)
        first.wait_for_selector("#live .note")


def test_a_page_that_is_loaded_again_follows_the_answer_in_the_making(served):  # noqa: F811
    served.script(picking((QUOTE, TRUE), pause=3))
    with served.page() as page:
        fresh(page)
        ask(page, QUESTION)
        page.wait_for_selector("#stop:visible")
        page.wait_for_function("[...document.querySelectorAll('#talks input')].some((each) => each.checked)")
        page.reload()
        page.wait_for_selector("#live .status, #log .answer")
        answered(page)
        assert TRUE in page.inner_text("#log")


def test_chosen_papers_only(served):  # noqa: F811
    served.script()
    with served.page() as page:
        fresh(page)
        page.click("#scope input")
        page.click(
            f"#scope [role=option]:has-text({json.dumps(HOSTILE_TITLE[-13:])}), ul [role=option]:has-text('Gazebo')"
        )
        page.keyboard.press("Escape")
        ask(page, "What does the gazebo method reach on the pavilion benchmark?")
        answered(page)
        titles = set(page.locator("#log cite").all_inner_texts())
        assert titles == {HOSTILE_TITLE}


def test_only_papers_with_a_tag_and_a_reload_keeps_that(served):  # noqa: F811
    tag, shown = "<b>garden</b> houses", "#scope .token:has-text('Tag: <b>garden</b> houses (1)')"
    with Library.open(served.home) as library, served.page() as page:
        (paper,) = [record.id for record in library.papers() if record.title == HOSTILE_TITLE]
        fresh(page)
        served.script()
        try:
            set_tag(library, paper, tag)
            page.get_by_role("tab", name="Library").click()
            page.get_by_role("tab", name="Chat").click()  # tags are looked up anew
            page.click("#scope input")
            page.click("ul [role=option]:has-text('Tag: <b>garden</b>')")
            page.wait_for_selector(shown)
            page.keyboard.press("Escape")
            ask(page, QUESTION)  # which another paper answers
            answered(page)
            assert set(page.locator("#log cite").all_inner_texts()) == {HOSTILE_TITLE}
            page.reload()
            opened(page)
            answered(page)
            page.wait_for_selector(shown)
            fresh(page)
            page.wait_for_selector("#scope .token", state="detached")
            page.click("#talks label >> nth=0")
            answered(page)
            page.wait_for_selector(shown)
        finally:
            remove_tag(library, paper, tag)
        ask(page, QUESTION)
        page.wait_for_selector("#live .fault:has-text('Choose other papers or tags')")
        page.get_by_role("tab", name="Library").click()
        page.get_by_role("tab", name="Chat").click()
        page.wait_for_selector("#scope .token", state="detached")


def test_in_chinese_in_the_dark_and_on_a_phone(served):  # noqa: F811
    served.script(SAID)
    with served.page(width=390, height=844, locale="zh-CN") as page:
        assert page.url.endswith("/zh/")
        fresh(page)
        assert "你想知道什么" in page.inner_text("#log")
        page.click("#theme")
        assert page.evaluate("document.body.classList.contains('dark')")
        ask(page, QUESTION)
        answered(page)
        assert "每句话均已核实" in page.inner_text("#log")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        open_source(page)
        box = page.locator("#source").bounding_box()
        assert box["width"] == 390 and box["x"] == 0
        page.reload()
        opened(page)
        assert page.evaluate("document.body.classList.contains('dark')")
        page.click("#language-link")
        page.wait_for_url("**/en/")
        opened(page)


def test_a_password_stands_before_everything(served):  # noqa: F811
    with running(served.home, served.ollama.host, "--no-model", "--password", "sesame") as (url, _):
        assert get(url + "/en/")[0] == 401
        visitor = served.browser.new_context(http_credentials={"username": "me", "password": "sesame"})
        page = visitor.new_page()
        page.goto(url)
        opened(page)
        visitor.close()


def test_the_printed_address_lets_a_browser_in_and_nothing_else_does(served):  # noqa: F811
    for address in ("/", "/en/", "/en/config", "/own/app.js", "/papers/x/paper.pdf", "/?token=", "/?token=guessed"):
        status, _, sentence = get(served.url + address)
        assert (status, b"`papers serve` printed" in sentence) == (403, True), address
    visitor = served.browser.new_context()
    page = visitor.new_page()
    assert page.goto(served.url).status == 403
    page.goto(served.entrance)
    opened(page)
    assert "token" not in page.url and "token" not in page.evaluate("document.cookie")
    (cookie,) = [each for each in visitor.cookies() if each["name"].startswith("papers_token")]
    assert cookie["httpOnly"] and cookie["sameSite"] == "Strict"
    visitor.close()


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
def test_the_composer_is_always_in_view(served, width, height):  # noqa: F811
    served.script()
    with served.page(width, height) as page:
        fresh(page)
        for count in (1, 2):
            ask(page, UNANSWERED)  # a refusal with its passages is higher than the window
            answered(page, count)
        composer = page.locator(".composer")
        for place in (0, 200):
            page.evaluate(f"window.scrollTo(0, {place})")
            page.wait_for_timeout(200)
            assert page.evaluate("document.documentElement.scrollHeight") > height + place
            box = composer.bounding_box()
            assert box["y"] + box["height"] <= height + 1 and box["height"] < height / 4
            assert page.locator("#question textarea").is_visible() and page.locator("#scope input").is_visible()
        page.locator("#log .open").last.focus()  # what a key brings into view is not below it
        page.wait_for_timeout(200)
        focused = page.locator("#log .open").last.bounding_box()
        assert focused["y"] + focused["height"] <= composer.bounding_box()["y"] + 1


def test_a_screen_reader_finds_its_way(served):  # noqa: F811
    from axe_playwright_python.sync_playwright import Axe

    served.script(SAID)
    with served.page() as page:
        fresh(page)
        ask(page, QUESTION)
        answered(page)
        open_source(page)
        page.wait_for_timeout(500)
        found = Axe().run(page).response["violations"]
        serious = {each["id"]: [node["html"][:200] for node in each["nodes"]] for each in found
                   if each["impact"] in ("serious", "critical")}  # fmt: skip
        assert not serious, json.dumps(serious, indent=1)
