"""BibTeX, written so that bibtex and biber read it, and read from whatever a reference manager wrote.

Written are ASCII with TeX's accents, which every engine sorts and abbreviates rightly, and letters that TeX has no name
for (中, Ж) as they are. Braces keep a title's capitals, its formulas and a body's name together.
"""

import logging
import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING

from bibtexparser.entrypoint import parse_string, write_string
from bibtexparser.library import Library as Blocks
from bibtexparser.middlewares.names import split_multiple_persons_names
from bibtexparser.middlewares.parsestack import default_parse_stack
from bibtexparser.model import Block, Entry, Field

from assistant.references.reference import (
    MAX_AUTHORS,
    MAX_FIELD,
    Kind,
    Name,
    Reference,
    arxiv_of,
    clean_address,
    clean_doi,
    clean_year,
    page_range,
    read_name,
)
from index.model.plain_text import one_line, shown_text

# Both tell a line of the file for each fault of it, as it is: a terminal would obey it.
for _parser in ("bibtexparser", "pylatexenc"):
    logging.getLogger(_parser).setLevel(logging.CRITICAL)

if TYPE_CHECKING:
    from pylatexenc.latex2text import LatexNodes2Text
    from pylatexenc.latexencode import UnicodeToLatexEncoder

_ENTRIES: dict[Kind, str] = {
    "article-journal": "article",
    "paper-conference": "inproceedings",
    "book": "book",
    "chapter": "incollection",
    "thesis": "phdthesis",
    "report": "techreport",
}
_VENUES = {"article": "journal", "inproceedings": "booktitle", "incollection": "booktitle"}
_PUBLISHERS = {"phdthesis": "school", "techreport": "institution"}
_KINDS: dict[str, Kind] = {entry: kind for kind, entry in _ENTRIES.items()} | {
    "conference": "paper-conference",
    "proceedings": "book",
    "inbook": "chapter",
    "mastersthesis": "thesis",
    "thesis": "thesis",
    "report": "report",
    "dataset": "dataset",
}
# Braces are counted before TeX reads them, so that \{ would not do.
# Words that stay small in a title whose other words begin with capitals.
_SMALL = frozenset("with from into over onto upon than that when through without under between towards using".split())
_SPECIAL = {
    "\\": r"{\textbackslash}",
    "{": r"{\textbraceleft}",
    "}": r"{\textbraceright}",
    "~": r"{\textasciitilde}",
    "^": r"{\textasciicircum}",
    **{each: f"\\{each}" for each in "&%$#_"},
}
# Maths as pandoc knows it: no blank inside the signs, no figure after them, so that "$5 to $10" are prices.
_MATHS = re.compile(r"\$(?=[^\s$])(?:\\.|[^$\\]){0,200}?(?<=[^\s\\])\$(?!\d)")
_COMMAND = re.compile(r"\\(?:[A-Za-z]+|.)|\^\^")
_MATHS_COMMANDS = frozenset(
    rf"\{name}"
    for name in "mathbb mathbf mathcal mathfrak mathit mathrm mathscr mathsf mathtt boldsymbol text textbf textit "
    "textrm textsc frac tfrac dfrac sqrt hat widehat bar overline underline tilde widetilde vec dot ddot left right "
    "operatorname binom sum prod int lim log ln exp sin cos tan max min sup inf det dim ker deg arg big Big quad qquad "
    "ensuremath mid ell".split()
)
_WORD = re.compile(r"\S+")
_PIECE = re.compile(rf"(?P<maths>{_MATHS.pattern})|\s+|[^\s$]+|\$")
_PART = re.compile(r"[^\W_]+")
_CORE = re.compile(r"[^\W_].*[^\W_]")
# Letters of other scripts, for which TeX's macros need fonts of their own; a single Greek letter is a symbol.
_FOREIGN = re.compile(
    "([\u0370-\u03ff\u1f00-\u1fff]{2,}|[\u0400-\u1cff\u2c80-\ud7ff\uf900-\ufaff\ufb1d-\ufdff\ufe70-\U0003ffff]+)"
)
_SYMBOL = re.compile(r"\{(\\ensuremath\{[^{}]*\})\}")  # in one brace, a style would make a small letter of Δ
_TEX = re.compile(r"[\\{}$%&~`'\"-]")  # without any of these, TeX is plain text
MAX_TEX = 20_000  # characters of a field


