"""Beams of antennas: how wide they are, and what stands in one at the same time, by true geometry.

Two others are as far apart as the directions from which their signals come in, or those in which signals
leave to them, whichever differ more: an orbiter moves on while light is under way. Both are looked at every
so often over the whole of a pass; where they cross the beam's edge, the moment is halved to a second, and
that second is not in the beam.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from starlight.dtntime import DAY, SECOND
from starlight.planner.bodies import known_spans
from starlight.planner.intervals import Interval, common, merged
from starlight.planner.radios import Floats, Times, step_s, terminal_named
from starlight.scenario.network import AntennaSpec
from starlight.scenario.scenario import Scenario
from starlight.sky import Elements, Orbiter, Place, Sky, Trajectory, received, transmitted

_EDGE = SECOND
_AT_ONCE = 8 * DAY


class SkyBeams:
    """What the antennas of a scenario hold in one beam.

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
        for first, last in known:
            count = max(1, math.ceil((last - first) / step))
            times = np.array([first + (last - first) * k // count for k in range(count + 1)])
            inside = self._apart_deg(here, a, b, times) <= width_deg
            for k in range(count):
                # Between two looks nothing near turns by more than 0.03 rad (`step_s`), so what is inside at
                # both bulges out by 1e-4 of an orbit's width at most.
                edges = [int(times[k]), int(times[k + 1])]
                if inside[k] != inside[k + 1]:
                    edges = self._crossing(here, a, b, edges, width_deg, bool(inside[k]))
                elif not inside[k]:
                    continue
                found.append((edges[0], edges[1]))
        return merged(found)

    def _crossing(
        self, here: Place, a: Place, b: Place, edges: list[int], width_deg: float, leaves: bool
    ) -> list[int]:
        """Return the part between two times that is inside, where one of them is and the other is not."""
        low, high = edges
        while high - low > _EDGE:
            middle = (low + high) // 2
            inside = bool(self._apart_deg(here, a, b, np.array([middle]))[0] <= width_deg)
            low, high = (middle, high) if inside == leaves else (low, middle)
        return [edges[0], low] if leaves else [high, edges[1]]

    def _apart_deg(self, here: Place, a: Place, b: Place, times: Times) -> Floats:
        """Return how far apart two others stand, in degrees: heard or sent to, whichever is more."""
        tdb = self._sky.tdb(times)
        # Aberration turns both directions alike, so it is left out: 1e-4 of the angle between them.
        heard = [received(self._sky, other, here, tdb).vector_km for other in (a, b)]
        sent = [transmitted(self._sky, here, other, tdb).vector_km for other in (a, b)]
        return np.maximum(_angle_deg(*heard), _angle_deg(*sent))


def _angle_deg(a: Floats, b: Floats) -> Floats:
    """Return the angle between vectors (3, n), well-conditioned for small ones."""
    cross = np.linalg.norm(np.cross(a, b, axis=0), axis=0)
    return np.asarray(np.degrees(np.arctan2(cross, np.einsum("in,in->n", a, b))))
