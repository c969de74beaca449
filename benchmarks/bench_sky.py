"""Windows of a year between three stations and a site on Mars: Starlight, and Skyfield's find_discrete.

Both find when a signal from the Mars site reaches a station, masks 10 degrees at both ends, light time and
aberration on, refraction and the Moon off, UT1 from the same file. Skyfield has no site on Mars (its frames
need kernels that it does not ship), so two runs of it are timed:

* `skyfield_earth_end`: only the Earth end, Mars' barycentre as the target, with the step of six hours that
  Skyfield's own almanac takes for risings and settings: half of the answer, by its own means alone;
* `skyfield_both_ends`: that and the Mars end by Starlight's own elevation, which costs little beside it, with
  a step of one hour; even so it misses the shorter windows (compare `edges` with twice our `windows`).

CPU seconds; opening the files is not counted, filling our tables is (`first_s`; `again_s` is warm).
"""

from __future__ import annotations

import json
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.resources import files
from itertools import permutations
from pathlib import Path
from typing import Any

import machine
import numpy as np
from jplephem.spk import SPK
from skyfield.api import load_file, wgs84
from skyfield.data import iers
from skyfield.searchlib import find_discrete
from skyfield.timelib import Timescale

from starlight.dtntime import DAY, from_text
from starlight.sky import (
    Centre,
    Elements,
    Orbiter,
    Place,
    Site,
    Sky,
    conjunctions,
    light_pieces_many,
    porkchop,
    stationary,
    transfer,
    windows,
)
from starlight.sky.places import orbit_radius_km
from starlight.sky.pointing import Conventions, elevation_deg

DATA = Path(str(files("skyfield_data"))) / "data"
STATIONS = {
    "goldstone": Site("earth", 35.4259, -116.8889, 1001.0, 10.0),
    "madrid": Site("earth", 40.4314, -4.2480, 835.0, 10.0),
    "canberra": Site("earth", -35.4024, 148.9813, 688.0, 10.0),
}
SITE = Site("mars", 18.38, 77.58, -2500.0, 10.0)
START, END = from_text("2025-01-01"), from_text("2026-01-01")
FLOOR_DEG = 10.0
PLAIN = Conventions(refraction="none", blockers=("sun", "earth", "mars"))


@contextmanager
def opened() -> Iterator[Sky]:
    """Open a sky with cold tables."""
    kernel = SPK.open(str(DATA / "de421.bsp"))
    yield Sky.from_kernel(kernel, (DATA / "finals2000A.all").read_text())
    kernel.close()


def cpu_s(action: Callable[[], Any]) -> tuple[float, Any]:
    """Return how many CPU seconds something takes, and its result."""
    began = time.process_time()
    result = action()
    return round(time.process_time() - began, 4), result


def ours(sky: Sky) -> dict[str, Any]:
    """Time our windows, cold and warm."""

    def search() -> list[int]:
        return [len(windows(sky, SITE, station, START, END, PLAIN)) for station in STATIONS.values()]

    first, found = cpu_s(search)
    again, _ = cpu_s(search)
    return {"first_s": first, "again_s": again, "windows": found}


def skyfield(sky: Sky, both_ends: bool) -> dict[str, Any]:
    """Time Skyfield's search for the same stations."""
    planets = load_file(str(DATA / "de421.bsp"))
    with (DATA / "finals2000A.all").open("rb") as file:
        data = iers.parse_x_y_dut1_from_finals_all(file)
    tt, delta_t, leap_dates, leap_offsets = iers.build_timescale_arrays(data["utc_mjd"], data["dut1"])
    timescale = Timescale((tt, delta_t), leap_dates, leap_offsets)
    begin, finish = timescale.utc(2025, 1, 1), timescale.utc(2026, 1, 1)

    def search() -> list[int]:
        changes = []
        for station in STATIONS.values():
            place = planets["earth"] + wgs84.latlon(
                station.latitude_deg, station.longitude_deg, station.height_m
            )

            def visible(moment: Any, place: Any = place, station: Site = station) -> Any:
                seen = place.at(moment).observe(planets["mars"]).apparent()
                above = seen.altaz()[0].degrees > FLOOR_DEG
                if not both_ends:
                    return above
                tdb = (moment.whole - 2_451_545.0 + moment.tdb_fraction) * 86_400
                sent = np.atleast_1d(tdb - seen.light_time * 86_400)
                return above & (elevation_deg(sky, SITE, station, sent, True, PLAIN) > FLOOR_DEG)

            visible.step_days = 0.04 if both_ends else 0.25  # type: ignore[attr-defined] # Skyfield reads it there.
            times, _ = find_discrete(begin, finish, visible)
            changes.append(len(times))
        return changes

    seconds, changes = cpu_s(search)
    planets.close()
    return {"s": seconds, "edges": changes}