def bibtex(references: Sequence[Reference], keys: Sequence[str]) -> str:
    """The entries, each with its key, in their order; empty for none."""
    blocks: list[Block] = [_entry(reference, key) for reference, key in zip(references, keys, strict=True)]
    return write_string(Blocks(blocks)).rstrip("\n") + "\n" if blocks else ""


def read_bibtex(text: str) -> list[Reference]:
    """The entries of a bibliography; what is no entry is left out, and so is every field that is not asked for."""
    read = parse_string(text)
    # Of a key, or with a field, that is there already: works, too, though the parser leaves them as they are written.
    twice = [Blocks([each.ignore_error_block]) for each in read.failed_blocks if each.ignore_error_block]
    for middleware in default_parse_stack():
        twice = [middleware.transform(each) for each in twice]
    return [_reference(entry) for each in (read, *twice) for entry in each.entries]


def _entry(reference: Reference, key: str) -> Entry:
    kind = _ENTRIES.get(reference.kind, "misc")
    if kind == "article" and not reference.venue:  # an article without a journal is an error to every style
        kind = "misc"
    venue = _VENUES.get(kind, "")  # of others, only a preprint's goes into a field that styles know
    publisher = _PUBLISHERS.get(kind, "" if kind == "article" else "publisher")
    facts = {
        "title": _title(reference.title),
        "author": " and ".join(map(_name, reference.authors)),
        "year": str(reference.year or ""),
        venue or ("howpublished" if kind == "misc" else ""): _tex(reference.venue),
        "volume": _tex(reference.volume),
        "number": _tex(reference.issue),
        "pages": _tex(page_range(reference.pages)),
        publisher: _tex(reference.publisher),
        "eprint": reference.arxiv_id,
        "archivePrefix": "arXiv" if reference.arxiv_id else "",
        "doi": _verbatim(reference.doi),
        "url": _verbatim(reference.url or (reference.address if reference.arxiv_id else "")),
    }
    return Entry(kind, key, [Field(name, value) for name, value in facts.items() if name and value])


def _name(name: Name) -> str:
    if name.whole:
        return f"{{{_tex(name.family)}}}"
    last = " ".join(filter(None, (_tex(name.particle), _guarded(name.family))))
    return ", ".join(filter(None, (last, _guarded(name.suffix), _guarded(name.given))))


def _guarded(part: str) -> str:
    """A part of a name with nothing in it that divides names."""
    text = _tex(part)
    return f"{{{text}}}" if "," in text or "and" in text.casefold().split() else text


def _title(title: str) -> str:
    """A title in which no style makes small what must be a capital, nor turns a formula into another one."""
    words = _WORD.findall(_MATHS.sub(" ", title))
    telling = [word for word in words[1:] if len(word) > 3 and word[0].isalpha() and word not in _SMALL]
    names = 2 * sum(word[0].islower() for word in telling) >= len(telling) > 0  # then a capital is a name's
    shouted = title.upper() == title
    done, first = "", True
    for each in _PIECE.finditer(title):
        if each["maths"] and _harmless(each[0]):
            done += f"{{{each[0]}}}"
        elif shouted:
            done += _tex(each[0])
        else:
            done += _protected(each[0], names and not first)
        first = each[0].endswith((":", ".", "?", "!", "–", "—")) or (first and each[0].isspace())
    return done


def _protected(word: str, names: bool) -> str:
    """A word with braces around what must stay a capital: BERT, GPT-4, U-Net, iPhone; of names also their first."""
    parts = list(_PART.finditer(word))
    if len(parts) > 1 and any(_is_letter(part[0]) for part in parts):  # U-Net, Q-learning
        parts = [part for part in [_CORE.search(word)] if part]
        return _around(word, parts, lambda part: True)
    return _around(word, parts, lambda part: part != part[:1] + part[1:].lower() or _is_letter(part) or names)


def _around(word: str, parts: "list[re.Match[str]]", keep: Callable[[str], bool]) -> str:
    done, at = "", 0
    for part in parts:
        shown = _tex(part[0])
        braced = any(map(str.isupper, part[0])) and keep(part[0])
        done += _tex(word[at : part.start()]) + (f"{{{shown}}}" if braced else shown)
        at = part.end()
    return done + _tex(word[at:])


def _is_letter(part: str) -> bool:
    return len(part) == 1 and part.isupper() and part != "A"


def _tex(text: str) -> str:
    """Plain text as TeX writes it, with as many closing braces as opening ones."""
    composed = unicodedata.normalize("NFC", shown_text(text))
    escaped = "".join(_SPECIAL.get(each, each) for each in composed)
    encoded = "".join(
        text if row % 2 else _encoder().unicode_to_latex(text) for row, text in enumerate(_FOREIGN.split(escaped))
    )
    return _SYMBOL.sub(r"{{\1}}", encoded)


