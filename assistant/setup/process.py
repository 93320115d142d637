"""The Ollama process: a server that runs is used and left alone; else one is started, and ends with the program."""

import contextlib
import fcntl
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import urlsplit

from assistant.llm.address import DEFAULT_PORT, is_loopback, login_refused, server_url, way_to
from assistant.llm.errors import OllamaUnreachable
from index.files.home import private_folder
from index.model.plain_text import Say

if TYPE_CHECKING:
    import requests


ANSWER_SECONDS = 2.0
START_SECONDS = 60.0
END_SECONDS = 15.0
LOG_BYTES = 5_000_000  # a longer log is begun anew


class OllamaMissing(OllamaUnreachable):
    """No Ollama is installed on this machine."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answered: its address without a slash at the end, its version, and whether it ends with us."""

    url: str
    version: str
    started_by_us: bool


def silent(line: str) -> None:
    """Says nothing."""


def server_version(url: str) -> str | None:
    """The version of the Ollama that answers at `url`, or None where none does (or something else does)."""
    return _look(url)[0]


def _look(url: str) -> tuple[str | None, str]:
    """The version of the Ollama at `url`, or None and the error to raise."""
    import requests

    other = f"Something else than Ollama answers at {url}. Start Ollama there, or unset OLLAMA_HOST."
    try:
        with session_for(url) as session:
            answer = session.get(f"{url}/api/version", timeout=ANSWER_SECONDS, allow_redirects=False)
            if answer.status_code in (401, 403):
                return None, login_refused(url)
            version = answer.json()["version"]
    except requests.RequestException as error:
        if isinstance(error, requests.JSONDecodeError):
            return None, other
        return None, f"Ollama does not answer at {url}. Start it there, or unset OLLAMA_HOST to use this machine."
    except (ValueError, KeyError, TypeError):
        return None, other
    return (version, "") if isinstance(version, str) else (None, other)


def session_for(url: str) -> "requests.Session":
    """A session for requests to a server, which go the way that chat goes."""
    import requests

    way, session = way_to(url), requests.Session()
    session.trust_env = False
    session.auth = way.login
    session.verify = way.certificates or True
    if way.proxy:
        session.proxies = {"http": way.proxy, "https": way.proxy}
    return session


def find_binary(home: Path) -> Path | None:
    """An `ollama` on the PATH, else the one that set-up put into `home`; None without either.

    One that was compiled for another processor does not count: it would crash on this one.
    """
    found = shutil.which("ollama")
    if found:
        return Path(found)
    tools = tools_folder(home)
    binary = tools / "bin" / "ollama"
    built_for = tools / "processor.txt"
    if not os.access(binary, os.X_OK) or (built_for.exists() and built_for.read_text("utf-8") != processor()):
        return None
    return binary


def tools_folder(home: Path) -> Path:
    """Where set-up installs Ollama."""
    return home / "tools" / "ollama"


