"""Superior conjunctions, against Skyfield."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.sky.authority import moment_of

from starlight.dtntime import DAY, MINUTE, SECOND, from_text, to_text
from starlight.errors import InputError, RangeError
from starlight.sky import Centre, Sky, conjunctions, sun_earth_probe_angle_deg, transfer
from starlight.sky.timescales import Floats, Times

START, END = from_text("2026-01-01"), from_text("2053-09-30")
TOLERANCE = MINUTE
# Below 2 degrees, to the minute: enter, least, leave, and the least angle in degrees.
LISTED = (
    "2026-01-02T07:43 2026-01-09T09:38 2026-01-16T14:40 0.941",
    "2028-03-12T17:09 2028-03-21T05:51 2028-03-29T18:25 0.810",
    "2030-05-17T13:39 2030-05-25T09:48 2030-06-02T02:58 0.277",
    "2032-07-05T07:23 2032-07-11T03:59 2032-07-16T23:14 0.979",
    "2034-08-14T04:17 2034-08-19T05:35 2034-08-24T06:14 1.142",
    "2036-09-18T06:31 2036-09-23T16:51 2036-09-29T02:56 0.863",
    "2038-10-26T00:59 2038-11-01T07:29 2038-11-07T14:47 0.214",
    "2040-12-10T13:06 2040-12-17T10:59 2040-12-24T11:37 0.655",
    "2043-02-13T00:45 2043-02-20T19:11 2043-02-28T16:14 1.054",
    "2045-04-23T22:19 2045-05-02T11:22 2045-05-10T21:35 0.142",
    "2047-06-18T12:25 2047-06-25T01:17 2047-07-01T12:19 0.775",
    "2049-07-30T10:07 2049-08-04T14:54 2049-08-09T18:51 1.136",
    "2051-09-05T08:48 2051-09-10T13:18 2051-09-15T17:22 1.019",
)


def skyfield_angle(planets: Any, times: Times) -> Floats:
    """Return Skyfield's Sun-Earth-Mars angle in degrees."""
    earth = planets["earth"].at(moment_of(times))
    sun, mars = (earth.observe(planets[name]) for name in ("sun", "mars"))
    angle: Floats = sun.separation_from(mars).degrees
    return angle


def test_conjunctions_2026_to_2053_are_as_listed(sky: Sky) -> None:
    """From 2026 to the end of the ephemeris Mars goes behind the Sun thirteen times."""
    found = [
        " ".join([*(to_text(time)[:16] for time in passage[:3]), f"{passage.min_angle_deg:.3f}"])
        for passage in conjunctions(sky, START, END)
    ]
    assert found == list(LISTED)


def test_conjunctions_agree_with_skyfield_to_a_minute(sky: Sky, planets: Any) -> None:
    """Skyfield's angle passes 2 degrees within a minute of each edge, and is least where ours is."""
    for enter, minimum, leave, least in conjunctions(sky, START, END):
        edges = np.array([enter - TOLERANCE, enter + TOLERANCE, leave - TOLERANCE, leave + TOLERANCE])
        outside = skyfield_angle(planets, edges) > 2
        assert outside.tolist() == [True, False, False, True]
        around = skyfield_angle(planets, minimum + np.array([-TOLERANCE, 0, TOLERANCE]))
        assert around[1] == around.min()
        assert around[1] == pytest.approx(least, abs=1e-6)


def test_no_conjunction_is_missed(sky: Sky, planets: Any) -> None:
    """Every sixth hour of 27 years, Skyfield's angle is below 2 degrees exactly within a conjunction."""
    grid = np.arange(START, END, DAY // 4)
    edges = np.array([(p.enter, p.leave) for p in conjunctions(sky, START, END)]).ravel()
    inside = np.searchsorted(edges, grid) % 2 == 1
    assert np.array_equal(skyfield_angle(planets, grid) < 2, inside)


def test_limits_nest(sky: Sky) -> None:
    """A smaller limit gives shorter passages inside the larger ones, and none where Mars passes wide."""
    wide = conjunctions(sky, START, END, 3.0)
    narrow = conjunctions(sky, START, END, 0.7)
    assert len(wide) == 13
    assert len(narrow) == 4
    assert all(any(w.enter < n.enter and n.leave < w.leave for w in wide) for n in narrow)


def test_a_search_that_begins_inside_says_so(sky: Sky) -> None:
    """Where the search begins or ends within a passage, its edge is the search's."""
    start, end = from_text("2026-01-08"), from_text("2026-01-10")
    (passage,) = conjunctions(sky, start, end)
    assert (passage.enter, passage.leave) == (start, end)
    assert conjunctions(sky, end, start) == []


def test_oppositions_and_inner_passages_are_none(sky: Sky) -> None:
    """A ship that passes between Earth and the Sun is in no superior conjunction, however small its angle."""
    near = from_text("2050-08-14")
    assert conjunctions(sky, near - 100 * DAY, near + 100 * DAY) == []
    ship = transfer(sky, "mars", "earth", from_text("2041-03-01"), from_text("2042-01-20"))
    times = np.arange(ship.departure + SECOND, ship.arrival - 5 * DAY, DAY)
    angles = sun_earth_probe_angle_deg(sky, times, ship)
    limit = float(angles.min()) + 1
    found = conjunctions(sky, ship.departure - 10 * DAY, ship.arrival + 10 * DAY, limit, ship)
    assert all(passage.enter >= ship.departure for passage in found)
    assert sun_earth_probe_angle_deg(sky, times, "mars").shape == times.shape


def test_wrong_questions_are_named(sky: Sky) -> None:
    """A limit that is no angle, and a search beyond the ephemeris, are told."""
    with pytest.raises(InputError, match="limit_deg: 120 is out of range"):
        conjunctions(sky, START, END, 120)
    with pytest.raises(RangeError, match="hand in a larger kernel"):
        conjunctions(sky, START, from_text("2060-01-01"), 2.0, Centre("mars"))
