"""What of a report does not keep the output contract, found on its page: what takes a fault with it is left out."""

from assistant.digest.record import Digest, Summary
from assistant.report.page_contract import digest_shape, faults_of_page
from assistant.report.render import digest_markdown
from assistant.verify.text_faults import Fault

_PARTS = ("themes", "highlights", "emerging", "reading")


def page_faults(digest: Digest) -> list[Fault]:
    """What is wrong with a report's page; empty where it may be kept."""
    return faults_of_page(digest_markdown(digest), digest_shape(digest))


def faulty_cards(digest: Digest) -> dict[str, str]:
    """The cards whose analysis breaks the contract, by arXiv id, and what is wrong with each."""
    bare = digest.model_copy(update={"summary": Summary()})
    faults = page_faults(bare)
    found: dict[str, str] = {}
    for card in digest.cards if faults else ():
        if card.breakdown is None:
            continue
        others = tuple(each for each in bare.cards if each is not card)
        left = page_faults(bare.model_copy(update={"cards": others}))
        if len(left) < len(faults):
            details = {fault.detail for fault in left}
            found[card.arxiv_id] = next(
                (each.detail for each in faults if each.detail not in details), faults[0].detail
            )
    return found


def without_faulty_statements(digest: Digest) -> Digest:
    """The report without the statements of its summary that break the contract."""
    cards = tuple(card.model_copy(update={"breakdown": None}) for card in digest.cards)
    bare = digest.model_copy(update={"cards": cards})
    faults = len(page_faults(bare))
    for part in _PARTS:
        for statement in getattr(bare.summary, part) if faults else ():
            rest = tuple(each for each in getattr(bare.summary, part) if each is not statement)
            without = bare.model_copy(update={"summary": bare.summary.model_copy(update={part: rest})})
            if (fewer := len(page_faults(without))) < faults:
                bare, faults = without, fewer
    return digest.model_copy(update={"summary": bare.summary})
