"""The Sun near the line of sight: when a link between worlds is dark, or lowered."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from starlight.dtntime import DAY, SECOND
from starlight.expedition.spans import Span
from starlight.sky import Centre, Place, Sky
from starlight.sky.light import received


def sun_angle_deg(sky: Sky, place: Place, times: ArrayLike) -> NDArray[np.float64]:
    """Return the angle at Earth's centre between the Sun and a place, as light shows them.

    Args:
        times: of reception at Earth, in ns (n,).

    Returns:
        Degrees (n,).
    """
    tdb = sky.tdb(times)
    earth = Centre("earth")
    sun, there = (-received(sky, each, earth, tdb).vector_km for each in (Centre("sun"), place))
    cross = np.linalg.norm(np.cross(sun, there, axis=0), axis=0)
    angle: NDArray[np.float64] = np.degrees(np.arctan2(cross, np.einsum("in,in->n", sun, there)))
    return angle


def below(sky: Sky, place: Place, limit_deg: float, start: int, end: int) -> list[Span]:
    """Return when a place far from Earth stands closer to the Sun than a limit, in Earth's time, in ns.

    The angle moves by a degree a day at most, so steps of a quarter of a day miss only what is
    shorter than that; edges are good to a second.
    """
    if limit_deg <= 0 or end <= start:
        return []
    count = max(2, -(-(end - start) // (DAY // 4)) + 1)
    times = np.linspace(start, end, count).astype(np.int64)
    times[0], times[-1] = start, end
    inside = sun_angle_deg(sky, place, times) < limit_deg
    edges = np.flatnonzero(inside[1:] != inside[:-1])
    low, high, rises = times[edges], times[edges + 1], inside[edges + 1]
    while low.size and (high - low).max() > SECOND:
        middle = (low + high) // 2
        late = (sun_angle_deg(sky, place, middle) < limit_deg) == rises
        low, high = np.where(late, low, middle), np.where(late, middle, high)
    marks = [int(each) for each in high]
    if inside[0]:
        marks.insert(0, start)
    if inside[-1]:
        marks.append(end)
    return list(zip(marks[::2], marks[1::2], strict=True))
