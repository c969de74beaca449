"""Faces of the clocks of worlds at an instant: what a world says of its clock, as the page reads it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from starlight import dtntime
from starlight.dtntime import SECOND
from starlight.sky import SOL_DAYS, local_sol_date
from starlight.views.sky import CivilFace, ClockFace, CountedFace
from starlight.worlds import CivilTime, SolarTime, World

DAY_S = 86_400


def faces(worlds: Mapping[str, World], now: int) -> dict[str, ClockFace]:
    """Return the face of each world's clock at a time in ns, by the world's name."""
    return {name: _face(world, now) for name, world in worlds.items()}


def _face(world: World, now: int) -> ClockFace:
    clock, title, place = world.clock, world.title, world.place
    if isinstance(clock, CivilTime):
        # A zone's offset changes by law and season, so it is that of `now`; the page asks again often enough.
        moment = datetime.fromtimestamp(dtntime.to_posix(now), UTC).astimezone(ZoneInfo(clock.timezone))
        offset = moment.utcoffset()
        return CivilFace(title, place, moment.tzname() or "", int(offset.total_seconds()) if offset else 0)
    if isinstance(clock, SolarTime):
        sol_s = SOL_DAYS * DAY_S
        since_midnight_s = math.modf(local_sol_date(clock.since, clock.longitude_deg))[0] * sol_s
        # From the local midnight before, so that the number of the
        # sol changes at midnight, not at the hour of the landing.
        zero = clock.since - round(since_midnight_s * SECOND)
        return CountedFace(title, place, "LMST", "Sol", zero, sol_s)
    return CountedFace(title, place, "MET", "Day", clock.since, float(DAY_S))
