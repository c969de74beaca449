"""Two-body motion: Kepler's equation, a state some time later, and the conic between two points.

Everything is vectorised: vectors are arrays of shape (3, n), in km and km/s.
"""

from __future__ import annotations

from typing import cast

import numpy as np

from starlight.sky.timescales import Floats

_KEPLER_ROUNDS = 20  # Newton from Danby's start needs 5 usually, 10 at e = 0.99
_LAGUERRE_ROUNDS = 30
_LAMBERT_ROUNDS = 15  # Householder's rule needs 3 to 5
_CLOSE = 1e-9  # unit vectors closer to one line than this give no plane


def eccentric_anomaly(mean: Floats, eccentricity: float) -> Floats:
    """Return the eccentric anomaly (n,) of mean anomalies, in radians, for an ellipse.

    Source: Danby, Fundamentals of Celestial Mechanics (1988), section 6.6: from
    ``M + 0.85 e sgn(sin M)`` on by Newton's rule.
    """
    # Danby's start is meant for less than half a turn; whole turns are put back at the end.
    turns = np.floor(mean / (2 * np.pi) + 0.5) * 2 * np.pi
    m = mean - turns
    anomaly = m + 0.85 * eccentricity * np.sign(np.sin(m))
    for _ in range(_KEPLER_ROUNDS):
        step = (anomaly - eccentricity * np.sin(anomaly) - m) / (1 - eccentricity * np.cos(anomaly))
        anomaly = anomaly - step
        if not step.size or float(np.abs(step).max()) < 1e-14:
            break
    return anomaly + turns


def propagated(position: Floats, velocity: Floats, gm: float, elapsed_s: Floats) -> tuple[Floats, Floats]:
    """Return where something is, and how it moves, some seconds later on any conic.

    Args:
        position, velocity: at the start, (3,).
        gm: of what it moves around, km^3/s^2.
        elapsed_s: (n,), of either sign.

    Returns:
        Position and velocity, (3, n).

    Source: Curtis, Orbital Mechanics for Engineering Students (2014), section 3.7 (universal variables,
    Lagrange coefficients); the root by Laguerre's rule as Conway (1986) has it.
    """
    r0 = float(np.sqrt(position @ position))
    radial = float(position @ velocity) / np.sqrt(gm)
    alpha = 2 / r0 - float(velocity @ velocity) / gm
    target = np.sqrt(gm) * elapsed_s
    # The usual first guess shrinks with alpha, to nothing at the parabola.
    chi = target * abs(alpha) if alpha * r0 > 1e-3 else target / r0
    for _ in range(_LAGUERRE_ROUNDS):
        z = alpha * chi * chi
        c, s = stumpff(z)
        value = radial * chi * chi * c + (1 - alpha * r0) * chi**3 * s + r0 * chi - target
        slope = radial * chi * (1 - z * s) + (1 - alpha * r0) * chi * chi * c + r0
        bend = radial * (1 - z * c) + (1 - alpha * r0) * chi * (1 - z * s)
        # 5, 16 and 20 are n, (n - 1)^2 and n (n - 1) of Laguerre's rule for n = 5.
        root = np.sqrt(np.abs(16 * slope * slope - 20 * value * bend))
        step = 5 * value / (slope + np.copysign(root, slope))
        chi = chi - step
        if not step.size or bool(np.all(np.abs(step) <= 1e-13 * np.maximum(np.abs(chi), 1))):
            break
    z = alpha * chi * chi
    c, s = stumpff(z)
    f = 1 - chi * chi / r0 * c
    g = elapsed_s - chi**3 / np.sqrt(gm) * s
    later = position[:, None] * f + velocity[:, None] * g
    r = np.sqrt(np.einsum("in,in->n", later, later))
    f_dot = np.sqrt(gm) / (r * r0) * chi * (z * s - 1)
    g_dot = 1 - chi * chi / r * c
    return later, position[:, None] * f_dot + velocity[:, None] * g_dot


def stumpff(z: Floats) -> tuple[Floats, Floats]:
    """Return Stumpff's functions C(z) and S(z) (Curtis 2014, equations 3.52 and 3.53)."""
    # The floor only avoids 0 / 0, where the series below takes over. Both branches are computed for all,
    # so cosh may overflow for an ellipse that does not use it.
    root = np.sqrt(np.maximum(np.abs(z), 1e-6))
    with np.errstate(over="ignore"):
        c = np.where(z > 0, (1 - np.cos(root)) / root**2, (np.cosh(root) - 1) / root**2)
        s = np.where(z > 0, (root - np.sin(root)) / root**3, (np.sinh(root) - root) / root**3)
    small = np.abs(z) < 1e-2  # The series loses nothing there, the quotients half of their digits.
    c = np.where(small, 1 / 2 - z / 24 + z**2 / 720 - z**3 / 40_320 + z**4 / 3_628_800, c)
    s = np.where(small, 1 / 6 - z / 120 + z**2 / 5_040 - z**3 / 362_880 + z**4 / 39_916_800, s)
    return c, s


