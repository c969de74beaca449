"""Carbon that is missing: what measured air says of a sink that nobody has put into the account.

Rotting turns O2 into CO2, about mole for mole. A closed room that loses oxygen and does not gain the CO2 has
something in it that binds CO2: in Biosphere 2 it was the concrete (Severinghaus et al. 1994, Eos 75:33). From
both curves the rates of respiration, of the plants by the season's light, and of the sink are inferred, and
O2 is forecast with them; a straight line through the same points is the forecast that it has to beat.
"""

from __future__ import annotations

import math

import msgspec
import numpy as np

from starlight.greenhouse.crops import Floats
from starlight.greenhouse.facility import ObservedSpec

OUTSIDE_CO2 = 0.0004
"""Mole fraction at which concrete and air are taken to be at rest."""

O2_SIGMA, CO2_SIGMA = 0.001, 0.0005
"""How well a point of the curves fits a model that knows no weather, as mole fractions: 0.1 % and 500 ppm."""

CLEAR_GAP = 3.0
"""Standard deviations by which a sink must differ from none to be reported."""


class MissingCarbon(msgspec.Struct, frozen=True):
    """The verdict of measured air.

    Attributes:
        lost_o2, gained_co2: between the first and last O2 measured, as mole fractions of the gas.
        missing: CO2 that burning so much should have left and that is not there, a mole fraction.
        sink_per_day: the part of the CO2 above that outside which the sink binds each day.
        sink_sigma: its standard deviation, by the curvature of the fit.
        reported: there is a sink: carbon is missing, by more than `CLEAR_GAP` of what is uncertain.
        respiration_per_day, plants_per_day: mole fractions; the plants' at the mean light of a year.
        forecast_o2_percent, straight_line_percent: on `day`, by this model and by a straight line.
    """

    lost_o2: float
    gained_co2: float
    missing: float
    sink_per_day: float
    sink_sigma: float
    reported: bool
    respiration_per_day: float
    plants_per_day: float
    day: float
    forecast_o2_percent: float
    straight_line_percent: float


def infer(observed: ObservedSpec) -> MissingCarbon:
    """Return what measured air says of carbon that is missing, and of the oxygen to come.

    Args:
        observed: three points or more of each gas, days ascending.
    """
    # Loaded here: scipy takes a third of a second, and comes with the extra `expedition` alone.
    from scipy.optimize import least_squares

    o2, co2 = np.array(observed.o2_percent), np.array(observed.co2_ppm)
    o2, co2 = np.column_stack([o2[:, 0], o2[:, 1] / 100]), np.column_stack([co2[:, 0], co2[:, 1] * 1e-6])
    last = math.ceil(max(o2[-1, 0], co2[-1, 0]))
    sun = season(observed.latitude_deg, observed.day_of_year, max(last, math.ceil(observed.forecast_day)) + 1)

    def residuals(guess: Floats) -> Floats:
        found_o2, found_co2 = _curves(guess, sun[:last], float(co2[0, 1]))
        days = np.arange(last + 1.0)
        amiss_o2 = (np.interp(o2[:, 0], days, found_o2) - o2[:, 1]) / O2_SIGMA
        return np.concatenate([amiss_o2, (np.interp(co2[:, 0], days, found_co2) - co2[:, 1]) / CO2_SIGMA])

    bounds = ([0, 0, 1e-4, 0], [0.01, 0.01, 2.0, 0.5])
    fit = least_squares(
        residuals, [3e-4, 1e-4, 0.05, float(o2[0, 1])], bounds=bounds, x_scale=[1e-4, 1e-4, 0.01, 0.01]
    )
    sigma = _sigma(fit.jac, float(2 * fit.cost) / max(len(o2) + len(co2) - 4, 1))
    reach = math.ceil(observed.forecast_day)
    forecast = _curves(fit.x, sun[:reach], float(co2[0, 1]))[0]
    lost = float(o2[0, 1] - o2[-1, 1])
    gained = float(np.interp(o2[-1, 0], *co2.T) - np.interp(o2[0, 0], *co2.T))
    line = np.polyfit(o2[:, 0], o2[:, 1], 1)
    return MissingCarbon(
        lost_o2=lost,
        gained_co2=gained,
        missing=lost - gained,
        sink_per_day=float(fit.x[2]),
        sink_sigma=sigma,
        reported=lost - gained > CLEAR_GAP * math.hypot(O2_SIGMA, CO2_SIGMA)
        and float(fit.x[2]) > CLEAR_GAP * sigma,
        respiration_per_day=float(fit.x[0]),
        plants_per_day=float(fit.x[1]),
        day=observed.forecast_day,
        forecast_o2_percent=100 * float(np.interp(observed.forecast_day, np.arange(reach + 1.0), forecast)),
        straight_line_percent=100 * float(np.polyval(line, observed.forecast_day)),
    )


def season(latitude_deg: float, day_of_year: int, days: int) -> Floats:
    """Return the daily sunlight above a place on Earth against its mean of a year, an array by day.

    Args:
        day_of_year: of the first day.
        days: how many.
    """
    # Duffie and Beckman, Solar Engineering of Thermal Processes, equations 1.6.1 and 1.10.3, a circular
    # orbit.
    latitude = math.radians(latitude_deg)
    dates = day_of_year + np.arange(max(days, 366)) + 0.5
    tilt = np.radians(-23.44) * np.cos(2 * np.pi * (dates + 10) / 365.25)
    sunset = np.arccos(-math.tan(latitude) * np.tan(tilt))
    light = sunset * math.sin(latitude) * np.sin(tilt) + math.cos(latitude) * np.cos(tilt) * np.sin(sunset)
    return np.asarray(light[:days] / light[:366].mean())


def _curves(guess: Floats, sun: Floats, co2: float) -> tuple[Floats, Floats]:
    """Return O2 and CO2 at the start of each day and the end of the last, as mole fractions.

    Args:
        guess: respiration and plants a day, the sink's rate a day, O2 on day 0.
        sun: light by day against the mean.
        co2: on day 0.
    """
    respiration, plants, sink, o2 = (float(each) for each in guess)
    given = respiration - plants * sun
    kept = math.exp(-sink)
    found = np.empty(len(sun) + 1)
    found[0] = co2
    # Exact within a day, in which what is given off is steady.
    for day, rate in enumerate(given):
        rest = OUTSIDE_CO2 + rate / sink
        found[day + 1] = rest + (found[day] - rest) * kept
    return o2 - np.concatenate([[0.0], np.cumsum(given)]), found


def _sigma(jacobian: Floats, variance: float) -> float:
    """Return the standard deviation of the sink's rate."""
    covariance = np.linalg.pinv(jacobian.T @ jacobian) * variance
    return math.sqrt(max(float(covariance[2, 2]), 0.0))
