"""The scales of time that the sky needs: UTC to TAI, TT, TDB and UT1.

Outside this layer time is integer nanoseconds since 2000-01-01T00:00:00Z on the POSIX count, in
which a day has 86 400 s always. Inside, most functions take `tdb`: float64 seconds of Barycentric
Dynamical Time past J2000 (2000-01-01T12:00:00 TDB). By 2053 a float64 of that size steps by
0.24 us, in which Mars moves 6 mm against Earth, and the surface of a world far less.

Two things can't be known: leap seconds that nobody has announced (none is assumed after the last
of the table), and the Earth's turning beyond the last row of the IERS file (UT1 is then taken as
UTC; `EarthTurn.until` says from when).
"""

from __future__ import annotations

from typing import Any

import erfa
import numpy as np
from numpy.typing import ArrayLike, NDArray

from starlight.dtntime import DAY, SECOND, from_text, to_text
from starlight.errors import InputError, RangeError

Floats = NDArray[np.float64]
Times = NDArray[np.int64]

TT_MINUS_TAI_S = 32.184  # IAU 1991, recommendation IV
DAY_S = 86_400.0
CENTURY_S = 36_525.0 * DAY_S
J2000_OFFSET_S = 43_200.0  # J2000 is noon; our epoch is the midnight before

# TAI - UTC in whole seconds from each date on: IERS Bulletin C, as in the table leap-seconds.list.
LEAP_SECONDS = (
    ("1972-01-01", 10), ("1972-07-01", 11), ("1973-01-01", 12), ("1974-01-01", 13), ("1975-01-01", 14),
    ("1976-01-01", 15), ("1977-01-01", 16), ("1978-01-01", 17), ("1979-01-01", 18), ("1980-01-01", 19),
    ("1981-07-01", 20), ("1982-07-01", 21), ("1983-07-01", 22), ("1985-07-01", 23), ("1988-01-01", 24),
    ("1990-01-01", 25), ("1991-01-01", 26), ("1992-07-01", 27), ("1993-07-01", 28), ("1994-07-01", 29),
    ("1996-01-01", 30), ("1997-07-01", 31), ("1999-01-01", 32), ("2006-01-01", 33), ("2009-01-01", 34),
    ("2012-07-01", 35), ("2015-07-01", 36), ("2017-01-01", 37),
)  # fmt: skip
UTC_BEGINS = from_text("1972-01-01")
"""Before it UTC had no whole leap seconds, and this table has nothing, in ns."""

_LEAP_TIMES = np.array([from_text(date) for date, _ in LEAP_SECONDS], dtype=np.int64)
_LEAP_OFFSETS = np.array([offset for _, offset in LEAP_SECONDS], dtype=np.int64)
# The same steps on the count of TAI seconds, to come back from TAI.
_LEAP_TAI_S = _LEAP_TIMES / SECOND + _LEAP_OFFSETS

_MJD_OF_EPOCH = 51_544  # 2000-01-01T00:00


def tai_minus_utc_s(times: ArrayLike) -> NDArray[np.int64]:
    """Return TAI - UTC in whole seconds at times in ns.

    Raises:
        RangeError: a time before 1972, when UTC had no leap seconds.
    """
    array = np.asarray(times, dtype=np.int64)
    if array.size and int(array.min()) < UTC_BEGINS:
        raise RangeError(f"{to_text(int(array.min()))} is before 1972-01-01, when the leap seconds begin")
    return _LEAP_OFFSETS[np.searchsorted(_LEAP_TIMES, array, side="right") - 1]


def leap_instants(start: int, end: int) -> list[int]:
    """Return the times in ns inside ``(start, end)`` at which a leap second has just passed."""
    return [int(time) for time in _LEAP_TIMES[1:] if start < time < end]


def tt_from_utc(times: ArrayLike) -> Floats:
    """Return TT, in seconds past J2000, of times in ns."""
    array = np.asarray(times, dtype=np.int64)
    whole, part = np.divmod(array, SECOND)
    result: Floats = (whole + tai_minus_utc_s(array)) + (part * 1e-9 + (TT_MINUS_TAI_S - J2000_OFFSET_S))
    return result


def tdb_minus_tt_s(tt: Floats) -> Floats:
    """Return TDB - TT in seconds, to 10 us from 1600 to 2200 (USNO Circular 179, equation 2.6)."""
    t = tt / CENTURY_S
    result: Floats = (
        0.001657 * np.sin(628.3076 * t + 6.2401)
        + 0.000022 * np.sin(575.3385 * t + 4.2970)
        + 0.000014 * np.sin(1256.6152 * t + 6.1969)
        + 0.000005 * np.sin(606.9777 * t + 4.0212)
        + 0.000005 * np.sin(52.9691 * t + 0.4444)
        + 0.000002 * np.sin(21.3299 * t + 5.5431)
        + 0.000010 * t * np.sin(628.3076 * t + 4.2490)
    )
    return result


