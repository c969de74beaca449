"""Orbiters on ellipses that drift, against SPICE, published rates and an integration of the motion."""

from __future__ import annotations

import math
from pathlib import Path

import msgspec
import numpy as np
import pytest
import spiceypy as spice

from starlight.dtntime import DAY, SECOND, from_text
from starlight.sky import Elements, Orbiter, Sky
from starlight.sky.places import CELESTIAL_BODIES, CelestialBody
from starlight.sky.sky import _on_ellipse
from starlight.sky.timescales import Floats

EPOCH = from_text("2025-01-01")
MRO = Elements("mars", 3683.7, 0.0088, 92.65, 20.0, 270.0, 40.0, EPOCH)
EGG = Elements("mars", 9000.0, 0.6, 40.0, 30.0, 60.0, 350.0, EPOCH)
LEO = Elements("earth", 6778.0, 0.001, 51.6, 10.0, 20.0, 30.0, EPOCH)


@pytest.mark.parametrize("orbit", [MRO, EGG, LEO], ids=["mro", "egg", "leo"])
def test_without_oblateness_an_ellipse_is_spices_conic(orbit: Elements) -> None:
    """Without drift positions and velocities are those of SPICE's `conics`, over a hundred days."""
    plain = msgspec.structs.replace(orbit, j2=False)
    times = np.linspace(-50, 50, 501) * 86_400
    position, velocity, _ = _on_ellipse(plain, times)
    angles = np.radians([plain.inclination_deg, plain.node_deg, plain.periapsis_deg, plain.mean_anomaly_deg])
    elements = [plain.periapsis_km, plain.eccentricity, *angles, 0.0, plain.world.gm_km3_s2]
    theirs = np.array([spice.conics(elements, time) for time in times]).T
    assert np.abs(position - theirs[:3]).max() < 1e-4
    assert np.abs(velocity - theirs[3:]).max() < 1e-7


@pytest.mark.parametrize("orbit", [MRO, EGG, LEO], ids=["mro", "egg", "leo"])
def test_plane_and_periapsis_drift_as_in_spices_precessing_conics(orbit: Elements, tmp_path: Path) -> None:
    """Node and periapsis move as in an SPK of type 15, SPICE's own conic with J2, over a year."""
    node, tilt, turn = np.radians([orbit.node_deg, orbit.inclination_deg, orbit.periapsis_deg])
    along = np.array([np.cos(node), np.sin(node), 0.0])
    pole = np.array([np.sin(tilt) * np.sin(node), -np.sin(tilt) * np.cos(node), np.cos(tilt)])
    ahead = np.cross(pole, along)
    periapsis = np.cos(turn) * along + np.sin(turn) * ahead
    world = orbit.world
    path = str(tmp_path / "conic.bsp")
    handle = spice.spkopn(path, "conic", 0)
    p = orbit.semi_major_km * (1 - orbit.eccentricity**2)
    spice.spkw15(
        handle, -901, 10, "J2000", -1e9, 1e9, "conic", 0.0, pole, periapsis, p, orbit.eccentricity, 0.0,
        np.array([0.0, 0.0, 1.0]), world.gm_km3_s2, world.j2, world.j2_radius_km,
    )  # fmt: skip
    spice.spkcls(handle)
    spice.furnsh(path)
    try:
        times = np.linspace(0, 365, 40) * 86_400
        theirs = np.array([spice.spkgeo(-901, time, "J2000", 10)[0] for time in times]).T
    finally:
        spice.kclear()
    # Ours without the drifts' own part of the velocity, which SPICE leaves out.
    position, velocity, _ = _on_ellipse(orbit, times)
    to_node, to_periapsis, _ = orbit.drift_rad_s
    normal = _normal(position, velocity)
    velocity = velocity - to_node * np.cross([0, 0, 1], position.T).T
    velocity = velocity - to_periapsis * np.cross(normal.T, position.T).T
    # SPICE lets both drift with the true anomaly, ahead of the mean one by 1.3 rad at most at e = 0.6.
    tolerance = 1e-3 if orbit is EGG else 3e-6
    assert np.abs(_normal(position, velocity) - _normal(theirs[:3], theirs[3:])).max() < tolerance
    if orbit is EGG:
        mine, other = (_apse(state, world) for state in (np.concatenate([position, velocity]), theirs))
        assert np.abs(mine - other).max() < 2 * tolerance


def _normal(position: Floats, velocity: Floats) -> Floats:
    across = np.cross(position, velocity, axis=0)
    return np.asarray(across / np.linalg.norm(across, axis=0))


def _apse(state: Floats, world: CelestialBody) -> Floats:
    position, velocity = state[:3], state[3:]
    vector = np.cross(velocity, np.cross(position, velocity, axis=0), axis=0) / world.gm_km3_s2
    vector = vector - position / np.linalg.norm(position, axis=0)
    return np.asarray(vector / np.linalg.norm(vector, axis=0))


