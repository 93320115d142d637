"""How this program speaks to arXiv: slowly, by name, with patience that ends, and to arXiv only.

arXiv asks for one request in three seconds over one connection, counted over all of a user's programs
(https://info.arxiv.org/help/api/tou.html), so the pace can be shared by processes through a file.
"""

import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Self, TypeVar

from filelock import FileLock, Timeout
from requests import PreparedRequest, Response, Session, exceptions
from requests.adapters import HTTPAdapter
from urllib3 import BaseHTTPResponse
from urllib3.exceptions import DecodeError, HTTPError, InvalidHeader, ReadTimeoutError
from urllib3.util.retry import Retry

from index.files.home import private_folder
from index.model.errors import ArxivError, ArxivUnreachable, BadArxivId

ARXIV_ORIGINS = ("https://export.arxiv.org/", "https://arxiv.org/", "https://www.arxiv.org/")
_RETRIED = (429, 500, 502, 503, 504)
_LONGEST_BACK_OFF = 60.0  # seconds between two tries, whatever Retry-After says
_LONGEST_TURN = 900.0  # seconds that another process may keep the line before we give up
_TRIES = 3  # for an answer that breaks off; refusals have the back-off above
_TOTAL = re.compile(rb"<opensearch:totalResults[^>]*>\s*([0-9]+)\s*<")
_SUMMARY = re.compile(r"<summary[^>]*>([^<]{1,200})<")
_LARGEST_FEED = 20 << 20  # bytes; the metadata of 100 papers have about 300 kB
_PIECE = 1 << 14
_T = TypeVar("_T")


class BrokenAnswer(Exception):
    """An answer that is not whole: worth asking again. Never leaves `ask_until_whole`."""


class Pace:
    """At most one request in `seconds`, and one at a time, among all that share `file` (or this value without one)."""

    def __init__(self, seconds: float, file: Path | None = None) -> None:
        self._seconds = seconds
        self._file = file
        self._last = 0.0
        self._lock = threading.RLock()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Have the line to arXiv to oneself. Raises ArxivUnreachable after fifteen minutes in the queue."""
        with self._lock:
            if self._file is None:
                yield
                return
            try:
                private_folder(self._file.parent)
                held = FileLock(f"{self._file}.lock").acquire(timeout=_LONGEST_TURN)
            except Timeout as error:
                raise ArxivUnreachable(
                    "Another paper-assistant has been fetching from arXiv for 15 minutes. Wait for it or stop it, "
                    "then run this again."
                ) from error
            except OSError as error:
                raise ArxivError(f"{self._file} cannot be written: {error}. Make its folder writable.") from error
            with held:
                yield

    def wait(self) -> None:
        """Sleep until a request may go out, and write down that it does. Call it inside a turn."""
        waited = time.time() - self._read()
        if 0 <= waited < self._seconds:
            time.sleep(self._seconds - waited)
        self.mark()

    def mark(self) -> None:
        """Write down that arXiv is busy with us now: a slow answer puts off the next request."""
        self._last = time.time()
        if self._file is not None:
            with suppress(OSError):  # a full disk leaves this process its own pace
                self._file.write_text(repr(self._last), encoding="ascii")

    def _read(self) -> float:
        if self._file is None:
            return self._last
        try:
            return float(self._file.read_text(encoding="ascii"))
        except (OSError, ValueError):  # never written, or cut short by a power loss
            return self._last


class _PacedRetry(Retry):
    """urllib3's back-off, but no retry leaves before its turn and a nonsensical Retry-After counts as none."""

    pace: Pace | None = None

    def new(self, **kw: object) -> "_PacedRetry":
        """The next state of this retry, with the same pace."""
        following = super().new(**kw)
        following.pace = self.pace
        return following

    def increment(self, *args: Any, **kw: Any) -> Self:  # noqa: ANN401 (urllib3's own signature)
        """The state after a failed try, whose answer is closed: urllib3 would read it whole into memory."""
        following = super().increment(*args, **kw)  # raises where this was the last try, whose answer is wanted
        if (answer := kw.get("response")) is not None:
            answer.close()
        return following

    def get_retry_after(self, response: BaseHTTPResponse) -> float | None:
        """Seconds to wait as the server asks, capped; None where it does not say."""
        try:
            return super().get_retry_after(response)
        except InvalidHeader:
            return None

    def sleep(self, response: BaseHTTPResponse | None = None) -> None:
        """Back off, then wait for the pace."""
        if self.pace is not None:
            self.pace.mark()
        super().sleep(response)
        if self.pace is not None:
            self.pace.wait()


class _ArxivAdapter(HTTPAdapter):
    """Sets what a caller cannot be trusted to set: pace, timeouts, retries, the name we go by."""

    def __init__(self, pace: Pace, delay: float, timeout: tuple[float, float]) -> None:
        retry = _PacedRetry(
            total=4,
            connect=1,
            read=1,
            other=1,
            status_forcelist=_RETRIED,
            allowed_methods=("GET",),
            backoff_factor=delay,
            backoff_max=_LONGEST_BACK_OFF,
            retry_after_max=int(_LONGEST_BACK_OFF),
            raise_on_status=False,
        )
        retry.pace = pace
        super().__init__(max_retries=retry)
        self._pace = pace
        self._timeout = timeout
        self._user_agent = f"paper-assistant/{version('paper-assistant')} arxiv.py/{version('arxiv')}"

    def send(
        self,
        request: PreparedRequest,
        stream: bool = False,
        timeout: float | tuple[float, float] | tuple[float, None] | None = None,
        verify: bool | str = True,
        cert: bytes | str | tuple[bytes | str, bytes | str] | None = None,
        proxies: Mapping[str, str] | None = None,
    ) -> Response:
        """One request, and its retries; a redirect comes here again."""
        self._pace.wait()
        request.headers["User-Agent"] = self._user_agent
        try:
            return super().send(request, stream, timeout or self._timeout, verify, cert, proxies)
        finally:
            self._pace.mark()


