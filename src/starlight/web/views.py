"""The page as values: people and their mailboxes, the sky, what is between the worlds.

Every moment is a `Time`: integer nanoseconds since 2000-01-01T00:00:00Z, as everywhere
in Starlight. On the page it becomes a reading of the chosen person's clock; in JSON it
becomes ISO 8601 text in UTC (`wire.py`), because JavaScript's numbers can't hold it.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import msgspec

from starlight.json_time import Time
from starlight.messages.letter_view import UNTOLD, LetterView
from starlight.web.distress_view import DistressView
from starlight.web.forecast_view import ReachView, SilenceView, Window
from starlight.words.sentence import Sentence
from starlight.worlds import EARTH, MARS


class Person(msgspec.Struct, frozen=True):
    """Someone with a mailbox whom the page can be.

    Attributes:
        id: short and safe in a URL: ``[a-z0-9-]+``, such as ``jay``.
        name: for people, such as ``Joo Nan-young``.
        address: where letters go, such as ``ipn:7.1``.
        place: such as ``Seoul`` or ``Base, Arsia Mons``.
        world: whose clock the person lives by.
    """

    id: str
    name: str
    address: str
    place: str
    world: str


class Recipient(msgspec.Struct, frozen=True):
    """Someone who can be written to.

    Attributes:
        address, name, place: who it is.
        world: the name of the one whose clock they live by; empty where nobody knows.
    """

    address: str
    name: str
    place: str
    world: str


class ConversationView(Recipient, frozen=True):
    """One correspondent of a mailbox, with or without letters yet.

    Attributes:
        letters: how many letters there are both ways.
        unread: how many of theirs are unread.
        last_at: when the latest was written, or None.
        reach: the state of the way there; None where it is not known.
        last: the latest letter; None where there is none.
    """

    letters: int = 0
    unread: int = 0
    last_at: Time | None = None
    reach: ReachView | None = None
    last: Annotated[LetterView | None, UNTOLD] = None


class MailboxView(msgspec.Struct, frozen=True):
    """One person's mailbox, opened at one correspondent.

    Attributes:
        person: whose it is.
        conversations: everyone they can write to, in the order to show.
        correspondent: the address of the one whose letters follow; empty when there is nobody.
        letters: the latest letters with that correspondent, oldest first.
        earlier: there are older ones, before the first of `letters`.
        set_aside: how many records of the mailbox can't be read and are kept apart.
        refused: how many messages that came were not taken, as in another's name, and are kept apart.
        hidden: who was taken off the list of conversations, until something new comes.
        announcements: the latest that came, in any conversation, and have not been read, the latest first.
        more_announcements: how many there are besides.
        reminders_due: how many reminders are due now.
        next_reminder: when the next one is, or None.
    """

    person: Person
    conversations: tuple[ConversationView, ...]
    correspondent: str
    letters: tuple[LetterView, ...] = ()
    earlier: bool = False
    set_aside: int = 0
    refused: int = 0
    hidden: tuple[ConversationView, ...] = ()
    announcements: tuple[LetterView, ...] = ()
    more_announcements: int = 0
    reminders_due: int = 0
    next_reminder: Time | None = None


class Upload(msgspec.Struct, frozen=True):
    """The bytes of a part that were uploaded.

    Attributes:
        upload: what a draft calls it.
    """

    upload: str


class ConjunctionView(msgspec.Struct, frozen=True):
    """The Sun between the worlds: for days nothing gets past it.

    Attributes:
        enter, leave: when the angle between Sun and the other world is below the limit.
        min_angle_deg: the least of it.
        last_departure: what leaves this person's world by then still gets past the Sun.
    """

    enter: Time
    leave: Time
    min_angle_deg: float
    last_departure: Time


class CivilFace(msgspec.Struct, frozen=True):
    """A clock of civil time: UTC plus an offset.

    Attributes:
        title: of its world, such as ``Earth``.
        place: such as ``Seoul``; may be empty.
        zone: such as ``KST``.
        utc_offset_s: such as 32400.
    """

    title: str
    place: str
    zone: str
    utc_offset_s: int


class CountedFace(msgspec.Struct, frozen=True):
    """A clock that counts days from an instant: sols of local mean solar time on Mars, or elapsed time.

    Linear in UTC while no leap second comes. A day has 24 hours of 60 minutes of 60 seconds, however long.

    Attributes:
        title: of its world, such as ``Mars``.
        place: such as ``Arsia Mons``; may be empty.
        zone: such as ``LMST`` or ``MET``.
        day: what a day is called there, such as ``Sol``.
        day_zero: when day 0 began (on Mars: local mean midnight).
        day_s: the length of a day; of a sol 88775.244 s (Allison and McEwen 2000).
    """

    title: str
    place: str
    zone: str
    day: str
    day_zero: Time
    day_s: float


ClockFace: TypeAlias = CivilFace | CountedFace


class Clock(msgspec.Struct, frozen=True):
    """Mission time and how fast it runs.

    Attributes:
        now: mission time when this was made.
        rate: mission seconds a second of real time; 0 while it stands.
        worlds: how people read it on each world, by its name; one at least, in the order to show.
    """

    now: Time
    rate: float
    worlds: dict[str, ClockFace]


class Position(msgspec.Struct, frozen=True):
    """A heliocentric position in the plane of the ecliptic of J2000.

    Attributes:
        x_au, y_au: in astronomical units; x towards the equinox, y 90 degrees east of it.
    """

    x_au: float
    y_au: float


class SkyPanel(msgspec.Struct, frozen=True):
    """The positions of the worlds, and the distance between two of them.

    Attributes:
        clock: mission time.
        earth, mars: heliocentric positions; None where no sky is shown.
        distance_km: between the two worlds of `between`; None where one of them is no body of the sky, and
            where messages take another time than light does, such as a mission's fixed delay.
        receding_km_s: how fast they part; negative while they approach.
        light_time_s: one way, by the plan; without one, as it is in the sky.
        window: the one that is open, or the next, or None when the plan knows none.
        between: the two worlds by name: the person's own first.
    """

    clock: Clock
    earth: Position | None
    mars: Position | None
    distance_km: float | None
    receding_km_s: float | None
    light_time_s: float
    window: Window | None
    between: tuple[str, str] = (EARTH.name, MARS.name)

    @property
    def is_drawn(self) -> bool:
        """Return whether the drawing, which knows the orbits of Earth and Mars, shows where they are."""
        return set(self.between) == {EARTH.name, MARS.name} and self.distance_km is not None


class Orbits(msgspec.Struct, frozen=True):
    """The two orbits as closed lines of `(x au, y au)`, about a hundred points each."""

    earth: tuple[tuple[float, float], ...]
    mars: tuple[tuple[float, float], ...]


class Crossing(msgspec.Struct, frozen=True):
    """Something on its way between the worlds, or booked to leave soon.

    The page draws it from `departed` to `arrives` by its own clock, so at 600 times life's
    speed, where a crossing takes a second, it is best told before it leaves.

    Attributes:
        id: unique among all that is in transit.
        kind: what it is.
        from_world, to_world: the two sides.
        departed: when its last byte left.
        arrives: when its last byte reaches the other side.
        label: for people, such as ``Letter from Jay to Nan-young``; never the text of a letter.
    """

    id: str
    kind: Literal["letter", "receipt", "telemetry", "report", "amendment"]
    from_world: str
    to_world: str
    departed: Time
    arrives: Time
    # Never the text of a letter: what is in transit is pushed to every page that is open, whoever's it is.
    label: str


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
