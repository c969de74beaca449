"""Reports of a search that found nothing: where, when, how thoroughly; which of them count at a moment."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from starlight.errors import InputError
from starlight.search.detection import Law
from starlight.search.terrain import Floats

Points = tuple[tuple[float, float], ...]


class SearchedArea(NamedTuple):
    """Ground that was searched: a circle around a point, or a polygon; easting and northing in m.

    Attributes:
        corners: of the polygon, three or more; or the middle of the circle.
        radius_m: of the circle; 0 for a polygon.
    """

    corners: Points
    radius_m: float = 0.0

    @property
    def area_m2(self) -> float:
        """Return how large it is."""
        if self.radius_m > 0:
            return float(np.pi * self.radius_m**2)
        east, north = np.asarray(self.corners).T
        return float(abs(np.dot(east, np.roll(north, -1)) - np.dot(north, np.roll(east, -1))) / 2)

    def holds(self, east_m: Floats, north_m: Floats) -> NDArray[np.bool_]:
        """Return which points lie in it."""
        if self.radius_m > 0:
            east, north = self.corners[0]
            within: NDArray[np.bool_] = (east_m - east) ** 2 + (north_m - north) ** 2 <= self.radius_m**2
            return within
        inside = np.zeros(east_m.shape, dtype=np.bool_)
        for (x0, y0), (x1, y1) in zip(self.corners, (*self.corners[1:], self.corners[0]), strict=True):
            # A ray to the east crosses an edge whose ends lie on both sides of it (Shimrat 1962).
            if y0 != y1:
                spans = (y0 > north_m) != (y1 > north_m)
                inside ^= spans & (east_m < x0 + (north_m - y0) * (x1 - x0) / (y1 - y0))
        return inside


class SearchReport(NamedTuple):
    """A search that found nothing.

    Attributes:
        id: by which the same report is known when it comes again.
        begin_s, end_s: of the search, seconds after the last fix.
        area: what was searched.
        coverage: sweep width times length of track over the area.
        law: how the tracks lay.
    """

    id: str
    begin_s: float
    end_s: float
    area: SearchedArea
    coverage: float
    law: Law


def counted(reports: Iterable[SearchReport], at_s: float) -> list[SearchReport]:
    """Return each report once, in the order of the searches, whatever order they came in.

    Args:
        reports: as they came; the same one may come more than once.
        at_s: the moment at which the question is asked.

    Raises:
        InputError: two of one id say different things, or one tells of a search that is still to come.
    """
    known: dict[str, SearchReport] = {}
    for report in reports:
        if known.setdefault(report.id, report) != report:
            right = "A correction needs an id of its own, and the wrong report has to be left out"
            raise InputError(f"two reports {report.id!r} say different things", right=right)
        if report.end_s > at_s:
            early_s = report.end_s - at_s
            told = f"the report {report.id!r} is of a search that ends {early_s:.0f} s after that moment"
            raise InputError(told, right="Check its times and the clock of who wrote it")
        if report.begin_s < 0:
            told = f"the report {report.id!r} is of a search that began before the last fix"
            raise InputError(told, right="Who was seen after it was not lost then: leave it out")
    return sorted(known.values(), key=lambda each: (each.end_s, each.begin_s, each.id))
