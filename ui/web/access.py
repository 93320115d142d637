"""Who may come in: by which name the server is known, the token of its address or a password, and how often to guess.

An address of this machine is no login: every user of it reaches the port. So the address that `papers serve` prints
holds a token, which the browser keeps as a cookie; a password takes its place.
"""

import base64
import binascii
import hmac
import ipaddress
import secrets
import socket
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from index.model.errors import PaperAssistantError

TOKEN_BYTES = 32
OPENING_SECONDS = 60.0  # that the browser may take which `papers serve` opens
MAX_GUESSES, GUESS_SPAN = 5, 60.0  # wrong passwords from one address, in so many seconds
MAX_ALL_GUESSES = 100  # from all addresses: who can name any address, as behind a proxy, has no more
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
EVERY_ADDRESS = ("0.0.0.0", "::", "")


class UnsafeBinding(PaperAssistantError):
    """The server would be open to others without a password."""


def is_loopback(host: str) -> bool:
    """Whether an address or name is this machine's own, which no other machine can reach."""
    try:
        return host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def check_binding(rules: "AccessRules", *, allow_remote: bool) -> None:
    """Raises UnsafeBinding if others could reach the server and neither a password nor a flag says that they may."""
    if rules.password or allow_remote:
        return
    if rules.by_proxy and not rules.token:
        raise UnsafeBinding(
            f"Whoever reaches {rules.names[0] if rules.names else 'the proxy'} could open the papers. Leave --no-token "
            "out, give them a password with --password, or say --allow-remote if everybody may come in."
        )
    if not is_loopback(rules.host):
        host = rules.host
        raise UnsafeBinding(
            f"Others could open the papers at {host or 'every address'} of this machine. Give them a password with "
            "--password, say --allow-remote if they may come in with the printed address alone, or leave --host out "
            "to keep to this machine."
        )


def new_token() -> str:
    """A token that nobody guesses, safe in an address and in a cookie."""
    return secrets.token_urlsafe(TOKEN_BYTES)


@dataclass
class OpeningToken:
    """Lets one browser in, once, soon: the command that opens it is seen by every user of the machine."""

    text: str = field(default_factory=new_token)
    until: float = field(default_factory=lambda: time.monotonic() + OPENING_SECONDS)

    def take(self, given: str) -> bool:
        """Whether it is this token, for the first time."""
        taken = _same(given, self.text) and time.monotonic() < self.until
        if taken:
            self.until = 0.0
        return taken


@dataclass(frozen=True)
class AccessRules:
    """The address that the server listens at, and the password or else the token that it asks for, if any.

    `names` are other host names by which it is known, in lower case, and `root_path` is the path below which a proxy
    offers it ("/papers"): both are of a way in that leads here from other machines.
    """

    host: str = "127.0.0.1"
    password: str | None = None
    token: str | None = None
    opening: OpeningToken | None = None
    names: tuple[str, ...] = ()
    root_path: str = ""

    @property
    def by_proxy(self) -> bool:
        """Whether others may come in though the server listens at an address of this machine alone."""
        return bool(self.names or self.root_path)

    def public_host(self, headers: Mapping[str, str]) -> str:
        """The Host that the browser asked for: that of the request, or the one that a proxy says it had.

        The latter counts only if it is one of `names`, and the request has a known Host itself: a page that was bound
        to this address by name can send any header, but not another Host.
        """
        host = headers.get("host", "")
        forwarded = headers.get("x-forwarded-host", "").partition(",")[0].strip()
        return forwarded if self.knows_host(host) and _host_name(forwarded) in self.names else host

    def knows_host(self, header: str) -> bool:
        """Whether a request's Host is a name of this server; a name that somebody bound to its address is not.

        If it listens on every address, any IP address is known: only names can be rebound.
        """
        name = _host_name(header)
        if name in LOOPBACK_NAMES or name in self.names or name == self.host.lower():
            return True
        if self.host not in EVERY_ADDRESS:
            return False
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return name in (socket.gethostname().lower(), socket.getfqdn().lower())
        return True

    def is_own_origin(self, origin: str, host: str) -> bool:
        """Whether a page of that origin is one of this server, which was asked at `host`."""
        named = origin.partition("://")[2]
        return named.lower() == host.lower() or _host_name(named) in self.names

    def knows_password(self, header: str) -> bool:
        """Whether an Authorization header holds the password, under any user name; true if none is needed."""
        if self.password is None:
            return True
        kind, _, encoded = header.partition(" ")
        try:
            given = base64.b64decode(encoded, validate=True).partition(b":")[2]
        except (binascii.Error, ValueError):
            return False
        return kind.lower() == "basic" and hmac.compare_digest(given, self.password.encode())

    def knows_token(self, headers: Mapping[str, str]) -> bool:
        """Whether a request has the token, as a browser's cookie or as a tool's bearer; true if none is needed."""
        if self.token is None:
            return True
        kind, _, given = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer" and _same(given, self.token):
            return True
        name = cookie_name(headers.get("host", ""))
        cookies = [each.strip().partition("=") for each in headers.get("cookie", "").split(";")]
        return any(key == name and _same(value, self.token) for key, _, value in cookies)

    def takes_token(self, given: str) -> bool:
        """Whether the token of an address lets its browser in."""
        if self.token is None:
            return False
        return _same(given, self.token) or (self.opening is not None and self.opening.take(given))


class Guesses:
    """Wrong passwords by address, so that nobody tries many."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now, self._wrong = now, dict[str, deque[float]]()
        self._all = deque[float](maxlen=MAX_ALL_GUESSES)

    def wait(self, address: str) -> float:
        """Seconds until the address may guess again; 0 if it may now."""
        full = [each for each in (self._wrong.get(_network(address)), self._all) if each and len(each) == each.maxlen]
        return max([0.0, *(times[0] + GUESS_SPAN - self._now() for times in full)])

    def add(self, address: str) -> None:
        """Notes a wrong one, and forgets the addresses whose last one is long ago."""
        since = self._now() - GUESS_SPAN
        self._wrong = {each: times for each, times in self._wrong.items() if times[-1] > since}
        for times in (self._wrong.setdefault(_network(address), deque(maxlen=MAX_GUESSES)), self._all):
            times.append(self._now())


def cookie_name(host: str) -> str:
    """The cookie of the server at that Host: browsers keep cookies by name, not by port."""
    try:
        return f"papers_token_{urlsplit(f'//{host}').port or 80}"
    except ValueError:
        return "papers_token"


def _same(given: str, secret: str) -> bool:
    """Whether they are equal, in a time that says nothing about how far they are."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), secret.encode())


def _network(address: str) -> str:
    """What one visitor has of addresses: of IPv6, 2^64."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if found.version == 4 or found.ipv4_mapped:
        return str(found if found.version == 4 else found.ipv4_mapped)
    return str(ipaddress.ip_network((found, 64), strict=False))


def _host_name(header: str) -> str:
    try:
        return (urlsplit(f"//{header}").hostname or "").lower().rstrip(".")
    except ValueError:
        return ""
