"""The rates of a room: how all pools change at a moment, each process a reaction that keeps its elements."""

from __future__ import annotations

import math

import numpy as np

from starlight.greenhouse.chemistry import (
    CARBOHYDRATE,
    CO2,
    GAS_CONSTANT,
    H2O,
    O2,
    STANDARD_KPA,
    food_matter,
    moles,
    plant_matter,
    vapour_kpa,
)
from starlight.greenhouse.crops import Floats
from starlight.greenhouse.facility import Device, Facility
from starlight.greenhouse.growth import Growth, transpiration
from starlight.greenhouse.light import LightSpan
from starlight.greenhouse.pools import GASES, Pools

CONDENSING_DAYS = 0.04
"""An hour: in which a condenser, or cold walls, bring the air back to its humidity."""

HUMID = 0.7
"""Relative humidity that a condenser holds, and at which transpiration was measured."""

BAND = 0.1
"""Machines work fully from this part beyond their set point on, and less and less towards it."""

PERSON_KW = 11.8e3 / 86_400
"""Heat of a person at work: 11.8 MJ a day (NASA BVAD)."""

UMOL_PER_J_OF_SUN = 0.45 * 4.57
"""umol of light for plants per J of sunlight."""


class Room:
    """A facility as rates of change.

    Args:
        facility: checked.

    Attributes:
        pools: where the numbers of the state stand.
        growth: the plants.
        food: the composition of what people eat from the store.
        plants: of what each bed grows.
        daily_food: that people eat, in mol carbon a day.
        span: the light of the moment that is computed.
    """

    def __init__(self, facility: Facility) -> None:
        self.facility = facility
        people = facility.people
        self._breath = people.count * people.activity * people.o2_kg_per_day * 1000 / O2
        nominal_co2 = people.o2_kg_per_day * 1000 / O2 * people.rq
        self.food = food_matter(people.rq, people.metabolic_water_kg_per_day * 1000 / H2O / nominal_co2)
        self.daily_food = self._breath / self.food.o2_per_co2
        self.growth = Growth(facility.bed, facility.light, facility.room.co2_ppm)
        pairs = zip(facility.bed, self.growth.crops, strict=True)
        self.plants = [plant_matter(kind.carbon_fraction, bed.o2_per_co2) for bed, kind in pairs]
        self.pools = Pools(self.food, self.plants, [bed.cohorts for bed in facility.bed])
        self.span = LightSpan(0.0, 1.0, 0.0, 24.0)
        self.failed: frozenset[Device] = frozenset()
        self.leak = 0.0
        self._quotient = np.array([bed.o2_per_co2 for bed in facility.bed])[self.pools.bed_of]
        self._water_in = np.array([each.hydrogen / 2 for each in self.plants])[self.pools.bed_of]
        soil = facility.soil
        self._soil_rate = (
            soil.respiration_mmol_h_m2 * 24e-3 * CARBOHYDRATE.grams / (1000 * soil.carbon_kg_per_m2)
        )
        self._set_c = facility.room.temperature_c if facility.thermal is None else facility.thermal.set_c

    def start(self) -> Floats:
        """Return the state at day 0."""
        facility, room, pools = self.facility, self.facility.room, self.pools
        state = np.zeros(pools.size)
        kelvin = room.temperature_c + 273.15
        vapour = min(room.humidity * vapour_kpa(room.temperature_c), room.pressure_kpa)
        dry, wet = (moles(kpa, room.volume_m3, kelvin) for kpa in (room.pressure_kpa - vapour, vapour))
        o2, co2 = room.o2_percent / 100, room.co2_ppm * 1e-6
        for gas, amount in zip(GASES, (dry * o2, dry * co2, wet, dry * (1 - o2 - co2)), strict=True):
            state[pools[gas]] = amount
        state[pools["water"]] = room.water_kg * 1000 / H2O
        if facility.people.count:
            state[pools["food"]] = facility.people.food_kg * 1000 / self.food.grams
        soil = facility.soil
        state[pools["soil"]] = soil.m2 * soil.carbon_kg_per_m2 * 1000 / CARBOHYDRATE.grams
        state[pools["o2_tank"]] = facility.supply.o2_kg * 1000 / O2
        state[pools["co2_tank"]] = facility.supply.co2_kg * 1000 / CO2
        state[pools.edible], state[pools.inedible], state[pools.canopy], state[pools.recent] = (
            self.growth.started()
        )
        state[pools.temperature] = room.temperature_c
        return state

    def enter(self, span: LightSpan) -> None:
        """Take the light, and the machines that have failed, of a span in which neither changes."""
        self.span = span
        self.growth.enter(span)
        now = [f for f in self.facility.failure if f.day <= span.start < (f.until_day or math.inf)]
        self.failed = frozenset(each.what for each in now)
        lost = sum(each.percent_per_day for each in now if each.what == "leak")
        self.leak = (self.facility.room.leak_percent_per_day + lost) / 100

    def kpa(self, state: Floats, gas: str) -> float:
        """Return the partial pressure of a gas, in kPa."""
        kelvin = float(state[self.pools.temperature]) + 273.15
        return float(state[self.pools[gas]]) * GAS_CONSTANT * kelvin / self.facility.room.volume_m3 / 1000

    def rates(self, day: float, state: Floats) -> Floats:
        """Return how the state changes, per day."""
        change = np.zeros(self.pools.size)
        self._plants(day, state, change)
        self._people(state, change)
        self._ground(state, change)
        self._machines(state, change)
        self._walls(state, change)
        self._humidity(state, change)
        if self.facility.thermal is not None:
            change[self.pools.temperature] = self._warming(day, state)
        return change

    def _plants(self, day: float, state: Floats, change: Floats) -> None:
        if not self.facility.bed:
            return
        pools = self.pools
        ppm = max(self.kpa(state, "co2"), 0.0) / STANDARD_KPA * 1e6
        celsius = float(state[pools.temperature])
        # Fixation has a broad optimum, respiration doubles in ten degrees (Amthor 2000).
        heat = _suited(celsius), 2 ** ((min(max(celsius, -20.0), 60.0) - self._set_c) / 10)
        cohorts = state[pools.edible], state[pools.inedible], state[pools.canopy], state[pools.recent]
        water = state[pools["water"]]
        wet = min(max(water / (abs(water) + 1e-3), 0.0), 1.0)
        got = self.growth.exchange(self.span.at(day), ppm, cohorts, (heat[0] * wet, heat[1]))
        given = float(self._quotient @ got.net)
        fixed = float(got.net.sum())
        change[pools["o2"]] += given
        change[pools["co2"]] -= fixed
        change[pools["water"]] -= float(self._water_in @ got.net)
        change[pools.edible] += got.edible
        change[pools.inedible] += got.net - got.edible
        change[pools.canopy], change[pools.recent] = got.canopy, got.recent
        change[pools["crop_co2"]], change[pools["crop_o2"]] = fixed, given
        dry = min(max((1 - self.humidity(state)) / (1 - HUMID), 0.0), 1.5)
        through = transpiration(float(got.fixed.sum()), dry) * wet
        change[pools["transpired"]] = through
        # As fast as a condenser takes it at most: what is more goes through the air within minutes, and back.
        limited = min(through, 0.3 * self._saturated(state) / CONDENSING_DAYS)
        change[pools["vapour"]] += limited
        change[pools["water"]] -= limited

    def _people(self, state: Floats, change: Floats) -> None:
        if not self._breath:
            return
        pools, people = self.pools, self.facility.people
        change[pools["o2"]] -= self._breath
        # They eat what was harvested while there is some, of all beds alike, and else from the store.
        harvest = np.maximum(state[pools.harvest], 0.0)
        stock = float(harvest.sum())
        part = stock / (stock + 0.1 * self._breath)
        burnt = self._breath * part * harvest / max(stock, 1e-30)
        made = self._breath * (1 - part) / self.food.o2_per_co2
        change[pools["food"]] -= made
        co2, water = made, made * self.food.hydrogen / 2
        for bed, matter in enumerate(self.plants):
            carbon = float(burnt[bed]) / matter.o2_per_co2
            change[pools.harvest.start + bed] -= carbon
            co2, water = co2 + carbon, water + carbon * matter.hydrogen / 2
        change[pools["co2"]] += co2
        vapour = people.count * people.activity * people.humidity_kg_per_day * 1000 / H2O
        urine = people.count * people.urine_kg_per_day * 1000 / H2O
        change[pools["vapour"]] += vapour
        change[pools["urine"]] += urine * (1 - people.urine_recovered)
        # Drunk is what leaves them less what burning food made.
        change[pools["water"]] += water - vapour - urine * (1 - people.urine_recovered)

    def _ground(self, state: Floats, change: Floats) -> None:
        pools, soil = self.pools, self.facility.soil
        rotting = self._soil_rate * max(float(state[pools["soil"]]), 0.0)
        change[pools["soil"]] -= rotting
        co2, o2, water = rotting, rotting * CARBOHYDRATE.o2_per_co2, rotting * CARBOHYDRATE.hydrogen / 2
        if soil.residue_per_day:
            for bed, matter in enumerate(self.plants):
                carbon = soil.residue_per_day * float(state[pools.residue.start + bed])
                change[pools.residue.start + bed] -= carbon
                co2, o2 = co2 + carbon, o2 + carbon * matter.o2_per_co2
                water += carbon * matter.hydrogen / 2
        change[pools["co2"]] += co2
        change[pools["o2"]] -= o2
        change[pools["water"]] += water
        room = self.facility.room
        bound = room.carbonate_mol_per_kpa_day * max(self.kpa(state, "co2"), 0.0)
        rusting = room.oxidised_mol_per_day * _part(float(state[pools["o2"]]), 1.0)
        change[pools["co2"]] -= bound
        change[pools["carbonate"]] += bound
        change[pools["o2"]] -= rusting
        change[pools["oxidised"]] += rusting

    def _machines(self, state: Floats, change: Floats) -> None:
        pools, scrubber, supply = self.pools, self.facility.scrubber, self.facility.supply
        if scrubber.kg_per_day and "scrubber" not in self.failed:
            over = _beyond(self.kpa(state, "co2"), scrubber.above_kpa)
            held = float(state[pools["scrubbed"]]) * CO2 / 1000
            left = (
                _part(scrubber.capacity_kg - held, scrubber.capacity_kg / 100)
                if scrubber.capacity_kg
                else 1.0
            )
            taken = scrubber.kg_per_day * 1000 / CO2 * over * left
            change[pools["co2"]] -= taken
            change[pools["scrubbed"]] += taken
        for gas, below in (("o2", supply.o2_below_kpa), ("co2", supply.co2_below_kpa)):
            tank = float(state[pools[f"{gas}_tank"]])
            if tank <= 0 or (gas == "o2" and "oxygen" in self.failed):
                continue
            # As much as the room loses just now, and what lifts it by the band in half an hour.
            want = (
                max(-float(change[pools[gas]]), 0.0)
                + moles(BAND * below, self.facility.room.volume_m3, 293.15) * 48
            )
            let = want * _beyond(2 * below - self.kpa(state, gas), below) * _part(tank, 1.0)
            change[pools[gas]] += let
            change[pools[f"{gas}_tank"]] -= let

    def _walls(self, state: Floats, change: Floats) -> None:
        if not self.leak:
            return
        pools, room = self.pools, self.facility.room
        total = moles(room.pressure_kpa, room.volume_m3, room.temperature_c + 273.15)
        outside = (0.2095, 0.0004, 0.0, 0.7901) if room.outside == "air" else (0.0, 0.0, 0.0, 0.0)
        for gas, part in zip(GASES, outside, strict=True):
            lost = self.leak * (float(state[pools[gas]]) - part * total)
            change[pools[gas]] -= lost
            change[pools[f"outside_{gas}"]] += lost

    def _humidity(self, state: Floats, change: Floats) -> None:
        """Let the condenser hold its humidity; without one, cold walls hold the air at saturation."""
        pools = self.pools
        works = "condenser" not in self.failed and bool(self.facility.people.count or self.facility.bed)
        over = float(state[pools["vapour"]]) - (HUMID if works else 1.0) * self._saturated(state)
        if over > 0:
            change[pools["vapour"]] -= over / CONDENSING_DAYS
            change[pools["water"]] += over / CONDENSING_DAYS

    def _saturated(self, state: Floats) -> float:
        celsius = float(state[self.pools.temperature])
        return moles(vapour_kpa(celsius), self.facility.room.volume_m3, celsius + 273.15)

    def humidity(self, state: Floats) -> float:
        """Return the relative humidity, 0 to 1 and, for a moment, more."""
        return float(state[self.pools["vapour"]]) / self._saturated(state)

    def lamp_kw(self, ppf: float) -> float:
        """Return the power that lamps draw for a light on all beds, in kW; sunlight draws none."""
        light = self.facility.light
        if light.kind != "lamps":
            return 0.0
        return ppf * sum(bed.m2 for bed in self.facility.bed) / light.umol_per_j / 1000

    def _warming(self, day: float, state: Floats) -> float:
        """Return the change of the temperature, in degrees a day."""
        thermal, celsius = self.facility.thermal, float(state[self.pools.temperature])
        assert thermal is not None
        people = self.facility.people
        ppf = self.span.at(day)
        sun = ppf * sum(bed.m2 for bed in self.facility.bed) / UMOL_PER_J_OF_SUN / 1000
        heat = (
            sun if self.facility.light.kind == "mars" else self.lamp_kw(ppf)
        ) + PERSON_KW * people.count * people.activity
        over = celsius - thermal.set_c
        # Within three degrees of the set point they work in part, so that neither switches a thousand times.
        if "cooling" not in self.failed:
            heat -= thermal.cooling_kw * min(max(over / 3, 0.0), 1.0)
        heat += thermal.heating_kw * min(max(-over / 3, 0.0), 1.0)
        heat -= thermal.w_per_k * (celsius - thermal.outside_c) / 1000
        return heat * 86_400 / (thermal.kj_per_k or 30.0 * self.facility.room.volume_m3)


def _suited(celsius: float) -> float:
    """Return fixation against that at its best temperature: none at 2 and 42 degrees, all from 12 to 30.

    A stand-in: the Modified Energy Cascade holds at each crop's own temperature and knows no other.
    """
    return min(max(min((celsius - 2) / 10, (42 - celsius) / 12), 0.0), 1.0)


def _beyond(value: float, limit: float) -> float:
    """Return how far a value is beyond a set point, 0 to 1 within `BAND` of it."""
    return min(max((value - limit) / max(BAND * limit, 1e-9), 0.0), 1.0)


def _part(amount: float, little: float) -> float:
    """Return 1 while there is more than a little, and less towards none."""
    return min(max(amount / little, 0.0), 1.0)
