"""Windows against Skyfield, SPICE and brute force."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import spiceypy as spice
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.sky.authority import Authority, ets_of, kernels

from starlight.dtntime import DAY, HOUR, MINUTE, SECOND, from_text
from starlight.errors import RangeError
from starlight.sky import (
    Centre,
    Elements,
    Orbiter,
    Place,
    Site,
    Sky,
    light_time_s,
    stationary,
    transfer,
    windows,
)
from starlight.sky.occultation import Condition
from starlight.sky.places import CELESTIAL_BODIES
from starlight.sky.pointing import Conventions, elevation_deg
from starlight.sky.timescales import Floats, Times
from starlight.sky.windows import TableMask, conditions

GOLDSTONE = Site("earth", 35.4259, -116.8889, 1001.0, 10.0)
MADRID = Site("earth", 40.4314, -4.2480, 835.0, 10.0)
CANBERRA = Site("earth", -35.4024, 148.9813, 688.0, 10.0)
STATIONS = (GOLDSTONE, MADRID, CANBERRA)
JEZERO = Site("mars", 18.38, 77.58, -2500.0, 10.0)
START, END = from_text("2025-01-01"), from_text("2026-01-01")
EDGE_TOLERANCE = SECOND
"""What is promised."""
REACHED_S = 0.02
"""What is reached: most of it is the difference of two precession-nutations, and our shift inward."""
PLAIN = Conventions(refraction="none", blockers=("sun", "earth", "mars"))
"""What the authorities of these tests know: no air, no Moon."""
LOW = Orbiter("mars", 3832.0, 75.0, 120.0, 0.0, START)
"""Two hours around Mars; it goes behind it on every orbit of mid-2025."""


@pytest.fixture(scope="module", autouse=True)
def _spice() -> Iterator[None]:
    with kernels():
        yield


def inside(found: list[tuple[int, int]], times: Times) -> np.ndarray:
    """Return which times lie in a window."""
    edges = np.array(found, dtype=np.int64).ravel()
    return np.asarray(np.searchsorted(edges, times) % 2 == 1)


def far_from_edges(found: list[tuple[int, int]], times: Times, margin: int) -> np.ndarray:
    edges = np.array([0, *np.array(found, dtype=np.int64).ravel(), 2**62])
    index = np.searchsorted(edges, times)
    return np.asarray(np.minimum(edges[index] - times, times - edges[index - 1]) > margin)


@pytest.mark.parametrize("station", STATIONS, ids=["goldstone", "madrid", "canberra"])
def test_windows_of_2025_agree_with_skyfield_and_spice(
    sky: Sky, planets: Any, tmp_path: Path, station: Site
) -> None:
    """Every edge of every window of 2025 is within a second of Skyfield's (Earth end) and SPICE's (Mars end).

    And they know no other window. Refraction is off, light time and stellar aberration are on at both ends,
    UT1 comes from the same file for both.
    """
    found = windows(sky, JEZERO, station, START, END, PLAIN)
    authority = Authority(planets, station, JEZERO, tmp_path, START, END)
    edges = np.array(found).ravel()
    edges = edges[(edges > START) & (edges < END)]
    assert len(edges) > 600
    margins = []
    for shift in (-EDGE_TOLERANCE, EDGE_TOLERANCE):
        mars, earth, _ = authority.mars_to_earth_deg(edges + shift)
        margins.append(np.minimum(mars - JEZERO.mask_deg, earth - station.mask_deg))
    assert np.all(margins[0] * margins[1] < 0), "an edge is more than a second off"
    off_s = np.abs(-1 + 2 * margins[0] / (margins[0] - margins[1]))
    assert off_s.max() < REACHED_S
    grid = np.arange(START, END, 45 * MINUTE)
    mars, earth, _ = authority.mars_to_earth_deg(grid)
    visible = (mars > JEZERO.mask_deg) & (earth > station.mask_deg)
    clear = far_from_edges(found, grid, SECOND)
    assert np.array_equal(visible[clear], inside(found, grid)[clear])


def test_the_way_back_agrees_with_spice(sky: Sky, planets: Any, tmp_path: Path) -> None:
    """From Earth to Mars, the Mars end is judged when the signal arrives there ("CN+S" of SPICE)."""
    start, end = from_text("2025-03-01"), from_text("2025-05-01")
    open_earth = Site("earth", GOLDSTONE.latitude_deg, GOLDSTONE.longitude_deg, GOLDSTONE.height_m, -30.0)
    found = windows(sky, open_earth, JEZERO, start, end, PLAIN)
    authority = Authority(planets, open_earth, JEZERO, tmp_path, start, end)
    edges = np.array(found).ravel()
    at_mars = edges + np.rint(light_time_s(sky, open_earth, JEZERO, edges) * SECOND).astype(np.int64)
    elevation, _ = authority.mars_elevation_deg(at_mars, "CN+S")
    by_mars = np.abs(elevation - JEZERO.mask_deg) < 0.01  # The others are edges of the Earth end.
    assert by_mars.sum() > 60
    # Mars turns by 0.004 deg/s, so 1e-4 deg is 0.03 s.
    assert np.abs(elevation - JEZERO.mask_deg)[by_mars].max() < 1e-4


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (GOLDSTONE, JEZERO),
        (JEZERO, LOW),
        (LOW, JEZERO),
        (LOW, GOLDSTONE),
        (Site("mars", 84.0, 10.0, 0.0, 5.0), Site("earth", -80.0, 0.0, 2000.0, 5.0)),
    ],
    ids=["station-site", "site-orbiter", "orbiter-site", "orbiter-station", "poles"],
)
def test_no_window_is_missed_against_a_grid_of_ten_seconds(sky: Sky, a: Place, b: Place) -> None:
    """At every tenth second of some days, being inside a window and seeing each other are the same."""
    start, end = START + 40 * DAY, START + 43 * DAY
    found = windows(sky, a, b, start, end, PLAIN)
    grid = np.arange(start, end, 10 * SECOND)
    visible = sees(sky, a, b, grid)
    clear = far_from_edges(found, grid, 10_000_000)
    assert np.array_equal(visible[clear], inside(found, grid)[clear])


def sees(sky: Sky, a: Place, b: Place, times: Times) -> np.ndarray:
    """Return whether what is sent from `a` reaches `b`, time by time: masks, and the ray past a's world."""
    leaves = sky.tdb(times)
    arrives = leaves + light_time_s(sky, a, b, times)
    result = np.ones(times.size, dtype=bool)
    if isinstance(a, Site):
        result &= elevation_deg(sky, a, b, leaves, True, PLAIN) > a.mask_deg
    if isinstance(b, Site):
        result &= elevation_deg(sky, b, a, arrives, False, PLAIN) > b.mask_deg
    if isinstance(a, Orbiter) and a.body != b.body:
        # The ray in the frame in which the world rests: both ends less the world's way in the meantime.
        position, velocity = sky.body(a.body, leaves)
        start = sky.state(a, leaves)[0] - position
        finish = sky.state(b, arrives)[0] - position - velocity * (arrives - leaves)
        matrix, _ = sky.frame(a.body, leaves)
        world = CELESTIAL_BODIES[a.body]
        radii = np.array([[world.equatorial_km], [world.equatorial_km], [world.polar_km]])
        p, q = (np.einsum("ijn,in->jn", matrix, end) / radii for end in (start, finish))
        along = q - p
        nearest = np.clip(-(p * along).sum(0) / (along * along).sum(0), 0, 1)
        result &= np.linalg.norm(p + nearest * along, axis=0) > 1
    return result