def open_session(pace: Pace, delay: float, timeout: tuple[float, float], origins: Iterable[str]) -> Session:
    """A session that reaches `origins` (each ending in `/`) and nothing else, redirects included.

    Any other address raises `requests.exceptions.InvalidSchema`, since no adapter answers for it.
    """
    session = Session()
    for adapter in session.adapters.values():
        adapter.close()
    session.adapters.clear()
    session.max_redirects = 5
    session.hooks["response"].append(_close_redirect)
    adapter = _ArxivAdapter(pace, delay, timeout)
    for origin in origins:
        session.mount(origin, adapter)
    return session


def _close_redirect(response: Response, *_: object, **__: object) -> None:
    """Leave the body of a redirect alone: `requests` would read it whole into memory before it goes on."""
    if response.is_redirect:
        response.close()


@dataclass(frozen=True, slots=True)
class Feed:
    """What the arxiv library reads of an answer."""

    content: bytes
    status_code: int = 200


class FeedSession:
    """What the arxiv library takes for its session: hands it whole feeds only, each within `seconds`."""

    def __init__(self, session: Session, seconds: float) -> None:
        self._session = session
        self._seconds = seconds

    def get(self, url: str, headers: dict[str, str]) -> Feed:
        """The answer, if it is a whole feed of papers; else raises BrokenAnswer, BadArxivId or ArxivUnreachable."""
        until = time.monotonic() + self._seconds
        with self._session.get(url, headers=headers, stream=True) as response:
            if response.status_code not in (200, 400):
                raise refusal(response.status_code)
            content = read_body(response, "arXiv's list of papers", _LARGEST_FEED, until)
        if response.status_code == 400:
            reason = _SUMMARY.search(content.decode("utf-8", "replace"))
            raise BadArxivId(f"arXiv refuses: {reason[1] if reason else 'bad request'}. Check the identifiers.")
        total = _TOTAL.search(content)
        if not content.rstrip().endswith(b"</feed>") or total is None or content.count(b"<entry>") < int(total[1]):
            raise BrokenAnswer
        return Feed(content)


def body_pieces(response: Response, what: str, until: float) -> Iterator[bytes]:
    """The body of a streamed answer, decoded, piece by piece as it arrives: a server that sends a byte now and then is
    given up too. `until` is a time of `time.monotonic()`. Raises ArxivUnreachable past it, `requests` errors before.
    """
    while time.monotonic() < until:
        try:
            piece = response.raw.read1(_PIECE, decode_content=True)
        except ReadTimeoutError as error:
            raise exceptions.ReadTimeout(error) from error
        except DecodeError as error:
            raise exceptions.ContentDecodingError(error) from error
        except HTTPError as error:
            raise exceptions.ChunkedEncodingError(error) from error
        if not piece:
            return
        yield piece
    raise ArxivUnreachable(f"arXiv sends {what} too slowly. Try again later.")


def read_body(response: Response, what: str, largest: int, until: float) -> bytes:
    """The whole body of a streamed answer. Raises ArxivUnreachable past `until` and over `largest` bytes."""
    data = bytearray()
    for piece in body_pieces(response, what, until):
        data += piece
        if len(data) > largest:
            raise ArxivUnreachable(f"arXiv sends more than {largest >> 20} MB for {what}. Try again later.")
    return bytes(data)


def ask_until_whole(pace: Pace, what: str, ask: Callable[[], _T]) -> _T:
    """The result of `ask`, called once more for each BrokenAnswer, in a turn of its own; network errors translated.

    `what` names the answer in the error: "The PDF of 2401.18059". Raises ArxivUnreachable, and whatever `ask` raises.
    """
    for _ in range(_TRIES):
        with suppress(BrokenAnswer), pace.turn(), _network_errors_translated():
            return ask()
    raise ArxivUnreachable(f"{what} broke off {_TRIES} times. Try again in a few minutes.")


def refusal(status: int) -> ArxivUnreachable:
    """What an HTTP status other than 200 means for the user."""
    if status in (403, 429):
        return ArxivUnreachable(
            f"arXiv refuses to serve this machine for now (HTTP {status}). Wait a quarter of an hour and try again."
        )
    return ArxivUnreachable(f"arXiv is out of order (HTTP {status}). Try again in a few minutes.")


@contextmanager
def _network_errors_translated() -> Iterator[None]:
    try:
        yield
    except (exceptions.ChunkedEncodingError, exceptions.ContentDecodingError) as error:
        raise BrokenAnswer from error
    except (exceptions.InvalidSchema, exceptions.InvalidURL, exceptions.TooManyRedirects) as error:
        raise ArxivUnreachable(
            f"arXiv sends us elsewhere, where we do not follow: {error}. Download the PDF by hand and ingest the file."
        ) from error
    except exceptions.RequestException as error:
        cause = error.args[0] if error.args else error
        reason = str(getattr(cause, "reason", cause)).split("): ", 1)[-1].rstrip(".")
        raise ArxivUnreachable(
            f"arXiv cannot be reached: {reason}. Check the network, or ingest PDF files that are on this machine."
        ) from error
