"""Beams of antennas: how wide they are, and what stands in one at the same time, by true geometry.

Two others are as far apart as the directions from which their signals come in, or those in which signals
leave to them, whichever differ more: an orbiter moves on while light is under way. Both are looked at every
so often over the whole of a pass; where they cross the beam's edge, the moment is halved to a second, and
that second is not in the beam.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from starlight.dtntime import DAY, SECOND
from starlight.planner.bodies import known_spans
from starlight.planner.intervals import Interval, common, merged
from starlight.planner.radios import Floats, Times, looks, step_s, terminal_named
from starlight.scenario.network import AntennaSpec
from starlight.scenario.scenario import Scenario
from starlight.sky import Elements, Orbiter, Place, Sky, Trajectory, received, transmitted

_EDGE = SECOND
_AT_ONCE = 8 * DAY
_HALVINGS = 5


class SkyBeams:
    """Tell what the antennas of a scenario hold in one beam.

    Args:
        scenario: whose terminals say how wide beams are.
        sky: where things stand.
        places: of the nodes that have one, by name.
    """

    def __init__(self, scenario: Scenario, sky: Sky, places: Mapping[str, Place]) -> None:
        self._scenario, self._sky, self._places = scenario, sky, places
        self._widths: dict[tuple[str, str], float | None] = {}
        self._blocks: dict[tuple[str, str, str, float, int], list[Interval]] = {}

    def width_deg(self, antenna: AntennaSpec, band: str) -> float | None:
        """Return how wide the beam of an antenna is in a band, in degrees; None: not known."""
        if antenna.beam_deg is not None or not antenna.terminal:
            return antenna.beam_deg
        key = antenna.terminal, band
        if key not in self._widths:
            found = terminal_named(self._scenario, antenna.terminal).bands.get(band)
            self._widths[key] = found.beamwidth_deg if found else None
        return self._widths[key]

    def together(
        self, node: str, others: tuple[str, str], width_deg: float, span: Interval
    ) -> list[Interval]:
        """Return when two others stand within an angle of each other, seen from a node, in its time."""
        a, b = sorted(others)
        days = range(span[0] // _AT_ONCE, span[1] // _AT_ONCE + 1)
        return common([span], merged(each for k in days for each in self._block(node, a, b, width_deg, k)))

    def _block(self, node: str, a_name: str, b_name: str, width_deg: float, index: int) -> list[Interval]:
        """Return when two others stand within an angle in one of the blocks that all time is cut into."""
        # Many passes ask for the same days, and to ask the sky for all of them at once costs hardly more.
        key = node, a_name, b_name, width_deg, index
        if key not in self._blocks:
            here, a, b = (self._places[name] for name in (node, a_name, b_name))
            block = index * _AT_ONCE, (index + 1) * _AT_ONCE
            known = common([block], common(self._known(here, a), self._known(here, b)))
            self._blocks[key] = self._inside(here, a, b, width_deg, known)
        return self._blocks[key]

    def _known(self, here: Place, other: Place) -> list[Interval]:
        """Return when the sky can tell how one place is seen from another."""
        spans = known_spans(self._sky, here, other)
        return common(spans, self._sky.coverage(other)) if isinstance(other, Trajectory) else spans

    def _inside(
        self, here: Place, a: Place, b: Place, width_deg: float, known: list[Interval]
    ) -> list[Interval]:
        # Seen from another world an orbit is a speck: within 600 s its bend is 0.03 of the speck at most.
        turning = [p for p in (here, a, b) if p.body == here.body or not isinstance(p, Orbiter | Elements)]
        step = round(step_s(self._sky, known, *turning) * SECOND)
        found: list[Interval] = []
        for span in known:
            times = looks(span, step)
            # Between two looks nothing near turns by more than 0.03 rad (`step_s`), so what is inside at both
            # bulges out by 1e-4 of an orbit's width at most.
            inside = self._apart_deg(here, a, b, times) <= width_deg
            since = span[0]
            for k in np.flatnonzero(inside[1:] != inside[:-1]):
                edge = self._edge(here, a, b, (int(times[k]), int(times[k + 1])), width_deg, bool(inside[k]))
                if inside[k]:
                    found.append((since, edge))
                since = edge
            if inside[-1]:
                found.append((since, span[1]))
        return merged(found)

    def _edge(self, here: Place, a: Place, b: Place, span: Interval, width_deg: float, leaves: bool) -> int:
        """Return the time next to the edge, still inside, of a span that begins (`leaves`) or ends inside."""
        low, high = span
        while high - low > _EDGE:
            times = _halved(low, high)
            inside = self._apart_deg(here, a, b, times) <= width_deg
            first, last = 0, len(times) - 1
            while last - first > 1:
                middle = (first + last) // 2
                first, last = (middle, last) if bool(inside[middle]) == leaves else (first, middle)
            low, high = int(times[first]), int(times[last])
        return low if leaves else high

    def _apart_deg(self, here: Place, a: Place, b: Place, times: Times) -> Floats:
        """Return how far apart two others stand, in degrees: heard or sent to, whichever is more."""
        tdb = self._sky.tdb(times)
        # Aberration turns both directions alike, so it is left out: 1e-4 of the angle between them.
        heard = [received(self._sky, other, here, tdb).vector_km for other in (a, b)]
        sent = [transmitted(self._sky, here, other, tdb).vector_km for other in (a, b)]
        return np.maximum(_angle_deg(*heard), _angle_deg(*sent))


def _halved(first: int, last: int) -> Times:
    """Return a span's ends and what halving it a few times puts between them, ascending."""
    times = np.array([first, last])
    # To ask the sky for 33 times at once costs hardly more than for one of them, and so saves four calls of
    # five.
    for _ in range(_HALVINGS):
        if times[1] - times[0] > _EDGE:
            between = (times[:-1] + times[1:]) // 2
            times = np.insert(times, np.arange(1, len(times)), between)
    return times


def _angle_deg(a: Floats, b: Floats) -> Floats:
    """Return the angle between vectors (3, n), well-conditioned for small ones."""
    cross = np.linalg.norm(np.cross(a, b, axis=0), axis=0)
    return np.asarray(np.degrees(np.arctan2(cross, np.einsum("in,in->n", a, b))))
