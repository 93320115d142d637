"""A scripted Ollama on a real socket, in a thread of the test: it speaks the wire format of the server 0.17.

Replies come from a queue; every request is kept. The vocabulary is a small one, trained here, and prompts are counted
with it, so that counts agree with the server's as they do with a real model.
"""

import json
import math
import queue
import re
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from loopback import answering
from tokenizers import AddedToken, Regex, Tokenizer, models, pre_tokenizers, trainers

from assistant.llm.chat_model import ChatModel, ModelSettings

MODEL = "tiny:1b"
NOTHING: dict[str, object] = {"answers": []}  # of sentences that do not answer
DIGEST = "ab" * 32
CONTROL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
QWEN2 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


@dataclass
class Reply:
    """One answer. Its pieces are streamed with `pause` seconds before each; `status` other than 200 sends `error`."""

    text: str | list[str] = ""
    pause: float = 0.0
    done_reason: str = "stop"
    status: int = 200
    error: str = ""
    prompt_eval_count: int | None = None  # None: as many as the prompt has
    thoughts: str = ""  # sent apart before the answer
    broken: bool = False  # the connection ends before the last line
    reset: bool = False  # the connection ends before anything is sent
    raw: bytes | None = None  # sent in place of all of it
    raw_from: int = 0  # from this line on
    doubt: float | None = None  # the probability of an empty list in place of picks, told where it is asked for
    likely: dict[int, float] = field(default_factory=dict)  # of the first number, told with it

    @classmethod
    def of(cls, value: object) -> "Reply":
        """An answer that is `value` as JSON."""
        return cls(json.dumps(value, ensure_ascii=False))


Reader = Callable[[dict[str, Any]], Reply]


def picking(*pairs: tuple[str, str], pause: float = 0.0) -> Reader:
    """A reply that picks the numbered sentences with some words, and says something of each: (words, statement)."""

    def reply(body: dict[str, Any]) -> Reply:
        if "answers" not in body.get("format", {}).get("properties", {}):
            return Reply.of({"translation": "-"})
        lines = dict(re.findall(r"^\[(\d+)\] (.*)$", body["messages"][-1]["content"], re.MULTILINE))
        found = [(next((n for n, text in lines.items() if words in text), None), said) for words, said in pairs]
        picks = Reply.of({"answers": [{"number": int(n), "statement": said} for n, said in found if n]})
        picks.pause = pause
        return picks

    return reply


@dataclass
class FakeOllama:
    """The server as the test sees it: `host` to connect to, `script` for the next replies, `requests` that came.

    The tiny prompts with which a client measures the chat template (one token of answer, no schema) are answered
    without taking from the queue and are kept in `measured`. Without a reply left, the answer is `default`.
    """

    host: str
    capabilities: tuple[str, ...] = ("completion",)
    context_length: int = 32768
    architecture: str = "tiny"
    template: str = "{{ .Prompt }}"
    version: str = "0.17.4"
    parameters: int = 1_500_000_000  # below 3.5 billion a model picks, from there on it writes
    models: dict[str, str] = field(default_factory=lambda: {MODEL: DIGEST})
    requests: list[dict[str, Any]] = field(default_factory=list)
    measured: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    targets: list[str] = field(default_factory=list)  # as they were asked for: whole addresses by a client of a proxy
    login: str = ""  # the Authorization without which everything is refused
    unloaded: list[str] = field(default_factory=list)  # models that were to leave the memory
    default: Reply = field(default_factory=lambda: Reply("ok"))
    hung_up: threading.Event = field(default_factory=threading.Event)  # a client closed before the end
    waiting: threading.Event = field(default_factory=threading.Event)  # a chat request has come in
    vocabulary: bool = True
    replies: "queue.Queue[Reply | Reader]" = field(default_factory=queue.Queue)
    reader: Reader | None = None  # replies by the prompt; the queue comes first
    most_at_once: int = 0
    running: int = 0

    def script(self, *replies: "Reply | str | dict[str, Any] | Reader") -> None:
        """Queue replies: a text, a value to send as JSON, a `Reply`, or what makes one of the request."""
        for reply in replies:
            if isinstance(reply, dict):
                self.replies.put(Reply.of(reply))
            elif callable(reply):
                self.replies.put(reply)
            else:
                self.replies.put(Reply(reply) if isinstance(reply, str) else reply)

    def next_reply(self, body: dict[str, Any]) -> Reply:
        """The next in the queue, else the reader's, else the default."""
        try:
            reply = self.replies.get_nowait()
        except queue.Empty:
            return self.reader(body) if self.reader else self.default
        return reply if isinstance(reply, Reply) else reply(body)


