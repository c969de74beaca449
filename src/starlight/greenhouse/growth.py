"""The plants of all beds: what each cohort fixes, breathes and becomes, from the light and air of a
moment."""

from __future__ import annotations

import math

import msgspec
import numpy as np

from starlight.greenhouse.crops import (
    CO2_LEAST,
    CO2_MOST,
    FULL_CANOPY,
    PPF_LEAST,
    UMOL_PER_DAY,
    Crop,
    Floats,
    co2_powers,
    crop,
    lit,
    scarcity,
)
from starlight.greenhouse.facility import BedSpec, LightSpec
from starlight.greenhouse.light import DIMMING, TOP_PPF, LightSpan

MEMORY_DAYS = 2.0
"""Days over which respiration follows what was fixed: plants in the dark live on a few days' sugar and
starch."""

MAINTENANCE_PER_DAY = 0.015
"""Part of its own carbon that a plant breathes a day where light fails it (Amthor 2000: 0.01 to 0.03 for
crops)."""


class PlantExchange(msgspec.Struct, frozen=True):
    """The doings of the cohorts at a moment, each an array by cohort.

    Attributes:
        net: carbon fixed less breathed, in mol/d.
        fixed: carbon fixed, in mol/d.
        edible: the part of `net` that goes to food.
        canopy: growth of the canopy, a day.
        recent: change of the recent fixation, in mol/m2/d2.
    """

    net: Floats
    fixed: Floats
    edible: Floats
    canopy: Floats
    recent: Floats