def processor() -> str:
    """What this machine's processor can do, as the kernel lists it; equal texts run the same native code."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        import platform

        return f"{platform.machine()} {platform.processor()}"
    told = {line.partition(":")[0].strip(): line.partition(":")[2].strip() for line in reversed(lines)}
    return f"{told.get('model name', '')}\n{told.get('flags', told.get('Features', ''))}\n"


@contextlib.contextmanager
def running_server(host: str | None, home: Path, say: Say = silent) -> Iterator[Server]:
    """A server for as long as the block runs: the one at `host` (default OLLAMA_HOST), else one that is started here.

    One that is started here listens on loopback only, uses no cloud, and ends when the last of our programs that use it
    has ended, even by kill -9. Raises OllamaMissing, OllamaUnreachable.
    """
    url = server_url(host)
    run = private_folder(home / "run")
    with (run / "ollama.users").open("a+b") as users:
        fcntl.flock(users, fcntl.LOCK_SH)  # waits while a server that nobody used any more is being stopped
        server, supervisor = _find_or_start(url, home, say)
        try:
            yield server
        finally:
            alone = _am_i_the_last(users)
            fcntl.flock(users, fcntl.LOCK_UN)
            if alone and supervisor:
                _wait_for_end(server.url)


def _find_or_start(url: str, home: Path, say: Say) -> tuple[Server, int | None]:
    version, fault = _look(url)
    state = _read_state(home)
    if version is not None:
        ours = state.get("url") == url and _is_alive(state.get("supervisor"))
        say(f"Ollama: version {version} answers at {url}")
        return Server(url, version, ours), state["supervisor"] if ours else None
    if not is_loopback(url):
        raise OllamaUnreachable(fault)
    with (home / "run" / "ollama.start").open("ab") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)  # of several programs that begin at once, one starts the server
        state = _read_state(home)
        if _is_alive(state.get("supervisor")):
            version = server_version(state["url"])
            if version is not None:
                say(f"Ollama: version {version}, started by another of our programs, answers at {state['url']}")
                return Server(state["url"], version, True), state["supervisor"]
        return _start(url, home, say)


def _start(url: str, home: Path, say: Say) -> tuple[Server, int]:
    binary = find_binary(home)
    if binary is None:
        raise OllamaMissing(
            "Ollama is not on this machine and does not answer at " + url + ". Install it with: papers setup"
        )
    url = _free_address(url, say)
    log = home / "logs" / "ollama.log"
    private_folder(log.parent)
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.unlink()
    log.touch()
    said_before = log.stat().st_size
    script = Path(__file__).with_name("supervisor.py")
    address = url.removeprefix("http://")
    command = [sys.executable, "-I", str(script), str(binary), address, str(home / "run" / "ollama.users"), str(log)]
    started = subprocess.run(command, env=_environment(home), stdout=subprocess.PIPE, text=True, check=True)
    supervisor = int(started.stdout)
    (home / "run" / "ollama.json").write_text(json.dumps({"url": url, "supervisor": supervisor}), "utf-8")
    version = _wait_for_answer(url, supervisor)
    if version is None:
        last = " ".join(log.read_bytes()[said_before:].decode("utf-8", "replace").split())[-300:]
        raise OllamaUnreachable(f"Ollama ({binary}) does not start: {last} Read {log}, or start it with: ollama serve")
    say(f"Ollama: started {binary} at {url}; it ends with this program; log: {log}")
    return Server(url, version, True), supervisor


def _environment(home: Path) -> dict[str, str]:
    models = os.environ.get("OLLAMA_MODELS") or str(models_folder(home))
    return {**os.environ, "OLLAMA_MODELS": models, "OLLAMA_NO_CLOUD": "1"}


def models_folder(home: Path) -> Path:
    """Where a server that we start keeps its models: Ollama's own folder where the user has one, else below `home`."""
    below_home, of_user = home / "models" / "ollama", Path.home() / ".ollama" / "models"
    return of_user if of_user.is_dir() and not below_home.is_dir() else below_home


def _free_address(url: str, say: Say) -> str:
    parts = urlsplit(url)
    port = parts.port or DEFAULT_PORT
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            with socket.socket() as other:
                other.bind(("127.0.0.1", 0))
                free = other.getsockname()[1]
            say(f"Ollama: port {port} is taken by something else, using {free}")
            port = free
    return f"http://127.0.0.1:{port}"


def _wait_for_answer(url: str, supervisor: int) -> str | None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and _is_alive(supervisor):
        version = server_version(url)
        if version is not None:
            return version
        time.sleep(0.1)
    return None


def _wait_for_end(url: str) -> None:
    end = time.monotonic() + END_SECONDS
    while time.monotonic() < end and server_version(url) is not None:
        time.sleep(0.05)


def _am_i_the_last(users: IO[bytes]) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_alive(process: object) -> bool:
    if not isinstance(process, int):
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    with contextlib.suppress(OSError):  # one that has ended and was not collected yet, as in containers without an init
        return not Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].startswith(" Z")
    return True


def _read_state(home: Path) -> dict[str, Any]:
    try:
        state = json.loads((home / "run" / "ollama.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return state if isinstance(state, dict) else {}
