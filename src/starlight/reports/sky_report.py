"""Coming superior conjunctions with the last safe departure before each; a page about the sky."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from starlight import dtntime
from starlight.dtntime import DAY, SECOND
from starlight.planner.bodies import body_of
from starlight.planner.intervals import common
from starlight.reports.page import Chart, ChartLine, Grid, Heat, Part, page
from starlight.reports.sky_snapshot import sky_view
from starlight.scenario.network import BodySpec, CruiseSpec
from starlight.scenario.scenario import Scenario
from starlight.sky import (
    Centre,
    Conjunction,
    Sky,
    conjunctions,
    earth_mars_light_time_s,
    light_time_s,
    porkchop,
    sun_earth_probe_angle_deg,
    transfer,
)

SYNODIC_DAYS = 780
_STEPS = 41
_BODY_POINTS = 240


def conjunction_list(scenario: Scenario, sky: Sky, start: int, end: int) -> list[dict[str, Any]]:
    """Return Mars' superior conjunctions between two times, in ns: when the angle is below the limit.

    Raises:
        RangeError: the ephemeris does not cover the interval.
    """
    limit = scenario.conjunction_limit_deg()
    return [_told(sky, each, limit) for each in conjunctions(sky, start, end, limit)]


def _told(sky: Sky, found: Conjunction, limit: float) -> dict[str, Any]:
    """Return a conjunction as plain values; `cut` names its edges that are the ephemeris' own.

    What leaves Mars must have passed the Sun when the angle at Earth, as light shows it, reaches the limit;
    what leaves Earth passes it at once.
    """
    light = float(earth_mars_light_time_s(sky, [found.enter])[0])
    return {
        "enter": dtntime.to_text(found.enter),
        "minimum": dtntime.to_text(found.minimum),
        "leave": dtntime.to_text(found.leave),
        "cut": [
            edge
            for edge, cut in (
                ("enter", found.enter <= sky.covers[0]),
                ("leave", found.leave >= sky.covers[1]),
            )
            if cut
        ],
        "min_angle_deg": found.min_angle_deg,
        "limit_deg": limit,
        "days": (found.leave - found.enter) / DAY,
        "last_safe_departure": {
            "earth": dtntime.to_text(found.enter),
            "mars": dtntime.to_text(found.enter - round(light * SECOND)),
        },
    }


def next_conjunction(scenario: Scenario, sky: Sky, time: int) -> dict[str, Any] | None:
    """Return the superior conjunction that a time in ns lies in, or the next one; None past the ephemeris."""
    # Back far enough that, at usual limits, a passage under way is found from its beginning; two cycles
    # hold at least one.
    start, end = max(sky.covers[0], time - 40 * DAY), min(sky.covers[1], time + 2 * SYNODIC_DAYS * DAY)
    limit = scenario.conjunction_limit_deg()
    found = (each for each in conjunctions(sky, start, end, limit) if each.leave > time)
    first = next(found, None)
    return None if first is None else _told(sky, first, limit)


def unknown_conjunctions(sky: Sky, time: int) -> str | None:
    """Return why the next superior conjunction after a time in ns may be missing; None where it can't be."""
    if sky.covers[1] >= time + 2 * SYNODIC_DAYS * DAY:
        return None
    return f"not known: {sky.ends_text()}"


def sky_report(scenario: Scenario, sky: Sky, time: int) -> str:
    """Return a page about the sky at a time in ns: light time over a synodic cycle, conjunctions, porkchops.

    Raises:
        RangeError: the ephemeris does not cover the time.
    """
    view = sky_view(scenario, sky, time)
    lead = [
        f"{view['time']}: Earth and Mars are {view['earth_mars_distance_au']:.4f} au apart, light needs "
        f"{dtntime.duration_text(round(float(str(view['earth_mars_light_time_s'])) * SECOND))}.",
        str(view["convention"]) + ".",
        f"Conjunctions are listed until then: {sky.ends_text()}.",
    ]
    # Near the end of the ephemeris the last whole cycle is drawn.
    first = max(sky.covers[0], min(time - 60 * DAY, sky.covers[1] - SYNODIC_DAYS * DAY))
    days = np.array([first + day * DAY for day in range(0, SYNODIC_DAYS + 1, 2)])
    x = [dtntime.to_posix(int(each)) for each in days]
    light = [float(each) / 60 for each in earth_mars_light_time_s(sky, days)]
    angle = [float(each) for each in sun_earth_probe_angle_deg(sky, days)]
    listed = conjunction_list(scenario, sky, *_span(scenario, sky))
    parts: list[Part] = [
        Chart("Light time", "From Mars to Earth, in a synodic cycle.", "min", x, [ChartLine("Mars", light)]),
        Chart("Angle between Sun and Mars", "As seen from Earth.", "deg", x, [ChartLine("Mars", angle)]),
        Grid(
            "Superior conjunctions",
            f"When Mars is beyond the Sun, less than {scenario.conjunction_limit_deg():g} degrees from it.",
            ("enter", "closest", "leave", "least angle, deg", "days", "last safe departure from Mars"),
            [
                [c["enter"], c["minimum"], c["leave"], round(c["min_angle_deg"], 3), round(c["days"], 2),
                 c["last_safe_departure"]["mars"]]
                for c in listed
            ],
        ),
    ]  # fmt: skip
    for node in scenario.node:
        if node.cruise:
            parts += _cruise(sky, node.title, node.cruise)
        if node.body:
            parts.append(_body(sky, node.title, node.body))
    return page(f"The sky of {scenario.title}", lead, parts)


