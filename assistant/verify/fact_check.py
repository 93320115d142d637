"""Facts that code can check in a drafted statement: its numbers, its names, its arithmetic, its links."""

import ipaddress
import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from urllib.parse import urlsplit

from assistant.verify.quantities import quantities, spoken
from assistant.verify.terms import names
from assistant.verify.terms import words as words_of
from assistant.verify.text_faults import Fault, FaultKind, words

# Digits that name or point at something: "Qwen2.5-VL-3B", "CIFAR-10", "3D", "[12]", "Table 2", "第4.1.2节".
_NO_QUANTITY = re.compile(
    r"\[\d+(?:\s*[,;–-]\s*\d+)*\]"
    r"|\b(?:Fig(?:ure|\.)?|Tab(?:le|\.)?|Sec(?:tion|\.)?|Eq(?:uation|\.)?|Appendix|p\.)s?\s*\(?[A-Z]?\d+(?:\.\d+)*\)?"
    r"|(?:公式|算法|附录|[图表式])\s*[(（]?\s*\d+(?:\.\d+)*|第\s*\d+(?:\.\d+)*\s*[节章页]|§\s*\d+(?:\.\d+)*"
    r"|\b\d(?:\.5)?D\b|(?<![A-Za-z\d])[A-Za-z][\w.]{0,80}-?\d[\w.-]*",
    re.IGNORECASE,
)
_NUMBER = r"[~约]?\s*[+\-−]?\s*(?:\d+(?:,\d{3})+|\d+)(?:\.\d+)?\s*\\?[%％]?"
_CHANGE = re.compile(
    rf"(?:\bfrom\b|从|由)(?P<before>[^。.;；\n()（）]{{0,40}}?)(?P<x>{_NUMBER})(?P<between>(?:\.(?=\d)|[^。.;；\n()（）]){{0,40}}?)"
    rf"(?:\bto\b|到|至|为|→|->)(?P<name>[^。.;；，,\n()（）\d+−-]{{0,30}}?)(?P<y>{_NUMBER})(?=(?P<after>[^。；;\n]{{0,40}}))",
    re.IGNORECASE,
)
_DIFFERENCE = re.compile(
    r"^[^，,。(（]{0,12}?(?:[(（]\s*(?P<a>[+\-−]\s*\d+(?:\.\d+)?)"
    r"|[，,]?\s*(?:\b(?:by|an? (?:gain|increase|drop|reduction|improvement|decrease) of)\b"
    r"|(?:即|共|绝对)?(?:提高|提升|增加|降低|下降|减少)了?)"
    rf"\s*(?P<b>{_NUMBER}))",
    re.IGNORECASE,
)
_URL = re.compile(r"https?://[^\s<>\"“”，。；、（）【】《》]+", re.IGNORECASE)
_TITLE = r"\"(?:[^\"\\]|\\.)*\""
_SCHEME = r"(?:https?|ftp|file|javascript|data):"
_TARGET = re.compile(
    rf"\]\(\s*<?(?P<address>{_SCHEME}(?:\([^()\s]*\)|[^()\"<>])*?)>?\s*(?:{_TITLE})?\s*\)|<(?P<bare>{_SCHEME}[^<>\s]*)>",
    re.IGNORECASE,
)
_ANY_TARGET = re.compile(rf"\]\((?:[^()\"]|\([^()]*\)|{_TITLE})*\)|<{_SCHEME}[^<>\s]*>", re.IGNORECASE)
_STOPS = ".,;:!?'\"*`。，；：！？、…”’）】》"
_PAIRS = {"(": ")", "[": "]", "{": "}"}


def faults_of_facts(text: str, quote: str, title: str) -> list[Fault]:
    """What a statement says that the cited words do not: numbers by value (65B is 650亿), names by spelling.

    A number may stand in the cited words, a name also in the title; the statement's own arithmetic must hold as well.
    """
    found = []
    held = quantities(quote) | quantities(_NO_QUANTITY.sub(" ", title))
    if missing := quantities(_NO_QUANTITY.sub(" ", text)) - held:
        said = ", ".join(spoken(each) for each in sorted(missing))
        found.append(Fault(FaultKind.UNSUPPORTED_NUMBER, f"{said} is not in the cited words", 0, len(text)))
    named = {name.removesuffix("s") for name in words_of(f"{title} {quote}")}
    if unknown := {name for name in names(text) if name.removesuffix("s") not in named}:
        detail = f"{', '.join(sorted(unknown))} is not named in the cited words"
        found.append(Fault(FaultKind.UNSUPPORTED_NAME, detail, 0, len(text)))
    return found + contradictory_numbers(text)


