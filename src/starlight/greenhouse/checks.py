"""The checks of a greenhouse that no single key can make: that its room, beds and times can be."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from starlight.errors import did_you_mean
from starlight.faults import Faults
from starlight.greenhouse.chemistry import H2O, O2, food_matter, plant_matter, vapour_kpa
from starlight.greenhouse.crops import crops
from starlight.greenhouse.facility import Facility, LimitsSpec, ObservedSpec

MOST_COHORTS = 300
"""Of all beds: each has four numbers that are solved, and more tell nothing more."""

LEAST_POINTS = 4
"""Measured points of a gas: as many as numbers are inferred from them."""


def check(facility: Facility, faults: Faults) -> None:
    """Check what no single key can know.

    Args:
        faults: takes all that does not fit, with key, value and what would be right.
    """
    _check_room(facility, faults)
    _check_people(facility, faults)
    _check_beds(facility, faults)
    _check_limits(facility.limits, faults)
    for index, storm in enumerate(facility.light.storm):
        if storm.end_day <= storm.start_day:
            right = f"It must be later than start_day = {storm.start_day:g}"
            _fail(faults, f"light.storm[{index}].end_day", storm.end_day, right)
    for index, failure in enumerate(facility.failure):
        if failure.until_day and failure.until_day <= failure.day:
            right = f"It must be later than day = {failure.day:g}; without it, the failure lasts"
            _fail(faults, f"failure[{index}].until_day", failure.until_day, right)
    if facility.observed is not None:
        _check_observed(facility.observed, faults)


def _fail(faults: Faults, key: str, value: object, right: str) -> None:
    faults.add(key, f"{key} = {value!r} does not fit", right)


def _check_room(facility: Facility, faults: Faults) -> None:
    room = facility.room
    if room.o2_percent + room.co2_ppm * 1e-4 > 100:
        right = f"With o2_percent = {room.o2_percent:g} the air would be more than all of it"
        _fail(faults, "room.co2_ppm", room.co2_ppm, right)
    vapour = room.humidity * vapour_kpa(room.temperature_c)
    if vapour > room.pressure_kpa:
        right = f"So humid and warm the air has {vapour:.2f} kPa of vapour alone"
        _fail(faults, "room.pressure_kpa", room.pressure_kpa, right)


def _check_people(facility: Facility, faults: Faults) -> None:
    people = facility.people
    co2 = people.o2_kg_per_day * 1000 / O2 * people.rq
    food = food_matter(people.rq, people.metabolic_water_kg_per_day * 1000 / H2O / co2)
    if food.oxygen < 0:
        right = f"At rq = {people.rq:g} no food of carbon, hydrogen and oxygen leaves so little water"
        _fail(faults, "people.metabolic_water_kg_per_day", people.metabolic_water_kg_per_day, right)


def _check_beds(facility: Facility, faults: Faults) -> None:
    for index, bed in enumerate(facility.bed):
        if bed.crop not in crops():
            known = f"{did_you_mean(bed.crop, crops())} The crops are {', '.join(crops())}".strip()
            _fail(faults, f"bed[{index}].crop", bed.crop, known)
            continue
        kind = crops()[bed.crop]
        if bed.age_days > kind.maturity_day:
            right = f"{bed.crop} is harvested on day {kind.maturity_day:g}"
            _fail(faults, f"bed[{index}].age_days", bed.age_days, right)
        if not bed.m2:
            _fail(faults, f"bed[{index}].m2", bed.m2, "A bed has an area; leave it out where there is none")
        matter = plant_matter(kind.carbon_fraction, bed.o2_per_co2)
        if matter.hydrogen < 0 or matter.oxygen < 0:
            right = f"No plant matter with {kind.carbon_fraction:.0%} carbon gives so much"
            _fail(faults, f"bed[{index}].o2_per_co2", bed.o2_per_co2, right)
    cohorts = sum(bed.cohorts for bed in facility.bed)
    if cohorts > MOST_COHORTS:
        faults.add("bed", f"all beds have {cohorts} cohorts", f"There are {MOST_COHORTS} at most")


def _check_limits(limits: LimitsSpec, faults: Faults) -> None:
    pairs = (
        ("death_o2_kpa", "o2_low_kpa"),
        ("o2_low_kpa", "o2_high_kpa"),
        ("co2_high_kpa", "death_co2_kpa"),
        ("heat_c", "death_heat_c"),
    )
    for low, high in pairs:
        if getattr(limits, low) >= getattr(limits, high):
            right = f"It must be less than {high} = {getattr(limits, high):g}"
            _fail(faults, f"limits.{low}", getattr(limits, low), right)


def _check_observed(observed: ObservedSpec, faults: Faults) -> None:
    for key, most in (("o2_percent", 100.0), ("co2_ppm", 1e6)):
        points: Sequence[tuple[float, float]] = getattr(observed, key)
        if len(points) < LEAST_POINTS:
            told = f"observed.{key} has {len(points)} points"
            faults.add(f"observed.{key}", told, f"It takes {LEAST_POINTS} or more")
        for place, (day, value) in enumerate(points):
            if not 0 <= day <= 10_000 or not 0 <= value <= most:
                right = f"It is a day, 0 to 10000, and a value, 0 to {most:g}"
                _fail(faults, f"observed.{key}[{place}]", (day, value), right)
        for place, (before, after) in enumerate(pairwise(points)):
            if after[0] <= before[0]:
                right = f"Days ascend; the one before is {before[0]:g}"
                _fail(faults, f"observed.{key}[{place + 1}]", after, right)
