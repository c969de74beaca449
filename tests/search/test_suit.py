"""A suit lasts as long as its loads do, each of them a limit of its own."""

from __future__ import annotations

import numpy as np
import pytest

from starlight.search.suit import LIMITS, Suit, oxygen_kg_per_h


def test_oxygen_is_used_as_measured() -> None:
    """A body of 293.1 W uses 0.0749 kg/h, of 249.1 W 0.0637 (20.1 kJ per litre STPD)."""
    assert oxygen_kg_per_h(np.array([293.1, 249.1])) == pytest.approx([0.0750, 0.0637], abs=1e-4)
    assert oxygen_kg_per_h(np.array(293.0)) == pytest.approx(0.0749, abs=1e-4)


def test_a_suit_lasts_seven_and_eight_hours() -> None:
    """With 0.55 kg it lasts 7 h at 1000 Btu/h and 8 h at 850 Btu/h, within 10 %."""
    hours = Suit(0.55).hours(np.array([293.1, 249.1]))[0]
    assert hours == pytest.approx([7.0, 8.0], rel=0.1)
    assert hours == pytest.approx([7.34, 8.63], abs=0.02)


def test_each_limit_is_of_its_own() -> None:
    """A load that is halved ends its own limit in half the time, and none of the others."""
    full = {"oxygen_kg": 0.5, "scrubber_kg": 0.6, "battery_wh": 400.0, "water_kg": 4.0}
    before = Suit(**full).hours(np.array(250.0))
    for place, load in enumerate(full):
        after = Suit(**{**full, load: full[load] / 2}).hours(np.array(250.0))
        expected = before.copy()
        expected[place] /= 2
        assert after == pytest.approx(expected), LIMITS[place]


def test_a_load_that_is_not_known_is_no_limit() -> None:
    """What nobody has stated is infinite here, so that it can be told as not known."""
    hours = Suit(0.55).hours(np.array(293.0))
    assert np.isinf(hours[1:]).all()