@pytest.mark.parametrize(
    ("orbit", "degrees_per_day", "tolerance"),
    [
        # A Sun-synchronous orbit follows the Sun: 360 deg in a tropical year (Vallado 2013, section 11.4.1:
        # 800 km, 98.6 deg), and in 668.6 sols at Mars (MRO: 255 x 320 km, 92.65 deg; Graf et al. 2005).
        (Elements("earth", 7178.137, 0.0, 98.6, 0, 0, 0, EPOCH), 360 / 365.2422, 0.004),
        (Elements("mars", 3396.19 + 287.5, 0.0088, 92.65, 0, 0, 0, EPOCH), 360 / 686.9725, 0.02),
        # The ISS: -5.0 deg a day at 400 km (Vallado 2013, figure 9-16 and text).
        (Elements("earth", 6778.0, 0.001, 51.6, 0, 0, 0, EPOCH), -5.0, 0.05),
    ],
    ids=["sun-synchronous", "mro", "iss"],
)
def test_nodes_drift_at_published_rates(orbit: Elements, degrees_per_day: float, tolerance: float) -> None:
    """The node of well-known orbits moves as published."""
    assert math.degrees(orbit.drift_rad_s[0]) * 86_400 == pytest.approx(degrees_per_day, abs=tolerance)


@pytest.mark.parametrize("tilt", [63.4349, 116.5651])
def test_the_periapsis_stands_still_at_the_critical_inclination(tilt: float) -> None:
    """At 63.43 and 116.57 degrees the periapsis does not move (Vallado 2013, section 9.6.1)."""
    orbit = Elements("earth", 26_560.0, 0.74, tilt, 0, 270, 0, EPOCH)
    assert abs(math.degrees(orbit.drift_rad_s[1])) * 86_400 < 1e-6


@pytest.mark.parametrize("orbit", [EGG, LEO], ids=["mars", "earth"])
def test_drifts_are_those_of_the_integrated_motion(orbit: Elements) -> None:
    """Integrated in the field of J2, node and periapsis move as the formulas say, to J2's own square."""
    world = orbit.world
    position, velocity, _ = _on_ellipse(orbit, np.zeros(1))
    turns = 12
    period = 2 * np.pi / orbit.drift_rad_s[2]
    steps = 500 if orbit is EGG else 200
    state = np.concatenate([position, velocity])[:, 0]
    angles = []
    for _ in range(turns * steps):
        angles.append(_angles(state, world))
        state = _runge_kutta(state, period / steps, world)
    table = np.unwrap(np.array(angles), axis=0)
    # Means over the first and the last turn: what is periodic in one turn falls out.
    moved = (table[-steps:].mean(axis=0) - table[:steps].mean(axis=0)) / (period * (turns - 1))
    assert moved[0] == pytest.approx(orbit.drift_rad_s[0], rel=5e-3)
    if orbit is EGG:
        assert moved[1] == pytest.approx(orbit.drift_rad_s[1], rel=2e-2)


def _angles(state: Floats, world: CelestialBody) -> tuple[float, float]:
    position, velocity = state[:3], state[3:]
    normal = np.cross(position, velocity)
    node = math.atan2(normal[0], -normal[1])
    apse = np.cross(velocity, normal) / world.gm_km3_s2 - position / math.sqrt(position @ position)
    along = np.array([math.cos(node), math.sin(node), 0.0])
    ahead = np.cross(normal / math.sqrt(normal @ normal), along)
    return node, math.atan2(apse @ ahead, apse @ along)


def _slope(state: Floats, world: CelestialBody) -> Floats:
    x, y, z = state[:3]
    r2 = x * x + y * y + z * z
    pull = -world.gm_km3_s2 / (r2 * math.sqrt(r2))
    squash = 1.5 * world.j2 * world.j2_radius_km**2 / r2
    plane, axis = 1 + squash * (1 - 5 * z * z / r2), 1 + squash * (3 - 5 * z * z / r2)
    return np.array([*state[3:], pull * plane * x, pull * plane * y, pull * axis * z])


def _runge_kutta(state: Floats, step: float, world: CelestialBody) -> Floats:
    k1 = _slope(state, world)
    k2 = _slope(state + step / 2 * k1, world)
    k3 = _slope(state + step / 2 * k2, world)
    k4 = _slope(state + step * k3, world)
    return np.asarray(state + step / 6 * (k1 + 2 * k2 + 2 * k3 + k4))


def test_velocities_are_the_slopes_of_positions(sky: Sky) -> None:
    """The velocity is how the position changes, drift and all."""
    tdb = sky.tdb(EPOCH + np.arange(50) * DAY)
    for orbit in (MRO, EGG, LEO):
        (before, _, _), (_, velocity, up), (after, _, _) = (
            sky.around(orbit, tdb + h) for h in (-0.5, 0, 0.5)
        )
        assert np.abs(after - before - velocity).max() < 2e-6
        assert np.linalg.norm(up, axis=0) == pytest.approx(1)


def test_a_circle_without_oblateness_is_the_circular_orbiter(sky: Sky) -> None:
    """Elements of a circle without drift are where `Orbiter` is."""
    circle = Orbiter("mars", 3832.0, 75.0, 20.0, 33.0, EPOCH)
    same = Elements("mars", 3832.0, 0.0, 75.0, 20.0, 13.0, 20.0, EPOCH, j2=False)
    tdb = sky.tdb(EPOCH + np.arange(100) * 3600 * SECOND)
    for mine, other in zip(sky.around(circle, tdb), sky.around(same, tdb), strict=True):
        assert np.abs(mine - other).max() < 1e-5
    assert set(CELESTIAL_BODIES) == {"earth", "mars"}
