"""Crops by the Modified Energy Cascade: light into carbon, by the age of the plants.

Source: Jones and Cavazzoni, Modified Energy Cascade, as in NASA's Baseline Values and Assumptions Document
(NASA/TP-2015-218570). The model gives the net growth of 24 hours; here the light hours carry all of the
fixation, and respiration follows what was fixed in the days before, so that day and night are seen apart and
the sum of a day under steady light is the model's own.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources

import msgspec
import numpy as np
from numpy.typing import NDArray

from starlight.errors import InputError, did_you_mean

Floats = NDArray[np.float64]

PPF_LEAST = 200.0
"""umol/m2/s: below it the polynomials were not fitted; fixation is taken to fall straight to none there."""

CO2_LEAST, CO2_MOST = 330.0, 1300.0
"""umol/mol: the range in which the polynomials were fitted."""

COMPENSATION_PPM = 50.0
"""CO2 at which a C3 leaf fixes as much as it respires by light; from `CO2_LEAST` fixation falls straight to
it."""

FULL_CANOPY = 0.93
"""The part of light that a closed canopy takes up (A_max of the model)."""

UMOL_PER_DAY = 86_400e-6
"""mol/d in a umol/s."""

_POWERS = np.arange(-1.0, 4.0)


class Crop(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The constants of one crop.

    Attributes:
        t_a: terms ``[i, j, c]`` of the days until the canopy closes: sum of c PPF^i CO2^j.
        cqy_max: terms of the canopy's quantum yield, mol CO2 per mol photons that it takes up.
        cue_max, cue_min: net growth for fixation over 24 h; legumes fall from one to the other as they age.
        ppf_most: the most light for which it was fitted, in umol/m2/s.
        carbon_fraction: g carbon per g dry matter (BCF).
        mec_o2_per_co2: the model's own O2 for CO2 (OPF); what a whole chamber gave was less.
        canopy_exponent: of the canopy's growth (n).
        cqy_min: the quantum yield at maturity.
        senescence_day, edible_day, maturity_day: ages in days (t_Q, t_E, t_M).
        edible_share: of the growth after `edible_day` (XFRT).
        photoperiod_h, nominal_ppf: what it is grown at.
        edible_water: g water per g of fresh food.
        edible_kcal_per_kg: of fresh food.
    """

    t_a: tuple[tuple[int, int, float], ...]
    cqy_max: tuple[tuple[int, int, float], ...]
    cue_max: float
    cue_min: float
    ppf_most: float
    carbon_fraction: float
    mec_o2_per_co2: float
    canopy_exponent: float
    cqy_min: float
    senescence_day: float
    edible_day: float
    maturity_day: float
    edible_share: float
    photoperiod_h: float
    nominal_ppf: float
    edible_water: float
    edible_kcal_per_kg: float

    def canopy_terms(self, ppf: float, photoperiod_h: float) -> Floats:
        """Return the coefficients of CO2^-1 .. CO2^3 in the days until the canopy closes.

        Args:
            ppf: in umol/m2/s; held within the model's range.
            photoperiod_h: hours of light a day, which count against the crop's nominal ones.
        """
        return _at_light(self.t_a, self.held(ppf * photoperiod_h / self.photoperiod_h))

    def yield_terms(self, ppf: float) -> Floats:
        """Return the coefficients of CO2^-1 .. CO2^3 in the quantum yield of a canopy that is not ageing."""
        return _at_light(self.cqy_max, self.held(ppf))

    def held(self, ppf: float) -> float:
        """Return light held within the range of the model, in umol/m2/s."""
        return min(max(ppf, PPF_LEAST), self.ppf_most)

    def canopy_days(self, ppf: float, photoperiod_h: float, co2_ppm: float) -> float:
        """Return the days from planting until the canopy closes (t_A) in steady light and CO2."""
        return float(self.canopy_terms(ppf, photoperiod_h) @ co2_powers(co2_ppm))

    def ageing(self, age: Floats, best: float | Floats) -> Floats:
        """Return the quantum yield at ages in days, of what is best until senescence; 0 past maturity."""
        span = self.maturity_day - self.senescence_day
        # Lettuce is cut before it ages.
        gone = np.clip((age - self.senescence_day) / span, 0, 1) if span > 0 else np.zeros_like(age)
        return np.where(age < self.maturity_day, best - (best - np.minimum(self.cqy_min, best)) * gone, 0.0)

    def use_efficiency(self, age: Floats) -> Floats:
        """Return the net growth for fixation over 24 hours (CUE24), at some ages in days."""
        span = self.maturity_day - self.senescence_day
        gone = np.clip((age - self.senescence_day) / span, 0, 1) if span > 0 else np.zeros_like(age)
        return np.asarray(self.cue_max - (self.cue_max - self.cue_min) * gone)

    def daily_growth(self, ppf: float, photoperiod_h: float, co2_ppm: float, age_days: float) -> float:
        """Return the model's net growth of a day in steady conditions, in mol carbon/m2/d.

        Args:
            ppf: light while it is on, in umol/m2/s.
            photoperiod_h: hours of light a day.
            co2_ppm: in umol/mol.
            age_days: since planting.
        """
        age = np.array([age_days])
        days = self.canopy_days(ppf, photoperiod_h, co2_ppm)
        taken = FULL_CANOPY * min(1.0, age_days / days) ** self.canopy_exponent
        best = float(self.yield_terms(ppf) @ co2_powers(co2_ppm))
        light = lit(ppf, self.ppf_most) * photoperiod_h / 24 * UMOL_PER_DAY
        return float((self.use_efficiency(age) * taken * self.ageing(age, best) * light)[0])


def co2_powers(co2_ppm: float) -> Floats:
    """Return CO2^-1 .. CO2^3 for CO2 held within the range of the model, in umol/mol."""
    return np.asarray(np.power(min(max(co2_ppm, CO2_LEAST), CO2_MOST), _POWERS))


def scarcity(co2_ppm: float) -> float:
    """Return the part of fixation, 0 to 1, that is left below the CO2 that the model was fitted for."""
    return min(max((co2_ppm - COMPENSATION_PPM) / (CO2_LEAST - COMPENSATION_PPM), 0.0), 1.0)


def lit(ppf: float, most: float) -> float:
    """Return the light that counts, in umol/m2/s: more than the model was fitted for gives no more."""
    return min(max(ppf, 0.0), most)


@cache
def crops() -> dict[str, Crop]:
    """Return the crops that the package has, by name."""
    text = resources.files("starlight.greenhouse").joinpath("crops.toml").read_text(encoding="utf-8")
    return {name: msgspec.convert(table, Crop) for name, table in tomllib.loads(text).items()}


def crop(name: str) -> Crop:
    """Return a crop by its name.

    Raises:
        InputError: the package has none of that name.
    """
    if name not in crops():
        right = f"{did_you_mean(name, crops())} The crops are {', '.join(crops())}".strip()
        raise InputError(f"there is no crop {name!r}", right=right)
    return crops()[name]


def _at_light(terms: tuple[tuple[int, int, float], ...], ppf: float) -> Floats:
    """Return the coefficients of CO2^-1 .. CO2^3 of a polynomial at a light in umol/m2/s."""
    found = np.zeros(5)
    for power, carbon, coefficient in terms:
        found[carbon + 1] += coefficient * ppf**power
    return found