def _verbatim(address: str) -> str:
    """What biber and the styles take as it is; nothing if it would end the field."""
    return "" if re.search(r"[{}\s\\]", address) else address


def _harmless(maths: str) -> bool:
    """Whether a formula is closed in itself and draws signs alone: titles are others' text, and TeX can read files."""
    if re.search(r"(?<!\\)[%#&]", maths) or not all(map(_draws, _COMMAND.findall(maths))):
        return False
    depth = 0
    for each in maths:
        depth += (each == "{") - (each == "}")
        if depth < 0:
            return False
    return depth == 0


def _draws(command: str) -> bool:
    from latex2mathml.symbols_parser import convert_symbol

    if command == "^^":  # another way to write a backslash
        return False
    return command in _MATHS_COMMANDS or not command[1:].isalpha() or convert_symbol(command) is not None


@cache
def _encoder() -> "UnicodeToLatexEncoder":
    from pylatexenc.latexencode import UnicodeToLatexEncoder

    return UnicodeToLatexEncoder(
        non_ascii_only=True, replacement_latex_protection="braces-all", unknown_char_policy="keep",
        unknown_char_warning=False,
    )  # fmt: skip


@cache
def _decoder() -> "LatexNodes2Text":
    from pylatexenc.latex2text import LatexNodes2Text, MacroTextSpec, get_default_latex_context_db

    known = get_default_latex_context_db()
    signs = {"textbraceleft": "{", "textbraceright": "}", "textasciicircum": "^", "url": "%s"}
    more = [MacroTextSpec(name, sign) for name, sign in signs.items()]
    known.add_context_category("ours", prepend=True, macros=more)
    return LatexNodes2Text(latex_context=known, math_mode="verbatim")


def plain_text(tex: str) -> str:
    """TeX as plain text: accents and signs as Unicode, formulas as they are, braces gone.

    >>> plain_text(r"{\\"U}ber {BERT} \\& $k$-means \\textit{x} 50% --- {\\O}")
    'Über BERT & $k$-means x 50% — Ø'
    """
    if not _TEX.search(tex):
        return one_line(tex, MAX_FIELD)
    try:
        text = _decoder().latex_to_text(re.sub(r"(?<!\\)([%&])", r"\\\1", tex[:MAX_TEX]))
    except Exception:  # the parser's errors have no common root; RecursionError for braces in braces
        text = re.sub(r"[{}]", "", tex)
    return one_line(text, MAX_FIELD)


def _reference(entry: Entry) -> Reference:
    fields = {field.key.lower(): str(field.value) for field in reversed(entry.fields)}  # the first one counts

    def said(*names: str) -> str:
        return next((text for name in names if (text := plain_text(fields.get(name, "")))), "")

    raw = {name: one_line(fields.get(name, ""), MAX_FIELD) for name in ("doi", "url", "eprint")}
    kind = _KINDS.get(entry.entry_type.lower(), "article")
    return Reference(
        kind=kind,
        title=said("title"),
        authors=_names(fields.get("author") or fields.get("editor", "")),
        year=clean_year(said("year") or said("date")),
        venue=said("journal", "journaltitle", "booktitle", "howpublished"),
        volume=said("volume"),
        issue=said("number", "issue"),
        pages=said("pages"),
        publisher=said("publisher", "school", "institution", "organization"),
        doi=clean_doi(raw["doi"]) or clean_doi(raw["url"] if "doi.org/" in raw["url"] else ""),
        arxiv_id=arxiv_of(raw["eprint"], raw["doi"], raw["url"]),
        url=clean_address(re.sub(r"\\url\{(.*)\}|\\(?=[%&#_~])", r"\1", raw["url"])),
        key=one_line(entry.key, 200),
    )


def _names(field: str) -> tuple[Name, ...]:
    try:
        names = split_multiple_persons_names(field)[:MAX_AUTHORS]
    except Exception:  # braces that nobody closed
        names = field.split(" and ")[:MAX_AUTHORS]
    found = [_read(name.strip()) for name in names if name.strip().casefold() != "others"]
    return tuple(name for name in found if name)


def _read(name: str) -> Name | None:
    text = plain_text(name)
    if re.fullmatch(r"\{(?:[^{}]|\{[^{}]*\})*\}", name) and any(map(str.isalpha, text)):
        return Name(family=text, whole=True)
    return read_name(text)
