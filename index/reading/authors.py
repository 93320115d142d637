"""The names of a paper's authors: the lines below its title that look as the first of them does, parted into names.

Affiliations follow the names, in lines of their own or behind them, and have capitals as names do. They are told by
words of places and offices, by post codes, and by their look, which is seldom that of the names.
"""

import re
import unicodedata
from collections.abc import Iterator

from index.layout.lines import CJK, Line, Word, join_words
from index.layout.page_layout import Row
from index.model.plain_text import one_line

_MAX_NAME, _MAX_NAMES = 100, 60
_MAX_LINE = 300  # characters
MIN_NAME_WORDS, MAX_NAME_WORDS = 2, 5
_MOST = 0.6  # of the letters of a line of authors are names
_SAME_SIZE = 0.7  # points between lines of names

_PLACE = re.compile(
    r"universi|univ\.|instit|isti?tut|inštit|depart|dept|dipart|departam|facult|fakult|facolt|école|escola|escuela|"
    r"\bschool|college|laborator|\blabs?\b|research|academ|akadem|hospital|klini[kc]|clinic|cent(?:re|er)\b|centro|zentrum|"
    r"ministry|agency|society|associa|foundation|observator|museum|council|committee|consorti|division|section of|"
    r"\bgroup\b|\bteam\b|\bcorp|\binc\b|\bltd\b|\bllc\b|gmbh|\bs\.a\.|company|solutions|systems\b|workshop|program|unit\b|"
    r"google|microsoft|facebook|openai|deepmind|amazon|nvidia|alibaba|tencent|baidu|huawei|hugging ?face|"
    r"technolog|berkeley|stanford|\bmit\b|\bai$|mountain view|new york|(?:new|south|north) (?:zealand|korea|africa)|"
    r"\busa\b|\bu\.s\.a|united (?:states|kingdom)|\buk\b|china|japan|germany|france|italy|spain|canada|australia|"
    r"brazil|india\b|netherlands|switzerland|sweden|norway|denmark|finland|austria|belgium|poland|portugal|greece|turkey|"
    r"russia|israel|singapore|taiwan|mexico|méxico|argentina|chile|ireland|hungary|czech|romania|cedex|"
    r"大学|学院|研究|医院|公司|中心|实验室|大學|대학|연구",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"@|https?:|www\.|\bdoi\b|\b\d{4,6}\b|\d{3}[;:]\d|\bvol\b|\bissn\b", re.IGNORECASE)
