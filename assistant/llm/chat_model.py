"""The local language model: stream text, fill a schema.

A server cuts a prompt that is too long without a word (to num_ctx in 0.17, to half of it in later versions), so each
prompt is counted before it is sent, the server is told to refuse instead, and its own count is compared after.
"""

import json
import re
import time
from collections.abc import Generator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ValidationError

from assistant.llm.errors import (
    AnswerCut,
    Cancelled,
    ModelFailed,
    ModelMissing,
    ModelTimeout,
    OllamaUnreachable,
    PromptCut,
    PromptTooLong,
    SchemaFailure,
)
from assistant.llm.prompts import Message, load_prompt
from assistant.llm.server import Cancelling, OllamaServer, Usage
from assistant.llm.thinking import ASKED, SPARE_TOKENS, THINKING, WAYS, AnswerOnly, Way, first_way
from assistant.llm.threads import free_threads
from assistant.llm.tokens import ChatOverhead, TokenCounter
from index.files.home import private_folder
from index.files.whole_file import write_whole
from index.model.errors import ModelError

__all__ = [
    "AnswerCut",
    "Cancelled",
    "ChatModel",
    "Message",
    "ModelFailed",
    "ModelMissing",
    "ModelSettings",
    "ModelTimeout",
    "OllamaUnreachable",
    "PromptCut",
    "PromptTooLong",
    "SchemaFailure",
    "Usage",
]

T = TypeVar("T", bound=BaseModel)
AnswerMode = Literal["pick", "write"]

MIN_WRITING_PARAMETERS = 3.5e9  # models called 4B and more; below, what a model writes by itself seldom verifies

_PROBE_TOKENS = 40
_DIGEST = re.compile(r"[0-9a-f]{12,64}")  # it names a file, and comes from the server


@dataclass(frozen=True)
class ModelSettings:
    """Which model, where, and how it is called. `timeout_seconds` is how long the server may be silent."""

    host: str
    model: str
    num_ctx: int = 4096  # one value everywhere: another one makes the server load the model again
    keep_alive: str = "10m"
    timeout_seconds: float = 300
    seed: int = 7
    temperature: float = 0.0
    num_thread: int | None = None  # None: as many cores as are free when a call begins
    answer_mode: AnswerMode | None = None  # None: by the model's size
    cache: Path | None = None  # a folder for what is learnt about the model; learnt anew in each process without


@dataclass(frozen=True)
class _Said:
    """A call that has ended: whether it gave an answer, and whether the model thought."""

    usage: Usage
    given: bool
    thought: bool


class _Probe(BaseModel):
    yes: bool


