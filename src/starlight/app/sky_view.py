"""What the page shows of the sky: positions, distance, clocks, orbits, the window."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import msgspec

from starlight.dtntime import DAY, MINUTE, SECOND
from starlight.live.daemon import Daemon
from starlight.messages.forecast import ANSWER_BYTES
from starlight.routing import RouteRequest
from starlight.sky import (
    SOL_DAYS,
    Centre,
    Conjunction,
    Sky,
    conjunctions,
    distance_km,
    earth_mars_light_time_s,
    heliocentric,
    light_time_s,
    local_sol_date,
)
from starlight.web import views

ORBIT_POINTS = 120
YEAR_DAYS = {"earth": 365.256, "mars": 686.980}  # sidereal periods, NASA planetary fact sheet
REFRESH = 10 * SECOND
"""Positions are computed anew after this much mission time; on a page that is far below a pixel."""
CONJUNCTION_NEAR = 60 * DAY
"""How long before a superior conjunction people are warned: time for a letter, an answer, and plans."""
OPEN_WITHIN = MINUTE
"""A window that can be used within a minute counts as open."""


class Shown(msgspec.Struct, frozen=True):
    """Where the worlds are at a time: heliocentric au, km, km/s, and s of one-way light time."""

    earth_au: tuple[float, float]
    mars_au: tuple[float, float]
    distance_km: float
    receding_km_s: float
    light_time_s: float


class SkyView:
    """The sky as the page shows it.

    Args:
        sky: the ephemeris.
        worlds: the world of each node number.
        titles: the name of each node number, for people.
        earth_place, mars_place: whose clocks are shown.
        mars_longitude_deg: east, of the clock on Mars.
        landing: when sols begin to be counted, in ns.
        conjunction_limit_deg: nothing gets past the Sun below this angle from it.
    """

    def __init__(
        self,
        sky: Sky,
        worlds: Mapping[int, views.World],
        titles: Mapping[int, str],
        *,
        earth_place: str,
        mars_place: str,
        mars_longitude_deg: float,
        landing: int,
        conjunction_limit_deg: float = 2.0,
    ) -> None:
        self._sky = sky
        self._worlds = worlds
        self.titles = titles
        self.earth_place = earth_place
        self.mars_clock = _mars_clock(mars_place, mars_longitude_deg, landing)
        self._shown: tuple[int, Shown] | None = None
        self._limit_deg = conjunction_limit_deg
        self._conjunctions: list[Conjunction] | None = None

    def world_of(self, node: int) -> views.World:
        """Return the world that a node is at."""
        return self._worlds.get(node, "earth")

    def at(self, now: int) -> Shown:
        """Return where the worlds are at a time in ns; at most `REFRESH` old.

        Raises:
            RangeError: the ephemeris does not cover it.
        """
        slot = now // REFRESH * REFRESH
        if self._shown is None or self._shown[0] != slot:
            earth, mars = Centre("earth"), Centre("mars")
            here = heliocentric(self._sky, slot)
            apart = distance_km(self._sky, earth, mars, [slot, slot + MINUTE])
            light = light_time_s(self._sky, earth, mars, [slot])
            shown = Shown(
                earth_au=here["earth"],
                mars_au=here["mars"],
                distance_km=float(apart[0]),
                receding_km_s=float(apart[1] - apart[0]) / 60,
                light_time_s=float(light[0]),
            )
            self._shown = (slot, shown)
        return self._shown[1]

    def orbits(self, now: int) -> tuple[tuple[tuple[float, float], ...], tuple[tuple[float, float], ...]]:
        """Return one turn of each world around the Sun, as far as the ephemeris covers it."""
        first, last = self._sky.covers
        lines = []
        for body in ("earth", "mars"):
            period = YEAR_DAYS[body] * DAY
            start = min(max(first, now - period / 2), last - period)
            moments = [round(start + period * step / ORBIT_POINTS) for step in range(ORBIT_POINTS)]
            lines.append(tuple(heliocentric(self._sky, max(first, moment))[body] for moment in moments))
        return lines[0], lines[1]

    def conjunction(self, world: views.World, now: int) -> views.ConjunctionView | None:
        """Return the superior conjunction that is under way or begins within `CONJUNCTION_NEAR`, in ns."""
        if self._conjunctions is None:
            self._conjunctions = conjunctions(self._sky, *self._sky.covers, self._limit_deg)
        for found in self._conjunctions:
            if found.enter - CONJUNCTION_NEAR <= now < found.leave:
                # What leaves Mars must have passed the Sun when the angle at Earth reaches the limit.
                light = float(earth_mars_light_time_s(self._sky, [found.enter])[0])
                last = found.enter - (round(light * SECOND) if world == "mars" else 0)
                return views.ConjunctionView(found.enter, found.leave, found.min_angle_deg, last)
        return None

    def window(self, daemon: Daemon, far: Iterable[int], now: int) -> views.Window | None:
        """Return the window by which a letter from a node crosses next, as that node's plan has it.

        It is the contact of the first hop between worlds on the best route to one of the nodes of
        `far`; while that can be used now, its start is in the past.
        """
        here = daemon.config.node.number
        requests = (RouteRequest(here, node, now, ANSWER_BYTES) for node in far)
        routes = (daemon.node.router.route(request) for request in requests)
        best = min((route for route in routes if route), key=lambda route: route.arrival, default=None)
        if best is None:
            return None
        for hop in best.hops:
            if self.world_of(hop.contact.from_node) != self.world_of(hop.contact.to_node):
                names = (self.titles.get(n, str(n)) for n in (hop.contact.from_node, hop.contact.to_node))
                is_open = hop.leaves <= now + OPEN_WITHIN
                start = min(hop.contact.start, now) if is_open else hop.waits_until
                return views.Window(start, hop.contact.end, " to ".join(names))
        return None


def _mars_clock(place: str, longitude_deg: float, landing: int) -> views.MarsClock:
    sol_s = SOL_DAYS * 86_400
    since_midnight = math.modf(local_sol_date(landing, longitude_deg))[0] * sol_s
    return views.MarsClock(place, landing - round(since_midnight * SECOND), sol_s)