def _span(scenario: Scenario, sky: Sky) -> tuple[int, int]:
    start, _ = scenario.period()
    return max(start, sky.covers[0]), sky.covers[1]


def _body(sky: Sky, title: str, spec: BodySpec) -> Chart:
    """Return the light time to a body of an SPK file, as far as the file covers it."""
    body = body_of(sky, spec)
    spans = common(sky.coverage(body), [sky.covers])
    # A line needs two points, however many intervals share the chart.
    each = max(2, _BODY_POINTS // max(1, len(spans)))
    x: list[float] = []
    rows: dict[str, list[float | None]] = {"earth": [], "mars": []}
    for first, last in spans:
        times = np.linspace(first + SECOND, last - SECOND, each).astype(np.int64)
        x += [*(dtntime.to_posix(int(time)) for time in times), dtntime.to_posix(last)]
        for world, row in rows.items():
            # Nothing is drawn from one interval to the next.
            row += [*(float(s) / 60 for s in light_time_s(sky, body, Centre(world), times)), None]
    lines = [ChartLine(world.title(), row) for world, row in rows.items()]
    return Chart(f"{title}: light time", f"As far as {Path(spec.file).name} covers it.", "min", x, lines)


def _cruise(sky: Sky, title: str, cruise: CruiseSpec) -> list[Part]:
    """Return the light time along a cruise, and the porkchop around it."""
    departure, arrival = dtntime.from_text(cruise.departure), dtntime.from_text(cruise.arrival)
    ship = transfer(sky, cruise.origin, cruise.to, departure, arrival)
    times = np.linspace(departure + DAY, arrival - DAY, 200).astype(np.int64)
    lines = [
        ChartLine(body.title(), [float(s) / 60 for s in light_time_s(sky, ship, Centre(body), times)])
        for body in (cruise.origin, cruise.to)
    ]
    leave = np.linspace(departure - 80 * DAY, departure + 80 * DAY, _STEPS).astype(np.int64)
    come = np.linspace(arrival - 120 * DAY, arrival + 120 * DAY, _STEPS).astype(np.int64)
    found = porkchop(sky, leave, come, cruise.origin, cruise.to)
    best = found.best()
    return [
        Chart(
            f"{title}: light time",
            f"{cruise.departure[:10]} to {cruise.arrival[:10]}, {ship.flight_days:.0f} days; it leaves with "
            f"C3 = {ship.c3_km2_s2:.2f} km2/s2 and arrives with {ship.arrival_v_infinity_km_s:.2f} km/s.",
            "min",
            [dtntime.to_posix(int(each)) for each in times],
            lines,
        ),
        Heat(
            f"{title}: porkchop",
            "Delta-v in km/s from a low orbit of the one world into one of the other; point at a cell to "
            f"read it. The cheapest here leaves {dtntime.to_text(best[0])[:10]} and arrives "
            f"{dtntime.to_text(best[1])[:10]}. The ring is the flight of the scenario.",
            "departure",
            "arrival",
            [dtntime.to_text(int(each))[:10] for each in leave],
            [dtntime.to_text(int(each))[:10] for each in come],
            # Where no flight joins two dates the map stays blank.
            [[None if np.isnan(v) else float(v) for v in row] for row in found.delta_v_km_s],
            (
                (departure - int(leave[0])) / int(leave[-1] - leave[0]),
                (arrival - int(come[0])) / int(come[-1] - come[0]),
            ),
        ),
    ]
