"""The state of a page besides its letters: the sky, the links, the storm, the pace, and what is in flight."""

from __future__ import annotations

from typing import Annotated

import msgspec

from starlight.json_time import Time
from starlight.messages.letter_view import UNTOLD
from starlight.views.distress import DistressView
from starlight.views.forecasts import ReachView, SilenceView
from starlight.views.sky import ConjunctionView, Crossing, SkyPanel
from starlight.words.sentence import Sentence


class TelemetryView(msgspec.Struct, frozen=True):
    """The latest that the person's place has heard from a vehicle or a suit.

    Attributes:
        vehicle: its id.
        name: for people, such as ``Rover`` or ``Nan-young's suit``.
        measured_at: when it was measured there.
        received_at: when it was known here.
        latitude_deg, longitude_deg: on Mars, east positive; None when unknown.
        oxygen_percent: None where there is none to measure.
        findings: what it found, a short sentence each.
        note: such as ``No word since the storm``; may be empty.
    """

    vehicle: str
    name: str
    measured_at: Time
    received_at: Time
    latitude_deg: float | None = None
    longitude_deg: float | None = None
    oxygen_percent: float | None = None
    findings: tuple[str, ...] = ()
    note: str = ""


class StormView(msgspec.Struct, frozen=True):
    """The storm that a visitor of the page can let loose.

    Attributes:
        active: the relays are cut now.
        since: when they were cut, or None.
        cuts: what it cuts, for people, such as ``both relay orbiters``.
    """

    active: bool
    since: Time | None = None
    cuts: str = "the relays"


class PlanChanges(msgspec.Struct, frozen=True):
    """The changes of the contact plan that a person's place goes by.

    Attributes:
        digest: the short name of all that is held, the same wherever the same is held.
        held: how many amendments that are.
        latest: what the latest of them say, the last first.
        others: what is known of other places, by node number.
    """

    digest: str
    held: int
    latest: tuple[Sentence, ...] = ()
    others: tuple[Sentence, ...] = ()


class OutlookView(msgspec.Struct, frozen=True):
    """Something that is to come, as a person knows it.

    Attributes:
        at: when.
        text: a sentence, for that person.
    """

    at: Time
    text: str


class PaceView(msgspec.Struct, frozen=True):
    """The speed of a demo's mission, for all its nodes and pages at once.

    Attributes:
        rate: mission seconds a second of real time; 0 while it is paused.
        rates: those to choose from, ascending.
        goes_on: it hurries on to what comes next in the story.
        can_go_on: something comes.
        coming: what this person knows to be coming; None for nothing.
        until: when this will read differently by the passing of time alone.
    """

    rate: float
    rates: tuple[float, ...]
    goes_on: bool = False
    can_go_on: bool = False
    coming: OutlookView | None = None
    until: Time | None = None


class LinkView(msgspec.Struct, frozen=True):
    """A link with a neighbour, for an engineer.

    Attributes:
        name: of the neighbour, for people.
        up: it can be sent to.
        state: since when it is up or down.
        facts: what else there is to know, each with its label, in the order to show.
    """

    name: str
    up: bool
    state: Sentence
    facts: tuple[tuple[str, Sentence], ...]


class PageStatus(msgspec.Struct, frozen=True):
    """All that moves on the page besides letters, as one person's place knows it.

    Attributes:
        sky: clocks, positions, the window.
        in_transit: everything between the worlds now or soon, by departure.
        silence: why letters do not get across to the correspondent that is shown; None while they do.
        storm: the button's state; None where there is none.
        telemetry: the latest of each vehicle.
        conjunction: the one that is near or under way, or None.
        plan: how the contact plan was changed, or None where it was not.
        reach: the state of the way to the correspondent that is shown; None where there is nobody.
        clocks: which clocks differ from that of this place; empty while all that are known agree.
        pace: how fast mission time goes, where that can be chosen: in a demo.
        links: how the links of the person's node stand.
        facts: which facts of the mission are told differently elsewhere.
        disk: what the disk of this place wants, in words; empty while it has room.
        media_missing: how voices and pictures come to be heard and seen here; empty where they are.
        distress: the calls for help that concern the person.
    """

    sky: SkyPanel
    # The API's key is older than the name, and programs read it.
    in_transit: tuple[Crossing, ...] = msgspec.field(default=(), name="flights")
    silence: SilenceView | None = None
    storm: StormView | None = None
    telemetry: tuple[TelemetryView, ...] = ()
    conjunction: ConjunctionView | None = None
    plan: PlanChanges | None = None
    reach: ReachView | None = None
    clocks: tuple[Sentence, ...] = ()
    pace: PaceView | None = None
    facts: tuple[Sentence, ...] = ()
    # Programs have them with all their figures in `GET /api/nodes`.
    links: Annotated[tuple[LinkView, ...], UNTOLD] = ()
    disk: str = ""
    media_missing: str = ""
    distress: DistressView = DistressView()


class PageChange(msgspec.Struct, frozen=True):
    """Word that something the page shows is no longer as it was.

    Attributes:
        people: the ids of those whose mailbox changed.
        status: what is in transit, silence, storm, telemetry or the plan changed.
    """

    people: tuple[str, ...] = ()
    status: bool = False