@settings(deadline=None, derandomize=True, max_examples=12)
@given(
    latitude=st.floats(-89, 89),
    longitude=st.floats(-180, 180),
    mask=st.floats(0, 60),
    day=st.integers(0, 9000),
)
def test_grazing_passes_are_found(sky: Sky, latitude: float, longitude: float, mask: float, day: int) -> None:
    """Windows are ascending and disjoint, and a grid of two minutes finds nothing outside them and
    no gap inside, wherever the site and whatever the mask."""
    site = Site("mars", latitude, longitude, 0.0, mask)
    start = from_text("2027-01-01") + day * DAY
    end = start + 3 * DAY
    found = windows(sky, site, Centre("earth"), start, end, PLAIN)
    edges = np.array(found, dtype=np.int64).ravel()
    assert np.all(np.diff(edges) > 0)
    grid = np.arange(start, end, 2 * MINUTE)
    clear = far_from_edges(found, grid, 10_000_000)
    assert np.array_equal(sees(sky, site, Centre("earth"), grid)[clear], inside(found, grid)[clear])


def test_a_mask_just_below_culmination_leaves_a_short_window_each_day(sky: Sky) -> None:
    """A window of some seconds at the top of a pass is not missed between grid points."""
    day = np.arange(START, START + DAY, 10 * SECOND)
    plain = Site("earth", 35.4259, -116.8889, 1001.0, 0.0)
    top = elevation_deg(sky, plain, Centre("mars"), sky.tdb(day), sends=True).max()
    for below_deg in (1e-3, 1e-6):
        grazing = Site("earth", 35.4259, -116.8889, 1001.0, float(top) - below_deg)
        found = windows(sky, grazing, Centre("mars"), START, START + DAY)
        assert len(found) == 1
        assert found[0][1] - found[0][0] < 5 * MINUTE


