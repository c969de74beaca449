"""The letters and parts of a mailbox that are on their way: where each is by its forecast, and what is known.

Values alone; `postoffice/flights.py` looks them up. Times are integer ns. All of a track is foreseen but for
what its `certainty` and its `departed` say; where it is between two confirmations is a pure function of its
hops and a time (`spot_of`), so nothing is written down as time passes.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from starlight.contacts import Notice
from starlight.json_time import Time
from starlight.messages.delivery import WITHDRAWABLE, Certainty, DeliveryState
from starlight.messages.doubt import Doubt, Trouble
from starlight.messages.later_view import HeldView
from starlight.messages.letter_view import UNTOLD
from starlight.messages.reach import Reach
from starlight.messages.urgency import Priority
from starlight.node.forecast import ForecastDoubt


class FlightHop(msgspec.Struct, frozen=True, kw_only=True):
    """A hop of the route that is foreseen for something on its way.

    Attributes:
        from_node, to_node: node numbers.
        leaves, last_byte, arrives: first bit out, last bit out, last bit in.
        opens: when the contact begins that carries it; None where the plan has it no more.
        closes: when that contact ends.
    """

    from_node: int
    to_node: int
    leaves: Time
    last_byte: Time
    arrives: Time
    opens: Time | None
    closes: Time


class Track(msgspec.Struct, frozen=True, kw_only=True):
    """A letter, or a part of one that goes apart, on its way to one node.

    Attributes:
        letter: the id of the letter.
        part: which of its parts, from 0; None where it is the words.
        to: whom it was written to; a person or a group.
        there: the address that it goes to: of a letter to a group, one at the node where its readers are.
        text: its first words, or the name of the part.
        priority, critical: how urgent it is.
        size_bytes: of its words or the part.
        state, certainty: what holds of it, and how that is known.
        held: why it stays here, though it could leave; None where nothing holds it.
        left: when it left, or is foreseen to; None where no route is known.
        departed: a link has taken it, so that it left is confirmed.
        arrives: when it is foreseen there; None where no route is known.
        word_at: when word of its arrival can be here at the earliest; None where none can.
        expires: when nobody carries it any further.
        hops: the route that is foreseen.
        at_node: where it waits, or should be by now; None while light carries it.
        hop: which of its hops it is on, from 0; None while it waits.
        in_doubt: contact was lost with who takes it from here, so what was foreseen holds no longer and
            nobody can say where it is; or it has left, and no route is planned from where it should be.
        displaced: it is later than it was, because something more urgent goes first.
        doubtful, trouble, doubts: why what is foreseen is uncertain, and what went wrong.
    """

    letter: str
    part: int | None = None
    to: str
    there: str
    text: str
    priority: Priority = Priority.NORMAL
    critical: bool = False
    size_bytes: int
    state: DeliveryState
    certainty: Certainty
    held: HeldView | None = None
    left: Time | None
    departed: bool = False
    arrives: Time | None
    word_at: Time | None = None
    expires: Time
    hops: tuple[FlightHop, ...] = ()
    at_node: int | None = None
    hop: int | None = None
    in_doubt: bool = False
    displaced: bool = False
    doubtful: Annotated[Doubt | None, UNTOLD] = None
    trouble: Annotated[Trouble | None, UNTOLD] = None
    doubts: Annotated[tuple[ForecastDoubt, ...], UNTOLD] = ()

    @property
    def is_here(self) -> bool:
        """Return whether it has not left yet."""
        return self.state in WITHDRAWABLE


class TrackGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Things on their way that are told as a count, because there are more than anybody looks through.

    Attributes:
        to, to_name: whom they were written to.
        state, certainty: what holds of all of them.
        held: they are kept here until something lets them go.
        count: how many letters and parts they are.
        size_bytes: of all.
        left: when the first leaves, or left; None where no route is known for any.
        arrives: when the last is foreseen there; None where no route is known for any.
        routeless: for how many of them no route is known.
    """

    to: str
    to_name: str = ""
    state: DeliveryState
    certainty: Certainty
    held: bool = False
    count: int
    size_bytes: int
    left: Time | None
    arrives: Time | None
    routeless: int = 0


class Coming(msgspec.Struct, frozen=True, kw_only=True):
    """A letter that came, and parts of which are not here whole.

    Attributes:
        letter: its id.
        correspondent: with whom it stands; a person or a group.
        from_address, from_name: who wrote it.
        text: its first words.
        parts: how many are missing, whole or in part.
        here_bytes, size_bytes: how much of these is here, of how much.
    """

    letter: str
    correspondent: str
    from_address: str
    from_name: str = ""
    text: str
    parts: int
    here_bytes: int
    size_bytes: int


class Flight(msgspec.Struct, frozen=True):
    """All of a mailbox that is on its way, as its node knows it at a time.

    Attributes:
        now: when, in ns.
        node: its number.
        tracks: what leaves, or left, first; at most `postoffice/flights.py: TRACKS_MAX`.
        groups: what more there is.
        coming: the letters of which parts are missing here.
        ways: the state of the way to each address of a track, and to each whom letters were written to.
        notices: what the plan says of the reasons for which contacts are missing, on these ways.
    """

    now: int
    node: int
    tracks: tuple[Track, ...]
    groups: tuple[TrackGroup, ...]
    coming: tuple[Coming, ...]
    ways: tuple[tuple[str, Reach], ...]
    notices: tuple[Notice, ...]


def spot_of(hops: tuple[FlightHop, ...], now: int) -> tuple[int | None, int | None]:
    """Return where what has left is at a time, as foreseen.

    Args:
        hops: its route; none, nothing is known.
        now: in ns.

    Returns:
        The node where it waits or has come to, and no hop; or no node, and the hop that it is on.
    """
    for number, hop in enumerate(hops):
        if now < hop.leaves:
            return hop.from_node, None
        if now < hop.arrives:
            return None, number
    return (hops[-1].to_node, None) if hops else (None, None)