def more(sky: Sky) -> dict[str, float]:
    """Time what the planner asks for: decades, relays, light time as polynomials."""
    start, end = from_text("2026-01-01"), from_text("2052-01-01")
    two_years = (from_text("2050-01-01"), from_text("2052-01-01"))
    station = STATIONS["goldstone"]
    low = Orbiter("mars", orbit_radius_km("mars", 7200), 75.0, 120.0, 0.0, two_years[0])
    high = stationary(sky, "mars", 77.0, two_years[0])
    result: dict[str, float] = {}
    result["site_to_site_26_years_s"], found = cpu_s(lambda: windows(sky, SITE, station, start, end))
    result["light_pieces_26_years_s"], _ = cpu_s(lambda: light_pieces_many(sky, SITE, station, found))
    for name, a, b in (
        ("two_hour_orbiter_to_site_2_years_s", low, SITE),
        ("two_hour_orbiter_to_station_2_years_s", low, station),
        ("stationary_orbiter_to_station_2_years_s", high, station),
        ("orbiter_to_orbiter_2_years_s", low, high),
        ("earth_centre_to_mars_centre_26_years_s", Centre("earth"), Centre("mars")),
    ):
        span = (start, end) if isinstance(a, Centre) else two_years
        result[name], _ = cpu_s(lambda a=a, b=b, span=span: windows(sky, a, b, *span))  # type: ignore[misc]
    return result


def mars_year(sky: Sky) -> dict[str, Any]:
    """Time the 687 days to 2026-06-30: three stations, a site, two orbiters, all 24 directions."""
    end = from_text("2026-06-30")
    start = end - 687 * DAY
    places: dict[str, Place] = {
        **STATIONS,
        "site": SITE,
        "mro": Elements("mars", 3683.7, 0.0088, 92.65, 20.0, 270.0, 0.0, start),
        "tgo": Elements("mars", 3796.2, 0.0065, 74.0, 120.0, 10.0, 90.0, start),
    }
    pairs = [(a, b) for a, b in permutations(places, 2) if not (a in STATIONS and b in STATIONS)]

    def plan() -> list[list[tuple[int, int]]]:
        return [windows(sky, places[a], places[b], start, end) for a, b in pairs]

    seconds, found = cpu_s(plan)
    one, _ = cpu_s(lambda: windows(sky, places["goldstone"], places["mro"], start, start + 365 * DAY))
    spans = found[pairs.index(("site", "goldstone"))]
    light, _ = cpu_s(lambda: light_pieces_many(sky, SITE, places["goldstone"], spans))
    return {
        "directions": len(pairs),
        "windows": sum(map(len, found)),
        "s": seconds,
        "station_orbiter_year_s": one,
        "light_pieces_site_station_s": light,
    }


def ships(sky: Sky) -> dict[str, float]:
    """Time a porkchop, a ship's windows, and the conjunctions of 27 years."""
    departures = np.arange(from_text("2050-01-01"), from_text("2051-01-01"), DAY)
    arrivals = np.arange(from_text("2050-09-01"), from_text("2051-12-01"), DAY)
    chart_s, chart = cpu_s(lambda: porkchop(sky, departures, arrivals))
    ship = transfer(sky, "earth", "mars", *chart.best())
    ship_s, _ = cpu_s(lambda: windows(sky, STATIONS["madrid"], ship, ship.departure, ship.arrival))
    dark_s, _ = cpu_s(lambda: conjunctions(sky, from_text("2026-01-01"), from_text("2053-09-01")))
    return {
        "porkchop_cells": chart.delta_v_km_s.size,
        "porkchop_s": chart_s,
        "porkchop_cells_per_s": round(chart.delta_v_km_s.size / chart_s),
        "ship_to_station_flight_s": ship_s,
        "conjunctions_27_years_s": dark_s,
    }


def main() -> None:
    """Print the figures as one JSON object."""
    warnings.simplefilter("error")
    with opened() as sky:
        mine = ours(sky)
        earth_end, both_ends = skyfield(sky, both_ends=False), skyfield(sky, both_ends=True)
        planner = more(sky)
        year, cruise = mars_year(sky), ships(sky)
    print(
        json.dumps(
            {
                "benchmark": "sky",
                "machine": machine.describe("numpy", "skyfield", "jplephem"),
                "starlight": mine,
                "skyfield_earth_end": earth_end,
                "skyfield_both_ends": both_ends,
                "times_faster_than_earth_end": round(earth_end["s"] / mine["first_s"], 1),
                "times_faster_than_both_ends": round(both_ends["s"] / mine["first_s"], 1),
                **planner,
                "mars_year": year,
                **cruise,
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
