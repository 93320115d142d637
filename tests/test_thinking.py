"""Models that think: told not to, held to little, left to, or with their thoughts in the answer."""

import json

import pytest
from fake_ollama import MODEL, FakeOllama, Reply, fake_ollama, serving  # noqa: F401
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from assistant.llm.chat_model import AnswerCut, ChatModel, Message, ModelFailed, ModelSettings, SchemaFailure
from assistant.llm.thinking import SPARE_TOKENS, AnswerOnly

ASK = [Message("user", "What is attention?")]
THOUGHTS = "The user asks of attention. I recall that it weighs words."
GOOD = {"answer": "It weighs words."}


class Verdict(BaseModel):
    answer: str


@pytest.fixture
def ollama(fake_ollama):  # noqa: F811
    fake_ollama.capabilities = ("completion", "thinking")
    return fake_ollama


def chat_model(ollama: FakeOllama, **settings) -> ChatModel:
    return ChatModel(ModelSettings(ollama.host, MODEL, **settings))


def form_only_with_thoughts(body):
    """A server that holds a model to a form only while it may think (Ollama with qwen3.5 and others)."""
    if body.get("think") is False and "format" in body:
        return Reply("Attention weighs words. Shall I say more?")
    return Reply(json.dumps(GOOD), thoughts=THOUGHTS)


def silent_without_effort(body):
    """gpt-oss: only levels count, and without one it thinks all its tokens away."""
    if body.get("think") not in ("low", "medium", "high"):
        return Reply("", thoughts=THOUGHTS, done_reason="length")
    return Reply(json.dumps(GOOD) if "format" in body else "It weighs words.", thoughts=THOUGHTS)


def test_a_form_that_is_ignored_without_thoughts_is_asked_for_with_them(ollama, tmp_path):
    ollama.reader = form_only_with_thoughts
    model = chat_model(ollama, cache=tmp_path)
    assert model.fill(Verdict, ASK, answer_tokens=50)[0].answer == GOOD["answer"]
    assert [body["think"] for body in ollama.requests] == [False, True]
    assert ollama.requests[1]["options"]["num_predict"] == 50 + 1024  # a quarter of 4096 for the thoughts
    model.fill(Verdict, ASK, answer_tokens=50)
    chat_model(ollama, cache=tmp_path).fill(Verdict, ASK, answer_tokens=50)
    assert [body["think"] for body in ollama.requests[2:]] == [True, True]  # learnt, and kept
    assert model.room(ASK, 50) == chat_model(ollama).room(ASK, 50) - 1024


def test_doctor_asks_once_whether_a_model_keeps_from_thinking(ollama, tmp_path):
    ollama.default = Reply('{"yes": true}')
    assert chat_model(ollama, cache=tmp_path).thinking() == "off"
    assert chat_model(ollama, cache=tmp_path).thinking() == "off"
    assert len(ollama.requests) == 1
    ollama.version, ollama.reader = "0.18.0", form_only_with_thoughts
    assert chat_model(ollama, cache=tmp_path).thinking() == "on"


def test_an_updated_server_is_tried_again(ollama, tmp_path):
    ollama.reader = form_only_with_thoughts
    chat_model(ollama, cache=tmp_path).fill(Verdict, ASK, answer_tokens=50)
    ollama.version, ollama.reader, ollama.default = "0.99.0", None, Reply(json.dumps(GOOD))
    chat_model(ollama, cache=tmp_path).fill(Verdict, ASK, answer_tokens=50)
    assert ollama.requests[-1]["think"] is False


def test_a_form_that_is_never_held_to_says_what_to_update(ollama):
    ollama.default = Reply("Attention weighs words.")
    with pytest.raises(SchemaFailure, match="Update Ollama"):
        chat_model(ollama).fill(Verdict, ASK, answer_tokens=50)
    assert [body["think"] for body in ollama.requests] == [False, True, False]


def test_a_wrong_value_is_no_ignored_form(ollama):
    ollama.script({"answer": 5}, GOOD)
    chat_model(ollama).fill(Verdict, ASK, answer_tokens=50)
    assert [body["think"] for body in ollama.requests] == [False, False]


@pytest.mark.parametrize("name", ["gptoss", "gpt-oss"])
def test_gpt_oss_is_told_to_think_little(fake_ollama, name):  # noqa: F811
    fake_ollama.architecture, fake_ollama.reader = name, silent_without_effort
    fake_ollama.capabilities = ("completion", "thinking")
    model = chat_model(fake_ollama)
    assert model.fill(Verdict, ASK, answer_tokens=50)[0].answer == GOOD["answer"]
    assert "".join(model.write(ASK, answer_tokens=50)) == "It weighs words."
    assert [body["think"] for body in fake_ollama.requests] == ["low", "low"]
    assert model.thinking() == "low"