class Growth:
    """Cohorts of all beds, and the terms of their crops in the light of the span that is being computed.

    Args:
        beds: of the facility.
        light: that they were grown in, and on which they count.
        co2_ppm: in which cohorts that are old at the start have grown.
    """

    def __init__(self, beds: list[BedSpec], light: LightSpec, co2_ppm: float) -> None:
        self.crops: list[Crop] = [crop(each.crop) for each in beds]
        self._beds = beds
        self._light = light
        self.bed_of = np.repeat(np.arange(len(beds)), [each.cohorts for each in beds])
        self.area = np.array([bed.m2 / bed.cohorts for bed in beds for _ in range(bed.cohorts)])
        self.planted = np.array([-age for bed in beds for age in _ages(bed)])
        self.growing = np.ones(len(self.area), dtype=bool)
        self._factor = self._each([bed.factor for bed in beds])
        self._power = self._each([kind.canopy_exponent for kind in self.crops])
        self._most = self._each([kind.ppf_most for kind in self.crops])
        self._share = self._each([kind.edible_share for kind in self.crops])
        self._edible_day = self._each([kind.edible_day for kind in self.crops])
        self.maturity = self._each([kind.maturity_day for kind in self.crops])
        self._co2_ppm = co2_ppm

    def _each(self, values: list[float]) -> Floats:
        """Return values of beds as values of their cohorts."""
        return np.array(values, dtype=float)[self.bed_of] if values else np.zeros(0)

    def planned_light(self, kind: Crop) -> tuple[float, float]:
        """Return the light in umol/m2/s, and its hours, that plants of a crop were grown in."""
        if self._light.kind == "mars":
            noon = TOP_PPF * math.exp(-DIMMING * self._light.optical_depth) * self._light.glass
            return noon * 2 / math.pi, 12.0
        # In a room without light stand plants that have come from where there was some.
        dark = self._light.kind == "none" or not self._light.ppf * self._light.hours
        return (kind.nominal_ppf, kind.photoperiod_h) if dark else (self._light.ppf, self._light.hours)

    def enter(self, span: LightSpan) -> None:
        """Take the light of a span, and the ages at its middle, for all terms that hold throughout.

        Spans are a day at most, in which an age changes a crop's constants by some percent at most, and as
        much up as down of those at its middle.
        """
        plans = [self.planned_light(kind) for kind in self.crops]
        canopy = [
            kind.canopy_terms(span.ppf or ppf, span.hours or hours)
            for kind, (ppf, hours) in zip(self.crops, plans, strict=True)
        ]
        best = [kind.yield_terms(span.ppf or ppf) for kind, (ppf, _) in zip(self.crops, plans, strict=True)]
        self._canopy_terms = np.array(canopy).reshape(-1, 5)[self.bed_of]
        self._yield_terms = np.array(best).reshape(-1, 5)[self.bed_of]
        pairs = zip(self.crops, plans, strict=True)
        daily = [lit(ppf, kind.ppf_most) * hours / 24 * UMOL_PER_DAY for kind, (ppf, hours) in pairs]
        self._daily_light = self._each(daily)
        self._pace = 24 / span.hours if span.hours else 1.0
        self._enter_ages((span.start + span.end) / 2 - self.planted)

    def _enter_ages(self, age: Floats) -> None:
        """Take the ages of all cohorts, in days."""
        self._left, self._least, self._spent = (np.zeros(len(age)) for _ in range(3))
        for bed, kind in enumerate(self.crops):
            here = self.bed_of == bed
            # The yield is linear in that of a young canopy, so two of its values are enough.
            one = kind.ageing(age[here], 1.0)
            self._left[here] = kind.ageing(age[here], 2.0) - one
            self._least[here] = one - self._left[here]
            self._spent[here] = 1 - kind.use_efficiency(age[here])
        self._to_food = np.where(age >= self._edible_day, self._share, 0.0)

    def exchange(
        self, ppf: float, co2_ppm: float, state: tuple[Floats, ...], heat: tuple[float, float]
    ) -> PlantExchange:
        """Return what the cohorts do in the light and at the ages that were entered.

        Args:
            ppf: light on the canopy now, in umol/m2/s.
            co2_ppm: by partial pressure, of a standard atmosphere.
            state: edible and inedible carbon in mol, canopy, and recent fixation in mol/m2/d.
            heat: how fixation and respiration stand to those at the temperature that they were grown at.
        """
        edible, inedible, canopy, recent = state
        powers = co2_powers(co2_ppm)
        suited = scarcity(co2_ppm) * heat[0]
        taken = FULL_CANOPY * np.minimum(np.maximum(canopy, 0.0), 1.0) ** self._power
        aged = self._least + self._left * (self._yield_terms @ powers)
        quantum = aged * taken * self._factor * self.growing
        fixed = quantum * np.minimum(ppf, self._most) * (UMOL_PER_DAY * suited)
        # Of carbon in mol/m2: what is there to be breathed, and kept from going below nothing.
        mass = np.maximum(edible + inedible, 0.0)
        there = mass / self.area
        lack = 1 - np.minimum(1.0, recent / np.maximum(quantum * self._daily_light, 1e-12))
        breathed = self._spent * recent + MAINTENANCE_PER_DAY * lack * there
        breathed = breathed * there / (there + 1e-3) * self.growing * heat[1]
        net = (fixed - breathed) * self.area
        # In the dark food and leaves are drawn on alike; in the light growth goes where the model says.
        to_food = np.where(net > 0, self._to_food, np.maximum(edible, 0.0) / np.maximum(mass, 1e-9)) * net
        # A canopy closes by the light that falls on it: what is dim or dark holds it back, bright hours carry
        # all.
        days = np.maximum(self._canopy_terms @ powers, 1.0)
        pace = min(ppf / PPF_LEAST, 1.0) * self._pace * suited
        closing = pace * self.growing / days * (canopy < 1.0)
        return PlantExchange(net, fixed * self.area, to_food, closing, (fixed - recent) / MEMORY_DAYS)

    def started(self) -> tuple[Floats, Floats, Floats, Floats]:
        """Return edible and inedible carbon in mol, canopy and recent fixation of all cohorts at day 0.

        Those that were planted before have grown by the model, in the light and air that they were meant for.
        """
        found = np.zeros((4, len(self.area)))
        for cohort, bed in enumerate(self.bed_of):
            kind = self.crops[bed]
            ppf, hours = self.planned_light(kind)
            co2 = min(max(self._co2_ppm, CO2_LEAST), CO2_MOST)
            age = -float(self.planted[cohort])
            growth = [
                kind.daily_growth(ppf, hours, co2, day) * self._factor[cohort] for day in np.arange(0.5, age)
            ]
            eaten = (
                sum(each for day, each in enumerate(growth) if day + 0.5 >= kind.edible_day)
                * kind.edible_share
            )
            found[:2, cohort] = np.array([eaten, sum(growth) - eaten]) * self.area[cohort]
            found[2, cohort] = min(1.0, age / kind.canopy_days(ppf, hours, co2))
            net = kind.daily_growth(ppf, hours, co2, age) * self._factor[cohort]
            found[3, cohort] = net / float(kind.use_efficiency(np.array([age]))[0])
        return found[0], found[1], found[2], found[3]

    def ripe(self, start: float, end: float) -> list[float]:
        """Return the days at which cohorts are cut in a span of days, in order."""
        days = (self.planted + self.maturity)[self.growing]
        return sorted({float(day) for day in days if start < day <= end})

    def replant(self, cohort: int, day: float) -> None:
        """Sow a cohort that was cut anew, where its bed is sown again."""
        self.growing[cohort] = self._beds[self.bed_of[cohort]].replant
        self.planted[cohort] = day


def transpiration(fixed: float, room: float) -> float:
    """Return the water through leaves, in mol/d, of canopies that fix so much CO2 in mol/d.

    Args:
        room: how dry the air is, 1 at 70 % relative humidity.
    """
    return WATER_PER_CO2 * fixed * room


WATER_PER_CO2 = 94_700 / 18.015 / (739 / 44.009) * 0.64
"""mol water per mol CO2 of gross fixation: 94 700 kg for 739 kg of net fixation in a chamber of 20 m2
(Wheeler)."""


def _ages(bed: BedSpec) -> list[float]:
    """Return the ages of a bed's cohorts at day 0, the oldest first, evenly spread below it."""
    return [bed.age_days * (bed.cohorts - place) / bed.cohorts for place in range(bed.cohorts)]
