"""The clocks of a suit: oxygen, scrubber, battery and cooling water, each of which ends a life of its own.

It is a model for planning and training, from the loads that a person states; it is no safety device.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from starlight.search.terrain import Floats

OXYGEN_KJ_PER_L = 20.1
"""Heat per litre of oxygen used, at 273.15 K and 101.325 kPa (STPD)."""

OXYGEN_G_PER_L = 1.429
CARBON_DIOXIDE_G_PER_L = 1.977
"""Both at the same 273.15 K and 101.325 kPa; at 293 K a litre would hold 7 % less."""

WATER_KJ_PER_KG = 2_500.0
"""Heat that a kilogram of water takes away as it freezes and sublimes or boils near 0 C (latent heat)."""

HOUR_S = 3_600.0

LIMITS = ("oxygen", "scrubber", "battery", "heat")


def oxygen_kg_per_h(heat_w: Floats) -> Floats:
    """Return how much oxygen a body uses that gives off heat; 0.0749 kg/h at 293 W."""
    return heat_w * HOUR_S / 1_000 / OXYGEN_KJ_PER_L * OXYGEN_G_PER_L / 1_000


@dataclass(frozen=True)
class Suit:
    """The loads of a suit at the last fix; a load of None is not known, and is no limit here.

    Attributes:
        oxygen_kg, leak_kg_per_h: what is left to breathe, and what is lost besides.
        scrubber_kg: carbon dioxide that it can still take.
        battery_wh, electric_w: what is left, and what the suit draws.
        water_kg: for cooling; it takes away the heat of the body and of the electric load.
        reserve_h: what a reserve pack adds to whichever of the gases ends first.
        respiratory_quotient: carbon dioxide given off for oxygen used, by volume.
    """

    oxygen_kg: float
    leak_kg_per_h: float = 0.0
    scrubber_kg: float | None = None
    battery_wh: float | None = None
    electric_w: float = 50.0
    water_kg: float | None = None
    reserve_h: float = 0.0
    respiratory_quotient: float = 0.85

    def hours(self, heat_w: Floats) -> Floats:
        """Return for how long each limit lasts at a constant heat of the body.

        Args:
            heat_w: [...], W.

        Returns:
            hours, [len(LIMITS), ...], in the order of LIMITS; infinite where the load is not known.
        """
        heat = np.asarray(heat_w, dtype=np.float64)
        used = oxygen_kg_per_h(heat)
        given_off = used / OXYGEN_G_PER_L * CARBON_DIOXIDE_G_PER_L * self.respiratory_quotient
        cooled = (heat + self.electric_w) * HOUR_S / 1_000 / WATER_KJ_PER_KG
        ends = np.full((len(LIMITS), *heat.shape), np.inf)
        ends[0] = self.oxygen_kg / (used + self.leak_kg_per_h) + self.reserve_h
        if self.scrubber_kg is not None:
            ends[1] = self.scrubber_kg / given_off + self.reserve_h
        if self.battery_wh is not None:
            ends[2] = self.battery_wh / self.electric_w
        if self.water_kg is not None:
            ends[3] = self.water_kg / cooled
        return ends
