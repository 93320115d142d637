"""Settings and health as a reader sees them: the real server, a real Chromium, a scripted Ollama."""

import json
import tomllib

import pytest
from browser import ask, opened, served  # noqa: F401  (a fixture)
from fake_ollama import DIGEST, MODEL

from assistant.doctor import Check
from assistant.settings import Settings
from ui.labels import LANGUAGES, Labels
from ui.settings_facts import HIDDEN, setting_facts
from ui.settings_view import checks_html, settings_html

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
        assert page.locator("ul.checks li").count() == 5
        assert page.locator("ul.checks li[data-well=false]").count() == 0, page.inner_text("#checks")
        facts = page.inner_text("#facts")
        assert served.ollama.host in facts and "0.17.4" in facts and "bge-small" in facts and str(served.home) in facts
        page.click("#check-again")
        page.wait_for_selector("#checks .status")
        page.wait_for_selector("ul.checks[data-done=true]")


@slow
def test_another_model_answers_from_the_next_question_on_and_is_remembered(served):  # noqa: F811
    served.ollama.models[OTHER] = DIGEST
    try:
        with served.page() as page:
            settings(page)
            assert "2.0 GB" in page.inner_text("#models") and "3.0 GB" in page.inner_text("#models")
            page.locator("#models label").filter(has_text=OTHER).click()
            page.click("#use-model")
            page.wait_for_selector("#model-note .note")
            assert tomllib.loads((served.home / "papers.toml").read_text())["chat_model"] == OTHER
            served.script()
            served.ollama.waiting.clear()
            page.get_by_role("tab", name="Chat").click()
            page.click("#new-talk")
            ask(page, "Why is the model's passage number not trusted?")
            assert served.ollama.waiting.wait(200)
            assert served.ollama.requests[-1]["model"] == OTHER
            settings(page)
            page.locator("#models label").filter(has_text=MODEL).click()
            page.click("#use-model")
            page.wait_for_selector(f"#model-note .note:has-text('chat_model = \"{MODEL}\"')")  # the line to change
            assert tomllib.loads((served.home / "papers.toml").read_text())["chat_model"] == OTHER
    finally:
        del served.ollama.models[OTHER]
        (served.home / "papers.toml").unlink(missing_ok=True)


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