@cache
def tiny_tokenizer() -> Tokenizer:
    """A byte-level BPE tokenizer of some 1,500 tokens, trained on this folder's files."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(QWEN2), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=1500, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    tokenizer.train_from_iterator([path.read_text("utf-8") for path in Path(__file__).parent.glob("*.py")], trainer)
    tokenizer.add_special_tokens([AddedToken(token, normalized=False) for token in CONTROL])
    return tokenizer


def rendered(messages: list[dict[str, str]]) -> str:
    """The prompt in ChatML, as the model's template makes it."""
    turns = "".join(f"<|im_start|>{each['role']}\n{each['content']}<|im_end|>\n" for each in messages)
    return f"{turns}<|im_start|>assistant\n"


def model_info() -> dict[str, Any]:
    """What `/api/show` says with `verbose`."""
    facts = json.loads(tiny_tokenizer().to_str())["model"]
    tokens = sorted(facts["vocab"], key=facts["vocab"].__getitem__) + list(CONTROL)
    return {
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "qwen2",
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.token_type": [1] * (len(tokens) - len(CONTROL)) + [3] * len(CONTROL),
        "tokenizer.ggml.merges": [" ".join(pair) for pair in facts["merges"]],
    }


def _first_tokens(doubt: float, numbers: dict[int, float]) -> list[dict[str, Any]]:
    """The first tokens of picks as Ollama tells them; in place of the first bracket an empty list could come."""
    likely = _likely({"[": max(1 - doubt, 1e-9), "[]": max(doubt, 1e-9)})
    told = [{"token": '{"answers":', "logprob": 0.0, "top_logprobs": []}, {**likely[0], "top_logprobs": likely}]
    if numbers:
        written = _likely({str(number): share for number, share in numbers.items()})
        told.append({**written[0], "top_logprobs": written})
    return told


