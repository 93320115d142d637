"""Web addresses as they stand in a paper's text: where one ends, how a broken one is mended, what kind it is.

Rules taken from how 49 real papers print their addresses; `tests/test_links.py` holds the odd ones.
"""

import re
from collections.abc import Callable, Iterator
from enum import StrEnum
from urllib.parse import SplitResult, urlsplit

from index.model.paper import Span

LONGEST = 2_048  # characters; longer ones are no addresses
_MOST_JOINS = 6  # lines that one address may run over


class LinkKind(StrEnum):
    """What stands at an address."""

    CODE = "code"  # a repository or a published model
    PROJECT = "project"  # a page of its own for a paper
    DATASET = "dataset"
    ARXIV = "arxiv"
    DOI = "doi"
    OTHER = "other"


_CODE_HOSTS = (
    "github.com gitlab.com bitbucket.org codeberg.org sourceforge.net code.google.com gitee.com gist.github.com sr.ht"
    " anonymous.4open.science git.io huggingface.co hf.co modelscope.cn tfhub.dev colab.research.google.com"
    " codeocean.com pypi.org launchpad.net"
).split()
_DATASET_HOSTS = (
    "zenodo.org figshare.com openslr.org physionet.org datadryad.org openml.org archive.ics.uci.edu osf.io"
    " catalog.ldc.upenn.edu ieee-dataport.org data.mendeley.com"
).split()
_PROJECT_HOSTS = ("github.io", "gitlab.io", "sites.google.com", "netlify.app", "vercel.app", "pages.dev")
# Without a scheme only what cannot be anything else: "e.g./i.e." and "and/or" also have a dot and a slash.
_BARE = (
    r"www\.(?=[A-Za-z0-9-]+\.)|(?<!\d)[A-Za-z0-9-]++\.github\.io\b|(?:gist\.)?github\.com/|gitlab\.com/|bitbucket\.org/"
    r"|codeberg\.org/"
    r"|huggingface\.co/|hf\.co/|arxiv\.org/(?:abs|pdf)/|doi\.org/10\.|zenodo\.org/|sourceforge\.net/|kaggle\.com/"
    r"|openreview\.net/|sites\.google\.com/|pypi\.org/"
)
_START = re.compile(rf"https?\s?:\s?//|(?<![A-Za-z_.@/\-])(?:{_BARE})", re.IGNORECASE)
# TeX draws the tilde of a home page as an accent over the letter behind it, or as a relation.
_TILDES = {"ã": "~a", "ĩ": "~i", "ñ": "~n", "õ": "~o", "ũ": "~u", "ṽ": "~v", "ẽ": "~e", "ỹ": "~y"}
_TILDES |= {key.upper(): value.upper() for key, value in _TILDES.items()} | {"∼": "~", "˜": "~"}
_ADDRESS_CHARACTERS = re.compile(rf"(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%\-{''.join(_TILDES)}]|[a-zA-Z]\u0303)+")
_HOST = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_\-]{0,62})\.)+[a-z][a-z0-9\-]{1,62}", re.IGNORECASE)
_GOES_ON = frozenset(
    "a also an and are as at but by can for from has have in into is it its of on or our see that the their they this"
    " to under using was we were when where which while who will with".split()
)
_ENDING = re.compile(r"(?:html?|pdf|php|txt|zip|md|com|org|net|edu|io|gov|ai)\b", re.IGNORECASE)


def address_spans(text: str, breaks_line: Callable[[int], bool]) -> Iterator[tuple[Span, str]]:
    """Each address of a text with its span, mended where a line break cut it; `breaks_line(offset)` says whether the
    white space at an offset ends a line. Addresses without a scheme get https.
    """
    position = 0
    while match := _START.search(text, position):
        end = _end(text, match, breaks_line)
        position = max(end, match.end())
        written = _without_sentence(text[match.start() : end])
        url = _as_written(written)
        if split_address(url):
            yield Span(match.start(), match.start() + len(written)), url


def _end(text: str, start: "re.Match[str]", breaks_line: Callable[[int], bool]) -> int:
    found = _ADDRESS_CHARACTERS.match(text, start.end())
    end = found.end() if found else start.end()
    for _ in range(_MOST_JOINS):
        if text[end : end + 1] not in (" ", "\n") or not breaks_line(end):
            break
        after = _ADDRESS_CHARACTERS.match(text, end + 1, end + 1 + LONGEST)
        before = text[max(start.start(), end - LONGEST) : end]
        if not after or not _goes_on(before, after.group()):
            break
        end = after.end()
    return end


