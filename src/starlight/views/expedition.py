"""What the programs of an expedition have told a person: rooms, searches, runs of a robot, as values.

All of it has come here; nothing is asked for. Each says when it was computed there and since when it is known
here, and what has happened since nobody here can know. It came from peers, so it is what they say: every
number was read behind bounds, and no word in it is ours.
"""

from __future__ import annotations

from typing import Literal, Protocol

import msgspec

from starlight.json_time import Time


class ToldIn(msgspec.Struct, frozen=True):
    """The letter in which something was told.

    Attributes:
        letter: its id.
        correspondent: the conversation in which it stands, by address or group.
        from_address, from_name: its author.
        written_at: when it was written there.
        here_since: since when it is known here: what it brought is here whole.
    """

    letter: str
    correspondent: str
    from_address: str
    from_name: str
    written_at: Time
    here_since: Time


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
    """What a search believes about one moment.

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


class MarkerView(msgspec.Struct, frozen=True):
    """A reference spectrum that ships with Starlight, as a verdict names it.

    Attributes:
        name: of the molecule or derivative.
        family: the most that a spectrum can claim.
        accession, authors, licence: of the record.
        instrument: it speaks of the instrument, not of the sample.
        ions: its largest, by m/z.
    """

    name: str
    family: str
    accession: str
    authors: str
    licence: str
    instrument: bool
    ions: tuple[int, ...]


class VerdictView(msgspec.Struct, frozen=True):
    """The answer for a run of evolved gas. It never says life: no spectrum can.

    Attributes:
        told: in which letter.
        answered: the run could be compared with its instrument's calibration.
        found: an organic marker stands above the background.
        p: how often as much would be seen without one.
        cosine: how alike the spectrum is to the reference.
        usual_p: how usual the run is among the calibration's.
        from_degc, to_degc: between which temperatures it stands out; equal where nothing does.
        marker: the best target; None where there is none, or it is of a library that is not here.
    """

    told: ToldIn
    answered: bool
    found: bool
    p: float
    cosine: float
    usual_p: float
    from_degc: int
    to_degc: int
    marker: MarkerView | None = None


class ThumbnailView(msgspec.Struct, frozen=True):
    """A run as a small picture.

    Attributes:
        told: in which letter.
        mz: how many mass-to-charge ratios, from 0.
        from_degc, slice_degc: the first temperature, and the width of a slice.
        steps: how dark each is, 0 to 15 in equal steps of the logarithm over three decades, by slices of m/z:
            all temperatures of one m/z after the other.
    """

    told: ToldIn
    mz: int
    from_degc: int
    slice_degc: int
    steps: tuple[int, ...]


class Ion(msgspec.Struct, frozen=True):
    """An ion and its mean abundance, as a part of the largest's."""

    mz: int
    share: float


class WindowView(msgspec.Struct, frozen=True):
    """The ions of a run between two temperatures.

    Attributes:
        told: in which letter.
        from_degc, to_degc: the temperatures.
        ions: by m/z, from 12 up, those of a ten-thousandth of the largest and more.
        whole: it was taken out of the whole run, which is here.
    """

    told: ToldIn
    from_degc: int
    to_degc: int
    ions: tuple[Ion, ...]
    whole: bool = False


Piece = Literal["verdict", "thumbnail", "window", "run"]


class ComingPiece(msgspec.Struct, frozen=True):
    """A piece of a run that is not here.

    Attributes:
        piece: which.
        here_bytes, size_bytes: of it; both None where no letter has announced it.
    """

    piece: Piece
    here_bytes: int | None = None
    size_bytes: int | None = None


class RunView(msgspec.Struct, frozen=True):
    """One sample that a robot heated, as far as it has been told.

    Attributes:
        name: of the run.
        from_name, from_address: who told of it.
        verdict, thumbnail, window: what is here; None for what is not.
        run_letter, run_part: where the whole run is, once it is here.
        coming: what is not here.
        synthetic: its instrument is made up, as the robot's telemetry says.
    """

    name: str
    from_name: str
    from_address: str
    verdict: VerdictView | None = None
    thumbnail: ThumbnailView | None = None
    window: WindowView | None = None
    run_letter: str | None = None
    run_part: int | None = None
    coming: tuple[ComingPiece, ...] = ()
    synthetic: bool = False

    @property
    def here_since(self) -> int:
        """Return since when the latest of it is known here, in ns; 0 where nothing is."""
        here = (self.verdict, self.thumbnail, self.window)
        return max((each.told.here_since for each in here if each is not None), default=0)


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
    """What the programs of an expedition have told one person."""

    async def has_any(self) -> bool:
        """Return whether anything has come; asked for with each page, so it reads no letter."""
        ...

    async def expedition(self) -> ExpeditionView:
        """Return it as it is known now."""
        ...
