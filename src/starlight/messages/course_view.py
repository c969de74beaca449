"""A course of a letter to a group as its author sees it: to whom of it, where it is, who has read it."""

from __future__ import annotations

import msgspec

from starlight.json_time import Time
from starlight.messages.course import ReadBy
from starlight.messages.delivery import Certainty, DeliveryState
from starlight.messages.dispatch import Sent
from starlight.messages.standing import standing


class ReaderView(msgspec.Struct, frozen=True):
    """One of those whom a letter to a group is for.

    Attributes:
        address, name: who.
        read_at: when that one had read it, as a receipt says; None where none has come. In ns.
    """

    address: str
    name: str = ""
    read_at: Time | None = None


class CourseView(msgspec.Struct, frozen=True):
    """A letter to a group on its way to one node; times in ns.

    Attributes:
        to: the address that it goes to.
        state, certainty: what holds of it.
        leaves, arrives: when it is foreseen to leave and to be there; None where no route is known.
        arrived: when it was there, as a receipt says; None where none has come.
        readers: for whom it is there.
    """

    to: str
    state: DeliveryState
    certainty: Certainty
    leaves: Time | None
    arrives: Time | None
    arrived: Time | None
    readers: tuple[ReaderView, ...]


def course_view(sent: Sent, now: int) -> CourseView:
    """Return a course of a letter to a group as it stands at a time in ns."""
    holds, dispatch = standing(sent, now), sent.dispatch
    read: dict[str, ReadBy] = {each.address: each for each in sent.read_by}
    return CourseView(
        to=sent.to,
        state=holds.state,
        certainty=holds.certainty,
        leaves=dispatch.expected.leaves,
        arrives=dispatch.expected.arrives,
        arrived=dispatch.confirmed.arrived_at,
        readers=tuple(
            ReaderView(each, read_at=read[each].at if each in read else None) for each in sent.readers
        ),
    )