@pytest.mark.parametrize("reason", ["stop", "length"])
def test_a_model_that_thinks_though_it_is_told_not_to_gets_room_for_it(ollama, reason):
    def reply(body):
        if body.get("think") is False:
            return Reply("", thoughts=THOUGHTS, done_reason=reason)
        return Reply("It weighs words.", thoughts=THOUGHTS)

    ollama.reader = reply
    assert "".join(chat_model(ollama).write(ASK, answer_tokens=50)) == "It weighs words."
    assert [body["think"] for body in ollama.requests] == [False, True]


def test_thoughts_without_an_end_are_an_error_that_says_so(ollama):
    ollama.default = Reply("", thoughts=THOUGHTS, done_reason="length")
    with pytest.raises(AnswerCut, match=r"thought for .* tokens and came to no answer"):
        "".join(chat_model(ollama).write(ASK, answer_tokens=50))
    assert len(ollama.requests) == 2


@pytest.mark.parametrize(
    "said",
    [
        ["<think>", THOUGHTS, "</think>", "\n\nIt weighs", " words."],
        [*f"<think>{THOUGHTS}</think>It weighs words."],
        [f"\n<thinking>\n{THOUGHTS}</thinking>\n\nIt weighs words."],
        [f"[THINK]{THOUGHTS}[/TH", "INK]It weighs words."],
        [
            f"<|channel|>analysis<|message|>{THOUGHTS}<|end|><|start|>assistant",
            "<|channel|>final<|message|>It weighs words.",
        ],
    ],
)
def test_thoughts_in_the_answer_are_cut_out(fake_ollama, said):  # noqa: F811
    fake_ollama.default = Reply(said)
    model = chat_model(fake_ollama)
    assert "".join(model.write(ASK, answer_tokens=50)) == "It weighs words."
    assert model.thinking() == "aloud"
    "".join(model.write(ASK, answer_tokens=50))
    assert [body["options"]["num_predict"] for body in fake_ollama.requests] == [50, 50 + 1024]
    assert "think" not in fake_ollama.requests[1]


def test_thoughts_that_eat_the_answers_tokens_get_tokens_of_their_own(fake_ollama):  # noqa: F811
    fake_ollama.script(Reply(f"<think>{THOUGHTS}", done_reason="length"), f"<think>{THOUGHTS}</think>It weighs words.")
    assert "".join(chat_model(fake_ollama).write(ASK, answer_tokens=50)) == "It weighs words."


def test_thoughts_that_the_template_begins_are_cut_out(fake_ollama):  # noqa: F811
    fake_ollama.template = "<|user|>{{ .Prompt }}<|assistant|><think>\n"
    fake_ollama.script(f"{THOUGHTS}</think>It weighs words.", "It weighs words.")
    model = chat_model(fake_ollama)
    assert "".join(model.write(ASK, answer_tokens=50)) == "It weighs words."
    assert "".join(model.write(ASK, answer_tokens=50)) == "It weighs words."  # a server that sets them apart


def test_json_in_a_block_of_code_is_read(fake_ollama):  # noqa: F811
    fake_ollama.default = Reply(f"Here you are:\n```json\n{json.dumps(GOOD)}\n```")
    assert chat_model(fake_ollama).fill(Verdict, ASK, answer_tokens=50)[0].answer == GOOD["answer"]


def test_an_empty_answer_is_an_error(fake_ollama):  # noqa: F811
    fake_ollama.default = Reply("  ")
    with pytest.raises(ModelFailed, match="gave an empty answer"):
        "".join(chat_model(fake_ollama).write(ASK, answer_tokens=50))


def test_an_answer_without_an_end_is_ended(fake_ollama):  # noqa: F811
    fake_ollama.default = Reply(["word " * 20] * 10_000)
    said = "".join(chat_model(fake_ollama).write(ASK, answer_tokens=50))
    assert 100 < len(said) < 10_000
    assert fake_ollama.hung_up.wait(5)


def test_the_likeliest_tokens_are_those_of_the_answer(ollama):
    ollama.script(Reply(json.dumps(GOOD), thoughts=THOUGHTS, doubt=0.2))
    usage = chat_model(ollama).fill(Verdict, ASK, answer_tokens=50, choices=4)[1]
    assert all("answers" not in token or likely == {} for token, likely in usage.choices)


def test_spare_tokens_are_at_most_a_quarter_of_the_window(ollama):
    ollama.architecture = "gptoss"
    assert chat_model(ollama, num_ctx=16384).room(ASK, 0) > 16384 - SPARE_TOKENS - 100


@given(st.text("<think>/ a[THINK]\n", max_size=60), st.integers(0, 60), st.booleans())
def test_what_has_no_thoughts_is_given_on_whole(text, at, cut):
    only = AnswerOnly()
    said = only.feed(text[:at]) + only.feed(text[at:]) + only.end(cut=cut)
    assert only.thought or said == text
