"""An arXiv feed -> a listing: RSS 2.0 and Atom of the daily feeds, Atom of the API.

The only home of `feedparser`, which is lenient: a cut feed would be a short day. So expat looks first, refuses
document types (and with them entity bombs), and finds the end of the last whole item; feedparser is given that much.
"""

import io
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from email.utils import parsedate_to_datetime
from functools import cache
from itertools import chain
from typing import Any
from xml.parsers import expat
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from index.arxiv.announcements import (
    ABOVE_ABSTRACT,
    Announcement,
    Listing,
    author_names,
    make_announcement,
    make_listing,
)
from index.arxiv.tex import plain_text
from index.model.errors import ArxivError

_MOST_ITEMS = 2000  # arXiv puts no more into one feed (https://info.arxiv.org/help/rss.html)
_DEEPEST = 50
_LONGEST_GAP = 30  # days that a reader may miss by mistake
_ENDLESS = re.compile(rb"[A-Za-z0-9_.+-]{500}")  # feedparser looks for e-mail addresses in quadratic time
_CLOSING = {"rss": b"</channel></rss>", "feed": b"</feed>"}
_ITEM = {"rss": ["rss", "channel", "item"], "feed": ["feed", "entry"]}
_WEEK = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@cache
def _new_york() -> tzinfo:
    """Where arXiv's day begins at midnight; on a system without time zones its winter time."""
    try:
        return ZoneInfo("America/New_York")
    except ZoneInfoNotFoundError:
        return timezone(timedelta(hours=-5))


def read_feed(data: bytes, source: str, day: date | None = None) -> Listing:
    """RSS 2.0 or Atom from arXiv's daily feeds, or Atom from its API. Raises ArxivError where `data` is neither."""
    import feedparser

    outline = _Outline(data, source)
    headers = {"content-type": "application/xml; charset=utf-8"}  # as expat read it
    parsed = feedparser.parse(
        io.BytesIO(outline.whole), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
    )
    head = dict(parsed.feed)
    if parsed.bozo:
        raise no_listing(source)
    if str(head.get("title", "")).startswith("Feed error for query"):
        reason = plain_text(str(head.get("subtitle", "")))[:300].rstrip(".")
        raise ArxivError(f"arXiv made no feed: {reason or 'it gives no reason'}. Check the categories.")
    entries = [dict(entry) for entry in parsed.entries]
    total = str(head.get("opensearch_totalresults", ""))
    searched = bool(total) or "/api/" in str(head.get("id"))  # its dates are of submission, not of announcement
    own = None if searched else _own_day(head, entries)
    papers = [_from_entry(entry, source, own, split_authors=not searched) for entry in entries]
    warnings = outline.warnings()
    if searched:
        quiet = "" if entries or total != "0" else "arXiv's search finds no papers."
        if not re.fullmatch("[0-9]{1,9}", total) or int(total) > len(entries):
            warnings.append(
                f"{source} holds {len(entries)} of {total[:12] or 'an unknown number of'} papers. Ask for the rest too."
            )
    else:
        quiet = "" if entries or warnings else _why_quiet(own, outline.skip_days)
        if not (entries or warnings or quiet):
            warnings.append(f"{source} holds no papers and does not say of which day it is. Fetch it again.")
        if len(entries) >= _MOST_ITEMS:
            warnings.append(f"{source} is full at {_MOST_ITEMS} papers. Ask for fewer categories at a time.")
    return make_listing(papers, day, own, source, warnings, quiet)


class _Outline:
    """What expat sees of a feed: `whole`, its bytes up to the end of the last whole item, closed; its skip days."""

    def __init__(self, data: bytes, source: str) -> None:
        self.skip_days: set[str] = set()
        self._path: list[str] = []
        self._end = 0
        self._data = data
        self._source = source
        self._trouble = ""
        self._root = ""
        self._parser = expat.ParserCreate("utf-8")
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._finish
        self._parser.CharacterDataHandler = self._text
        if not data.strip():
            raise ArxivError(f"{source} is empty. Fetch it again.")
        if _ENDLESS.search(data):
            raise no_listing(source)
        try:
            self._parser.Parse(data, True)
        except expat.ExpatError as error:
            self._trouble = f"line {error.lineno}"
        if not self._root or (self._trouble and not self._end):
            raise no_listing(source)
        self.whole = data[: self._end] + _CLOSING[self._root] if self._trouble else data

    def warnings(self) -> list[str]:
        """What is missing, as a sentence, if anything is."""
        if not self._trouble:
            return []
        lost = len(re.findall(rb"<(?:item|entry)[\s>]", self._data[self._end :]))
        where = f"{self._source} is cut or damaged at {self._trouble}"
        return [f"{where}: at least {lost} of its papers could not be read. Fetch it again."]

    def _refuse(self, *_: object) -> None:
        raise no_listing(self._source)

    def _start(self, name: str, _: Mapping[str, str]) -> None:
        if not self._path:
            self._root = name
        self._path.append(name)
        if self._root not in _ITEM or len(self._path) > _DEEPEST:
            raise no_listing(self._source)
        if self._end == 0 and self._path == _ITEM[self._root]:
            self._end = self._parser.CurrentByteIndex

    def _finish(self, _: str) -> None:
        if self._path == _ITEM[self._root]:
            self._end = self._data.index(b">", self._parser.CurrentByteIndex) + 1
        self._path.pop()

    def _text(self, text: str) -> None:
        if self._path[-2:] == ["skipDays", "day"]:
            self.skip_days.add(text.strip())


