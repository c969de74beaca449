"""The arithmetic of a link in decibels: power, gain, free-space loss, pointing, polarization.

Functions take floats or arrays and give the same. Each names its source; the general ones are:

* DSN Telecommunications Link Design Handbook, 810-005 (modules by number);
* J. H. Yuen (ed.), *Deep Space Telecommunications Systems Engineering*, JPL Publication 82-76 (1982);
* ITU-R P.525 for the free-space loss.
"""

from __future__ import annotations

import math
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from starlight.errors import InputError

Floats = npt.NDArray[np.float64]
Number = TypeVar("Number", float, Floats)

SPEED_OF_LIGHT_M_S = 299_792_458.0  # SI, exact
BOLTZMANN_J_K = 1.380649e-23  # SI, exact
BOLTZMANN_DBM_HZ_K = 10 * math.log10(BOLTZMANN_J_K) + 30
AU_KM = 149_597_870.7  # IAU 2012 resolution B2
SHANNON_DB = 10 * math.log10(math.log(2))
"""Eb/N0 below which no code works at any rate: ln 2 (Shannon 1948), -1.59 dB."""

# Beyond 3 dB of the parabola the main lobe no longer follows it; beyond about 1.2 half-power beamwidths a
# uniformly lit dish has its first null (Balanis, *Antenna Theory*, 12.9): it points somewhere else.
NULL_BEAMWIDTHS = 1.2
MAX_POINTING_LOSS_DB = 30.0


def within(value: float, where: str, low: float, high: float, right: str) -> float:
    """Return a number if it lies from `low` to `high`.

    Args:
        value: what was given; not a number and infinities lie nowhere.
        where: the key or argument that holds it.
        low, high: the bounds, included.
        right: what would be right.

    Raises:
        InputError: it lies outside.
    """
    # To Python True is a number, but in a file it is a mistake.
    if isinstance(value, bool) or not isinstance(value, int | float | np.number):
        raise InputError(f"{value!r} is not a number", where=where, right=right)
    if not low <= value <= high:
        raise InputError(f"{value:g} is not within {low:g} to {high:g}", where=where, right=right)
    return float(value)


def all_within(values: npt.ArrayLike, where: str, low: float, high: float, right: str) -> Floats:
    """Return an array if each of its numbers lies from `low` to `high`; errors as `within`."""
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(
            f"{values!r} is not a number or an array of them", where=where, right=right
        ) from None
    # A number that is none fails both comparisons, so the test is for what is inside.
    if array.size and not (array.min() >= low and array.max() <= high):
        wrong = array[~((array >= low) & (array <= high))].flat[0]
        raise InputError(f"{wrong:g} is not within {low:g} to {high:g}", where=where, right=right)
    return array


def db(ratio: float) -> float:
    """Return a positive ratio in decibels."""
    return 10 * math.log10(ratio)


def from_db(value: float) -> float:
    """Return the ratio of a number of decibels."""
    return float(10 ** (value / 10))


def free_space_loss_db(range_km: float | Floats, frequency_hz: float) -> Floats:
    """Return the free-space loss, (4 pi d f / c)^2, in dB, positive (ITU-R P.525-5, eq. 5).

    Args:
        range_km: distance, > 0.
        frequency_hz: of the carrier.
    """
    one_km = 20 * math.log10(4e3 * math.pi * frequency_hz / SPEED_OF_LIGHT_M_S)
    return np.asarray(20 * np.log10(range_km) + one_km)


def dish_gain_dbi(diameter_m: float, efficiency: float, frequency_hz: float, where: str = "antenna") -> float:
    """Return the gain of a dish, efficiency (pi D / lambda)^2 (Yuen 1982, section 1.2.2).

    Args:
        diameter_m: of the reflector; at least half a wavelength.
        efficiency: of the aperture, all of its losses, in (0, 1].
        frequency_hz: of the carrier.
        where: named in an error.

    Raises:
        InputError: a diameter or an efficiency that no dish has.
    """
    wavelength = SPEED_OF_LIGHT_M_S / frequency_hz
    within(diameter_m, f"{where}.diameter_m", wavelength / 2, 1000, "A dish is half a wavelength to 1000 m.")
    within(efficiency, f"{where}.efficiency", 0.01, 1.0, "An efficiency is a part of 1, such as 0.6.")
    return db(efficiency * (math.pi * diameter_m / wavelength) ** 2)


def beamwidth_of_gain_deg(gain_dbi: float) -> float:
    """Return the half-power beamwidth of a round beam, sqrt(27 000 / G) degrees (Kraus, *Antennas*)."""
    return min(180.0, math.sqrt(27_000 / from_db(gain_dbi)))


def pointing_loss_db(error_deg: float, half_power_deg: float, where: str = "pointing_error_deg") -> float:
    """Return the loss by a pointing error, 12 (error / beamwidth)^2 dB: the parabola through half power.

    Raises:
        InputError: the error is beyond the main lobe: the antenna points nowhere useful.
    """
    within(error_deg, where, 0, 180, "An angle off the boresight, degrees.")
    if error_deg > NULL_BEAMWIDTHS * half_power_deg:
        raise InputError(
            f"the antenna points {error_deg:g} degrees away from the other end, but its beam is only "
            f"{half_power_deg:.3g} degrees wide",
            where=where,
            right="Point it, or use an antenna with a wider beam.",
        )
    return 12 * (error_deg / half_power_deg) ** 2


def polarization_loss_db(
    axial_ratio_a_db: float, axial_ratio_b_db: float, where: str = "axial_ratio_db"
) -> float:
    """Return the greatest loss between two elliptically polarized antennas of the same hand.

    The ellipses' axes are crossed, the worst case. Axial ratios in dB, 0 for circular.
    Source: W. L. Stutzman, *Polarization in Electromagnetic Systems* (1993), chapter on antenna interaction.
    """
    a, b = (
        10 ** (within(value, where, 0, 60, "An axial ratio in dB is 0 (circular) or more.") / 20)
        for value in (axial_ratio_a_db, axial_ratio_b_db)
    )
    most = (1 + a * a) * (1 + b * b)
    return -db((most + 4 * a * b - (1 - a * a) * (1 - b * b)) / (2 * most))
