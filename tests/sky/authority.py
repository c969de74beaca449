"""Two other libraries that know when a site on Mars and a station on Earth see each other.

The Earth end is Skyfield's: WGS 84, its own precession-nutation (IAU 2000A), UT1 from the same IERS
file, light time, aberration and deflection, no refraction. The Mars end is SPICE's: IAU_MARS by pck00011,
geodetic latitude, light time and stellar aberration. Both read DE421.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import spiceypy as spice
from skyfield.api import wgs84
from skyfield.constants import AU_KM
from skyfield.data import iers
from skyfield.timelib import Timescale
from skyfield.vectorlib import VectorFunction
from tests.sky.conftest import AUTHORITIES, DATA

from starlight.dtntime import HOUR, SECOND, from_text
from starlight.sky import Site
from starlight.sky.timescales import Floats, Times

MARS_RADIUS_KM = 3396.19
MARS_FLATTENING = (3396.19 - 3376.20) / 3396.19
_STATION_IDS = range(399_101, 399_999)


class MarsSite(VectorFunction):  # type: ignore[misc]  # Skyfield ships no types.
    """A site on Mars for Skyfield, turned by SPICE."""

    center, target = 499, 499_100

    def __init__(self, site: Site) -> None:
        east, north = np.radians([site.longitude_deg, site.latitude_deg])
        self.fixed_km = spice.georec(east, north, site.height_m / 1000, MARS_RADIUS_KM, MARS_FLATTENING)

    def _at(self, time: Any) -> tuple[Floats, Floats, None, None]:
        # SPICE's ephemeris time is TDB in seconds past J2000.
        whole, part = time.whole, time.tdb_fraction
        ets = np.atleast_1d((whole - 2_451_545.0) * 86_400 + part * 86_400)
        states = np.array([spice.sxform("IAU_MARS", "J2000", et)[:, :3] @ self.fixed_km for et in ets]).T
        states = states.reshape((6, *np.shape(whole)))
        return states[:3] / AU_KM, states[3:] * 86_400 / AU_KM, None, None


class Authority:
    """A station on Earth and a site on Mars, by Skyfield and SPICE, over an interval.

    Args:
        planets: Skyfield's DE421, open.
        folder: where a SPICE kernel for the station can be written.
        start, end: the interval, in ns, with room for light time.
    """

    def __init__(self, planets: Any, station: Site, mars: Site, folder: Path, start: int, end: int) -> None:
        self._topos = wgs84.latlon(station.latitude_deg, station.longitude_deg, station.height_m)
        self._station = planets["earth"] + self._topos
        self._mars = MarsSite(mars)
        self._target = planets["mars"] + self._mars
        self._id = _STATION_IDS[len(list(folder.glob("station-*.bsp")))]
        self._write(folder / f"station-{self._id}.bsp", start, end)

    def _write(self, path: Path, start: int, end: int) -> None:
        """Write the station's states by Skyfield as a SPICE kernel.

        One an hour: eight-fold Hermite interpolation between them errs by a millimetre.
        """
        times = np.arange(start - 7200 * SECOND, end + 7200 * SECOND, HOUR)
        moment = moment_of(times)
        at = self._topos.at(moment)
        states = np.concatenate([at.position.km, at.velocity.km_per_s]).T
        ets = ets_of(times)
        handle = spice.spkopn(str(path), "station", 0)
        spice.spkw13(
            handle, self._id, 399, "J2000", ets[0], ets[-1], "station", 7, len(ets), states.copy(), ets
        )
        spice.spkcls(handle)
        spice.furnsh(str(path))

    def mars_elevation_deg(self, times: Times, correction: str) -> tuple[Floats, Floats]:
        """Return the station's elevation over the Mars site, at its own time, and the light time in s."""
        results = [
            spice.azlcpo(
                "ELLIPSOID",
                str(self._id),
                et,
                correction,
                True,
                True,
                self._mars.fixed_km,
                "MARS",
                "IAU_MARS",
            )
            for et in ets_of(times)
        ]
        elevation = np.degrees([azimuth_elevation[2] for azimuth_elevation, _ in results])
        return elevation, np.array([light for _, light in results])

    def earth_elevation_deg(self, times: Times) -> Floats:
        """Return the elevation over the station of what Mars sent, when it is received at `times`."""
        seen = self._station.at(moment_of(times)).observe(self._target).apparent()
        altitude, _, _ = seen.altaz()
        result: Floats = altitude.degrees
        return result

    def mars_to_earth_deg(self, times: Times) -> tuple[Floats, Floats, Floats]:
        """Return both elevations, Mars' and Earth's, of signals sent from Mars, and the light time in s."""
        mars, light = self.mars_elevation_deg(times, "XCN+S")
        return mars, self.earth_elevation_deg(times + np.rint(light * SECOND).astype(np.int64)), light


NEW_YEAR = from_text("2025-01-01")


@functools.cache
def timescale() -> Timescale:
    """Return Skyfield's timescale with UT1 from the very file that our sky reads."""
    with (DATA / "finals2000A.all").open("rb") as file:
        data = iers.parse_x_y_dut1_from_finals_all(file)
    tt, delta_t, leap_dates, leap_offsets = iers.build_timescale_arrays(data["utc_mjd"], data["dut1"])
    return Timescale((tt, delta_t), leap_dates, leap_offsets)


def moment_of(times: Times) -> Any:
    """Return Skyfield's time of times in ns; no leap second lies between them and 2025."""
    return timescale().utc(2025, 1, 1, 0, 0, (np.asarray(times) - NEW_YEAR) / SECOND)


def ets_of(times: Times) -> Floats:
    """Return SPICE's ephemeris time, TDB in seconds past J2000 by Skyfield, of times in ns since 2017."""
    moment = moment_of(times)
    result: Floats = (moment.whole - 2_451_545.0 + moment.tdb_fraction) * 86_400
    return result


@contextmanager
def kernels() -> Iterator[None]:
    """Load DE421 and Mars' rotation into SPICE, and leave nothing behind."""
    spice.furnsh([str(DATA / "de421.bsp"), str(AUTHORITIES / "mars-pck00011.tpc")])
    try:
        yield
    finally:
        spice.kclear()
