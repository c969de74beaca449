"""Worlds: the places that people live on, and how time is told there.

A world is whose clocks agree and who learn of things together: Earth, a base on the Moon, a ship, a hall in
Utah. It may be a body of the sky; then its distance to another comes from the ephemeris. Where it is none, a
link's own light time says how far away it is. The two worlds that everybody knows are rows of this data like
any other; a scenario adds its own.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec


class CivilTime(msgspec.Struct, frozen=True):
    """Date and time of a time zone.

    Attributes:
        timezone: by its name in the tz database, such as ``Asia/Seoul``.
    """

    timezone: str = "UTC"


class SolarTime(msgspec.Struct, frozen=True):
    """Local mean solar time on Mars, with sols counted.

    Attributes:
        longitude_deg: of the clock, east positive.
        since: an instant of sol 0, such as the landing, in ns.
    """

    longitude_deg: float = 0.0
    since: int = 0


class ElapsedTime(msgspec.Struct, frozen=True):
    """Mission elapsed time: days of 86400 s, hours and minutes since an instant.

    Attributes:
        since: when day 0 began, in ns.
    """

    since: int = 0


WorldClock: TypeAlias = CivilTime | SolarTime | ElapsedTime


class World(msgspec.Struct, frozen=True):
    """A world.

    Attributes:
        name: of a key or an address bar, such as ``moon``.
        title: for people, such as ``Moon``.
        clock: how people there tell the time.
        body: of the sky, such as ``moon``; empty where it is none of its own.
        place: where its clock hangs, for people; may be empty.
    """

    name: str
    title: str
    clock: WorldClock = CivilTime()
    body: str = ""
    place: str = ""


EARTH = World("earth", "Earth", CivilTime(), "earth")
MARS = World("mars", "Mars", SolarTime(), "mars")
BUILTIN = {world.name: world for world in (EARTH, MARS)}
"""The worlds that need not be declared."""