_PRINTED_IN = re.compile(r"\((?:19|20)\d\d\)")  # a journal, with its year
_NO_AUTHORS = re.compile(
    r"^(?:anonymous|paper id|submission|under review|received|accepted|revised|published|available|keywords?|key words|"
    r"index terms|correspond|contact|e-?mail|citation|cite this|to cite|academic editor|edited by|editors?|reviewed by|"
    r"handling|copyright|©|licen[sc]e|open access|research article|original (?:article|paper|research)|review|article|"
    r"letter|editorial|short communication|dated|equal contribution|these authors|orcid|figure|fig\.|table|contents|"
    r"supporting|supplement|a r t i c l e|preprint|\*|†)",
    re.IGNORECASE,
)
_TITLES = re.compile(
    r"\b(?:(?:Graduate )?Student |Senior |Life )?(?:Member|Fellow)\b|\b(?:IEEE|ACM|Ph\. ?D\.?|PhD|M\. ?D\.?|MD|"
    r"M\. ?Sc\.?|MSc|B\. ?Sc\.?|BSc|M\. ?A\.?|F\. ?[A-Z]\. ?S\.?|FRCP|FRS|MPH|RN|Esq\.?|Jr\.?|Dr\.?-Ing\.)(?![\w.])"
    r"|^(?:Dr|Prof|Mr|Mrs|Ms)\.? "
)
_PARTICLE = re.compile(r"d[aeiou]s?|v[ao]n|den|der|ten|ter|el|al|bin|ibn|la|le|di|y|e|zu|zur|af|dos|st\.")
_NAME_WORD = re.compile(r"[^\W\d_](?:[\w'’\-]*|\w{0,3}\.(?:-?\w{1,3}\.)*|\.-\w[\w'’]*\.?)")
_BY = re.compile(r"^by\s+", re.IGNORECASE)
_INITIAL = re.compile(r"(?<![^\W\d_])([^\W\d_]{1,2}\.)(?=[^\W\d_]{2})")
_CHINESE_NAME = re.compile(r"^[\u4e00-\u9fff]{2,4}$")
_SPACED = re.compile(r"(?<![\u4e00-\u9fff])([\u4e00-\u9fff]) +([\u4e00-\u9fff])(?![\u4e00-\u9fff])")
_KANA = re.compile(r"[\u3040-\u30ff]")
_HANGUL = re.compile(r"[\uac00-\ud7a3]")
_SIGNS = re.compile(
    r"(?:\d{1,3}(?!\d)|[*∗†‡§¶‖♠♣♥♦⋆⇤⇥#∥✉⊥+☯ªº°⁎★☆◇□✝]+[a-z]{0,3}(?![^\W\d_])|\([^)]{0,300}\)|\{[^}]{0,300}\}|\[[^\]]{0,80}\])+"
)
_CLOSING = re.compile(r"^(?:yours|sincerely|respectfully|(?:kind|best) regards)\b.{0,30}$", re.IGNORECASE)
_SEPARATORS = re.compile(r"[,;，、·•|]|\band\b|\bund\b|\bet\b|(?<=\s)y(?=\s)|&|\s{2,}")
_NOT_NAMES = frozenset(
    """abstract introduction article articles review open access research original paper see figure table general
    procedures methods materials international conference proceedings journal letters received accepted keywords
    supporting information supplementary electronic material author authors corresponding editor volume issue new
    department the of for with from on in""".split()
)


def find_authors(
    rows: list[Row], title: list[int], printed_title: str, end: int, metadata: dict[str, str], begin: int = 0
) -> tuple[str, ...]:
    """Names between the title, or row `begin`, and row `end` (the abstract), without marks and addresses.

    What the file itself declares counts if its names are printed there, and no more names than those.
    """
    begin = max(title) + 1 if title else begin
    printed = _printed(rows[begin:end], printed_title) or _signed(rows)
    page = _folded(" ".join(row.text for row in rows[:end]))
    author = metadata.get("author", "")[: _MAX_NAMES * _MAX_NAME]
    declared = [one_line(name, _MAX_NAME) for name in re.split(r"[;,]|\band\b", author)]
    declared = [name for name in declared if " " in name or CJK.search(name)]
    if declared and all(_folded(name).split()[-1] in page for name in declared):
        known = {_folded(name).replace(" ", "") for name in printed}
        if not (len(declared) < len(printed) and all(_folded(name).replace(" ", "") in known for name in declared)):
            return tuple(declared[:_MAX_NAMES])
    return tuple(name[:_MAX_NAME] for name in printed[:_MAX_NAMES])


def _printed(rows: list[Row], title: str) -> list[str]:
    names: list[str] = []
    look: Line | None = None
    before = ""
    for text, line in _texts(rows):
        if look is not None and not _looks_alike(look, line):
            continue
        parted = _parted_name(before, text)
        found = names_in(parted + text)
        if found and look is None:
            look = line
        if parted and found and names and found[0].startswith(names[-1]):
            names.pop()  # the rest of it stands in this line
        names += [name for name in found if name not in names and name not in title]
        before = text
    marked = sum(name[-1] in "abcdef" for name in names)
    if len(names) >= 3 and marked >= 0.8 * len(names):
        names = [name[:-1] if name[-1] in "abcdef" else name for name in names]  # marks of affiliations
    return names


def _texts(rows: list[Row]) -> Iterator[tuple[str, Line]]:
    """What may hold names: each line, but Chinese rows whole, as their names are set with spaces inside."""
    for row in rows:
        if CJK.search(row.text):
            yield "  ".join(map(_marked, row.lines)), row.main
        else:
            yield from ((_marked(line), line) for line in row.lines)


