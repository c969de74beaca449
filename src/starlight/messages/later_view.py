"""A letter for later, as its mailbox shows it: why it stays here, and until when it is hidden there."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from msgspec.structs import replace

from starlight.json_time import Time
from starlight.messages.delivery import WITHDRAWABLE, DeliveryState, Received
from starlight.messages.dispatch import Sent
from starlight.messages.letter import Letter
from starlight.messages.quote import quoted
from starlight.messages.withdrawal import Withdrawal


class HeldView(msgspec.Struct, frozen=True):
    """The reason why an own letter does not leave; by hand where nothing else is told. Times in ns.

    Attributes:
        since, until, after, place, awaits: as of `Held`.
        after_words: the first words of the letter that must have been read first.
        after_to, after_name: whom that went to, a person or a group, and the same for people.
    """

    since: Time
    until: Time | None = None
    after: str | None = None
    place: int | None = None
    after_words: str = ""
    after_to: str = ""
    after_name: str = ""
    awaits: str | None = None


class OpensView(msgspec.Struct, frozen=True):
    """The moment until which a letter is, or was, hidden from its reader; times in ns.

    Attributes:
        time: that moment; None where an event alone opens it.
        event: the fact of the mission that opens it; empty for none.
        unless_back: it is not to be read if its author is back by then.
        opened_at: of one that came, when it opened here; None of one that came after it could open.
        withdrawal: of an own one, how it can be taken back; None where nobody has looked.
    """

    time: Time | None = None
    event: str = ""
    unless_back: bool = False
    opened_at: Time | None = None
    withdrawal: Withdrawal | None = None


class OwnLetter(msgspec.Struct, frozen=True):
    """An own letter that not all of its readers have read, for which another can wait.

    Attributes:
        id: of it.
        to_name: whom it went to, for people.
        text: its first words.
        written_at: in ns.
    """

    id: str
    to_name: str
    text: str
    written_at: Time


def held_view(sent: Sent | None, look_up: Callable[[str], Letter | None]) -> HeldView | None:
    """Return why a letter that was written here does not leave; None where nothing holds it.

    Args:
        sent: its course.
        look_up: gives a letter of the mailbox by its id, or None.
    """
    if sent is None or sent.held is None or sent.dispatch.state not in WITHDRAWABLE:
        return None
    held = sent.held
    found = HeldView(held.since, held.until, held.after, held.place, awaits=held.awaits)
    first = None if held.after is None else look_up(held.after)
    if first is None:
        return found
    to = first.group or first.to
    return replace(found, after_words=quoted(first.id, first).text, after_to=to)


def opens_view(letter: Letter, sent: Sent | None, received: Received | None) -> OpensView | None:
    """Return until when a letter is hidden from its reader; None of others, and of one taken back here."""
    opens = letter.opens
    if opens is None or (sent is not None and sent.dispatch.state is DeliveryState.WITHDRAWN):
        return None
    opened_at = None if received is None else received.opened_at
    return OpensView(opens.time, opens.event, opens.unless_back, opened_at)
