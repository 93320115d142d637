"""What a bibliography says of one work, in the terms of CSL, from which all formats are written."""

import re
from typing import Annotated, Literal

import pydantic
from bibtexparser.middlewares.names import parse_single_name_into_parts

from index.arxiv.ids import parse_arxiv_id
from index.model.plain_text import one_line

Kind = Literal["article-journal", "paper-conference", "article", "book", "chapter", "thesis", "report", "dataset"]
"""CSL's type of a work; `article` is a preprint, or whatever else has no venue."""

MAX_FIELD, MAX_AUTHORS = 2000, 5000  # characters, names: the longest list of a physics paper has 5,154
# One line: a line break in a title would begin another field of RIS, or end a fence of Markdown.
Line = Annotated[
    str, pydantic.BeforeValidator(lambda text: one_line(text, MAX_FIELD) if isinstance(text, str) else text)
]
_SUFFIX = re.compile(r"(?:jr|sr)\.?|II|III|IV", re.IGNORECASE)
# Of a name that is no person's: its last word. A person may be called Group, and is then written whole.
_BODIES = frozenset(
    "collaboration collaborations consortium consortia team group committee project initiative network society "
    "foundation organization organisation association institute university laboratory lab labs center centre "
    "council agency commission task-force taskforce contributors community developers".split()
)
# Han, kana, Hangul: the family name comes first, and where it ends is not written.
_EAST_ASIAN = re.compile(r"[\u1100-\u11ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]")
_DOI = re.compile(r"10\.\d{4,9}/[^\s\"<>{}|\\^`]{1,200}")
_ARXIV_DOI = re.compile(r"10\.48550/arxiv\.(.+)", re.IGNORECASE)
_DASHES = re.compile("[-–—]+")
_YEAR = re.compile(r"(?<!\d)(?:1[4-9]|20)\d{2}(?!\d)")


class Name(pydantic.BaseModel):
    """A person's name in its parts, or a body's (and a name that cannot be divided) as `family` alone, `whole`."""

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid")

    family: Line
    given: Line = ""
    particle: Line = ""  # van der
    suffix: Line = ""  # Jr.
    whole: bool = False

    @property
    def shown(self) -> str:
        """The name as it is printed on a title page."""
        return " ".join(filter(None, (self.given, self.particle, self.family, self.suffix)))


class Reference(pydantic.BaseModel):
    """What a bibliography says of one work. What is not known is empty; texts are plain Unicode, titles may hold $…$.

    `key` is the citation key that the user's own bibliography gives it. `doi` has no resolver before it, `arxiv_id` no
    version.
    """

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid")

    kind: Kind = "article"
    title: Line = ""
    authors: tuple[Name, ...] = ()
    year: int | None = None
    venue: Line = ""  # the journal, the proceedings or the book
    volume: Line = ""
    issue: Line = ""
    pages: Line = ""  # 101–110
    publisher: Line = ""
    doi: Line = ""
    arxiv_id: Line = ""
    url: Line = ""
    key: Line = ""

    @property
    def known(self) -> dict[str, object]:
        """The facts that are not empty, as JSON keeps them."""
        return self.model_dump(mode="json", exclude_defaults=True)

    def with_facts(self, facts: "Reference") -> "Reference":
        """This reference with everything that `facts` knows in place of what it said."""
        return self.model_copy(update={name: getattr(facts, name) for name in facts.known})

    @property
    def address(self) -> str:
        """Where it can be read: its own address, or else arXiv's or the DOI's."""
        if self.url:
            return self.url
        if self.arxiv_id:
            return f"https://arxiv.org/abs/{self.arxiv_id}"
        return f"https://doi.org/{self.doi}" if self.doi else ""


def read_name(text: str) -> Name | None:
    """A name as it is printed ("Martin Luther King Jr.", "King, Jr., Martin Luther"); None if there is no letter in it.

    >>> read_name("Laurens van der Maaten")
    Name(family='Maaten', given='Laurens', particle='van der', suffix='', whole=False)
    >>> read_name("ATLAS Collaboration").whole, read_name("王伟").whole, read_name(":")
    (True, True, None)
    """
    line = one_line(re.sub(r"[{}\\~]", " ", text), 300)
    words = line.replace(",", " ").split()
    if not any(map(str.isalpha, line)):
        return None
    if len(words) == 1 or _EAST_ASIAN.search(line) or _is_body(words):
        return Name(family=line.strip(", "), whole=True)
    sections = [each.strip() for each in line.split(",") if each.strip()]
    suffix = next((each for each in sections[1:] if _SUFFIX.fullmatch(each)), "")
    sections = [each for row, each in enumerate(sections) if row == 0 or each != suffix]
    first = sections[0].split()
    if not suffix and len(first) > (2 if len(sections) == 1 else 1) and _SUFFIX.fullmatch(first[-1]):
        suffix, sections[0] = first[-1], " ".join(first[:-1])
    parts = parse_single_name_into_parts(", ".join(sections), strict=False)
    given, particle, family = (" ".join(each) for each in (parts.first, parts.von, parts.last))
    if particle and not given:  # "danah boyd" has no particle; "van Beethoven" alone is a family name
        given, particle = ("", particle) if family[:1].isupper() else (particle, "")
    return Name(family=family, given=given, particle=particle, suffix=suffix)


def _is_body(words: list[str]) -> bool:
    return words[-1].casefold() in _BODIES or not {"and", "&"}.isdisjoint(map(str.casefold, words))


def read_names(texts: "tuple[str, ...] | list[str]") -> tuple[Name, ...]:
    """The names that have a letter in them."""
    return tuple(name for name in map(read_name, texts[:MAX_AUTHORS]) if name)


def clean_doi(text: str) -> str:
    """The DOI in a field or an address, in lower case; empty if there is none.

    >>> clean_doi("https://doi.org/10.1000/ABC."), clean_doi("n/a")
    ('10.1000/abc', '')
    """
    found = _DOI.search(text[:MAX_FIELD])
    if not found:
        return ""
    doi = found[0].rstrip(".,;:'’”)]" if found[0].count("(") < found[0].count(")") else ".,;:'’”]")
    return doi.lower()


def arxiv_of(*texts: str) -> str:
    """The arXiv id, without its version, that the first of some fields names as a whole; empty if none does.

    >>> arxiv_of("", "10.48550/arXiv.1706.03762", "x"), arxiv_of("https://arxiv.org/abs/hep-th/9901001v2")
    ('1706.03762', 'hep-th/9901001')
    """
    for text in texts:
        by_doi = _ARXIV_DOI.fullmatch(clean_doi(text))
        if found := parse_arxiv_id(by_doi[1] if by_doi else text):
            return found.base
    return ""


def clean_year(text: str) -> int | None:
    """The year in a date, however it is written."""
    found = _YEAR.search(text[:MAX_FIELD])
    return int(found[0]) if found else None


def clean_address(text: str) -> str:
    """An address of the web, or nothing."""
    line = one_line(text, MAX_FIELD)
    return line if re.fullmatch(r"https?://[^\s{}\\<>\"]+", line) else ""


def page_range(pages: str, dash: str = "–") -> str:
    """Pages with one dash and no blanks around it.

    >>> page_range("12 -- 15"), page_range("e7")
    ('12–15', 'e7')
    """
    return dash.join(part.strip() for part in _DASHES.split(pages))
