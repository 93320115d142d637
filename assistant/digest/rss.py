"""All digests as one RSS file; the only home of feedgen."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time

from assistant.digest.record import Digest
from assistant.language.phrases import phrases_of
from assistant.report.escape import plain
from assistant.report.render import digest_item, digest_title


def digests_rss(digests: Sequence[Digest], address: Callable[[Digest], str], home: str = "https://arxiv.org/") -> bytes:
    """RSS 2.0 with an item for each digest, newest first; the same records give the same bytes.

    `address` says where a digest's page lies, `home` where the feed's own link points. An item holds the counts and the
    executive summary; its guid is made of kind, profile, day and language, so that a digest made again stays one item.
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
    """When a digest was made; midnight of its day where the record does not say."""
    try:
        made = datetime.fromisoformat(digest.made_at)
    except ValueError:
        return datetime.combine(digest.day, time(), UTC)
    return made if made.tzinfo else made.replace(tzinfo=UTC)
