"""What the user sees of `papers ask` when the model's server misbehaves, and that nothing is left half done.

The command runs as it is, in this process, against a server on a real socket. The embedder is loaded once for all.
"""

import json
import signal
import sys
import time
from contextlib import suppress

import pytest
from conftest import new_home
from fake_ollama import MODEL, FakeOllama, Reply, fake_ollama, picking  # noqa: F401

import ui.cli
from assistant.chat import conversation
from assistant.config.settings import Settings
from assistant.context import AppContext
from assistant.llm import server
from index.model.errors import ModelError

QUESTION = "Why is the model's passage number not trusted?"
TRUE = "The passage number is not trusted because it was right for only 5 of 10 questions."
QUOTE = "because it was right for only 5 of 10 questions"
FRENCH = "On ne se fie pas au numéro du passage."
THOUGHTS = "<think>Number 3 of the passages may be it.</think>"
right = picking((QUOTE, TRUE))


def said(reply: Reply):
    """The right reply, changed in how it comes."""

    def answer(body):
        reply.text = right(body).text
        return reply

    return answer


def gone(ollama: FakeOllama):
    """The model is removed while it is asked."""

    def answer(body):
        ollama.models = {}
        return Reply(status=404, error=f"model '{MODEL}' not found")

    return answer


PICKING = {
    "slow": ([lambda body: Reply([*right(body).text], pause=0.002)], 0, "right for only 5 of 10"),
    "silent": ([Reply(pause=30)], 1, "was silent for 2 seconds"),
    "cut": ([said(Reply(broken=True))], 1, "broke off"),
    "cut in the middle": ([Reply(['{"answers": [{"num'], broken=True)], 1, "broke off"),
    "reset": ([Reply(reset=True)], 1, "Look at its log, or start it again with: ollama serve"),
    "500": ([Reply(status=500, error="model requires more system memory (9 GiB)")], 1, "choose a smaller model"),
    "503": ([Reply(status=503, error="server busy, please try again")], 1, "server busy"),
    "runner killed": ([Reply(raw=b'{"error": "llama runner process has terminated"}\n')], 1, "has terminated"),
    "no JSON": ([Reply("Sorry."), Reply("No.")], 0, "no usable answer: The model did not answer in the form"),
    "wrong schema": ([Reply('{"a": 1}'), Reply('{"a": 1}')], 0, "Ask again in other words"),
    "right the second time": ([Reply('{"a": 1}'), right], 0, "right for only 5 of 10"),
    "endless": ([Reply(['{"answers": ['] + ["1, " * 300] * 9999)] * 2, 0, "it was not finished after"),
    "empty": ([Reply(""), Reply("")], 0, "no usable answer"),
    "other language": ([picking((QUOTE, FRENCH))], 0, "right for only 5 of 10"),
    "thinks aloud": ([lambda body: Reply(THOUGHTS + right(body).text)], 0, "right for only 5 of 10"),
    "prompt cut": ([said(Reply(prompt_eval_count=40))], 1, "Update Ollama, or lower num_ctx"),
    "not Ollama": ([Reply(raw=b"<html>\n")], 1, "is not Ollama"),
}
WRITING = {
    "cut before a sentence": ([Reply(["The passage"], broken=True)], 1, "broke off"),
    "empty": ([Reply("")], 1, "gave an empty answer"),
    "thinks aloud": ([Reply([THOUGHTS, TRUE, " [1]"])], 0, TRUE),
    "thinks without an end": ([Reply("<think>Hm", done_reason="length")] * 2, 1, "came to no answer"),
    "cut after a sentence": ([Reply([f"{TRUE} [1]\n", "And it is", " so."], broken=True)], 0, "The answer ends here"),
    "killed after a sentence": (
        [Reply([f"{TRUE} [1]\n", "And it", " is so."], raw_from=3, raw=b'{"error": "runner has terminated"}\n')],
        0,
        "has terminated",
    ),
    "endless": ([Reply(["word " * 50] * 9999)], 0, "searched: 3"),
    "other language": ([Reply(f"{FRENCH} [1]"), Reply('{"sentences": []}')], 0, "searched: 3"),
}


