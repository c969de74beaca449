"""Courses of several searchers, sector after sector, by what each minute finds of who can still be saved."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from starlight.search.detection import Law, detection
from starlight.search.posterior import Posterior
from starlight.search.terrain import Floats, Ints, Terrain

COVERAGES = (0.5, 1.0, 2.0)
"""How thoroughly a sector may be searched at once; what is left in it may be searched again."""

PLANNED = 100_000
"""Hypotheses by which courses are planned: a sector of 1 % is then known to 3 %, better than any input."""

MOST_SEARCHES = 1_000
"""In one plan: more than people can be told. Searchers of any speed would else be planned for ever."""

SLICES = 12
"""Moments at which the moving map is looked at, over all the time that is planned."""


class Searcher(NamedTuple):
    """Somebody who searches.

    Attributes:
        name: for people.
        east_m, north_m: where they are.
        ready_s, end_s: when they can begin, and must have ended, seconds after the last fix.
        speed_mps: on the way, along a straight line.
        search_mps: while they search.
        sweep_width_m: of what they can find with.
        law: how their tracks lie.
    """

    name: str
    east_m: float
    north_m: float
    ready_s: float
    end_s: float
    speed_mps: float
    search_mps: float
    sweep_width_m: float
    law: Law


class PlannedSearch(NamedTuple):
    """One sector in the course of one searcher.

    Attributes:
        searcher: their name.
        cell: of the grid of sectors.
        east_m, north_m: its middle.
        begin_s, end_s: of the search there, seconds after the last fix.
        coverage: how thoroughly.
        success: probability that the lost one is found there, alive, and by nobody before in the plan.
    """

    searcher: str
    cell: int
    east_m: float
    north_m: float
    begin_s: float
    end_s: float
    coverage: float
    success: float


class _Slices:
    """The hypotheses in slices of time: in which sector each is, and the mass that lives in each sector."""

    def __init__(self, posterior: Posterior, grid: Terrain, end_s: float) -> None:
        source = posterior.hypotheses
        # Evenly through the weights, so each of them counts the same.
        steps = (np.arange(min(PLANNED, source.count)) + 0.5) / min(PLANNED, source.count)
        picked = np.minimum(np.searchsorted(np.cumsum(posterior.weights), steps), source.count - 1)
        self._count = grid.height_m.size
        self.begin_s, self._span = posterior.at_s, max(1.0, (end_s - posterior.at_s) / SLICES)
        self._weights = np.full(picked.size, 1.0 / picked.size)
        self._cells: list[Ints] = []
        self._alive: list[Floats] = []
        for index in range(SLICES):
            middle = self.begin_s + (index + 0.5) * self._span
            east, north = source.positions(middle)
            inside = grid.holds(east[picked], north[picked])
            cells = grid.cells_of(east[picked], north[picked])
            # One more cell than there are takes whoever has left the map.
            self._cells.append(np.where(inside, cells, self._count))
            self._alive.append(source.alive(middle)[picked])
        self.mass = np.stack([self._mass(index) for index in range(SLICES)])

    def _mass(self, index: int) -> Floats:
        weights = self._weights * self._alive[index]
        mass = np.bincount(self._cells[index], weights, self._count + 1)[: self._count]
        return np.asarray(mass, dtype=np.float64)

    def of(self, times_s: Floats) -> Ints:
        """Return the slices that times fall in."""
        return np.clip(((times_s - self.begin_s) / self._span).astype(np.int64), 0, SLICES - 1)

    def searched(self, index: int, cell: int, found: float) -> None:
        """Take out of the weights what a search finds."""
        self._weights[self._cells[index] == cell] *= 1.0 - found
        self.mass = np.stack([self._mass(each) for each in range(SLICES)])


def plan(
    posterior: Posterior, grid: Terrain, searchers: list[Searcher], most: int = MOST_SEARCHES
) -> list[PlannedSearch]:
    """Return where searchers go, in the order in which they begin.

    Each time, whoever is free first takes the sector and the thoroughness that find the most per second, on
    way and there, of who would be alive then; what they find is taken out before the next one chooses.
    It is a greedy plan of `most` searches at most, not the best of all; a new report asks for a new one.
    """
    if not searchers:
        return []
    slices = _Slices(posterior, grid, max(each.end_s for each in searchers))
    middles = grid.middles()
    free = [
        each._replace(ready_s=max(each.ready_s, posterior.at_s))
        for each in searchers
        if each.end_s > posterior.at_s
    ]
    planned: list[PlannedSearch] = []
    while free and len(planned) < most:
        free.sort(key=lambda each: (each.ready_s, each.name))
        searcher = free.pop(0)
        best = _best(slices, grid, searcher, middles)
        if best is not None:
            planned.append(best)
            index = int(slices.of(np.array((best.begin_s + best.end_s) / 2)))
            slices.searched(index, best.cell, float(detection(np.array(best.coverage), searcher.law)))
            free.append(searcher._replace(east_m=best.east_m, north_m=best.north_m, ready_s=best.end_s))
    return sorted(planned, key=lambda each: (each.begin_s, each.searcher))


def _best(
    slices: _Slices, grid: Terrain, searcher: Searcher, middles: tuple[Floats, Floats]
) -> PlannedSearch | None:
    """Return the search that finds the most per second; None where no time is left for any."""
    east, north = middles
    cells = np.arange(east.size)
    travel = np.hypot(east - searcher.east_m, north - searcher.north_m) / searcher.speed_mps
    begin = searcher.ready_s + travel
    best: PlannedSearch | None = None
    rate = 0.0
    for coverage in COVERAGES:
        # Coverage is sweep width times track over area, so this is how long the track takes.
        lasts = coverage * grid.cell_m**2 / searcher.sweep_width_m / searcher.search_mps
        found = slices.mass[slices.of(begin + lasts / 2), cells]
        found = found * float(detection(np.array(coverage), searcher.law))
        rates = np.where(begin + lasts <= searcher.end_s, found / (travel + lasts), 0.0)
        cell = int(np.argmax(rates))
        if rates[cell] > rate:
            rate = float(rates[cell])
            at = float(begin[cell])
            place = (float(east[cell]), float(north[cell]))
            best = PlannedSearch(searcher.name, cell, *place, at, at + lasts, coverage, float(found[cell]))
    return best
