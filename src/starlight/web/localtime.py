"""A moment as people on a world read it from their wall."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import msgspec

from starlight.dtntime import DAY, HOUR, MINUTE, SECOND, to_text
from starlight.views.sky import CivilFace, Clock, CountedFace
from starlight.words.language import ENGLISH, _, spoken

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_LAST_S = (datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC) - _EPOCH) // timedelta(seconds=1)
"""The last second that a date can be of: plans end a contact then that never ends."""

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTH_NAMES = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_MONTHS = tuple(name[:3] for name in _MONTH_NAMES)


class LocalReading(msgspec.Struct, frozen=True):
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


def reading(clock: Clock, world: str, at: int) -> LocalReading:
    """Return how a moment reads on a world's clock, cut to the second."""
    face = clock.worlds[world]
    return civil_reading(face, at) if isinstance(face, CivilFace) else counted_reading(face, at)


def civil_reading(face: CivilFace, at: int) -> LocalReading:
    """Return the civil date and time at a clock's place; not beyond the year 9999."""
    local = _local(face, at)
    day = _("{day} {month}", day=local.day, month=_(_MONTHS[local.month - 1]), number=local.month)
    return LocalReading(day, str(local.year), f"{local:%H:%M}", f"{local:%S}", face.zone)


def counted_reading(face: CountedFace, at: int) -> LocalReading:
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
    return LocalReading(f"{face.day} {day}".replace("-", "−"), "", time, f"{second % 60:02d}", face.zone)


def when(clock: Clock, world: str, at: int, *, seconds: bool = False, beside: int | None = None) -> str:
    """Return a moment in words, as short as it can be seen from now, or from the day that stands above it.

    The time alone on that day, else with the day, and with the year when it differs.

    Args:
        clock, world: how it is told.
        at: in ns.
        seconds: tell them too.
        beside: a moment of the day that stands above, in ns; None is now.
    """
    then = reading(clock, world, at)
    now = reading(clock, world, clock.now if beside is None else beside)
    time = f"{then.time}:{then.seconds}" if seconds else then.time
    if (then.day, then.year) == (now.day, now.year):
        return time
    if then.year == now.year:
        return f"{then.day}, {time}"
    return _("{day} {year}, {time}", day=then.day, year=then.year, time=time)


def up_to_minute(clock: Clock, world: str, at: int) -> int:
    """Return the next full minute of a world's clock, in ns; a full minute stays.

    A prediction is rounded up, so that nothing arrives before it was said to.
    """
    face = clock.worlds[world]
    if isinstance(face, CivilFace):
        shift = face.utc_offset_s * SECOND
        return -(-(at + shift) // MINUTE) * MINUTE - shift
    minute = face.day_s * SECOND / 1440
    # A double counts the nanoseconds of a mission to about 100: a microsecond more is surely in the minute.
    turned = math.ceil((at - face.day_zero - 1000) / minute)
    return face.day_zero + round(turned * minute) + 1000


def day_words(clock: Clock, world: str, at: int) -> str:
    """Return the day of a moment for a line between days: ``Thursday 2 April, today`` or ``Sol 61``."""
    then, now = reading(clock, world, at), reading(clock, world, clock.now)
    face = clock.worlds[world]
    words = then.day
    if isinstance(face, CivilFace):
        local = _local(face, at)
        words = _long_day(local, with_year=then.year != now.year)
    return _("{day}, today", day=words) if (then.day, then.year) == (now.day, now.year) else words


def next_day(clock: Clock, world: str) -> int:
    """Return when the next day begins on a world, in ns: then what is told of today reads differently."""
    face = clock.worlds[world]
    if isinstance(face, CivilFace):
        shift = face.utc_offset_s * SECOND
        return ((clock.now + shift) // DAY + 1) * DAY - shift
    days = math.floor((clock.now - face.day_zero) / (face.day_s * SECOND))
    return face.day_zero + round((days + 1) * face.day_s * SECOND)


def until_words(duration: int) -> str:
    """Return how long there is yet, from a duration in ns, rounded up as all that is predicted.

    The page's script has the same rules (`clock.js`), and a test compares them.
    """
    seconds = max(math.ceil(duration / SECOND), 0)
    if not seconds:
        return _("now")
    if seconds < 120:
        return _("in {seconds} s", seconds=seconds)
    minutes = math.ceil(seconds / 60)
    if minutes < 60:
        return _("in {minutes} min", minutes=minutes)
    if minutes < 48 * 60:
        return _("in {hours} h {minutes} min", hours=minutes // 60, minutes=f"{minutes % 60:02d}")
    hours = math.ceil(duration / HOUR)
    return _("in {days} d {hours} h", days=hours // 24, hours=hours % 24)


def utc_words(at: int) -> str:
    """Return a moment in UTC to the second, such as ``2051-04-02 05:32:07 UTC``."""
    return to_text(at).replace("T", " ").replace("Z", " UTC")


def _long_day(local: datetime, *, with_year: bool) -> str:
    """Return a civil day with its weekday, as people of the language that is spoken write it."""
    if spoken() == ENGLISH:
        # Our own order: none of Babel's English locales has a day without commas and before its month.
        words = f"{_WEEKDAYS[local.weekday()]} {local.day} {_MONTH_NAMES[local.month - 1]}"
        return words + (f" {local.year}" if with_year else "")
    from babel.dates import format_skeleton

    return format_skeleton("yMMMMEEEEd" if with_year else "MMMMEEEEd", local, locale=spoken())


def _local(face: CivilFace, at: int) -> datetime:
    return _EPOCH + timedelta(seconds=min(at // SECOND + face.utc_offset_s, _LAST_S))
