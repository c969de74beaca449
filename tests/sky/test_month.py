"""A month, every ten seconds: being inside a window and hearing each other are the same."""

from __future__ import annotations

import numpy as np
import pytest
from tests.sky.test_mars_year import PLACES

from starlight.dtntime import DAY, SECOND, from_text
from starlight.sky import Place, Site, Sky, light_time_s, transfer, windows
from starlight.sky.places import CELESTIAL_BODIES
from starlight.sky.pointing import elevation_deg
from starlight.sky.timescales import Floats

# Mars is near opposition, and the Moon passes before it on the 14th.
START = from_text("2025-01-01")
END = START + 30 * DAY
STEP = 10 * SECOND
LEAVES = START - DAY
"""A ship leaves Earth on the day before, and crosses the sky close by."""
RADII_KM = {"sun": (695_700.0,) * 3, "moon": (1737.4,) * 3} | {
    name: (world.equatorial_km, world.equatorial_km, world.polar_km)
    for name, world in CELESTIAL_BODIES.items()
}


def hears(sky: Sky, a: Place, b: Place, tdb: Floats) -> np.ndarray:
    """Return whether what `a` sends reaches `b`: masks, and the straight way past everything."""
    light = light_time_s(sky, a, b, sky.utc(tdb))
    here, there = sky.state(a, tdb)[0], sky.state(b, tdb + light)[0]
    free = np.ones(tdb.size, dtype=bool)
    for site, other, at, sends in ((a, b, tdb, True), (b, a, tdb + light, False)):
        if isinstance(site, Site):
            assert isinstance(site.mask_deg, float)
            free &= elevation_deg(sky, site, other, at, sends) > site.mask_deg
    grounds = {place.body for place in (a, b) if isinstance(place, Site)}
    for body in ("sun", "earth", "moon", "mars"):
        if body not in grounds:
            free &= ~_meets(sky, body, here, there, tdb, light)
    return free


def _meets(sky: Sky, body: str, here: Floats, there: Floats, tdb: Floats, light: Floats) -> np.ndarray:
    """Return whether the ray passes through a body, taken where it is when the ray is nearest."""
    way = there - here
    share = np.full(tdb.size, 0.5)
    for _ in range(3):
        centre = sky.body(body, tdb + share * light)[0]
        share = np.clip(((centre - here) * way).sum(0) / (way * way).sum(0), 0, 1)
    matrix = (
        sky.frame(body, tdb)[0] if body in CELESTIAL_BODIES else np.eye(3)[:, :, None] * np.ones(tdb.size)
    )
    radii = np.array(RADII_KM[body])[:, None]
    p, q = (np.einsum("ijn,in->jn", matrix, end - centre) / radii for end in (here, there))
    along = q - p
    nearest = np.clip(-(p * along).sum(0) / (along * along).sum(0), 0, 1)
    return np.asarray(np.linalg.norm(p + nearest * along, axis=0) < 1)


@pytest.mark.parametrize(
    ("a", "b"),
    [("jezero", "goldstone"), ("goldstone", "mro"), ("mro", "tgo"), ("ship", "madrid")],
)
def test_no_window_is_missed_against_a_grid_of_a_month(sky: Sky, a: str, b: str) -> None:
    """At every tenth second of a month, edges aside by 0.3 s, windows are open when the way is free."""
    places = PLACES | {"ship": transfer(sky, "earth", "mars", LEAVES, LEAVES + 250 * DAY)}
    found = windows(sky, places[a], places[b], START, END)
    edges = np.array(found).ravel()
    grid = np.arange(START, END, STEP)
    free = np.concatenate(
        [hears(sky, places[a], places[b], sky.tdb(part)) for part in np.array_split(grid, 12)]
    )
    index = np.clip(np.searchsorted(edges, grid)[:, None] + [-1, 0], 0, len(edges) - 1)
    clear = np.abs(edges[index] - grid[:, None]).min(axis=1) > 3 * SECOND // 10
    assert len(found) > 20
    assert np.array_equal(free[clear], (np.searchsorted(edges, grid) % 2 == 1)[clear])
