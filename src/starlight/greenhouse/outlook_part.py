"""The outlook of a sealed room as it travels: its air by time, and the limits that come; a few kilobytes."""

from __future__ import annotations

from typing import Annotated

import msgspec

from starlight import packed_json
from starlight.packed_json import Moment, Words

MEDIA_TYPE = "application/vnd.starlight.room-outlook"
"""Of the part of a letter that holds one."""

MOST_SAMPLES = 500

Number = Annotated[float, msgspec.Meta(ge=-1e9, le=1e9)]


class AirSample(msgspec.Struct, frozen=True, array_like=True):
    """The computed air at a time, in ns: O2 and CO2 in kPa, all gas in kPa, degrees Celsius, kg of water."""

    at: Moment
    o2_kpa: Number
    co2_kpa: Number
    pressure_kpa: Number
    temperature_c: Number
    water_kg: Number


class ForeseenLimit(msgspec.Struct, frozen=True):
    """A limit that is foreseen to be crossed.

    Attributes:
        name: such as ``co2``.
        text: of what it is.
        at: in ns.
        deadly: people die of it.
    """

    name: Words
    text: Words
    at: Moment
    deadly: bool


class RoomOutlook(msgspec.Struct, frozen=True):
    """A room from the moment on at which its air was known.

    Attributes:
        name: of the room.
        since: that moment, in ns.
        measured: its air was measured then; else it is as the room's file says.
        samples: by time; one at least.
        limits: that are foreseen, by time.
        flags: what left the range of a model, in words.
    """

    name: Words
    since: Moment
    measured: bool
    samples: Annotated[tuple[AirSample, ...], msgspec.Meta(min_length=1, max_length=MOST_SAMPLES)]
    limits: Annotated[tuple[ForeseenLimit, ...], msgspec.Meta(max_length=50)] = ()
    flags: Annotated[tuple[Words, ...], msgspec.Meta(max_length=50)] = ()


def encode(found: RoomOutlook) -> bytes:
    """Return the bytes of an outlook's part."""
    return packed_json.pack(found)


def decode(data: bytes) -> RoomOutlook:
    """Return the outlook in the bytes of a part.

    Raises:
        PeerError: they hold none.
    """
    return packed_json.unpack(data, RoomOutlook)
