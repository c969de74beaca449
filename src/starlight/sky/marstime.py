"""The time of day on Mars, as Mars missions count it.

Mars Sol Date and mean solar time: Allison and McEwen (2000), Planet. Space Sci. 48:215, as
updated in NASA GISS's "Mars24 Sunclock: Algorithm and Worked Examples", steps C-2 and C-3. A sol is
24 Mars hours, a Mars hour 1.0275 of ours. Mean time: the real Sun is up to 51 min early or 40 min late.
"""

from __future__ import annotations

import math

from starlight.dtntime import SECOND
from starlight.sky.timescales import DAY_S, J2000_OFFSET_S, TT_MINUS_TAI_S, tai_minus_utc_s

SOL_DAYS = 1.0274912517
"""A mean solar day of Mars, in days."""

# Mars24's MSD = (JD_TT - 2405522.0028779) / 1.0274912517, counted from J2000 so that no digits are lost.
_DAYS_TO_J2000 = 2_451_545.0 - 2_405_522.0028779


def mars_sol_date(time: int) -> float:
    """Return the Mars Sol Date of a time in ns: sols since 29 December 1873, its fraction that of the prime
    meridian's mean day (Mars24, step C-2).

    Raises:
        RangeError: a time before 1972.
    """
    whole, part = divmod(time, SECOND)
    tt = whole + int(tai_minus_utc_s(time)) + (part * 1e-9 + TT_MINUS_TAI_S - J2000_OFFSET_S)
    return (tt / DAY_S + _DAYS_TO_J2000) / SOL_DAYS


def local_sol_date(time: int, longitude_deg: float) -> float:
    """Return the sol date at an east longitude: its fraction is the local mean solar time (step C-3).

    The longitude is taken in -180 to 180, so that the date changes at the meridian opposite the prime one.
    """
    return mars_sol_date(time) + ((longitude_deg + 180) % 360 - 180) / 360


def local_mean_solar_time_h(time: int, longitude_deg: float) -> float:
    """Return the local mean solar time in Mars hours, 0 to 24, at an east longitude."""
    return local_sol_date(time, longitude_deg) % 1 * 24


def mars_clock(time: int, longitude_deg: float) -> tuple[int, str]:
    """Return the sol number and the local mean solar time at an east longitude, ``(62741, "05:53")``."""
    sol, fraction = divmod(local_sol_date(time, longitude_deg), 1)
    minutes = math.floor(fraction * 1440)
    return int(sol), f"{minutes // 60:02d}:{minutes % 60:02d}"


def sol_since(landing: int, time: int, longitude_deg: float) -> int:
    """Return the sol of a mission at an east longitude; it lands on sol 0, as most count."""
    return math.floor(local_sol_date(time, longitude_deg)) - math.floor(
        local_sol_date(landing, longitude_deg)
    )