def _likely(shares: dict[str, float]) -> list[dict[str, Any]]:
    return [{"token": f" {token}", "logprob": math.log(share)} for token, share in shares.items()]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    ollama: FakeOllama

    def log_message(self, format: str, *args: object) -> None:
        pass

    def _refused(self) -> bool:
        """Take the address apart that a client of a proxy sends; refuse whom this server does not know."""
        self.ollama.targets.append(self.path)
        self.path = urlsplit(self.path).path
        self.ollama.paths.append(self.path)
        if self.ollama.login and self.headers["Authorization"] != self.ollama.login:
            self.close_connection = True
            self._head(401, "text/html", 0)
            return True
        return False

    def do_GET(self) -> None:
        if self._refused():
            return
        if self.path == "/api/version":
            self._json({"version": self.ollama.version})
        elif self.path in ("/api/tags", "/api/ps"):
            self._json(
                {
                    "models": [
                        {"name": n, "model": n, "digest": d, "size": 2_000_000_000}
                        for n, d in self.ollama.models.items()
                    ]
                }
            )
        else:
            self._json({"error": "not here"}, 404)

    def do_POST(self) -> None:
        if self._refused():
            return
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if body.get("model") not in self.ollama.models:
            self._json({"error": f"model '{body.get('model')}' not found"}, 404)
        elif self.path == "/api/show":
            facts = model_info() if body.get("verbose") and self.ollama.vocabulary else {}
            facts |= {"general.parameter_count": self.ollama.parameters}
            kind = self.ollama.architecture
            facts |= {"general.architecture": kind, f"{kind}.context_length": self.ollama.context_length}
            shown = {"model_info": facts, "template": self.ollama.template}
            self._json(shown | {"capabilities": list(self.ollama.capabilities)})
        elif self.path == "/api/chat":
            self._chat(body)
        elif self.path == "/api/generate" and body.get("keep_alive") == 0:
            self.ollama.unloaded.append(body["model"])
            self._json({"model": body["model"], "done": True, "done_reason": "unload"})
        else:
            self._json({"error": "not here"}, 404)

    def _chat(self, body: dict[str, Any]) -> None:
        ollama = self.ollama
        tokens = len(tiny_tokenizer().encode(rendered(body["messages"])).ids)
        if body["options"].get("num_predict") == 1 and "format" not in body:
            ollama.measured.append(body)
            return self._lines(Reply("a", done_reason="length"), tokens)
        ollama.requests.append(body)
        reply = ollama.next_reply(body)
        if "think" in body and "thinking" not in ollama.capabilities:
            return self._json({"error": f'"{body["model"]}" does not support thinking'}, 400)
        if tokens > body["options"]["num_ctx"] and body.get("truncate") is False:
            return self._json({"error": "the input length exceeds the context length"}, 400)
        if reply.status != 200:
            return self._json({"error": reply.error}, reply.status)
        ollama.running += 1
        ollama.most_at_once = max(ollama.most_at_once, ollama.running)
        ollama.waiting.set()
        try:
            self._lines(reply, tokens, told="logprobs" in body)
        finally:
            ollama.running -= 1

    def _lines(self, reply: Reply, tokens: int, told: bool = False) -> None:
        pieces = [reply.text] if isinstance(reply.text, str) else reply.text
        lines: list[dict[str, Any]] = [
            {"message": {"role": "assistant", "content": piece}, "done": False} for piece in pieces
        ]
        if reply.thoughts:
            lines.insert(
                0, {"message": {"role": "assistant", "content": "", "thinking": reply.thoughts}, "done": False}
            )
        if told and reply.doubt is not None:
            lines[0]["logprobs"] = _first_tokens(reply.doubt, reply.likely)
        count = tokens if reply.prompt_eval_count is None else reply.prompt_eval_count
        end = {"done": True, "done_reason": reply.done_reason, "prompt_eval_count": count, "eval_count": len(pieces)}
        last = {"message": {"role": "assistant", "content": ""}, **end}
        self.close_connection = True
        try:
            for number, line in enumerate([*lines, last]):
                self._pause(reply.pause)
                if reply.reset:
                    return
                if number == 0:  # as Ollama does: no header before the first token
                    self._head(200, "application/x-ndjson")
                if reply.broken and line is last:
                    return
                raw = reply.raw if number >= reply.raw_from else None
                self.wfile.write(raw or json.dumps(line).encode() + b"\n")
        except OSError:
            self.ollama.hung_up.set()

    def _pause(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            readable, _, _ = select.select([self.connection], [], [], 0.02)
            if readable and not self.connection.recv(1, socket.MSG_PEEK):
                raise ConnectionResetError

    def _json(self, value: object, status: int = 200) -> None:
        body = json.dumps(value).encode()
        self._head(status, "application/json", len(body))
        self.wfile.write(body)

    def _head(self, status: int, kind: str, length: int | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if length is None:
            self.send_header("Connection", "close")
        else:
            self.send_header("Content-Length", str(length))
        self.end_headers()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        pass  # a client that hung up


@contextmanager
def serving() -> Iterator[FakeOllama]:
    """A scripted server on a free port, gone at the end."""
    handler: Any = type("Handler", (_Handler,), {})
    server = _Server(("127.0.0.1", 0), handler)
    handler.ollama = FakeOllama(f"http://127.0.0.1:{server.server_port}")
    with answering(server):
        yield handler.ollama


@pytest.fixture
def fake_ollama() -> Iterator[FakeOllama]:
    """A scripted server for one test."""
    with serving() as ollama:
        yield ollama


@pytest.fixture
def model(fake_ollama: FakeOllama) -> ChatModel:
    """A chat model that finds nothing in any passage, but where a test scripts it."""
    fake_ollama.default.text = json.dumps(NOTHING)
    return ChatModel(ModelSettings(host=fake_ollama.host, model=MODEL, num_ctx=8192))
