"""Beams of antennas: how wide they are, and what stands in one at the same time, by true geometry.

Two others are as far apart as the directions from which their signals come in, or those in which signals
leave to them, whichever differ more: an orbiter moves on while light is under way. Both are looked at every
so often over the whole of a pass; where they cross the beam's edge, the moment is halved to a second, and
that second is not in the beam.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from starlight.dtntime import DAY, SECOND
from starlight.planner.bodies import known_spans
from starlight.planner.intervals import Interval, common, merged
from starlight.planner.radios import Floats, Times, looks, step_s, terminal_named
from starlight.scenario.network import AntennaSpec
from starlight.scenario.scenario import Scenario
from starlight.sky import Elements, Orbiter, Place, Sky, Trajectory, received, transmitted

Flags = NDArray[np.bool_]

_EDGE = SECOND
_AT_ONCE = 8 * DAY


class _Beam(NamedTuple):
    """A beam at `here` that is to hold `a` and `b`."""

    here: Place
    a: Place
    b: Place
    width_deg: float

    @property
    def places(self) -> tuple[Place, Place, Place]:
        """Return the places at its ends."""
        return self.here, self.a, self.b


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
            places = self._places
            beam = _Beam(places[node], places[a_name], places[b_name], width_deg)
            block = index * _AT_ONCE, (index + 1) * _AT_ONCE
            known = common([block], common(self._known(beam.here, beam.a), self._known(beam.here, beam.b)))
            self._blocks[key] = self._inside(beam, known)
        return self._blocks[key]

    def _known(self, here: Place, other: Place) -> list[Interval]:
        """Return when the sky can tell how one place is seen from another."""
        spans = known_spans(self._sky, here, other)
        return common(spans, self._sky.coverage(other)) if isinstance(other, Trajectory) else spans

    def _inside(self, beam: _Beam, known: list[Interval]) -> list[Interval]:
        """Return when both stand in a beam, over spans in which the sky can tell."""
        # Seen from another world an orbit is a speck: within 600 s its bend is 0.03 of the speck at most.
        near = (p for p in beam.places if p.body == beam.here.body or not isinstance(p, Orbiter | Elements))
        step = round(step_s(self._sky, known, *near) * SECOND)
        found: list[Interval] = []
        for span in known:
            times = looks(span, step)
            # Between two looks nothing near turns by more than 0.03 rad (`step_s`), so what is inside at both
            # bulges out by 1e-4 of an orbit's width at most.
            inside = self._both(beam, times)
            since = span[0]
            crossed = np.flatnonzero(inside[1:] != inside[:-1])
            for k, edge in zip(crossed, self._edges(beam, times, inside, crossed), strict=True):
                if inside[k]:
                    found.append((since, edge))
                since = edge
            if inside[-1]:
                found.append((since, span[1]))
        return merged(found)

    def _edges(self, beam: _Beam, times: Times, inside: Flags, crossed: Times) -> list[int]:
        """Return the time next to each edge, still inside, of the beam.

        Args:
            times, inside: of the looks.
            crossed: the looks after which an edge comes.
        """
        low, high, leaves = times[crossed], times[crossed + 1], inside[crossed]
        # All edges are halved together: to ask the sky for many times costs hardly more than for one.
        while (wide := np.flatnonzero(high - low > _EDGE)).size:
            middle = (low[wide] + high[wide]) // 2
            before = self._both(beam, middle) == leaves[wide]
            low[wide] = np.where(before, middle, low[wide])
            high[wide] = np.where(before, high[wide], middle)
        return [int(time) for time in np.where(leaves, low, high)]

    def _both(self, beam: _Beam, times: Times) -> Flags:
        """Return at which times both stand in a beam, as they are heard and as they are sent to."""
        sky, tdb = self._sky, self._sky.tdb(times)
        here = sky.anchored(beam.here, tdb)
        # Aberration turns both directions alike, so it is left out: 1e-4 of the angle between them.
        heard = [received(sky, other, beam.here, tdb, here).vector_km for other in (beam.a, beam.b)]
        inside = _angle_deg(*heard) <= beam.width_deg
        # What is not in the beam as it is heard need not be looked at once more as it is sent to.
        if inside.any():
            when, here = tdb[inside], sky.anchored(beam.here, tdb[inside])
            sent = [transmitted(sky, beam.here, other, when, here).vector_km for other in (beam.a, beam.b)]
            inside[inside] = _angle_deg(*sent) <= beam.width_deg
        return inside


def _angle_deg(a: Floats, b: Floats) -> Floats:
    """Return the angle between vectors (3, n), well-conditioned for small ones."""
    cross = np.linalg.norm(np.cross(a, b, axis=0), axis=0)
    return np.asarray(np.degrees(np.arctan2(cross, np.einsum("in,in->n", a, b))))
