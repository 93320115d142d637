"""Title, authors, year and arXiv id: read from the first page, helped by the file's own metadata where it agrees."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import date

from index.layout.lines import CJK, PageLines, needs_space
from index.layout.page_layout import Body, Row
from index.model.plain_text import one_line

MAX_TITLE = 400  # characters, of a printed title or a declared one: the longest of the test papers has 180
_MAX_NAME, _MAX_NAMES = 100, 60

_ARXIV = re.compile(r"arXiv\s*:\s*((?:\d{4}\.\d{4,5}|[a-z\-]+(?:\.[A-Z]{2})?/\d{7})(?:v\d+)?)", re.IGNORECASE)
_ARXIV_NAME = re.compile(r"(?<![\d.])(\d{2}(?:0[1-9]|1[0-2])\.\d{4,5}(?:v\d+)?)(?!\d)")
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})(?!\d)")
_DATED = re.compile(
    r"(?:©|\(c\)|copyright|published|proceedings|conference|journal|accepted|received|vol\.?|年)", re.IGNORECASE
)
_PLACE = re.compile(
    r"universi|institut|department|dept|school|college|laborator|\blabs?\b|research|academy|faculty|centre|center|"
    r"google|microsoft|facebook|openai|deepmind|amazon|apple|nvidia|alibaba|tencent|baidu|\binc\b|\bltd\b|corp|"
    r"technology|technologies|berkeley|stanford|\bmit\b|\bai$|mountain view|new york|\busa\b|china|germany|france|"
    r"canada|kingdom|@|https?:|www\.|equal contribution|大学|学院|研究|医院|公司",
    re.IGNORECASE,
)
MIN_NAME_WORDS, MAX_NAME_WORDS = 2, 5
_PARTICLE = re.compile(r"d[aeiou]s?|v[ao]n|den|der|el|al|bin|la|le")
_NAME_WORD = re.compile(r"[^\W\d_][\w'’.\-]*")
_BY = re.compile(r"^by\s+", re.IGNORECASE)
_CHINESE_NAME = re.compile(r"^[\u4e00-\u9fff]{2,4}$")
_MARKS = re.compile(r"[\d*∗†‡§¶‖♠♣♥♦⋆⇤⇥#∥✉]+|\([^)]{0,300}\)|\{[^}]{0,300}\}")
_JUNK_TITLE = re.compile(
    r"^(?:untitled|microsoft word|title|paper|main|.*\.(?:dvi|tex|docx?|pdf|indd|eps|ps)|arxiv:.*|doi:.*)\b",
    re.IGNORECASE,
)


def arxiv_id(pages: Sequence[PageLines], file_name: str) -> str | None:
    """The id in the stamp on the first page, else in the file's name; with its version where it is there."""
    for line in (*pages[0].sideways, *pages[0].lines) if pages else ():
        match = _ARXIV.search(line.text) if line in pages[0].sideways or line.text.startswith("arXiv") else None
        if match:
            return match[1]
    match = _ARXIV_NAME.search(file_name)
    return match[1] if match else None


def find_title(rows: list[Row], body: Body, metadata: dict[str, str]) -> tuple[str, list[int]]:
    """The title and the indices of its rows: the largest text in the upper part of the first page."""
    first = [index for index, row in enumerate(rows) if row.page == rows[0].page] if rows else []
    upper = [
        i
        for i in first
        if len(re.sub(r"\W", "", rows[i].text)) >= 3 and rows[i].box[1] < 0.66 * max(rows[j].box[3] for j in first)
    ]
    best: tuple[float, list[int]] = (0.0, [])
    for start in upper:
        group = _title_rows(rows, start)
        text = " ".join(rows[i].text for i in group)
        letters = sum(character.isalpha() for character in text)
        words = letters / 3 if CJK.search(text) else len(text.split())
        size = rows[start].main.size
        if letters >= 6 and words >= 2 and len(text) < MAX_TITLE and size > best[0] + 0.3:
            best = size, group
    declared = one_line(metadata.get("title", ""), MAX_TITLE)
    if best[1] and best[0] > body.size + 0.4:
        return _joined([rows[i].text for i in best[1]]), best[1]
    if len(declared) > 8 and not _JUNK_TITLE.match(declared):
        return declared, []
    fallback = best[1] or upper[:1]
    distinct = [i for i in fallback if rows[i].main.bold and not body.bold]  # else it is the first line of the text
    return one_line(_joined([rows[i].text for i in fallback]), MAX_TITLE), distinct