def spice_orbiter(sky: Sky, orbiter: Orbiter, folder: Path, start: int, end: int) -> str:
    """Hand an orbiter's states to SPICE; return what it is called there."""
    ets = ets_of(np.arange(start - HOUR, end + HOUR, 60 * SECOND))
    position, velocity, _ = sky.around(orbiter, ets)
    states = np.concatenate([position, velocity]).T.copy()
    handle = spice.spkopn(str(folder / "orbiter.bsp"), "orbiter", 0)
    spice.spkw13(handle, -900, 499, "J2000", ets[0], ets[-1], "orbiter", 7, len(ets), states, ets)
    spice.spkcls(handle)
    spice.furnsh(str(folder / "orbiter.bsp"))
    return "-900"


def test_occultation_agrees_with_spice(sky: Sky, tmp_path: Path) -> None:
    """An orbiter loses Earth's centre behind Mars when SPICE's occultation search (`gfoclt`) says so."""
    start, end = from_text("2025-06-01"), from_text("2025-06-04")
    orbiter = spice_orbiter(sky, LOW, tmp_path, start, end)
    limits = spice.cell_double(2)
    first, last = ets_of(np.array([start, end]))
    spice.wninsd(first, last, limits)
    # The orbiter receives: Mars' limb is seen where it was, and so is Earth.
    hidden = spice.gfoclt(
        "ANY", "MARS", "ELLIPSOID", "IAU_MARS", "EARTH", "POINT", " ", "CN", orbiter, 120.0, limits,
        spice.cell_double(1000),
    )  # fmt: skip
    by_spice = np.array([spice.wnfetd(hidden, k) for k in range(spice.wncard(hidden))])
    found = windows(sky, Centre("earth"), LOW, start - 2 * HOUR, end)
    received = sky.tdb(np.array(found)) + light_time_s(sky, Centre("earth"), LOW, np.array(found))
    ours = np.stack([received[:-1, 1], received[1:, 0]], axis=1)
    ours = ours[(ours[:, 0] > first) & (ours[:, 1] < last)]
    by_spice = by_spice[(by_spice[:, 0] > first) & (by_spice[:, 1] < last - 1500)]
    assert len(by_spice) > 25
    assert np.abs(ours[: len(by_spice)] - by_spice).max() < 0.05


def test_a_relay_over_a_site_agrees_with_spice(sky: Sky, tmp_path: Path) -> None:
    """A site sees an orbiter of its world rise and set when SPICE puts it at the mask."""
    start, end = from_text("2025-06-01"), from_text("2025-06-03")
    orbiter = spice_orbiter(sky, LOW, tmp_path, start, end)
    fixed = spice.georec(
        *np.radians([JEZERO.longitude_deg, JEZERO.latitude_deg]), -2.5, 3396.19, 19.99 / 3396.19
    )
    found = windows(sky, JEZERO, LOW, start, end)
    assert len(found) > 4
    for edge in ets_of(np.array(found).ravel()):
        seen, _ = spice.azlcpo("ELLIPSOID", orbiter, edge, "XCN+S", True, True, fixed, "MARS", "IAU_MARS")
        # The slowest passes cross the mask with 0.02 deg/s.
        assert np.degrees(seen[2]) == pytest.approx(JEZERO.mask_deg, abs=2e-3)