def _goes_on(before: str, after: str) -> bool:
    """Whether the first word of a line belongs to the address that ended the line before."""
    plain = after.rstrip(".,;:)")
    if not plain or plain.lower().startswith(("http:", "https:", "www.")):
        return False
    last = before[-1]
    if last == "/":
        repository = re.search(r"(?:github|gitlab|huggingface|bitbucket)\.\w+/(?:[\w.-]+/)?$", before)
        return plain.lower() not in _GOES_ON and bool(repository or plain[0].islower() or re.search(r"[\d/_.-]", plain))
    if last == ".":
        if plain[0].isdigit():
            return bool(re.search(r"doi\.org/|arxiv\.org/", before))
        return plain[0].islower() and ("/" in plain or bool(_ENDING.fullmatch(plain)))
    if last in "_-=&?%#~":
        return True
    return plain[0] in "/._-?&=#%" and len(plain) > 1 and plain[1] != "-"


def _without_sentence(written: str) -> str:
    """An address without what belongs to the sentence around it: full stops, possessives, brackets opened before it."""
    written = written[: LONGEST + 100]
    while written:
        shorter = written.rstrip(".,;:!?'*")
        shorter = shorter[:-2] if shorter.endswith("'s") else shorter
        for left, right in ("()", "[]"):
            if shorter.endswith(right) and shorter.count(right) > shorter.count(left):
                shorter = shorter[:-1]
            if shorter.count(left) > shorter.count(right):  # "…/a(see": a bracket that the address does not close
                shorter = shorter[: shorter.rindex(left)]
        if shorter == written:
            return written
        written = shorter
    return written


def _as_written(written: str) -> str:
    """The address itself: no white space, tildes as tildes, a scheme."""
    url = re.sub(r"\s+", "", written)
    url = re.sub(r"([a-zA-Z])\u0303", r"~\1", url)
    url = "".join(_TILDES.get(letter, letter) for letter in url)
    return url if re.match(r"https?:", url, re.IGNORECASE) else f"https://{url}"


def split_address(url: str) -> SplitResult | None:
    """The parts of an address; None for what is none: no real host, a user's name in it, too long."""
    if len(url) > LONGEST or not url.isprintable() or re.search(r"[\s<>\"\\^`{|}]", url):
        return None
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    real = parts.scheme in ("http", "https") and "@" not in parts.netloc and _HOST.fullmatch(parts.hostname or "")
    return parts if real else None


def same_address(url: str) -> str:
    """What two spellings of an address share: scheme, www, a last slash and `.git` do not count.

    >>> same_address("http://www.GitHub.com/A/B/") == same_address("https://github.com/a/b.git")
    True
    """
    rest = re.sub(r"^https?://(?:www\.)?", "", url, flags=re.IGNORECASE)
    host, slash, path = rest.partition("/")
    path = (path.lower() if host.lower() == "github.com" else path).removesuffix("/").removesuffix(".git")
    return f"{host.lower()}{slash if path else ''}{path}"


def kind_of(url: str) -> LinkKind:
    """What stands at an address, as its host and path tell.

    >>> kind_of("https://huggingface.co/datasets/squad").value, kind_of("https://a.github.io/b/").value
    ('dataset', 'project')
    """
    parts = split_address(url)
    if not parts:
        return LinkKind.OTHER
    host, path = (parts.hostname or "").removeprefix("www."), parts.path.lower()
    if host in ("arxiv.org", "export.arxiv.org"):
        return LinkKind.ARXIV
    if _is_dataset(host, path):
        return LinkKind.DATASET
    if host in ("doi.org", "dx.doi.org"):
        return LinkKind.DOI
    if _under(host, _PROJECT_HOSTS):
        return LinkKind.PROJECT
    bare_hub = host in ("huggingface.co", "hf.co", "github.com", "gitlab.com") and not path.strip("/")
    about = host in ("huggingface.co", "hf.co") and path.startswith(("/papers", "/blog", "/docs", "/learn"))
    return LinkKind.CODE if _under(host, _CODE_HOSTS) and not bare_hub and not about else LinkKind.OTHER


def _is_dataset(host: str, path: str) -> bool:
    hub = host in ("huggingface.co", "hf.co", "kaggle.com", "modelscope.cn", "tensorflow.org")
    kaggle = host == "kaggle.com" and path.startswith(("/c/", "/competitions/"))
    deposited = host == "doi.org" and path.startswith(("/10.5281/zenodo", "/10.6084/m9.figshare", "/10.7910/dvn"))
    known = _under(host, _DATASET_HOSTS) or "dataverse" in host
    return known or kaggle or deposited or (hub and path.startswith("/datasets/"))


def _under(host: str, hosts: tuple[str, ...] | list[str]) -> bool:
    return any(host == known or host.endswith(f".{known}") for known in hosts)
