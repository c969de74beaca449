"""What is in flight in the page's fake: on the wave, there, in doubt, waiting, without a route."""

from __future__ import annotations

from msgspec.structs import replace

from starlight.dtntime import DAY, HOUR, MINUTE
from starlight.messages.delivery import Certainty, DeliveryState
from starlight.messages.flight import Coming, FlightHop, TrackGroup
from starlight.messages.later_view import HeldView
from starlight.messages.urgency import Priority
from starlight.views.flight import (
    FlightDesk,
    FlightGap,
    FlightPlace,
    FlightView,
    FlightWay,
    ShownTrack,
)
from starlight.views.forecasts import ReachView
from starlight.words.sentence import Moment, Sentence

JAY, DISH, RELAY, BASE = 7, 1, 12, 21
LIGHT = 19 * MINUTE
NO_WORDS = Sentence(())


def hop(from_node: int, to_node: int, leaves: int, takes: int, window: int = HOUR) -> FlightHop:
    """Return a hop that takes so long, early in a contact of an hour."""
    arrives = leaves + takes
    return FlightHop(
        from_node=from_node,
        to_node=to_node,
        leaves=leaves,
        last_byte=leaves,
        arrives=arrives,
        opens=leaves - 5 * MINUTE,
        closes=leaves + window,
    )


def over_relay(leaves: int, stay: int = 2 * MINUTE) -> tuple[FlightHop, ...]:
    """Return the route from Jay over dish and relay to the base, at which a letter stays so long before."""
    at_dish = leaves + MINUTE
    at_relay = at_dish + LIGHT
    return (
        hop(JAY, DISH, leaves, MINUTE),
        hop(DISH, RELAY, at_dish, LIGHT),
        hop(RELAY, BASE, at_relay + stay, MINUTE),
    )


def track(
    id: str,
    text: str,
    hops: tuple[FlightHop, ...],
    state: DeliveryState,
    *,
    part: int | None = None,
    at_node: int | None = None,
    on: int | None = None,
    departed: bool = False,
    certainty: Certainty = Certainty.PREDICTED,
    priority: Priority = Priority.NORMAL,
    in_doubt: bool = False,
    note: Sentence = NO_WORDS,
) -> ShownTrack:
    """Return a track from Jay to Nan-young."""
    arrives = hops[-1].arrives if hops else None
    return ShownTrack(
        letter=id,
        part=part,
        to="ipn:21.1",
        there="ipn:21.1",
        text=text,
        priority=priority,
        size_bytes=420,
        state=state,
        certainty=certainty,
        left=hops[0].leaves if hops else None,
        departed=departed,
        arrives=arrives,
        word_at=None if arrives is None else arrives + LIGHT + MINUTE,
        expires=10**18 * 3,
        hops=hops,
        at_node=at_node,
        hop=on,
        in_doubt=in_doubt,
        to_name="Nan-young",
        there_name="Nan-young",
        world="mars",
        note=note,
    )


def flight_at(now: int) -> FlightView:
    """Return what is in flight at a time, in ns."""
    tracks = (
        track(
            "there",
            "Good night from Seoul",
            over_relay(now - 30 * MINUTE),
            DeliveryState.ARRIVED,
            at_node=BASE,
            departed=True,
        ),
        track(
            "wave",
            "The plum tree is in flower. I counted to the light time with you.",
            over_relay(now - 9 * MINUTE),
            DeliveryState.IN_FLIGHT,
            on=1,
            departed=True,
        ),
        track(
            "wave",
            "plum-tree.avif",
            over_relay(now - 7 * MINUTE, 40 * MINUTE),
            DeliveryState.IN_FLIGHT,
            part=0,
            on=1,
            departed=True,
        ),
        track(
            "lost",
            "Are you warm enough?",
            over_relay(now - 14 * MINUTE),
            DeliveryState.DEPARTED,
            departed=True,
            certainty=Certainty.IN_DOUBT,
            in_doubt=True,
            note=Sentence(("The link with Yeoju dish went down at ", Moment(now - 12 * MINUTE), ".")),
        ),
        track(
            "waits",
            "Tomorrow's list for the rover",
            over_relay(now + 25 * MINUTE),
            DeliveryState.QUEUED,
            at_node=JAY,
            priority=Priority.EXPEDITED,
        ),
        track("later", "After the Sun", over_relay(now + 12 * DAY), DeliveryState.QUEUED, at_node=JAY),
        replace(
            track("held", "For your birthday", (), DeliveryState.WRITTEN, at_node=JAY),
            held=HeldView(now - DAY, until=now + 5 * DAY),
        ),
        track("none", "Whenever there is a way", (), DeliveryState.QUEUED, at_node=JAY),
    )
    reach = ReachView(
        code="open",
        headline=Sentence(("Open until ", Moment(now + 2 * HOUR))),
        detail=NO_WORDS,
        light_time_s=1140.0,
    )
    shut = ReachView(code="no_route", headline=Sentence(("No route is planned",)), detail=NO_WORDS)
    places = (
        FlightPlace(JAY, "Seoul", "earth"),
        FlightPlace(DISH, "Yeoju dish", "earth"),
        FlightPlace(RELAY, "Relay orbiter", "mars"),
        FlightPlace(BASE, "Base, Arsia Mons", "mars"),
    )
    group = TrackGroup(
        to="ipn:21.1",
        to_name="Nan-young",
        state=DeliveryState.QUEUED,
        certainty=Certainty.CONFIRMED,
        count=4_993,
        size_bytes=99_860_000,
        left=now + 13 * DAY,
        arrives=now + 15 * DAY,
        routeless=3,
    )
    coming = Coming(
        letter="song",
        correspondent="ipn:21.1",
        from_address="ipn:21.1",
        from_name="Nan-young",
        text="A song for the long night",
        parts=2,
        here_bytes=40_000,
        size_bytes=100_000,
    )
    sun = FlightGap(
        "conjunction", now + DAY, now + 11 * DAY, Sentence(("The Sun stands between the worlds.",))
    )
    storm = FlightGap("notice", now - DAY, now + 20 * MINUTE, Sentence(("Dust storm over Arsia Mons.",)))
    return FlightView(
        now=now,
        node=JAY,
        places=places,
        tracks=tracks,
        groups=(group,),
        coming=(coming,),
        ways=(
            FlightWay("ipn:21.1", "Nan-young", "mars", reach),
            FlightWay("ipn:8.1", "Father", "earth", shut),
        ),
        gaps=(storm, sun),
    )


class FakeFlight(FlightDesk):
    """What is in flight, always alike, whenever it is asked for."""

    def __init__(self, view: FlightView) -> None:
        self.view = view

    async def flight(self) -> FlightView:
        return self.view