def _parted_name(before: str, text: str) -> str:
    """The words of a name at the end of a line that goes on in the next one, with a single word on either side."""
    last, first = _SEPARATORS.split(before)[-1].strip(), _SEPARATORS.split(_SIGNS.sub(" , ", text))[0].strip()
    whole = f"{last} {first}"
    parted = 1 in (len(last.split()), len(first.split())) and _SEPARATORS.search(before) and _is_name(whole)
    return f"{last} " if last and first and parted else ""


def _signed(rows: list[Row]) -> list[str]:
    """Who signed a letter."""
    end = next((index for index, row in enumerate(rows) if _CLOSING.match(row.text)), len(rows))
    return [name for row in rows[end + 1 : end + 4] for name in names_in(row.text)]


def _looks_alike(first: Line, line: Line) -> bool:
    return abs(first.size - line.size) < _SAME_SIZE and (first.bold, first.italic) == (line.bold, line.italic)


def _marked(line: Line) -> str:
    """The text of a line with its superscripts parted from the names."""
    return join_words(tuple(part for word in line.words for part in _parts(word)))


def _parts(word: Word) -> Iterator[Word]:
    begin, end = word.raised
    if not end:
        yield word
        return
    for text in (word.text[:begin], ",", word.text[end:]):
        if text:
            yield Word(text, word.box)


def names_in(text: str) -> list[str]:
    """The names in a line of authors, without marks and without what is none; none in a line of an affiliation."""
    if len(text) > _MAX_LINE or _NO_AUTHORS.match(text.strip()) or _PRINTED_IN.search(text):
        return []
    plain = _SIGNS.sub(" , ", re.sub(r"<[^>]{0,100}>|\S{1,80}@\S{1,80}", " , ", text))
    if CJK.search(text) or _HANGUL.search(text):
        return [] if _PLACE.search(plain) or _ADDRESS.search(plain) else _chinese(plain)
    names, letters = [], 0
    for part in _SEPARATORS.split(_TITLES.sub(" , ", plain)):
        part = _INITIAL.sub(r"\1 ", _BY.sub("", part.strip(" .;:·~")))
        part = re.sub(r"(?<=\b[^\W\d_])$", ".", part) if re.search(r" [^\W\d_]$", part) else part
        if _PLACE.search(part) or _ADDRESS.search(part):
            break  # what follows belongs to the address
        letters += len(part)
        if _is_name(part):
            names.append(part)
    return names if sum(map(len, names)) >= _MOST * letters else []


def _chinese(text: str) -> list[str]:
    if _KANA.search(text):
        return []
    text = _SPACED.sub(r"\1\2", text)
    pieces = [piece for part in _SEPARATORS.split(text) for piece in part.split()]
    names = [piece for piece in pieces if _CHINESE_NAME.match(piece)]
    return names if sum(map(len, names)) >= _MOST * sum(map(str.isalpha, text)) else []


def _is_name(text: str) -> bool:
    """Two to five words with capitals, in whatever alphabet; particles have none.

    >>> _is_name("Łukasz Kaiser"), _is_name("LAURENS VAN DER MAATEN"), _is_name("Attention is all")
    (True, True, False)
    >>> _is_name("DetectGPT. See"), _is_name("Yu. A. Pusep"), _is_name("Rhomni St. John")
    (False, True, True)
    """
    words = (text.title() if text.isupper() else text).split()
    return (
        MIN_NAME_WORDS <= len(words) <= MAX_NAME_WORDS
        and not any(word.lower() in _NOT_NAMES for word in words)
        and any(len(word.strip(".")) > 1 for word in words)
        and all(_PARTICLE.fullmatch(word) or (word[0].isupper() and _NAME_WORD.fullmatch(word)) for word in words)
    )


def _folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(character for character in decomposed if not unicodedata.combining(character)).lower()
