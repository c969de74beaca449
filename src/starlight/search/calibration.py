"""The test of the map: losses whose truth is known, and the share of them inside its regions."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from starlight.search.detection import detection
from starlight.search.hypotheses import Conduct, Courses, Hypotheses, LastFix, draw
from starlight.search.posterior import Posterior, region
from starlight.search.search_report import SearchedArea, SearchReport
from starlight.search.suit import Suit
from starlight.search.terrain import Floats, Terrain

WIDENINGS = (1.0, 1.5, 2.0, 3.0, 5.0, 8.0, 13.0, 21.0)
"""Tried in turn: by how much wider than stated speeds, delays and intents are believed to be."""

MOST_TIMES = 3.0
"""By which speeds and walks are widened at most; beyond it only the unknown grows, which goes anywhere."""

TOLERATED = 0.85
"""A region of 90 % that holds less of the truths than this is too narrow to be shown as it is."""


class Coverage(NamedTuple):
    """The shares of truths that lay inside the regions of 50 % and of 90 %."""

    half: float
    most: float


class _Loss(NamedTuple):
    fix: LastFix
    truth: Hypotheses
    reports: list[SearchReport]


class StagedLosses:
    """Losses over one terrain, each of them searched for twice in vain.

    Args:
        courses, conduct: by which people are lost in truth.
        suit: what they wear.
        count: of losses.
        at_s: when their maps are asked for, seconds after the last fix.
        seed: draws them.
    """

    def __init__(
        self, courses: Courses, conduct: Conduct, suit: Suit, count: int, at_s: float, seed: int
    ) -> None:
        self._suit, self._at_s, self._seed = suit, at_s, seed
        rng = np.random.default_rng([seed, 3])
        self._losses: list[_Loss] = []
        while len(self._losses) < count:
            fix = _anywhere(courses.terrain, rng)
            truth = draw(courses, fix, conduct, suit, 1, int(rng.integers(2**31)))
            reports = [_search(fix, at_s, str(each), rng) for each in range(2)]
            # Who was found is no loss of which a map is asked for. To keep them and search elsewhere instead
            # would prefer searches that miss, of which no belief knows.
            if not any(_finds(truth, each, rng) for each in reports):
                self._losses.append(_Loss(fix, truth, reports))

    def coverage(self, courses: Courses, conduct: Conduct, grid: Terrain, hypotheses: int) -> Coverage:
        """Return how often the truth lies in the regions that a belief gives."""
        half, most = 0.0, 0.0
        for number, (fix, truth, reports) in enumerate(self._losses):
            rng = np.random.default_rng([self._seed, 4, number])
            drawn = int(rng.integers(2**31))
            believed = draw(courses, fix, conduct, self._suit, hypotheses, drawn)
            chances, outside = Posterior(believed, reports, self._at_s).map(grid)
            east, north = truth.positions(self._at_s)
            # Outside the map is one more place where somebody may be.
            place = int(grid.cells_of(east, north)[0]) if grid.holds(east, north)[0] else chances.size
            chances = np.append(chances, outside)
            half += _inside(chances, place, 0.5, rng)
            most += _inside(chances, place, 0.9, rng)
        return Coverage(half / len(self._losses), most / len(self._losses))


def _anywhere(terrain: Terrain, rng: np.random.Generator) -> LastFix:
    rows, columns = terrain.shape
    side = min(rows, columns) * terrain.cell_m
    east, north = rng.uniform(0.3, 0.7, 2) * side
    return LastFix(terrain.west_m + east, terrain.north_m - north, ((200.0**2, 0.0), (0.0, 200.0**2)))


def _search(fix: LastFix, at_s: float, name: str, rng: np.random.Generator) -> SearchReport:
    east, north = rng.normal((fix.east_m, fix.north_m), 800.0)
    middle_s = at_s * float(rng.uniform(0.2, 0.9))
    area = SearchedArea(((float(east), float(north)),), 600.0)
    return SearchReport(name, middle_s, middle_s, area, 1.0, "exponential")


def _finds(truth: Hypotheses, report: SearchReport, rng: np.random.Generator) -> bool:
    inside = bool(report.area.holds(*truth.positions(report.end_s))[0])
    return inside and rng.random() < float(detection(np.array(report.coverage), report.law))


def _inside(chances: Floats, place: int, share: float, rng: np.random.Generator) -> float:
    """Return 1 where a place lies in a region; its last cell counts by the part that the share needs."""
    cells = region(chances, share)
    if place != cells[-1]:
        return float(place in cells)
    before = float(chances[cells[:-1]].sum())
    return float(rng.random() < (share * chances.sum() - before) / chances[place])


def widened(conduct: Conduct, times: float) -> Conduct:
    """Return what is believed with more doubt: wider speeds, longer walks, more unknown."""
    shares = conduct.shares ** (1 / times)
    return replace(
        conduct,
        weights=(float(shares[0]), float(shares[1]), float(shares[2]), float(shares[3])),
        speed_spread=conduct.speed_spread * min(times, MOST_TIMES),
        halt_s=conduct.halt_s * min(times, MOST_TIMES),
        unknown_share=1 - (1 - conduct.unknown_share) / times,
    )


def widened_until_true(
    losses: StagedLosses, courses: Courses, conduct: Conduct, grid: Terrain, hypotheses: int
) -> list[tuple[float, Coverage]]:
    """Return each widening that was tried and its coverage, until the region of 90 % holds enough."""
    tried: list[tuple[float, Coverage]] = []
    for times in WIDENINGS:
        tried.append((times, losses.coverage(courses, widened(conduct, times), grid, hypotheses)))
        if tried[-1][1].most >= TOLERATED:
            break
    return tried
