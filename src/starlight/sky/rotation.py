"""The rotation of Earth and Mars: the true equator of each, and where its prime meridian stands in it.

A `Turning` gives, at any time, two things: the pole's frame (a rotation matrix from the true
equator to the ICRF, slow) and the angle of the prime meridian in that frame (fast).
The slow parts are tabulated by the day and interpolated; the fast one is computed every time.

Earth: IERS Conventions (2010), chapter 5, the CIO-based way, IAU 2000B precession-nutation (good to
1 mas, that is 65 us of rising time) and the Earth Rotation Angle of UT1. Polar motion is left out:
it moves a site by 10 m at most, a rising by 0.04 s.

Mars: IAU Working Group 2015 (Archinal et al. 2018, Celest. Mech. Dyn. Astron. 130:22, table 1),
after Kuchynka et al. 2014. Times are TDB.
"""

from __future__ import annotations

from typing import Protocol

import erfa
import numpy as np

from starlight.sky.tables import BY_FOUR, Samples, lagrange
from starlight.sky.timescales import CENTURY_S, DAY_S, EarthTurn, Floats

_TABLE_STEP_S = DAY_S / 2  # nutation's shortest large term is 13.7 days: interpolated to 0.02 mas


class Turning(Protocol):
    """The questions that both worlds' rotations answer."""

    def frame(self, tdb: Floats) -> tuple[Floats, Floats]:
        """Return the frame (3, 3, n), columns its axes in the ICRF, and the meridian's angle (n,) in rad."""


class EarthTurning:
    """Earth's frame: x at the Celestial Intermediate Origin, z at the intermediate pole.

    Args:
        turn: UT1.
        start, end: what to cover, in seconds of TDB past J2000.
    """

    def __init__(self, turn: EarthTurn, start: float, end: float) -> None:
        self._turn = turn
        self._poles = Samples(_earth_pole, 3, start, end, _TABLE_STEP_S, BY_FOUR)

    def frame(self, tdb: Floats) -> tuple[Floats, Floats]:
        """Return the intermediate frame in the GCRS (IERS 2010, equations 5.6 to 5.10) and ERA - s."""
        x, y, s = lagrange(self._poles, tdb)
        a = 1 / (1 + np.sqrt(1 - x * x - y * y))
        xy = -a * x * y
        matrix = np.array([[1 - a * x * x, xy, x], [xy, 1 - a * y * y, y], [-x, -y, 1 - a * (x * x + y * y)]])
        return matrix, self._turn.rotation_angle(tdb) - s


def _earth_pole(tdb: Floats) -> Floats:
    """Return X, Y and s of the IAU 2000B pole, in radians; TDB serves as TT, 2 ms apart."""
    return np.stack(erfa.xys00b(2_451_545.0, tdb / DAY_S), axis=1)


# Amplitude (deg), phase (deg), rate (deg per Julian century of TDB).
_MARS_ALPHA = np.array([
    (0.000068, 198.991226, 19139.4819985),
    (0.000238, 226.292679, 38280.8511281),
    (0.000052, 249.663391, 57420.7251593),
    (0.000009, 266.183510, 76560.6367950),
    (0.419057, 79.398797, 0.5042615),
])  # fmt: skip
_MARS_DELTA = np.array([
    (0.000051, 122.433576, 19139.9407476),
    (0.000141, 43.058401, 38280.8753272),
    (0.000031, 57.663379, 57420.7517205),
    (0.000005, 79.476401, 76560.6495004),
    (1.591274, 166.325722, 0.5042615),
])  # fmt: skip
_MARS_W = np.array([
    (0.000145, 129.071773, 19140.0328244),
    (0.000157, 36.352167, 38281.0473591),
    (0.000040, 56.668646, 57420.9295360),
    (0.000001, 67.364003, 76560.2552215),
    (0.000001, 104.792680, 95700.4387578),
    (0.584542, 95.391654, 0.5042615),
])  # fmt: skip
_MARS_W0_DEG = 176.049863
_MARS_W_RATE_DEG_PER_DAY = 350.891982443297


class MarsTurning:
    """Mars' frame: x at the ascending node of its equator on the ICRF equator, z at its north pole."""

    def __init__(self, start: float, end: float) -> None:
        self._poles = Samples(_mars_pole, 3, start, end, _TABLE_STEP_S, BY_FOUR)

    def frame(self, tdb: Floats) -> tuple[Floats, Floats]:
        """Return the equator's frame in the ICRF, and W."""
        alpha, delta, swing = lagrange(self._poles, tdb)
        ca, sa, cd, sd = np.cos(alpha), np.sin(alpha), np.cos(delta), np.sin(delta)
        matrix = np.array([[-sa, -ca * sd, ca * cd], [ca, -sa * sd, sa * cd], [np.zeros_like(cd), cd, sd]])
        days, part = np.divmod(tdb, DAY_S)
        # Whole turns are taken off before the product loses digits.
        fast = days * (_MARS_W_RATE_DEG_PER_DAY - 360) + part / DAY_S * _MARS_W_RATE_DEG_PER_DAY
        return matrix, np.radians(np.mod(fast + _MARS_W0_DEG, 360)) + swing


def _mars_pole(tdb: Floats) -> Floats:
    """Return the pole's right ascension and declination, and W's periodic part, in radians."""
    t = tdb / CENTURY_S
    alpha = 317.269202 - 0.10927547 * t + _series(_MARS_ALPHA, t, np.sin)
    delta = 54.432516 - 0.05827105 * t + _series(_MARS_DELTA, t, np.cos)
    return np.radians(np.stack([alpha, delta, _series(_MARS_W, t, np.sin)], axis=1))


def _series(terms: Floats, t: Floats, wave: np.ufunc) -> Floats:
    amplitude, phase, rate = terms.T
    result: Floats = amplitude @ wave(np.radians(phase[:, None] + rate[:, None] * t))
    return result