def test_a_stationary_orbiter_stays_for_decades(sky: Sky) -> None:
    """An areostationary relay within sight of a site is always within sight, and its window is one."""
    relay = stationary(sky, "mars", 90.0, from_text("2050-01-01"))
    start, end = from_text("2026-01-01"), from_text("2052-01-01")
    assert windows(sky, relay, JEZERO, start, end) == [(start, end)]
    other_side = Site("mars", 0.0, -90.0)
    assert windows(sky, relay, other_side, start, end) == []


def test_two_relays_lose_each_other_behind_their_world(sky: Sky) -> None:
    """Between two orbiters of one world the line is free exactly when it misses the ellipsoid."""
    high = stationary(sky, "mars", 0.0, START)
    start, end = START, START + 3 * DAY
    found = windows(sky, LOW, high, start, end)
    grid = np.arange(start, end, 20 * SECOND)
    tdb = sky.tdb(grid)
    light = light_time_s(sky, LOW, high, grid)
    radii = np.array([[3396.19], [3396.19], [3376.20]])
    matrix, _ = sky.frame("mars", tdb)
    p = np.einsum("ijn,in->jn", matrix, sky.around(LOW, tdb)[0]) / radii
    q = np.einsum("ijn,in->jn", matrix, sky.around(high, tdb + light)[0]) / radii
    along = q - p
    nearest = np.clip(-(p * along).sum(0) / (along * along).sum(0), 0, 1)
    free = np.linalg.norm(p + nearest * along, axis=0) > 1
    clear = far_from_edges(found, grid, 10_000_000)
    assert len(found) > 25
    assert np.array_equal(free[clear], inside(found, grid)[clear])


def test_the_sun_hides_mars_only_when_it_lies_between(sky: Sky) -> None:
    """At the conjunction of November 2023 Mars passed behind the Sun for a day; at opposition never."""
    start, end = from_text("2023-11-01"), from_text("2023-12-01")
    found = windows(sky, Centre("mars"), Centre("earth"), start, end)
    assert len(found) == 2
    assert 10 * HOUR < found[1][0] - found[0][1] < 40 * HOUR
    assert found[0][1] > from_text("2023-11-16")
    assert found[1][0] < from_text("2023-11-20")
    near = from_text("2050-08-14")
    assert windows(sky, Centre("mars"), Centre("earth"), near - 5 * DAY, near + 5 * DAY) == [
        (near - 5 * DAY, near + 5 * DAY)
    ]


def test_beyond_the_ephemeris_is_an_error(sky: Sky) -> None:
    """A search beyond what the kernel covers says when it ends and how to go further."""
    with pytest.raises(RangeError, match=r"DE421 ends in October 2053; hand in a larger kernel"):
        windows(sky, GOLDSTONE, JEZERO, START, from_text("2054-01-01"))
    with pytest.raises(RangeError):
        windows(sky, GOLDSTONE, JEZERO, from_text("1960-01-01"), END)


def test_an_empty_interval_has_no_windows(sky: Sky) -> None:
    """An interval that ends before it starts, or is one instant, holds nothing."""
    assert windows(sky, GOLDSTONE, JEZERO, END, START) == []
    assert windows(sky, GOLDSTONE, JEZERO, START, START) == []


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (GOLDSTONE, JEZERO),
        (JEZERO, LOW),
        (LOW, JEZERO),
        (LOW, GOLDSTONE),
        (Site("earth", 5.0, 10.0), Orbiter("earth", 6778.0, 51.6, 10.0, 0.0, START)),
        (Orbiter("earth", 6778.0, 51.6, 10.0, 0.0, START), LOW),
        (LOW, Orbiter("mars", 9000.0, 30.0, 0.0, 50.0, START)),
        (LOW, Orbiter("mars", 3832.0, 105.0, 120.0, 1.0, START)),
        (Site("mars", 0.0, 10.0, 0.0, 10.0), Orbiter("mars", 3500.0, 0.0, 0.0, 0.0, START)),
        (Orbiter("mars", 3480.0, 90.0, 120.0, 0.0, START), Centre("earth")),
        (Site("mars", 0.0, 10.0, 0.0, 80.0), Orbiter("mars", 3600.0, 180.0, 0.0, 0.0, START)),
    ],
)
@pytest.mark.parametrize("day", [0, 5017])
def test_curvature_stays_below_its_bound(sky: Sky, a: Place, b: Place, day: int) -> None:
    """No window can be missed: no condition's function curves more than the bound that its search trusts."""
    check_bounds(sky, a, b, sky.tdb([START + day * DAY])[0] + np.arange(0.0, 86_400.0, 17.3))


