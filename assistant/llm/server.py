"""One Ollama server: which models it has, what they are, and their answers. Its failures are said as sentences.

Only home of the `ollama` client.
"""

import math
import socket
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from threading import Event, Lock, Thread
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, cast

from assistant.llm.address import login_refused, way_to
from assistant.llm.errors import (
    Cancelled,
    ModelFailed,
    ModelMissing,
    ModelTimeout,
    OllamaUnreachable,
    PromptTooLong,
)
from index.model.errors import ModelError

if TYPE_CHECKING:
    from ollama import ChatResponse, Client

_LOOK_SECONDS = 0.1


class CancelWatch:
    """While it is entered, asks `cancelled` ten times a second and shuts the call's connection once it says yes.

    A server that is reading a long prompt sends nothing for minutes, so the thread that waits cannot look itself. Give
    `trace` to the call as httpx's "trace" extension; on a shut connection the call raises an httpx error.
    """

    def __init__(self, cancelled: Callable[[], bool] | None) -> None:
        self.hit = False
        self._cancelled = cancelled
        self._connection: socket.socket | None = None
        self._ended = Event()
        self._thread = Thread(target=self._look, name="cancel-watch", daemon=True)

    def trace(self, event: str, facts: dict[str, Any]) -> None:
        """What httpcore says about the call; keeps the connection when it is made."""
        if event == "connection.connect_tcp.complete":
            self._connection = facts["return_value"].get_extra_info("socket")

    def __enter__(self) -> Self:
        if self._cancelled is not None:
            self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._ended.set()
        if self._cancelled is not None:
            self._thread.join()

    def _look(self) -> None:
        while self._cancelled is not None and not self._ended.wait(_LOOK_SECONDS):
            self.hit = self.hit or self._cancelled()
            if self.hit and self._connection is not None:
                with suppress(OSError):  # the server was faster
                    self._connection.shutdown(socket.SHUT_RDWR)
                return


Cancelling = Callable[[], bool] | None

_CONNECT_SECONDS = 5.0
_CHARACTERS_PER_TOKEN = 32  # more than a token has, but for the rarest
_MOST_CHOICES = 16  # tokens whose likelihood is kept: what an answer begins with
_NOT_OLLAMA = (ValueError, TypeError, AttributeError)  # what the client raises on JSON that is not Ollama's
# One call at a time in a process: two runners that spin on the same cores collapse (one answer took 122 s).
_ONE_CALL = Lock()


@dataclass(frozen=True)
class Usage:
    """What a call took; for a schema that was asked for twice, of the last answer, but the seconds of both.

    `prompt_tokens` is the server's count (0: it gave none), `counted_tokens` ours; `done_reason` is "stop" or "length".
    `choices` are the first tokens of the answer, each with the probabilities of the likeliest ones in its place; empty
    where they were not asked for, or the server (Ollama before 0.12.11) does not tell them. `thought` says whether the
    server set thoughts apart.
    """

    prompt_tokens: int
    counted_tokens: int
    answer_tokens: int
    seconds: float
    done_reason: str
    choices: tuple[tuple[str, Mapping[str, float]], ...] = ()
    thought: bool = False


def _choices(part: "ChatResponse") -> list[tuple[str, Mapping[str, float]]]:
    """The tokens of a part of the answer, each with the probabilities of what could stand in its place."""
    return [
        (each.token, {other.token: math.exp(other.logprob) for other in each.top_logprobs or ()})
        for each in part.logprobs or ()
    ]


