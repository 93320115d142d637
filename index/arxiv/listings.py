"""Saved listings: a feed of arXiv, a JSON value that holds records of papers, or JSON lines."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Any

from index.arxiv.announcements import Announcement, Listing, author_names, make_announcement, make_listing
from index.arxiv.feed_file import no_listing, read_feed
from index.arxiv.tex import plain_text
from index.files.regular_file import FileTooLarge, read_regular
from index.model.errors import ArxivError

LARGEST_LISTING = 50 << 20  # bytes; a feed of 2,000 papers has about 5 MB
_DAY_IN_NAME = re.compile(r"(?<![0-9])(20[0-9]{2})([-_]?)([01][0-9])\2([0-3][0-9])(?![0-9])", re.ASCII)
_ID_KEYS = ("id", "arxiv_id")


def read_listing(path: Path, day: date | None = None) -> Listing:
    """A saved feed or listing. `day` is what the reader says of it; else the file's own, else that in its name.

    Records that cannot be read whole are left out and counted in a warning, and the listing is then not complete;
    only JSON lines that end early between two lines cannot be told from a shorter listing.
    Raises ArxivError where the file cannot be read, is empty, or is no listing at all.
    """
    source = "".join(letter if letter.isprintable() else "\ufffd" for letter in path.name)
    try:
        data = read_regular(path, LARGEST_LISTING)
    except FileTooLarge as error:
        raise ArxivError(f"{source} has more than {LARGEST_LISTING >> 20} MB. Name a listing of one day.") from error
    except OSError as error:
        raise ArxivError(f"{source} cannot be read: {error.strerror}. Name a saved feed or listing.") from error
    named = _day_in_name(source)
    start = data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if start in (b"{", b"["):
        return _read_json(data.removeprefix(b"\xef\xbb\xbf"), source, day or named)
    listing = read_feed(data, source, day)
    return listing if listing.day else replace(listing, day=named)


def _day_in_name(name: str) -> date | None:
    for found in _DAY_IN_NAME.finditer(name):
        try:
            return date(int(found[1]), int(found[3]), int(found[4]))
        except ValueError:
            continue
    return None


def _read_json(data: bytes, source: str, day: date | None) -> Listing:
    records, lost = _records(data, source)
    papers = [_from_record(record, day) for record in records]
    warnings = [f"{lost} lines of {source} are cut or damaged. Fetch it again."] if lost else []
    if lost and not any(papers):
        raise no_listing(source)
    quiet = "" if papers else f"{source} is a listing without papers."
    return make_listing(papers, day, day, source, warnings, quiet)


def _records(data: bytes, source: str) -> tuple[list[dict[str, Any]], int]:
    """The records of a JSON value or of JSON lines, and how many lines were no JSON."""
    try:
        values, lost = [json.loads(data)], 0
    except (ValueError, RecursionError):
        lines = [line for line in data.split(b"\n") if line.strip()]
        values = [value for value in map(_json_line, lines) if isinstance(value, dict)]
        lost = len(lines) - len(values)
        if not values or len(values) < lost:  # one JSON value over many lines, and damaged
            raise no_listing(source) from None
    found = list(chain.from_iterable(_inside(value) for value in values))
    if not found and any(values):
        raise no_listing(source)
    return found, lost


def _json_line(line: bytes) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _inside(value: object) -> Iterator[dict[str, Any]]:
    """The records in lists and dictionaries of any depth, in order."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict) and _is_record(item):
            yield item
        elif isinstance(item, dict | list):
            waiting.extend(reversed(list(item.values()) if isinstance(item, dict) else item))


def _is_record(item: dict[str, Any]) -> bool:
    named = any(isinstance(item.get(key), str) for key in _ID_KEYS)
    return named and ("title" in item or not any(isinstance(value, dict | list) for value in item.values()))


def _from_record(record: Mapping[str, Any], day: date | None) -> Announcement | None:
    authors, categories = record.get("authors"), record.get("categories")
    return make_announcement(
        ids=[record.get(key) for key in _ID_KEYS],
        title=record.get("title"),
        authors=author_names(authors) if isinstance(authors, str) else _texts(authors),
        abstract=record.get("abstract") or record.get("summary"),
        categories=categories.split() if isinstance(categories, str) else _texts(categories),
        announced=record.get("announce_type"),
        announced_on=day,
        comment=record.get("comment"),
    )


def _texts(value: object) -> list[str]:
    """The texts of a list of texts, or of dictionaries with a "name"."""
    items = value if isinstance(value, list) else []
    names = (item.get("name") if isinstance(item, dict) else item for item in items)
    return [plain_text(name) for name in names if isinstance(name, str)]
