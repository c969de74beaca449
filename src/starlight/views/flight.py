"""Letters of a mailbox in flight, as the page and its JSON twin tell them: tracks with names, ways, gaps."""

from __future__ import annotations

from typing import Literal, Protocol

import msgspec

from starlight.json_time import Time
from starlight.messages.flight import Coming, Track, TrackGroup
from starlight.views.forecasts import ReachView
from starlight.words.sentence import Sentence


class FlightPlace(msgspec.Struct, frozen=True):
    """A node on a route that is shown.

    Attributes:
        node: its number.
        name: for people.
        world: the name of the one that it is on; empty where it is on none.
    """

    node: int
    name: str
    world: str


class ShownTrack(Track, frozen=True, kw_only=True):
    """A letter or a part on its way, with its names.

    Attributes:
        to_name: whom it was written to, for people.
        there_name: whom it goes to there, for people.
        world: the name of the world where that is; empty where nobody knows.
        note: why it is late or uncertain; may say nothing.
    """

    to_name: str
    there_name: str
    world: str
    note: Sentence


class FlightWay(msgspec.Struct, frozen=True):
    """The way to a correspondent.

    Attributes:
        address, name, world: whose; a person or a group.
        reach: its state, and the light time on it.
    """

    address: str
    name: str
    world: str
    reach: ReachView


class FlightGap(msgspec.Struct, frozen=True):
    """A time in which nothing, or less, gets across.

    Attributes:
        kind: the Sun stands between the worlds, or the plan has a notice.
        start, end: the interval; a notice without an end that is known ends with the plan.
        text: why.
    """

    kind: Literal["conjunction", "notice"]
    start: Time
    end: Time
    text: Sentence


class FlightView(msgspec.Struct, frozen=True):
    """All of a mailbox that is on its way, as its node knows it.

    Attributes:
        now: when.
        node: the number of that node.
        places: the nodes on the routes of all tracks, and the own one.
        tracks: what leaves, or left, first.
        groups: what more there is, as counts.
        coming: letters that are here, parts of which are missing. What else is on its way to this mailbox
            nobody here can know.
        ways: the ways to those whom letters go to.
        gaps: when nothing, or less, gets across on them.
    """

    now: Time
    node: int
    places: tuple[FlightPlace, ...]
    tracks: tuple[ShownTrack, ...]
    groups: tuple[TrackGroup, ...] = ()
    coming: tuple[Coming, ...] = ()
    ways: tuple[FlightWay, ...] = ()
    gaps: tuple[FlightGap, ...] = ()

    @property
    def names(self) -> dict[int, str]:
        """Return what the nodes that are shown are called, by number."""
        return {place.node: place.name for place in self.places}


class FlightDesk(Protocol):
    """One person's letters in flight."""

    async def flight(self) -> FlightView:
        """Return it as it is now."""
        ...
