"""Modulation: a transmitter's power is split between carrier, data and ranging.

A square-wave subcarrier (or data directly on the carrier, Manchester) of index theta leaves cos^2 theta to
the carrier and sin^2 theta to the data. A sine-wave subcarrier leaves J0^2 and gives 2 J1^2. A ranging tone
of rms index phi on top leaves J0^2(sqrt 2 phi) of both. Sources: Yuen (JPL Publication 82-76), chapters 3
and 5; DSN 810-005, modules 203 (ranging) and 207 (telemetry); CCSDS 401.0-B, part 2.
"""

from __future__ import annotations

import math
from typing import Literal

from msgspec import Struct

from starlight.errors import InputError
from starlight.radio.decibel import db, from_db, within

Subcarrier = Literal["square", "sine"]
MAX_RESIDUAL_INDEX_RAD = 1.4
"""Above this index, 80 degrees, too little carrier is left (MarCO flew 77: DESCANSO DPS 18, table 5-4)."""


def bessel(order: int, x: float) -> float:
    """Return the Bessel function of the first kind of a small order, by its power series.

    Source: Abramowitz and Stegun 9.1.10; 40 terms are exact to 1e-12 for |x| <= 10.
    """
    term = (x / 2) ** order / math.factorial(order)
    result = term
    for k in range(1, 40):
        term *= -(x * x / 4) / (k * (k + order))
        result += term
    return result


class Split(Struct, frozen=True, gc=False):
    """The shares of carrier and data in the total power, in dB, 0 or negative."""

    carrier_db: float
    data_db: float


def split(index_rad: float, subcarrier: Subcarrier = "square", where: str = "modulation_index_rad") -> Split:
    """Return how a modulation index splits the power.

    Args:
        index_rad: peak phase deviation, in (0, pi/2] for a square wave, below 2.4 for a sine wave.
        subcarrier: its wave form; data directly on the carrier counts as square.
        where: named in an error.

    Raises:
        InputError: an index that leaves nothing to carrier or data.
    """
    if subcarrier not in ("square", "sine"):
        raise InputError(f"{subcarrier!r} is no wave form", where="subcarrier", right="Write square or sine.")
    if subcarrier == "sine":
        # The carrier vanishes at J0's first zero, 2.405.
        within(index_rad, where, 0.01, 2.4, "A sine wave's index is below 2.4 rad.")
        return Split(db(bessel(0, index_rad) ** 2), db(2 * bessel(1, index_rad) ** 2))
    right = "A square wave's index lies between 0 and 90 degrees (1.5708 rad)."
    within(index_rad, where, 0.01, math.pi / 2, right)
    # The cosine of pi/2 is not quite 0 in floats: that is no carrier, not one of -324 dB.
    carrier = math.cos(index_rad) ** 2
    return Split(db(carrier) if carrier > 1e-20 else -math.inf, db(math.sin(index_rad) ** 2))


def ranging_suppression_db(index_rms_rad: float, where: str = "ranging_index_rad") -> float:
    """Return what a sine-wave ranging tone takes off carrier and data: J0^2(sqrt 2 phi), in dB, negative.

    Args:
        index_rms_rad: rms phase deviation of the ranging tone, 0 to 1.5 rad.
        where: named in an error.
    """
    within(index_rms_rad, where, 0, 1.5, "An rms phase deviation of 0 to 1.5 rad.")
    return db(bessel(0, math.sqrt(2) * index_rms_rad) ** 2)


def best_residual(data_db_hz: float, carrier_db_hz: float) -> tuple[float, float]:
    """Return the least total power that serves both data and carrier, and the index that does it.

    With a square wave the two needs simply add: sin^2 theta P = D and cos^2 theta P = C give P = D + C and
    tan^2 theta = D / C. Above `MAX_RESIDUAL_INDEX_RAD` the index stays there and the carrier gets more.

    Args:
        data_db_hz: power over noise density that the data need, dB-Hz.
        carrier_db_hz: that the carrier's loop needs, dB-Hz.

    Returns:
        Total Pt/N0 in dB-Hz, and the index in rad.
    """
    data, carrier = from_db(data_db_hz), from_db(carrier_db_hz)
    index = math.atan(math.sqrt(data / carrier))
    if index > MAX_RESIDUAL_INDEX_RAD:
        return data_db_hz - db(math.sin(MAX_RESIDUAL_INDEX_RAD) ** 2), MAX_RESIDUAL_INDEX_RAD
    return db(data + carrier), index
