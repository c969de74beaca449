"""The text of a link with a neighbour, for engineers: whether it is up, what it carries, what went wrong."""

from __future__ import annotations

from starlight.words.language import ngettext
from starlight.words.reach import rate_text
from starlight.words.sentence import Moment, Sentence, bytes_text, fill

HEADING = "Links"
UP, DOWN, NEVER = "Up since {at}", "Down since {at}", "Never up"
CALLS_US = "{protocol}, it calls us"
AT, NOTHING_HEARD = "{at}", "Never"
CARRIES = "{sent} out, {received} in"
WAITS = "{count} of {size}"
NOTHING_WAITS = "Nothing"
WENT_WRONG = "{at}: {error}"
LABELS = {
    "over": "Over",
    "heard": "Last heard",
    "carries": "Carries now",
    "waits": "Waits for it",
    "error": "Last error",
}
"""In English, what each fact about a link is called, in the order to show."""


def state(since: int | None, *, up: bool) -> Sentence:
    """Return whether a link is up, and since when, in ns; None where it never was."""
    return fill(NEVER) if since is None else fill(UP if up else DOWN, at=Moment(since))


def over(protocol: str, address: str) -> Sentence:
    """Return what carries a link; nothing where the peer calls us and has not yet."""
    if address or not protocol:
        return Sentence((address,) if address else ())
    return fill(CALLS_US, protocol=protocol.upper())


def heard(at: int | None) -> Sentence:
    """Return when something came from a peer last, in ns; None for never."""
    return fill(NOTHING_HEARD) if at is None else fill(AT, at=Moment(at))


def carries(sent_bytes_per_s: float, received_bytes_per_s: float) -> Sentence:
    """Return what is on the wire now, each way."""
    sent, received = (rate_text(round(8 * rate)) for rate in (sent_bytes_per_s, received_bytes_per_s))
    return fill(CARRIES, sent=sent, received=received)


def waits(bundles: int, size_bytes: int) -> Sentence:
    """Return what is booked to leave for a peer."""
    if not bundles:
        return fill(NOTHING_WAITS)
    count = ngettext("{count} bundle", "{count} bundles", bundles)
    return fill(WAITS, count=count, size=bytes_text(size_bytes))


def error(text: str, at: int | None) -> Sentence:
    """Return what went wrong last, and when, in ns; nothing where nothing did."""
    return fill(WENT_WRONG, at=Moment(at), error=text) if text and at is not None else Sentence(())
