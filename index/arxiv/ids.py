"""What counts as an arXiv identifier or link; everything else is a file, a title or a mistake.

The two shapes and the list of archives are those of https://info.arxiv.org/help/arxiv_identifier.html: `2401.18059v2`
since April 2007, `quant-ph/0201082v1` before.
"""

import re
from dataclasses import dataclass
from typing import Self

# A folder called reports/ is no archive, so `reports/0201082` stays a path.
_ARCHIVE = (
    "acc-phys|adap-org|alg-geom|ao-sci|astro-ph|atom-ph|bayes-an|chao-dyn|chem-ph|cmp-lg|comp-gas|cond-mat|cs|dg-ga|"
    "funct-an|gr-qc|hep-ex|hep-lat|hep-ph|hep-th|math|math-ph|mtrl-th|nlin|nucl-ex|nucl-th|patt-sol|physics|plasm-ph|"
    "q-alg|q-bio|quant-ph|solv-int|supr-con"
)
_MONTH = r"[0-9]{2}(?:0[1-9]|1[0-2])"
_NEW = rf"{_MONTH}\.[0-9]{{4,5}}"
_LEGACY_NUMBER = rf"{_MONTH}[0-9]{{3}}"
_VERSION = r"(?:v(?P<version>[1-9][0-9]{0,2}))?"
_ID = rf"(?:(?P<new>{_NEW})|(?P<archive>{_ARCHIVE})(?:\.[a-z]{{2}})?/(?P<number>{_LEGACY_NUMBER})){_VERSION}"
_BASE = re.compile(rf"{_NEW}|(?:{_ARCHIVE})/{_LEGACY_NUMBER}", re.ASCII)
_BARE = re.compile(
    r"(?:(?:arxiv (?:e-?print|preprint),?\s*)?arxiv(?::\s*|\s+)|(?:doi:\s*)?10\.48550/arxiv\.)?"
    rf"{_ID}(?:\s*\[[a-z.-]{{2,20}})?",
    re.ASCII | re.IGNORECASE,
)
# Pages about one paper of arXiv, by the address that people copy; only the identifier in it is used.
_PAGES = "|".join(
    (
        r"(?:(?:www|export|browse|[a-z]{2})\.)?arxiv\.org/(?:abs|pdf|html|format|src|e-print|ps)/(?:arxiv:)?",
        r"(?:www\.|dx\.)?doi\.org/10\.48550/arxiv\.",
        r"(?:www\.)?(?:huggingface\.co|hf\.co)/papers/",
        r"(?:www\.)?alphaxiv\.org/(?:[a-z]{2}/)?(?:abs|pdf|html|overview|audio|chat)/",
        r"(?:www\.)?ar5iv(?:\.labs\.arxiv)?\.org/(?:abs|html|pdf)/",
        r"(?:www\.)?arxiv-vanity\.com/papers/",
        r"(?:www\.)?semanticscholar\.org/arxiv/",
        r"(?:www\.)?scirate\.com/arxiv/",
        r"(?:www\.)?papers\.cool/arxiv/",
        r"(?:www\.)?emergentmind\.com/papers/",
        r"ui\.adsabs\.harvard\.edu/abs/arxiv:",
        r"(?:www\.)?inspirehep\.net/arxiv/",
    )
)
_LINK = re.compile(
    rf"(?:https?://)?(?:{_PAGES}){_ID}(?:\.pdf)?(?:/(?:abstract)?)?(?:[?#]\S*)?",
    re.ASCII | re.IGNORECASE,
)
_BEFORE = " \t\r\n<([{\"'`“‘（【《"
_AFTER = " \t\r\n>)]}\"'`”’）】》.,;:!?。，；：！？、"
_LONGEST = 500  # a link with a long query; anything longer is text, not a name


@dataclass(frozen=True, slots=True)
class ArxivId:
    """A paper on arXiv, or one version of it. `base` holds no subject class: `math.GT/0309136` is `math/0309136`."""

    base: str
    version: int | None = None

    def __post_init__(self) -> None:
        if not _BASE.fullmatch(self.base) or (self.version is not None and not 1 <= self.version <= 999):
            raise ValueError(f"not an arXiv identifier: {self.base!r}, version {self.version!r}")

    @property
    def text(self) -> str:
        """The identifier as arXiv writes it, with its version where it is known: `quant-ph/0201082v1`."""
        return self.base if self.version is None else f"{self.base}v{self.version}"

    @property
    def file_name(self) -> str:
        """The identifier as the name of a file without its ending: one path component on every system."""
        return self.text.replace("/", "_")

    def __str__(self) -> str:
        return self.text

    @classmethod
    def _from_match(cls, match: re.Match[str]) -> Self:
        base = match["new"] or f"{match['archive'].lower()}/{match['number']}"
        return cls(base, int(match["version"]) if match["version"] else None)


def parse_arxiv_id(text: str) -> ArxivId | None:
    """The identifier that `text` as a whole names, or None. Never raises.

    Taken: `2401.18059`, `2401.18059v2`, `arXiv:2401.18059v2 [cs.CL]`, `math.GT/0309136`, arXiv's DOI, links to an
    abstract, PDF or HTML page on arxiv.org and to the paper's page on sites that show arXiv's papers by identifier
    (Hugging Face, alphaXiv, ar5iv, …), from which nothing is ever fetched; each with brackets or punctuation around it.
    Not taken: other hosts, ports, user names in a link, paths, file names. `hep-th/9901001` could also be a path: the
    caller decides.
    """
    if len(text) > _LONGEST:
        return None
    name = text.lstrip(_BEFORE).rstrip(_AFTER)
    match = _BARE.fullmatch(name) or _LINK.fullmatch(name)
    return ArxivId._from_match(match) if match else None
