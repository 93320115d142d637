"""Title, year and arXiv id: read from the first page, helped by the file's own metadata where it agrees."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date

from index.layout.lines import CJK, PageLines
from index.layout.page_layout import Body, Row
from index.layout.paragraphs import count_words, join
from index.model.plain_text import one_line

MAX_TITLE = 400  # characters, of a printed title or a declared one: the longest of the test papers has 180

_ARXIV = re.compile(r"arXiv\s*:\s*((?:\d{4}\.\d{4,5}|[a-z\-]+(?:\.[A-Z]{2})?/\d{7})(?:v\d+)?)", re.IGNORECASE)
_ARXIV_NAME = re.compile(r"(?<![\d.])(\d{2}(?:0[1-9]|1[0-2])\.\d{4,5}(?:v\d+)?)(?!\d)")
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})(?!\d)")
_DATED = re.compile(
    r"(?:©|\(c\)|copyright|published|proceedings|conference|journal|accepted|received|vol\.?|年)", re.IGNORECASE
)
_SPACED = 2.5  # times its size between two lines of a bold title; twice is usual at most
_MAX_PLAIN = 3  # lines of a title that looks as text does
_MARKS_BEFORE = re.compile(r"^[∗*†‡§¶]+\s+")
# What stands above a title in the size of one: the name of a journal, of a series, of a kind of article.
_MASTHEAD = re.compile(
    r"^(?:the )?(?:international |european |american |british |chinese |canadian |indian |new )?"
    r"(?:journals? of|proceedings of|transactions (?:of|on)|annals of|archives of|bulletin of|annual review of|"
    r"frontiers in|physical review|reviews? of modern|acta )"
    r"|^(?:\S+ ){0,3}(?:journal|transactions|letters|bulletin)$|^journal\b[\w\s&,-]{0,60}$"
    r"|\bISSN\b|\bdoi\b|^(?:\S+ ){0,3}(?:https?:|www\.)|^vol(?:\.|ume)"
    r"|\bvol\. ?\d|^(?:arxiv|citation|received|accepted|available)\b"
    r"|contents lists available|sciencedirect|^open access|^research ?gate|^see discussions|^copyright|^©"
    r"|^(?:original|research|review|brief|short|rapid|special) (?:article|paper|report|communication|issue)s?$"
    r"|^(?:case|technical) report$|under review|^published (?:as|in|by)|\d[-–]\d+,? ?\((?:19|20)\d\d\)",
    re.IGNORECASE,
)
_COVER = re.compile(
    r"stable url|\bjstor\b|see discussions, stats, and author profiles|hal is a multi-?disciplinary|"
    r"to cite this version|"
    r"this article was downloaded by|full terms (?:&|and) conditions of (?:access|use)|citation for published version|"
    r"this is (?:the|an) (?:author|accepted|peer|repository|open access)[\w’' -]{0,40} version|"
    r"white rose research online|"
    r"downloaded from [\w .:/-]{0,80}(?:repository|portal|archive)|research (?:repository|portal)",
    re.IGNORECASE,
)
_COVER_AUTHORS = re.compile(r"^(?:author\(s\)|authors?|by):\s*(\S.*)$", re.IGNORECASE)
_SCANNER = re.compile(r"scan|ocr|abbyy|paper capture|omnipage|finereader|luratech|jstor", re.IGNORECASE)
_TEMPLATE = re.compile(r"conference acronym|woodstock|'XX\b|’XX\b|\bYYYY\b|month year", re.IGNORECASE)
_STAMP = re.compile(r"^arXiv\s*:\s*\S+\s+(?:\[[\w.\-]+\]|\d{1,2} \w{3,9} \d{4})", re.IGNORECASE)
_LABEL = re.compile(
    r"(?:electronic )?(?:supporting|supplementary|supplemental) (?:information|materials?|data|text|appendix|figures?)"
    r"(?: (?:for|to|of))?:?|online appendix|letter to the editors?|editorial|correspondence|comment(?:ary)?|"
    r"erratum|corrigendum",
    re.IGNORECASE,
)
_JUNK_TITLE = re.compile(
    r"^(?:untitled|microsoft word|title|paper|main|.*\.(?:dvi|tex|docx?|pdf|indd|eps|ps)|arxiv:.*|doi:.*)\b",
    re.IGNORECASE,
)


def arxiv_id(pages: Sequence[PageLines], file_name: str) -> str | None:
    """The id in the stamp on the first page, else in the file's name; with its version where it is there.

    A stamp stands sideways, or says a category or a date: "arXiv:1412.6980, 2014" is in a list of references.
    """
    for line in pages[0].sideways if pages else ():
        if match := _ARXIV.search(line.text):
            return match[1]
    for line in pages[0].lines if pages else ():
        if _STAMP.match(line.text) and (match := _ARXIV.match(line.text)):
            return match[1]
    match = _ARXIV_NAME.search(file_name)
    return match[1] if match else None


def cover_rows(rows: list[Row], pages: int) -> int:
    """How many rows belong to a sheet that an archive put before the paper: all of the first page, or none."""
    first = [row for row in rows if rows[0].page == row.page] if rows and pages > 1 else []
    return len(first) if _COVER.search(" ".join(row.text for row in first)) and len(first) < len(rows) else 0


def cover_authors(rows: list[Row]) -> str:
    """The authors that an archive's sheet names; may be empty."""
    return next((match[1] for row in rows if (match := _COVER_AUTHORS.match(row.text))), "")


