"""Light time as polynomials."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from starlight.contacts.contact import LightPiece
from starlight.dtntime import DAY, HOUR, SECOND, from_text
from starlight.sky import Centre, Orbiter, Place, Site, Sky, light_pieces_many, light_time_s, stationary
from starlight.sky.pieces import TOLERANCE_S, light_pieces

START = from_text("2050-03-01")
YEOJU = Site("earth", 37.2, 127.6, 100.0, 10.0)
ARSIA = Site("mars", -8.5, -120.5, 5000.0, 5.0)
LOW = Orbiter("mars", 3832.0, 75.0, 20.0, 0.0, START)
LEO = Orbiter("earth", 6778.0, 51.6, 0.0, 0.0, START)


def worst_error_s(sky: Sky, a: Place, b: Place, start: int, end: int) -> float:
    """Return how far pieces are from the light time itself, read as a contact reads them."""
    pieces = [LightPiece(*piece) for piece in light_pieces(sky, a, b, start, end)]
    assert pieces[0].start == start
    assert all(x.start + x.span == y.start for x, y in pairwise(pieces))
    assert pieces[-1].start + pieces[-1].span == end
    times = np.linspace(start, end, 2000).astype(np.int64)
    index = np.searchsorted([piece.start for piece in pieces], times, side="right") - 1
    ours = [pieces[k].at(int(time)) / SECOND for k, time in zip(index, times, strict=True)]
    return float(np.abs(light_time_s(sky, a, b, times) - ours).max())


@pytest.mark.parametrize(
    ("a", "b", "length"),
    [
        (YEOJU, ARSIA, 10 * HOUR),
        (ARSIA, YEOJU, 10 * HOUR),
        (LOW, YEOJU, 5 * HOUR),
        (LOW, ARSIA, 3 * HOUR),
        (LEO, LOW, 2 * HOUR),
        (Centre("mars"), Centre("earth"), 30 * DAY),
        (ARSIA, Site("mars", -8.6, -120.4), 3 * DAY),
        (YEOJU, ARSIA, 1),
    ],
)
def test_pieces_are_the_light_time(sky: Sky, a: Place, b: Place, length: int) -> None:
    """Everywhere in its interval a contact's polynomial is within 2 us of the light time."""
    assert worst_error_s(sky, a, b, START, START + length) < 2 * TOLERANCE_S


def test_a_stationary_relay_needs_one_piece_a_day(sky: Sky) -> None:
    """From a relay that stays put the light time hardly changes, and few numbers say so."""
    relay = stationary(sky, "mars", -120.0, START)
    pieces = light_pieces(sky, relay, ARSIA, START, START + 10 * DAY)
    assert len(pieces) < 50
    assert worst_error_s(sky, relay, ARSIA, START, START + 10 * DAY) < TOLERANCE_S


def test_a_leap_second_starts_a_new_piece(sky: Sky) -> None:
    """On the POSIX count light time jumps at a leap second (by 0.1 ms at most); a piece never spans one."""
    leap = from_text("2017-01-01")
    pieces = light_pieces(sky, YEOJU, ARSIA, leap - HOUR, leap + HOUR)
    assert leap in [start for start, _, _ in pieces]
    assert worst_error_s(sky, YEOJU, ARSIA, leap - HOUR, leap + HOUR) < 2 * TOLERANCE_S


def test_many_windows_at_once_are_as_one_by_one(sky: Sky) -> None:
    """A batch answers each window as if it were asked alone."""
    asked = [(START + k * DAY, START + k * DAY + (k + 1) * HOUR) for k in range(12)]
    many = light_pieces_many(sky, LOW, YEOJU, asked)
    for window, pieces in zip(asked, many, strict=True):
        alone = light_pieces(sky, LOW, YEOJU, *window)
        assert [piece[:2] for piece in pieces] == [piece[:2] for piece in alone]
        for mine, theirs in zip(pieces, alone, strict=True):
            assert mine[2] == pytest.approx(theirs[2], abs=1e-9)
    assert light_pieces_many(sky, LOW, YEOJU, []) == []