def _title_rows(rows: list[Row], start: int) -> list[int]:
    group = [start]
    for index in range(start + 1, min(start + 6, len(rows))):
        row, last = rows[index], rows[group[-1]]
        step = row.baseline - last.baseline
        if row.page != last.page or abs(row.main.size - last.main.size) > 0.6 or not 0 < step < 2 * row.main.size:
            break
        group.append(index)
    return group


def _joined(texts: list[str]) -> str:
    text = texts[0] if texts else ""
    for part in texts[1:]:
        text += (" " if needs_space(text, part) else "") + part
    text = " ".join(text.split())
    text = re.sub(r"(?<=[a-z])- (?=[a-z])", "", text)
    return text.rstrip("∗*†‡§ ")


def find_authors(rows: list[Row], title: list[int], end: int, metadata: dict[str, str]) -> tuple[str, ...]:
    """Names between the title and row `end` (the abstract), without marks, affiliations and addresses."""
    page = _folded(" ".join(row.text for row in rows[:end]))
    author = metadata.get("author", "")[: _MAX_NAMES * _MAX_NAME]
    declared = [one_line(name, _MAX_NAME) for name in re.split(r"[;,]|\band\b", author)]
    declared = [name for name in declared if " " in name or CJK.search(name)]
    if declared and all(_folded(name).split()[-1] in page for name in declared):
        return tuple(declared[:_MAX_NAMES])
    names: list[str] = []
    begin = max(title) + 1 if title else 0
    for row in rows[begin:end]:
        for line in row.lines:
            if not _PLACE.search(line.text) and len(line.text) < 300:
                names += [name for name in names_in(line.text) if name not in names]
    marked = sum(name[-1] in "abcdef" for name in names)
    if len(names) >= 3 and marked >= 0.8 * len(names):
        names = [name[:-1] if name[-1] in "abcdef" else name for name in names]  # marks of affiliations
    return tuple(name[:_MAX_NAME] for name in names[:_MAX_NAMES])


def names_in(text: str) -> list[str]:
    """The names in a line of authors, without marks and without what is none."""
    plain = _MARKS.sub(",", text)
    parts = [part.strip(" .;·") for part in re.split(r"[,;，、·]|\band\b|&|\s{2,}", plain)]
    if CJK.search(text):
        parts = [piece for part in parts for piece in part.split()]
        return [part for part in parts if _CHINESE_NAME.match(part)]
    return [name for part in parts if _is_name(name := _BY.sub("", part))]


def _is_name(text: str) -> bool:
    """Two to five words with capitals, in whatever alphabet; particles have none.

    >>> _is_name("Łukasz Kaiser"), _is_name("LAURENS VAN DER MAATEN"), _is_name("Attention is all")
    (True, True, False)
    """
    words = (text.title() if text.isupper() else text).split()
    return MIN_NAME_WORDS <= len(words) <= MAX_NAME_WORDS and all(
        _PARTICLE.fullmatch(word) or (word[0].isupper() and _NAME_WORD.fullmatch(word)) for word in words
    )


def _folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(character for character in decomposed if not unicodedata.combining(character)).lower()


def find_year(arxiv: str | None, page: PageLines | None, metadata: dict[str, str]) -> int | None:
    """The year of the arXiv id, else of a dated line on the first page, else of the file's creation."""
    if arxiv:
        digits = arxiv.rsplit("/", 1)[-1][:2]
        return (1900 if int(digits) > 90 else 2000) + int(digits)
    for line in page.lines if page else ():
        if _DATED.search(line.text):
            years = [int(year) for year in _YEAR.findall(line.text) if int(year) <= date.today().year]
            if years:
                return max(years)
    match = _YEAR.search(metadata.get("creationDate", "")[:8])
    created = re.match(r"D:((?:19|20)\d{2})", metadata.get("creationDate", ""))
    return int(created[1]) if created else int(match[1]) if match else None
