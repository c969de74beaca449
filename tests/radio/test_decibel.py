"""Free space, gains, pointing and polarization against published figures."""

from __future__ import annotations

import pytest

from starlight.errors import InputError
from starlight.radio.decibel import (
    beamwidth_of_gain_deg,
    dish_gain_dbi,
    free_space_loss_db,
    pointing_loss_db,
    polarization_loss_db,
)


@pytest.mark.parametrize(
    ("range_km", "frequency_mhz", "printed", "tolerance"),
    [
        (9.529e8, 8420.43, 290.54, 0.01),  # JPL Publication 82-76, table 1-1
        (7.273e9, 8415.0, 308.19, 0.01),  # DESCANSO DPS 4, table 5-3
        (7.273e9, 2113.31, 296.18, 0.01),  # DESCANSO DPS 4, table 5-2
        (36_000, 4000.0, 195.6, 0.05),  # ITU-R P.525-5, eq. 6 rounds its constant to 32.4
    ],
)
def test_free_space_loss_is_the_printed_one(
    range_km: float, frequency_mhz: float, printed: float, tolerance: float
) -> None:
    """L = (4 pi d f / c)^2 (ITU-R P.525)."""
    assert float(free_space_loss_db(range_km, frequency_mhz * 1e6)) == pytest.approx(printed, abs=tolerance)


@pytest.mark.parametrize(
    ("diameter_m", "frequency_mhz", "printed", "efficiency"),
    [
        (3.66, 8415.0, 48.2, 0.64),  # Voyager's high-gain antenna, DESCANSO DPS 4
        (70.0, 8420.0, 74.55, 0.748),  # 810-005 module 101
        (34.0, 8425.0, 68.24, 0.741),  # 810-005 module 104
    ],
)
def test_gain_of_a_dish_follows_from_its_diameter(
    diameter_m: float, frequency_mhz: float, printed: float, efficiency: float
) -> None:
    """G = efficiency (pi D / lambda)^2: real antennas reach an efficiency of 0.6 to 0.75."""
    assert dish_gain_dbi(diameter_m, efficiency, frequency_mhz * 1e6) == pytest.approx(printed, abs=0.06)


@pytest.mark.parametrize(
    ("diameter_m", "efficiency", "named"),
    [
        (-3.0, 0.6, "diameter_m"),
        (0.0, 0.6, "diameter_m"),
        (3.0, 0.0, "efficiency"),
        (3.0, 60.0, "efficiency"),
    ],
)
def test_an_impossible_dish_is_named(diameter_m: float, efficiency: float, named: str) -> None:
    """Negative diameters and efficiencies beyond 1 are refused by name."""
    with pytest.raises(InputError) as caught:
        dish_gain_dbi(diameter_m, efficiency, 8.4e9, "terminal.X.receive")
    assert caught.value.where == f"terminal.X.receive.{named}"


def test_pointing_loss_is_three_decibels_at_half_the_beam() -> None:
    """12 (error / beamwidth)^2: half a beamwidth off costs 3 dB."""
    width = beamwidth_of_gain_deg(dish_gain_dbi(3.0, 0.6, 7.18e9))
    # About 70 wavelengths over the diameter, as for any dish.
    assert width == pytest.approx(70 * 0.041754 / 3.0, rel=0.05)
    assert pointing_loss_db(width / 2, width) == pytest.approx(3.0)


def test_an_antenna_that_points_nowhere_is_said_to_do_so() -> None:
    """An antenna that points nowhere: the error is beyond its main lobe."""
    with pytest.raises(InputError, match="points 5 degrees away from the other end"):
        pointing_loss_db(5.0, 0.97)


def test_polarization_loss_of_the_marco_antennas() -> None:
    """DESCANSO DPS 18, lines 15 and 16: axial ratios 10.88, 3.97 and 2.00 dB lose 1.40, 0.31 and 0.11 dB.

    The station's own axial ratio is not printed; 0.8 dB explains all three.
    """
    for axial_db, printed in ((10.88, 1.40), (3.97, 0.31), (2.00, 0.11)):
        assert polarization_loss_db(axial_db, 0.8) == pytest.approx(printed, abs=0.005)
    assert polarization_loss_db(0.0, 0.0) == pytest.approx(0.0)
    assert polarization_loss_db(60.0, 0.0) == pytest.approx(3.01, abs=0.02)
