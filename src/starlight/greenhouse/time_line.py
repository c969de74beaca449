"""The room through its days: solved between changes of light and machines, with what crosses a limit."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import msgspec
import numpy as np

from starlight.errors import InputError
from starlight.greenhouse.chemistry import CO2, H2O, O2, STANDARD_KPA
from starlight.greenhouse.crops import CO2_LEAST, CO2_MOST, PPF_LEAST, Floats
from starlight.greenhouse.facility import Facility
from starlight.greenhouse.light import LightSpan, spans
from starlight.greenhouse.limits import DEATHS, Limit, LimitCrossing, death_of, limits_of
from starlight.greenhouse.rates import Room

FINE, COARSE = 1e-6, 1e-3
"""Tolerances of a step, a part of each number; for those near 0 a tenth of it, in mol for each m3 of the
room. Samples of what is uncertain by a tenth are solved coarsely."""

MOST_RATES = 200_000
"""Times that rates are computed for a span of a day at most: a room of people takes some hundred. What takes
more has rates that no room has, and would take hours."""

INSTANT = 1e-6
"""Days, a tenth of a second: what is nearer to another change happens with it."""

LONGEST_STEP_DAYS = 0.25


class Sample(msgspec.Struct, frozen=True):
    """The room at a moment.

    Attributes:
        o2_kpa, co2_kpa, pressure_kpa: partial pressures, and that of all gas.
        o2_percent, co2_percent: of the gas that is there.
        humidity: relative.
        water_kg: liquid. food_kg: dry, in the store; below 0 people live on their bodies. harvest_kg: dry.
        fixed_kg: net CO2 that the crops have fixed so far. lamps_kw: that the lamps draw.
    """

    day: float
    o2_kpa: float
    co2_kpa: float
    pressure_kpa: float
    o2_percent: float
    co2_percent: float
    temperature_c: float
    humidity: float
    water_kg: float
    food_kg: float
    harvest_kg: float
    fixed_kg: float
    lamps_kw: float


class RoomTimeLine(msgspec.Struct, frozen=True):
    """The course of a room.

    Attributes:
        samples: by day, from day 0 to the end, or to a death.
        crossings: limits that were crossed for the first time, in order of time.
        death: the first limit of life that was crossed; None where people live to the end.
        flags: what left the range of a model, in words.
        balance: the largest part of any element that was lost or made in a day.
        totals: in kg: net ``crop_co2`` fixed, ``crop_o2`` given off, ``transpired``, ``carbonate``.
        kwh: that the lamps drew.
    """

    samples: list[Sample]
    crossings: list[LimitCrossing]
    death: LimitCrossing | None
    flags: list[str]
    balance: float
    totals: dict[str, float]
    kwh: float

    def crossed(self, name: str) -> float | None:
        """Return the day on which a limit was crossed first; None where it held."""
        return next((each.day for each in self.crossings if each.limit == name), None)


class Simulation:
    """Solves a facility.

    Args:
        facility: checked.
        tolerance: of a step, a part of each number.
    """

    def __init__(self, facility: Facility, tolerance: float = FINE) -> None:
        self.room = Room(facility)
        self._tolerance = tolerance
        self.state = self.room.start()
        self.states: list[tuple[float, Floats]] = [(0.0, self.state)]
        self.crossings: list[LimitCrossing] = []
        self._facility = facility
        self._limits = limits_of(self.room)
        self._flags: dict[str, None] = {}
        self._kwh = 0.0
        self._note_crossed(0.0)

    def run(self, days: float) -> RoomTimeLine:
        """Solve from day 0 to a day, or until people die.

        Raises:
            InputError: the rates are beyond what can be solved; the message says from which day on.
        """
        for span in spans(self._facility.light, days, self._facility.failure):
            for part in self._parts(span):
                if self._death() is not None:
                    break
                self._solve(part)
        return self._told()

    def _parts(self, span: LightSpan) -> list[LightSpan]:
        """Return a span cut where beds are harvested, and where machines fail or work again."""
        # A rise and set of the Sun is one arch: what is cut in it keeps the light of the whole.
        marks = set(self.room.growth.ripe(span.start, span.end))
        marks |= {day for each in self._facility.failure for day in (each.day, each.until_day)}
        # A span of a rounding error's length is none that a solver takes.
        inner = sorted(day for day in marks if span.start + INSTANT < day < span.end - INSTANT)
        ordered = [span.start, *inner, span.end]
        return [
            msgspec.structs.replace(span, start=start, end=end, arch=span.arch and len(ordered) == 2)
            for start, end in pairwise(ordered)
        ]

    def _solve(self, span: LightSpan) -> None:
        # Loaded here: scipy takes a third of a second, and comes with the extra `expedition` alone.
        from scipy.integrate import solve_ivp

        self.room.enter(span)
        scale = self._tolerance / 10 * self._facility.room.volume_m3
        self._computed = 0
        found = solve_ivp(
            self._rates,
            (span.start, span.end),
            self.state,
            method="LSODA",
            rtol=self._tolerance,
            atol=scale,
            max_step=LONGEST_STEP_DAYS,
            events=[self._event(limit) for limit in self._limits],
        )
        if found.status < 0 or not np.all(np.isfinite(found.y[:, -1])):
            raise _unsolved(float(found.t[-1]))
        for limit, days in zip(self._limits, found.t_events, strict=True):
            if len(days):
                self._cross(limit, float(days[0]))
        self.state = np.asarray(found.y[:, -1])
        end = float(found.t[-1])
        self._kwh += self.room.lamp_kw(span.ppf) * (end - span.start) * 24
        self._flag(span)
        self._cut(end)
        self.states.append((end, self.state))
        self._note_crossed(end)

    def _rates(self, day: float, state: Floats) -> Floats:
        self._computed += 1
        if self._computed > MOST_RATES:
            raise _unsolved(day)
        return self.room.rates(day, state)

    def _event(self, limit: Limit) -> Callable[[float, Floats], float]:
        def margin(day: float, state: Floats) -> float:
            return limit.margin(state)

        # Only what falls through 0 is a limit crossed. The solver reads both from the function.
        ends = limit.name in DEATHS and bool(self._facility.people.count)
        margin.direction = -1.0  # type: ignore[attr-defined]
        margin.terminal = ends  # type: ignore[attr-defined]
        return margin

    def _cross(self, limit: Limit, day: float) -> None:
        if all(each.limit != limit.name for each in self.crossings):
            self.crossings.append(LimitCrossing(limit.name, day, limit.text))

    def _note_crossed(self, day: float) -> None:
        """Note limits that are crossed already, which no solver sees as an event."""
        for limit in self._limits:
            if limit.margin(self.state) < 0:
                self._cross(limit, day)

    def _death(self) -> LimitCrossing | None:
        return (
            death_of(self.crossings, self._facility, self.states[-1][0])
            if self._facility.people.count
            else None
        )

    def _cut(self, day: float) -> None:
        """Harvest cohorts that are ripe: their food to the harvest, the rest to residue."""
        growth, pools = self.room.growth, self.room.pools
        ripe = growth.growing & (growth.planted + growth.maturity <= day + INSTANT)
        if not ripe.any():
            return
        self.state = self.state.copy()
        for cohort in np.flatnonzero(ripe):
            bed = pools.bed_of[cohort]
            for part, store in ((pools.edible, pools.harvest), (pools.inedible, pools.residue)):
                self.state[store.start + bed] += self.state[part.start + cohort]
                self.state[part.start + cohort] = 0.0
            self.state[pools.canopy.start + cohort] = self.state[pools.recent.start + cohort] = 0.0
            growth.replant(int(cohort), day)

    def _flag(self, span: LightSpan) -> None:
        """Note what is outside the range for which the crops' model was fitted."""
        if not self._facility.bed:
            return
        ppm = self.room.kpa(self.state, "co2") / STANDARD_KPA * 1e6
        if not CO2_LEAST <= ppm <= CO2_MOST:
            way = (
                "below 330 ppm (fixation falls straight to none at 50)"
                if ppm < CO2_LEAST
                else "above 1300 ppm (held at 1300; harm to plants is not modelled)"
            )
            self._flags[f"CO2 was {way}"] = None
        most = min(kind.ppf_most for kind in self.room.growth.crops)
        if 0 < span.ppf < PPF_LEAST:
            self._flags["light was below 200 umol/m2/s (fixation falls straight to none)"] = None
        if span.ppf > most:
            self._flags[f"light was above {most:g} umol/m2/s (held there)"] = None

    def _told(self) -> RoomTimeLine:
        pools = self.room.pools
        days = [
            self.states[0],
            *(b for a, b in pairwise(self.states) if _ends_day(a[0], b[0])),
            self.states[-1],
        ]
        grams = {"crop_co2": CO2, "crop_o2": O2, "transpired": H2O, "carbonate": CO2}
        totals = {name: float(self.state[pools[name]]) * each / 1000 for name, each in grams.items()}
        return RoomTimeLine(
            samples=[self._sample(day, state) for day, state in _once(days)],
            crossings=sorted(self.crossings, key=lambda each: each.day),
            death=self._death(),
            flags=list(self._flags),
            balance=self._balance(),
            totals=totals,
            kwh=self._kwh,
        )

    def _balance(self) -> float:
        """Return the largest part of carbon, hydrogen or oxygen that went amiss, for each day."""
        pools = self.room.pools
        start = pools.atoms(self.states[0][1])
        worst = 0.0
        for day, state in self.states[1:]:
            amiss = np.abs(pools.atoms(state) - start) / np.maximum(pools.handled(state), 1e-300)
            worst = max(worst, float(amiss.max()) / max(day, 1.0))
        return worst

    def _sample(self, day: float, state: Floats) -> Sample:
        room, pools = self.room, self.room.pools
        gas = {name: float(state[pools[name]]) for name in ("o2", "co2", "vapour", "n2")}
        total = max(sum(gas.values()), 1e-300)
        o2_kpa = room.kpa(state, "o2")
        harvest = sum(
            float(state[pools.harvest.start + bed]) * each.grams for bed, each in enumerate(room.plants)
        )
        return Sample(
            day=day,
            o2_kpa=o2_kpa,
            co2_kpa=room.kpa(state, "co2"),
            pressure_kpa=sum(room.kpa(state, name) for name in gas),
            o2_percent=100 * gas["o2"] / total,
            co2_percent=100 * gas["co2"] / total,
            temperature_c=float(state[pools.temperature]),
            humidity=room.humidity(state),
            water_kg=float(state[pools["water"]]) * H2O / 1000,
            food_kg=float(state[pools["food"]]) * room.food.grams / 1000,
            harvest_kg=harvest / 1000,
            fixed_kg=float(state[pools["crop_co2"]]) * CO2 / 1000,
            lamps_kw=room.lamp_kw(self._facility.light.ppf),
        )


def simulate(facility: Facility, days: float | None = None, tolerance: float = FINE) -> RoomTimeLine:
    """Return how a facility goes.

    Args:
        facility: checked.
        days: to the end of which; the file's own where it is left out.
        tolerance: of a step, a part of each number.

    Raises:
        InputError: its rates are beyond what can be solved.
    """
    return Simulation(facility, tolerance).run(facility.days if days is None else days)


def _unsolved(day: float) -> InputError:
    right = "A rate in its file is too large for its volume"
    return InputError(f"the room can't be solved from day {day:.3f} on", right=right)


def _ends_day(before: float, day: float) -> bool:
    return math.floor(day + 1e-9) > math.floor(before + 1e-9)


def _once(states: list[tuple[float, Floats]]) -> list[tuple[float, Floats]]:
    return list(dict(states).items())
