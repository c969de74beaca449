"""Media that are let go on request: the bytes of parts that both ends had; their letters stay as they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from starlight.mailboxes.mailbox import Mailbox
from starlight.messages.delivery import DeliveryState
from starlight.messages.part_state import PartState, let_go
from starlight.node.application import Save


class ReleasablePart(NamedTuple):
    """A part that can be let go.

    Attributes:
        letter_id, number: which part.
        state: what is here of it.
    """

    letter_id: str
    number: int
    state: PartState


def releasable(mailbox: Mailbox, before: int) -> Iterator[ReleasablePart]:
    """Give the parts of a mailbox that are here whole and were at both ends, of letters before a time in
    ns."""
    for letter_id, number in mailbox.parts.all():
        state = mailbox.parts.get(letter_id, number)
        if state is not None and state.arrived_at is not None and _is_old(mailbox, letter_id, number, before):
            yield ReleasablePart(letter_id, number, state)


def release(mailbox: Mailbox, part: ReleasablePart, now: int) -> list[Save]:
    """Let go of the bytes of a part at a time in ns; return the saves."""
    # It is here whole, so its chunks have no gaps.
    saves, freed = mailbox.bodies.empty(part.state.reference)
    gone = mailbox.parts.put(part.letter_id, part.number, let_go(part.state, now))
    return [*saves, mailbox.part_room.keep(-freed), gone]


def _is_old(mailbox: Mailbox, letter_id: str, number: int, before: int) -> bool:
    """Return whether a part is of a letter before a time, and is, or was, whole at the other end too."""
    # Of what its reader has not seen yet, nothing is let go.
    if not mailbox.index.has(letter_id) or mailbox.index.entry(letter_id).hidden:
        return False
    courses, received = mailbox.outgoing.courses(letter_id), mailbox.received(letter_id)
    if courses:
        # To a group it goes to each node by itself, and may be on its way to one of them yet.
        sent = [each for course in courses for each in course.parts if each.part == number]
        there = [each.state in (DeliveryState.ARRIVED, DeliveryState.READ) for each in sent]
        return bool(there) and all(there) and courses[0].written_at < before
    if received is None:
        return False
    # Until its author knows that it came, it may be sent once more.
    told = received.told_arrival and number not in received.untold_parts
    return told and received.arrived_at < before
