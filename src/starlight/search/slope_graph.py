"""The graph over which a lost walker is taken to go: cells of the terrain, directed edges, seconds by slope.

A course leads from every cell to some goal by the least time. It is a tree: each cell has one next cell. So
where somebody is after t seconds needs no steps of a simulation: tables of 1, 2, 4, 8 ... cells ahead are
climbed down, which is the same for a walk of minutes and one of days (Bender and Farach-Colton 2004, on level
ancestors). A position is thus a function of time, and a report of yesterday can be weighed today.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from starlight.search.self_affine import field
from starlight.search.terrain import Floats, Ints, Terrain
from starlight.search.walking import speed_mps

_AT_ONCE_S = 1e-6
"""From the goal to itself; a zero would be no edge in a sparse matrix."""

_STEPS = [(-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1)]
"""To the eight cells around, in rows and columns."""


@dataclass(frozen=True)
class Course:
    """The least times to a goal, and the next cells on the way there.

    Attributes:
        seconds: from each cell to the goal, plus the goal's own handicap, [cells].
        ahead: the cell that is 2^k cells ahead, [levels, cells]; the goal's own is itself.
        leaves: who comes to the goal goes on, and leaves the map.
    """

    seconds: Floats
    ahead: Ints
    leaves: bool = False

    def after(self, cells: Ints, walked_s: Floats) -> tuple[Ints, Ints, Floats]:
        """Return where walkers are who set out from cells and have walked for so long.

        Returns:
            the cell last passed, the next one, and how far between the two they are, 0 to 1.
        """
        left = self.seconds[cells] - walked_s
        at = cells
        for level in self.ahead[::-1]:
            further = level[at]
            at = np.where(self.seconds[further] >= left, further, at)
        onward = self.ahead[0][at]
        span = self.seconds[at] - self.seconds[onward]
        # At the goal there is no span: whoever has come there stays.
        share = np.divide(self.seconds[at] - left, span, out=np.zeros_like(left), where=span > 0)
        return at, onward, np.clip(share, 0.0, 1.0)


class SlopeGraph:
    """The cells of a terrain, joined to their neighbours by the seconds that a step takes.

    Args:
        terrain: whose cells they are; coarse enough for a shortest-path search over them.
    """

    def __init__(self, terrain: Terrain) -> None:
        self.terrain = terrain
        rows, columns = terrain.shape
        numbers = np.arange(rows * columns).reshape(rows, columns)
        origins, ends, seconds = [], [], []
        for down, right in _STEPS:
            here = numbers[max(0, -down) : rows - max(0, down), max(0, -right) : columns - max(0, right)]
            there = here + down * columns + right
            distance = terrain.cell_m * np.hypot(down, right)
            rise = terrain.height_m.ravel()[there] - terrain.height_m.ravel()[here]
            slope = np.degrees(np.arctan2(rise, distance))
            # The ground is longer than the map by the cosine of its slope.
            seconds.append((np.hypot(distance, rise) / speed_mps(slope)).ravel())
            origins.append(here.ravel())
            ends.append(there.ravel())
        self._origins = np.concatenate(origins)
        self._ends = np.concatenate(ends)
        self._seconds = np.concatenate(seconds)

    def to_points(self, east_m: Floats, north_m: Floats, doubt: float, rng: np.random.Generator) -> Course:
        """Return the course to the nearest of some points.

        Args:
            doubt: how far people misjudge the ground: deviation of the logarithm of an edge's time.
            rng: draws how this course misjudges it.
        """
        goals = np.unique(self.terrain.cells_of(east_m, north_m))
        least, ahead = self._tree(goals, np.full(goals.size, _AT_ONCE_S), doubt, rng)
        return Course(least, ahead)

    def along(self, bearing_deg: float, doubt: float, rng: np.random.Generator) -> Course:
        """Return the course that keeps a bearing, east of north, as the ground allows, to the map's edge."""
        rows, columns = self.terrain.shape
        numbers = np.arange(rows * columns).reshape(rows, columns)
        edge = np.unique(np.concatenate([numbers[0], numbers[-1], numbers[:, 0], numbers[:, -1]]))
        east, north = self.terrain.middles()
        bearing = np.radians(bearing_deg)
        far_m = east[edge] * np.sin(bearing) + north[edge] * np.cos(bearing)
        # Each cell of the edge is a goal, with a handicap: the time on level ground by which it lies short of
        # the farthest. So the fronts of equal time are lines across the bearing, which the ground then bends.
        handicap = (far_m.max() - far_m) / float(speed_mps(np.zeros(1))[0]) + _AT_ONCE_S
        least, ahead = self._tree(edge, handicap, doubt, rng)
        return Course(least, ahead, leaves=True)

    def _tree(
        self, goals: Ints, handicap_s: Floats, doubt: float, rng: np.random.Generator
    ) -> tuple[Floats, Ints]:
        """Return the least time from each cell to a goal, and the tables of cells ahead."""
        # Loaded here, because only a search needs it.
        from scipy.sparse import coo_matrix
        from scipy.sparse.csgraph import dijkstra

        rows, columns = self.terrain.shape
        cells = rows * columns
        misjudged = np.exp(doubt * field(rows, columns, 0.5, rng)).ravel()
        seconds = self._seconds * misjudged[self._ends]
        # Turned round, with one more node before all goals: one search finds the way from every cell.
        origins = np.concatenate([self._ends, np.full(goals.size, cells)])
        ends = np.concatenate([self._origins, goals])
        weights = np.concatenate([seconds, handicap_s])
        graph: Any = coo_matrix((weights, (origins, ends)), shape=(cells + 1, cells + 1)).tocsr()
        least, before = dijkstra(graph, indices=cells, return_predecessors=True)
        onward = before[:cells].astype(np.int64)
        goal = onward == cells
        onward[goal] = np.flatnonzero(goal)
        return least[:cells], _ahead(onward)


def _ahead(onward: Ints) -> Ints:
    """Return the tables of 1, 2, 4, ... cells ahead, until every one of them is a goal."""
    levels = [onward]
    while True:
        further = levels[-1][levels[-1]]
        if np.array_equal(further, levels[-1]):
            return np.stack(levels)
        levels.append(further)
