"""Two-body motion and Lambert's problem, against textbooks and SPICE."""

from __future__ import annotations

import numpy as np
import pytest
import spiceypy as spice

from starlight.sky.conic import eccentric_anomaly, lambert, propagated
from starlight.sky.timescales import Floats

SUN_GM = 132_712_440_041.279419
NORTH = np.array([0.0, 0.0, 1.0])


def column(*vector: float) -> Floats:
    """Return one vector as (3, 1)."""
    return np.array(vector).reshape(3, 1)


# Published transfers: positions (km), seconds, GM, and velocities (km/s) as printed.
LAMBERT = {
    "Curtis 2014, example 5.2": (
        (5000, 10_000, 2100), (-14_600, 2500, 7000), 3600, 398_600,
        (-5.99249, 1.92536, 3.24564), (-3.31246, -4.19662, -0.385288),
    ),
    "Vallado 2013, example 7-5": (
        (15_945.34, 0, 0), (12_214.83899, 10_249.46731, 0), 4560, 398_600.4418,
        (2.058913, 2.915965, 0), (-3.451565, 0.910315, 0),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LAMBERT)
def test_published_transfers_are_met(name: str) -> None:
    """Lambert's problem has the velocities that textbooks print."""
    start, finish, seconds, gm, v1, v2 = LAMBERT[name]
    first, last = lambert(column(*start), column(*finish), np.array([float(seconds)]), gm, NORTH)
    assert first[:, 0] == pytest.approx(v1, abs=1e-5)
    assert last[:, 0] == pytest.approx(v2, abs=1e-5)


def random_states(count: int) -> tuple[Floats, Floats, Floats]:
    """Return heliocentric states (3, n) of ellipses and hyperbolas, and flight times below a turn."""
    random = np.random.default_rng(1)
    position, velocity = random.normal(size=(3, count)) * 1.5e8, random.normal(size=(3, count)) * 25
    flight = 10 ** random.uniform(5, 7.5, count)
    r = np.linalg.norm(position, axis=0)
    alpha = 2 / r - (velocity**2).sum(axis=0) / SUN_GM
    turn = 2 * np.pi / np.sqrt(SUN_GM * np.maximum(alpha, 1e-20) ** 3)
    keep = (r > 2e7) & ((alpha < 0) | (flight < 0.98 * turn))
    return position[:, keep], velocity[:, keep], flight[keep]


def test_states_later_agree_with_spice() -> None:
    """On ellipses and hyperbolas alike a state some time later is that of SPICE's `prop2b`, to 1e-11."""
    for position, velocity, flight in zip(*(value.T for value in random_states(600)), strict=True):
        for elapsed in (float(flight), -float(flight) / 3):
            later = np.concatenate(propagated(position, velocity, SUN_GM, np.array([elapsed])))[:, 0]
            theirs = spice.prop2b(SUN_GM, np.concatenate([position, velocity]), elapsed)
            assert np.linalg.norm(later[:3] - theirs[:3]) < 1e-11 * np.linalg.norm(theirs[:3]) + 1e-6
            assert np.linalg.norm(later[3:] - theirs[3:]) < 1e-11 * np.linalg.norm(theirs[3:])


def test_lambert_finds_the_conic_that_was_flown() -> None:
    """From where SPICE's `prop2b` arrives, Lambert's problem gives the velocities that it started from."""
    for position, velocity, flight in zip(*(value.T for value in random_states(1000)), strict=True):
        arrived = spice.prop2b(SUN_GM, np.concatenate([position, velocity]), float(flight))
        pole = np.cross(position, velocity)
        v1, v2 = lambert(column(*position), column(*arrived[:3]), np.array([flight]), SUN_GM, pole)
        assert np.abs(v1[:, 0] - velocity).max() < 1e-6
        assert np.abs(v2[:, 0] - arrived[3:]).max() < 1e-6


def test_what_is_no_flight_is_not_a_number() -> None:
    """No time, time backwards, or points in one line with the centre give NaN, and nothing is raised."""
    start, finish = column(1.5e8, 0, 0), column(0, 2e8, 0)
    for seconds in (0.0, -1e6):
        assert np.isnan(lambert(start, finish, np.array([seconds]), SUN_GM, NORTH)[0]).all()
    assert np.isnan(lambert(start, -start, np.array([1e7]), SUN_GM, NORTH)[0]).all()


def test_keplers_equation_is_solved_for_every_ellipse() -> None:
    """``E - e sin E = M`` holds to rounding, from circles to e = 0.99, over many turns."""
    mean = np.linspace(-40, 40, 20_001)
    for eccentricity in (0.0, 0.01, 0.3, 0.7, 0.9, 0.99):
        anomaly = eccentric_anomaly(mean, eccentricity)
        assert np.abs(anomaly - eccentricity * np.sin(anomaly) - mean).max() < 1e-13 * 40