def find_title(rows: list[Row], body: Body, metadata: dict[str, str], begin: int = 0) -> tuple[str, list[int]]:
    """The title and the indices of its rows: the largest text in the upper part of the page of row `begin`.

    A journal's name is larger in places, and the words "Supporting information" say of no paper which it is.
    """
    first = [index for index, row in enumerate(rows) if row.page == rows[begin].page]
    upper = [
        i
        for i in first
        if len(re.sub(r"\W", "", rows[i].text)) >= 3 and rows[i].box[1] < 0.66 * max(rows[j].box[3] for j in first)
    ]
    groups = [(rows[group[0]].main.size, group) for group in _groups(rows, upper) if _may_be_title(rows, group)]
    size, best = _largest(groups)
    label = len(best) if best and _LABEL.fullmatch(_joined(rows, best)) else 0
    if label:
        below = _largest([(size, group) for size, group in groups if group[0] > best[-1]])
        best = best + below[1] if below[0] > body.size + 0.4 or _stands_out(rows, below[1], body) else best
    declared = one_line(metadata.get("title", ""), MAX_TITLE)
    if best and size > body.size + 0.4:
        return _joined(rows, best, label), best
    if len(declared) > 8 and not _JUNK_TITLE.match(declared):
        return declared, []
    distinct = next((group for _, group in groups if _stands_out(rows, group, body)), [])
    fallback = distinct or _first_lines(rows, upper)
    return one_line(_joined(rows, fallback), MAX_TITLE), distinct


def _first_lines(rows: list[Row], upper: list[int]) -> list[int]:
    """The first lines of a page whose title looks as its text does: those before a gap, or one of a paragraph."""
    named = (group for group in _groups(rows, upper) if not _MASTHEAD.search(_joined(rows, group)))
    group = next(named, upper)
    return group if len(group) <= _MAX_PLAIN else group[:1]


def _groups(rows: list[Row], upper: list[int]) -> Iterator[list[int]]:
    """Rows that may be a title together, those of a larger group not again."""
    taken: set[int] = set()
    for start in upper:
        if start not in taken:
            group = _title_rows(rows, start)
            taken.update(group)
            yield group


def _may_be_title(rows: list[Row], group: list[int]) -> bool:
    text = _joined(rows, group)
    letters = sum(character.isalpha() for character in text)
    words = letters / 3 if CJK.search(text) else len(text.split())
    return letters >= 6 and words >= 2 and len(text) < MAX_TITLE and not _MASTHEAD.search(text)


def _largest(groups: list[tuple[float, list[int]]]) -> tuple[float, list[int]]:
    best: tuple[float, list[int]] = (0.0, [])
    for size, group in groups:
        if size > best[0] + 0.3:
            best = size, group
    return best


def _stands_out(rows: list[Row], group: list[int], body: Body) -> bool:
    return bool(group) and all(rows[index].main.bold for index in group) and not body.bold


def _title_rows(rows: list[Row], start: int) -> list[int]:
    group = [start]
    for index in range(start + 1, min(start + 6, len(rows))):
        row, last = rows[index], rows[group[-1]]
        if not any(map(str.isalnum, row.text)):
            continue  # a mark of a note
        step = row.baseline - last.baseline
        same = (row.main.font, row.main.size, row.main.bold) == (last.main.font, last.main.size, True)
        far = (_SPACED if same else 2.0) * row.main.size
        if len(group) > 1:
            far = min(far, 1.35 * (last.baseline - rows[group[-2]].baseline))
        if row.page != last.page or abs(row.main.size - last.main.size) > 0.6 or not 0 < step < far:
            break
        group.append(index)
    return group


def _joined(rows: list[Row], group: list[int], label: int = 0) -> str:
    """The rows as one line; the first `label` of them say what kind of text it is."""
    if 0 < label < len(group):
        return f"{_joined(rows, group[:label]).rstrip(':')}: {_joined(rows, group[label:])}"
    text = ""
    divided = any(rows[index].text.endswith("-") for index in group[:-1])
    counts = count_words(rows) if divided else Counter[str]()
    for index in group:
        part = rows[index].text.strip()
        gap, drop = join(text, part, counts) if text else ("", False)
        text = (text[:-1] if drop else text) + gap + part
    return _MARKS_BEFORE.sub("", " ".join(text.split())).rstrip("∗*†‡§¶ ")


def find_year(arxiv: str | None, pages: Sequence[PageLines], metadata: dict[str, str]) -> int | None:
    """The year of the arXiv id, else of a dated line on the first page or at the head or foot of the next ones.

    Else of the file's creation, which is that of the paper unless it was scanned.
    """
    if arxiv:
        digits = arxiv.rsplit("/", 1)[-1][:2]
        return (1900 if int(digits) > 90 else 2000) + int(digits)
    lines = [line for page in pages[:1] for line in page.lines]
    lines += [line for page in pages[1:3] for line in page.lines if not 0.1 < line.middle / page.layout_height < 0.9]
    for line in lines:
        if _DATED.search(line.text) and not _TEMPLATE.search(line.text):
            years = [int(year) for year in _YEAR.findall(line.text) if int(year) <= date.today().year]
            if years:
                return max(years)
    if any(page.scanned for page in pages) or _SCANNER.search(f"{metadata.get('producer')} {metadata.get('creator')}"):
        return None
    match = _YEAR.search(metadata.get("creationDate", "")[:8])
    created = re.match(r"D:((?:19|20)\d{2})", metadata.get("creationDate", ""))
    return int(created[1]) if created else int(match[1]) if match else None
