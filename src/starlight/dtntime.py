"""Time as Starlight keeps it: integer nanoseconds since 2000-01-01T00:00:00Z.

DTN time (RFC 9171, 4.2.6) counts milliseconds since that epoch "on the Coordinated
Universal Time scale"; as running nodes do, we take it as POSIX time less 946 684 800 s,
so a day is always 86 400 s and no leap second appears. Only `sky` knows leap seconds.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from starlight.errors import InputError

MICROSECOND = 1_000
MILLISECOND = 1_000_000
SECOND = 1_000_000_000
MINUTE = 60 * SECOND
HOUR = 3_600 * SECOND
DAY = 86_400 * SECOND
WEEK = 7 * DAY
YEAR = 31_557_600 * SECOND  # Julian year

POSIX_EPOCH_OFFSET_S = 946_684_800  # 2000-01-01T00:00:00Z in POSIX seconds (RFC 9171, 4.2.6)

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
NANOSECOND_DIGITS = 9
_NO_CLOCK = "hours go to 23 and seconds to 59; leap seconds are not counted, so write the second before"
_FORM = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?)?(Z|z|[+-]\d\d(?::?\d\d)?)?",
    re.ASCII,
)


def from_text(text: str, *, where: str = "") -> int:
    """Read an ISO 8601 date or date-time; without an offset it is UTC.

    Args:
        text: such as ``2051-04-02``, ``2051-04-02T10:00Z`` or ``2051-04-02T10:00:00.5+09:00``; the colon of
            an offset, or its minutes, may be left out (ISO 8601).
        where: the file, key or argument that the text came from, for the error.

    Returns:
        Nanoseconds since 2000-01-01T00:00:00Z.

    Raises:
        InputError: the text is no such time.
    """
    match = _FORM.fullmatch(text.strip())
    right = "Write it as 2051-04-02T10:00:00Z, or with an offset, as 2051-04-02T19:00:00+09:00"
    if not match:
        raise InputError(f"{text!r} is not a date and time", where=where, right=right)
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        why = _NO_CLOCK if hour == 24 or second == 60 else "no calendar has it"
        raise InputError(f"{text!r} is not a date and time: {why}", where=where, right=right) from None
    if len(match[7] or "") > NANOSECOND_DIGITS:
        why = f"a second has at most {NANOSECOND_DIGITS} digits after its point here, which are ns"
        raise InputError(f"{text!r} is not a date and time: {why}", where=where, right=right)
    delta = moment - _EPOCH
    nanoseconds = (delta.days * 86_400 + delta.seconds) * SECOND + int((match[7] or "0").ljust(9, "0"))
    zone = match[8]
    if zone and zone not in "Zz":
        hours, minutes = int(zone[1:3]), int(zone[3:].removeprefix(":") or "0")
        if hours > 23 or minutes > 59:
            told = f"{text!r} is not a date and time: {zone} is no offset from UTC"
            raise InputError(told, where=where, right=right)
        offset = (hours * 60 + minutes) * MINUTE
        nanoseconds -= offset if zone[0] == "+" else -offset
    return nanoseconds


def to_text(time: int, digits: int = 0) -> str:
    """Write a time as ISO 8601 in UTC, cut (not rounded) after `digits` decimals of the second."""
    seconds, fraction = divmod(time, SECOND)
    text = _second_text(seconds)
    if digits:
        text += f".{fraction:09d}"[: digits + 1]
    return text + "Z"


def exact_text(time: int) -> str:
    """Write a time as ISO 8601 in UTC with as many decimals of the second as it has: none, 3, 6 or 9."""
    digits = next(digits for digits in (0, 3, 6, 9) if not time % 10 ** (9 - digits))
    return to_text(time, digits)


@lru_cache(maxsize=64)  # What happens together is written together.
def _second_text(seconds: int) -> str:
    return (_EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")


def from_posix(seconds: float) -> int:
    """Return the time of a POSIX timestamp in seconds."""
    return round(seconds * SECOND) - POSIX_EPOCH_OFFSET_S * SECOND


def to_posix(time: int) -> float:
    """Return the POSIX timestamp of a time, in seconds."""
    return time / SECOND + POSIX_EPOCH_OFFSET_S


def from_wire(milliseconds: int) -> int:
    """Return the time of a DTN time on the wire (RFC 9171, 4.2.6), in milliseconds."""
    return milliseconds * MILLISECOND


def to_wire(time: int) -> int:
    """Return a time as DTN time on the wire (RFC 9171, 4.2.6): whole milliseconds, cut."""
    return time // MILLISECOND


def duration_text(nanoseconds: int) -> str:
    """Write a duration for people: ``3 d 4 h``, ``2 h 05 min``, ``12 min 31 s``, ``4.2 s``, ``13 ms``."""
    if nanoseconds < 0:
        return "-" + duration_text(-nanoseconds)
    if 0 < nanoseconds < 50 * MILLISECOND:  # Less than a tenth of a second is not nothing.
        return f"{round(nanoseconds / MILLISECOND)} ms" if nanoseconds >= MILLISECOND else "less than 1 ms"
    if nanoseconds < MINUTE:
        return f"{nanoseconds / SECOND:.1f} s" if nanoseconds < 10 * SECOND else f"{nanoseconds // SECOND} s"
    if nanoseconds < HOUR:
        return f"{nanoseconds // MINUTE} min {nanoseconds % MINUTE // SECOND:02d} s"
    if nanoseconds < DAY:
        return f"{nanoseconds // HOUR} h {nanoseconds % HOUR // MINUTE:02d} min"
    return f"{nanoseconds // DAY} d {nanoseconds % DAY // HOUR} h"
