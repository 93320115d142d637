"""Today's feed of arXiv, asked for until it is whole, or as much of it as comes."""

import time
from collections.abc import Sequence

from requests import Session

from index.arxiv.announcements import Listing, is_category
from index.arxiv.feed_file import read_feed
from index.arxiv.session import BrokenAnswer, Pace, ask_until_whole, read_body, refusal
from index.model.errors import ArxivError, ArxivUnreachable

_LARGEST = 50 << 20  # bytes; a feed of 2,000 papers has about 5 MB


def todays_listing(session: Session, pace: Pace, feed_url: str, categories: Sequence[str], seconds: float) -> Listing:
    """What `feed_url` announces today in `categories`; the best of three cut feeds, not complete, where none is whole.

    Each try ends after `seconds`. Raises ArxivError for what is no category, ArxivUnreachable where no feed comes.
    """
    address = f"{feed_url}/{'+'.join(_checked(categories))}"
    cut: list[Listing] = []

    def ask() -> Listing:
        data = _fetch(session, address, time.monotonic() + seconds)
        try:
            listing = read_feed(data, address)
        except ArxivError as error:
            if b"Feed error for query" in data:
                raise
            raise BrokenAnswer from error  # nothing, or a web page
        if not listing.complete and not data.rstrip().endswith((b"</feed>", b"</rss>")):
            cut.append(listing)
            raise BrokenAnswer
        return listing

    try:
        return ask_until_whole(pace, "arXiv's daily feed", ask)
    except ArxivUnreachable:
        if not cut:
            raise
        return max(cut, key=lambda listing: len(listing.announcements))


def _checked(categories: Sequence[str]) -> list[str]:
    wrong = [category for category in categories if not is_category(category)]
    if wrong or not categories:
        said = ", ".join(repr(category[:40]) for category in wrong) or "Nothing"
        raise ArxivError(
            f"{said} is no category of arXiv. Write them as arXiv does, such as cs.CV or cond-mat.mes-hall: "
            "https://arxiv.org/category_taxonomy."
        )
    return list(dict.fromkeys(categories))


def _fetch(session: Session, address: str, until: float) -> bytes:
    with session.get(address, stream=True) as response:
        if response.status_code in (400, 404):
            raise ArxivError(
                f"arXiv has no feed at {address} (HTTP {response.status_code}). Check the categories: "
                "https://arxiv.org/category_taxonomy."
            )
        if response.status_code != 200:
            raise refusal(response.status_code)
        return read_body(response, "its daily feed", _LARGEST, until)
