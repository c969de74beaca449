"""The pace of a demo in words."""

from __future__ import annotations

import pytest

from starlight.words import pace


@pytest.mark.parametrize(
    ("rate", "label", "meaning"),
    [
        (0.0, "Pause", "Mission time stands"),
        (1.0, "1×", "As fast as life"),
        (0.5, "0.5×", "A second of the mission takes 2 seconds"),
        (30.0, "30×", "A second is 30 seconds of the mission"),
        (60.0, "60×", "A second is a minute of the mission"),
        (90.0, "90×", "A second is 1.5 minutes of the mission"),
        (120.0, "120×", "A second is 2 minutes of the mission"),
        (3600.0, "3600×", "A second is an hour of the mission"),
    ],
)
def test_a_rate_is_told_by_what_a_second_is(rate: float, label: str, meaning: str) -> None:
    """Each rate has a short name and a sentence that says what it means."""
    assert (pace.label(rate), pace.meaning(rate)) == (label, meaning)