def tdb_from_utc(times: ArrayLike) -> Floats:
    """Return TDB, in seconds past J2000, of times in ns."""
    tt = tt_from_utc(times)
    return tt + tdb_minus_tt_s(tt)


def tai_from_tdb(tdb: Floats) -> Floats:
    """Return TAI, in seconds past 2000-01-01T00:00:00 TAI, of TDB in seconds past J2000.

    The series is evaluated at TDB instead of TT: 2 ms of argument move it by less than 1 ps.
    """
    return tdb - tdb_minus_tt_s(tdb) - TT_MINUS_TAI_S + J2000_OFFSET_S


def utc_from_tdb(tdb: Floats) -> Times:
    """Return times in ns of TDB in seconds past J2000; inside a leap second, the second after it."""
    tai = tai_from_tdb(np.asarray(tdb, dtype=np.float64))
    index = np.maximum(np.searchsorted(_LEAP_TAI_S, tai, side="right") - 1, 0)
    whole = np.floor(tai)
    nanoseconds: Times = (whole.astype(np.int64) - _LEAP_OFFSETS[index]) * SECOND
    return nanoseconds + np.rint((tai - whole) * 1e9).astype(np.int64)


class EarthTurn:
    """UT1, from the IERS while its file lasts, then UT1 = UTC.

    Args:
        days: days since 2000-01-01 (UTC midnights) of the rows, ascending.
        ut1_minus_utc_s: the rows' UT1 - UTC in seconds.

    Attributes:
        since, until: the first and the last time, in ns, that the file covers.
    """

    def __init__(self, days: ArrayLike, ut1_minus_utc_s: ArrayLike) -> None:
        rows = np.asarray(days, dtype=np.float64)
        if rows.size < 2 or bool(np.any(np.diff(rows) <= 0)):
            raise InputError(
                "the Earth orientation table needs two rows or more, by date", where="Earth orientation"
            )
        # UT1 - TAI has no steps, so it can be interpolated across a leap second.
        offset = _LEAP_OFFSETS[
            np.maximum(np.searchsorted(_LEAP_TIMES, (rows * DAY).astype(np.int64), "right") - 1, 0)
        ]
        self._tai_s = rows * DAY_S + offset
        self._ut1_minus_tai_s = np.asarray(ut1_minus_utc_s, dtype=np.float64) - offset
        self.since = int(rows[0] * DAY)
        self.until = int(rows[-1] * DAY)

    @classmethod
    def from_finals(cls, text: str) -> EarthTurn:
        """Read the IERS's ``finals2000A.all``: MJD in columns 8 to 15, UT1 - UTC in 59 to 68.

        Source: IERS Rapid Service, readme.finals2000A. Predicted rows count as rows.

        Raises:
            InputError: a row can't be read.
        """
        days: list[float] = []
        values: list[float] = []
        for number, line in enumerate(text.splitlines(), 1):
            value = line[58:68].strip()
            if not value:
                continue  # The file goes on with dates that have no prediction yet.
            try:
                day = float(line[7:15])
                values.append(float(value))
            except ValueError as error:
                raise InputError(str(error), where=f"Earth orientation, line {number}") from None
            days.append(day - _MJD_OF_EPOCH)
        return cls(days, values)

    def ut1_from_tai(self, tai: Floats) -> Floats:
        """Return UT1 as days past 2000-01-01T12:00 UT1, of TAI in seconds past 2000-01-01T00:00."""
        inside = (tai >= self._tai_s[0]) & (tai <= self._tai_s[-1])
        utc_offset = _LEAP_OFFSETS[np.maximum(np.searchsorted(_LEAP_TAI_S, tai, side="right") - 1, 0)]
        offset = np.where(inside, np.interp(tai, self._tai_s, self._ut1_minus_tai_s), -utc_offset)
        return (tai + offset - J2000_OFFSET_S) / DAY_S

    def rotation_angle(self, tdb: Floats) -> Floats:
        """Return the Earth Rotation Angle in radians (IAU 2000, resolution B1.8) at TDB in seconds."""
        days = self.ut1_from_tai(tai_from_tdb(tdb))
        angle: Any = erfa.era00(2_451_545.0, days)
        return np.asarray(angle, dtype=np.float64)
