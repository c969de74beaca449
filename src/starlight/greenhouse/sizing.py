"""Areas, and kW of lamps, that hold people in oxygen, in clean air, in food; and rooms compared.

The areas are those of a bed that is sown in turns, so that it always has plants of all ages, in steady light
and at 1000 ppm of CO2. A bed sown at once gives nothing for weeks.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import msgspec
import numpy as np

from starlight.errors import InputError, did_you_mean
from starlight.greenhouse.chemistry import O2, plant_matter
from starlight.greenhouse.crops import Crop, crop
from starlight.greenhouse.facility import BedSpec, Facility
from starlight.greenhouse.growth import Growth
from starlight.greenhouse.time_line import COARSE, RoomTimeLine, simulate

SIZED_CO2_PPM = 1000.0

KCAL_PER_MOL_O2 = 455 / 4.184
"""Of food that is burnt: 455 kJ/mol O2, within 3 % for fat, starch and protein (Thornton's rule)."""

SWEPT = ("m2", "ppf", "hours", "volume_m3", "people")

MOST_POINTS = 200
"""Of a sweep, which solves a room for each."""


class Need(msgspec.Struct, frozen=True):
    """The needs of a crop that is to hold all people of a facility.

    Attributes:
        crop: by name.
        ppf, hours: the light: umol/m2/s, and its hours a day.
        o2_m2, co2_m2, food_m2: for their oxygen, their CO2, and all of their food.
        o2_kw, co2_kw, food_kw: what lamps draw for these areas on the mean of a day; 0 in sunlight.
    """

    crop: str
    ppf: float
    hours: float
    o2_m2: float
    co2_m2: float
    food_m2: float
    o2_kw: float
    co2_kw: float
    food_kw: float


class SweepPoint(msgspec.Struct, frozen=True):
    """The course of a room with another value of one of its keys.

    Attributes:
        first, first_day: the first limit that was crossed; empty and None where all held.
        death, death_day: likewise.
        o2_kpa, co2_kpa: at the end.
    """

    value: float
    first: str
    first_day: float | None
    death: str
    death_day: float | None
    o2_kpa: float
    co2_kpa: float


def needs(facility: Facility) -> list[Need]:
    """Return what each crop of a facility would need to hold its people; none where nobody breathes."""
    breath = facility.people.count * facility.people.activity * facility.people.o2_kg_per_day * 1000 / O2
    seen = {bed.crop: bed for bed in facility.bed}
    return [_need(facility, bed, breath) for bed in seen.values()] if breath else []


def _need(facility: Facility, bed: BedSpec, breath: float) -> Need:
    kind = crop(bed.crop)
    ppf, hours = Growth([bed], facility.light, SIZED_CO2_PPM).planned_light(kind)
    growth, food = _mean_growth(kind, ppf, hours, bed)
    areas = [
        breath / (growth * bed.o2_per_co2) if growth > 0 else math.inf,
        breath * facility.people.rq / growth if growth > 0 else math.inf,
        breath * KCAL_PER_MOL_O2 / food if food > 0 else math.inf,
    ]
    drawn = facility.light.kind == "lamps"
    kw = [area * ppf * hours / 24 / facility.light.umol_per_j / 1000 if drawn else 0.0 for area in areas]
    return Need(bed.crop, ppf, hours, *areas, *kw)


def _mean_growth(kind: Crop, ppf: float, hours: float, bed: BedSpec) -> tuple[float, float]:
    """Return the mean of all ages: carbon in mol/m2/d, and energy of food in kcal/m2/d."""
    ages = np.arange(0.5, kind.maturity_day)
    daily = np.array([kind.daily_growth(ppf, hours, SIZED_CO2_PPM, age) for age in ages]) * bed.factor
    edible = daily[ages >= kind.edible_day].sum() * kind.edible_share / len(ages)
    grams = plant_matter(kind.carbon_fraction, bed.o2_per_co2).grams
    fresh_kg = edible * grams / 1000 / (1 - kind.edible_water)
    return float(daily.mean()), float(fresh_kg * kind.edible_kcal_per_kg)


def sweep(
    facility: Facility,
    key: str,
    values: list[float],
    days: float,
    tell: Callable[[int], object] = lambda more: None,
) -> list[SweepPoint]:
    """Return how a room goes with each of some values of a key.

    Args:
        facility: checked.
        key: one of `SWEPT`; ``m2`` is the area of all beds together, whose parts stay.
        values: of the key.
        days: to the end of which.
        tell: is called with 1 for each room that is solved, which takes a second or so.
    """
    points = []
    for value in values:
        points.append(_point(value, simulate(changed(facility, key, value), days, COARSE)))
        tell(1)
    return points


def changed(facility: Facility, key: str, value: float) -> Facility:
    """Return a facility with another value of a key of `SWEPT`.

    Raises:
        InputError: the key can't be swept, or the value can't be.
    """
    if key not in SWEPT:
        right = f"{did_you_mean(key, SWEPT)} These can be: {', '.join(SWEPT)}".strip()
        raise InputError(f"{key!r} can't be swept", where="--sweep", right=right)
    if not (0 < value <= (24 if key == "hours" else 5000 if key == "ppf" else 1e7)):
        right = "Give what a file may have there"
        raise InputError(f"{key} = {value:g} does not fit", where="--sweep", right=right)
    if key == "m2":
        total = sum(bed.m2 for bed in facility.bed)
        if not total:
            raise InputError("the file has no bed", where="--sweep", right="Give it a [[bed]]")
        beds = [msgspec.structs.replace(bed, m2=bed.m2 * value / total) for bed in facility.bed]
        return msgspec.structs.replace(facility, bed=beds)
    if key == "volume_m3":
        room = msgspec.structs.replace(facility.room, volume_m3=value)
        return msgspec.structs.replace(facility, room=room)
    if key == "people":
        people = msgspec.structs.replace(facility.people, count=round(value))
        return msgspec.structs.replace(facility, people=people)
    return msgspec.structs.replace(facility, light=msgspec.structs.replace(facility.light, **{key: value}))


def _point(value: float, line: RoomTimeLine) -> SweepPoint:
    first = line.crossings[0] if line.crossings else None
    end = line.samples[-1]
    return SweepPoint(
        value=value,
        first=first.limit if first else "",
        first_day=first.day if first else None,
        death=line.death.limit if line.death else "",
        death_day=line.death.day if line.death else None,
        o2_kpa=end.o2_kpa,
        co2_kpa=end.co2_kpa,
    )
