"""Chances of life until a day: many rooms, drawn from what is uncertain, each solved.

The likelihood is one of the model: of a room as the file has it and uncertainties as it states them. What
nobody thought of is not in it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable

import msgspec
import numpy as np

from starlight.greenhouse.facility import BedSpec, Device, Facility, FailureSpec, LimitsSpec
from starlight.greenhouse.time_line import COARSE, RoomTimeLine, simulate

SIGMAS_90 = 1.6449
"""Standard deviations on either side that hold 90 % of a normal distribution."""


class Chances(msgspec.Struct, frozen=True):
    """The answer of many rooms.

    Attributes:
        samples, seed: how many were drawn, and from which seed.
        days: on which people are counted.
        alive: the part of the rooms in which they live on each of these days.
        least, most: Wilson's 90 % interval of it, for so many samples.
        first: how often each limit was the first that was crossed; ``none`` where none was.
        deaths: how often people died of each.
        o2_kpa, co2_kpa: 5, 50 and 95 % of the rooms have less than this at the end, or at the death there.
        fixed_kg: the same of the CO2 that the crops have fixed.
    """

    samples: int
    seed: int
    days: list[float]
    alive: list[float]
    least: list[float]
    most: list[float]
    first: dict[str, int]
    deaths: dict[str, int]
    o2_kpa: list[float]
    co2_kpa: list[float]
    fixed_kg: list[float]


def chances(
    facility: Facility,
    days: float,
    samples: int,
    seed: int = 0,
    tell: Callable[[int], object] = lambda more: None,
) -> Chances:
    """Return how likely people live until each day.

    Args:
        facility: checked; its `uncertainty` says what is drawn.
        days: to the end of which.
        samples: rooms that are drawn.
        seed: the same draws the same rooms.
        tell: is called with 1 for each room that is solved, which takes a second or so.
    """
    random = np.random.default_rng(seed)
    lines = []
    for _ in range(samples):
        lines.append(simulate(drawn(facility, random, days), days, COARSE))
        tell(1)
    counted = [float(day) for day in np.linspace(0, days, min(31, math.ceil(days) + 1))]
    deaths = [math.inf if each.death is None else each.death.day for each in lines]
    alive = [sum(death > day for death in deaths) for day in counted]
    bounds = [wilson(count, samples) for count in alive]
    return Chances(
        samples=samples,
        seed=seed,
        days=counted,
        alive=[count / samples for count in alive],
        least=[low for low, _ in bounds],
        most=[high for _, high in bounds],
        first=dict(Counter(each.crossings[0].limit if each.crossings else "none" for each in lines)),
        deaths=dict(Counter(each.death.limit for each in lines if each.death is not None)),
        o2_kpa=_quantiles([each.samples[-1].o2_kpa for each in lines]),
        co2_kpa=_quantiles([each.samples[-1].co2_kpa for each in lines]),
        fixed_kg=_quantiles([_fixed(each) for each in lines]),
    )


def wilson(count: int, samples: int) -> tuple[float, float]:
    """Return the 90 % interval of a likelihood of which so many of the samples were seen (Wilson 1927)."""
    square = SIGMAS_90**2
    part = count / samples
    middle = (part + square / (2 * samples)) / (1 + square / samples)
    spread = math.sqrt(part * (1 - part) / samples + square / (4 * samples**2)) * SIGMAS_90
    half = spread / (1 + square / samples)
    return max(middle - half, 0.0), min(middle + half, 1.0)


def drawn(facility: Facility, random: np.random.Generator, days: float) -> Facility:
    """Return a facility in which all that is uncertain has been drawn.

    Args:
        random: each facility takes the same count of numbers from it, whatever is in it.
        days: failures later than this are left out.
    """
    told = facility.uncertainty
    growth, metabolism, rq, o2, leak, limits = (float(each) for each in random.standard_normal(6))
    waits = random.exponential(size=3)
    people = msgspec.structs.replace(
        facility.people,
        o2_kg_per_day=facility.people.o2_kg_per_day * max(1 + metabolism * told.metabolism, 0.3),
        # A quotient is between those of fat and of sugar, whatever the tail of the distribution says.
        rq=min(max(facility.people.rq * (1 + rq * told.rq), 0.7), 1.0),
    )
    room = msgspec.structs.replace(
        facility.room,
        leak_percent_per_day=facility.room.leak_percent_per_day * math.exp(leak * told.leak),
    )
    return msgspec.structs.replace(
        facility,
        room=room,
        people=people,
        bed=[_grown(bed, growth * told.growth, o2 * told.o2_per_co2) for bed in facility.bed],
        limits=_shifted(facility.limits, limits * told.limits),
        failure=[*facility.failure, *_failures(facility, [float(wait) for wait in waits], days)],
    )


def _grown(bed: BedSpec, growth: float, o2: float) -> BedSpec:
    quotient = min(max(bed.o2_per_co2 * (1 + o2), 0.9), 1.25)
    return msgspec.structs.replace(bed, factor=bed.factor * math.exp(growth), o2_per_co2=quotient)


def _shifted(limits: LimitsSpec, part: float) -> LimitsSpec:
    """Return limits of people who bear more, or less: lower oxygen and higher CO2 alike."""
    bearing = max(1 + part, 0.5)
    return msgspec.structs.replace(
        limits,
        death_o2_kpa=min(limits.death_o2_kpa / bearing, limits.o2_low_kpa * 0.99),
        death_co2_kpa=max(limits.death_co2_kpa * bearing, limits.co2_high_kpa * 1.01),
    )


def _failures(facility: Facility, waits: list[float], days: float) -> list[FailureSpec]:
    told = facility.uncertainty
    means: list[tuple[Device, float]] = [
        ("lamps", told.lamps_mtbf_days),
        ("scrubber", told.scrubber_mtbf_days),
        ("cooling", told.cooling_mtbf_days),
    ]
    found = [(what, mean * wait) for (what, mean), wait in zip(means, waits, strict=True) if mean]
    return [FailureSpec(what=what, day=day) for what, day in found if day < days]


def _fixed(line: RoomTimeLine) -> float:
    return line.totals["crop_co2"]


def _quantiles(values: list[float]) -> list[float]:
    return [float(each) for each in np.quantile(values, (0.05, 0.5, 0.95))]