def no_listing(source: str) -> ArxivError:
    """The error for bytes that are no listing of papers."""
    return ArxivError(
        f"{source} is not an arXiv feed or listing; a web page, perhaps, or cut off at the start. Fetch "
        "https://rss.arxiv.org/rss/cs.CV (with your categories) again and name that file."
    )


def _own_day(head: Mapping[str, Any], entries: Iterable[Mapping[str, Any]]) -> date | None:
    days = Counter(filter(None, (_day(entry.get("published")) for entry in entries)))
    if days:
        return days.most_common(1)[0][0]
    if "published" in head:
        return _day(head["published"])
    return _day(head.get("updated"), _new_york())  # the time it was built, in UTC


def _day(text: object, zone: tzinfo | None = None) -> date | None:
    """The day that a date of RSS or Atom names, in its own time zone or in `zone`."""
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            at = read(str(text)[:100])
            return (at.astimezone(zone) if zone and at.tzinfo else at).date()
        except (ValueError, TypeError, OverflowError, IndexError):
            continue
    return None


def _why_quiet(day: date | None, skip_days: set[str]) -> str:
    if day is None:
        return ""
    name = _WEEK[day.weekday()]
    if name in (skip_days or {"Saturday", "Sunday"}):  # Atom has no skipDays
        return f"arXiv announces nothing on a {name} ({day})."
    return f"arXiv built its feed of {name}, {day}, without papers: a holiday, or none in these categories."


def not_renewed(day: date, now: datetime) -> str:
    """Why a feed of `day` holds nothing new `now` (with a time zone): that of the next day comes later. Else empty.

    >>> not_renewed(date(2026, 3, 3), datetime(2026, 3, 4, 3, 30, tzinfo=UTC))
    "arXiv's feed is still that of Tuesday, 2026-03-03; the next comes after 05:00 UTC on a working day."
    """
    if now.date() <= day:
        return ""
    renewed = datetime.combine(day + timedelta(days=1), time(), _new_york()).astimezone(UTC)
    return (
        f"arXiv's feed is still that of {_WEEK[day.weekday()]}, {day}; the next comes after {renewed:%H:%M} UTC "
        "on a working day."
    )


def unread_days(last: date, day: date) -> str:
    """The working days between two feeds that were read, as a warning: arXiv keeps no feed but today's. Else empty.

    >>> unread_days(date(2026, 3, 5), date(2026, 3, 9))
    'The feed of 2026-03-06 was not read: a holiday, or this was not run in time. See https://arxiv.org/list.'
    """
    between = [last + timedelta(days=number) for number in range(1, min((day - last).days, _LONGEST_GAP))]
    missed = [each for each in between if each.weekday() < 5]
    if not missed:
        return ""
    named = str(missed[0]) if len(missed) == 1 else f"{len(missed)} days from {missed[0]} to {missed[-1]}"
    return f"The feed of {named} was not read: a holiday, or this was not run in time. See https://arxiv.org/list."


def _from_entry(entry: Mapping[str, Any], source: str, day: date | None, *, split_authors: bool) -> Announcement | None:
    if "/api/errors" in str(entry.get("id")):
        reason = plain_text(str(entry.get("summary", "")))[:300].rstrip(".")
        raise ArxivError(f"{source} is arXiv's refusal of a search: {reason}. Correct the search and fetch it again.")
    summary = str(entry.get("summary", ""))
    prefix = ABOVE_ABSTRACT.match(summary)
    names = [str(author.get("name", "")) for author in entry.get("authors", [])]
    said = (str(entry.get("id", "")).removeprefix("oai:arXiv.org:"), prefix and prefix["id"], entry.get("link"))
    primary = entry.get("arxiv_primary_category") or {}
    return make_announcement(
        ids=said,
        title=entry.get("title"),
        authors=chain.from_iterable(map(author_names, names)) if split_authors else map(plain_text, names),
        abstract=summary,
        categories=[primary.get("term"), *(tag.get("term") for tag in entry.get("tags", []))],
        announced=entry.get("arxiv_announce_type") or (prefix and prefix["type"]),
        announced_on=day and (_day(entry.get("published")) or day),
        comment=entry.get("arxiv_comment"),
    )
