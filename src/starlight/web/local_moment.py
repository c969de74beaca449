"""A day and a time as people on a world write them into a form, as a moment."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from starlight.dtntime import DAY, HOUR, MINUTE, SECOND
from starlight.errors import InputError
from starlight.views.sky import CivilFace, Clock, CountedFace
from starlight.words.language import _

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


def moment_of(clock: Clock, world: str, day: str, time: str, where: str) -> int | None:
    """Return the moment that a day and a time of day are on a world's clock, in ns; None of an empty day.

    Args:
        clock: how the worlds read their time.
        world: by whose clock; it tells whether a day is a date, as 2051-05-03, or a number, as 61.
        day: as a form has it.
        time: such as ``08:00``; empty is the beginning of the day.
        where: the field of the day, for the error.

    Raises:
        InputError: it is no such day or time, or the day is missing.
    """
    day, time = day.strip(), time.strip()
    if not day and not time:
        return None
    if not day:
        raise InputError(
            _("the day is missing"), where=where, right=_("Say the day too, or leave both empty")
        )
    face = clock.worlds[world]
    within = _time_of_day(time, where)
    found = _civil(face, day, where) if isinstance(face, CivilFace) else _counted(face, day, where)
    # A second of a sol is longer than ours, so that it has as many.
    length = SECOND if isinstance(face, CivilFace) else round(face.day_s * SECOND) / 86_400
    return found + round(within / SECOND * length)


def require_ahead(clock: Clock, at: int | None, where: str) -> None:
    """Refuse a moment, in ns, that has passed; None is none.

    Raises:
        InputError: it has.
    """
    if at is not None and at <= clock.now:
        right = _("Give a later one, or leave it empty")
        raise InputError(_("this moment has passed"), where=where, right=right)


def _time_of_day(text: str, where: str) -> int:
    """Return how much of the day a time of day is, in ns of a day of 24 hours."""
    found = re.fullmatch(r"([01]?[0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]))?", text or "00:00")
    if found is None:
        what = _("“{time}” is no time of day", time=text[:40])
        raise InputError(what, where=where.replace("day", "time"), right=_("Such are 08:00 and 17:30"))
    hours, minutes, seconds = (int(each or 0) for each in found.groups())
    return hours * HOUR + minutes * MINUTE + seconds * SECOND


def _civil(face: CivilFace, text: str, where: str) -> int:
    """Return when a day of the civil calendar begins at a clock's place."""
    try:
        found = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        found = None
    # What is a moment here fits in 63 bits.
    if found is None or not 2000 <= found.year <= 2200:
        what = _("“{day}” is no day", day=text[:40])
        raise InputError(what, where=where, right=_("Such is 2051-05-03"))
    return (found - _EPOCH).days * DAY - face.utc_offset_s * SECOND


def _counted(face: CountedFace, text: str, where: str) -> int:
    """Return when a day of a clock that counts them begins."""
    number = text.removeprefix(face.day).strip()
    if not re.fullmatch(r"[0-9]{1,5}", number):
        what = _("“{day}” is no day", day=text[:40])
        raise InputError(what, where=where, right=_("Such is {day} 61", day=face.day))
    return face.day_zero + round(int(number) * face.day_s * SECOND)