def lambert(
    start: Floats, finish: Floats, flight_s: Floats, gm: float, pole: Floats, prograde: bool = True
) -> tuple[Floats, Floats]:
    """Return the velocities at both ends of the conic through two points in a time: Lambert's problem.

    Args:
        start, finish: positions (3, n).
        flight_s: (n,).
        gm: of the centre, km^3/s^2.
        pole: (3,); the flight turns around it by less than a whole turn, counter-clockwise if `prograde`.

    Returns:
        Velocities at start and finish (3, n); NaN where the flight time isn't positive, or where
        the points lie in line with the centre, so that no plane is defined.

    Source: Izzo (2015), Celest. Mech. Dyn. Astron. 121:1, "Revisiting Lambert's problem", algorithms 1 and 2;
    flights of less than a turn.
    """
    r1, r2 = _length(start), _length(finish)
    chord = _length(finish - start)
    half = (r1 + r2 + chord) / 2
    u1, u2 = start / r1, finish / r2
    normal = np.cross(u1, u2, axis=0)
    across = _length(normal)
    with np.errstate(divide="ignore", invalid="ignore"):
        normal = normal / across
        ahead = (pole @ normal > 0) == prograde
        # Where the short way would turn against the pole's sense
        # the flight takes the long one; its lambda is negative.
        sign = np.where(ahead, 1.0, -1.0)
        lam = sign * np.sqrt(np.maximum(1 - chord / half, 0))
        time = np.sqrt(2 * gm / half**3) * np.where(flight_s > 0, flight_s, np.nan)
        x = _lambert_x(lam, time)
        y = np.sqrt(1 - lam * lam * (1 - x * x))
        gamma = np.sqrt(gm * half / 2)
        rho = (r1 - r2) / chord
        sigma = np.sqrt(np.maximum(1 - rho * rho, 0))
        out1 = gamma * ((lam * y - x) - rho * (lam * y + x)) / r1
        out2 = -gamma * ((lam * y - x) + rho * (lam * y + x)) / r2
        along = gamma * sigma * (y + lam * x)
        t1 = np.cross(normal, u1, axis=0) * sign
        t2 = np.cross(normal, u2, axis=0) * sign
        plane = np.where(across > _CLOSE, 1.0, np.nan)
        v1 = (out1 * u1 + along / r1 * t1) * plane
        v2 = (out2 * u2 + along / r2 * t2) * plane
    return cast("Floats", v1), cast("Floats", v2)


def _lambert_x(lam: Floats, time: Floats) -> Floats:
    """Solve ``T(x) = time`` by Householder's rule from Izzo's guess (equation 30, with its exponent
    so that it meets x = 1 at the parabola)."""
    flat = np.arccos(lam) + lam * np.sqrt(1 - lam * lam)
    parabola = 2 / 3 * (1 - lam**3)
    x = np.where(
        time >= flat,
        (flat / time) ** (2 / 3) - 1,
        np.where(
            time < parabola,
            2.5 * parabola * (parabola - time) / (time * (1 - lam**5)) + 1,
            2 ** (np.log(time / flat) / np.log(parabola / flat)) - 1,
        ),
    )
    for _ in range(_LAMBERT_ROUNDS):
        miss = _lambert_time(x, lam) - time
        first, second, third = _lambert_slopes(x, lam, miss + time)
        step = (
            miss
            * (first * first - miss * second / 2)
            / (first * (first * first - miss * second) + third * miss * miss / 6)
        )
        x = np.maximum(x - step, (x - 1) / 2)  # never past -1, where the flight takes forever
        if not np.any(np.abs(step) > 1e-13):
            break
    return x


def _lambert_time(x: Floats, lam: Floats) -> Floats:
    """Return the time of flight for x, without dimension (equation 18, or 20 where that loses digits)."""
    y = np.sqrt(1 - lam * lam * (1 - x * x))
    square = 1 - x * x
    eta = y - lam * x
    part = (1 - lam - x * eta) / 2
    near = 2 / 3 * eta**3 * _hypergeometric(np.clip(part, -0.2, 0.2)) + 2 * lam * eta
    angle = np.where(
        square > 0,
        np.arccos(np.clip(x * y + lam * square, -1, 1)),
        np.arcsinh(np.sqrt(np.maximum(-square, 0)) * eta),
    )
    far = (angle / np.sqrt(np.abs(square)) * np.sign(square) - x + lam * y) / square
    # The hyperbola's quotient has its sign turned: (x - lam y - angle / root) / (x^2 - 1).
    hyperbola = (x - lam * y - angle / np.sqrt(np.abs(square))) / -square
    far = np.where(square > 0, far, hyperbola)
    return np.where(np.abs(part) < 0.2, near, far)


def _hypergeometric(z: Floats) -> Floats:
    """Return 2F1(3, 1; 5/2; z) by its series, for small z."""
    total, term = np.ones_like(z), np.ones_like(z)
    for k in range(30):
        term = term * (3 + k) / (2.5 + k) * z
        total = total + term
    return total


def _lambert_slopes(x: Floats, lam: Floats, time: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the first three derivatives of the time of flight (equation 22)."""
    square = 1 - x * x
    # At the parabola, x = 1, all three are 0 / 0.
    square = np.where(np.abs(square) < 1e-9, 1e-9, square)
    y = np.sqrt(1 - lam * lam * (1 - x * x))
    first = (3 * time * x - 2 + 2 * lam**3 * x / y) / square
    second = (3 * time + 5 * x * first + 2 * (1 - lam * lam) * lam**3 / y**3) / square
    third = (7 * x * second + 8 * first - 6 * (1 - lam * lam) * lam**5 * x / y**5) / square
    return first, second, third


def _length(vector: Floats) -> Floats:
    return cast("Floats", np.sqrt(np.einsum("in,in->n", vector, vector)))
