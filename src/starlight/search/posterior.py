"""The belief after searches found nothing: weights of the hypotheses, maps of the lost one, regions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from starlight.errors import InputError
from starlight.search.detection import detection
from starlight.search.hypotheses import Hypotheses
from starlight.search.search_report import SearchReport, counted
from starlight.search.terrain import Floats, Ints, Terrain

MOMENTS = 3
"""A search takes hours, in which a walker may come into its area or leave it: it is taken in three parts."""

LEAST_LEFT = 1e-6
"""Where reports leave less of what was believed than this, belief and reports contradict each other."""


class Posterior:
    """The weights of hypotheses after all reports.

    Args:
        hypotheses: what was believed before.
        reports: of searches that found nothing, in any order, any of them more than once.
        at_s: the moment at which the question is asked, seconds after the last fix.
        missed: returns for each hypothesis how likely a search misses it; another one than `missed_by` keeps
            what that returned.

    Raises:
        InputError: the reports contradict each other, the clock, or all that was believed.

    Attributes:
        weights: of each hypothesis; their sum is 1.
        left: the share of what was believed that all reports leave: 1 - their success, foreseen.
    """

    def __init__(
        self,
        hypotheses: Hypotheses,
        reports: Iterable[SearchReport],
        at_s: float,
        missed: Callable[[Hypotheses, SearchReport], Floats] | None = None,
    ) -> None:
        self.hypotheses = hypotheses
        self.at_s = at_s
        self.reports = counted(reports, at_s)
        weights = np.full(hypotheses.count, 1.0 / hypotheses.count)
        for report in self.reports:
            weights *= (missed or missed_by)(hypotheses, report)
        self.left = float(weights.sum())
        if self.left < LEAST_LEFT:
            told = f"the reports leave {self.left:.1e} of what was believed: they contradict it"
            right = "Doubt the last fix, the weights of the intents, or how thorough the searches were"
            raise InputError(told, right=right)
        self.weights = weights / self.left

    def map(self, grid: Terrain, *, alive: bool = False, at_s: float | None = None) -> tuple[Floats, float]:
        """Return the probability of each cell of a grid, and that of being outside the map.

        Args:
            alive: the lost one has to live as well.
            at_s: another moment than that of the question, seconds after the last fix.
        """
        moment = self.at_s if at_s is None else at_s
        east, north = self.hypotheses.positions(moment)
        weights = self.weights * self.hypotheses.alive(moment) if alive else self.weights
        inside = grid.holds(east, north)
        cells = grid.cells_of(east[inside], north[inside])
        found = np.bincount(cells, weights[inside], grid.height_m.size)
        return np.asarray(found, dtype=np.float64), float(weights[~inside].sum())

    def alive(self, times_s: Sequence[float]) -> Floats:
        """Return the probability of being alive at each time, [times]."""
        # A sum, no product of vectors: libraries cut those up among threads, which cost more than they save.
        return np.array([float(self.weights[self.hypotheses.end_s > each].sum()) for each in times_s])

    def effective(self) -> float:
        """Return how many equal hypotheses these weights are worth (Kong 1992)."""
        return float(1.0 / np.sum(self.weights**2))


def missed_by(hypotheses: Hypotheses, report: SearchReport) -> Floats:
    """Return for each hypothesis how likely a search misses it."""
    # In parts of which each leaves the same share, all of them together what the whole one leaves.
    missed = (1.0 - float(detection(np.array(report.coverage), report.law))) ** (1 / MOMENTS)
    left = np.ones(hypotheses.count)
    for part in range(MOMENTS):
        middle = report.begin_s + (part + 0.5) / MOMENTS * (report.end_s - report.begin_s)
        left[report.area.holds(*hypotheses.positions(middle))] *= missed
    return left


def region(probability: Floats, share: float) -> Ints:
    """Return the fewest cells that together have a share of the probability, the likeliest first.

    None where no cell has any: then whoever is lost has left the map.
    """
    order = np.argsort(-probability, kind="stable")
    total = np.cumsum(probability[order])
    if total[-1] <= 0:
        return np.zeros(0, dtype=np.int64)
    return np.asarray(order[: int(np.searchsorted(total, share * total[-1])) + 1], dtype=np.int64)
