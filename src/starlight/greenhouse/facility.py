"""The file of a greenhouse: the room, its people, beds, light, machines and what fails, as keys.

Everything but the room's volume may be left out. Units end the names of keys: kPa, kg, m2, kW, degrees
Celsius.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

Amount = Annotated[float, msgspec.Meta(ge=0, le=1e9)]
Positive = Annotated[float, msgspec.Meta(gt=0, le=1e9)]
Part = Annotated[float, msgspec.Meta(ge=0, le=1)]
Days = Annotated[float, msgspec.Meta(ge=0, le=10_000)]
Kilopascal = Annotated[float, msgspec.Meta(ge=0, le=500)]
Celsius = Annotated[float, msgspec.Meta(ge=-60, le=90)]
Label = Annotated[str, msgspec.Meta(max_length=80)]

Device = Literal["lamps", "scrubber", "cooling", "condenser", "oxygen", "leak"]


class _Spec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class RoomSpec(_Spec, frozen=True):
    """The sealed volume and the air in it at the start.

    Attributes:
        volume_m3: rigid; its pressure follows what is in it.
        pressure_kpa: of all the gas, vapour too.
        o2_percent, co2_ppm: of the dry air.
        humidity: relative, 0 to 1.
        water_kg: liquid, to drink and for plants.
        leak_percent_per_day: of what is in the room, each gas alike.
        outside: what lies beyond the walls; ``air`` leaks in as fast as the room leaks out.
        carbonate_mol_per_kpa_day: CO2 bound by concrete, for each kPa of CO2: a hidden sink.
        oxidised_mol_per_day: O2 bound by metals and the like: another.
    """

    volume_m3: Annotated[float, msgspec.Meta(gt=0, le=1e7)]
    pressure_kpa: Annotated[float, msgspec.Meta(gt=0, le=500)] = 101.325
    temperature_c: Celsius = 20.0
    o2_percent: Annotated[float, msgspec.Meta(ge=0, le=100)] = 20.95
    co2_ppm: Annotated[float, msgspec.Meta(ge=0, le=1e6)] = 400.0
    humidity: Part = 0.5
    water_kg: Amount = 1000.0
    leak_percent_per_day: Annotated[float, msgspec.Meta(ge=0, le=1000)] = 0.0
    outside: Literal["vacuum", "air"] = "vacuum"
    carbonate_mol_per_kpa_day: Amount = 0.0
    oxidised_mol_per_day: Amount = 0.0


class PeopleSpec(_Spec, frozen=True):
    """The people who breathe there, as multiples of a day of a crew member (NASA BVAD, NASA/TP-2015-218570).

    Attributes:
        activity: times the oxygen of a nominal day: about 0.7 in bed, 1 at work, 1.5 at hard work all day.
        rq: mol CO2 given off per mol O2 taken in, with food from the store.
        food_kg: dry, in the store.
    """

    count: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 1
    o2_kg_per_day: Positive = 0.816
    rq: Annotated[float, msgspec.Meta(ge=0.7, le=1.0)] = 0.9267
    activity: Annotated[float, msgspec.Meta(gt=0, le=10)] = 1.0
    humidity_kg_per_day: Amount = 1.9
    urine_kg_per_day: Amount = 1.6
    metabolic_water_kg_per_day: Amount = 0.345
    urine_recovered: Part = 0.85
    food_kg: Amount = 30.0


class BedSpec(_Spec, frozen=True):
    """Plants of one crop, as cohorts of an equal area that were planted one after another.

    Attributes:
        crop: a crop of the package; for flowers nobody has measured it is a stand-in, and `proxy_for` says of
            what.
        age_days: of the oldest cohort at the start; the others are spread below it.
        cohorts: how many; one is a bed that is sown and cut at once.
        replant: whether a bed that was cut is sown again.
        o2_per_co2: mol O2 given for a mol of CO2; 1.005 is what 1200 days of a whole chamber gave (Wheeler).
        factor: times the growth of the model, for a crop that does better or worse than it says.
    """

    crop: Label = "wheat"
    m2: Amount = 10.0
    age_days: Days = 0.0
    cohorts: Annotated[int, msgspec.Meta(ge=1, le=60)] = 1
    replant: bool = True
    o2_per_co2: Annotated[float, msgspec.Meta(ge=0.9, le=1.25)] = 1.005
    factor: Annotated[float, msgspec.Meta(ge=0, le=3)] = 1.0
    proxy_for: Label = ""


class DustSpec(_Spec, frozen=True):
    """Days of dust in the sky of Mars, by its optical depth."""

    start_day: Days
    end_day: Days
    optical_depth: Annotated[float, msgspec.Meta(ge=0, le=20)]


class LightSpec(_Spec, frozen=True):
    """Lamps, or the Sun of Mars through glass.

    Attributes:
        kind: ``lamps``; ``mars`` is the Sun there; ``none`` is the dark.
        ppf: of lamps at the canopy while they are on, in umol/m2/s.
        hours: that lamps are on, of 24.
        umol_per_j: photons at the canopy for power drawn.
        optical_depth: of the dust in the air, when no storm is.
        glass: part of the light that the glazing lets through when it is clean.
        dust_per_day: part of that which settling dust takes each day.
    """

    kind: Literal["lamps", "mars", "none"] = "lamps"
    ppf: Annotated[float, msgspec.Meta(ge=0, le=5000)] = 500.0
    hours: Annotated[float, msgspec.Meta(ge=0, le=24)] = 16.0
    umol_per_j: Annotated[float, msgspec.Meta(gt=0, le=4.6)] = 2.0
    optical_depth: Annotated[float, msgspec.Meta(ge=0, le=20)] = 0.5
    glass: Part = 0.7
    dust_per_day: Part = 0.0028
    storm: list[DustSpec] = []


class SoilSpec(_Spec, frozen=True):
    """Ground that breathes: what lives in it turns its carbon, and what falls on it, into CO2.

    Attributes:
        carbon_kg_per_m2: that can rot.
        respiration_mmol_h_m2: of CO2 at the start; 1.9 was measured 100 days after a harvest (Laboratory
            Biosphere).
        residue_per_day: part of the leaves and roots of harvests that rots each day; 0 is stored dry.
    """

    m2: Amount = 0.0
    carbon_kg_per_m2: Positive = 5.0
    respiration_mmol_h_m2: Amount = 1.9
    residue_per_day: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.0


class ScrubberSpec(_Spec, frozen=True):
    """A machine that takes CO2 out of the air.

    Attributes:
        kg_per_day: at most.
        above_kpa: it works while there is more CO2.
        capacity_kg: that it holds; 0 is without end.
    """

    kg_per_day: Amount = 0.0
    above_kpa: Kilopascal = 0.5
    capacity_kg: Amount = 0.0
    kw: Amount = 0.0


class SupplySpec(_Spec, frozen=True):
    """Gas in tanks, let in as it is needed.

    Attributes:
        o2_kg, co2_kg: in the tanks.
        o2_below_kpa, co2_below_kpa: it is let in while there is less in the room.
    """

    o2_kg: Amount = 0.0
    o2_below_kpa: Kilopascal = 19.0
    co2_kg: Amount = 0.0
    co2_below_kpa: Kilopascal = 0.1


class ThermalSpec(_Spec, frozen=True):
    """Heat of the room; without this table its temperature is held.

    Attributes:
        set_c: the temperature that cooling and heating hold.
        kj_per_k: heat that warms the room by a degree; 0 is 30 kJ/K for each m3.
        w_per_k: through the walls.
    """

    set_c: Celsius = 22.0
    cooling_kw: Amount = 5.0
    heating_kw: Amount = 1.0
    kj_per_k: Amount = 0.0
    w_per_k: Amount = 0.0
    outside_c: Annotated[float, msgspec.Meta(ge=-150, le=90)] = -60.0


class FailureSpec(_Spec, frozen=True):
    """A machine that stops, or a wall that opens.

    Attributes:
        until_day: when it works again; 0 is never.
        percent_per_day: of a ``leak``, what is lost beside the room's own.
    """

    what: Device
    day: Days
    until_day: Days = 0.0
    percent_per_day: Annotated[float, msgspec.Meta(ge=0, le=1000)] = 10.0


class LimitsSpec(_Spec, frozen=True):
    """Limits of the air and the room: first where people fail at their work, then where they die.

    Attributes:
        o2_low_kpa, co2_high_kpa: 16 % and 3 % at sea level: judgement suffers; headache and breathlessness.
        o2_high_kpa: 23.5 %: a fire spreads as if in oxygen (OSHA 1910.146); no one dies of it here.
        death_o2_kpa: 10 %: unconscious soon (OSHA).
        death_co2_kpa: 10 %: unconscious within minutes (NIOSH 1976).
        heat_c, death_heat_c: in air as humid as plants make it.
        water_days, food_days: that people live after the last of it.
    """

    o2_low_kpa: Kilopascal = 16.212
    o2_high_kpa: Kilopascal = 23.811
    co2_high_kpa: Kilopascal = 3.03975
    heat_c: Celsius = 35.0
    death_o2_kpa: Kilopascal = 10.1325
    death_co2_kpa: Kilopascal = 10.1325
    death_heat_c: Celsius = 42.0
    water_days: Days = 3.0
    food_days: Days = 30.0


class UncertaintySpec(_Spec, frozen=True):
    """The doubt about the figures: one standard deviation as a part of the value, normal but where told.

    Attributes:
        growth: of the crops against the model, log-normal.
        metabolism: of the people's oxygen.
        rq: of the respiratory quotient.
        o2_per_co2: of the crops.
        leak: log-normal, in e-folds.
        limits: of where people die, the same for all limits of the air.
        lamps_mtbf_days, scrubber_mtbf_days, cooling_mtbf_days: mean days until one fails for good; 0 is
            never.
    """

    growth: Part = 0.15
    metabolism: Part = 0.1
    rq: Part = 0.03
    o2_per_co2: Part = 0.02
    leak: Annotated[float, msgspec.Meta(ge=0, le=3)] = 0.5
    limits: Part = 0.15
    lamps_mtbf_days: Amount = 0.0
    scrubber_mtbf_days: Amount = 0.0
    cooling_mtbf_days: Amount = 0.0


class ObservedSpec(_Spec, frozen=True):
    """Measured air of a room under glass, from which a sink of carbon that nobody knows of is inferred.

    Attributes:
        o2_percent, co2_ppm: ``[day, value]`` each, days ascending.
        latitude_deg: of the place on Earth, for the season of its light.
        day_of_year: of day 0, 1 to 366.
        forecast_day: to which O2 is forecast.
    """

    o2_percent: list[tuple[float, float]]
    co2_ppm: list[tuple[float, float]]
    latitude_deg: Annotated[float, msgspec.Meta(ge=-65, le=65)]
    day_of_year: Annotated[int, msgspec.Meta(ge=1, le=366)]
    forecast_day: Days


class Facility(_Spec, frozen=True):
    """A greenhouse as its file tells it."""

    room: RoomSpec
    title: Label = ""
    days: Annotated[float, msgspec.Meta(gt=0, le=2000)] = 30.0
    people: PeopleSpec = PeopleSpec(count=0)
    bed: list[BedSpec] = []
    light: LightSpec = LightSpec()
    soil: SoilSpec = SoilSpec()
    scrubber: ScrubberSpec = ScrubberSpec()
    supply: SupplySpec = SupplySpec()
    thermal: ThermalSpec | None = None
    failure: list[FailureSpec] = []
    limits: LimitsSpec = LimitsSpec()
    uncertainty: UncertaintySpec = UncertaintySpec()
    observed: ObservedSpec | None = None
