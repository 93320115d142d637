"""The links of a paper: from its text and from the annotations of its PDF, told apart by what they lead to.

An annotation holds the address as its author typed it; the text holds it as it was printed, broken over lines and with
hyphens lost. Where both speak of one place the annotation is believed.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import SplitResult, urlsplit

import numpy as np

from index.model.paper import Paper, Span, Zone
from index.structure.sentences import sentence_spans

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


_MOST = 5_000
_CONTEXT = 600  # characters on each side of a link in which its sentence is looked for
_PROJECT = re.compile(
    r"project (?:web)?(?:page|site)|home ?page|web ?site|web ?page|\bdemo\b|项目主页|项目网站|主页", re.IGNORECASE
)
_DATA = re.compile(
    r"(?:data|data ?sets?|benchmark|corpus)\b[^.]{0,60}\b(?:available|released|downloaded|found|hosted)\b[^.]{0,40}"
    r"\b(?:at|from|on|here|in)\b|数据集?[^。]{0,20}(?:公开|下载|获取|可从)",
    re.IGNORECASE,
)
_CODE = (
    r"(?:codes?|source|implementations?|software|models?|scripts|checkpoints|weights|repository|toolkit|librar(?:y"
    r"|ies))"
)
_BEGIN, _END = r"(?<![A-Za-z])", r"(?![A-Za-z])"  # not \b: the mark of a footnote is glued to words
_OWN = re.compile(
    rf"{_BEGIN}our (?:\w+ ){{0,3}}{_CODE}{_END}|{_BEGIN}our \w+ (?:is|are) (?:publicly |freely |made )*available"
    rf"|{_BEGIN}{_CODE}\b[^.]{{0,70}}\b(?:available|released?|online|found|open[- ]sourced|published|downloaded?)\b"
    rf"|{_BEGIN}codes? (?:is |are )?(?:at|on|here)\b|{_BEGIN}codes?\s*:"
    rf"|{_BEGIN}we (?:\w+ ){{0,3}}(?:releas|open-?sourc|publish|made|make|provid|creat|maintain)\w*\b[^.]{{0,90}}"
    rf"\b(?:{_CODE}|results|resources){_END}"
    rf"|\b(?:releas|open-?sourc)\w*\b[^.]{{0,60}}\b{_CODE}{_END}|\bavailable (?:for download )?(?:at|here|online)\b"
    r"|代码[^。]{0,20}(?:开源|公开|见|可在|获取)|开源[^。]{0,10}代码",
    re.IGNORECASE,
)
_OTHERS = re.compile(
    r"(?<!code )\bwe (?:use|adopt|build on|follow|employ|appl|run|compare|experiment|initiali[sz]e"
    r"|fine-?tune)\w*\b|\bet al\b"
    r"|\btaken from\b|\bprovided by\b|\bbuilt on\b|\bbased on\b|\bdownloaded from\b|\bmodels available from\b|\btheir\b"
    r"|\bexperiments use\b|\bused for\b|\baccessed via\b|\balternative\b|\bcontents lists\b",
    re.IGNORECASE,
)
_ABOUT_CODE = re.compile(rf"{_BEGIN}{_CODE}{_END}|代码", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FoundLink:
    """A link of a paper: where it leads, the words that carry it (empty at a page's start where none do), its kind.

    `in_references`: it stands in the list of references, so it belongs to other people's work.
    """

    url: str
    span: Span
    kind: LinkKind
    in_references: bool


def links_in_text(text: str) -> tuple[str, ...]:
    """The addresses of a short text, such as an abstract or arXiv's comment, in order and each once.

    >>> links_in_text("Code: https://github.com/a/B. Page (www.a.org/b) and http://github.com/a/B/")
    ('https://github.com/a/B', 'https://www.a.org/b')
    """
    found: dict[str, str] = {}
    for _, url in address_spans(text, lambda offset: False):
        found.setdefault(same_address(url), url)
    return tuple(found.values())


def found_links(paper: Paper) -> tuple[FoundLink, ...]:
    """Every place that a paper links to, each once, in the order of the text; other people's come last."""
    links = sorted(_printed_and_annotated(paper), key=lambda pair: (pair[0].start, pair[0].end))
    kept: dict[str, FoundLink] = {}
    for span, url in links:
        key = same_address(url)
        cited = paper.zone(span.start) is Zone.REFERENCES
        if key not in kept or (kept[key].in_references and not cited) or _says_more(span, kept[key], cited):
            kept[key] = FoundLink(url, span, _kind(paper, url, span), cited)
    return tuple(sorted(kept.values(), key=lambda link: (link.in_references, link.span.start)))


def _says_more(span: Span, kept: FoundLink, cited: bool) -> bool:
    """The first place is shown, unless it has no words and this one has."""
    return not kept.span.length and span.length > 0 and cited == kept.in_references


def _printed_and_annotated(paper: Paper) -> list[tuple[Span, str]]:
    annotated = _annotations(paper)
    starts = np.array([span.start for span, _ in annotated], dtype=np.int64)
    links: list[tuple[Span, str]] = []
    used: set[int] = set()
    for span, url in address_spans(paper.text, lambda offset: _breaks_line(paper, offset)):
        if len(links) >= _MOST:
            break
        low, high = np.searchsorted(starts, [span.start - 2 * _CONTEXT, span.end])
        over = [row for row in range(int(low), int(high)) if annotated[row][0].overlaps(span)]
        used.update(over)
        links.append(_believed(span, url, [annotated[row] for row in over]))
    return links + [pair for row, pair in enumerate(annotated) if row not in used]


def _believed(span: Span, url: str, over: list[tuple[Span, str]]) -> tuple[Span, str]:
    """The printed address with the annotation's spelling; the longer one where an annotation was cut short."""
    if not over:
        return span, url
    _, best = max(over, key=lambda pair: (min(pair[0].end, span.end) - max(pair[0].start, span.start), -pair[0].start))
    cut_short = same_address(url).startswith(same_address(best)) and len(url) > len(best) + 1
    return span, url if cut_short else best


def _annotations(paper: Paper) -> list[tuple[Span, str]]:
    """The annotations that hold an address; the lines of one link are joined."""
    joined: list[tuple[Span, str]] = []
    for link in sorted(paper.links, key=lambda link: (link.span.start, link.span.end)):
        if not split_address(link.uri):
            continue
        last = joined[-1] if joined else None
        if last and last[1] == link.uri and last[0].length and 0 <= link.span.start - last[0].end <= 2:
            joined[-1] = (Span(last[0].start, max(last[0].end, link.span.end)), link.uri)
        elif last is None or last != (link.span, link.uri):
            joined.append((link.span, link.uri))
    return joined


def _breaks_line(paper: Paper, offset: int) -> bool:
    """Whether the white space at an offset ends a line of the page."""
    words = paper.words
    after = int(np.searchsorted(words.starts, offset, side="left"))
    if paper.text[offset] == "\n" or not 0 < after < len(words.starts):
        return False
    (left, top, _, bottom), (next_left, next_top, _, _) = words.boxes[after - 1], words.boxes[after]
    lower = next_top > (top + bottom) / 2
    return bool(lower or next_left < left or words.pages[after] != words.pages[after - 1])


def _kind(paper: Paper, url: str, span: Span) -> LinkKind:
    kind = kind_of(url)
    if kind is not LinkKind.OTHER or not span.length or paper.zone(span.start) is Zone.REFERENCES:
        return kind
    sentence = paper.quote(sentence_at(paper, span.start))
    if _PROJECT.search(sentence):
        return LinkKind.PROJECT
    return LinkKind.DATASET if _DATA.search(sentence) else LinkKind.OTHER


def sentence_at(paper: Paper, offset: int) -> Span:
    """The sentence that an offset stands in, or the row of a table; never more than its paragraph."""
    start = max(paper.text.rfind("\n", 0, offset) + 1, offset - 4 * _CONTEXT)
    end = paper.text.find("\n", offset)
    end = min(len(paper.text) if end < 0 else end, offset + 4 * _CONTEXT)
    spans = sentence_spans(paper.text[start:end], start)
    return next((span for span in spans if offset < span.end), Span(start, max(start, end)))


def own_code_links(paper: Paper) -> tuple[FoundLink, ...]:
    """The links that are likely the paper's own code, models or project page, the likeliest first.

    Counted: what the sentence says, or the sentence whose footnote it is; the title page; a repository named after the
    paper. Against it: a sentence about what others made.
    """
    scored = []
    for link in found_links(paper):
        elsewhere = link.in_references or link.kind in (LinkKind.ARXIV, LinkKind.DOI)
        score = 0 if elsewhere else _ownership(paper, link)
        if score >= 3:
            scored.append((-score, link.span.start, link))
    return tuple(link for *_, link in sorted(scored, key=lambda entry: entry[:2]))


def _ownership(paper: Paper, link: FoundLink) -> int:
    words = paper.quote(link_sentence(paper, link))
    title_page = paper.zone(link.span.start) in (Zone.FRONT, Zone.ABSTRACT) and link.span.length > 0
    repository = link.kind in (LinkKind.CODE, LinkKind.PROJECT)
    if not (repository or title_page or _ABOUT_CODE.search(words)):
        return 0  # of an unknown host only what is said to be code
    score = 3 * bool(_OWN.search(words)) - 2 * bool(_OTHERS.search(words)) + 2 * title_page + repository
    score -= link.kind is LinkKind.DATASET and not _ABOUT_CODE.search(words)
    return score + 2 * (link.kind is LinkKind.CODE and _named_after(link.url, paper.title))


def _named_after(url: str, title: str) -> bool:
    """Whether a repository bears a name of the title: "squeezenet", "raptor"."""
    name = re.sub(r"[^a-z0-9]", "", url.rstrip("/").rsplit("/", 1)[-1].lower())
    return len(name) >= 4 and name in re.sub(r"[^a-z0-9]", "", title.lower())


def link_sentence(paper: Paper, link: FoundLink) -> Span:
    """The sentence that says what a link is: its own, or the one that its footnote belongs to."""
    sentence = sentence_at(paper, link.span.start)
    bare = len(re.sub(r"\W+", "", paper.quote(sentence))) - len(re.sub(r"\W+", "", paper.quote(link.span))) < 12
    mark = re.match(r"\d{1,2}", paper.quote(sentence))
    if paper.zone(link.span.start) is not Zone.FOOTNOTE or not bare or not mark:
        return sentence
    page = next((page for page in paper.pages if page.span.start <= link.span.start < page.span.end), None)
    if page is None:
        return sentence
    for match in re.finditer(rf"(?<=[A-Za-z.,;:)”]){mark.group()}(?!\d|\.\d|%)", paper.quote(page.span)):
        offset = page.span.start + match.start()
        if paper.zone(offset) not in (Zone.FOOTNOTE, Zone.TABLE, Zone.REFERENCES):
            return sentence_at(paper, offset - 1)
    return sentence
