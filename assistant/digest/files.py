"""The files of a report: views of the kept record, each written whole or not at all."""

from collections.abc import Callable, Sequence
from pathlib import Path

from assistant.config.profiles import Format
from assistant.digest.record import Digest
from assistant.digest.store import newest_reports
from index.files.whole_file import write_whole
from index.model.errors import PaperAssistantError
from index.store.library import Library

FEED = "digests.xml"
_IN_FEED = 100  # reports; feed readers keep the older ones themselves


class OutputError(PaperAssistantError):
    """A file cannot be written."""


def file_stem(digest: Digest) -> str:
    """The name of a report's files without ending: the day, "monitor" for one, the profile, "zh" for Chinese."""
    parts = [digest.day.isoformat(), "monitor" if digest.kind == "monitor" else "", digest.profile]
    return "-".join(filter(None, [*parts, "zh" if digest.language == "zh" else ""]))


def write_files(
    library: Library, digest: Digest, folder: Path, formats: Sequence[Format], *, missing_only: bool = False
) -> list[Path]:
    """Write a report's files; the paths of those that were written. The feed holds the newest reports of all profiles.

    `missing_only` leaves files alone that are there, whatever their reader has made of them. Raises OutputError.
    """
    written = []
    for form in formats:
        path = folder / (FEED if form == "rss" else f"{file_stem(digest)}.{form}")
        if missing_only and path.exists():
            continue
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if form == "rss":
                _write_feed(library, path)
            else:
                write_whole(path, _VIEWS[form](digest).encode("utf-8"))
        except OSError as error:
            raise OutputError(
                f"{path} cannot be written: {error.strerror}. Choose another folder with --out."
            ) from error
        written.append(path)
    return written


def _write_feed(library: Library, path: Path) -> None:
    """One at a time, so that no run writes a feed without the report that another one has just kept."""
    from filelock import FileLock

    from assistant.digest.rss import digests_rss

    with FileLock(library.home / "feed.lock"):
        reports = newest_reports(library, _IN_FEED)
        write_whole(path, digests_rss(reports, lambda digest: (path.parent / f"{file_stem(digest)}.html").as_uri()))


def _markdown(digest: Digest) -> str:
    from assistant.report.render import digest_markdown

    return digest_markdown(digest)


def _html(digest: Digest) -> str:
    from assistant.report.render import digest_html

    return digest_html(digest)


def _json(digest: Digest) -> str:
    return digest.model_dump_json(indent=2) + "\n"


_VIEWS: dict[Format, Callable[[Digest], str]] = {"md": _markdown, "html": _html, "json": _json}
