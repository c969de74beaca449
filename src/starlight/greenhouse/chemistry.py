"""Amounts and compositions: everything in the room is moles of carbon, hydrogen, oxygen and nitrogen.

Dry matter is written as CH(a)O(b), one carbon atom each, so that a mole of it is a mole of carbon. Minerals
and
the nitrogen of plants are left out: what is not carbon or oxygen of a plant's mass counts as hydrogen and
oxygen.
"""

from __future__ import annotations

import math

import msgspec

GAS_CONSTANT = 8.314462618
"""J/mol/K (CODATA 2018)."""

STANDARD_KPA = 101.325
"""The pressure to which percent and ppm of limits and crops refer; both are partial pressures in truth."""

CARBON, HYDROGEN, OXYGEN, NITROGEN = 12.011, 1.008, 15.999, 14.007
"""g/mol (IUPAC 2021, abridged)."""

O2, CO2, H2O, N2 = 2 * OXYGEN, CARBON + 2 * OXYGEN, 2 * HYDROGEN + OXYGEN, 2 * NITROGEN
"""g/mol."""


class Matter(msgspec.Struct, frozen=True):
    """Dry matter by its composition CH(a)O(b).

    Attributes:
        hydrogen, oxygen: a and b, atoms per atom of carbon.
    """

    hydrogen: float
    oxygen: float

    @property
    def grams(self) -> float:
        """Return the mass that has a mole of carbon, in g."""
        return CARBON + self.hydrogen * HYDROGEN + self.oxygen * OXYGEN

    @property
    def o2_per_co2(self) -> float:
        """Return the O2 that burning it takes, and making it gives, in mol per mol of CO2."""
        return 1 + self.hydrogen / 4 - self.oxygen / 2


CARBOHYDRATE = Matter(2.0, 1.0)
"""CH2O, for what grows and rots without a name, such as the carbon of soil."""


def plant_matter(carbon_fraction: float, o2_per_co2: float) -> Matter:
    """Return the composition of a crop that has a fraction of carbon by mass, and gives O2 for CO2 as told.

    Two balances fix it: the mass for a mole of carbon, 12.011 / `carbon_fraction`, and the oxygen of
    CO2 + a/2 H2O -> CH(a)O(b) + q O2, which is b = 2 + a/2 - 2q.

    Args:
        carbon_fraction: g carbon per g dry matter.
        o2_per_co2: q, mol O2 per mol CO2.
    """
    grams = CARBON / carbon_fraction
    hydrogen = (grams - CO2 + 2 * OXYGEN * o2_per_co2) / (HYDROGEN + OXYGEN / 2)
    return Matter(hydrogen, 2 + hydrogen / 2 - 2 * o2_per_co2)


def food_matter(respiratory_quotient: float, water_per_co2: float) -> Matter:
    """Return the composition of food by what burning it leaves.

    Args:
        respiratory_quotient: mol CO2 given off per mol O2 taken in.
        water_per_co2: mol of metabolic water per mol CO2.
    """
    hydrogen = 2 * water_per_co2
    return Matter(hydrogen, 2 * (1 + hydrogen / 4 - 1 / respiratory_quotient))


def moles(kpa: float, volume_m3: float, kelvin: float) -> float:
    """Return how much of a gas has a partial pressure in a volume, in mol (ideal gas)."""
    return kpa * 1000 * volume_m3 / (GAS_CONSTANT * kelvin)


def vapour_kpa(celsius: float) -> float:
    """Return the pressure of saturated water vapour over water, in kPa.

    Magnus formula with the constants of Alduchov and Eskridge (1996), within 0.4 % from -40 to 50 degrees.
    """
    # Held within where the formula has a meaning: a room without cooling is far beyond its limits there.
    held = min(max(celsius, -40.0), 100.0)
    return 0.61094 * math.exp(17.625 * held / (held + 243.04))
