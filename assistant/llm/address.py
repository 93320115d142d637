"""Where the Ollama server is, from OLLAMA_HOST's many spellings, and the one way by which all requests reach it.

Set-up and chat go the same way: never through a proxy to this machine; to another one directly if it answers so, else
through the proxy of the environment.
"""

import ipaddress
import os
import re
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from assistant.llm.errors import OllamaUnreachable

DEFAULT_PORT = 11434
EVERYWHERE = ("", "0.0.0.0", "::")  # what a server listens on; a client reaches it by loopback
CONNECT_SECONDS = 2.0
# What other programs add to the server's address: that of its OpenAI interface, or of one of its own calls.
_API_PATH = re.compile(r"/(?:v1|api)(?:/[a-z/]{0,40})?$", re.IGNORECASE)
_CERTIFICATES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")

_KEPT_SECONDS = 60.0

_direct: dict[str, tuple[float, bool]] = {}  # by address: when it was tried, and whether it answers without a proxy


@dataclass(frozen=True)
class Way:
    """How to reach a server: through which proxy, with which user and password, trusting which certificates."""

    proxy: str | None = None
    login: tuple[str, str] | None = None
    certificates: str | None = None


def server_url(host: str | None = None) -> str:
    """The address of the server, from OLLAMA_HOST's many spellings; `host` goes before the environment.

    Without user and password, so that it can be shown: see `way_to`. Raises OllamaUnreachable, which says what to set.

    >>> server_url("0.0.0.0"), server_url("box:80"), server_url("https://me:word@gpu.example/ollama/v1")
    ('http://127.0.0.1:11434', 'http://box:80', 'https://gpu.example:443/ollama')
    """
    return _split(host)[0]


def way_to(url: str) -> Way:
    """The way to a server at `url`, an address that `server_url` made; where there is a proxy, it is tried without."""
    try:
        named, login = _split(None)
    except OllamaUnreachable:
        named, login = "", None
    certificates = next((os.environ[name] for name in _CERTIFICATES if os.environ.get(name)), None)
    return Way(_proxy(url), login if named == url else None, certificates)


def is_loopback(url: str) -> bool:
    """Whether an address is on this machine."""
    name = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")


def is_elsewhere(url: str) -> bool:
    """Whether a server runs on another machine; that on the host of a container does not."""
    return not is_loopback(url) and urlsplit(url).hostname not in ("host.docker.internal", "host.containers.internal")


def _split(host: str | None) -> tuple[str, tuple[str, str] | None]:
    """The address, and the user and password in it."""
    text = (host or os.environ.get("OLLAMA_HOST") or "").strip().strip("\"'").strip()
    if re.search(r"[\s;,]", text):
        raise _wrong("it names several, or holds a blank")
    if text.isdecimal():  # a port
        text = f":{text}"
    scheme, separator, rest = text.partition("://")
    scheme, rest = (scheme.lower(), rest) if separator else ("http", text)
    if scheme not in ("http", "https"):
        raise _wrong(f"Ollama is not reached by {scheme[:20]}://")
    bare = rest.count(":") > 1 and "@" not in rest and not rest.startswith("[")  # an IPv6 address without brackets
    try:
        parts = urlsplit(f"{scheme}://[{rest}]" if bare else f"{scheme}://{rest}")
        port = parts.port
    except ValueError:
        raise _wrong("its port number cannot be read") from None
    if port is None:
        port = 443 if scheme == "https" else 80 if separator else DEFAULT_PORT
    name = parts.hostname or ""
    name = "127.0.0.1" if name in EVERYWHERE else f"[{name}]" if ":" in name else name
    login = (unquote(parts.username or ""), unquote(parts.password or "")) if "@" in parts.netloc else None
    return f"{scheme}://{name}:{port}{_API_PATH.sub('', parts.path.rstrip('/')).rstrip('/')}", login


def login_refused(url: str) -> str:
    """What to tell whom a server does not know."""
    return f"Ollama at {url} asks for another user and password. Write https://USER:PASSWORD@HOST into OLLAMA_HOST."


def _wrong(why: str) -> OllamaUnreachable:
    return OllamaUnreachable(f"OLLAMA_HOST is not the address of one server ({why}). Set it to 127.0.0.1:11434.")


def _proxy(url: str) -> str | None:
    """The proxy of the environment, if it is needed to reach a server."""
    parts = urlsplit(url)
    if is_loopback(url) or proxy_bypass(parts.hostname or ""):
        return None
    proxies: Mapping[str, str] = getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    if not proxy:
        return None
    tried, answers = _direct.get(url, (-_KEPT_SECONDS, False))
    if time.monotonic() - tried > _KEPT_SECONDS:
        answers = _connects(parts.hostname or "", parts.port or DEFAULT_PORT)
        _direct[url] = time.monotonic(), answers
    return None if answers else proxy if "://" in proxy else f"http://{proxy}"


def _connects(name: str, port: int) -> bool:
    try:
        socket.create_connection((name, port), CONNECT_SECONDS).close()
    except OSError:
        return False
    return True
