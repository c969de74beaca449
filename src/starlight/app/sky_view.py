"""The sky as the page shows it: positions, distance, clocks, orbits, the window."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from starlight.app.clock_faces import faces
from starlight.dtntime import DAY, MINUTE, SECOND
from starlight.errors import RangeError
from starlight.live.clock import MissionClock
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
from starlight.views.forecasts import Window
from starlight.views.sky import Clock, ConjunctionView, Position, SkyPanel
from starlight.worlds import World

Line = tuple[tuple[float, float], ...]
"""An orbit: points in au."""

ORBIT_POINTS = 120
YEAR_DAYS = {"earth": 365.256, "mars": 686.980}  # sidereal periods, NASA planetary fact sheet
REFRESH = 10 * SECOND
"""Positions are computed again after this much mission time; on a page that is far below a pixel."""
CONJUNCTION_NEAR = 60 * DAY
"""How long before a superior conjunction people are warned: time for a letter, an answer, and plans."""
AGREES_S, AGREES_PART = 0.5, 0.001
"""Light times of a plan and of the sky that differ by less, in s and by part, are of one sky: relays are a
detour. A mission's fixed delay is farther from the sky's but for a day or two in two years."""


class PlannedLight(msgspec.Struct, frozen=True):
    """The light time between two worlds as a plan has it.

    Attributes:
        at: when it holds, in ns.
        light_time_s: one way.
    """

    at: int
    light_time_s: float


class SkyMoment(msgspec.Struct, frozen=True):
    """The positions of Earth and Mars at a time, in heliocentric au, and how far apart two worlds are.

    Attributes:
        earth_au, mars_au, distance_km, receding_km_s: None where messages go by no known sky.
        light_time_s: one way.
    """

    earth_au: tuple[float, float] | None
    mars_au: tuple[float, float] | None
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
        wires_s: the one-way light time between two worlds where it is not the sky's, but a wire's.
        planned_by_sky: the plan was made from this sky, so light takes what it says, whatever the route.
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
        planned_by_sky: bool = False,
        conjunction_limit_deg: float = 2.0,
    ) -> None:
        self._sky = sky
        self._worlds = worlds
        self.nodes = nodes
        self.titles = titles
        self._wires_s = wires_s
        self._planned_by_sky = planned_by_sky
        self._light: dict[tuple[str, str], tuple[int, float]] = {}
        self._shown: dict[tuple[str, str], tuple[int, SkyMoment]] = {}
        self._limit_deg = conjunction_limit_deg
        self._orbits: tuple[int, tuple[Line, Line]] | None = None  # of a day, counted from the epoch
        self._conjunctions: list[Conjunction] | None = None

    def clock(self, now: int, rate: float) -> Clock:
        """Return mission time as the clocks of all worlds read it."""
        return Clock(now, rate, faces(self._worlds, now))

    def panel(
        self,
        here: str,
        there: str,
        clock: MissionClock,
        window: Window | None,
        planned: PlannedLight | None,
    ) -> SkyPanel:
        """Return clocks, positions and the distance of two worlds, with the window that a node believes in.

        Args:
            here, there: the worlds, by name.
            clock: mission time.
            window: in which letters cross, now or next.
            planned: by what light time, as the plan has it; None where it says nothing.

        Raises:
            RangeError: the ephemeris does not cover it.
        """
        now = clock.now()
        shown = self.at(here, there, now, planned)
        return SkyPanel(
            clock=self.clock(now, float(clock.rate)),
            earth=Position(*shown.earth_au) if shown.earth_au else None,
            mars=Position(*shown.mars_au) if shown.mars_au else None,
            distance_km=shown.distance_km,
            receding_km_s=shown.receding_km_s,
            light_time_s=shown.light_time_s,
            window=window,
            between=(here, there),
        )

    def far_from(self, world: str) -> str:
        """Return the world that is shown as the other one where nobody lives on another."""
        return next((name for name in self._worlds if name != world), world)

    def at(self, here: str, there: str, now: int, planned: PlannedLight | None = None) -> SkyMoment:
        """Return what is shown of two worlds at a time in ns; at most `REFRESH` old.

        Where messages take another time than light does, such as a mission's fixed delay, no sky is shown.

        Raises:
            RangeError: the ephemeris does not cover it, and nothing else tells the light time.
        """
        # A ship, or a station that plays a world, is nowhere in the ephemeris; its wire knows the light time.
        wire_s = self._wires_s.get(frozenset((here, there)))
        bodies = bool(self._worlds[here].body and self._worlds[there].body)
        if wire_s is not None or not bodies:
            return _no_sky(planned.light_time_s if planned else wire_s or 0.0)
        if planned is not None and not self._planned_by_sky and not self._is_of_sky(here, there, planned):
            return _no_sky(planned.light_time_s)
        # At 600 times life's speed every page asks several times in a slot; the ephemeris is asked once.
        slot = now // REFRESH * REFRESH
        kept = self._shown.get((here, there))
        if kept is None or kept[0] != slot:
            kept = self._shown[here, there] = slot, self._look(here, there, slot)
        return kept[1]

    def _is_of_sky(self, here: str, there: str, planned: PlannedLight) -> bool:
        """Return whether a planned light time is what the ephemeris has between two bodies."""
        slot = planned.at // REFRESH * REFRESH
        kept = self._light.get((here, there))
        if kept is None or kept[0] != slot:
            try:
                light_s = float(light_time_s(self._sky, *self._centres(here, there), [slot])[0])
            except RangeError:
                return False
            kept = self._light[here, there] = slot, light_s
        return abs(kept[1] - planned.light_time_s) <= max(AGREES_S, AGREES_PART * kept[1])

    def _centres(self, here: str, there: str) -> tuple[Centre, Centre]:
        return Centre(self._worlds[here].body), Centre(self._worlds[there].body)

    def _look(self, here: str, there: str, slot: int) -> SkyMoment:
        positions, centres = heliocentric(self._sky, slot), self._centres(here, there)
        apart = distance_km(self._sky, *centres, [slot, slot + MINUTE])
        return SkyMoment(
            earth_au=positions["earth"],
            mars_au=positions["mars"],
            distance_km=float(apart[0]),
            receding_km_s=float(apart[1] - apart[0]) / 60,
            light_time_s=float(light_time_s(self._sky, *centres, [slot])[0]),
        )

    def orbits(self, now: int) -> tuple[Line, Line]:
        """Return one turn of each world around the Sun, as far as the ephemeris covers it."""
        # Anew for each day: nobody sees how they differ, and hundreds of positions cost a page a sixth.
        if self._orbits is None or self._orbits[0] != now // DAY:
            self._orbits = now // DAY, self._turns(now)
        return self._orbits[1]

    def _turns(self, now: int) -> tuple[Line, Line]:
        first, last = self._sky.covers
        lines = []
        for body in ("earth", "mars"):
            period = YEAR_DAYS[body] * DAY
            # Half a turn before and after now; near an end of the ephemeris the last turn that it covers.
            start = min(max(first, now - period / 2), last - period)
            moments = [round(start + period * step / ORBIT_POINTS) for step in range(ORBIT_POINTS)]
            lines.append(tuple(heliocentric(self._sky, max(first, moment))[body] for moment in moments))
        return lines[0], lines[1]

    def conjunction(self, here: str, there: str, now: int) -> ConjunctionView | None:
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
                return ConjunctionView(found.enter, found.leave, found.min_angle_deg, last)
        return None


def _no_sky(light_s: float) -> SkyMoment:
    """Return what is shown of two worlds that are only so far apart in time."""
    return SkyMoment(None, None, None, None, light_s)