class ChatModel:
    """One model of one server. Calls wait for each other: finish or close a `write` before the next call."""

    def __init__(self, settings: ModelSettings) -> None:
        self.settings = settings
        self._server = OllamaServer(settings.host, settings.timeout_seconds)
        self._overhead: ChatOverhead | None = None
        self._learnt_way: Way | None = None

    def check(self) -> None:
        """Raise `OllamaUnreachable` where no server answers, `ModelMissing` where it does not have the model."""
        self._find_digest()

    def models(self) -> list[str]:
        """The names of the models that the server has."""
        return list(self._server.digests())

    @property
    def answer_mode(self) -> AnswerMode:
        """How answers are made with this model: as set, else "write" from about 4B parameters on."""
        size = self.parameters
        return self.settings.answer_mode or ("write" if size and size >= MIN_WRITING_PARAMETERS else "pick")

    @property
    def parameters(self) -> int | None:
        """How many parameters the model has; None if the server does not say."""
        size = self._shown[1].get("general.parameter_count")
        return int(size) if size else None

    def count(self, text: str) -> int:
        """Tokens of a text by itself: exact for byte-level BPE models, a safe estimate for others."""
        return self._counter.count(text)

    def room(self, messages: Sequence[Message], answer_tokens: int) -> int:
        """Tokens left in the context window beside these messages and an answer; negative where they do not fit."""
        return self._window - answer_tokens - self._spare - self._count_messages(messages, None)

    def fill(
        self,
        schema: type[T],
        messages: Sequence[Message],
        *,
        answer_tokens: int,
        cancelled: Cancelling = None,
        choices: int = 0,
    ) -> tuple[T, Usage]:
        """The model's answer as a value of `schema`; asked a second time, with the error, where it does not fit.

        `choices` is how many of the likeliest tokens the usage shall tell for each of the first ones.
        Raises `SchemaFailure` or `AnswerCut` after the second time, `PromptTooLong` before the first, `Cancelled`.
        """
        started = time.monotonic()
        form = schema.model_json_schema()
        reply, usage = _whole(self._call(messages, answer_tokens, cancelled, form, choices))
        if self._way == "off" and not _is_json(reply):
            # Not a bad answer but no form at all: this server holds to it only while the model may think.
            self._way = "on"
            thought, thought_usage = _whole(self._call(messages, answer_tokens, cancelled, form, choices))
            if _is_json(thought):
                reply, usage = thought, thought_usage
                self._learn("on")
            else:
                self._way = "off"
        try:
            return schema.model_validate_json(_json_in(reply)), usage
        except ValidationError as error:
            failure, problem = _failure(schema, error, usage, reply)
        again = _with_complaint(messages, problem)
        if self.room(again, answer_tokens) < 0:
            raise failure
        reply, usage = _whole(self._call(again, answer_tokens, cancelled, form, choices))
        try:
            value = schema.model_validate_json(_json_in(reply))
        except ValidationError as error:
            raise _failure(schema, error, usage, reply)[0] from error
        return value, replace(usage, seconds=time.monotonic() - started)

    def write(
        self, messages: Sequence[Message], *, answer_tokens: int, cancelled: Cancelling = None
    ) -> Generator[str, None, Usage]:
        """The model's answer, piece by piece as it comes; the generator returns the `Usage`.

        Closing the generator closes the connection, on which the server stops writing at once. Raises `PromptTooLong`
        before anything is sent, `Cancelled` soon after `cancelled()` says so, even while the server is silent. (Ollama
        0.17 still reads such a prompt to its end, and the next call waits for that.)
        """
        return self._call(messages, answer_tokens, cancelled, None)

    def thinking(self) -> Way:
        """How the model is kept from thinking, or left to; a model that is told not to is asked whether that works."""
        if self._way == "off" and self._kept_way() is None:
            message = Message("user", "Is water wet? Answer with JSON: yes is true or false.")
            with suppress(SchemaFailure):
                self.fill(_Probe, [message], answer_tokens=_PROBE_TOKENS)
                self._learn(self._way)
        return self._way

    def _call(
        self,
        messages: Sequence[Message],
        answer_tokens: int,
        cancelled: Cancelling,
        form: dict[str, Any] | None,
        choices: int = 0,
    ) -> Generator[str, None, Usage]:
        """One call; one more if the model came to no answer for its thoughts, in a way that leaves room for them."""
        counted = self._count_messages(messages, cancelled)
        if counted + answer_tokens > self._window:
            raise PromptTooLong(
                f"The prompt ({counted} tokens) and its answer (up to {answer_tokens}) do not fit the {self._window} "
                f"tokens that {self.settings.model} reads at once. Ask about less, or raise num_ctx in papers.toml."
            )
        likely = {"logprobs": True, "top_logprobs": choices} if choices else {}
        for again in (False, True):
            way, tokens = self._way, min(answer_tokens + self._spare, self._window - counted)
            said = yield from self._answered(self._body(messages, tokens, form) | likely, cancelled)
            self._compare(counted, said.usage)
            if said.thought and way not in THINKING:  # though it was told not to, or nobody knew that it can
                self._learn("on" if way == "off" else "aloud")
            if said.given or not said.thought or again or way in THINKING:
                break
        if not said.given and form is None:
            raise self._no_answer(said)
        return replace(said.usage, counted_tokens=counted)

    def _answered(self, body: dict[str, Any], cancelled: Cancelling) -> Generator[str, None, "_Said"]:
        """The answer to a request without thoughts at its beginning."""
        answer, given = AnswerOnly(self._thinks_by_template), False
        with closing(self._server.chat(body, cancelled)) as call:
            while True:
                try:
                    piece = answer.feed(next(call))
                except StopIteration as end:
                    usage: Usage = end.value
                    break
                given = given or bool(piece.strip())
                if piece:
                    yield piece
        if rest := answer.end(cut=usage.done_reason == "length"):
            given = given or bool(rest.strip())
            yield rest
        if answer.thought:  # the first tokens are those of the thoughts
            usage = replace(usage, choices=())
        return _Said(usage, given, answer.thought or usage.thought)

    def _compare(self, counted: int, usage: Usage) -> None:
        missing = counted - usage.prompt_tokens
        slack = max(16, counted // 20) if self._counter.exact else counted // 2
        if usage.prompt_tokens and missing > slack:
            raise PromptCut(
                f"Ollama read {usage.prompt_tokens} of {counted} tokens of the prompt, so the answer is worthless. "
                "Update Ollama, or lower num_ctx in papers.toml to what the model was made for."
            )

    def _no_answer(self, said: "_Said") -> ModelError:
        if said.thought:
            return AnswerCut(
                f"{self.settings.model} thought for {said.usage.answer_tokens} tokens and came to no answer. Ask about "
                "less, raise num_ctx in papers.toml, or choose a model that does not think."
            )
        return ModelFailed(
            f"{self.settings.model} gave an empty answer. Ask again; if it stays so, start Ollama again, or choose "
            "another model."
        )

    def _body(self, messages: Sequence[Message], answer_tokens: int, form: dict[str, Any] | None) -> dict[str, Any]:
        settings, defused = self.settings, self._counter.defused
        options = {
            "num_ctx": self._window,
            "num_predict": answer_tokens,
            "seed": settings.seed,
            "temperature": settings.temperature,
            # Ollama's own default of 1.1 makes what the prompt ends with unlikely, as the number to pick and the name
            # to repeat.
            "repeat_penalty": 1.0,
            "num_thread": settings.num_thread or free_threads(),
        }
        body = {
            "model": settings.model,
            "messages": [{"role": message.role, "content": defused(message.content)} for message in messages],
            "stream": True,
            "keep_alive": settings.keep_alive,
            "options": {name: value for name, value in options.items() if value is not None},
            "format": form,
            "think": ASKED[self._way],  # models that cannot think may refuse the word
            "truncate": False,
            "shift": False,
        }
        return {name: value for name, value in body.items() if value is not None}

    def _count_messages(self, messages: Sequence[Message], cancelled: Cancelling) -> int:
        if self._overhead is None:
            self._overhead = self._measure_overhead(cancelled)
        return sum(self.count(message.content) for message in messages) + self._overhead.of(messages)

    @cached_property
    def _shown(self) -> tuple[frozenset[str], dict[str, Any], str]:
        capabilities, facts, template = self._server.show(self.settings.model, verbose=False)
        return capabilities, dict(facts), template

    @property
    def _way(self) -> Way:
        if self._learnt_way is None:
            self._learnt_way = self._kept_way() or first_way(
                self._shown[0], str(self._shown[1].get("general.architecture", ""))
            )
        return self._learnt_way

    @_way.setter
    def _way(self, way: Way) -> None:
        self._learnt_way = way

    @property
    def _thinks_by_template(self) -> bool:
        """Whether the prompt ends inside of the thoughts, so that the answer begins with them."""
        return (
            "thinking" not in self._shown[0]
            and re.search(r"<think>\s*(?:\{\{[^}]*\}\}\s*)*$", self._shown[2]) is not None
        )

    @property
    def _spare(self) -> int:
        """Tokens that are kept free for thoughts."""
        return min(SPARE_TOKENS, self._window // 4) if self._way in THINKING else 0

    def _kept_way(self) -> Way | None:
        """What was learnt about this model with this version of the server."""
        file = self._cache_file("thinking")
        try:
            kept = json.loads(file.read_text("utf-8")) if file else {}
            return kept["way"] if kept["way"] in WAYS and kept["server"] == self._server.version() else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _learn(self, way: Way) -> None:
        """Ask the model in this way from now on, and keep that for the next process."""
        self._way = way
        if file := self._cache_file("thinking"):
            private_folder(file.parent)
            write_whole(file, json.dumps({"way": way, "server": self._server.version()}))

    @cached_property
    def _window(self) -> int:
        facts = self._shown[1]
        trained = facts.get(f"{facts.get('general.architecture')}.context_length")
        return min(self.settings.num_ctx, int(trained)) if trained else self.settings.num_ctx

    @cached_property
    def _counter(self) -> TokenCounter:
        file = self._cache_file("tokenizer")
        counter = TokenCounter.load(file) if file else None
        if counter is None:
            counter = TokenCounter.from_model_info(self._server.show(self.settings.model, verbose=True)[1])
            if file:
                counter.save(file)
        return counter

    def _measure_overhead(self, cancelled: Cancelling) -> ChatOverhead:
        file = self._cache_file("overhead")
        kept = ChatOverhead.load(file) if file else None
        if kept is not None:
            return kept
        user, system, assistant = Message("user", "a"), Message("system", "a"), Message("assistant", "a")
        extra: list[int] = []
        for messages in ([user], [system, user], [system, user, assistant, user]):
            _, usage = _whole(self._server.chat(self._body(messages, 1, None), cancelled))
            extra.append(usage.prompt_tokens - len(messages) * self.count("a"))
        overhead = ChatOverhead.measured(*extra)
        if file:
            overhead.save(file)
        return overhead

    def _cache_file(self, name: str) -> Path | None:
        digest = self._find_digest()
        if self.settings.cache is None or not _DIGEST.fullmatch(digest):
            return None
        return self.settings.cache / f"{digest}.{name}.json"

    def _find_digest(self) -> str:
        name, digests = self.settings.model, self._server.digests()
        digest = digests.get(name, digests.get(f"{name}:latest"))
        if digest is None:
            raise self._server.missing(name)
        return digest


def _whole(call: Generator[str, None, Usage]) -> tuple[str, Usage]:
    pieces: list[str] = []
    with closing(call):
        while True:
            try:
                pieces.append(next(call))
            except StopIteration as end:
                return "".join(pieces), end.value


def _with_complaint(messages: Sequence[Message], problem: str) -> list[Message]:
    (complaint,) = load_prompt("retry", "en", problem=problem)
    last = messages[-1]
    return [*messages[:-1], replace(last, content=f"{last.content}\n\n{complaint.content}")]


def _is_json(reply: str) -> bool:
    """Whether a reply was held to a form: only then it begins as JSON does, cut or not."""
    return reply.lstrip().startswith("{")


def _json_in(reply: str) -> str:
    """The JSON of a reply, that may stand in a block of code or between words where the server holds to no form."""
    start, end = reply.find("{"), reply.rfind("}")
    return reply if _is_json(reply) or start < 0 or end < start else reply[start : end + 1]


def _failure(schema: type[BaseModel], error: ValidationError, usage: Usage, reply: str) -> tuple[SchemaFailure, str]:
    """The error to raise after the last try, and what to tell the model before it."""
    if usage.done_reason == "length":
        cut = f"it was not finished after {usage.answer_tokens} tokens"
        return AnswerCut(f"The model's answer is useless: {cut}. Ask about less, or choose a larger model."), cut
    faults = [f"{'.'.join(map(str, fault['loc'])) or 'JSON'}: {fault['msg']}" for fault in error.errors()]
    problem = "; ".join(faults)[:300]
    remedy = "Ask again in other words" if _is_json(reply) else "Update Ollama, which did not hold it to the form"
    return SchemaFailure(
        f"The model did not answer in the form {schema.__name__} ({problem}). {remedy}, or choose a larger model."
    ), problem
