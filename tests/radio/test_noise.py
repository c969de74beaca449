"""The atmosphere, the Sun and worlds in the beam."""

from __future__ import annotations

import math

import numpy as np
import pytest

from starlight.errors import InputError
from starlight.radio import climates
from starlight.radio.noise import body_k, sky_k, slant_db, sun_brightness_k, sun_table

X = 8.42e9


def test_the_sky_is_the_one_of_marcos_table() -> None:
    """DESCANSO DPS 18, table 5-4: 90 % weather at 21 degrees costs 0.15 dB and radiates 11.8 K."""
    air = climates()["madrid"]
    loss = slant_db(air.zenith(8.414e9, 0.9), 21.0)
    assert loss == pytest.approx(0.15, abs=0.005)
    assert sky_k(loss, air.temperature_k(0.9)) == pytest.approx(11.8, abs=0.2)


def test_loss_goes_with_the_cosecant_and_stays_finite_at_the_horizon() -> None:
    """A = A_zenith / sin E (810-005 module 105); below five degrees the flat atmosphere overstates it."""
    assert slant_db(0.05, 30.0) == pytest.approx(0.1)
    assert slant_db(0.05, 90.0) == pytest.approx(0.05)
    elevations = np.linspace(0, 90, 901)
    losses = slant_db(np.full(901, 0.05), elevations)
    assert np.all(np.diff(losses) < 0)
    assert losses[0] == pytest.approx(0.05 * 36.5, rel=0.02)


@pytest.mark.parametrize("name", sorted(climates()))
def test_weather_only_gets_worse_with_its_percentile_and_frequency(name: str) -> None:
    """A cumulative distribution rises; so does the loss from UHF to Ka band."""
    air = climates()[name]
    table = np.array(air.zenith_db)
    assert table.shape == (len(air.percentiles), len(air.frequencies_ghz))
    assert np.all(np.diff(table, axis=0) >= 0)
    assert np.all(np.diff(table, axis=1) >= 0)
    assert air.source
    many = air.zenith(X, np.array([0.0, 0.5, 0.9]))
    assert many[2] == pytest.approx(air.zenith(X, 0.9))


def test_weather_beyond_the_table_is_refused() -> None:
    """A percentile of 90 is no part of 1."""
    with pytest.raises(InputError, match="weather"):
        climates()["madrid"].zenith(X, 0.999)


@pytest.mark.parametrize("angle_deg", [1.0, 1.25, 1.5, 2.0, 2.5])
def test_sun_noise_of_a_34_m_antenna_is_near_the_fit_to_measurements(angle_deg: float) -> None:
    """X band, 34 m: 800 exp(-2.0 angle / degree) K near the Sun, within a factor of two.

    The fit is attributed to 810-005 module 105; it has not been checked against the printed module.
    """
    angles, kelvin = sun_table(68.24, X)
    assert 0.5 < np.interp(angle_deg, angles, kelvin) / (800 * math.exp(-2 * angle_deg)) < 2


def test_sun_noise_falls_with_the_angle() -> None:
    """The table falls from the disc's centre to where the Sun no longer matters."""
    for gain in (0.0, 20.0, 36.0, 48.0, 68.0, 74.5):
        angles, kelvin = sun_table(gain, X)
        assert angles[0] == 0
        assert angles[-1] == pytest.approx(180)
        assert np.all(np.diff(kelvin) <= 1e-9)
        assert kelvin[-1] < 0.1
        assert kelvin[0] <= sun_brightness_k(X)


def test_a_narrow_beam_on_the_sun_sees_the_sun_alone() -> None:
    """A beam within the disc sees its brightness; a 1-m dish sees it thinned by the wider beam."""
    assert sun_table(74.5, X)[1][0] == pytest.approx(sun_brightness_k(X), rel=0.05)
    # 36 dBi: T G Omega / (4 pi), with Omega = 6.8e-5 sr.
    expected = sun_brightness_k(X) * 10**3.6 * 6.8e-5 / (4 * math.pi)
    assert sun_table(36.0, X)[1][0] == pytest.approx(expected, rel=0.05)


def test_the_sun_is_weaker_from_mars() -> None:
    """From 1.52 AU the disc covers 0.43 of the solid angle."""
    near, far = sun_table(36.0, X)[1][0], sun_table(36.0, X, 1.524 * 149_597_870.7)[1][0]
    assert far / near == pytest.approx(1 / 1.524**2, rel=0.03)


def test_mars_warms_a_large_antenna() -> None:
    """810-005 module 105: T G d^2 / (16 R^2), at most the planet's own temperature."""
    assert body_k("mars", 74.55, 0.5 * 149_597_870.7) == pytest.approx(
        210 * 10**7.455 * 6779**2 / 16 / (0.5 * 149_597_870.7) ** 2
    )
    assert body_k("mars", 74.55, 0.5 * 149_597_870.7) == pytest.approx(3.1, abs=0.1)
    assert body_k("mars", 2.0, 400.0) == 210.0
    with pytest.raises(InputError, match="hot_body"):
        body_k("vulcan", 2.0, 400.0)
