"""A moment as people on a world read it from their wall."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from starlight.dtntime import SECOND, to_text
from starlight.web.views import CivilFace, Clock, CountedFace

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_LAST_S = (datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC) - _EPOCH) // timedelta(seconds=1)
"""The last second that a date can be of: plans end a contact then that never ends."""

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Reading(msgspec.Struct, frozen=True):
    """A local date and time.

    Attributes:
        day: such as ``2 Apr 2051`` or ``Sol 61``.
        year: such as ``2051``; empty where days simply count, as sols do.
        time: such as ``14:32``.
        seconds: such as ``07``.
        zone: such as ``KST`` or ``LMST``.
    """

    day: str
    year: str
    time: str
    seconds: str
    zone: str


def reading(clock: Clock, world: str, at: int) -> Reading:
    """Return how a moment reads on a world's clock, cut to the second."""
    face = clock.worlds[world]
    return civil_reading(face, at) if isinstance(face, CivilFace) else counted_reading(face, at)


def civil_reading(face: CivilFace, at: int) -> Reading:
    """Return the civil date and time at a clock's place; not beyond the year 9999."""
    local = _EPOCH + timedelta(seconds=min(at // SECOND + face.utc_offset_s, _LAST_S))
    day = f"{local.day} {_MONTHS[local.month - 1]}"
    return Reading(day, str(local.year), f"{local:%H:%M}", f"{local:%S}", face.zone)


def counted_reading(face: CountedFace, at: int) -> Reading:
    """Return the number of the day and the time of day at a clock's place.

    A sol is divided into 24 hours of 60 minutes of 60 seconds, each 2.7 % longer than ours
    (Allison and McEwen 2000, "A post-Pathfinder evaluation of areocentric solar coordinates").
    """
    days = (at - face.day_zero) / (face.day_s * SECOND)
    day = int(days // 1)
    # Rounding may carry the last instant of a day up to its second 86 400, which it does not have.
    second = min(int((days - day) * 86_400), 86_399)
    time = f"{second // 3600:02d}:{second // 60 % 60:02d}"
    # Days before the first are negative, and told with a true minus sign.
    return Reading(f"{face.day} {day}".replace("-", "−"), "", time, f"{second % 60:02d}", face.zone)


def when(clock: Clock, world: str, at: int, *, seconds: bool = False) -> str:
    """Return a moment in words, as short as it can be seen from now.

    The time alone on the present day, else with the day, and with the year when it differs.
    """
    then, now = reading(clock, world, at), reading(clock, world, clock.now)
    time = f"{then.time}:{then.seconds}" if seconds else then.time
    if (then.day, then.year) == (now.day, now.year):
        return time
    if then.year == now.year:
        return f"{then.day}, {time}"
    return f"{then.day} {then.year}, {time}"


def utc_words(at: int) -> str:
    """Return a moment in UTC to the second, such as ``2051-04-02 05:32:07 UTC``."""
    return to_text(at).replace("T", " ").replace("Z", " UTC")
