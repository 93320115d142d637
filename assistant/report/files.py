"""Write the files of a report: views of the stored record, each written completely or not at all; and the RSS feed."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time
from pathlib import Path

from assistant.config.profiles import Format, Order
from assistant.digest.ledger import newest_reports
from assistant.digest.record import Digest, NothingNew, ReportReady
from assistant.language.phrases import phrases_of
from assistant.report.escape import plain
from assistant.report.render import digest_html, digest_item, digest_markdown, digest_title
from index.files.whole_file import write_whole
from index.model.errors import PaperAssistantError
from index.store.library import Library

FEED = "digests.xml"
_IN_FEED = 100  # reports; feed readers store the older ones


class OutputError(PaperAssistantError):
    """A file cannot be written."""


def file_stem(digest: Digest) -> str:
    """The file name without extension: the day, "monitor" for a monitor, the profile, "zh" for Chinese."""
    parts = [digest.day.isoformat(), "monitor" if digest.kind == "monitor" else "", digest.profile]
    return "-".join(filter(None, [*parts, "zh" if digest.language == "zh" else ""]))


def deliver(library: Library, order: Order, last: ReportReady | NothingNew) -> list[Path]:
    """Write the files of a run's report; if it made none, write the missing files of the day's existing report."""
    if last.report is None:
        return []
    missing_only = isinstance(last, NothingNew)
    return write_files(library, last.report, order.out, order.formats, missing_only=missing_only)


def write_files(
    library: Library, digest: Digest, folder: Path, formats: Sequence[Format], *, missing_only: bool = False
) -> list[Path]:
    """Write a report's files and return their paths. The feed contains the newest reports of all profiles.

    `missing_only` leaves existing files alone, so that the user may edit them. Raises OutputError.
    """
    written = []
    for form in formats:
        path = folder / (FEED if form == "rss" else f"{file_stem(digest)}.{form}")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if form == "rss":  # of all reports, so it may be there and lack this one
                if not _write_feed(library, path) and missing_only:
                    continue
            elif missing_only and path.exists():
                continue
            else:
                write_whole(path, _VIEWS[form](digest).encode("utf-8"))
        except OSError as error:
            raise OutputError(
                f"{path} cannot be written: {error.strerror}. Choose another folder with --out."
            ) from error
        written.append(path)
    return written


def _write_feed(library: Library, path: Path) -> bool:
    """Write the feed under a lock, so that no run leaves out the report that another one has just stored.

    Returns whether there was anything to change.
    """
    from filelock import FileLock

    with FileLock(library.home / "feed.lock"):
        reports = newest_reports(library, _IN_FEED)
        feed = digests_rss(reports, lambda digest: (path.parent / f"{file_stem(digest)}.html").as_uri())
        if path.exists() and path.read_bytes() == feed:
            return False
        write_whole(path, feed)
        return True


def _json(digest: Digest) -> str:
    return digest.model_dump_json(indent=2) + "\n"


_VIEWS: dict[Format, Callable[[Digest], str]] = {"md": digest_markdown, "html": digest_html, "json": _json}


def digests_rss(digests: Sequence[Digest], address: Callable[[Digest], str], home: str = "https://arxiv.org/") -> bytes:
    """RSS 2.0 with an item for each digest, newest first; the same records give the same bytes.

    `address` is the address of a digest's page, `home` the link of the feed. An item contains the counts and the
    executive summary; its guid consists of kind, profile, day and language, so that a digest made again stays one item.
    """
    from feedgen.feed import FeedGenerator

    ordered = sorted(
        digests, key=lambda digest: (digest.day, digest.profile, digest.kind, digest.language), reverse=True
    )
    words = phrases_of(ordered[0].language if ordered else "en")
    feed = FeedGenerator()
    feed.title(words("digest.feed"))
    feed.description(words("digest.feed"))
    feed.link(href=home)
    feed.language(words.language)
    feed.generator("paper-assistant")
    feed.lastBuildDate(max((_moment(digest) for digest in ordered), default=datetime(1970, 1, 1, tzinfo=UTC)))
    for digest in ordered:
        entry = feed.add_entry(order="append")
        entry.title(digest_title(digest))
        entry.guid(
            f"paper-assistant:{digest.kind}:{plain(digest.profile)}:{digest.day}:{digest.language}", permalink=False
        )
        entry.link(href=address(digest))
        entry.pubDate(_moment(digest))
        entry.description(digest_item(digest))
    return bytes(feed.rss_str(pretty=True))


def _moment(digest: Digest) -> datetime:
    """The time when a digest was made; midnight of its day if the record has none."""
    try:
        made = datetime.fromisoformat(digest.made_at)
    except ValueError:
        return datetime.combine(digest.day, time(), UTC)
    return made if made.tzinfo else made.replace(tzinfo=UTC)
