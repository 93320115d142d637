"""Settings and health as a reader sees them: the real server, a real Chromium, a scripted Ollama."""

import json
import time
import tomllib

import pytest
from browser import answered, ask, fresh, opened, own_server, served  # noqa: F401  (a fixture)
from fake_ollama import DIGEST, MODEL

from assistant.config.settings import Settings
from assistant.doctor import Check
from ui.pages.labels import LANGUAGES, Labels
from ui.tabs.settings.view import HIDDEN, checks_html, setting_facts, settings_html

OTHER = "other:2b"
HOSTILE = "<img src=x onerror=alert(1)>"

slow = pytest.mark.slow


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_setting_is_explained_and_what_is_changed_is_marked(language):
    words = Labels(language)
    drawn = settings_html(words, setting_facts(Settings(num_ctx=8192, chat_model=HOSTILE)))
    assert all(f"<code>{name}</code>" in drawn for name in Settings.model_fields if name not in HIDDEN)
    assert drawn.count(words("settings.changed")) == 2 and "<img" not in drawn and "8192" in drawn


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_check_that_is_not_well_names_what_mends_it(language):
    checks = [Check("disk", True, "fine", "not shown"), Check("chat model", False, HOSTILE, "papers setup")]
    drawn = checks_html(Labels(language), checks, done=True)
    assert "papers setup" in drawn and "not shown" not in drawn and "<img" not in drawn
    assert Labels(language)("settings.some_bad", count=1) in drawn
    assert Labels(language)("settings.checking") in checks_html(Labels(language), checks, done=False)


def settings(page, name="Settings"):
    page.get_by_role("tab", name=name).click()
    page.wait_for_selector("ul.checks[data-done=true]")


@slow
def test_the_checks_come_and_what_runs_is_said(served):  # noqa: F811
    with served.page() as page:
        settings(page)
        assert page.locator("ul.checks li").count() == 8
        assert page.locator("ul.checks li[data-well=false]").count() == 0, page.inner_text("#checks")
        facts = page.inner_text("#facts")
        assert served.ollama.host in facts and "0.17.4" in facts and "bge-small" in facts and str(served.home) in facts
        page.click("#check-again")
        page.wait_for_selector("#checks .status")
        page.wait_for_selector("ul.checks[data-done=true]")


class SlowList(dict):
    """Models that a server takes `seconds` to list; `begun` and `ended` count the lists."""

    seconds, begun, ended = 0.0, 0, 0

    def items(self):
        self.begun += 1
        time.sleep(self.seconds)
        self.ended += 1
        return super().items()


def until(holds):
    """Waits for something on the test's own side."""
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def take_model(page, name):
    """Chooses a model and uses it."""
    page.locator("#models label").filter(has_text=name).click()
    page.click("#use-model")


@slow
def test_another_model_answers_from_the_next_question_on_and_is_remembered(served, home, sample_papers):  # noqa: F811
    with own_server(served, home, sample_papers / "two_legs.pdf") as own, own.page() as page:
        own.ollama.models[OTHER] = DIGEST
        settings(page)
        page.wait_for_selector("#models label >> nth=1")
        assert "2.0 GB" in page.inner_text("#models") and "3.0 GB" in page.inner_text("#models")
        take_model(page, OTHER)
        page.wait_for_selector("#model-note .note")
        assert tomllib.loads((home / "papers.toml").read_text())["chat_model"] == OTHER
        own.script()
        page.get_by_role("tab", name="Chat").click()
        fresh(page)
        ask(page, "Why is the model's passage number not trusted?")
        answered(page)
        assert {each["model"] for each in own.ollama.requests} == {OTHER}
        settings(page)
        take_model(page, MODEL)
        page.wait_for_selector(f"#model-note .note:has-text('chat_model = \"{MODEL}\"')")  # the line to change
        assert tomllib.loads((home / "papers.toml").read_text())["chat_model"] == OTHER


@slow
def test_a_model_chosen_while_the_server_is_still_asked_stays_chosen(served):  # noqa: F811
    before = served.ollama.models
    served.ollama.models = listed = SlowList({**before, OTHER: DIGEST})
    try:
        with served.page() as page:
            settings(page)
            page.wait_for_selector("#models label >> nth=1")
            page.get_by_role("tab", name="Chat").click()
            begun, listed.seconds, listed["new:3b"] = listed.begun, 2.0, DIGEST
            page.get_by_role("tab", name="Settings").click()
            until(lambda: listed.begun > begun)
            page.locator("#models label").filter(has_text=OTHER).click()
            assert listed.ended == begun, "chosen too late to show anything"
            page.wait_for_selector("#models label:has-text('new:3b')")  # the answer is there
            page.wait_for_timeout(300)
            assert page.locator("#models label").filter(has_text=OTHER).locator("input").is_checked()
    finally:
        served.ollama.models = before


@slow
def test_a_screen_reader_and_a_phone_find_their_way(served):  # noqa: F811
    from axe_playwright_python.sync_playwright import Axe

    with served.page(locale="zh-CN") as page:
        settings(page, "设置与状态")
        page.set_viewport_size({"width": 390, "height": 844})
        page.wait_for_timeout(300)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.click("#theme")
        page.wait_for_timeout(300)
        found = Axe().run(page).response["violations"]
        serious = {each["id"]: [node["html"][:200] for node in each["nodes"]] for each in found
                   if each["impact"] in ("serious", "critical")}  # fmt: skip
        assert not serious, json.dumps(serious, indent=1)
        page.reload()
        opened(page)