class OllamaServer:
    """The server at `host`, which may be silent for `timeout_seconds`: loading a model, reading a prompt."""

    def __init__(self, host: str, timeout_seconds: float) -> None:
        self.host = host
        self.timeout_seconds = timeout_seconds

    def digests(self) -> dict[str, str]:
        """The names of the models that the server has, with what tells one build of a model from another."""
        with self._translated():
            return {model.model: model.digest or "" for model in self._client.list().models if model.model}

    def show(self, model: str, *, verbose: bool) -> tuple[frozenset[str], Mapping[str, Any], str]:
        """A model's capabilities, its facts by their GGUF names, with `verbose` its whole vocabulary among them, and
        the template of its prompts.
        """
        from ollama import ShowResponse

        with self._translated(model):
            shown: ShowResponse = self._client._request(
                ShowResponse, "POST", "/api/show", json={"model": model, "verbose": verbose}
            )
            return frozenset(shown.capabilities or ()), shown.modelinfo or {}, shown.template or ""

    def version(self) -> str:
        """The server's version."""
        with self._translated():
            answer = self._client._request_raw("GET", "/api/version")  # type: ignore[no-untyped-call]
            return str(answer.json()["version"])

    def chat(self, body: dict[str, Any], cancelled: Cancelling) -> Generator[str, None, Usage]:
        """The answer to the request `body`, piece by piece; `counted_tokens` of the usage is left at 0.

        Calls of a process wait for each other. Closing the generator closes the connection; the
        server then stops writing.
        """
        with (
            self._one_call(cancelled),
            CancelWatch(cancelled) as watch,
            self._translated(body["model"], watch),
        ):
            started = time.monotonic()
            last: ChatResponse | None = None
            thought = False
            choices: list[tuple[str, Mapping[str, float]]] = []
            with closing(self._parts(body, watch)) as parts:
                for last in parts:
                    thought = thought or bool(last.message.thinking)
                    if not last.message.thinking and len(choices) < _MOST_CHOICES:
                        choices += _choices(last)
                    if last.message.content:
                        yield last.message.content
            if last is None or not last.done:
                raise ValueError("the answer broke off")
        return Usage(
            prompt_tokens=last.prompt_eval_count or 0,
            counted_tokens=0,
            answer_tokens=last.eval_count or 0,
            seconds=time.monotonic() - started,
            done_reason=last.done_reason or "stop",
            choices=tuple(choices),
            thought=thought,
        )

    def _parts(self, body: dict[str, Any], watch: CancelWatch) -> "Generator[ChatResponse]":
        """The parts of an answer. One that is far longer than was asked for is ended as if the server had done it."""
        import httpx
        from ollama import ChatResponse

        room = _CHARACTERS_PER_TOKEN * body["options"]["num_predict"]
        try:
            # The client's chat() cannot send truncate and shift, and gives no hold on the connection.
            parts = self._client._request(
                ChatResponse, "POST", "/api/chat", json=body, stream=True, extensions={"trace": watch.trace}
            )
            with closing(cast("Generator[ChatResponse]", parts)):
                for part in parts:
                    room -= len(part.message.content or part.message.thinking or "") + 1
                    if room < 0:
                        part.done, part.done_reason = True, "length"
                    yield part
                    if room < 0:
                        return
        except httpx.ReadTimeout:
            self._unload(body["model"])
            raise

    def _unload(self, model: str) -> None:
        """Ends the process that runs a model: seen waiting for ever (0.17.4, after a call that was broken off)."""
        import httpx

        with suppress(httpx.HTTPError):
            body = {"model": model, "keep_alive": 0}
            httpx.post(f"{self.host}/api/generate", json=body, **self._reached(_CONNECT_SECONDS))

    def missing(self, model: str) -> ModelMissing:
        """The error for a model that the server does not have."""
        return ModelMissing(f"Ollama at {self.host} does not have the model {model}. Get it with: ollama pull {model}")

    @cached_property
    def _client(self) -> "Client":
        from httpx import Limits
        from ollama import Client

        # Each call has its own connection, so that ending one never ends another.
        limits = Limits(max_keepalive_connections=0)
        return Client(host=self.host, limits=limits, **self._reached(self.timeout_seconds))

    def _reached(self, seconds: float) -> dict[str, Any]:
        """What httpx is told, so that requests go the way that set-up goes and to the named host only."""
        import ssl

        from httpx import Timeout

        way = way_to(self.host)
        return {
            "timeout": Timeout(seconds, connect=_CONNECT_SECONDS),
            "auth": way.login,
            "proxy": way.proxy,
            "verify": ssl.create_default_context(cafile=way.certificates) if way.certificates else True,
            "trust_env": False,
            "follow_redirects": False,
        }

    @contextmanager
    def _one_call(self, cancelled: Cancelling) -> Iterator[None]:
        until = time.monotonic() + self.timeout_seconds
        while not (cancelled and cancelled()):
            if _ONE_CALL.acquire(timeout=0.1):
                try:
                    yield
                finally:
                    _ONE_CALL.release()
                return
            if time.monotonic() > until:
                raise ModelTimeout("The model is busy with another question. Wait for it to end, then ask again.")
        raise Cancelled("Stopped, as you asked. Ask again when you like.")

    @contextmanager
    def _translated(self, model: str = "", watch: CancelWatch | None = None) -> Iterator[None]:
        """The one place where the client's exceptions become ours."""
        import httpx
        from ollama import ResponseError

        try:
            yield
        except (ResponseError, httpx.HTTPError, httpx.InvalidURL, OSError, *_NOT_OLLAMA) as error:
            if watch is not None and watch.hit:
                raise Cancelled("Stopped, as you asked. Ask again when you like.") from error
            if isinstance(error, ResponseError):
                raise self._refusal(model, error.status_code, error.error[:300]) from error
            if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.ProxyError | ConnectionError):
                raise OllamaUnreachable(
                    f"Ollama does not answer at {self.host}. Start it with: ollama serve"
                ) from error
            if isinstance(error, httpx.TimeoutException):
                raise ModelTimeout(
                    f"Ollama at {self.host} was silent for {self.timeout_seconds:.0f} seconds, so the model is "
                    "loaded anew. Ask again; else ask about less, choose a smaller model, or raise the timeout in "
                    "papers.toml."
                ) from error
            raise OllamaUnreachable(
                f"What answers at {self.host} broke off or is not Ollama ({str(error)[:200]}). Look at its log, or "
                "start it again with: ollama serve"
            ) from error

    def _refusal(self, model: str, status: int, reason: str) -> ModelError:
        if status == 404 and "not found" in reason:
            return self.missing(model)
        if status == 400 and "context" in reason:
            return PromptTooLong(
                f"Ollama refused the prompt ({reason}). Ask about less, or raise num_ctx in papers.toml."
            )
        if status in (401, 403, 407):
            return OllamaUnreachable(login_refused(self.host))
        return ModelFailed(f"Ollama cannot run {model}: {reason}. Look at its log, or choose a smaller model.")
