"""How fast a wire carries now."""

from __future__ import annotations

from starlight.dtntime import SECOND
from starlight.neighbours.traffic import SPAN_S, Meter


def test_a_rate_is_the_mean_of_the_last_whole_seconds() -> None:
    """The second that is still running does not count yet, and what is older than the span no more."""
    meter = Meter()
    at = 1_000 * SECOND
    for second in range(10):
        meter.add(300, at + second * SECOND)
        meter.add(200, at + second * SECOND + SECOND // 2)
    assert meter.per_s(at + 10 * SECOND) == 500
    assert meter.per_s(at + 12 * SECOND) == 500 * (SPAN_S - 2) / SPAN_S
    assert meter.per_s(at + 100 * SECOND) == 0
    meter.add(700, at + 100 * SECOND)
    assert meter.per_s(at + 100 * SECOND) == 0
    assert meter.per_s(at + 101 * SECOND) == 700 / SPAN_S
