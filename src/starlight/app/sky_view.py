"""The sky as the page shows it: positions, distance, clocks, orbits, the window."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

import msgspec

from starlight.app.clock_faces import faces
from starlight.dtntime import DAY, MINUTE, SECOND
from starlight.live.clock import MissionClock
from starlight.live.daemon import Daemon
from starlight.messages.forecast import ANSWER_BYTES
from starlight.routing import RouteRequest
from starlight.sky import (
    Centre,
    Conjunction,
    Sky,
    conjunctions,
    distance_km,
    earth_mars_light_time_s,
    heliocentric,
    light_time_s,
)
from starlight.web import views
from starlight.worlds import World

ORBIT_POINTS = 120
YEAR_DAYS = {"earth": 365.256, "mars": 686.980}  # sidereal periods, NASA planetary fact sheet
REFRESH = 10 * SECOND
"""Positions are computed again after this much mission time; on a page that is far below a pixel."""
CONJUNCTION_NEAR = 60 * DAY
"""How long before a superior conjunction people are warned: time for a letter, an answer, and plans."""
OPEN_WITHIN = MINUTE
"""A window that can be used within a minute counts as open."""


class Shown(msgspec.Struct, frozen=True):
    """The positions of Earth and Mars at a time, in heliocentric au, and how far apart two worlds are.

    Attributes:
        distance_km, receding_km_s: None where one of the worlds is no body of the sky.
        light_time_s: one way.
    """

    earth_au: tuple[float, float]
    mars_au: tuple[float, float]
    distance_km: float | None
    receding_km_s: float | None
    light_time_s: float


class SkyView:
    """The sky as the page shows it.

    Args:
        sky: the ephemeris.
        worlds: all that there are, by name.
        nodes: the name of the world of each node, by its number.
        titles: the name of each node number, for people.
        wires_s: the one-way light time between two worlds of which one is no body of the sky.
        conjunction_limit_deg: nothing gets past the Sun below this angle from it.
    """

    def __init__(
        self,
        sky: Sky,
        worlds: Mapping[str, World],
        nodes: Mapping[int, str],
        titles: Mapping[int, str],
        *,
        wires_s: Mapping[frozenset[str], float] = MappingProxyType({}),
        conjunction_limit_deg: float = 2.0,
    ) -> None:
        self._sky = sky
        self._worlds = worlds
        self.nodes = nodes
        self.titles = titles
        self._wires_s = wires_s
        self._shown: dict[tuple[str, str], tuple[int, Shown]] = {}
        self._limit_deg = conjunction_limit_deg
        self._conjunctions: list[Conjunction] | None = None

    def clock(self, now: int, rate: float) -> views.Clock:
        """Return mission time as the clocks of all worlds read it."""
        return views.Clock(now, rate, faces(self._worlds, now))

    def panel(
        self, here: str, there: str, clock: MissionClock, window: views.Window | None
    ) -> views.SkyPanel:
        """Return clocks, positions and the distance of two worlds, with the window that a node believes in.

        Raises:
            RangeError: the ephemeris does not cover it.
        """
        now = clock.now()
        shown = self.at(here, there, now)
        return views.SkyPanel(
            clock=self.clock(now, float(clock.rate)),
            earth=views.Position(*shown.earth_au),
            mars=views.Position(*shown.mars_au),
            distance_km=shown.distance_km,
            receding_km_s=shown.receding_km_s,
            light_time_s=shown.light_time_s,
            window=window,
            between=(here, there),
        )

    def far_from(self, world: str, others: Iterable[str] = ()) -> str:
        """Return the world that is shown as the other one: the first of `others`, else of all."""
        return next((name for name in [*others, *self._worlds] if name != world), world)

    def at(self, here: str, there: str, now: int) -> Shown:
        """Return what is shown of two worlds at a time in ns; at most `REFRESH` old.

        Raises:
            RangeError: the ephemeris does not cover it.
        """
        # At 600 times life's speed every page asks several times in a slot; the ephemeris is asked once.
        slot = now // REFRESH * REFRESH
        kept = self._shown.get((here, there))
        if kept is None or kept[0] != slot:
            kept = self._shown[here, there] = slot, self._look(here, there, slot)
        return kept[1]

    def _look(self, here: str, there: str, slot: int) -> Shown:
        positions = heliocentric(self._sky, slot)
        a, b = self._worlds[here].body, self._worlds[there].body
        # A ship, or a station that plays a world, is nowhere
        # in the ephemeris; its wire knows the light time.
        if not a or not b:
            light_s = self._wires_s.get(frozenset((here, there)), 0.0)
            return Shown(positions["earth"], positions["mars"], None, None, light_s)
        apart = distance_km(self._sky, Centre(a), Centre(b), [slot, slot + MINUTE])
        light = light_time_s(self._sky, Centre(a), Centre(b), [slot])
        return Shown(
            earth_au=positions["earth"],
            mars_au=positions["mars"],
            distance_km=float(apart[0]),
            receding_km_s=float(apart[1] - apart[0]) / 60,
            light_time_s=float(light[0]),
        )

    def orbits(self, now: int) -> tuple[tuple[tuple[float, float], ...], tuple[tuple[float, float], ...]]:
        """Return one turn of each world around the Sun, as far as the ephemeris covers it."""
        first, last = self._sky.covers
        lines = []
        for body in ("earth", "mars"):
            period = YEAR_DAYS[body] * DAY
            # Half a turn before and after now; near an end of the ephemeris the last turn that it covers.
            start = min(max(first, now - period / 2), last - period)
            moments = [round(start + period * step / ORBIT_POINTS) for step in range(ORBIT_POINTS)]
            lines.append(tuple(heliocentric(self._sky, max(first, moment))[body] for moment in moments))
        return lines[0], lines[1]

    def conjunction(self, here: str, there: str, now: int) -> views.ConjunctionView | None:
        """Return the superior conjunction that is under way or begins within `CONJUNCTION_NEAR`, in ns.

        Only between Earth and Mars: the Sun comes between no others that people here are on.
        """
        if {self._worlds[here].body, self._worlds[there].body} != {"earth", "mars"}:
            return None
        # Found once: a search over all that the ephemeris covers is nothing to do at each beat of a page.
        if self._conjunctions is None:
            self._conjunctions = conjunctions(self._sky, *self._sky.covers, self._limit_deg)
        for found in self._conjunctions:
            if found.enter - CONJUNCTION_NEAR <= now < found.leave:
                # What leaves Mars must have passed the Sun when the angle at Earth reaches the limit.
                light = float(earth_mars_light_time_s(self._sky, [found.enter])[0])
                last = found.enter - (round(light * SECOND) if self._worlds[here].body == "mars" else 0)
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
            if self.nodes.get(hop.contact.from_node) != self.nodes.get(hop.contact.to_node):
                names = (self.titles.get(n, str(n)) for n in (hop.contact.from_node, hop.contact.to_node))
                is_open = hop.leaves <= now + OPEN_WITHIN
                # A contact that has begun but is booked up for hours is no open window until it is free.
                start = min(hop.contact.start, now) if is_open else hop.waits_until
                return views.Window(start, hop.contact.end, " to ".join(names))
        return None
