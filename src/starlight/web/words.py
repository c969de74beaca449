"""What a letter's state is called, with predicted and confirmed apart in every sentence."""

from __future__ import annotations

import msgspec

from starlight.web.views import Fact, LetterView, Standing, State


class Words(msgspec.Struct, frozen=True):
    """The state of a letter for people.

    Attributes:
        headline: such as ``In flight``.
        detail: what is expected next or how we know, with ``{}`` where `at` goes; may be empty.
        at: the moment that the detail speaks of, or None.
        standing: decides the look.
    """

    headline: str
    detail: str = ""
    at: int | None = None
    standing: Standing = "confirmed"


STEPS: dict[tuple[State, Standing], str] = {
    ("written", "confirmed"): "written",
    ("written", "predicted"): "to be written",
    ("queued", "confirmed"): "kept, waiting to leave",
    ("queued", "predicted"): "expected to wait",
    ("departed", "confirmed"): "left",
    ("departed", "predicted"): "expected to leave",
    ("in_flight", "confirmed"): "in flight",
    ("in_flight", "predicted"): "expected in flight",
    ("arrived", "confirmed"): "arrived",
    ("arrived", "predicted"): "expected to arrive",
    ("read", "confirmed"): "read",
    ("read", "predicted"): "expected to be read",
    ("expired", "confirmed"): "expired",
    ("expired", "predicted"): "would expire",
    ("withdrawn", "confirmed"): "withdrawn",
    ("withdrawn", "predicted"): "to be withdrawn",
}
"""How one step of the way is called, by what it is and how sure it is."""


URGENCY = {"bulk": "Not urgent", "expedited": "Urgent", "critical": "Critical"}
"""How a letter that is not as all others is marked."""


def is_on_its_way(letter: LetterView) -> bool:
    """Return whether a letter of the person's own waits or travels still, as far as can be said."""
    return letter.mine and letter.state in ("written", "queued", "departed", "in_flight")


def fact_of(letter: LetterView, what: State) -> Fact | None:
    """Return the last fact of a kind, or None."""
    return next((fact for fact in reversed(letter.facts) if fact.what == what), None)


def words_for(letter: LetterView, now: int) -> Words:
    """Return what to say of a letter now, as the person whose mailbox it is in."""
    return _received(letter) if not letter.mine else _sent(letter, now)


def _received(letter: LetterView) -> Words:
    read = fact_of(letter, "read")
    if read is not None and not letter.unread:
        return Words("Read", "{}", read.at)
    arrived = fact_of(letter, "arrived")
    return Words("Arrived", "{}", arrived.at) if arrived else Words("Arrived")


def _sent(letter: LetterView, now: int) -> Words:
    current = fact_of(letter, letter.state)
    at = current.at if current else None
    if letter.standing == "confirmed" and letter.state in ("arrived", "read", "expired", "withdrawn"):
        headline = {"arrived": "Arrived", "read": "Read", "expired": "Expired", "withdrawn": "Withdrawn"}
        confirmed = "{}, confirmed" if letter.state in ("arrived", "read") else "{}"
        return Words(headline[letter.state], confirmed, at)
    if letter.state in ("arrived", "read"):
        if letter.receipt_at is None:
            return Words("Should be there", "expected {}; no way back to confirm it", at, "predicted")
        if letter.receipt_at > now:
            return Words("Should be there", "word of it expected {}", letter.receipt_at, "predicted")
        return Words("Should be there", "word of it was expected {}", letter.receipt_at, "predicted")
    arrives = fact_of(letter, "arrived")
    if letter.state in ("departed", "in_flight"):
        return Words("In flight", "expected there {}", arrives.at if arrives else None, "predicted")
    leaves = fact_of(letter, "departed")
    if leaves is not None and leaves.at > now:
        return Words("Kept safe, waiting", "expected to leave {}", leaves.at, "predicted")
    return Words("Kept safe, waiting", "", None, "predicted")
