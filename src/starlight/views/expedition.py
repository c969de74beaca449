"""The word of an expedition's programs to a person: rooms, searches, runs of a robot, as values.

All of it has come here; nothing is asked for. Each says when it was computed there and since when it is known
here, and what has happened since nobody here can know. It came from peers, so it is what they say: every
number was read behind bounds, and no word in it is ours.
"""

from __future__ import annotations

from typing import Literal, Protocol

import msgspec

from starlight.json_time import Time
from starlight.views.robot_runs import RunView
from starlight.views.told_in import ToldIn


class AirPoint(msgspec.Struct, frozen=True):
    """The computed air at a moment: kPa of oxygen, of carbon dioxide and of all gas, degrees Celsius, kg of
    water.
    """

    at: Time
    o2_kpa: float
    co2_kpa: float
    pressure_kpa: float
    temperature_c: float
    water_kg: float


class AirLimit(msgspec.Struct, frozen=True):
    """A limit that is foreseen to be crossed.

    Attributes:
        name: such as ``co2``.
        text: of what it is, as the program said it.
        at: when.
        deadly: people die of it.
    """

    name: str
    text: str
    at: Time
    deadly: bool


class RoomView(msgspec.Struct, frozen=True):
    """The air of a sealed room as a program computed it.

    Attributes:
        told: in which letter.
        name: of the room.
        since: when its air was known last.
        measured: it was measured then; else it is as the room's file says.
        samples: by time; one at least.
        limits: that are foreseen, by time.
        flags: what left the range of a model, in words.
    """

    told: ToldIn
    name: str
    since: Time
    measured: bool
    samples: tuple[AirPoint, ...]
    limits: tuple[AirLimit, ...] = ()
    flags: tuple[str, ...] = ()


class SearchMoment(msgspec.Struct, frozen=True):
    """The belief of a search about one moment.

    Attributes:
        at: when.
        chances: of each sector to hold the lost one, in ten-thousandths, by rows from the north-west corner.
        outside: of being outside the map, 0 to 1.
        alive: of being alive, 0 to 1.
    """

    at: Time
    chances: tuple[int, ...]
    outside: float
    alive: float


class PlannedSector(msgspec.Struct, frozen=True):
    """A sector that a searcher is asked to search: when, where, the chance to find them alive, 0 to 1."""

    searcher: str
    begin: Time
    end: Time
    east_m: float
    north_m: float
    success: float


class AwaitedReport(msgspec.Struct, frozen=True):
    """A report that a search awaits, or has counted.

    Attributes:
        id: its name.
        knowable: from when it can be known where the search is computed.
        state: as it was there when it was computed.
    """

    id: str
    knowable: Time
    state: Literal["reported", "not yet due", "not yet knowable", "overdue"]


class ShareOf(msgspec.Struct, frozen=True):
    """A share with its name, 0 to 1; of intents also what it was before the reports."""

    name: str
    share: float
    before: float | None = None


class SearchMapView(msgspec.Struct, frozen=True):
    """The answer of a search for a lost explorer.

    Attributes:
        told: in which letter.
        name: of the search.
        at: the moment that was asked about.
        last_fix: when the lost one was seen last.
        ground: the source of the terrain.
        synthetic: it is made up, and no place.
        rows, columns: of the sectors.
        cell_m: the side of one.
        west_m, north_m: of the grid's upper left corner.
        moments: by time; one at least. Of a part with more, so many evenly chosen ones.
        counted: how many reports are in it.
        left: the share of what was believed before that these leave.
        awaited: reports that are to come, or were.
        plan: where searchers are to go, by time.
        ends: how many lives each limit of the suit ends.
        intents: what the lost one may mean to do.
    """

    told: ToldIn
    name: str
    at: Time
    last_fix: Time
    ground: str
    synthetic: bool
    rows: int
    columns: int
    cell_m: float
    west_m: float
    north_m: float
    moments: tuple[SearchMoment, ...]
    counted: int = 0
    left: float = 1.0
    awaited: tuple[AwaitedReport, ...] = ()
    plan: tuple[PlannedSector, ...] = ()
    ends: tuple[ShareOf, ...] = ()
    intents: tuple[ShareOf, ...] = ()


class ReadingsView(msgspec.Struct, frozen=True):
    """The latest telemetry of one kind from one vehicle or program.

    Attributes:
        kind: ``greenhouse``, ``search-report`` or ``organics``.
        vehicle, name: whose, by address and for people.
        measured_at: when it was measured or computed there.
        here_since: since when it is known here.
        readings: by their names, which end with the unit.
    """

    kind: str
    vehicle: str
    name: str
    measured_at: Time
    here_since: Time
    readings: dict[str, int | float | str]


class UnreadPart(msgspec.Struct, frozen=True):
    """A part that came and can't be read.

    Attributes:
        letter, correspondent, from_name: of the letter that it is in, as in `ToldIn`.
        part: its number.
        media_type: what it claims to be.
        why: in words.
    """

    letter: str
    correspondent: str
    from_name: str
    part: int
    media_type: str
    why: str


class ComingPart(msgspec.Struct, frozen=True):
    """A map or an outlook of which a letter tells, and which is not here whole.

    Attributes:
        letter, correspondent, from_name: of the letter that it is in, as in `ToldIn`.
        what: which of them.
        written_at: when the letter was written there.
        here_bytes, size_bytes: of it.
    """

    letter: str
    correspondent: str
    from_name: str
    what: Literal["map", "outlook"]
    written_at: Time
    here_bytes: int
    size_bytes: int


class ExpeditionView(msgspec.Struct, frozen=True):
    """All that the programs of an expedition have told a person, the latest of each.

    Attributes:
        now: when it is looked at.
        rooms, searches, runs: what came as parts of letters, what came last first.
        readings: what came as telemetry.
        coming: maps and outlooks that are newer than those, and not here whole.
        unread: parts that can't be read.
        looked_at: how many letters with such parts were looked at, the latest ones.
    """

    now: Time
    rooms: tuple[RoomView, ...] = ()
    searches: tuple[SearchMapView, ...] = ()
    runs: tuple[RunView, ...] = ()
    readings: tuple[ReadingsView, ...] = ()
    coming: tuple[ComingPart, ...] = ()
    unread: tuple[UnreadPart, ...] = ()
    looked_at: int = 0

    @property
    def is_empty(self) -> bool:
        """Return whether nothing has come."""
        return not (self.rooms or self.searches or self.runs or self.readings or self.coming or self.unread)


class ExpeditionDesk(Protocol):
    """The word of an expedition's programs to one person."""

    async def has_any(self) -> bool:
        """Return whether anything has come; asked for with each page, so it reads no letter."""
        ...

    async def expedition(self) -> ExpeditionView:
        """Return it as it is known now."""
        ...
