"""How power is split between carrier and data."""

from __future__ import annotations

import math

import pytest

from starlight.errors import InputError
from starlight.radio.modulation import (
    MAX_RESIDUAL_INDEX_RAD,
    Subcarrier,
    bessel,
    best_residual,
    ranging_suppression_db,
    split,
)


@pytest.mark.parametrize(
    ("order", "x", "value"),
    [(0, 1.0, 0.7651976866), (1, 1.0, 0.4400505857), (0, 2.4, 0.0025076833), (1, 5.0, -0.3275791376)],
)
def test_bessel_functions_are_the_tabulated_ones(order: int, x: float, value: float) -> None:
    """Abramowitz and Stegun, table 9.1."""
    assert bessel(order, x) == pytest.approx(value, abs=1e-9)


@pytest.mark.parametrize(
    ("index_deg", "carrier_db", "data_db"),
    [(56.0, -5.05, -1.63), (72.0, -10.20, -0.44), (77.0, -12.96, -0.23), (60.0, -6.02, -1.25)],
)
def test_square_waves_split_as_marco_printed(index_deg: float, carrier_db: float, data_db: float) -> None:
    """DESCANSO DPS 18, tables 5-4 and 5-5: carrier cos^2 theta, data sin^2 theta."""
    found = split(math.radians(index_deg))
    assert found.carrier_db == pytest.approx(carrier_db, abs=0.005)
    assert found.data_db == pytest.approx(data_db, abs=0.005)


def test_a_sine_wave_splits_as_marco_printed() -> None:
    """DESCANSO DPS 18, table 5-3: 1.5 rad on a sine wave: carrier J0^2 = -5.82 dB, data 2 J1^2 = -2.06 dB."""
    found = split(1.5, "sine")
    assert found.carrier_db == pytest.approx(-5.82, abs=0.005)
    assert found.data_db == pytest.approx(-2.06, abs=0.005)


def test_a_suppressed_carrier_gives_all_to_the_data() -> None:
    """An index of 90 degrees leaves no carrier."""
    assert split(math.pi / 2).data_db == pytest.approx(0.0)
    assert split(math.pi / 2).carrier_db == -math.inf


def test_ranging_takes_nothing_when_it_is_off() -> None:
    """Ranging suppression J0^2(sqrt 2 phi) is 0 dB without a tone and falls with its index."""
    assert ranging_suppression_db(0.0) == pytest.approx(0.0)
    assert ranging_suppression_db(0.3) < ranging_suppression_db(0.2) < 0


def test_the_best_index_serves_carrier_and_data_alike() -> None:
    """sin^2 P = D and cos^2 P = C: no other index needs less power."""
    total_db, index = best_residual(20.0, 17.0)
    parts = split(index)
    assert total_db + parts.data_db == pytest.approx(20.0)
    assert total_db + parts.carrier_db == pytest.approx(17.0)
    for other in (index - 0.05, index + 0.05):
        moved = split(other)
        assert max(20.0 - moved.data_db, 17.0 - moved.carrier_db) > total_db


def test_the_index_stays_below_eighty_degrees() -> None:
    """At high rates the carrier keeps more than it needs."""
    total_db, index = best_residual(60.0, 17.0)
    assert index == MAX_RESIDUAL_INDEX_RAD
    assert total_db + split(index).data_db == pytest.approx(60.0)


@pytest.mark.parametrize(
    ("index", "wave"), [(0.0, "square"), (1.6, "square"), (2.5, "sine"), (math.nan, "square")]
)
def test_an_index_that_leaves_nothing_is_refused(index: float, wave: Subcarrier) -> None:
    """An index outside its wave form's range is no modulation."""
    with pytest.raises(InputError, match="modulation_index_rad"):
        split(index, wave)