def contradictory_numbers(text: str) -> list[Fault]:
    """Each "from X to Y" that goes the other way than its verb says, or whose stated difference is none of them.

    The difference may be in points, in percent of either value, or a factor, each rounded as it is written.

    >>> [fault.detail for fault in contradictory_numbers("It rises from 31.6% to 79.6% (+15.7).")]
    ['31.6 to 79.6 is 48, not 15.7']
    >>> contradictory_numbers("It rises from 60% to 75% (+25%).")
    []
    """
    found = []
    for match in _CHANGE.finditer(text):
        x, y = _value(match["x"]), _value(match["y"])
        around = f"{text[max(0, match.start() - 40) : match.start()]} {match['between']}"
        if _years(match["x"], match["y"]):
            continue
        if detail := _wrong_way(x, y, match["between"] or around, around) or _wrong_difference(x, y, match["after"]):
            found.append(Fault(FaultKind.CONTRADICTORY_NUMBERS, detail, *match.span()))
    return found


def faults_of_links(links: str | Sequence[str], source: str = "") -> list[Fault]:
    """What is wrong with addresses, given one by one or inside a text; with a source, each must stand in it as spelled.

    Nothing is fetched: the check is of shape (scheme, public host, no punctuation at the end, brackets closed).
    """
    places = [(link, 0) for link in links] if not isinstance(links, str) else list(links_of(links))
    found = []
    for link, start in places:
        if detail := _link_fault(link) or _spelling_fault(link, source):
            found.append(Fault(FaultKind.BROKEN_LINK, f"{detail}: {link[:120]}", start, start + len(link)))
    return found


def links_of(text: str) -> Iterator[tuple[str, int]]:
    """The addresses of a Markdown text with their offsets: targets of links as written, then those in running text."""
    for match in _TARGET.finditer(text):
        name = "address" if match["address"] else "bare"
        yield match[name].strip(), match.start(name)
    blanked = _ANY_TARGET.sub(lambda match: " " * len(match.group()), text)
    for match in _URL.finditer(blanked):  # in running text, what follows an address is not part of it
        address = match.group().rstrip(_STOPS)
        while address[-1:] in _PAIRS.values() and not _balanced(address):
            address = address[:-1].rstrip(_STOPS)
        yield address, match.start()


def _link_fault(link: str) -> str:
    if re.search(r"[\s\x00-\x1f\x7f\u200b-\u200f]", link):
        return "holds white space"
    try:
        parts = urlsplit(link)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "is no address"
    if parts.scheme not in ("http", "https"):
        return "is not http or https"
    if parts.username is not None or not _public(host) or port == 0:
        return "names no public host"
    if link[-1] in _STOPS:
        return "ends in punctuation"
    if not _balanced(link):
        return "has a bracket that is not closed"
    if link.count("://") > 1 and "web.archive.org" not in host:
        return "holds two addresses"
    return ""


def _public(host: str) -> bool:
    if not host or host == "localhost" or host.endswith((".local", ".localhost", ".internal", ".invalid", ".test")):
        return False
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return bool(re.fullmatch(r"(?:[^\W_](?:[\w-]*[^\W_])?\.)+(?:[^\W\d_]{2,}|xn--[\w-]+)", host))


def _balanced(link: str) -> bool:
    return all(link.count(opening) == link.count(closing) for opening, closing in _PAIRS.items())


def _spelling_fault(link: str, source: str) -> str:
    """Whether a source has the address, and in this spelling; white space in it is a line's end inside the address."""
    if not source:
        return ""
    bare, joined = re.sub(r"^https?://", "", link).rstrip("/"), re.sub(r"\s+", "", source)
    if bare in joined:
        return ""
    host = bare.split("/")[0]
    place = joined.casefold().find(bare.casefold())
    if place < 0:
        return "does not stand in its source"
    spelled = joined[place : place + len(bare)]
    return "" if spelled[len(host) :] == bare[len(host) :] else f"is spelled {spelled} in its source"


def _wrong_way(x: Decimal, y: Decimal, near: str, around: str) -> str:
    def says(name: str) -> bool:
        return any(word in near.casefold() for word in words(name)) or any(
            word in around.casefold() for word in words(name)
        )

    rises, falls = says("rising"), says("falling")
    if rises and not falls and y < x:
        return f"{x} to {y} is no rise"
    return f"{x} to {y} is no fall" if falls and not rises and y > x else ""


def _wrong_difference(x: Decimal, y: Decimal, after: str) -> str:
    stated = _DIFFERENCE.match(after)
    if not stated:
        return ""
    said = abs(_value(stated["a"] or stated["b"]))
    points = abs(y - x)
    allowed = [points, *(100 * points / each for each in (x, y) if each), *(each for each in (_ratio(x, y),) if each)]
    if points and any(abs(said - each) <= max(Decimal("0.11"), each * Decimal("0.02")) for each in allowed):
        return ""
    return f"{x} to {y} is {points.normalize():f}, not {said}"


def _ratio(x: Decimal, y: Decimal) -> Decimal | None:
    return max(x, y) / min(x, y) if x > 0 and y > 0 else None


def _years(*written: str) -> bool:
    return all(re.fullmatch(r"\s*(?:19|20)\d\d\s*", each) for each in written)


def _value(written: str) -> Decimal:
    return Decimal(re.sub(r"[^\d.−-]", "", written).replace("−", "-"))