SHIP_LEAVES = from_text("2026-11-01")
MRO = Elements("mars", 3683.7, 0.0088, 92.65, 20.0, 270.0, 0.0, START)
EGG = Elements("mars", 9000.0, 0.6, 63.4, 10.0, 270.0, 0.0, START)
WALL = ((0.0, 6.0), (90.0, 12.0), (92.0, 30.0), (180.0, 15.0), (270.0, 8.0))
WALLED = Site("earth", 35.4259, -116.8889, 1001.0, WALL)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (MRO, GOLDSTONE),
        (GOLDSTONE, EGG),
        (EGG, Centre("sun")),
        (JEZERO, MRO),
        (EGG, JEZERO),
        (Site("mars", 0.0, 10.0, 0.0, 70.0), EGG),
        (MRO, EGG),
        (LOW, EGG),
        (WALLED, Centre("mars")),
        (Site("earth", 5.0, 10.0), Elements("earth", 26_600.0, 0.73, 63.4, 10.0, 270.0, 0.0, START)),
        (WALLED, Elements("earth", 26_600.0, 0.73, 63.4, 10.0, 270.0, 0.0, START)),
        (Centre("moon"), GOLDSTONE),
        (Centre("moon"), Orbiter("earth", 6778.0, 51.6, 10.0, 0.0, START)),
    ],
)
@pytest.mark.parametrize("day", [0, 5017])
def test_bounds_hold_for_ellipses_tables_and_the_moon(sky: Sky, a: Place, b: Place, day: int) -> None:
    """What the search trusts holds for eccentric orbits, for masks by azimuth and for the Moon, too."""
    check_bounds(sky, a, b, sky.tdb([START + day * DAY])[0] + np.arange(0.0, 2 * 86_400.0, 37.3))


@pytest.mark.parametrize("hours", [0.02, 1, 24, 24 * 100])
@pytest.mark.parametrize("other", [GOLDSTONE, JEZERO, MRO, Centre("earth"), WALLED])
def test_bounds_hold_for_ships(sky: Sky, other: Place, hours: float) -> None:
    """From the first minutes on, so near Earth that a ship crosses the sky in hours, bounds hold for it."""
    ship = transfer(sky, "earth", "mars", SHIP_LEAVES, SHIP_LEAVES + 260 * DAY)
    times = sky.tdb([SHIP_LEAVES])[0] + hours * 3600 * np.linspace(1, 2, 300)
    check_bounds(sky, ship, other, times, step=min(10.0, hours * 300))


def check_bounds(sky: Sky, a: Place, b: Place, times: Floats, step: float = 10.0) -> None:
    """Compare differences of each condition's function with its bounds."""
    for condition in (one for alternatives in conditions(sky, a, b) for one in alternatives):
        parts = [condition] if isinstance(condition, Condition) else [
            condition.low, condition.high, condition.between,
        ]  # fmt: skip
        for part in parts:
            before, at, after = (part.function(times + shift) for shift in (-step, 0.0, step))
            if part.order == 2:
                found = np.abs(before - 2 * at + after) / step**2
                rounding = 4e-15 * part.scale / step**2
            else:
                found, rounding = np.abs(after - before) / (2 * step), 1e-9
            if part.order == 1 and isinstance(condition, TableMask):
                # It is only asked between the mask's lowest and highest row.
                between = (condition.low.function(times) > 0) & (condition.high.function(times) < 0)
                found = found[between] if between.any() else np.zeros(1)
                times_asked = times[between] if between.any() else times[:1]
            else:
                times_asked = times
            limit = part.bound
            most = limit(times_asked - step, times_asked + step) if callable(limit) else limit
            assert np.all(found <= most + rounding)
