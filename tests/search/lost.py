"""A lost walker on made-up ground, as the tests of the search need one."""

from __future__ import annotations

from functools import cache

from starlight.search.hypotheses import Conduct, Courses, Hypotheses, LastFix, draw
from starlight.search.search_report import SearchedArea, SearchReport
from starlight.search.self_affine import PATHFINDER, made_up
from starlight.search.slope_graph import SlopeGraph
from starlight.search.suit import Suit
from starlight.search.terrain import Terrain

HOUR = 3_600.0
CONDUCT = Conduct(
    (0.5, 0.2, 0.1, 0.2), home=((5_000.0, 5_000.0),), shelters=((2_000.0, 2_000.0), (8_000.0, 7_000.0))
)
SUIT = Suit(0.55, scrubber_kg=0.65, battery_wh=450.0, water_kg=4.5)
FIX = LastFix(6_500.0, 3_500.0, ((200.0**2, 0.0), (0.0, 200.0**2)))
REPORTS = [
    SearchReport(
        f"r{each}",
        HOUR * each,
        HOUR * each + 3_000,
        SearchedArea(((6_200.0 - 200 * each, 3_800.0 + 150 * each),), 900.0),
        0.5 + each / 3,
        "inverse-cube" if each % 2 else "exponential",
    )
    for each in range(5)
]


@cache
def ground() -> Terrain:
    """Return 10 x 10 km, 100 m a cell."""
    return made_up(100, 100, 100.0, PATHFINDER, 1)


@cache
def courses() -> Courses:
    """Return what people follow on that ground."""
    return Courses(SlopeGraph(ground()), CONDUCT, 1)


def hypotheses(count: int = 20_000, seed: int = 7) -> Hypotheses:
    """Return hypotheses of that loss."""
    return draw(courses(), FIX, CONDUCT, SUIT, count, seed)
