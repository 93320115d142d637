"""A server that ends or is started again while a page is open: the page says so, and what is in it stays."""

import pytest
from browser import answered, ask, fresh, opened, running, served, token_of  # noqa: F401  (a fixture)

TYPED = "How many moons does the planet Jupiter have?"

pytestmark = pytest.mark.slow


def test_an_open_page_says_that_its_server_ended_and_was_started_again(served, home):  # noqa: F811
    visitor = served.browser.new_context()
    visitor.set_default_timeout(30_000)
    page = visitor.new_page()
    with running(home, "127.0.0.1:9", "--no-model") as (url, said):
        port = url.rpartition(":")[2]
        page.goto(f"{url}/?token={token_of(said)}")
        opened(page)
        fresh(page)
        ask(page, "Which potatoes are lost?")
        answered(page)
        assert page.locator("#lost").is_hidden()
    page.fill("#question textarea", TYPED)
    page.press("#question textarea", "Enter")
    page.wait_for_selector("#lost:has-text('does not answer')")
    assert page.input_value("#question textarea") == TYPED
    with running(home, "127.0.0.1:9", "--no-model", "--port", port) as (url, said):
        page.wait_for_selector("#lost:has-text('started again')")
        assert page.input_value("#question textarea") == TYPED
        page.goto(f"{url}/?token={token_of(said)}")
        opened(page)
        answered(page)
        assert "Which potatoes are lost?" in page.inner_text("#log") and page.locator("#lost").is_hidden()
    visitor.close()


def test_without_a_token_an_open_page_goes_on(served, home):  # noqa: F811
    visitor = served.browser.new_context()
    visitor.set_default_timeout(30_000)
    page = visitor.new_page()
    with running(home, "127.0.0.1:9", "--no-model", "--no-token") as (url, _):
        page.goto(url)
        opened(page)
        fresh(page)
        ask(page, "Which potatoes are lost?")
        answered(page)
    with running(home, "127.0.0.1:9", "--no-model", "--no-token", "--port", url.rpartition(":")[2]):
        ask(page, TYPED)
        answered(page, 2)
        assert page.locator("#lost").is_hidden()
    visitor.close()