@pytest.fixture(scope="module")
def filled(tmp_path_factory, model_folder, sample_papers):
    home = new_home(tmp_path_factory.mktemp("misbehaves") / "home", model_folder)
    with AppContext(Settings(home=home), lambda line: None) as context:
        list(context.ingestion().run([str(sample_papers)]))
    return home


@pytest.fixture
def papers(filled, embedder, fake_ollama, monkeypatch, capsys):  # noqa: F811
    """Runs a command against the scripted server: its exit code and what it printed."""
    monkeypatch.setattr("index.embedding.embed.load_embedder", lambda settings: embedder)
    fake_ollama.reader = right
    monkeypatch.setenv("OLLAMA_HOST", fake_ollama.host)
    monkeypatch.setenv("PAPERS_TIMEOUT", "2")
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}

    def run(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["papers", "--home", str(filled), *arguments])
        code = 0
        try:
            ui.cli.main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
            sys.stderr.write(str(end.code))
        return code, "".join(capsys.readouterr())

    yield run
    for number, handler in before.items():
        signal.signal(number, handler)


def check(papers, ollama, script, code, words) -> None:
    ollama.script(*script)
    ended, seen = papers("ask", QUESTION)
    assert words in " ".join(seen.split())
    assert ended == code
    assert "Traceback" not in seen and "<think>" not in seen
    if "ends here" in words:
        assert TRUE in seen  # what was verified before stays
    until = time.monotonic() + 5
    while ollama.running and time.monotonic() < until:
        time.sleep(0.05)
    assert not server._ONE_CALL.locked() and not ollama.running  # nothing goes on behind the user's back


@pytest.mark.parametrize("name", PICKING)
def test_a_model_that_picks(papers, fake_ollama, name):  # noqa: F811
    check(papers, fake_ollama, *PICKING[name])


@pytest.mark.parametrize("name", WRITING)
def test_a_model_that_writes(papers, fake_ollama, name):  # noqa: F811
    fake_ollama.parameters = 8_000_000_000
    check(papers, fake_ollama, *WRITING[name])


@pytest.mark.parametrize("name", ["silent", "cut", "reset", "500"])
def test_the_next_question_goes_through(papers, fake_ollama, name):  # noqa: F811
    check(papers, fake_ollama, *PICKING[name])
    check(papers, fake_ollama, [right], 0, "right for only 5 of 10")


def test_a_model_that_is_removed_and_one_that_is_pulled(papers, fake_ollama):  # noqa: F811
    check(papers, fake_ollama, [gone(fake_ollama)], 1, f"ollama pull {MODEL}")
    assert "papers setup" in papers("ask", QUESTION)[1]  # answered with quotes
    fake_ollama.models = {"another:2b": "cd" * 32}
    ended, seen = papers("ask", QUESTION, "--json")
    assert (ended, json.JSONDecoder().raw_decode(seen[seen.index("{") :])[0]["model"]["name"]) == (0, "another:2b")


def test_a_conversation_keeps_whole_turns_only(filled, fake_ollama, monkeypatch):  # noqa: F811
    from assistant.chat.turn import take_turn

    monkeypatch.setenv("OLLAMA_HOST", fake_ollama.host)
    fake_ollama.reader = right
    with AppContext(Settings(home=filled, timeout=2), lambda line: None) as context:
        asker, talk = context.asker(), conversation.start(context.library, "talk")
        for reply in (Reply(status=500, error="no memory"), Reply(reset=True), said(Reply(broken=True))):
            fake_ollama.script(reply)
            with pytest.raises(ModelError):
                list(take_turn(asker, context.library, talk.id, QUESTION))
        assert not conversation.load(context.library, talk.id).turns
        with suppress(ModelError):
            list(take_turn(asker, context.library, talk.id, QUESTION))
        [turn] = conversation.load(context.library, talk.id).turns
        assert "5 of 10" in turn.answer
