"""What a letter's state is called, with predicted and confirmed apart in every sentence."""

from __future__ import annotations

import msgspec

from starlight.messages.delivery import Certainty, DeliveryState
from starlight.messages.letter_view import THERE, LetterView
from starlight.messages.urgency import Priority


class Words(msgspec.Struct, frozen=True):
    """The state of a letter for people.

    Attributes:
        headline: such as ``In flight``.
        detail: what is expected next or how we know, with ``{}`` where `at` goes; may be empty.
        at: the moment that the detail speaks of, or None.
        certainty: decides the look.
    """

    headline: str
    detail: str = ""
    at: int | None = None
    certainty: Certainty = Certainty.CONFIRMED


STEPS: dict[tuple[DeliveryState, Certainty], str] = {
    (DeliveryState.WRITTEN, Certainty.CONFIRMED): "written",
    (DeliveryState.WRITTEN, Certainty.PREDICTED): "to be written",
    (DeliveryState.QUEUED, Certainty.CONFIRMED): "kept, waiting to leave",
    (DeliveryState.QUEUED, Certainty.PREDICTED): "expected to wait",
    (DeliveryState.DEPARTED, Certainty.CONFIRMED): "left",
    (DeliveryState.DEPARTED, Certainty.PREDICTED): "expected to leave",
    (DeliveryState.IN_FLIGHT, Certainty.CONFIRMED): "in flight",
    (DeliveryState.IN_FLIGHT, Certainty.PREDICTED): "expected in flight",
    (DeliveryState.ARRIVED, Certainty.CONFIRMED): "arrived",
    (DeliveryState.ARRIVED, Certainty.PREDICTED): "expected to arrive",
    (DeliveryState.READ, Certainty.CONFIRMED): "read",
    (DeliveryState.READ, Certainty.PREDICTED): "expected to be read",
    (DeliveryState.EXPIRED, Certainty.CONFIRMED): "expired",
    (DeliveryState.EXPIRED, Certainty.PREDICTED): "would expire",
    (DeliveryState.WITHDRAWN, Certainty.CONFIRMED): "withdrawn",
    (DeliveryState.WITHDRAWN, Certainty.PREDICTED): "to be withdrawn",
}
"""How one step of the way is called, by what it is and how sure it is."""


CRITICAL = "Critical"
URGENCY = {Priority.BULK: "Not urgent", Priority.NORMAL: "", Priority.EXPEDITED: "Urgent"}
"""How a letter is marked by its priority, where it is not as all others."""


def urgency(letter: LetterView) -> str:
    """Return how a letter is marked by its urgency; empty for one that is as all others."""
    return CRITICAL if letter.critical else URGENCY[letter.priority]


ENDS = {
    DeliveryState.ARRIVED: ("Arrived", "{}, confirmed"),
    DeliveryState.READ: ("Read", "{}, confirmed"),
    DeliveryState.EXPIRED: ("Expired", "{}"),
    DeliveryState.WITHDRAWN: ("Withdrawn", "{}"),
}
"""How it is told of an own letter that it has come to an end of its way, where that is confirmed."""


def words_for(letter: LetterView, now: int) -> Words:
    """Return what to say of a letter now, as the person whose mailbox it is in."""
    return _received(letter) if not letter.mine else _sent(letter, now)


def _received(letter: LetterView) -> Words:
    read = letter.last_fact(DeliveryState.READ)
    if read is not None and not letter.unread:
        return Words("Read", "{}", read.time)
    arrived = letter.last_fact(DeliveryState.ARRIVED)
    return Words("Arrived", "{}", arrived.time) if arrived else Words("Arrived")


def _sent(letter: LetterView, now: int) -> Words:
    current = letter.last_fact(letter.state)
    at = current.time if current else None
    if letter.certainty is Certainty.CONFIRMED and letter.state in ENDS:
        return Words(*ENDS[letter.state], at)
    if letter.state in THERE:
        if letter.receipt_at is None:
            return _foreseen("Should be there", "expected {}; no way back to confirm it", at)
        if letter.receipt_at > now:
            return _foreseen("Should be there", "word of it expected {}", letter.receipt_at)
        return _foreseen("Should be there", "word of it was expected {}", letter.receipt_at)
    if letter.state in (DeliveryState.DEPARTED, DeliveryState.IN_FLIGHT):
        arrives = letter.last_fact(DeliveryState.ARRIVED)
        return _foreseen("In flight", "expected there {}", arrives.time if arrives else None)
    leaves = letter.last_fact(DeliveryState.DEPARTED)
    if leaves is not None and leaves.time > now:
        return _foreseen("Kept safe, waiting", "expected to leave {}", leaves.time)
    return _foreseen("Kept safe, waiting")


def _foreseen(headline: str, detail: str = "", at: int | None = None) -> Words:
    return Words(headline, detail, at, Certainty.PREDICTED)
