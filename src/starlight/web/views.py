"""The page as values: people and their mailboxes, the sky, what is between the worlds.

Every moment is a `Time`: integer nanoseconds since 2000-01-01T00:00:00Z, as everywhere
in Starlight. On the page it becomes a reading of the chosen person's clock; in JSON it
becomes ISO 8601 text in UTC (`wire.py`), because JavaScript's numbers can't hold it.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from starlight.json_time import Time
from starlight.messages.letter_view import UNTOLD, LetterView
from starlight.web.distress_view import DistressView
from starlight.web.forecast_view import ReachView, SilenceView
from starlight.web.sky_panel import ConjunctionView, Crossing, SkyPanel
from starlight.words.sentence import Sentence


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

    @property
    def unread(self) -> int:
        """Return how many letters are unread, of all that are listed."""
        return sum(each.unread for each in self.conversations)


class Upload(msgspec.Struct, frozen=True):
    """The bytes of a part that were uploaded.

    Attributes:
        upload: what a draft calls it.
    """

    upload: str


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
